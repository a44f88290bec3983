"""Changed voices: the log-mels of recordings with another vocal tract length and another long-term spectrum.

Windows of a recording and of its reference are changed alike, so that the style encoder meets more voices than there
are speakers, and the decoder learns to follow what it hears of them.

Source: vocal tract length perturbation, Jaitly & Hinton 2013 ("VTLP improves speech recognition").

Shapes: B batch, P mel frames (100/s), M mel channels.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from xespeech.training.batch import VoiceChange

_MOST_STRETCH = 0.16  # natural log of the factor of all frequencies
_RIPPLES = 4  # cosines over the mel channels that a gain is the sum of
_RIPPLE = 0.3  # standard deviation of their amplitudes, natural log


def draw_change(count: int, share: float, n_mels: int, generator: np.random.Generator) -> VoiceChange:
    """Changes of `count` windows, of which a share is changed and the others stay as they are."""
    changed = generator.random(count) < share
    stretch = np.where(changed, np.exp(generator.uniform(-_MOST_STRETCH, _MOST_STRETCH, count)), 1.0)
    amplitudes = generator.normal(0, _RIPPLE, (count, _RIPPLES)) * changed[:, None]
    ripples = np.cos(np.pi * np.arange(1, _RIPPLES + 1)[:, None] * (np.arange(n_mels) + 0.5) / n_mels)
    return VoiceChange(*(torch.from_numpy(values.astype(np.float32)) for values in (stretch, amplitudes @ ripples)))


def change_voices(mel: Tensor, change: VoiceChange, centres: Tensor) -> Tensor:
    """Log-mel [B, P, M] in the changed voices.

    Args:
        mel: of recordings [B, P, M].
        change: of each of them.
        centres: centre frequencies of the mel channels, Hz [M].
    """
    origins = (centres / change.stretch[:, None]).clamp(max=float(centres[-1]))  # a channel hears what was here
    above = torch.searchsorted(centres, origins).clamp(1, len(centres) - 1)
    low, high = centres[above - 1], centres[above]
    weight = ((origins - low) / (high - low)).clamp(0, 1)[:, None]
    above = above[:, None].expand_as(mel)
    return torch.lerp(mel.gather(2, above - 1), mel.gather(2, above), weight) + change.gain[:, None]
