"""The duration predictor.

Shapes: B batch, N symbols, C hidden channels, G style channels.
"""

from __future__ import annotations

from torch import Tensor, nn

from xespeech.model.layers import ConvNeXtStack


class DurationPredictor(nn.Module):
    """Log of the frames of each symbol, from the text encoder's hidden states and the style."""

    def __init__(self, in_channels: int, hidden_channels: int, n_layers: int, style_channels: int) -> None:
        super().__init__()
        self.blocks = ConvNeXtStack(
            in_channels, hidden_channels, n_layers, style_channels, kernel_size=5, out_channels=1
        )

    def forward(self, hidden: Tensor, mask: Tensor, style: Tensor) -> Tensor:
        """hidden [B, N, C], mask [B, N, 1], style [B, G] -> log-durations [B, N]."""
        return self.blocks(hidden, mask, style[:, None]).float()[:, :, 0]
