"""Texts of any length on disk: whole or resumable, in any format, with the timestamps beside them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import xespeech
from xespeech.audio import read
from xespeech.errors import TextError, UserError
from xespeech.inference import SpeechOptions
from xespeech.inference.long_form import Journal, speak_to_file

TEXT = "One of them. Two.\n\nThree costs $5.\n\nFour, at last."


@pytest.fixture(scope="module")
def voice(tiny_voice: Path) -> xespeech.Voice:
    """The tiny model."""
    return xespeech.load(tiny_voice)


def leftovers(folder: Path) -> list[str]:
    """Hidden files and folders."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".opus", ".mp3"])
def test_the_file_is_what_speak_says(voice: xespeech.Voice, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"book{suffix}"
    seconds = speak_to_file(voice, TEXT, output, SpeechOptions(seed=2))
    spoken = voice.speak(TEXT, seed=2)
    written = read(output)
    assert written.synthetic
    assert seconds == pytest.approx(spoken.duration)
    assert written.duration == pytest.approx(spoken.duration, abs=0.1)
    if suffix in (".wav", ".flac"):
        np.testing.assert_allclose(written.samples, spoken.samples, atol=1.01 / 32767)
    assert not leftovers(tmp_path)


def test_timestamps(voice: xespeech.Voice, tmp_path: Path) -> None:
    for suffix in (".json", ".srt"):
        speak_to_file(voice, TEXT, tmp_path / "book.wav", SpeechOptions(), tmp_path / f"book{suffix}")
    sentences = json.loads((tmp_path / "book.json").read_text("utf-8"))["sentences"]
    assert [own["text"] for own in sentences] == ["One of them.", "Two.", "Three costs $5.", "Four, at last."]
    words = [word for own in sentences for word in own["words"]]
    assert [word["word"] for word in words] == [
        "One",
        "of",
        "them",
        "Two",
        "Three",
        "costs",
        "$5",
        "Four",
        "at",
        "last",
    ]
    times = [word[moment] for word in words for moment in ("start", "end")]
    assert times == sorted(times)
    assert sentences[-1]["end"] == pytest.approx(read(tmp_path / "book.wav").duration, abs=1e-3)
    assert [phone["phone"] for phone in words[6]["phones"]] == ["f", "ˈa", "ɪ", "v", "d", "ˈɑ", "l", "ɚ", "z"]
    subtitles = (tmp_path / "book.srt").read_text("utf-8")
    cues = re.findall(r"(\d+)\n(\S+) --> (\S+)\n(.+)\n\n", subtitles)
    assert [(int(number), text) for number, _, _, text in cues] == list(
        enumerate((own["text"] for own in sentences), 1)
    )
    assert cues[0][1] == f"00:00:00,{round(1000 * words[0]['start']):03d}"


def test_long_sentences_are_several_subtitles(voice: xespeech.Voice, tmp_path: Path) -> None:
    text = (
        "This is a sentence that goes on and on, for it has a great many words, and none of them wants to be the last."
    )
    for words in (text, "今天天气真好我们一起去公园散步然后回家吃饭看电视聊天喝茶睡觉明天再见朋友们都很高兴很开心。"):
        speak_to_file(voice, words, tmp_path / "a.wav", SpeechOptions(), tmp_path / "a.srt")
        cues = (tmp_path / "a.srt").read_text("utf-8").split("\n\n")[:-1]
        assert len(cues) == 2
        assert "".join(cue.split("\n")[2] for cue in cues).replace(" ", "") == words.replace(" ", "")


def test_a_killed_run_goes_on_where_it_stopped(voice: xespeech.Voice, tiny_voice: Path, tmp_path: Path) -> None:
    output, whole = tmp_path / "book.flac", tmp_path / "whole.flac"
    speak_to_file(voice, TEXT, whole, SpeechOptions(), tmp_path / "whole.json")
    program = f"""
import os, signal, xespeech
from pathlib import Path
from xespeech.inference.long_form import speak_to_file
told = []
def report(progress):
    told.append(progress)
    if len(told) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
voice = xespeech.load({str(tiny_voice)!r})
speak_to_file(voice, {TEXT!r}, Path({str(output)!r}), xespeech.SpeechOptions(), None, report)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert not output.exists()
    assert leftovers(tmp_path) == [".book.flac.progress"]
    told = []
    speak_to_file(voice, TEXT, output, SpeechOptions(), tmp_path / "book.json", told.append)
    assert told[0].resumed  # the first two passages
    assert len(told) == 2
    assert output.read_bytes() == whole.read_bytes()
    assert (tmp_path / "book.json").read_text("utf-8") == (tmp_path / "whole.json").read_text("utf-8")
    assert not leftovers(tmp_path)


def test_nothing_is_kept_of_another_text(voice: xespeech.Voice, tmp_path: Path) -> None:
    def stop(progress) -> None:
        if progress.characters > 20:
            raise KeyboardInterrupt

    output = tmp_path / "book.wav"
    with pytest.raises(KeyboardInterrupt):
        speak_to_file(voice, TEXT, output, SpeechOptions(), None, stop)
    assert leftovers(tmp_path) == [".book.wav.progress"]
    told = []
    speak_to_file(voice, TEXT, output, SpeechOptions(speed=2), None, told.append)
    assert not any(progress.resumed for progress in told)
    with pytest.raises(KeyboardInterrupt):  # in the first paragraph: there is nothing to keep
        speak_to_file(voice, "One of them. Two words and more.", output, SpeechOptions(), None, stop)
    assert not leftovers(tmp_path)
    assert output.exists()


def test_a_log_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    output = tmp_path / "a.wav"
    with Journal(output, "key") as journal:
        for passage in range(3):
            journal.append(np.full(100, 0.1 * passage))
            journal.commit([{"text": str(passage)}], passage + 1)
    log = output.with_name(".a.wav.progress") / "passages.jsonl"
    log.write_bytes(log.read_bytes()[:-5])
    with Journal(output, "key") as journal:
        assert (journal.passages, journal.length) == (2, 200)
        assert [own["text"] for own in journal.records()] == ["0", "1"]
        assert len(np.concatenate(list(journal.samples()))) == 200


def test_mistakes_leave_nothing(voice: xespeech.Voice, tmp_path: Path) -> None:
    for text, kind in (("...", TextError), (iter(["... ", "…"]), TextError), ("One.\n\nЖ", TextError)):
        with pytest.raises(kind):
            speak_to_file(voice, text, tmp_path / "a.wav", SpeechOptions())
    with pytest.raises(UserError, match="cannot be written"):
        speak_to_file(voice, TEXT, tmp_path / "nowhere" / "a.wav", SpeechOptions())
    assert not list(tmp_path.iterdir())


def test_two_runs_do_not_write_one_recording_at_once(voice: xespeech.Voice, tmp_path: Path) -> None:
    options = xespeech.SpeechOptions()
    with Journal(tmp_path / "out.wav", "key"), pytest.raises(UserError, match="being written by another run"):
        speak_to_file(voice, "Hello.", tmp_path / "out.wav", options)
    assert speak_to_file(voice, "Hello.", tmp_path / "out.wav", options) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.wav"]
