"""`xespeech demo`: three languages, one emotion across them, one conversion, and where they are."""

from __future__ import annotations

from pathlib import Path

import soundfile

from xespeech.cli.demo import WARM_UP


def test_writes_and_lists_every_file(command, voice, tmp_path: Path) -> None:
    result = command("demo", "-o", "listen")
    assert (result.code, result.errors) == (0, "")
    written = sorted((tmp_path / "listen").iterdir())
    assert len(written) == 8
    for path in written:
        assert soundfile.info(path).duration >= 0.5
        assert path.name in result.output
    assert str(tmp_path / "listen") in result.output.replace("\n", "")

    spoken = [options for verb, text, options in voice.calls if verb == "speak" and text not in WARM_UP.values()]
    assert [options["language"] for options in spoken] == ["en", "zh", "ja"] * 2
    assert [options.get("emotion") for options in spoken] == [None] * 3 + ["happy"] * 3
    assert len({options["voice"] for options in spoken}) == 1
    converted = [options for verb, _, options in voice.calls if verb == "convert"]
    assert len(converted) == 1
    assert converted[0]["voice"] != spoken[0]["voice"]
