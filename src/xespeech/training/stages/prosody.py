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
    """Durations and pitch, from text and from content, in the style of each recording and in other styles."""

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
    others = batch.others.windows
    rows = torch.cat([torch.arange(len(mask), device=mask.device), others])  # as recorded, then moved, in one pass
    styles, frame_masks = torch.cat([voices.style, voices.others]), mask[rows]
    recorded, moved = model.durations(text.hidden[rows], symbol_mask[rows], styles).tensor_split([len(mask)])
    durations = duration_loss(recorded, wanted, valid)
    moved_durations = duration_loss(moved, batch.others.pace[:, None] * wanted[others], valid[others])
    from_text, moved_text = _pitches(model.text_pitch(prior.pitch_features[rows], frame_masks, styles), len(mask))
    from_content, moved_content = _pitches(model.content_pitch(words.content[rows], frame_masks, styles), len(mask))
    twice = torch.cat([others, others])
    moved_pitch = pitch_loss(
        Pitch(*map(torch.cat, zip(moved_text, moved_content, strict=True))),
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


def _pitches(pitch: Pitch, count: int) -> tuple[Pitch, Pitch]:
    """The pitch of the first `count` items, and of the others."""
    recorded, moved = zip(*(values.tensor_split([count]) for values in pitch), strict=True)
    return Pitch(*recorded), Pitch(*moved)
