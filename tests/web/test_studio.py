"""Behind the buttons: limits, mistakes and what each control says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

import xespeech
from syllables import syllables
from xespeech.audio import Audio, read
from xespeech.errors import AudioError, TextError, UserError
from xespeech.web import Limits, build
from xespeech.web.speakers import ModelSpeaker
from xespeech.web.studio import Studio, Style

PLAIN = Style("", None, "", 1.0)


@pytest.fixture
def studio(page_voice: xespeech.Voice, tmp_path: Path) -> Studio:
    """The page's work without the page."""
    limits = Limits(characters=100, upload_bytes=500_000, upload_seconds=5, lines=4)
    return Studio(ModelSpeaker(page_voice, limits.upload_seconds), tmp_path / "made", limits)


def recorded(path: Path, seconds: float) -> str:
    return str(Audio(syllables(seconds), 16_000).save(path))


def test_a_take_is_a_recording_a_picture_and_its_time(studio: Studio) -> None:
    take = studio.speak("Hello.", PLAIN, {}, ".mp3")
    audio = read(take.recording)
    assert audio.synthetic
    assert Path(take.recording).name == "speech.mp3"
    assert Path(take.picture).read_bytes().startswith(b"\x89PNG")
    assert "of real time" in take.timings


def test_a_reference_replaces_the_voice(studio: Studio, tmp_path: Path) -> None:
    own = studio.speak("Hello.", PLAIN, {}, ".wav")
    referred = studio.speak("Hello.", PLAIN._replace(reference=recorded(tmp_path / "a.wav", 2)), {}, ".wav")
    assert Path(own.recording).read_bytes() != Path(referred.recording).read_bytes()


def test_emotions_are_a_voices_own_and_those_that_others_lend(studio: Studio) -> None:
    assert studio.emotions("mei") == studio.emotions("kathleen") == ["angry", "happy"]
    assert studio.emotions("actor") == ["angry", "expressive", "happy"]


@pytest.mark.parametrize("use", ["source", "reference"])
@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [(0.05, r"mine\.wav lasts 0\.05 s"), (6, r"mine\.wav lasts"), (30, r"mine\.wav has 1\.0 MB")],
)
def test_unfit_uploads_are_told_by_their_name(
    studio: Studio, tmp_path: Path, use: str, seconds: float, sentence: str
) -> None:
    upload, fine = recorded(tmp_path / "mine.wav", seconds), recorded(tmp_path / "fine.wav", 1)
    source, style = (upload, PLAIN) if use == "source" else (fine, PLAIN._replace(reference=upload))
    with pytest.raises(AudioError, match=f"^{sentence}"):
        studio.convert(source, style, {}, ".wav")


def test_nothing_to_convert(studio: Studio) -> None:
    with pytest.raises(AudioError, match="upload or record a source"):
        studio.convert(None, PLAIN, {}, ".wav")


def test_too_much_text(studio: Studio) -> None:
    with pytest.raises(TextError, match="101 characters, 100 at most"):
        studio.speak("a" * 101, PLAIN, {}, ".wav")
    with pytest.raises(TextError, match="5 lines, 4 at most"):
        list(studio.batch("a\n" * 5, None, PLAIN, {}, ".wav"))
    with pytest.raises(TextError, match="write one text on each line"):
        list(studio.batch(" \n", None, PLAIN, {}, ".wav"))


def test_a_bad_line_stops_no_other(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("Hello.\n¿\nGoodbye.", encoding="utf-8")
    rows, archive = list(studio.batch("", str(file), PLAIN, {}, ".wav"))[-1]
    assert [row[0] for row in rows] == ["001.wav", "–", "003.wav"]
    assert archive is not None
    assert sorted(path.name for path in Path(archive).parent.iterdir()) == ["batch.zip"]
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TextError, match=r"lines\.txt is not UTF-8"):
        list(studio.batch("", str(file), PLAIN, {}, ".wav"))


def test_an_unknown_voice_is_the_visitors_mistake(studio: Studio) -> None:
    with pytest.raises(UserError, match="did you mean kathleen"):
        studio.speak("Hello.", PLAIN._replace(voice="kathlen"), {}, ".wav")


def test_every_control_has_a_default_and_a_line_of_help(page_voice: xespeech.Voice) -> None:
    import gradio as gr

    seen = 0
    for block in build(page_voice).blocks.values():
        if isinstance(block, (gr.Textbox, gr.Dropdown, gr.Slider, gr.Number, gr.Radio)):
            assert block.info, block.label
            assert block.value is not None, block.label
            seen += 1
        elif isinstance(block, (gr.Audio, gr.File)) and block.interactive is not False:
            assert len(str(block.label).split()) > 5, block.label
    assert seen > 20


def test_how_a_text_is_read_is_shown_and_escaped(studio: Studio) -> None:
    shown = studio.read("It costs $5. <name> says: 一月 😀", {"language": "en"})
    assert "It costs five dollars." in shown
    assert "ˈfaɪv" in shown
    assert "😀 (" in shown
    assert "<name>" not in shown
    assert studio.read("*a*", {"markup": "plain"}).count("Left out") == 1
    assert "cannot be read" in studio.read("Привет", {})
    assert studio.read(" ", {}) == ""
