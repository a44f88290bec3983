"""What the stages that decode mels and no waveform share: a discriminator of mels.

Shapes: B batch, P mel frames (100/s), M mel channels.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from xespeech.model.discriminator import MelDiscriminator
from xespeech.training.batch import SynthesisBatch
from xespeech.training.losses import discriminator_loss, feature_matching_loss, generator_loss, some_items
from xespeech.training.stages.compact import CompactStage
from xespeech.training.stages.setup import StageSetup
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
        target = self.mel(batch.targets)
        losses = losses | {"mel": self.mel_distance(batch, decoded, target, mask)}
        if step < self.config.adversarial_from:
            yield Update("synthesizer", losses)
            return
        config, judged = self.config, batch.judged
        real, fake = target[judged.real], decoded[judged.decoded]
        with torch.no_grad():
            of_real = self.mel_discriminator(real)
        self.mel_discriminator.requires_grad_(False)
        of_fake = self.mel_discriminator(fake)
        self.mel_discriminator.requires_grad_(True)
        matching = feature_matching_loss(
            some_items(of_real, 0, judged.pairs, len(real)), some_items(of_fake, 0, judged.pairs, len(fake))
        )
        losses["adversarial"] = config.adversarial_weight * generator_loss(of_fake)
        losses["feature_matching"] = config.feature_matching_weight * matching
        yield Update("synthesizer", losses)
        told = discriminator_loss(self.mel_discriminator(real), self.mel_discriminator(fake.detach()))
        yield Update("discriminators", {"discriminator": told})
