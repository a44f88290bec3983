"""`xespeech live` between sound devices that a test can hold."""

from __future__ import annotations

import sys
import threading
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest


class Devices(types.ModuleType):
    """A stand-in for sounddevice: a microphone of noise, and a loudspeaker that remembers."""

    class PortAudioError(Exception):
        """What sounddevice raises."""

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.played: list[np.ndarray] = []
        self.opened: dict[str, Any] = {}

    def query_devices(self) -> str:
        return "0 microphone, 1 loudspeaker"

    def Stream(self, **options: Any) -> Any:
        if "missing" in options["device"]:
            raise self.PortAudioError("no such device")
        self.opened = options
        generator, devices = np.random.default_rng(0), self

        class Running:
            def __enter__(self) -> None:
                def run() -> None:
                    for _ in range(120):
                        said = np.full((options["blocksize"], 1), np.nan, np.float32)
                        heard = generator.normal(0, 0.1, said.shape).astype(np.float32)
                        options["callback"](heard, said, len(said), None, None)
                        devices.played.append(said)

                self.thread = threading.Thread(target=run)
                self.thread.start()

            def __exit__(self, *_: object) -> None:
                self.thread.join()

        return Running()


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Devices:
    """The stand-in, as what `import sounddevice` finds."""
    stand_in = Devices()
    monkeypatch.setitem(sys.modules, "sounddevice", stand_in)
    return stand_in


def test_what_is_heard_is_said(command, devices: Devices, tiny_voice: Path) -> None:
    options = ("--voice", "mei", "--model", str(tiny_voice), "--input-device", "0", "--output-device", "speaker")
    result = command("live", *options, "--seconds", "2")
    assert (result.code, result.errors) == (0, "")
    assert "ms latency" in result.output
    assert "2.0 s converted" in result.output
    assert devices.opened["samplerate"] == 24_000
    assert devices.opened["device"] == (0, "speaker")
    assert np.isfinite(np.concatenate(devices.played)).all()


def test_devices_are_listed(command, devices: Devices) -> None:
    assert "loudspeaker" in command("live", "--list-devices").output


def test_mistakes_are_one_sentence(
    command, devices: Devices, tiny_voice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ("--model", str(tiny_voice))
    assert "--voice" in command("live", *model).errors
    result = command("live", "--voice", "mei", "--output-device", "missing", *model)
    assert result.code == 2
    assert "--list-devices" in result.errors
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert "xespeech[live]" in command("live", "--voice", "mei").errors
