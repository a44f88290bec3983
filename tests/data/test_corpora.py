"""Corpora in the form in which people download them, in miniature."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from xespeech.audio import Audio, write
from xespeech.cli import main
from xespeech.data import load_cuts, phonemes_of
from xespeech.data.clips import Clip
from xespeech.data.corpora import CORPORA, prepare_corpus, prepare_pairs
from xespeech.errors import DataError
from xespeech.text import phonemize

pytest.importorskip("lhotse")

MakeVoice = Callable[..., Audio]


@pytest.fixture
def put(voice: MakeVoice, tmp_path: Path) -> Callable[..., Path]:
    """Writes a text file or, without text, a recording, and gives the corpus' folder."""
    sound = voice(1.5).resample(16_000)

    def put(name: str, text: str | None = None, encoding: str = "utf-8") -> Path:
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text, encoding=encoding)
        elif path.suffix == ".sph":
            soundfile.write(path, sound.samples, sound.sample_rate, format="NIST", subtype="PCM_16")
        else:
            write(path, sound)
        return tmp_path / "corpus"

    return put


def listed(name: str, folder: Path) -> tuple[dict[str, Clip], dict[str, str]]:
    """Recordings and problems of a corpus by name."""
    listing = CORPORA[name](folder)
    assert all(clip.source.exists() for clip in listing.clips)
    return {clip.id: clip for clip in listing.clips}, {problem.name: problem.reason for problem in listing.problems}


def prepared(name: str, folder: Path, out: Path) -> dict:
    prepare_corpus(name, folder, out)
    return {cut.id: cut for subset in ("train", "dev") for cut in load_cuts([out], subset)}


def test_vctk_092(put: Callable[..., Path], tmp_path: Path) -> None:
    for speaker, number, microphones in (("p225", "001", "12"), ("p280", "001", "1"), ("p315", "001", "12")):
        for microphone in microphones:
            put(f"wav48_silence_trimmed/{speaker}/{speaker}_{number}_mic{microphone}.flac")
    put("wav48_silence_trimmed/log.txt", "what was trimmed")
    put("txt/p225/p225_001.txt", "Please call Stella.\n")
    put("txt/p225/p225_002.txt", "Ask her to bring these things.\n")
    put("txt/p280/p280_001.txt", "Please call Stella.\n")
    folder = put("speaker-info.txt", "ID  AGE  GENDER  ACCENTS  REGION COMMENTS\n")
    clips, problems = listed("vctk", folder)
    assert {id: clip.source.stem[-4:] for id, clip in clips.items()} == {
        "p225_001": "mic2",
        "p280_001": "mic1",
        "p315_001": "mic2",
    }
    assert problems == {"p225_002": "has a text but no recording"}
    cuts = prepared("vctk", folder, tmp_path / "out")
    supervision = cuts["p225_001"].supervisions[0]
    assert (supervision.language, supervision.speaker, supervision.custom["style"]) == ("en", "p225", "neutral")
    assert phonemes_of(cuts["p225_001"]) == phonemize("Please call Stella.", "en")
    assert phonemes_of(cuts["p315_001"]) is None


def test_vctk_080(put: Callable[..., Path]) -> None:
    put("wav48/p225/p225_001.wav")
    clips, _ = listed("vctk", put("txt/p225/p225_001.txt", "Please call Stella.\n"))
    assert clips["p225_001"].text == "Please call Stella."


