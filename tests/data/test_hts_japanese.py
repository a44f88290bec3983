"""`prepare hts-japanese`: sentences spoken by HTS voices."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pyopenjtalk
import pytest

from xespeech.data import load_cuts, phonemes_of
from xespeech.data.hts_japanese import prepare_hts_japanese, speaker_and_style
from xespeech.errors import ConfigError, DataError
from xespeech.text import phonemize

pytest.importorskip("lhotse")
WORDS = (
    "春",
    "夏",
    "秋",
    "冬",
    "朝",
    "夜",
    "山",
    "川",
    "海",
    "空",
    "犬",
    "猫",
    "花",
    "鳥",
    "雨",
    "雪",
    "風",
    "星",
    "月",
    "森",
)


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    """Two voices (both the one that pyopenjtalk carries) and forty sentences."""
    folder = tmp_path / "hts"
    folder.mkdir()
    carried = Path(pyopenjtalk.DEFAULT_HTS_VOICE.decode())
    for name in ("mei/mei_happy", "tohoku-f01-neutral"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(carried, folder / f"{name}.htsvoice")
    texts = [f"{word}が{ending}。" for word in WORDS for ending in ("好きです", "見えます")]
    lines = [f"S{number:02d}|{text}|{text}" for number, text in enumerate(texts)]
    (folder / "sentences.csv").write_text("\n".join([*lines, "broken line"]), encoding="utf-8")
    return folder


def cuts_of(folder: Path) -> dict[str, list]:
    return {subset: list(load_cuts([folder], subset)) for subset in ("train", "dev")}


def test_every_voice_speaks_its_own_sentences(voices: Path, tmp_path: Path) -> None:
    report = prepare_hts_japanese(voices, tmp_path / "out", hours=0.004)
    assert {group.name for group in report.speakers} == {"mei", "tohoku-f01"}
    assert {group.name for group in report.styles} == {"happy", "neutral"}
    assert [problem.name for problem in report.skipped] == ["sentences.csv line 41"]
    cuts = cuts_of(tmp_path / "out")
    texts = defaultdict(set)
    for subset, items in cuts.items():
        for cut in items:
            supervision = cut.supervisions[0]
            assert supervision.language == "ja"
            assert phonemes_of(cut) == phonemize(supervision.text, "ja")
            texts[subset, supervision.speaker].add(supervision.text)
    assert not texts["train", "mei"] & texts["train", "tohoku-f01"]
    trained = texts["train", "mei"] | texts["train", "tohoku-f01"]
    assert not trained & (texts["dev", "mei"] | texts["dev", "tohoku-f01"])
    assert all(texts["dev", speaker] for speaker in ("mei", "tohoku-f01"))


def test_the_seed_decides(voices: Path, tmp_path: Path) -> None:
    ids = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        prepare_hts_japanese(voices, tmp_path / name, hours=0.002, seed=seed)
        ids[name] = (tmp_path / name / "cuts_train.jsonl.gz").read_bytes()
    assert ids["a"] == ids["b"] != ids["c"]


def test_hours_that_cannot_be_had(voices: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="positive"):
        prepare_hts_japanese(voices, tmp_path / "out", hours=0)
    with pytest.raises(ConfigError, match=r"give 0\.\d+ hours"):
        prepare_hts_japanese(voices, tmp_path / "out", hours=5)


def test_missing_voices_and_sentences(voices: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no \.htsvoice files"):
        prepare_hts_japanese(tmp_path / "empty", tmp_path / "out")
    (voices / "sentences.csv").unlink()
    with pytest.raises(DataError, match=r"sentences\.csv: no such file"):
        prepare_hts_japanese(voices, tmp_path / "out")


def test_a_broken_voice_is_named(voices: Path, tmp_path: Path) -> None:
    (voices / "mei" / "mei_happy.htsvoice").write_text("not a voice")
    with pytest.raises(DataError, match="mei_happy"):
        prepare_hts_japanese(voices, tmp_path / "out", hours=0.002)


@pytest.mark.parametrize(
    ("name", "speaker", "style"),
    [
        ("mei_bashful", "mei", "bashful"),
        ("takumi_normal", "takumi", "neutral"),
        ("tohoku-f01-angry", "tohoku-f01", "angry"),
        ("nitech_jp_atr503_m001", "nitech", "neutral"),
    ],
)
def test_names_of_voices(name: str, speaker: str, style: str) -> None:
    assert speaker_and_style(Path(f"{name}.htsvoice")) == (speaker, style)


def test_the_transcript_of_the_rohan_corpus_is_understood(voices: Path, tmp_path: Path) -> None:
    lines = (voices / "sentences.csv").read_text(encoding="utf-8").splitlines()[:-1]
    (voices / "sentences.csv").unlink()
    rohan = [f"ROHAN4600_{n:04d}:雨(あめ)と{line.split('|')[1]},アメト" for n, line in enumerate(lines)]
    (voices / "ROHAN4600_transcript_utf8.txt").write_text("\n".join([*rohan, "nonsense"]), encoding="utf-8")
    report = prepare_hts_japanese(voices, tmp_path / "out", hours=0.002)
    assert [problem.reason for problem in report.skipped] == ["is not ID:TEXT,KANA"]
    texts = {cut.supervisions[0].text for cuts in cuts_of(tmp_path / "out").values() for cut in cuts}
    assert texts <= {f"雨と{line.split('|')[1]}" for line in lines}
