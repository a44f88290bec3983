"""The gallery holds a sample of every voice, language and emotion, and needs no other file."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import pytest
import soundfile

from xespeech.audio import Audio
from xespeech.errors import UnknownNameError
from xespeech.evaluation.gallery import write_gallery


def test_every_combination_can_be_heard(model: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    count = write_gallery(model, page)
    asked = {call[2:] for call in model.calls}
    assert count == len(asked) == 2 * 3 * 2
    html = page.read_text(encoding="utf-8")
    assert "http" not in html
    sounds = re.findall(r"data:audio/mpeg;base64,([^\"]+)", html)
    assert len(sounds) == count
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sounds[0])))
    assert len(samples) / rate > 2


def test_recordings_are_shown_beside(model: Any, speech: Audio, tmp_path: Path) -> None:
    path = speech.save(tmp_path / "own.wav")
    page = tmp_path / "page.html"
    write_gallery(model, page, voices=["yue-tan"], emotions=["happy"], recordings={("yue-tan", "neutral"): path})
    html = page.read_text(encoding="utf-8")
    assert html.count('<figure class="recorded">') == 1
    assert html.count('<figure class="spoken">') == 6


@pytest.mark.parametrize("wrong", [{"voices": ["nobody"]}, {"emotions": ["furious"]}])
def test_unknown_names_are_refused_and_nothing_is_written(
    model: Any, tmp_path: Path, wrong: dict[str, list[str]]
) -> None:
    with pytest.raises(UnknownNameError):
        write_gallery(model, tmp_path / "page.html", **wrong)
    assert not (tmp_path / "page.html").exists()
