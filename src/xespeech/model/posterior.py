"""Posterior encoders: features at frame rate to a latent distribution.

Shapes: B batch, T frames (50/s), Z latent channels, G conditioning channels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xespeech.model.layers import ConvNeXtStack


class Posterior(NamedTuple):
    """sample, mean and log_std, each [B, T, Z]; 0 in the padding."""

    sample: Tensor
    mean: Tensor
    log_std: Tensor


class PosteriorEncoder(nn.Module):
    """Mel (spec posterior, conditioned on style) or content features (content posterior, conditioned on language).

    Args:
        blocks: (features [B, T, C], mask, condition) -> mean and log_std in one [B, T, 2 Z].
        log_std_range: limits of log_std, or None for none.
    """

    def __init__(self, blocks: nn.Module, log_std_range: tuple[float, float] | None = None) -> None:
        super().__init__()
        self.blocks = blocks
        self.log_std_range = log_std_range

    def forward(self, features: Tensor, mask: Tensor, condition: Tensor) -> Posterior:
        """features [B, T, C], mask [B, T, 1], condition [B, T or 1, G]."""
        mean, log_std = self.blocks(features, mask, condition).float().chunk(2, dim=-1)
        if self.log_std_range is not None:
            log_std = log_std.clamp(*self.log_std_range)
        sample = (mean + torch.randn_like(mean) * log_std.exp()) * mask
        return Posterior(sample, mean, log_std * mask)


def convnext_posterior(
    in_channels: int, hidden_channels: int, latent_channels: int, n_layers: int, condition_channels: int
) -> PosteriorEncoder:
    """The posterior encoder of `compact`."""
    blocks = ConvNeXtStack(
        in_channels, hidden_channels, n_layers, condition_channels, kernel_size=5, out_channels=2 * latent_channels
    )
    return PosteriorEncoder(blocks, log_std_range=(-7.0, 4.0))


def kl_divergence(latent: Tensor, log_std_q: Tensor, mean_p: Tensor, log_std_p: Tensor, mask: Tensor) -> Tensor:
    """Monte-Carlo KL divergence of a posterior, carried through a volume-preserving flow, from a prior.

    Source: VITS (Kim et al. 2021), equation 4; summed over channels, averaged over valid frames.

    Args:
        latent: posterior sample after the flow [B, T, Z].
        log_std_q: log standard deviation of the posterior [B, T, Z].
        mean_p, log_std_p: the prior [B, T, Z].
        mask: [B, T, 1].
    """
    divergence = log_std_p - log_std_q - 0.5 + 0.5 * (latent - mean_p) ** 2 * torch.exp(-2.0 * log_std_p)
    return (divergence * mask).sum() / mask.sum().clamp(min=1)
