"""`prepare folder`: what goes in, what comes out, what is refused."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from xespeech.audio import Audio, write
from xespeech.data import load_cuts, phonemes_of
from xespeech.data.folder import prepare_folder
from xespeech.data.pack import Pack
from xespeech.data.work import output_folder
from xespeech.errors import DataError
from xespeech.processes import Workers
from xespeech.text import phonemize

pytest.importorskip("lhotse")

MakeVoice = Callable[..., Audio]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def all_cuts(folder: Path) -> dict:
    return {cut.id: cut for subset in ("train", "dev") for cut in load_cuts([folder], subset)}


def test_recordings_come_out_with_their_sounds(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(corpus)
    out = tmp_path / "out"
    report = prepare_folder(corpus, out)
    assert snapshot(corpus) == before
    assert (report.clips, len(report.skipped), len(report.without_text)) == (9, 0, 0)
    assert {group.name: (group.clips, group.with_text) for group in report.languages} == {
        "en": (5, 4),
        "zh": (2, 2),
        "ja": (2, 2),
    }
    monkeypatch.chdir("/")
    cuts = all_cuts(out)
    cut = cuts["en1"]
    supervision = cut.supervisions[0]
    assert (supervision.language, supervision.speaker, supervision.custom["style"]) == ("en", "speaker-en", "happy")
    assert phonemes_of(cut) == phonemize("Where is the station?", "en")
    assert phonemes_of(cuts["zh0"]) == phonemize("今天天气很好。", "zh")
    assert phonemes_of(cuts["laugh"]) is None
    samples = cut.load_audio()
    assert samples.shape == (1, cut.num_samples)
    assert cut.sampling_rate == 24_000
    assert soundfile.info(cut.recording.sources[0].source).subtype == "PCM_16"
    assert json.loads((out / "report.json").read_text())["clips"] == 9


def test_the_folder_can_be_moved(corpus: Path, tmp_path: Path) -> None:
    prepare_folder(corpus, tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    assert all_cuts(tmp_path / "elsewhere")["en0"].load_audio().any()


def test_bad_recordings_and_rows_are_skipped_and_listed(corpus: Path, tmp_path: Path, voice: MakeVoice) -> None:
    audio = corpus / "audio"
    write(audio / "short.wav", voice(0.15))
    soundfile.write(audio / "silent.wav", np.zeros(24_000), 24_000)
    soundfile.write(audio / "nan.wav", np.full(24_000, np.nan), 24_000, subtype="FLOAT")
    (audio / "noise.wav").write_bytes(os.urandom(5000))
    (audio / "empty.wav").touch()
    write(audio / "symbols.wav", voice(1.0))
    write(audio / "talk.wav", voice(6.0))
    with (corpus / "metadata.csv").open("ab") as file:
        for name in ("short", "silent", "nan", "noise", "empty", "missing"):
            file.write(f"audio/{name}.wav|en|a|neutral|Hello.\n".encode())
        file.write(b"audio/symbols.wav|en|a|neutral|...\n")
        file.write(b"audio/talk.wav|en|a|neutral|Oh\n")
        file.write(b"audio/bytes.wav|en|a|neutral|\xff\xfe\n")
        file.write(b"audio/few.wav|en|a\n\n")
        file.write(b"audio/klingon.wav|tlh|a|neutral|Qapla'\n")
        file.write(b"audio/nobody.wav|en||neutral|Hello.\n")
        file.write(b"/|en|a|neutral|Hello.\n")
    report = prepare_folder(corpus, tmp_path / "out")
    reasons = {problem.name: problem.reason for problem in report.skipped}
    for name, reason in {
        "short": "0.15 s",
        "silent": "silent",
        "nan": "not numbers",
        "noise": "not audio",
        "empty": "empty",
        "missing": "no such file",
        "metadata.csv line 19": "UTF-8",
        "metadata.csv line 20": "3 fields",
        "metadata.csv line 22": "'tlh'",
        "metadata.csv line 23": "empty speaker",
        "metadata.csv line 24": "names no file",
    }.items():
        assert reason in reasons.pop(name)
    assert not reasons
    assert [problem.name for problem in report.without_text] == ["symbols", "talk"]
    assert phonemes_of(all_cuts(tmp_path / "out")["talk"]) is None
    assert report.clips == 11


@pytest.mark.parametrize(
    "file", ["../secret.wav", "{}/secret.wav", "a/../../secret.wav", "..\\secret.wav", "C:\\a.wav"]
)
def test_recordings_outside_of_the_folder_are_not_read(tmp_path: Path, voice: MakeVoice, file: str) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    write(tmp_path / "secret.wav", voice(2.0))
    write(folder / "fine.wav", voice(2.0))
    lines = ["file|language|speaker|style|text", f"{file.format(tmp_path)}|en|a|neutral|", "fine.wav|en|a|neutral|"]
    (folder / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    report = prepare_folder(folder, tmp_path / "out")
    assert report.clips == 1
    assert "outside of the folder" in report.skipped[0].reason


def test_ljspeech_metadata(tmp_path: Path, voice: MakeVoice) -> None:
    folder = tmp_path / "lj"
    (folder / "wavs").mkdir(parents=True)
    write(folder / "wavs" / "LJ1.wav", voice(1.5))
    write(folder / "wavs" / "LJ2.flac", voice(1.5))
    for suffix in ("TextGrid", "lab", "txt"):
        (folder / "wavs" / f"LJ1.{suffix}").write_text("Doctor one")
    (folder / "metadata.csv").write_text("LJ1|Dr. 1|Doctor one\nLJ2|Good morning\n")
    with pytest.raises(DataError, match="--language and --speaker"):
        prepare_folder(folder, tmp_path / "out")
    prepare_folder(folder, tmp_path / "out", language="en", speaker="linda")
    cuts = all_cuts(tmp_path / "out")
    assert {id: cut.supervisions[0].text for id, cut in cuts.items()} == {"LJ1": "Doctor one", "LJ2": "Good morning"}
    assert cuts["LJ1"].supervisions[0].speaker == "linda"


def test_the_reading_tells_the_sounds(tmp_path: Path, voice: MakeVoice) -> None:
    folder = tmp_path / "words"
    folder.mkdir()
    lines = ["file|language|speaker|style|text|reading"]
    for name, reading in (("a", "くれない"), ("b", "べに")):
        write(folder / f"{name}.wav", voice(1.0))
        lines.append(f"{name}.wav|ja|x|neutral|紅|{reading}")
    (folder / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    prepare_folder(folder, tmp_path / "out")
    cuts = all_cuts(tmp_path / "out")
    assert phonemes_of(cuts["a"]).phones == phonemize("くれない", "ja").phones
    assert phonemes_of(cuts["b"]).phones == phonemize("べに", "ja").phones


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("file|speaker|text\na.wav|x|hi", "lacks the columns language, style"),
        ("file|language|style|text\na.wav|en|x|hi", "lacks the column speaker.*--speaker"),
        ("path,words\na.wav,hi", "header line"),
        ("", "header line"),
        ("file|language|speaker|style|text\n", "nothing that can be used"),
        ("file|language|speaker|style|text\nno.wav|en|x|neutral|hi", "nothing that can be used.*no such file"),
        (
            "file|language|speaker|style|text\naudio/en0.wav|en|x|y|hi\naudio/en0.wav|en|x|y|ho\naudio/en1.wav|en|x|y|hi",
            "twice: en0",
        ),
        (
            "file|language|speaker|style|text\naudio/en0.wav|en|x|y|hi\nen0.opus|en|x|y|hi\nen1.wav|en|x|y|hi",
            r"audio/en0\.wav and en0\.opus .* as en0: rename",
        ),
    ],
)
def test_unusable_metadata_is_refused_in_one_sentence(corpus: Path, tmp_path: Path, metadata: str, words: str) -> None:
    (corpus / "metadata.csv").write_text(metadata)
    with pytest.raises(DataError, match=words) as caught:
        prepare_folder(corpus, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "cuts_train.jsonl.gz").exists()


def test_missing_folder_and_missing_metadata(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        prepare_folder(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(DataError, match=r"no metadata\.csv"):
        prepare_folder(tmp_path, tmp_path / "out")


@pytest.mark.parametrize("inside", [".", "prepared", "audio/prepared"])
def test_nothing_is_written_among_the_recordings(corpus: Path, inside: str) -> None:
    before = snapshot(corpus)
    with pytest.raises(DataError, match="only read: choose an --out outside"):
        prepare_folder(corpus, corpus / inside)
    assert snapshot(corpus) == before


def test_two_runs_do_not_write_one_output_at_once(corpus: Path, tmp_path: Path) -> None:
    with output_folder(tmp_path / "out", corpus), pytest.raises(DataError, match="another run"):
        prepare_folder(corpus, tmp_path / "out")
    assert prepare_folder(corpus, tmp_path / "out").clips == 9


def test_an_output_that_cannot_be_written_is_named(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file.* cannot be written"):
        prepare_folder(corpus, tmp_path / "file" / "out")


def test_two_corpora_do_not_mix_in_one_output(corpus: Path, tmp_path: Path) -> None:
    prepare_folder(corpus, tmp_path / "out")
    other = Path(shutil.copytree(corpus, tmp_path / "other"))
    with pytest.raises(DataError, match=r"corpus.*another --out"):
        prepare_folder(other, tmp_path / "out")


def test_several_processes_give_the_same(corpus: Path, tmp_path: Path) -> None:
    prepare_folder(corpus, tmp_path / "one", workers=Workers(1))
    with (corpus / "metadata.csv").open("a", encoding="utf-8") as file:
        file.write("audio/none.wav|en|a|neutral|Hello.\n")
    prepare_folder(corpus, tmp_path / "two", workers=Workers(2))
    for name in ("cuts_train.jsonl.gz", "cuts_dev.jsonl.gz", "audio/zh1.wav"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, voice: MakeVoice) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    lines = ["file|language|speaker|style|text"]
    for index in range(96):
        soundfile.write(corpus / f"{index:03d}.flac", voice(2.0, 100 + index).samples, 24_000)
        lines.append(f"{index:03d}.flac|zh|a|neutral|{'一二三四五六七八九十'[index % 10]}")
    (corpus / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out"
    code = "import sys; from pathlib import Path; from xespeech.data.folder import prepare_folder as run; "
    command = [sys.executable, "-c", code + "run(Path(sys.argv[1]), Path(sys.argv[2]))", str(corpus)]
    process = subprocess.Popen([*command, str(out)], stderr=subprocess.DEVNULL)
    journal = out / "progress.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_text().count("\n") > 8):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {path.name: path.stat().st_mtime_ns for path in (out / "audio").glob("[0-9]*.wav")}
    noted = journal.read_text().count("\n") - 1
    assert 8 <= noted <= len(finished) < 96
    assert not (out / "cuts_train.jsonl.gz").exists()
    with pytest.raises(DataError, match="not a prepared data folder"):
        load_cuts([out], "train")
    cut = '{"id": "095", "rejected": "語'.encode()[:-1]  # a line that the kill cut short, within a character
    journal.write_bytes(journal.read_bytes() + cut)
    (out / "audio" / ".1.part.050.wav").write_bytes(b"RIFF")

    prepare_folder(corpus, out)
    prepare_folder(corpus, tmp_path / "whole")
    kept = sum((out / "audio" / name).stat().st_mtime_ns == changed for name, changed in finished.items())
    assert kept >= noted
    assert sorted(os.listdir(out / "audio")) == sorted(os.listdir(tmp_path / "whole" / "audio"))
    for name in ("cuts_train.jsonl.gz", "cuts_dev.jsonl.gz", "recordings.jsonl.gz", "supervisions.jsonl.gz"):
        assert gzip.decompress((out / name).read_bytes()) == gzip.decompress((tmp_path / "whole" / name).read_bytes())
    for path in (out / "audio").iterdir():
        assert path.read_bytes() == (tmp_path / "whole" / "audio" / path.name).read_bytes()


def test_a_changed_recording_is_prepared_again(corpus: Path, tmp_path: Path, voice: MakeVoice) -> None:
    prepare_folder(corpus, tmp_path / "out")
    before = snapshot(tmp_path / "out" / "audio")
    (tmp_path / "out" / "pack").mkdir()  # what training made of it
    prepare_folder(corpus, tmp_path / "out")
    assert (tmp_path / "out" / "pack").exists()
    write(corpus / "audio" / "en0.wav", voice(2.5))
    prepare_folder(corpus, tmp_path / "out")
    assert not (tmp_path / "out" / "pack").exists()
    after = snapshot(tmp_path / "out" / "audio")
    assert {name for name in after if after[name] != before[name]} == {"en0.wav"}
    assert all_cuts(tmp_path / "out")["en0"].duration == pytest.approx(2.5, abs=0.1)


def test_what_was_spoken_and_what_is_said_in_step_come_along(tmp_path: Path, voice: MakeVoice) -> None:
    folder = tmp_path / "spoken"
    (folder / "audio").mkdir(parents=True)
    rows = ["file|language|speaker|style|text|group|phones"]
    for name in ("ada", "bob"):
        write(folder / "audio" / f"{name}.wav", voice(1.5))
        rows.append(f"audio/{name}.wav|en|{name}|neutral|Read it.|en-1|ɹ ɛ:ˈ d ɪ t .")
    rows.append("audio/eve.wav|en|eve|neutral|Read it.|en-1|ɹ Q")
    write(folder / "audio" / "eve.wav", voice(1.5))
    (folder / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with tarfile.open(tmp_path / "spoken.tar", "w") as archive:
        archive.add(folder, "spoken")
    shutil.rmtree(folder)
    report = prepare_folder(tmp_path / "spoken.tar", tmp_path / "out")
    assert [(problem.name, "no phone" in problem.reason) for problem in report.without_text] == [("eve", True)]
    cuts = all_cuts(tmp_path / "out")
    assert {cut.supervisions[0].custom["group"] for cut in cuts.values()} == {"en-1"}
    phonemes = phonemes_of(cuts["ada"])
    assert phonemes is not None
    assert phonemes.phones[:3] == ("ɹ", "ɛ", "d")  # the past tense, which the text does not tell
    assert {row.group for row in Pack(tmp_path / "out").rows} == {"en-1"}
    assert not list(tmp_path.glob(".out*"))
    (tmp_path / "broken.tar").write_bytes(b"no tar")
    with pytest.raises(DataError, match=r"broken\.tar is neither a folder nor a tar of one"):
        prepare_folder(tmp_path / "broken.tar", tmp_path / "other")


def test_languages_that_models_do_not_speak_are_kept_without_text(tmp_path: Path, voice: MakeVoice) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    for name in ("anger", "said", "typo"):
        write(folder / f"{name}.wav", voice(1.5))
    (folder / "metadata.csv").write_text(
        "file|language|speaker|style|text\nanger.wav|de|03|angry|\nsaid.wav|ug|yusup|neutral|Yaxshimusiz\n"
        "typo.wav|jp|mei|neutral|はい\n",
        encoding="utf-8",
    )
    report = prepare_folder(folder, tmp_path / "out")
    assert [group.name for group in report.languages] == ["de", "ug"]
    assert ["ug" in problem.reason for problem in report.without_text] == [True]
    assert "unknown language 'jp' (models speak en, zh, ja" in report.skipped[0].reason
    cuts = all_cuts(tmp_path / "out")
    assert cuts["anger"].supervisions[0].language == "de"
    assert all(phonemes_of(cut) is None for cut in cuts.values())
