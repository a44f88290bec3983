"""Speech of a text of any length into a file: constant memory, and resumable after a kill.

Until the recording is complete, a hidden folder beside it (the journal) holds the finished samples, and of each
passage where it ends and the times of its words.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from xespeech.audio.io import sixteen_bits
from xespeech.audio.writer import open_writer
from xespeech.errors import TextError, UserError
from xespeech.files import parse_json, replacing
from xespeech.inference.options import SpeechOptions
from xespeech.inference.timestamps import Record, record, write_timestamps
from xespeech.inference.voice import Voice
from xespeech.text.lexicon import Lexicon

_BLOCK = 1 << 16  # samples read at once


@dataclass(frozen=True)
class Progress:
    """Progress of a long text.

    Attributes:
        characters: of the sentences that are finished.
        seconds: of speech.
        resumed: whether an earlier run had finished them.
    """

    characters: int
    seconds: float
    resumed: bool = False


def speak_to_file(
    voice: Voice,
    text: str | Iterable[str],
    output: Path,
    options: SpeechOptions,
    timestamps: Path | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> float:
    """Speak a text into a file.

    Args:
        voice: to speak with.
        text: a text, or blocks of it, which are iterated twice.
        output: the recording; its suffix chooses the format.
        options: how it is spoken.
        timestamps: file of word times to write, .json or .srt; None for none.
        report: called after every sentence.

    Returns:
        seconds of speech.

    Raises:
        UserError: as in `Voice.stream`, or a file cannot be written.
    """
    with Journal(output, fingerprint(voice, text, options)) as journal:
        finished = journal.folder / output.name
        with open_writer(finished, voice.sample_rate, synthetic=True) as writer:
            for samples in journal.samples():
                writer.write(samples)
            characters = sum(len(sentence["text"]) for sentence in journal.records())
            if journal.passages:
                report(Progress(characters, journal.length / voice.sample_rate, resumed=True))
            passage = journal.passages
            waiting: list[Record] = []
            for sentence in voice.narrate(text, options, first=journal.passages):
                if sentence.passage != passage:
                    journal.commit(waiting, sentence.passage)
                    passage, waiting = sentence.passage, []
                waiting.append(record(sentence, journal.length / voice.sample_rate))
                writer.write(journal.append(sentence.samples))
                characters += len(sentence.text)
                report(Progress(characters, journal.length / voice.sample_rate))
            journal.commit(waiting, passage + 1)
        if not journal.length:
            raise TextError("the text has nothing that can be spoken: write at least one word.")
        with replacing(output) as place:
            shutil.move(finished, place)  # a link may lead to another disk
        if timestamps is not None:
            write_timestamps(timestamps, journal.records())
        journal.done = True
    return journal.length / voice.sample_rate


def fingerprint(voice: Voice, text: str | Iterable[str], options: SpeechOptions) -> str:
    """Hash of all that the samples depend on: text, model and options."""
    digest = hashlib.sha256()
    for block in (text,) if isinstance(text, str) else text:
        digest.update(block.encode("utf-8", "surrogatepass"))
    digest.update(voice.style(options).tobytes())
    lexicon = options.lexicon
    if lexicon is not None and not isinstance(lexicon, Lexicon):
        lexicon = Lexicon.load(lexicon)
    plain = replace(options, reference=None, emotion_reference=None, lexicon=None)
    digest.update(repr((plain, lexicon and lexicon.entries, voice.identity)).encode())
    return digest.hexdigest()


class Journal:
    """The finished passages of a recording that is not complete yet.

    Args:
        output: the recording.
        key: `fingerprint` of the speech; a journal with another key is dropped.

    Attributes:
        passages: number of complete ones.
        length: samples that have been appended.
        done: whether the recording is complete; the journal is removed then.
    """

    def __init__(self, output: Path, key: str) -> None:
        self.folder = output.with_name(f".{output.name}.progress")
        self._output, self._key = output, key
        self._lock = FileLock(self.folder / ".lock", timeout=0)
        self.passages = self.length = 0
        self.done = False

    def __enter__(self) -> Journal:
        try:
            self.folder.mkdir(exist_ok=True)
            self._lock.acquire()
            for left in self.folder.glob(".*.part.*"):  # of a run that was killed
                left.unlink()
            end = self._read()
            self._log = (self.folder / "passages.jsonl").open("ab")
            self._log.truncate(end)
            self._samples = (self.folder / "samples.s16").open("ab")
            self._samples.truncate(2 * self.length)
            if not end:
                self._log.write(json.dumps({"key": self._key}).encode() + b"\n")
                self._log.flush()
        except Timeout:
            raise UserError(f"{self._output} is being written by another run: wait for it.") from None
        except OSError as error:
            self._lock.release()
            raise UserError(f"{self.folder} cannot be written: {error.strerror}.") from error
        return self

    def __exit__(self, *error: object) -> None:
        self._log.close()
        self._samples.close()
        if self.done or not self.passages:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()

    def _read(self) -> int:
        """Find the complete passages; returns the bytes of the log that are valid."""
        log, samples = self.folder / "passages.jsonl", self.folder / "samples.s16"
        if not log.is_file() or not samples.is_file():
            return 0
        end = 0
        with log.open("rb") as lines:
            for number, line in enumerate(lines):
                try:
                    entry = parse_json(line)
                except ValueError:  # a line that was cut off
                    break
                if number == 0 and entry != {"key": self._key}:
                    return 0
                if number and 2 * entry["length"] > samples.stat().st_size:
                    break
                if number:
                    self.passages, self.length = entry["passages"], entry["length"]
                end += len(line)
        return end

    def append(self, samples: np.ndarray) -> np.ndarray:
        """Append samples; returns them as stored, int16."""
        kept = sixteen_bits(samples)
        self._samples.write(kept.astype("<i2").tobytes())
        self.length += len(kept)
        return kept

    def commit(self, sentences: list[Record], passages: int) -> None:
        """Mark the passages before number `passages` as complete; `sentences` are the new ones."""
        self._samples.flush()
        entry = {"passages": passages, "length": self.length, "sentences": sentences}
        self._log.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._log.flush()
        self.passages = passages

    def samples(self) -> Iterator[np.ndarray]:
        """The stored samples, in blocks, int16."""
        with (self.folder / "samples.s16").open("rb") as file:
            left = self.length
            while left:
                block = np.frombuffer(file.read(2 * min(left, _BLOCK)), "<i2").astype(np.int16)
                left -= len(block)
                yield block

    def records(self) -> Iterator[Record]:
        """Sentences of complete passages."""
        with (self.folder / "passages.jsonl").open("rb") as lines:
            next(lines)
            for line in lines:
                yield from parse_json(line)["sentences"]
