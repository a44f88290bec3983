"""All measures of all samples, in one process, several, or on a cluster.

Shapes: E embedding channels.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from xespeech.audio import Audio, read
from xespeech.audio.pitch import pitch_statistics
from xespeech.content.listening import WhisperRecognizer
from xespeech.data.cluster import map_on_ray
from xespeech.errors import DataError
from xespeech.evaluation.distortion import mel_cepstral_distortion
from xespeech.evaluation.intelligibility import (
    Errors,
    WordRecognizer,
    content_units,
    count_errors,
    english_words,
    is_judged_by_whisper,
    is_judged_by_words,
    phone_errors,
    plain_phones,
    tones,
)
from xespeech.evaluation.judges import Judges
from xespeech.evaluation.naturalness import NaturalnessJudge
from xespeech.evaluation.quality import QualityJudge
from xespeech.evaluation.samples import Sample
from xespeech.evaluation.speaker import SpeakerEncoder, similarity
from xespeech.files import read_text
from xespeech.processes import Workers, process_pool
from xespeech.text import detect_language, phonemize

if TYPE_CHECKING:
    from xespeech.content.recognizer import PhoneRecognizer


@dataclass(frozen=True)
class Scores:
    """Measures of one sample; None where one does not apply.

    Attributes:
        duration: seconds.
        content, content_heard: errors of words, characters or phones by the language, and the text by Whisper.
        words, heard: word errors, and the words by pocketsphinx.
        phones, tones: phone errors, Mandarin tone errors.
        naturalness: DistillMOS, 1 to 5.
        similarity: to the voice it should have.
        copy_similarity: of a copy, to the recording.
        source_similarity: of a conversion, to the original voice.
        overall, signal, background: DNSMOS, 1 to 5.
        pitch_median: Hz.
        pitch_spread: semitones.
        distortion: dB from the natural recording of the same voice and text.
        duration_ratio: duration over that of the natural recording of the same text.
    """

    duration: float
    overall: float
    signal: float
    background: float
    content: Errors | None = None
    content_heard: str | None = None
    naturalness: float | None = None
    words: Errors | None = None
    heard: str | None = None
    phones: Errors | None = None
    tones: Errors | None = None
    similarity: float | None = None
    copy_similarity: float | None = None
    source_similarity: float | None = None
    pitch_median: float | None = None
    pitch_spread: float | None = None
    distortion: float | None = None
    duration_ratio: float | None = None


class Scorer:
    """Measures samples; each recogniser is loaded when it is first needed, once.

    Args:
        voices: embedding [E] of each voice, from `SpeakerEncoder.embed_voice`; other voices get no similarity.
        judges: optional judges.
    """

    _quality = cached_property(lambda self: QualityJudge())
    _speakers = cached_property(lambda self: SpeakerEncoder())
    _word_recognizer = cached_property(lambda self: WordRecognizer())

    def __init__(self, voices: Mapping[str, np.ndarray] | None = None, judges: Judges | None = None) -> None:
        self._voices = dict(voices or {})
        self._judges = judges or Judges()

    @cached_property
    def _phone_recognizer(self) -> PhoneRecognizer | None:
        if self._judges.recognizer is None:
            return None
        from xespeech.content.recognizer import PhoneRecognizer

        return PhoneRecognizer(self._judges.recognizer)

    @cached_property
    def _whisper(self) -> WhisperRecognizer | None:
        return None if self._judges.whisper is None else WhisperRecognizer(self._judges.whisper)

    @cached_property
    def _naturalness(self) -> NaturalnessJudge | None:
        return NaturalnessJudge() if self._judges.naturalness else None

    def score(self, sample: Sample, natural: Sample | None = None) -> Scores:
        """All measures of a sample that apply.

        Args:
            sample: to measure.
            natural: the natural recording of the same text, if there is one.

        Raises:
            AudioError: the recording cannot be used.
            UserError: a library of the `evaluate` extra is missing.
        """
        audio = read(sample.path)
        pitch = pitch_statistics(audio)
        words, heard = self._word_errors(sample, audio)
        recognizer = self._phone_recognizer
        phones = phone_errors(audio, sample.phones, recognizer) if sample.phones and recognizer else None
        of_tones = count_errors(sample.tones, recognizer.tones(audio)) if sample.tones and recognizer else None
        reference = None if natural is None else read(natural.path)
        to_voice, to_recording, to_source = self._similarities(sample, audio, reference)
        content, content_heard = self._content_errors(sample, audio)
        same_voice = natural is not None and natural.voice == sample.voice
        return Scores(
            duration=audio.duration,
            **self._quality.judge(audio)._asdict(),
            content=content,
            content_heard=content_heard,
            naturalness=None if self._naturalness is None else self._naturalness.judge(audio),
            words=words,
            heard=heard,
            phones=phones,
            tones=of_tones,
            similarity=to_voice,
            copy_similarity=to_recording,
            source_similarity=to_source,
            pitch_median=None if pitch is None else pitch.median,
            pitch_spread=None if pitch is None else pitch.spread,
            distortion=mel_cepstral_distortion(audio, reference) if reference is not None and same_voice else None,
            duration_ratio=None if reference is None else audio.duration / reference.duration,
        )

    def _word_errors(self, sample: Sample, audio: Audio) -> tuple[Errors | None, str | None]:
        if not is_judged_by_words(sample.text, sample.language):
            return None, None
        heard = self._word_recognizer.transcribe(audio)
        return count_errors(english_words(sample.text), heard), " ".join(heard)

    def _content_errors(self, sample: Sample, audio: Audio) -> tuple[Errors | None, str | None]:
        if self._whisper is None or not is_judged_by_whisper(sample.text, sample.language):
            return None, None
        heard = self._whisper.transcribe(audio, sample.language)
        if sample.language == "ja" and sample.phones:  # a recording may differ from its text
            expected = plain_phones(sample.phones)
        else:
            expected = content_units(sample.text, sample.language)
        return count_errors(expected, content_units(heard, sample.language)), heard

    def _similarities(
        self, sample: Sample, audio: Audio, reference: Audio | None
    ) -> tuple[float | None, float | None, float | None]:
        """Similarities to the voice, of a copy to the recording, and of a conversion to its source."""
        voice, source = self._voices.get(sample.voice), self._voices.get(sample.source or "")
        is_copy = sample.condition.startswith("copy") and reference is not None
        if voice is None and source is None and not is_copy:
            return None, None, None
        embedding = self._speakers.embed(audio)
        return (
            None if voice is None else similarity(embedding, voice),
            similarity(embedding, self._speakers.embed(reference)) if is_copy and reference is not None else None,
            None if source is None else similarity(embedding, source),
        )


_scorer: Scorer  # of a worker process
_run = ""  # that it belongs to: Ray copies the scorer for every sample


def _start_worker(scorer: Scorer) -> None:
    global _scorer
    import torch

    torch.set_num_threads(1)
    _scorer = scorer


def _score(work: tuple[Sample, Sample | None]) -> Scores:
    return _scorer.score(*work)


def _score_one(run: str, scorer: Scorer, item: tuple[int, tuple[Sample, Sample | None]]) -> tuple[int, Scores]:
    global _run
    if run != _run:
        _start_worker(scorer)
        _run = run
    number, work = item
    return number, _score(work)


def _in_order(numbered: Iterator[tuple[int, Scores]]) -> Iterator[Scores]:
    """Scores 0, 1, ... as soon as all before them are there."""
    waiting: dict[int, Scores] = {}
    number = 0
    for found, scores in numbered:
        waiting[found] = scores
        while number in waiting:
            yield waiting.pop(number)
            number += 1


def score_all(samples: Sequence[Sample], scorer: Scorer, workers: Workers = Workers()) -> Iterator[Scores]:
    """Scores of the samples in their order.

    Args:
        samples: to measure, including the natural recordings of others.
        scorer: it is copied to each other process before anything is loaded.
        workers: processes, or a Ray cluster whose machines see the recordings and the judges' folders.
    """
    by_id = {sample.id: sample for sample in samples}
    work = [(sample, by_id.get(sample.natural or "")) for sample in samples]
    if workers.ray is not None:
        yield from _in_order(map_on_ray(list(enumerate(work)), partial(_score_one, uuid4().hex, scorer), workers.ray))
        return
    if workers.jobs == 1:
        yield from (scorer.score(*item) for item in work)
        return
    with process_pool(workers.jobs, _start_worker, scorer) as pool:
        yield from pool.map(_score, work)


def score_folder(
    folder: str | Path,
    texts: Mapping[str, str] | None = None,
    judges: Judges | None = None,
) -> list[tuple[Sample, Scores]]:
    """Measure a folder of recordings.

    Args:
        folder: recordings (wav, flac, ogg, opus, mp3) with texts in `metadata.csv` (file|language|speaker|style|text)
            or in a .txt file beside each; recordings without text have fewer measures.
        texts: by file name, instead of those files; the language is detected.
        judges: optional judges.

    Returns:
        Samples and their scores by file name; `summary.figures` gives their means.

    Raises:
        DataError: no such folder, or no recordings in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".wav", ".flac", ".ogg", ".opus", ".mp3"})
    if not paths:
        raise DataError(f"{folder} holds no recordings (wav, flac, ogg, opus or mp3).")
    about = _metadata(folder) if texts is None else {name: {"text": text} for name, text in texts.items()}
    judges, samples = judges or Judges(), [_sample(path, folder, about) for path in paths]
    return list(zip(samples, score_all(samples, Scorer(judges=judges), judges.workers), strict=True))


def _metadata(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / "metadata.csv"
    if not path.exists():
        return {}
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""), delimiter="|", quoting=csv.QUOTE_NONE)
    if not {"file", "text"} <= set(rows.fieldnames or ()):
        raise DataError(f"{path} must have a first line that names the columns file and text, separated by |.")
    return {row["file"]: row for row in rows}


def _sample(path: Path, folder: Path, about: Mapping[str, Mapping[str, str]]) -> Sample:
    name = path.relative_to(folder).as_posix()
    row = about.get(name, {})
    beside = path.with_suffix(".txt")
    text = row.get("text") or (read_text(beside).strip() if not about and beside.exists() else "")
    language = row.get("language") or (detect_language(text) if text else "")
    phonemes = phonemize(text, language) if text else None
    return Sample(
        id=name,
        condition="natural",
        language=language,
        text=text,
        phones=phonemes.sounds if phonemes else (),
        tones=tones(phonemes) if phonemes else (),
        voice=row.get("speaker") or "",
        style=row.get("style") or "neutral",
        path=path,
    )
