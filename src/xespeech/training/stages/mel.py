"""Base of the stages that decode mels and no waveform, with a discriminator of mels.

Shapes: B batch, P mel frames (100/s), M mel channels.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from xespeech.model.discriminator import MelDiscriminator
from xespeech.training.adversaries import Segments, deceive, verdict_on
from xespeech.training.batch import SynthesisBatch
from xespeech.training.stages.compact import SILENCE, CompactStage, StageSetup
from xespeech.training.task import Update


class MelStage(CompactStage):
    """The vocoder stays as it is; decoded mels are judged beside those of recordings."""

    def __init__(self, setup: StageSetup) -> None:
        super().__init__(setup)
        self.mel_discriminator = MelDiscriminator(2 * setup.config.discriminator_channels)
        self.synthesizer.vocoder.requires_grad_(False)
        self.networks = nn.ModuleDict({"synthesizer": self.synthesizer, "mel_discriminator": self.mel_discriminator})
        self.optimized = {"synthesizer": ["synthesizer"], "discriminators": ["mel_discriminator"]}

    def mel_updates(
        self, batch: SynthesisBatch, step: int, losses: dict[str, Tensor], decoded: Tensor, mask: Tensor
    ) -> Iterator[Update]:
        """The synthesizer's update for decoded mels [B, P, M], and from `adversarial_from` on the discriminator's."""
        target = self.recorded_mel(batch, batch.targets)
        losses = losses | {"mel": self.mel_distance(batch, decoded, target, mask)}
        if step < self.config.adversarial_from:
            yield Update("synthesizer", losses)
            return
        valid = self.in_pitch_frames(mask[..., 0])[..., None] > 0  # what is decoded behind a window's end is nothing
        real, fake = (mel.masked_fill(~valid, SILENCE) for mel in (target, decoded))
        segments = Segments(real[batch.judged.real], fake[batch.judged.decoded], batch.judged.pairs)
        verdict = verdict_on(self.mel_discriminator, segments)
        yield Update("synthesizer", losses | deceive(verdict, self.config), graph_is_kept=True)
        yield Update("discriminators", {"discriminator": verdict.loss})
