"""A melody is judged by where it is and by how much it moves."""

from __future__ import annotations

import torch

from xespeech.model.pitch import Pitch
from xespeech.training.losses import pitch_loss


def _loss(predicted: torch.Tensor, wanted: torch.Tensor, mask: torch.Tensor) -> float:
    voicing = torch.ones_like(wanted)
    return float(pitch_loss(Pitch(predicted, 20 * voicing), wanted, voicing, mask))


def test_of_melodies_equally_far_the_lively_one_is_better() -> None:
    wanted = 0.2 * torch.tensor([[1.0, -1.0] * 20])
    mask = torch.ones_like(wanted)
    flat, shifted = torch.zeros_like(wanted), wanted + 0.2
    assert (flat - wanted).abs().mean() == (shifted - wanted).abs().mean()
    assert _loss(wanted, wanted, mask) < 1e-3 < _loss(shifted, wanted, mask) < _loss(flat, wanted, mask)


def test_padding_does_not_count() -> None:
    wanted, mask = torch.randn(2, 30) * 0.2, torch.ones(2, 30)
    mask[:, 20:] = 0
    predicted = torch.randn(2, 30) * 0.2
    other = torch.where(mask > 0, predicted, 5.0)
    assert abs(_loss(predicted, wanted, mask) - _loss(other, wanted, mask)) < 1e-6
