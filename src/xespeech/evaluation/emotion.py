"""Emotion recognition: a classifier is trained on natural recordings and applied to speech of a model.

Its features are pitch, loudness, speaking rate and spectral tilt relative to plain speech of the same voice and
language, so that they depend on neither. The model is tested also in languages and voices that were not recorded with
these emotions.

Shapes: T frames (50/s), M mel channels, D features.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.audio import Audio, read
from xespeech.audio.mel import log_mel
from xespeech.audio.pitch import track_pitch
from xespeech.config import MEL_COMPACT
from xespeech.data.manifest import load_cuts
from xespeech.errors import DataError
from xespeech.evaluation._extra import LinearClassifier
from xespeech.evaluation.report import report_folder, write_tables
from xespeech.evaluation.samples import Sample, choose_natural, evenly, grouped, natural_samples, voices_of
from xespeech.evaluation.summary import Row, Table
from xespeech.model_folder.description import NEUTRAL
from xespeech.progress import Progress, silent, track

FEATURES = (
    *("log-pitch, median", "log-pitch, spread", "log-pitch, highest tenth", "pitch movement"),
    *("loudness, spread", "slope of the spectrum", "colour below 1 kHz", "colour from 1 to 3 kHz", "pace"),
)
INTENSITIES = (0.5, 1.0, 1.5)
"""At which the report tells how emotions move pitch and energy; 1 is as recorded."""
_FEWEST = 8  # recordings of an emotion
_TEXTS_FOR_PLAIN = 8
_TEXTS_FOR_INTENSITY = 4
_MEDIAN, _SPREAD = FEATURES.index("log-pitch, median"), FEATURES.index("log-pitch, spread")


def features(audio: Audio, n_sounds: int) -> np.ndarray:
    """Features of an emotion, float64 [D] in the order of FEATURES.

    Args:
        audio: an utterance with something voiced in it.
        n_sounds: sounds of its text.
    """
    audio = audio.resample(MEL_COMPACT.sample_rate)
    mel = log_mel(audio.samples, MEL_COMPACT)
    pitch = track_pitch(audio.samples, audio.sample_rate, MEL_COMPACT.hop_length)[: len(mel)]
    level = mel.mean(1)
    spoken = level > level.min() + 0.4 * (np.quantile(level, 0.95) - level.min())
    voiced = np.log(pitch[pitch > 0]) if (pitch > 0).sum() >= 5 else np.zeros(5)
    shape = mel[: len(pitch)][spoken[: len(pitch)]].mean(0)
    hertz = np.linspace(0, 1, len(shape))
    low, middle = shape[: len(shape) // 4].mean(), shape[len(shape) // 4 : len(shape) // 2].mean()
    return np.array(
        [
            *(np.median(voiced), voiced.std(), np.quantile(voiced, 0.9) - np.median(voiced)),
            np.abs(np.diff(voiced)).clip(max=0.2).mean(),
            level[spoken].std(),
            np.polyfit(hertz, shape, 1)[0],
            *(low - shape.mean(), middle - shape.mean()),
            np.log(max(n_sounds, 1) / max(spoken.sum(), 1)),
        ]
    )


@dataclass(frozen=True)
class Utterance:
    """An utterance to be judged.

    Attributes:
        group: speaker and language, whose plain speech it is relative to.
        emotion: name.
        features: vector [D], see `features`.
        energy: mean, dB.
    """

    group: tuple[str, ...]
    emotion: str
    features: np.ndarray
    energy: float = 0.0

    @classmethod
    def of(cls, group: tuple[str, ...], emotion: str, audio: Audio, n_sounds: int) -> Utterance:
        """An utterance of audio whose text has so many sounds."""
        energy = 10 * np.log10(np.mean(audio.samples.astype(np.float64) ** 2) + 1e-12)
        return cls(group, emotion, features(audio, n_sounds), float(energy))


def relative(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Emotional utterances relative to the plain ones of their group, in deviations of plain speech.

    Groups without plain speech are left out.
    """
    groups = grouped((u for u in utterances if u.emotion == NEUTRAL), lambda u: u.group)
    if not groups:
        return []
    plain = {group: [u.features for u in of_group] for group, of_group in groups.items()}
    spread = np.sqrt(np.mean([np.var(vectors, axis=0) for vectors in plain.values()], axis=0)) + 1e-6
    return [
        Utterance(u.group, u.emotion, (u.features - np.mean(plain[u.group], axis=0)) / spread)
        for u in utterances
        if u.emotion != NEUTRAL and u.group in plain
    ]


