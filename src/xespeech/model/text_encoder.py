"""Text symbols to the prior of the content latent, one distribution per symbol.

Shapes: B batch, N symbols, C hidden channels, Z latent channels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xespeech.config import ModelConfig
from xespeech.model.layers import ConvNeXtStack


class TextPrior(NamedTuple):
    """hidden [B, N, C]; mean and log_std of the prior, each [B, N, Z]; all 0 in the padding."""

    hidden: Tensor
    mean: Tensor
    log_std: Tensor


class TextEncoder(nn.Module):
    """Embeddings of phone, prosodic mark and language, summed, then convolutional blocks.

    Source: the text encoder of X-E-Speech, conditioned on language alone; blocks are ConvNeXt here.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        hidden, tables = config.hidden_channels, (config.n_phones, config.n_marks, config.n_languages)
        self.phones, self.marks, self.languages = (nn.Embedding(size, hidden) for size in tables)
        for table in (self.phones, self.marks, self.languages):
            nn.init.normal_(table.weight, std=0.5)
        self.blocks = ConvNeXtStack(hidden, hidden, config.text_layers, kernel_size=5)
        self.norm = nn.LayerNorm(hidden)
        self.prior = nn.Linear(hidden, 2 * config.latent_channels)

    def forward(self, phones: Tensor, marks: Tensor, languages: Tensor, mask: Tensor) -> TextPrior:
        """phones, marks, languages: ids [B, N]; mask [B, N, 1]."""
        x = self.phones(phones) + self.marks(marks) + self.languages(languages)
        hidden = self.norm(self.blocks(x, mask)) * mask
        both = self.prior(hidden) * mask
        mean, log_std = both.split(self.prior.out_features // 2, dim=-1)  # `chunk` would compute the size in graphs
        return TextPrior(hidden, mean, log_std)


def expand(values: Tensor, durations: Tensor, n_frames: int) -> Tensor:
    """Repeat each symbol's values for its frames.

    Args:
        values: [B, N, C].
        durations: frames per symbol, int64 [B, N].
        n_frames: T, at least the largest row sum; later frames are 0.

    Returns:
        [B, T, C].
    """
    index, inside = symbol_of_frame(durations, n_frames)
    gathered = values.gather(1, index[:, :, None].expand(-1, -1, values.shape[2]))
    return gathered * inside[:, :, None].to(values.dtype)


def symbol_of_frame(durations: Tensor, n_frames: int) -> tuple[Tensor, Tensor]:
    """Index of the symbol that each frame belongs to, int64 [B, T], and whether the frame is inside the text."""
    ends = durations.cumsum(1)
    frames = torch.arange(n_frames, device=durations.device)[None, :].expand(len(durations), -1).contiguous()
    index = torch.searchsorted(ends, frames, right=True)
    return index.clamp(max=durations.shape[1] - 1), frames < ends[:, -1:]


def frame_positions(durations: Tensor, n_frames: int) -> Tensor:
    """Position of each frame within its symbol, 0 to 1, and log of the symbol's frames; [B, T, 2]."""
    index, inside = symbol_of_frame(durations, n_frames)
    ends = durations.cumsum(1)
    lengths = durations.gather(1, index).clamp(min=1).float()
    first = ends.gather(1, index) - durations.gather(1, index)
    frames = torch.arange(n_frames, device=durations.device)[None, :]
    fraction = (frames - first + 0.5) / lengths
    return torch.stack([fraction, lengths.log()], dim=-1) * inside[:, :, None].float()
