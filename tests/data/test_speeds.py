"""Copies at other speeds are other voices that say the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from xespeech.audio import read
from xespeech.audio.pitch import track_pitch
from xespeech.cli import main
from xespeech.data.folder import prepare_folder
from xespeech.data.manifest import load_cuts, phonemes_of, write_manifests
from xespeech.data.pack import Pack
from xespeech.data.speeds import original_speaker, prepare_speeds
from xespeech.errors import DataError

pytest.importorskip("lhotse")


@pytest.fixture
def prepared(corpus: Path, tmp_path: Path) -> Path:
    prepare_folder(corpus, tmp_path / "prepared")
    return tmp_path / "prepared"


def test_a_faster_copy_is_higher_shorter_and_somebody_else(prepared: Path, tmp_path: Path) -> None:
    report = prepare_speeds(prepared, tmp_path / "fast", [1.25, 0.8])
    originals = {cut.id: cut for cut in load_cuts([prepared], "train")}
    copies = {cut.id: cut for cut in load_cuts([tmp_path / "fast"], "train")}
    assert len(copies) == report.clips == 2 * len(originals)
    assert not list(load_cuts([tmp_path / "fast"], "dev"))
    for id, cut in originals.items():
        fast, own, about = copies[f"{id}@1.25"], cut.supervisions[0], copies[f"{id}@1.25"].supervisions[0]
        assert fast.duration == pytest.approx(cut.duration / 1.25, abs=0.001)
        assert (about.text, about.language, about.custom["style"]) == (own.text, own.language, own.custom["style"])
        assert about.speaker == f"{own.speaker}@1.25"
        assert original_speaker(about.speaker) == own.speaker
        assert phonemes_of(fast) == phonemes_of(cut)
    for factor in (1.25, 0.8):
        audio = read(tmp_path / "fast" / "audio" / f"en1@{factor:g}.wav")
        pitch = track_pitch(audio.samples, audio.sample_rate, 480)
        assert pitch[pitch > 0].mean() == pytest.approx(150 * factor, rel=0.02)
    assert len(Pack(tmp_path / "fast").rows) == len(copies)


def test_sound_of_a_narrow_recording_reaches_as_far_as_the_speed_takes_it(prepared: Path, tmp_path: Path) -> None:
    from xespeech.data.manifest import utterance_of

    cuts = list(load_cuts([prepared], "train"))
    narrow = [utterance_of(cut) for cut in cuts]
    write_manifests(prepared, [u.__class__(**{**u.__dict__, "bandwidth": 8000.0}) for u in narrow], dev=())
    prepare_speeds(prepared, tmp_path / "slow", [0.8])
    widths = {cut.supervisions[0].custom["bandwidth"] for cut in load_cuts([tmp_path / "slow"], "train")}
    assert widths == {6400.0}


def test_a_share_of_the_recordings_is_always_the_same(prepared: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        prepare_speeds(prepared, tmp_path / name, [0.8, 0.9, 1.1, 1.2], share=0.5)
    ids = [[cut.id for cut in load_cuts([tmp_path / name], "train")] for name in ("a", "b")]
    assert ids[0] == ids[1]
    assert 0 < len(ids[0]) < 4 * len(list(load_cuts([prepared], "train")))


@pytest.mark.parametrize(
    ("factors", "share", "words"),
    [([1.0], 1.0, "1.0"), ([2.5], 1.0, "2.5"), ([], 1.0, "speeds"), ([1.2], 0.0, "share"), ([1.2], 1.5, "share")],
)
def test_what_is_no_other_voice_is_refused(
    factors: list[float], share: float, words: str, prepared: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words):
        prepare_speeds(prepared, tmp_path / "out", factors, share=share)
    assert not (tmp_path / "out").exists()


def test_recordings_are_not_written_over(prepared: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in prepared.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match="choose another --out"):
        prepare_speeds(prepared, prepared, [1.2])
    assert {path: path.stat().st_mtime_ns for path in prepared.rglob("*") if path.is_file()} == before


def test_the_command(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["xespeech", "prepare", "speeds", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        return int(ended.value.code or 0)

    assert run(prepared, "--out", tmp_path / "out", "--factor", "1.2", "--jobs", "1") == 0
    assert "3 speakers" in capsys.readouterr().out
    assert run(tmp_path / "nothing", "--out", tmp_path / "other", "--factor", "1.2") == 2
    assert "prepared" in capsys.readouterr().err


def test_what_is_there_is_kept_or_replaced_by_its_like(prepared: Path, corpus: Path, tmp_path: Path) -> None:
    prepare_folder(corpus, tmp_path / "mine")
    before = (tmp_path / "mine" / "report.json").read_text()
    with pytest.raises(DataError, match="mine"):
        prepare_speeds(prepared, tmp_path / "mine", [1.2])
    assert (tmp_path / "mine" / "report.json").read_text() == before
    prepare_speeds(prepared, tmp_path / "copies", [1.2])
    prepare_speeds(prepared, tmp_path / "copies", [0.9])
    assert all(path.stem.endswith("@0.9") for path in (tmp_path / "copies" / "audio").iterdir())
    assert json.loads(before)["clips"] == len(list((tmp_path / "mine" / "audio").glob("*.wav")))


def test_a_folder_of_something_else_is_refused_and_kept(prepared: Path, tmp_path: Path) -> None:
    mine = tmp_path / "music"
    (mine / "audio").mkdir(parents=True)
    (mine / "audio" / "song.mp3").write_bytes(b"a song")
    for out in (mine, tmp_path):  # not ours, and around the recordings
        with pytest.raises(DataError, match="choose another --out"):
            prepare_speeds(prepared, out, [1.2])
    assert [path.name for path in mine.rglob("*") if path.is_file()] == ["song.mp3"]


def test_copies_of_copies_and_speeds_that_print_alike(prepared: Path, tmp_path: Path) -> None:
    report = prepare_speeds(prepared, tmp_path / "fast", [1.2, 1.2000001])
    assert report.clips == len(list(load_cuts([prepared], "train")))
    with pytest.raises(DataError, match="is no other voice"):
        prepare_speeds(prepared, tmp_path / "same", [1.0000001])
    with pytest.raises(DataError, match="holds copies"):
        prepare_speeds(tmp_path / "fast", tmp_path / "faster", [1.2])


@pytest.mark.parametrize("name", ["user@2024", "a@b", "@1.2", "anna@1", "anna@5.5"])
def test_names_that_only_look_like_copies(name: str) -> None:
    assert original_speaker(name) == name


def test_a_damaged_manifest_is_named(prepared: Path, tmp_path: Path) -> None:
    (prepared / "cuts_train.jsonl.gz").write_bytes(b"not a manifest")
    with pytest.raises(DataError, match="damaged"):
        prepare_speeds(prepared, tmp_path / "out", [1.2])
    assert not (tmp_path / "out").exists()
