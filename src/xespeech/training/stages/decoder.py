"""The decoder alone, beside the discriminators; what it reads stays as it is.

Shapes: B batch, T frames (50/s), Z latent channels.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xespeech.model.layers import length_mask
from xespeech.training.batch import SynthesisBatch
from xespeech.training.stages.compact import CompactStage, VoicesOfBatch, words_of
from xespeech.training.task import Update


class Decoder(CompactStage):
    """Latents of the spec posterior, from text and from content are computed without gradient and decoded."""

    frozen_inputs = ("text_encoder",)

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        latent, mask, voices = self._inputs(batch)
        waveform = self.decode(latent, mask, voices)
        yield from self.with_adversaries(batch, step, self.sound_losses(batch, waveform, mask, voices), waveform)

    @torch.no_grad()
    def _inputs(self, batch: SynthesisBatch) -> tuple[Tensor, Tensor, VoicesOfBatch]:
        """Latents [B, T, Z], valid frames [B, T, 1] and voices."""
        model = self.synthesizer
        mel = self.masked_mel(batch, batch.audio)
        mask = length_mask(batch.frames, mel.shape[1])
        voices = self.voices(batch)
        spec = model.spec_posterior(mel, mask, voices.style[:, None])
        _, prior = self.read_text(batch)
        content = model.content_posterior(words_of(batch).content, mask, model.language(batch.language)[:, None])
        noise = self.config.path_noise * torch.randn_like(spec.mean)
        read = self.content_from_text(batch, mask, prior, noise)
        return self.latents(batch, mask, voices, spec, content, read, noise), mask, voices
