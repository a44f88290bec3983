"""A sentence becomes a waveform: first what is said when, then its sound.

Shapes: N symbols, T frames (50/s), Z latent channels, C hidden channels, G style channels, S samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xespeech.config import MelConfig
from xespeech.inference import frames
from xespeech.inference.engine import Engine, TextOutput
from xespeech.inference.options import SpeechOptions
from xespeech.inference.sound import change_volume, make_sound, predicted_pitch
from xespeech.text import Phonemes
from xespeech.text.prosody import NATURAL, Prosody
from xespeech.text.symbols import N_PAUSES


class Plan(NamedTuple):
    """What is said when.

    Attributes:
        ids: phones, marks and languages, int64 [N]: those of the text and a silence before and after.
        durations: frames of each symbol, int64 [N].
        text: prior and hidden states of each symbol.
        pitch: semitones that each symbol is shifted by, float32 [N].
        volume: decibels that each symbol is louder, float32 [N].
    """

    ids: dict[str, np.ndarray]
    durations: np.ndarray
    text: TextOutput
    pitch: np.ndarray
    volume: np.ndarray


def plan(
    phonemes: Phonemes,
    style: np.ndarray,
    options: SpeechOptions,
    engine: Engine,
    prosody: Sequence[Prosody] = (),
) -> Plan:
    """How long each sound and pause of a sentence lasts in a style [G].

    Args:
        phonemes: of N - 2 tokens.
        style: [G].
        options: of which speed, pause and pitch matter here.
        engine: of the model.
        prosody: of each token [N - 2]; empty where all of it is natural.
    """
    ids = frames.symbol_ids(phonemes)
    own = np.array([NATURAL, *(prosody or [NATURAL] * len(phonemes)), NATURAL], np.float32)  # [N, 3]
    text = engine.text(ids["phones"], ids["marks"], ids["languages"], style)
    stretch = np.where(ids["phones"] < N_PAUSES, options.pause, 1.0) / (options.speed * own[:, 0])
    pitch = own[:, 1] + np.float32(options.pitch)
    return Plan(ids, frames.frame_counts(text.log_durations, stretch), text, pitch, own[:, 2])


def sound(
    plan: Plan,
    style: np.ndarray,
    options: SpeechOptions,
    engine: Engine,
    config: MelConfig,
    generator: np.random.Generator,
) -> np.ndarray:
    """Waveform float32 [S] of a plan, S = T * hop_length.

    Args:
        plan: of a sentence.
        style: [G].
        options: of which noise matters here.
        engine, config: of the model.
        generator: of all noise.
    """
    durations = plan.durations
    mean = frames.expand(plan.text.mean, durations)
    hidden = frames.expand(plan.text.hidden, durations)
    content = engine.text_to_content(
        mean,
        frames.expand(plan.text.log_std, durations),
        np.float32(options.noise) * generator.standard_normal(mean.shape, dtype=np.float32),
        frames.expand(plan.ids["languages"], durations),
        np.concatenate([hidden, frames.frame_positions(durations)], axis=1),
        style,
    )
    log_pitch, voicing = predicted_pitch(content)
    pitch = frames.expand(plan.pitch, durations)
    samples = make_sound(content.latent, style, log_pitch, voicing, pitch, engine, config, generator)
    return change_volume(samples, frames.expand(plan.volume, durations), config.hop_length)