def test_aishell3(put: Callable[..., Path], tmp_path: Path) -> None:
    put("train/wav/SSB0005/SSB00050001.wav")
    put("train/wav/SSB0005/SSB00050003.wav")
    put("test/wav/SSB0009/SSB00090001.wav")
    put(
        "train/content.txt",
        "SSB00050003.wav\t你 nix3 好 hao3\n"
        "SSB00050001.wav\t行 xing2 长 zhang3 重 chong2 开 kai1 会 hui4\nSSB00050002.wav\n",
    )
    put("train/label_train-set.txt", "# prosody\n")
    folder = put("test/content.txt", "SSB00090001.wav\t花 huar1 儿 开 kai1 了 le5\n")
    clips, problems = listed("aishell3", folder)
    assert (clips["SSB00050001"].text, clips["SSB00050001"].reading) == (
        "行长重开会",
        "{xing2 zhang3 chong2 kai1 hui4}",
    )
    assert (clips["SSB00090001"].text, clips["SSB00090001"].reading) == ("花儿开了", "")
    assert list(problems) == ["train/content.txt line 3"]
    cuts = prepared("aishell3", folder, tmp_path / "out")
    supervision = cuts["SSB00050001"].supervisions[0]
    assert (supervision.language, supervision.speaker) == ("zh", "SSB0005")
    assert phonemes_of(cuts["SSB00050001"]).phones[:3] == phonemize("{xing2}", "zh").phones
    assert phonemes_of(cuts["SSB00050003"]) == phonemize("你好", "zh")


def test_jvs(put: Callable[..., Path], tmp_path: Path) -> None:
    for speaker in ("jvs001", "jvs002"):
        put(f"jvs_ver1/{speaker}/parallel100/wav24kHz16bit/VOICEACTRESS100_001.wav")
        put(
            f"jvs_ver1/{speaker}/parallel100/transcripts_utf8.txt",
            "VOICEACTRESS100_001:また、東寺のように。\nnonsense\n",
        )
    put("jvs_ver1/jvs001/nonpara30/wav24kHz16bit/BASIC5000_0025.wav")
    put("jvs_ver1/jvs001/nonpara30/transcripts_utf8.txt", "BASIC5000_0025:お茶が好きです。\n")
    put("jvs_ver1/jvs001/whisper10/wav24kHz16bit/VOICEACTRESS100_001.wav")
    folder = put("jvs_ver1/README.txt", "JVS")
    clips, problems = listed("jvs", folder)
    assert set(clips) == {"jvs001_VOICEACTRESS100_001", "jvs002_VOICEACTRESS100_001", "jvs001_BASIC5000_0025"}
    assert set(problems) == {
        "jvs001/parallel100/transcripts_utf8.txt line 2",
        "jvs002/parallel100/transcripts_utf8.txt line 2",
        "jvs002/nonpara30",
    }
    cuts = prepared("jvs", folder, tmp_path / "out")
    supervision = cuts["jvs001_BASIC5000_0025"].supervisions[0]
    assert (supervision.language, supervision.speaker, supervision.text) == ("ja", "jvs001", "お茶が好きです。")


def test_esd(put: Callable[..., Path], tmp_path: Path) -> None:
    for name in ("0001/Angry/0001_000351", "0001/Neutral/0001_000001", "0011/Surprise/train/0011_001401"):
        put(f"ESD/{name}.wav")
    put("ESD/0011/Neutral/evaluation/0011_000001.wav")
    put("ESD/0001/0001.txt", "0001_000001\t打远一看。\t中立\n0001_000351\t打远一看。\t生气\n", encoding="gb18030")
    put(
        "ESD/0011/0011.txt",
        "0011_000001\tThe nine the eggs.\tNeutral\n0011_001401 Go now Surprise\n",
        encoding="utf-16",
    )
    folder = put("ESD/ReadMe.txt", "")
    clips, problems = listed("esd", folder)
    assert {id: (clip.language, clip.speaker, clip.style, clip.text) for id, clip in clips.items()} == {
        "0001_000001": ("zh", "0001", "neutral", "打远一看。"),
        "0001_000351": ("zh", "0001", "angry", "打远一看。"),
        "0011_000001": ("en", "0011", "neutral", "The nine the eggs."),
        "0011_001401": ("en", "0011", "surprise", "Go now"),
    }
    assert not problems
    cut = prepared("esd", folder, tmp_path / "out")["0001_000351"]
    assert cut.supervisions[0].custom["style"] == "angry"


