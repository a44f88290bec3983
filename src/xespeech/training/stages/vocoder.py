"""The vocoder alone, on all recordings in any language: spectral losses first, discriminators later.

Its input are mels of recordings, or with `decoded_mels` those that the model decodes in the style of the recording:
from the spec posterior, from text with aligned durations and from content.

Shapes: B batch, P mel frames (100/s), M mel channels, S samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from xespeech.model.discriminator import VocoderDiscriminators
from xespeech.training.batch import SynthesisBatch
from xespeech.training.glottal_phase import glottal_phase
from xespeech.training.stages.compact import CompactStage, StageSetup, VoicesOfBatch
from xespeech.training.stages.latent import encode, latents_of
from xespeech.training.task import Update


class Vocoder(CompactStage):
    """Everything but the vocoder is frozen."""

    discriminators_of = VocoderDiscriminators

    def __init__(self, setup: StageSetup) -> None:
        config = replace(setup.config, other_style_share=0.0, judge_weight=0.0)
        decoded = config.decoded_mels
        if not decoded:
            config = replace(config, text_share=0.0, content_share=0.0)
        super().__init__(replace(setup, config=config))
        self.reads_words = decoded
        self.networks = nn.ModuleDict({"synthesizer": self.synthesizer, "vocoder_discriminators": self.discriminators})
        self.optimized = {"synthesizer": ["synthesizer"], "discriminators": ["vocoder_discriminators"]}
        self.synthesizer.requires_grad_(False)
        self.synthesizer.vocoder.requires_grad_(True)
        if decoded:
            self.frozen_inputs = ("text_encoder", "mel_decoder")

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        mel, mask, voices = self._inputs(batch)
        waveform = self.render(batch, mel, mask, voices)
        losses = {"spectra": self.spectral_distance(batch, waveform)}
        yield from self.with_adversaries(batch, step, losses, waveform)

    def pulse_phase(self, batch: SynthesisBatch, voices: VoicesOfBatch) -> Tensor:
        """That of the recordings' own pulses [B, S]."""
        mel = self.mel.config
        return glottal_phase(batch.targets, voices.log_pitch, batch.voicing, mel.sample_rate, mel.hop_length)

    @torch.no_grad()
    def _inputs(self, batch: SynthesisBatch) -> tuple[Tensor, Tensor, VoicesOfBatch]:
        """Mels [B, P, M], valid frames [B, T, 1] and voices."""
        if self.config.decoded_mels:
            latents = latents_of(self, batch, encode(self, batch))
            return self.decode_mel(batch, *latents), latents.mask, latents.voices
        return self.recorded_mel(batch, batch.audio), self.frame_mask(batch), self.voices(batch)
