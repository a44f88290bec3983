"""The style encoder of the original configuration.

Shapes: B batch, T frames (50/s), M mel channels, G style channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RecurrentStyleEncoder(nn.Module):
    """Three LSTM layers whose last state is the style: the style encoder of the original configuration.

    Source: the speaker encoder of Wan et al. 2018 ("Generalized end-to-end loss for speaker verification"), trained
    jointly in X-E-Speech.
    """

    def __init__(self, mel_channels: int, style_channels: int) -> None:
        super().__init__()
        self.recurrence = nn.LSTM(mel_channels, style_channels, num_layers=3, batch_first=True)
        self.head = nn.Linear(style_channels, style_channels)

    def forward(self, mel: Tensor) -> Tensor:
        """mel [B, T, M], without padding -> style [B, G] of length 1, nothing below 0."""
        _, (states, _) = self.recurrence(mel)
        return F.normalize(torch.relu(self.head(states[-1]).float()), dim=-1)
