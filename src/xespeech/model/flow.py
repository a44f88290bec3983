"""Invertible maps between latents: coupling layers that shift one half by a function of the other.

Shapes: B batch, T frames (50/s), Z latent channels, G conditioning channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xespeech.model.layers import ConvNeXtStack


class CouplingLayer(nn.Module):
    """Mean-only affine coupling (RealNVP, Dinh et al. 2017): volume-preserving, its log-determinant is 0."""

    def __init__(self, latent_channels: int, hidden_channels: int, n_layers: int, condition_channels: int) -> None:
        super().__init__()
        half = latent_channels // 2
        self.network = ConvNeXtStack(
            half, hidden_channels, n_layers, condition_channels, kernel_size=5, out_channels=half
        )
        assert self.network.head is not None
        nn.init.zeros_(self.network.head.weight)
        nn.init.zeros_(self.network.head.bias)

    def forward(self, z: Tensor, mask: Tensor, condition: Tensor, inverse: bool = False) -> Tensor:
        """z [B, T, Z] -> [B, T, Z]."""
        kept, moved = z.chunk(2, dim=-1)
        shift = self.network(kept, mask, condition).float()
        return torch.cat([kept, (moved - shift if inverse else moved + shift) * mask], dim=-1)


class CouplingFlow(nn.Module):
    """A row of coupling layers with the channels reversed between them.

    Two of these make the model: text to content, conditioned on language, and content to spec, conditioned on style
    and pitch. Forward runs from speech towards text (training), inverse from text towards speech (synthesis).
    """

    def __init__(
        self, latent_channels: int, hidden_channels: int, n_couplings: int, n_layers: int, condition_channels: int
    ) -> None:
        super().__init__()
        self.couplings = nn.ModuleList(
            CouplingLayer(latent_channels, hidden_channels, n_layers, condition_channels) for _ in range(n_couplings)
        )

    def forward(self, z: Tensor, mask: Tensor, condition: Tensor, inverse: bool = False) -> Tensor:
        """z [B, T, Z], mask [B, T, 1], condition [B, T or 1, G] -> [B, T, Z]."""
        if inverse:
            for coupling in reversed(self.couplings):  # type: ignore[call-overload]
                z = coupling(z.flip(-1), mask, condition, inverse=True)
        else:
            for coupling in self.couplings:
                z = coupling(z, mask, condition).flip(-1)
        return z
