"""The discriminators and the voice classifier: losses of the synthesizer, and their training.

Shapes: B batch, T frames (50/s), S samples.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import parametrize

from xespeech.audio.mel_torch import LogMel
from xespeech.model.discriminator import DiscriminatorSet, MelDiscriminator
from xespeech.model.layers import length_mask
from xespeech.training.batch import SynthesisBatch
from xespeech.training.config import SynthesisConfig
from xespeech.training.consistency import VoiceJudge, frozen_call, voice_loss
from xespeech.training.losses import Outputs, discriminator_loss, feature_matching_loss, generator_loss, some_items


class Segments(NamedTuple):
    """Segments of R recordings and D decoded windows, waveforms [., S] or mels; the first `pairs` match each other."""

    real: Tensor
    decoded: Tensor
    pairs: int


class Verdict(NamedTuple):
    """Outputs of the discriminators for recorded and decoded segments, computed once for both sides of a step.

    The synthesizer learns from it first, with the discriminators as they are; then they do.
    """

    of_real: Outputs
    of_decoded: Outputs
    segments: Segments
    hinge: bool

    @property
    def loss(self) -> Tensor:
        """Loss of the discriminators."""
        return discriminator_loss(self.of_real, self.of_decoded, self.hinge)


def verdict_on(discriminators: DiscriminatorSet | MelDiscriminator, segments: Segments) -> Verdict:
    """Run the discriminators on segments."""
    with parametrize.cached():  # normalises the weights once
        of_real, of_decoded = discriminators(segments.real), discriminators(segments.decoded)
    return Verdict(of_real, of_decoded, segments, discriminators.hinge)


def deceive(verdict: Verdict, config: SynthesisConfig) -> dict[str, Tensor]:
    """Adversarial and feature-matching losses of the synthesizer."""
    known = [(scores.detach(), [layer.detach() for layer in layers]) for scores, layers in verdict.of_real]
    real, decoded, pairs = verdict.segments
    matching = feature_matching_loss(
        some_items(known, 0, pairs, len(real)), some_items(verdict.of_decoded, 0, pairs, len(decoded))
    )
    return {
        "adversarial": config.adversarial_weight * generator_loss(verdict.of_decoded, verdict.hinge),
        "feature_matching": config.feature_matching_weight * matching,
    }


class Adversaries:
    """The discriminators of decoded windows, and the classifier of their voices.

    Args:
        discriminators: of segments of waveforms.
        judge: classifier of voices.
        mel: its input features.
        config: weights, and frames of a segment.
        hop: samples of a frame.
    """

    def __init__(
        self, discriminators: DiscriminatorSet, judge: VoiceJudge, mel: LogMel, config: SynthesisConfig, hop: int
    ) -> None:
        self.discriminators, self.judge, self.mel, self.config, self.hop = discriminators, judge, mel, config, hop

    def segments(self, batch: SynthesisBatch, waveform: Tensor) -> Segments:
        """Random segments of the judged windows: of their recordings, and of the decoded waveforms [B, S]."""
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

    def deceive(self, batch: SynthesisBatch, spoken: Tensor | None, verdict: Verdict) -> dict[str, Tensor]:
        """Losses of the synthesizer.

        Args:
            batch: the recordings and target voices.
            spoken: mel of the windows decoded from text or content [W, P, M]; None where no judge hears them.
            verdict: of segments of decoded windows.
        """
        config = self.config
        if spoken is None or not config.judge_weight:
            return deceive(verdict, config)
        return {"voice": config.judge_weight * self._voice_loss(batch, spoken)} | deceive(verdict, config)

    def learn(self, batch: SynthesisBatch, verdict: Verdict, mel: Tensor | None) -> dict[str, Tensor]:
        """Losses of the adversaries.

        Args:
            batch: the recordings and their voices.
            verdict: of segments of it, with its graph.
            mel: of the recordings [B, P, M], or None where no voices are judged.
        """
        losses = {"discriminator": verdict.loss}
        if mel is not None:
            losses["judge"] = voice_loss(self.judge(mel, self._mel_mask(batch.frames, mel)), batch.voice)
        return losses

    def _mel_mask(self, frames: Tensor, mel: Tensor) -> Tensor:
        """Valid mel frames [B, P, 1] of mels [B, P, M] of so many frames [B]."""
        return length_mask(frames * (self.hop // self.mel.config.hop_length), mel.shape[1])

    def _voice_loss(self, batch: SynthesisBatch, mel: Tensor) -> Tensor:
        """Cross-entropy of the target voices in windows decoded from text or content."""
        windows, others = batch.predicted, batch.others
        voices = batch.voice.index_copy(0, others.windows, others.voice)[windows]
        if not len(windows):  # other processes may have some, and wait for this one
            return voice_loss(mel.new_zeros(0, self.judge.head.out_features), voices)
        return voice_loss(frozen_call(self.judge, mel, self._mel_mask(batch.frames[windows], mel)), voices)
