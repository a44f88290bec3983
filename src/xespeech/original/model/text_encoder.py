"""Symbols of the original configuration to the prior of the content latent, one distribution per symbol.

Shapes: B batch, N symbols, C hidden channels, Z latent channels, G channels of the language embedding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xespeech.model.text_encoder import TextPrior
from xespeech.original.model.attention import Transformer


class TransformerTextEncoder(nn.Module):
    """Symbols of the original configuration through a transformer with relative positions.

    The language is added to the embeddings and also concatenated, so that every layer sees it.

    Source: the text encoder of VITS (Kim et al. 2021) as X-E-Speech conditions it on language.

    Args:
        n_symbols: size of the symbol table.
        hidden_channels: width of the embeddings.
        latent_channels: Z.
        language_channels: size of the language embedding; the transformer is hidden + language channels wide.
        filter_channels, n_heads, n_layers, kernel_size, dropout: of the transformer.
    """

    WINDOW = 4  # largest relative distance that attention encodes, symbols

    def __init__(
        self,
        n_symbols: int,
        hidden_channels: int,
        latent_channels: int,
        language_channels: int,
        filter_channels: int,
        n_heads: int,
        n_layers: int,
        kernel_size: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.symbols = nn.Embedding(n_symbols, hidden_channels)
        nn.init.normal_(self.symbols.weight, std=hidden_channels**-0.5)
        self.language = nn.Linear(language_channels, hidden_channels)
        width = hidden_channels + language_channels
        self.transformer = Transformer(width, filter_channels, n_heads, n_layers, kernel_size, self.WINDOW, dropout)
        self.prior = nn.Linear(width, 2 * latent_channels)

    def forward(self, symbols: Tensor, language: Tensor, mask: Tensor) -> TextPrior:
        """symbols: ids [B, N]; language: embedding [B, 1 or N, G]; mask [B, N, 1]. Hidden states are [B, N, C + G]."""
        x = self.symbols(symbols) * self.symbols.embedding_dim**0.5 + self.language(language)
        x = torch.cat([x, language.expand(-1, x.shape[1], -1)], dim=-1)
        hidden = self.transformer(x, mask)
        mean, log_std = (self.prior(hidden) * mask).float().chunk(2, dim=-1)
        return TextPrior(hidden, mean, log_std)
