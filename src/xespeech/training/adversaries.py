"""The discriminators and the judge of voices, for both sides of each step.

Shapes: B batch, T frames (50/s), S samples.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xespeech.audio.mel_torch import LogMel
from xespeech.model.discriminator import Discriminators
from xespeech.model.layers import length_mask
from xespeech.training.batch import SynthesisBatch
from xespeech.training.config import SynthesisConfig
from xespeech.training.consistency import VoiceJudge, hear, voice_loss
from xespeech.training.losses import Outputs, discriminator_loss, feature_matching_loss, generator_loss, some_items


class Segments(NamedTuple):
    """Pieces of R recordings and of D decoded windows, waveforms [., S] or mels; the first `pairs` are the same."""

    real: Tensor
    decoded: Tensor
    pairs: int


def deceive(
    discriminators: nn.Module, segments: Segments, of_real: Outputs, config: SynthesisConfig
) -> dict[str, Tensor]:
    """Adversarial and feature-matching losses of the synthesizer; the discriminators get no gradient.

    Args:
        discriminators: judge the pieces.
        segments: of both.
        of_real: what the discriminators say of the recordings.
        config: weights.
    """
    discriminators.requires_grad_(False)
    of_decoded = discriminators(segments.decoded)
    discriminators.requires_grad_(True)
    known = [(scores.detach(), [layer.detach() for layer in layers]) for scores, layers in of_real]
    matching = feature_matching_loss(
        some_items(known, 0, segments.pairs, len(segments.real)),
        some_items(of_decoded, 0, segments.pairs, len(segments.decoded)),
    )
    return {
        "adversarial": config.adversarial_weight * generator_loss(of_decoded),
        "feature_matching": config.feature_matching_weight * matching,
    }


class Adversaries:
    """What tells decoded windows from recordings, and voices from each other.

    Args:
        discriminators: judge segments of waveforms.
        judge: tells voices apart.
        mel: what the judge hears.
        config: weights, and frames of a segment.
        hop: samples of a frame.
    """

    def __init__(
        self, discriminators: Discriminators, judge: VoiceJudge, mel: LogMel, config: SynthesisConfig, hop: int
    ) -> None:
        self.discriminators, self.judge, self.mel, self.config, self.hop = discriminators, judge, mel, config, hop

    def segments(self, batch: SynthesisBatch, waveform: Tensor) -> Segments:
        """Random pieces of the judged windows of recordings and of what is decoded [B, S]."""
        size = min(self.config.segment_frames * self.hop, waveform.shape[1])
        room = (batch.frames * self.hop - size).clamp(min=0)
        starts = (torch.rand(len(room), device=room.device) * room).long()
        index = starts[:, None] + torch.arange(size, device=room.device)
        real, decoded = batch.judged.real, batch.judged.decoded
        return Segments(
            batch.targets[real].gather(1, index[real]),
            waveform[decoded].gather(1, index[decoded]),
            batch.judged.pairs,
        )

    def deceive(
        self, batch: SynthesisBatch, waveform: Tensor, segments: Segments, of_real: Outputs
    ) -> dict[str, Tensor]:
        """Losses of the synthesizer; the adversaries' own weights get no gradient.

        Args:
            batch: whose voices are wanted.
            waveform: decoded windows [B, S].
            segments: of both.
            of_real: what the discriminators say of the recordings.
        """
        config = self.config
        voice = {"voice": config.judge_weight * self._voice_loss(batch, waveform)} if config.judge_weight else {}
        return voice | deceive(self.discriminators, segments, of_real, config)

    def learn(self, batch: SynthesisBatch, segments: Segments, of_real: Outputs) -> dict[str, Tensor]:
        """Losses of the adversaries; `of_real` is what they say of the recordings, whose graph is still whole."""
        of_decoded = self.discriminators(segments.decoded.detach())
        losses = {"discriminator": discriminator_loss(of_real, of_decoded)}
        if self.config.judge_weight:
            mel = self.mel(batch.targets)
            losses["judge"] = voice_loss(self.judge(mel, self._mel_mask(batch.frames, mel)), batch.voice)
        return losses

    def _mel_mask(self, frames: Tensor, mel: Tensor) -> Tensor:
        """Valid mel frames [B, P, 1] of mels [B, P, M] of so many frames [B]."""
        return length_mask(frames * (self.hop // self.mel.config.hop_length), mel.shape[1])

    def _voice_loss(self, batch: SynthesisBatch, waveform: Tensor) -> Tensor:
        """How far the judge is from hearing the wanted voices in windows decoded from text or content."""
        windows, others = batch.predicted, batch.others
        voices = batch.voice.index_copy(0, others.windows, others.voice)[windows]
        if not len(windows):  # other processes may have some, and wait for this one
            return voice_loss(waveform.new_zeros(0, self.judge.head.out_features), voices)
        mel = self.mel(waveform[windows])
        return voice_loss(hear(self.judge, mel, self._mel_mask(batch.frames[windows], mel)), voices)
