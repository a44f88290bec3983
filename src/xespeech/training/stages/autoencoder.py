"""Mel to latent and back, on all recordings in any language: spec posterior, style encoder and mel decoder.

What it learns is kept by all later stages, so that nothing that they do can make the sound of a latent worse.

Shapes: B batch, T frames (50/s), Z latent channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from xespeech.model.posterior import kl_divergence
from xespeech.training.batch import SynthesisBatch
from xespeech.training.ranks import weight_of
from xespeech.training.stages.compact import StageSetup
from xespeech.training.stages.mel import MelStage
from xespeech.training.task import Update


class Autoencoder(MelStage):
    """Every window is decoded from the latent of its recording; text and content are not used."""

    reads_words = False

    def __init__(self, setup: StageSetup) -> None:
        config = replace(setup.config, text_share=0.0, content_share=0.0)
        super().__init__(replace(setup, config=config))

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        mask, voices = self.frame_mask(batch), self.voices(batch)
        mel = self.masked_mel(batch, self.recorded_mel(batch, batch.audio))
        spec = self.synthesizer.encode_spec(mel, mask, voices.style)
        zero = torch.zeros_like(spec.sample)
        divergence = kl_divergence(spec.sample, spec.log_std, zero, zero, mask) * weight_of(mask.sum())
        decoded = self.decode_mel(batch, spec.sample, mask, voices)
        losses = {"kl_spec": self.config.autoencoder_kl * divergence}
        yield from self.mel_updates(batch, step, losses, decoded, mask)
