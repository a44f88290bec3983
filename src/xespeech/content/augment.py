"""Augmentation of log-mels that changes voice and recording conditions and keeps the words.

All of it works on log-mels, for a whole batch at once: its cost is negligible beside the encoder.

Shapes: B batch, F mel frames (100/s), M mel channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_FORMANT = 0.14  # largest relative shift of the frequency axis


def _uniform(like: Tensor, size: tuple[int, ...], low: float, high: float) -> Tensor:
    return torch.rand(size, device=like.device) * (high - low) + low


def perturb(mel: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Random voice, tempo, bandwidth, equaliser, noise and masking for every item.

    Args:
        mel: log-mel [B, F, M].
        lengths: valid frames [B].

    Returns:
        Perturbed log-mel [B, F', M] and its valid frames [B].
    """
    mel, lengths = warp(mel, lengths)
    mel = colour(mel)
    batch, _, channels = mel.shape
    position = torch.linspace(0, 1, channels, device=mel.device)
    # band limit: nothing above a random corner for a third of the items
    limited = torch.rand(batch, device=mel.device) < 0.33
    corner = torch.where(limited, _uniform(mel, (batch,), 0.75, 1.0), 2.0)
    above = position[None, None, :] > corner[:, None, None]
    floor = mel.amin(dim=(1, 2), keepdim=True)
    mel = torch.where(above, floor, mel)
    # noise: stationary, coloured, at a random level below the speech
    loud = torch.quantile(mel.flatten(1)[:, :: max(1, mel[0].numel() // 4000)], 0.95, dim=1)[:, None, None]
    tilt = (torch.rand(batch, 1, 1, device=mel.device) - 0.5) * 3 * (position - 0.5)
    noise_level = loud - _uniform(mel, (batch, 1, 1), 1.5, 9.0)
    noisy = torch.rand(batch, 1, 1, device=mel.device) < 0.6
    noise = noise_level + tilt + 0.5 * torch.randn_like(mel)
    mel = torch.where(noisy, torch.logaddexp(mel, noise), mel)
    # masks in time and frequency (SpecAugment)
    mean = mel.mean(dim=(1, 2), keepdim=True)
    frames = torch.arange(mel.shape[1], device=mel.device)[None, :, None]
    for _ in range(2):
        start = torch.rand(batch, 1, 1, device=mel.device) * lengths[:, None, None]
        width = _uniform(mel, (batch, 1, 1), 0, 12)
        mel = torch.where((frames >= start) & (frames < start + width), mean, mel)
        low = torch.rand(batch, 1, 1, device=mel.device)
        mel = torch.where((position >= low) & (position < low + _uniform(mel, (batch, 1, 1), 0, 0.15)), mean, mel)
    return mel, lengths


def colour(mel: Tensor) -> Tensor:
    """A smooth random equaliser for every item of log-mels [B, F, M]."""
    batch, _, channels = mel.shape
    knots = F.interpolate(torch.randn(batch, 1, 5, device=mel.device), channels, mode="linear", align_corners=True)
    return mel + knots.transpose(1, 2).reshape(batch, 1, channels) * _uniform(mel, (batch, 1, 1), 0.0, 0.8)


def change_voice(mel: Tensor, lengths: Tensor) -> Tensor:
    """The same words at the same time by another speaker: log-mels [B, F, M], formants and pitch shifted, coloured."""
    return colour(warp(mel, lengths, tempo=0.0)[0])


def warp(mel: Tensor, lengths: Tensor, tempo: float = 0.2) -> tuple[Tensor, Tensor]:
    """Stretch the mel axis (formants and pitch together) and the time axis by random factors, by interpolation.

    Args:
        mel: log-mel [B, F, M].
        lengths: valid frames [B].
        tempo: largest relative change of the duration.

    Returns:
        Warped log-mel [B, F', M] and its valid frames [B].
    """
    batch, size, channels = mel.shape
    rate = _uniform(mel, (batch,), 1 - tempo, 1 + tempo)
    new_lengths = (lengths / rate).long().clamp(min=2)
    new_size = int(new_lengths.max())
    frames = torch.arange(new_size, device=mel.device).float()[None, :] * (lengths.float() / new_lengths)[:, None]
    vertical = (frames / max(size - 1, 1) * 2 - 1).clamp(-1, 1)[:, :, None].expand(-1, -1, channels)
    shift = _uniform(mel, (batch,), 1 - _FORMANT, 1 + _FORMANT)
    bins = torch.linspace(0, 1, channels, device=mel.device)[None, :] * shift[:, None]
    horizontal = (bins.clamp(max=1) * 2 - 1)[:, None, :].expand(-1, new_size, -1)
    grid = torch.stack([horizontal, vertical], dim=-1)
    warped = F.grid_sample(mel[:, None], grid, mode="bilinear", padding_mode="border", align_corners=True)
    return warped[:, 0], new_lengths
