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
    """Mel (spec posterior, conditioned on style) or content features (content posterior, conditioned on language)."""

    def __init__(
        self, in_channels: int, hidden_channels: int, latent_channels: int, n_layers: int, condition_channels: int
    ) -> None:
        super().__init__()
        self.blocks = ConvNeXtStack(
            in_channels, hidden_channels, n_layers, condition_channels, kernel_size=5, out_channels=2 * latent_channels
        )

    def forward(self, features: Tensor, mask: Tensor, condition: Tensor) -> Posterior:
        """features [B, T, in_channels], mask [B, T, 1], condition [B, T or 1, G]."""
        mean, log_std = self.blocks(features, mask, condition).float().chunk(2, dim=-1)
        log_std = log_std.clamp(-7.0, 4.0)
        sample = (mean + torch.randn_like(mean) * log_std.exp()) * mask
        return Posterior(sample, mean, log_std * mask)


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
