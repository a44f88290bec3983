"""Prepared folders made of others: cleaned, and with transcripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xespeech.audio import read
from xespeech.data import derived, load_cuts, phonemes_of, transcripts
from xespeech.data.derived import prepare_denoised
from xespeech.data.folder import prepare_folder
from xespeech.data.transcripts import prepare_transcripts
from xespeech.errors import ConfigError, DataError

pytest.importorskip("lhotse")


def all_cuts(folder: Path) -> dict:
    return {cut.id: cut for subset in ("train", "dev") for cut in load_cuts([folder], subset)}


@pytest.fixture
def prepared(corpus: Path, tmp_path: Path) -> Path:
    """Nine recordings, one of them, "laugh", without a text."""
    prepare_folder(corpus, tmp_path / "prepared")
    return tmp_path / "prepared"


def test_cleaned_recordings_keep_everything_but_their_noise(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned: list[float] = []
    monkeypatch.setattr(derived, "deep_filter", lambda audio, most: cleaned.append(most) or audio)
    out = tmp_path / "clean"
    report = prepare_denoised(prepared, out, 12.0)
    assert (report.clips, report.made, set(cleaned)) == (9, 9, {12.0})
    before, after = all_cuts(prepared), all_cuts(out)
    assert set(after) == set(before)
    for id, cut in after.items():
        assert cut.supervisions[0].custom == before[id].supervisions[0].custom
        assert len(read(cut.recording.sources[0].source).samples) == before[id].num_samples
    (out / "audio" / "en1.wav").unlink()
    assert prepare_denoised(prepared, out, 12.0).made == 1  # goes on where it was
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(DataError, match="is not empty"):
        prepare_denoised(prepared, tmp_path / "full")
    with pytest.raises(ConfigError, match="--most must be above 0 dB"):
        prepare_denoised(prepared, out, 0.0)


class _Hears:
    """Hears the same in everything, and counts."""

    def __init__(self, text: str, sure: float) -> None:
        self.text, self.sure, self.heard = text, sure, 0

    def hear(self, audio, language: str) -> tuple[str, float]:
        self.heard += 1
        return self.text, self.sure


@pytest.mark.parametrize(
    ("text", "sure", "reason"),
    [
        ("Ha ha.", -0.05, ""),
        ("Ha ha.", -0.9, "Whisper is not sure (0.41) that it hears 'Ha ha.'"),
        ("", float("-inf"), "Whisper is not sure"),
        ("Strengths, strengths, strengths, strengths, strengths, strengths, strengths.", -0.05, "this is not the text"),
    ],
)
def test_transcripts_are_written_where_whisper_is_sure(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, sure: float, reason: str
) -> None:
    whisper = _Hears(text, sure)
    monkeypatch.setattr(transcripts, "find_whisper", lambda source, download: tmp_path)
    monkeypatch.setattr(transcripts, "shared_whisper", lambda model: whisper)
    report = prepare_transcripts(prepared, tmp_path / "written")
    assert [reason in problem.reason for problem in report.problems] == ([True] if reason else [])
    assert report.made == (0 if reason else 1)
    cuts = all_cuts(tmp_path / "written")
    assert (phonemes_of(cuts["laugh"]) is None) == bool(reason)
    assert cuts["laugh"].supervisions[0].text == ("" if reason else text)
    others = {id: cut.supervisions[0].text for id, cut in cuts.items() if id != "laugh"}
    assert others == {id: cut.supervisions[0].text for id, cut in all_cuts(prepared).items() if id != "laugh"}
    assert prepare_transcripts(prepared, tmp_path / "written").made == report.made
    assert whisper.heard == 1  # the second run has it in its journal


def test_a_text_of_the_development_set_is_not_trained_on(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = derived.recordings_of(prepared)
    made = [(one.about, "dev" if one.about.id == "en1" else "train") for one in recordings]
    derived.write_derived(prepared, made)
    said = next(one.about.text for one in recordings if one.about.id == "en1")
    monkeypatch.setattr(transcripts, "find_whisper", lambda source, download: tmp_path)
    monkeypatch.setattr(transcripts, "shared_whisper", lambda model: _Hears(said.lower(), -0.05))
    report = prepare_transcripts(prepared, tmp_path / "written")
    assert [problem.reason for problem in report.problems] == ["says a text of the development set"]
    assert json.loads((tmp_path / "written" / "heard.jsonl").read_text("utf-8"))["text"] == said.lower()
    with pytest.raises(ConfigError, match="--sure must be above 0"):
        prepare_transcripts(prepared, tmp_path / "written", sure=0)
