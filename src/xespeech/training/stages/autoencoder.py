"""Spec posterior, style encoder and decoder alone, on all audio: no text and no content is read.

Shapes: B batch, S samples.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xespeech.model.layers import length_mask
from xespeech.model.posterior import kl_divergence
from xespeech.training.batch import SynthesisBatch
from xespeech.training.ranks import weight_of
from xespeech.training.stages.compact import CompactStage
from xespeech.training.task import Update


class Autoencoder(CompactStage):
    """Every window is decoded from its own spectrum."""

    def reads_words(self, step: int) -> bool:
        return False

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        yield from self.with_adversaries(batch, step, *autoencode(self, batch))


def autoencode(stage: CompactStage, batch: SynthesisBatch) -> tuple[dict[str, Tensor], Tensor]:
    """Losses of an autoencoder step, and the decoded windows [B, S]."""
    mel = stage.masked_mel(batch, batch.audio)
    mask = length_mask(batch.frames, mel.shape[1])
    voices = stage.voices(batch)
    spec = stage.synthesizer.spec_posterior(mel, mask, voices.style[:, None])
    zero = torch.zeros_like(spec.sample)
    divergence = kl_divergence(spec.sample, spec.log_std, zero, zero, mask) * weight_of(mask.sum())
    waveform = stage.decode(spec.sample, mask, voices)
    return {
        "kl_spec": stage.config.autoencoder_kl * divergence,
        "mel": stage.mel_distance(batch, waveform, mask, torch.ones_like(batch.bandwidth)),
    }, waveform
