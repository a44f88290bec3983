"""Invertible maps between latents: coupling layers that shift one half by a function of the other.

Shapes: B batch, T frames (50/s), Z latent channels, G conditioning channels.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from xespeech.model.layers import Condition, ConvNeXtStack


class CouplingFlow(nn.Module):
    """A row of coupling layers with the channels reversed between them: each shifts one half, its log-determinant is 0.

    Two of these make the model: text to content, conditioned on language, and content to spec, conditioned on style
    (and on pitch in `compact`). Forward runs from speech towards text (training), inverse from text towards speech
    (synthesis).

    The halves stay where they are: a reversal swaps them and turns each around, so every other layer reads the second
    half, and finds both turned.

    Source: mean-only affine coupling, RealNVP (Dinh et al. 2017).

    Args:
        networks: one for each coupling layer: (half [B, T, Z / 2], mask, condition, turned) -> shift of the other half
            [B, T, Z / 2]. Turned means that the channels of both are in reverse order.
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        super().__init__()
        self.couplings = nn.ModuleList(nn.ModuleDict({"network": network}) for network in networks)

    def forward(self, z: Tensor, mask: Tensor, condition: Condition, inverse: bool = False) -> Tensor:
        """z [B, T, Z], mask [B, T, 1], condition of G channels -> [B, T, Z]."""
        halves = list(z.split(int(z.shape[-1]) // 2, dim=-1))  # `chunk` would compute the size in exported graphs
        for number in range(len(self.couplings)):
            network = self.couplings[-1 - number if inverse else number].network
            turned = number % 2 == (0 if inverse else 1)
            shift = network(halves[int(turned)], mask, condition, turned).float()  # type: ignore[operator]
            moved = halves[int(not turned)]
            halves[int(not turned)] = (moved - shift if inverse else moved + shift) * mask
        z = torch.cat(halves, dim=-1)
        return z.flip(-1) if len(self.couplings) % 2 else z


def convnext_flow(
    latent_channels: int, hidden_channels: int, n_couplings: int, n_layers: int, condition_channels: int
) -> CouplingFlow:
    """The flow of `compact`: ConvNeXt networks whose shifts begin at 0."""
    half = latent_channels // 2
    flow = CouplingFlow(
        ConvNeXtStack(half, hidden_channels, n_layers, condition_channels, kernel_size=5, out_channels=half)
        for _ in range(n_couplings)
    )
    for coupling in flow.couplings:
        nn.init.zeros_(coupling.network.head.weight)  # type: ignore[union-attr, arg-type]
        nn.init.zeros_(coupling.network.head.bias)  # type: ignore[union-attr, arg-type]
    return flow
