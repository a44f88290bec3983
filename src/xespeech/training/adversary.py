"""Adversarial speaker classification, which removes the speaker from content features.

Shapes: B batch, T frames (50/s), C content channels.

Source: gradient reversal after Ganin & Lempitsky 2015 ("Unsupervised domain adaptation by backpropagation").
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRENGTH = 0.5
"""Weight of the reversed gradient in the encoder; the classifier itself learns at full weight."""


class _Reverse(torch.autograd.Function):
    """Identity with the gradient reversed."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return -STRENGTH * gradients[0]


class SpeakerAdversary(nn.Module):
    """Classifies the speaker of every frame from its features and their mean over the recording.

    Args:
        channels: C.
        n_speakers: number of classes.
    """

    def __init__(self, channels: int, n_speakers: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * channels, 256), nn.ReLU(), nn.Linear(256, n_speakers))

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """features [B, T, C], mask [B, T, 1] -> logits [B, T, speakers]."""
        mean = (features * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True).clamp(min=1)
        return self.layers(torch.cat([features, mean.expand_as(features)], dim=-1))


def adversarial_loss(adversary: SpeakerAdversary, features: Tensor, mask: Tensor, speakers: Tensor) -> Tensor:
    """Cross-entropy per valid frame: minimised by the classifier, maximised by the encoder of the features.

    Args:
        adversary: the classifier.
        features: [B, T, C].
        mask: [B, T, 1].
        speakers: ids [B].
    """
    logits = adversary(_Reverse.apply(features), mask).float()
    entropy = F.cross_entropy(logits.transpose(1, 2), speakers[:, None].expand(-1, logits.shape[1]), reduction="none")
    return (entropy * mask[..., 0]).sum() / mask.sum()