def test_sources_of_the_default_voice(put: Callable[..., Path], tmp_path: Path) -> None:
    put("aishell/wav/train/S0150/BAC009S0150W0121.wav")
    put("aishell/transcript/aishell_transcript_v0.8.txt", "BAC009S0150W0121 其中 有 两个\n")
    put("LibriSpeech/dev-clean/84/121123/84-121123-0000.flac")
    put("LibriSpeech/dev-clean/84/121123/84-121123.trans.txt", "84-121123-0000 GO DO YOU HEAR\n")
    put("an4/wav/an4_clstk/fash/an251-fash-b.sph")
    put("an4/etc/an4_train.transcription", "<s> YES </s> (an251-fash-b)\nG L E N N (cen1-mtfg-b)\n")
    put("audio-cmn/64k/hsk/cmn-一_就_.mp3")
    put("audio-cmn/64k/syllabs/cmn-lü4.mp3")
    put("tofugu/lib/ogg/〜丁目【ちょうめ】.ogg")
    root = put("tofugu/README.md", "")
    expected = {
        "aishell": [("BAC009S0150W0121", "aishell-S0150", "其中有两个", "")],
        "librispeech": [("84-121123-0000", "libri-84", "go do you hear", "")],
        "an4": [("an251-fash-b", "an4-fash", "yes", "")],
        "audio-cmn": [("word-一_就_", "yue-tan", "一，就", ""), ("syllable-lv4", "chen-wang", "{lv4}", "")],
        "tofugu": [("〜丁目【ちょうめ】", "tofugu-m", "丁目", "ちょうめ")],
    }
    for name, clips in expected.items():
        folder = root / ("LibriSpeech" if name == "librispeech" else name)
        found, problems = listed(name, folder)
        assert [(clip.id, clip.speaker, clip.text, clip.reading) for clip in found.values()] == clips
        assert problems == ({"cen1-mtfg-b": "has a text but no recording"} if name == "an4" else {})
        prepare_corpus(name, folder, tmp_path / name)


def test_a_woman_of_tofugus_vocabulary_is_told_from_the_man(tmp_path: Path, voice: MakeVoice) -> None:
    (tmp_path / "lib/ogg").mkdir(parents=True)
    write(tmp_path / "lib/ogg/亭【てい】.ogg", voice(1.0, 250.0))
    clips, _ = listed("tofugu", tmp_path)
    assert clips["亭【てい】"].speaker == "tofugu-f"


def test_pairs_of_recording_and_text(put: Callable[..., Path], tmp_path: Path) -> None:
    put("kathleen/arctic_a0001_1.wav")
    put("kathleen/arctic_a0001_1.txt", "Author of the danger trail.\n")
    folder = put("kathleen/lonely.wav")
    report = prepare_pairs(folder, tmp_path / "out", language="en", speaker="kathleen")
    assert [problem.name for problem in report.skipped] == ["kathleen_lonely"]
    cuts = load_cuts([tmp_path / "out"], "train")
    assert [(cut.id, cut.supervisions[0].text) for cut in cuts] == [
        ("kathleen_arctic_a0001_1", "Author of the danger trail.")
    ]
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=r"NAME\.wav with NAME\.txt.*found 0 recordings"):
        prepare_pairs(tmp_path / "none", tmp_path / "other", language="en", speaker="x")


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_a_wrong_folder_tells_what_was_looked_for_and_what_was_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong" / "music").mkdir(parents=True)
    (tmp_path / "wrong" / "notes.txt").touch()
    monkeypatch.setattr(
        sys, "argv", ["xespeech", "prepare", name, str(tmp_path / "wrong"), "--out", str(tmp_path / "o")]
    )
    with pytest.raises(SystemExit, match="2"):
        main.run()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "looked for" in error
    assert "found music/, notes.txt" in error
    assert not (tmp_path / "o").exists()


def test_the_folder_above_is_good_enough_but_two_corpora_are_not(put: Callable[..., Path]) -> None:
    for place in ("one", "two"):
        put(f"{place}/wav48/p225/p225_001.wav")
        folder = put(f"{place}/txt/p225/p225_001.txt", "Hello.")
        if place == "one":
            assert listed("vctk", folder)[0]
    with pytest.raises(DataError, match=r"several folders.*one, two"):
        CORPORA["vctk"](folder)
