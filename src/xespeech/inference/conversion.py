"""Voice conversion of a whole recording: same words, same timing, another style.

The content latent has two sources. The content encoder hears the words without the voice, but mishears some; the
recording's own spectrum, through the spec posterior and the flow under the recording's own style and pitch, has all
words and a rest of the voice. `clarity` is the share of the second.

Shapes: S samples, T frames (50/s), P pitch frames (100/s), M mel channels, D content channels, Z latent channels,
G style channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.audio.pitch import BREATHY, interpolate_pitch, track_pitch
from xespeech.config import MEL_CONTENT, ModelConfig
from xespeech.inference.engine import Engine
from xespeech.inference.options import ConversionOptions
from xespeech.inference.reference import source_style
from xespeech.inference.sound import SoundStream, predicted_hertz, shift_pitch
from xespeech.text import LANGUAGES

_LONGEST_PIECE = 20.0  # seconds converted at once; longer recordings are cut where they are quietest
_SHORTEST_PIECE = 10.0


class _Piece(NamedTuple):
    """A piece of the source: content features [T, D], recognised phones (CTC, in order), tracked pitch in Hz [P]."""

    features: np.ndarray
    phones: list[int]
    pitch: np.ndarray


def convert(
    source: Audio,
    style: np.ndarray,
    engine: Engine,
    config: ModelConfig,
    options: ConversionOptions,
    phone_frequencies: Mapping[str, list[float]],
    generator: np.random.Generator,
) -> np.ndarray:
    """Waveform [S] of a source in a style.

    Args:
        source: at the model's rate.
        style: [G].
        engine, config: of the model.
        options: prosody, clarity, language and pitch are used.
        phone_frequencies: of each language, for language identification.
        generator: of all noise.
    """
    n_frames = -(-len(source.samples) // config.hop_length)
    samples = np.pad(source.samples, (0, n_frames * config.hop_length - len(source.samples)))
    shortest, longest = (round(seconds * source.sample_rate) for seconds in (_SHORTEST_PIECE, _LONGEST_PIECE))
    parts = cut_at_quiet(samples, config.hop_length, shortest, longest)
    pieces = [_analyse(part, engine, config) for part in parts]
    language = options.language
    if language is None:
        counts = np.bincount([phone for piece in pieces for phone in piece.phones], minlength=1)
        language = detect_language(counts, phone_frequencies)
    identity = LANGUAGES.index(language)
    contents = [
        engine.recording_to_content(piece.features, np.full(len(piece.features), identity, np.int64), style)
        for piece in pieces
    ]
    pitches = [interpolate_pitch(predicted_hertz(content)) for content in contents]
    log_pitch, voiced = interpolate_pitch(np.concatenate([piece.pitch for piece in pieces]))
    ends = np.cumsum([len(piece.pitch) for piece in pieces])[:-1]
    tracked = list(zip(np.split(log_pitch, ends), np.split(voiced, ends), strict=True))
    latents = [content.latent for content in contents]
    if options.clarity:
        spectra = _spectrum_latents(parts, tracked, engine, config)
        latents = [mixed(*both, options.clarity) for both in zip(latents, spectra, strict=True)]
    if options.prosody == "source" and voiced.any():
        predicted = np.concatenate([log_pitch for log_pitch, _ in pitches])
        lift = np.float32(np.median(predicted[voiced > 0]) - np.median(log_pitch[voiced > 0]))
        pitches = [(log_pitch + lift, voicing) for log_pitch, voicing in tracked]
    sounds = []
    for latent, (log_pitch, voicing) in zip(latents, pitches, strict=True):
        sound = SoundStream(style, engine, config, 0, 0, generator)
        sounds.append(sound.push(latent, shift_pitch(log_pitch, options.pitch), voicing, is_last=True))
    return np.concatenate(sounds)[: len(source.samples)]


def mixed(latent: np.ndarray, spectrum: np.ndarray, clarity: float) -> np.ndarray:
    """Content latents [T, Z] of the encoder, moved towards those of the spectrum: 0 not at all, 1 all the way."""
    return latent + np.float32(clarity) * (spectrum - latent)


def _spectrum_latents(
    parts: Sequence[np.ndarray], pitches: Sequence[tuple[np.ndarray, np.ndarray]], engine: Engine, config: ModelConfig
) -> Iterator[np.ndarray]:
    """Content latents [T, Z] of a source's own spectrum, under its own style.

    Args:
        parts: of the source, whole frames [S].
        pitches: log-pitch and voicing of each [P].
        engine, config: of the model.
    """
    mels = [log_mel(part, config.mel) for part in parts]
    style = source_style(np.concatenate(mels), np.concatenate([voicing for _, voicing in pitches]), engine)
    return (engine.spectrum_to_content(mel, style, *pitch) for mel, pitch in zip(mels, pitches, strict=True))


def _analyse(samples: np.ndarray, engine: Engine, config: ModelConfig) -> _Piece:
    n_frames = len(samples) // config.hop_length
    features, phones = _recognise(samples, engine, config)
    features = np.pad(features, ((0, max(0, n_frames - len(features))), (0, 0)), mode="edge")[:n_frames]
    hertz = track_pitch(samples, config.mel.sample_rate, config.mel.hop_length, threshold=BREATHY)
    return _Piece(features, phones, hertz)


def recognise_phones(samples: np.ndarray, engine: Engine, config: ModelConfig) -> list[int]:
    """Phones in the first 20 s of a recording [S], for language identification."""
    return _recognise(samples[: round(_LONGEST_PIECE * config.mel.sample_rate)], engine, config)[1]


def _recognise(samples: np.ndarray, engine: Engine, config: ModelConfig) -> tuple[np.ndarray, list[int]]:
    """Content features [T, D] and phones (CTC, in order) of a recording [S]."""
    mel = log_mel(Audio(samples, config.mel.sample_rate).resample(MEL_CONTENT.sample_rate).samples, MEL_CONTENT)
    features, phone_log_probs = engine.content(mel)
    best = phone_log_probs.argmax(axis=1)
    return features, best[(best > 0) & np.concatenate([[True], best[1:] != best[:-1]])].tolist()


def cut_at_quiet(samples: np.ndarray, hop: int, shortest: int, longest: int) -> list[np.ndarray]:
    """Pieces of whole frames, cut at the quietest frame between the shortest and the longest length.

    Args:
        samples: of whole frames [S].
        hop: samples of a frame.
        shortest, longest: samples of a piece; the last one may be shorter.
    """
    shortest, longest = round(shortest / hop), round(longest / hop)
    levels = np.sqrt(np.mean(samples.reshape(-1, hop) ** 2, axis=1))
    smooth = np.convolve(levels, np.ones(9) / 9, mode="same")
    cuts = [0]
    while len(levels) - cuts[-1] > longest:
        first = cuts[-1] + shortest
        cuts.append(first + int(smooth[first : cuts[-1] + longest].argmin()))
    return [samples[start * hop : stop * hop] for start, stop in zip(cuts, [*cuts[1:], len(levels)], strict=True)]


def detect_language(counts: np.ndarray, frequencies: Mapping[str, list[float]]) -> str:
    """Most likely language of recognised phones (naive Bayes); the first of LANGUAGES without frequencies.

    Args:
        counts: of each phone, by its id; missing ones count 0.
        frequencies: of each phone in each language.
    """
    scores = {
        language: float(np.sum(counts * np.log(np.maximum(shares, 1e-4))[: len(counts)]))
        for language, shares in frequencies.items()
    }
    return max(scores, key=lambda language: scores[language]) if scores else LANGUAGES[0]
