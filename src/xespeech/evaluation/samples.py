"""Samples: natural recordings of the development set, and the same texts spoken and converted by a model."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from xespeech.audio import Audio
from xespeech.data.manifest import utterance_of
from xespeech.errors import DataError, UnknownNameError, UserError
from xespeech.evaluation.intelligibility import count_errors, tones
from xespeech.progress import Progress, silent, track
from xespeech.text import phonemize

Condition = Literal["natural", "copy-vocoder", "copy-latent", "tts", "tts-cross", "vc"]
CONDITIONS: dict[Condition, str] = {
    "natural": "natural",
    "copy-vocoder": "copy: vocoder",
    "copy-latent": "copy: latent",
    "tts": "own language",
    "tts-cross": "other language",
    "vc": "conversion",
}
_FEWEST_TEXTS = 5  # speakers with fewer texts in the set are left out unless they are given by name
_REFERENCES = 16  # recordings of a speaker
_OTHERWISE_READ = 0.25  # part of the phones that may differ between the recording and the front end
_ITEM = TypeVar("_ITEM")
_KEY = TypeVar("_KEY")


@dataclass(frozen=True)
class Sample:
    """One recording to be measured.

    Attributes:
        id: unique; also the stem of its file.
        condition: how it was made.
        language, text: of its speech.
        phones, tones: the text's sounds without pauses, and its Mandarin tones; empty if unknown.
        voice: that it should have.
        style: emotion or manner.
        path: the recording.
        natural: id of the natural recording of the same text; None for natural recordings.
        source: of a conversion, the original speaker.
        seconds: of synthesis; None for natural recordings.
    """

    id: str
    condition: Condition
    language: str
    text: str
    voice: str
    path: Path
    phones: tuple[str, ...] = ()
    tones: tuple[str, ...] = ()
    style: str = "neutral"
    natural: str | None = None
    source: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Failure:
    """A sample that the model refused to make, and the error."""

    id: str
    text: str
    reason: str


def timed(make: Callable[[], Audio]) -> tuple[Audio, float]:
    """Result of `make`, and its seconds."""
    started = time.perf_counter()
    audio = make()
    return audio, time.perf_counter() - started


def evenly(items: Sequence[_ITEM], count: int) -> list[_ITEM]:
    """At most `count` items at even distances, always the same ones."""
    if len(items) <= count:
        return list(items)
    return [items[int(index)] for index in (np.arange(count) + 0.5) * len(items) / count]


def grouped(items: Iterable[_ITEM], key: Callable[[_ITEM], _KEY]) -> dict[_KEY, list[_ITEM]]:
    """Items by key, in order."""
    groups: dict[_KEY, list[_ITEM]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


def choose_natural(cuts: Iterable[Any], limit: int, speakers: Sequence[str] = ()) -> list[Sample]:
    """Recordings with text, evenly over speakers and, within a speaker, over styles; each text once per speaker.

    Texts whose reading by the front end differs from the recording (a Japanese word with two readings) are left out:
    they would count as errors of the voice.

    Args:
        cuts: lhotse cuts of prepared folders.
        limit: most recordings of a speaker.
        speakers: names; empty for all with at least five texts (or all, if none has so many).

    Raises:
        DataError: no recording has a text.
        UnknownNameError: a speaker of that name has no recording with text.
    """
    by_speaker: dict[str, dict[str, Sample]] = defaultdict(dict)
    for sample in natural_samples(cuts):
        by_speaker[sample.voice].setdefault(sample.text, sample)
    if not by_speaker:
        raise DataError("no recording of this set has a text: evaluate data that was prepared with texts.")
    for speaker in speakers:
        UnknownNameError.check("speaker of this set", speaker, by_speaker)
    chosen = speakers or [name for name, texts in by_speaker.items() if len(texts) >= _FEWEST_TEXTS] or by_speaker
    natural: list[Sample] = []
    for speaker in sorted(chosen):
        readable = (sample for sample in by_speaker[speaker].values() if _is_read_as_recorded(sample))
        natural += evenly(sorted(readable, key=lambda sample: (sample.style, sample.id)), limit)
    return natural


def natural_samples(cuts: Iterable[Any]) -> Iterator[Sample]:
    """Every recording with text, by id."""
    for cut in sorted(cuts, key=lambda cut: cut.id):
        sample = natural_sample(cut)
        if sample.phones:
            yield sample


def natural_sample(cut: Any) -> Sample:
    """The sample of a recording, with or without text."""
    about = utterance_of(cut)
    return Sample(
        id=f"natural-{about.id}",
        condition="natural",
        language=about.language,
        text=about.text,
        phones=about.phonemes.sounds if about.phonemes else (),
        tones=tones(about.phonemes) if about.phonemes else (),
        voice=about.speaker,
        style=about.style,
        path=Path(cut.recording.sources[0].source),
    )


def _is_read_as_recorded(sample: Sample) -> bool:
    try:
        read = phonemize(sample.text, sample.language).sounds
    except UserError:
        return False
    return count_errors(sample.phones, read).rate <= _OTHERWISE_READ


def choose_references(cuts: Iterable[Any], speakers: Iterable[str]) -> dict[str, list[Path]]:
    """Reference recordings of each speaker, evenly over styles; speakers without any are missing."""
    wanted = set(speakers)
    found = [natural_sample(cut) for cut in cuts if cut.supervisions[0].speaker in wanted]
    return {
        name: [sample.path for sample in evenly(sorted(samples, key=lambda s: (s.style, s.id)), _REFERENCES)]
        for name, samples in grouped(found, lambda sample: sample.voice).items()
    }


def voices_of(model: Any, wanted: Iterable[str] = ()) -> dict[str, Any]:
    """Descriptions of a model's voices by name.

    Raises:
        UnknownNameError: it lacks a wanted one.
    """
    known = {info.name: info for info in model.voices}
    for name in wanted:
        UnknownNameError.check("voice", name, known)
    return known


class Synthesis:
    """Speaks and converts the texts of natural recordings with a model.

    Args:
        model: an `xespeech.Voice` or similar.
        voices: names.
        folder: of the recordings; made if missing.
    """

    def __init__(self, model: Any, voices: Sequence[str], folder: Path) -> None:
        self._model, self._voices, self._folder = model, list(voices), folder
        known = voices_of(model, voices)
        self._emotions: Mapping[str, Sequence[str]] = {name: info.emotions for name, info in known.items()}
        self._warm: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def run(
        self, natural: Sequence[Sample], limit: int, cross_lingual: bool, progress: Progress = silent
    ) -> Iterator[Sample | Failure]:
        """Speak each text in its speaker's voice and convert each recording to another voice, each voice in turn.

        Errors of the model give a `Failure` and do not stop it.

        Args:
            natural: recordings with text.
            limit: most texts that a voice speaks of each other language.
            cross_lingual: whether it speaks any.
            progress: of the work.
        """
        plan = list(self._plan(natural, limit, cross_lingual))
        for condition, voice, origin in track(plan, "speaking and converting", progress):
            id = f"{condition}-{voice}-{origin.id.removeprefix('natural-')}"
            try:
                audio, seconds = self._make(condition, voice, origin)
            except UserError as error:
                yield Failure(id, origin.text, str(error))
                continue
            path = audio.save(self._folder / f"{id}.wav")
            source = origin.voice if condition == "vc" else None
            made = replace(origin, id=id, condition=condition, path=path, natural=origin.id, seconds=seconds)
            yield replace(made, voice=voice, source=source)

    def _plan(
        self, natural: Sequence[Sample], limit: int, cross_lingual: bool
    ) -> Iterator[tuple[Condition, str, Sample]]:
        yield from (("tts", origin.voice, origin) for origin in natural if origin.voice in self._voices)
        languages = {sample.voice: sample.language for sample in natural}
        for voice in self._voices if cross_lingual else ():
            for language, samples in grouped(natural, lambda sample: sample.language).items():
                if languages.get(voice) != language:
                    yield from (("tts-cross", voice, sample) for sample in evenly(samples, limit))
        for index, sample in enumerate(natural):
            targets = [voice for voice in self._voices if voice != sample.voice]
            if targets:
                yield "vc", targets[index % len(targets)], sample

    def _make(self, condition: Condition, voice: str, origin: Sample) -> tuple[Audio, float]:
        def make() -> Audio:
            if condition == "vc":
                return self._model.convert(origin.path, voice=voice)
            emotion = origin.style if origin.style in self._emotions[voice] else None
            return self._model.speak(origin.text, voice=voice, language=origin.language, emotion=emotion)

        kind = "vc" if condition == "vc" else origin.language
        if kind not in self._warm:  # the first one loads dictionaries and graphs, which is not part of the speed
            make()
            self._warm.add(kind)
        return timed(make)
