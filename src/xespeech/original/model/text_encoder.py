"""Symbols of the original configuration to the prior of the content latent, one distribution per symbol.

Shapes: B batch, N symbols, C hidden channels, Z latent channels, G channels of the language embedding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xespeech.config import OriginalConfig
from xespeech.model.text_encoder import TextPrior
from xespeech.original.model.attention import Transformer


class TransformerTextEncoder(nn.Module):
    """Symbols of the original configuration through a transformer with relative positions.

    The language is added to the embeddings and also concatenated, so that every layer sees it.

    Source: the text encoder of VITS (Kim et al. 2021) as X-E-Speech conditions it on language.

    Args:
        config: sizes of it; the transformer is as wide as the embeddings of symbol and language together.
    """

    WINDOW = 4  # largest relative distance that attention encodes, symbols

    def __init__(self, config: OriginalConfig) -> None:
        super().__init__()
        hidden, width = config.hidden_channels, config.hidden_channels + config.style_channels
        self.symbols = nn.Embedding(config.n_symbols, hidden)
        nn.init.normal_(self.symbols.weight, std=hidden**-0.5)
        self.language = nn.Linear(config.style_channels, hidden)
        sizes = config.filter_channels, config.n_heads, config.text_layers, config.text_kernel_size
        self.transformer = Transformer(width, *sizes, self.WINDOW, config.dropout)
        self.prior = nn.Linear(width, 2 * config.latent_channels)

    def forward(self, symbols: Tensor, language: Tensor, mask: Tensor) -> TextPrior:
        """symbols: ids [B, N]; language: embedding [B, 1 or N, G]; mask [B, N, 1]. Hidden states are [B, N, C + G]."""
        x = self.symbols(symbols) * self.symbols.embedding_dim**0.5 + self.language(language)
        x = torch.cat([x, language.expand(-1, x.shape[1], -1)], dim=-1)
        hidden = self.transformer(x, mask)
        mean, log_std = (self.prior(hidden) * mask).float().chunk(2, dim=-1)
        return TextPrior(hidden, mean, log_std)
