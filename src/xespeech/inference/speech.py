"""Synthesis of a sentence: its durations first, then its waveform.

Shapes: N symbols, T frames (50/s), Z latent channels, C hidden channels, G style channels, S samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import LONGEST_SYMBOL, ModelConfig
from xespeech.inference.engine import ContentOutput, Engine, TextOutput
from xespeech.inference.level import Limiter, change_volume, soften_edges
from xespeech.inference.options import SpeechOptions
from xespeech.inference.sound import SoundStream, predicted_hertz, shift_pitch
from xespeech.text import Phonemes
from xespeech.text.prosody import NATURAL, Prosody
from xespeech.text.symbols import N_PAUSES

MOST_FRAMES = 1024
"""Frames (20 s) that are computed at once: bounds memory."""
SOON = 40
"""Frames of the first piece of a stream: enough to be sure of its first quarter of a second."""

_HEARD = 150  # frames (3 s) at the beginning of a sentence whose median pitch is taken for that of the whole


class Reach(NamedTuple):
    """Receptive fields, frames: of the content to either side; of the sound to the past (behind) and future (ahead)."""

    content: int
    behind: int
    ahead: int


@lru_cache
def reach_of(config: ModelConfig) -> Reach:
    """Receptive fields of a model: kernels have 5 frames in flows and mel decoder, 9 in pitch predictors."""
    flow = 2 * config.couplings * config.coupling_layers
    vocoder = config.vocoder
    field = (vocoder.kernel_size - 1) * (vocoder.n_layers + 1)  # rendering frames
    factor = config.frame_factor * vocoder.render_factor
    behind = 4 * config.mel_decoder_layers + -(-4 * config.mel_decoder_fine_layers // config.frame_factor)
    return Reach(
        content=max(flow, 4 * config.predictor_layers),
        behind=flow + behind - config.mel_decoder_lookahead + -(-(field - vocoder.lookahead) // factor) + 1,
        ahead=flow + config.mel_decoder_lookahead + -(-vocoder.lookahead // factor) + 1,
    )


class Plan(NamedTuple):
    """Durations and prosody of a sentence, before its sound is computed.

    Attributes:
        ids: phones, marks and languages, int64 [N]: those of the text and a silence before and after.
        durations: frames of each symbol, int64 [N].
        text: prior and hidden states of each symbol.
        pitch: semitones that each symbol is shifted by, float32 [N].
        volume: decibels that each symbol is louder, float32 [N].
        pitch_range: factor of the log-pitch's distance from its median.
    """

    ids: dict[str, np.ndarray]
    durations: np.ndarray
    text: TextOutput
    pitch: np.ndarray
    volume: np.ndarray
    pitch_range: float


def plan(
    phonemes: Phonemes,
    style: np.ndarray,
    options: SpeechOptions,
    engine: Engine,
    prosody: Sequence[Prosody] = (),
    pitch_range: float = 1.0,
) -> Plan:
    """The plan of a sentence in a style [G].

    Args:
        phonemes: of N - 2 tokens.
        style: [G].
        options: speed, pause and pitch are used.
        engine: of the model.
        prosody: of each token [N - 2]; empty for natural prosody.
        pitch_range: factor of the log-pitch's distance from its median.
    """
    ids = symbol_ids(phonemes)
    prosodies = np.array([NATURAL, *prosody, NATURAL], np.float32)  # [N, 3]
    prosodies = prosodies if prosody else np.repeat(prosodies[:1], len(phonemes) + 2, axis=0)
    text = engine.text(ids["phones"], ids["marks"], ids["languages"], style)
    stretch = np.where(ids["phones"] < N_PAUSES, options.pause, 1.0) / (options.speed * prosodies[:, 0])
    pitch = prosodies[:, 1] + np.float32(options.pitch)
    return Plan(ids, frame_counts(text.log_durations, stretch), text, pitch, prosodies[:, 2], pitch_range)


def symbol_ids(phonemes: Phonemes) -> dict[str, np.ndarray]:
    """Ids int64 [N + 2] named phones, marks and languages, with a silence before and after, as in training."""
    nothing = np.zeros(1, np.int64)
    ids = {name: np.concatenate([nothing, values, nothing]) for name, values in phonemes.ids().items()}
    ids["languages"][[0, -1]] = ids["languages"][[1, -2]]
    return ids


def frame_counts(log_durations: np.ndarray, stretch: np.ndarray | float = 1.0) -> np.ndarray:
    """Frames of each symbol, int64 [N]: at least one, at most LONGEST_SYMBOL before they are stretched.

    Args:
        log_durations: natural log of frames [N].
        stretch: factor of all durations, or of each [N].
    """
    frames = np.minimum(np.exp(np.minimum(log_durations, 10.0)), LONGEST_SYMBOL)
    return np.maximum(np.rint(frames * stretch), 1).astype(np.int64)


def frame_positions(durations: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """Position of each frame within its symbol, 0 to 1, and log of the symbol's frames; float32 [T, 2].

    Args:
        durations: frames of each symbol [N].
        symbols: number of each frame's symbol [T].
    """
    positions = np.empty((len(symbols), 2), np.float32)
    starts = np.cumsum(durations) - durations
    positions[:, 0] = (np.arange(len(symbols)) - starts[symbols] + 0.5) / durations[symbols]
    positions[:, 1] = np.log(durations)[symbols]
    return positions


def stream(
    plan: Plan,
    style: np.ndarray,
    options: SpeechOptions,
    engine: Engine,
    config: ModelConfig,
    generator: np.random.Generator,
    at_once: int = MOST_FRAMES,
) -> Iterator[np.ndarray]:
    """Waveform float32 [S] of a plan in pieces, S = T * config.hop_length in all.

    Every piece is computed from its whole receptive field, so that the samples do not depend on the pieces, but for
    rounding.

    Args:
        plan: of a sentence.
        style: [G].
        options: the noise is used.
        engine, config: of the model.
        generator: of all noise.
        at_once: frames of the first two pieces; each later piece has twice as many, up to MOST_FRAMES.
    """
    symbols = np.repeat(np.arange(len(plan.durations)), plan.durations)
    per_symbol = *plan.text[1:], plan.ids["languages"], plan.pitch, plan.volume
    mean, log_std, hidden, languages, semitones, decibels = (values[symbols] for values in per_symbol)
    n_frames = len(symbols)
    hidden = np.concatenate([hidden, frame_positions(plan.durations, symbols)], axis=1)
    noise = np.float32(options.noise) * generator.standard_normal(mean.shape, dtype=np.float32)
    reach = reach_of(config)

    def contents(start: int, stop: int) -> ContentOutput:
        part = slice(start, stop)
        prior = mean[part], log_std[part], noise[part]
        return engine.text_to_content(*prior, languages[part], hidden[part], style)

    median = 0.0 if plan.pitch_range == 1 else _median_pitch(contents(0, _HEARD))
    sound = SoundStream(style, engine, config, reach.behind, reach.ahead, generator)
    limiter = Limiter()
    factor = config.frame_factor
    semitones = np.repeat(semitones, factor)
    latents, hertz = np.empty_like(mean), np.zeros(factor * n_frames)
    n_known = n_pushed = n_rendered = n_said = 0  # frames, frames, samples, samples
    size = at_once
    while n_pushed < n_frames:
        first, n_known = n_known, min(n_known + size, n_frames)
        start, stop = max(0, first - reach.content), n_known + reach.content
        part = contents(start, stop)
        known = slice(first - start, n_known - start)
        latents[first:n_known] = part.latent[known]
        hertz[factor * first : factor * n_known] = predicted_hertz(part)[factor * known.start : factor * known.stop]
        certain = n_frames
        if n_known < n_frames:  # behind the last voiced frame, the pitch depends on what follows
            certain = (int(np.flatnonzero(hertz[: factor * n_known]).max(initial=-1)) + 1) // factor
        if certain > n_pushed:
            log_pitch, voicing = interpolate_pitch(hertz[: factor * n_known])
            if plan.pitch_range != 1:
                log_pitch = median + np.float32(plan.pitch_range) * (log_pitch - median)
            ready, fine = slice(n_pushed, certain), slice(factor * n_pushed, factor * certain)
            n_pushed = certain
            samples = sound.push(
                latents[ready],
                shift_pitch(log_pitch[fine], semitones[fine]),
                voicing[fine],
                is_last=certain == n_frames,
            )
            samples = change_volume(samples, decibels, config.hop_length, n_rendered)
            n_rendered += len(samples)
            samples = limiter.push(samples, is_last=n_pushed == n_frames)
            if len(samples):
                total = n_frames * config.hop_length
                yield soften_edges(samples, config.mel.sample_rate, n_said, total)
                n_said += len(samples)
        if first > 0:
            size = min(2 * size, MOST_FRAMES)


def _median_pitch(content: ContentOutput) -> float:
    """Median of the predicted log-pitch, natural log of Hz / REFERENCE_PITCH; 0 where nothing is voiced."""
    voiced = content.log_pitch[content.voicing > 0]
    return float(np.median(voiced)) if len(voiced) else 0.0
