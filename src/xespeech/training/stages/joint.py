"""Everything at once, with losses on waveforms: words, style, voice classifier and discriminators.

Shapes: B batch, S samples.
"""

from __future__ import annotations

from collections.abc import Iterator

from xespeech.training.batch import SynthesisBatch
from xespeech.training.stages.compact import CompactStage
from xespeech.training.stages.latent import latent_losses
from xespeech.training.task import Update


class Joint(CompactStage):
    """The losses of the latent stage, and of the windows that the vocoder makes of them."""

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        losses, latents = latent_losses(self, batch)
        mel = self.decode_mel(batch, *latents)
        losses["mel"] = self.mel_distance(batch, mel, self.recorded_mel(batch, batch.targets), latents.mask)
        waveform = self.render(batch, mel, latents.mask, latents.voices)
        spoken = self.mel(waveform[batch.predicted])
        losses |= self.sound_losses(batch, waveform, spoken, latents.mask, latents.voices)
        yield from self.with_adversaries(batch, step, losses, waveform, spoken)