def examine_emotions(
    folders: Sequence[str | Path],
    model: Any,
    out: str | Path,
    *,
    limit: int = 20,
    voices: Sequence[str] = (),
    progress: Progress = silent,
) -> list[Table]:
    """Measure emotions of all voices in all languages with a classifier; write `report.md`.

    Args:
        folders: prepared data folders, with emotional recordings of at least two speakers among them.
        model: an `xespeech.Voice`.
        out: folder for the report; made if missing.
        limit: most texts of a language that a voice speaks in an emotion.
        voices: names; empty for those of the model in the development set.
        progress: of the work.

    Returns:
        The tables of the report.

    Raises:
        DataError: a folder is not prepared, or there are too few emotional recordings.
        UnknownNameError: the model has no such voice.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    known = voices_of(model, voices)
    out = report_folder(out)
    cuts = load_cuts(folders)
    recorded = _natural(cuts, progress)
    taught = relative(recorded)
    if len({u.group for u in taught}) < 2 or len({u.emotion for u in taught}) < 2:
        raise DataError("emotions are judged by two speakers or more who were recorded plainly and in two of them.")
    emotions = sorted({u.emotion for u in taught})
    development = choose_natural(load_cuts(folders, "dev"), limit)
    judged = list(voices) or sorted({s.voice for s in development} & set(known))
    said = list(_spoken(model, judged, [NEUTRAL, *emotions], development, limit, progress))
    spoken = relative(said)
    rows: list[Row] = []
    for (speaker, language), utterances in sorted(grouped(taught, lambda u: u.group).items()):
        others = _learn([u for u in taught if u.group != (speaker, language)])
        rows.append(((f"natural, {speaker}", language), _figures(others, utterances, len(emotions))))
    classifier = _learn(taught)
    for language, utterances in sorted(grouped(spoken, lambda u: u.group[1]).items()):
        rows.append((("spoken", language), _figures(classifier, utterances, len(emotions))))
    by_voice = sorted(grouped(spoken, lambda u: u.group).items())
    of_voices = [(group, _figures(classifier, utterances, len(emotions))) for group, utterances in by_voice]
    plain = [u for u in said if u.emotion == NEUTRAL]
    few = min(limit, _TEXTS_FOR_INTENSITY)
    moved = {"recorded": moves(recorded)}
    for intensity in INTENSITIES:
        emotional = _spoken(model, judged, emotions, development, few, progress, intensity)
        moved[f"{intensity:g}"] = moves([*plain, *emotional])
    moves_of: list[Row] = [((emotion, name), found[emotion]) for emotion in emotions for name, found in moved.items()]
    tables = [
        Table("Emotions", ("speech", "language"), rows),
        Table("Voices", ("voice", "language"), of_voices),
        Table("Against plain speech", ("emotion", "intensity"), moves_of),
    ]
    write_tables(out, {"Emotions": ", ".join(emotions), "Voices": ", ".join(judged)}, tables, "emotion")
    return tables


def _natural(cuts: Iterable[Any], progress: Progress) -> list[Utterance]:
    """The natural recordings of speakers that were recorded plainly and with emotions."""
    groups = grouped(natural_samples(cuts), lambda sample: (sample.voice, sample.style))
    emotional = {voice for voice, style in groups if style != NEUTRAL and (voice, NEUTRAL) in groups}
    chosen = [
        sample
        for (voice, _), of_voice in groups.items()
        if voice in emotional and len(of_voice) >= _FEWEST
        for sample in evenly(of_voice, 60)
    ]
    return [
        Utterance.of((s.voice, s.language), s.style, read(s.path), len(s.phones))
        for s in track(chosen, "learning the emotions", progress)
    ]


def _spoken(
    model: Any,
    voices: Sequence[str],
    emotions: Sequence[str],
    texts: Sequence[Sample],
    limit: int,
    progress: Progress,
    intensity: float = 1.0,
) -> Iterable[Utterance]:
    """Speech of all voices in emotions."""
    sentences = (sample for sample in texts if len(sample.phones) > 10)  # a single word has no pitch contour
    by_language = grouped(sentences, lambda sample: sample.language)
    plan = [
        (voice, emotion, sample)
        for voice in voices
        for of_language in by_language.values()
        for emotion in emotions
        for sample in evenly(of_language, max(limit, _TEXTS_FOR_PLAIN) if emotion == NEUTRAL else limit)
    ]
    for voice, emotion, sample in track(plan, "speaking with emotion", progress):
        audio = model.speak(sample.text, voice=voice, language=sample.language, emotion=emotion, intensity=intensity)
        yield Utterance.of((voice, sample.language), emotion, audio, len(sample.phones))


def moves(utterances: Sequence[Utterance]) -> dict[str, dict[str, float]]:
    """By emotion: how far pitch, its spread and energy are from those of plain speech of the same group, on average.

    Semitones and dB. Groups without plain speech are left out.
    """
    groups = grouped(utterances, lambda u: (u.group, u.emotion))
    means = {key: np.mean([_measures(u) for u in of_group], axis=0) for key, of_group in groups.items()}
    steps = grouped(
        (
            (emotion, mean - means[group, NEUTRAL])
            for (group, emotion), mean in means.items()
            if emotion != NEUTRAL and (group, NEUTRAL) in means
        ),
        lambda step: step[0],
    )
    names = "pitch_lift", "pitch_widening", "energy"
    return {
        emotion: dict(zip(names, np.mean([step for _, step in found], axis=0).tolist(), strict=True))
        for emotion, found in steps.items()
    }


def _measures(utterance: Utterance) -> np.ndarray:
    """Median and spread of the pitch in semitones, energy in dB [3]."""
    semitones = 12 / np.log(2) * utterance.features[[_MEDIAN, _SPREAD]]
    return np.array([*semitones, utterance.energy])


def _learn(utterances: Sequence[Utterance]) -> LinearClassifier:
    """A classifier of relative features."""
    features = [utterance.features for utterance in utterances]
    return LinearClassifier(features, [utterance.emotion for utterance in utterances], C=0.3, max_iter=2000)


def _figures(classifier: LinearClassifier, utterances: Sequence[Utterance], n_emotions: int) -> dict[str, float]:
    recognised = classifier.recognised([u.features for u in utterances], [u.emotion for u in utterances])
    return {"count": len(utterances), "chance": 1 / n_emotions, "recognised": recognised}
