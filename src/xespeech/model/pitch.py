"""Pitch and voicing of each frame.

Shapes: B batch, T frames (50/s), P pitch frames (100/s), C channels, G style channels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xespeech.model.layers import ConvNeXtStack

PITCH_CHANNELS = 3
"""Of the pitch as conditioning."""


class Pitch(NamedTuple):
    """log_pitch: natural log of Hz / REFERENCE_PITCH [B, P]; voicing: logit of being voiced [B, P]."""

    log_pitch: Tensor
    voicing: Tensor


class PitchPredictor(nn.Module):
    """Predicts pitch and voicing of each pitch frame from text or content features and the style.

    Args:
        in_channels, hidden_channels, n_layers: of the blocks.
        style_channels: G.
        factor: pitch frames per frame.
    """

    def __init__(self, in_channels: int, hidden_channels: int, n_layers: int, style_channels: int, factor: int) -> None:
        super().__init__()
        self.blocks = ConvNeXtStack(
            in_channels, hidden_channels, n_layers, style_channels, kernel_size=9, out_channels=2 * factor
        )

    def forward(self, features: Tensor, mask: Tensor, style: Tensor) -> Pitch:
        """features [B, T, C], mask [B, T, 1], style [B, G] -> Pitch."""
        both = self.blocks(features, mask, style[:, None]).float()
        log_pitch, voicing = both.reshape(int(both.shape[0]), -1, 2).unbind(-1)  # int: a number in exported graphs, too
        return Pitch(log_pitch, voicing)


def pitch_condition(log_pitch: Tensor, voicing: Tensor) -> Tensor:
    """Pitch as conditioning of other parts: [B, T, PITCH_CHANNELS] of log-pitch, its square and the voicing in 0..1."""
    log_pitch, voicing = log_pitch[..., None], voicing[..., None]
    return torch.cat([log_pitch, log_pitch * log_pitch, voicing], dim=-1)
