"""ONNX Runtime and PyTorch give one voice."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xespeech
from xespeech.errors import ConfigError, ModelError, UnknownNameError, UserError
from xespeech.inference import StyleBank, Voice
from xespeech.inference.compact import CompactVoice
from xespeech.inference.engine import Engine, WatchedEngine
from xespeech.inference.onnx_engine import OnnxEngine
from xespeech.inference.torch_engine import TorchEngine
from xespeech.model_folder import Description
from xespeech.model_folder.files import write_model_folder

TOLERANCE = 0.02
"""Of samples up to 0.95: rounding in the pitch adds up to a small shift of the pulses."""


@pytest.fixture(scope="module")
def voices(
    tiny_voice: Path, tiny_networks: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Voice, Voice]:
    """The tiny model with weights in full precision, in both engines."""
    folder = tmp_path_factory.mktemp("models") / "full"
    description = Description.load(tiny_voice)
    styles = StyleBank.load(tiny_voice / "styles.safetensors")
    write_model_folder(folder, tiny_networks, styles, description, "fp32")
    return (
        CompactVoice(description, styles, OnnxEngine(folder, threads=1, precision="fp32")),
        CompactVoice(description, styles, TorchEngine(folder)),
    )


_ARRAYS_AFTER_SPEECH = """
import resource, sys
import numpy as np, xespeech
xespeech.load(sys.argv[1], threads=1).speak("Nobody.")
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(250_000, np.float32) for _ in range(6)]
    del arrays
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries of C keep memory by rules of their own")
def test_sentences_take_the_memory_of_those_before_them(tiny_voice: Path) -> None:
    """Six megabytes that were freed: glibc by itself returns all but the last of them."""
    command = [sys.executable, "-c", _ARRAYS_AFTER_SPEECH, str(tiny_voice)]
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "LD_PRELOAD"))}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=usual)
    assert int(done.stdout) < 400_000


def test_live_conversion_hears_with_little_lookahead_where_the_model_can(tiny_voice: Path, tmp_path: Path) -> None:
    """Its own encoder takes part in live conversion alone, and older models do without."""
    old = shutil.copytree(tiny_voice, tmp_path / "old")
    for path in old.glob("live_content*"):
        path.unlink()
    source = 0.2 * (np.arange(24_000) * 140 / 24_000 % 1 - 0.5).astype(np.float32)
    used: list[set[str]] = []
    for folder in (tiny_voice, old):
        voice = xespeech.load(folder, threads=1)
        engine = _Noting(voice.engine)
        live = voice.with_engine(engine)
        pieces = live.convert_stream([source], voice="mei", sample_rate=24_000, language="en")
        assert sum(len(piece.samples) for piece in pieces) == len(source)
        used.append(engine.used & {"content", "live_content"})
        engine.used.clear()
        live.convert(xespeech.Audio(source, 24_000), voice="mei", language="en")
        assert "live_content" not in engine.used
    assert used == [{"live_content"}, {"content"}]


class _Noting(WatchedEngine):
    """Notes which graphs are run."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, lambda: None)
        self.used: set[str] = set()

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        self.used.add(graph)
        return super().run(graph, inputs)


def test_a_model_of_before_the_graph_of_spectra_does_all_else(tiny_voice: Path, tmp_path: Path) -> None:
    old = shutil.copytree(tiny_voice, tmp_path / "old")
    for path in old.glob("spectrum_to_content*"):
        path.unlink()
    voice = xespeech.load(old, threads=1)
    source = xespeech.Audio((0.2 * (np.arange(24_000) * 140 / 24_000 % 1 - 0.5)).astype(np.float32), 24_000)
    assert len(voice.speak("hello", voice="mei").samples)
    assert len(voice.convert(source, voice="mei", clarity=0.0, language="en").samples)
    with pytest.raises(ModelError, match=r"exported by an older xespeech \(--clarity 0 does without\): export or copy"):
        voice.convert(source, voice="mei", language="en")


def test_they_say_the_same(voices: tuple[Voice, Voice]) -> None:
    one, other = (voice.speak("Good morning. 你好。", voice="mei", emotion="angry").samples for voice in voices)
    assert np.abs(one).max() > 0.01
    np.testing.assert_allclose(one, other, atol=TOLERANCE)


def test_they_convert_the_same(voices: tuple[Voice, Voice]) -> None:
    source = voices[0].speak("This is the source.", voice="takumi")
    one, other = (voice.convert(source, reference=source).samples for voice in voices)
    assert np.abs(one).max() > 0.01
    np.testing.assert_allclose(one, other, atol=TOLERANCE)


def test_integers_say_it_at_the_same_time_and_nearly_the_same(tiny_voice: Path, voices: tuple[Voice, Voice]) -> None:
    exact, fast = (xespeech.load(tiny_voice, threads=1, precision=precision) for precision in ("fp32", "int8"))
    one, other = (voice.speak("Good morning. 你好。", voice="mei").samples for voice in (exact, fast))
    assert len(one) == len(other)
    assert np.abs(one - other).max() > 0
    assert np.corrcoef(one, other)[0, 1] > 0.9
    same = xespeech.load(tiny_voice, threads=1).speak("Good morning. 你好。", voice="mei").samples
    np.testing.assert_array_equal(same, other)  # the fast form is the default


def test_engines_that_cannot_be_had(tiny_voice: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean int8"):
        xespeech.load(tiny_voice, precision="int4")
    with pytest.raises(UnknownNameError, match="did you mean cuda"):
        xespeech.load(tiny_voice, provider="cud")
    with pytest.raises(UserError, match="onnxruntime-directml"):
        xespeech.load(tiny_voice, provider="directml")
    with pytest.raises(ConfigError, match="threads must be 1 or more"):
        xespeech.load(tiny_voice, threads=0)
    with pytest.raises(ConfigError, match="PyTorch runs this model in fp32"):
        xespeech.load(tiny_voice, engine="torch", precision="int8")
    plain = shutil.copytree(tiny_voice, tmp_path / "plain", ignore=shutil.ignore_patterns("*.int8.onnx"))
    with pytest.raises(ConfigError, match="no graphs of 8-bit integers"):
        xespeech.load(plain, precision="int8")
    assert xespeech.load(plain).speak("Hello.").duration > 0
