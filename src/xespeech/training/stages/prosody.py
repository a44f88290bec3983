"""Durations and pitch alone, a short last stage; what they read stays as it is, and nothing is decoded.

Shapes: B batch, N symbols, T frames (50/s).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xespeech.model.layers import length_mask
from xespeech.model.pitch import Pitch
from xespeech.training.batch import SynthesisBatch
from xespeech.training.losses import duration_loss, pitch_loss
from xespeech.training.stages.compact import CompactStage, ReadText, VoicesOfBatch, words_of
from xespeech.training.task import Update


class Prosody(CompactStage):
    """Durations and pitch, from text and from content, in every recording's own style and in others'."""

    frozen_inputs = ("text_encoder",)

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        with torch.no_grad():
            mask = self.frame_mask(batch)
            texts = self.read_text(batch)
            voices = self.voices(batch)
        yield Update("synthesizer", prosody_losses(self, batch, mask, voices, texts))


def prosody_losses(
    stage: CompactStage,
    batch: SynthesisBatch,
    mask: Tensor,
    voices: VoicesOfBatch,
    texts: ReadText,
) -> dict[str, Tensor]:
    """Losses of durations and pitch, as recorded and as moved to another's style.

    Args:
        stage: whose networks predict.
        batch: the recordings, whose durations and pitch are the targets.
        mask: valid frames [B, T, 1].
        voices: styles and melodies.
        texts: the text prior, per symbol and per frame.
    """
    model, config, words = stage.synthesizer, stage.config, words_of(batch)
    text, prior = texts
    known = words.known.float()[:, None]
    symbol_mask = length_mask(words.n_symbols, words.durations.shape[1])
    valid, text_mask = symbol_mask[..., 0] * known, mask[..., 0] * known
    wanted = words.durations.float()
    durations = duration_loss(model.durations(text.hidden, symbol_mask, voices.style), wanted, valid)
    from_text = model.text_pitch(prior.pitch_features, mask, voices.style)
    from_content = model.content_pitch(words.content, mask, voices.style)

    others = batch.others.windows
    moved_durations = duration_loss(
        model.durations(text.hidden[others], symbol_mask[others], voices.others),
        batch.others.pace[:, None] * wanted[others],
        valid[others],
    )
    moved = (
        model.text_pitch(prior.pitch_features[others], mask[others], voices.others),
        model.content_pitch(words.content[others], mask[others], voices.others),
    )
    twice = torch.cat([others, others])
    moved_pitch = pitch_loss(
        Pitch(*map(torch.cat, zip(*moved, strict=True))),
        voices.log_pitch[twice],
        batch.voicing[twice],
        stage.in_pitch_frames(torch.cat([text_mask[others], mask[others, :, 0]])),
    )
    spoken, voiced = stage.in_pitch_frames(text_mask), stage.in_pitch_frames(mask[..., 0])
    return {
        "durations": config.duration_weight * durations,
        "text_pitch": config.pitch_weight * pitch_loss(from_text, batch.log_pitch, batch.voicing, spoken),
        "content_pitch": config.pitch_weight * pitch_loss(from_content, batch.log_pitch, batch.voicing, voiced),
        "swapped_durations": config.duration_weight * moved_durations,
        "swapped_pitch": config.pitch_weight * moved_pitch,
    }
