"""The compact content encoder: 16 kHz speech to speaker-independent features at 50 frames/s.

It is trained with CTC on the shared phones, and is also the phone recogniser of intelligibility measures and, best with
its optional frame head, the aligner of training.

Shapes: B batch, N symbols, F mel frames (100/s), T frames (50/s), C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.config import ContentConfig
from xespeech.model.layers import ConvNeXtBlock, ConvNeXtStack, length_mask, split_lookahead

BLANK = 0  # class of the blank in both CTC heads
_FRAME_CHANNELS = 128


class ContentOutput(NamedTuple):
    """features [B, T, content_channels]; log-probabilities [B, T, classes] of phones and of tones, class 0 blank."""

    features: Tensor
    phone_log_probs: Tensor
    tone_log_probs: Tensor


class CompactContentEncoder(nn.Module):
    """Log-mel at 100 frames/s -> content features at 50 frames/s.

    Two linear heads read the features, both by CTC with class 0 as blank: phones and lexical tones. Where the
    configuration has `frame_layers`, a third, convolutional one classifies the phone of each frame.
    """

    def __init__(self, config: ContentConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Conv1d(config.mel_channels, config.hidden_channels, 5, stride=2, padding=2)
        aheads: Sequence[int | None] = [None] * config.n_layers
        if config.lookahead is not None:
            aheads = split_lookahead(config.lookahead, config.kernel_size, config.n_layers)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(config.hidden_channels, config.expansion, config.kernel_size, lookahead=ahead)
            for ahead in aheads
        )
        self.norm = nn.LayerNorm(config.hidden_channels)
        self.bottleneck = nn.Linear(config.hidden_channels, config.content_channels)
        self.feature_norm = nn.LayerNorm(config.content_channels)
        self.phone_head = nn.Linear(config.content_channels, config.n_phones)
        self.tone_head = nn.Linear(config.content_channels, config.n_tones + 1)
        self.dropout = nn.Dropout(config.dropout)
        self.frame_head = (
            ConvNeXtStack(config.content_channels, _FRAME_CHANNELS, config.frame_layers, out_channels=config.n_phones)
            if config.frame_layers
            else None
        )

    def encode(self, mel: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Content features.

        Args:
            mel: log-mel [B, F, mel_channels] of xespeech.config.MEL_CONTENT; the mean level of each recording is
                removed here, so that loudness does not matter.
            lengths: valid mel frames [B], or None when all are.

        Returns:
            Features [B, T, content_channels], T = floor(F / 2); padding is 0.
        """
        n_mel_frames = mel.shape[1] // 2 * 2
        mel = mel[:, :n_mel_frames]
        mask = None
        if lengths is None:
            mel = mel - mel.mean(dim=(1, 2), keepdim=True)
        else:
            mel = without_level(mel, lengths)
            mask = length_mask(lengths // 2, n_mel_frames // 2)
        return self.encode_levelled(mel, mask)

    def encode_levelled(self, mel: Tensor, mask: Tensor | None = None) -> Tensor:
        """Content features of log-mel [B, F, mel_channels] without its mean level, F even; mask [B, F / 2, 1]."""
        x = self.stem(mel.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, mask)
        x = self.dropout(x.new_ones(x.shape[0], 1, x.shape[2])) * x  # whole channels, for all frames
        features = self.feature_norm(self.bottleneck(self.norm(x)))
        return features if mask is None else features * mask

    def classify(self, features: Tensor) -> ContentOutput:
        """Log-probabilities of both heads for features [B, T, content_channels]."""
        return ContentOutput(
            features,
            F.log_softmax(self.phone_head(features).float(), dim=-1),
            F.log_softmax(self.tone_head(features).float(), dim=-1),
        )

    def frame_log_probs(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Log-probabilities of the sound of each frame; only with `frame_layers`.

        Args:
            features: [B, T, content_channels].
            mask: valid frames [B, T, 1], or None when all are.

        Returns:
            Log-probabilities [B, T, n_phones]; all pauses are class 0.
        """
        assert self.frame_head is not None
        return F.log_softmax(self.frame_head(features, mask).float(), dim=-1)

    def forward(self, mel: Tensor, lengths: Tensor | None = None) -> ContentOutput:
        """mel [B, F, mel_channels], lengths [B] in mel frames -> ContentOutput."""
        return self.classify(self.encode(mel, lengths))


def without_level(mel: Tensor, lengths: Tensor) -> Tensor:
    """Log-mel [B, F, M] of recordings with so many valid frames [B], each without its mean level; padding is 0."""
    valid = length_mask(lengths.clamp(max=mel.shape[1]), mel.shape[1])
    mean = (mel * valid).sum((1, 2), keepdim=True) / (valid.sum((1, 2), keepdim=True) * mel.shape[2])
    return (mel - mean) * valid


def collapse(best: list[int]) -> list[int]:
    """Greedy CTC decoding of one recording's best classes [T]: repeats merged, blanks dropped."""
    return [c for i, c in enumerate(best) if c != BLANK and (i == 0 or c != best[i - 1])]
