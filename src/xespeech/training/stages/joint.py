"""Everything at once: text to speech and voice conversion in one model, on three divergences between latents.

Shapes: B batch, N symbols, T frames (50/s), Z latent channels, S samples.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xespeech.model.layers import length_mask
from xespeech.model.posterior import Posterior, kl_divergence
from xespeech.model.synthesizer import FramePrior
from xespeech.training.batch import SynthesisBatch
from xespeech.training.ranks import mean_over_ranks, weight_of
from xespeech.training.stages.autoencoder import autoencode
from xespeech.training.stages.compact import CompactStage, VoicesOfBatch, words_of
from xespeech.training.stages.prosody import prosody_losses
from xespeech.training.task import Update


class Joint(CompactStage):
    """All losses; the first `autoencoder_steps` are those of the autoencoder stage."""

    def reads_words(self, step: int) -> bool:
        return step >= self.config.autoencoder_steps

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        losses, waveform = self._losses(batch) if self.reads_words(step) else autoencode(self, batch)
        yield from self.with_adversaries(batch, step, losses, waveform)

    def _losses(self, batch: SynthesisBatch) -> tuple[dict[str, Tensor], Tensor]:
        """All but the adversarial losses, and the decoded windows [B, S]."""
        model, words = self.synthesizer, words_of(batch)
        mel = self.masked_mel(batch, batch.audio)
        mask = length_mask(batch.frames, mel.shape[1])
        voices = self.voices(batch)
        spec = model.spec_posterior(mel, mask, voices.style[:, None])
        text, prior = self.read_text(batch)
        language = model.language(batch.language)[:, None]
        content = model.content_posterior(words.content, mask, language)
        losses = self._divergences(batch, mask, voices, spec, content, prior)
        losses |= prosody_losses(self, batch, mask, voices, text, prior)
        noise = self.config.path_noise * torch.randn_like(spec.mean)
        read = self.content_from_text(batch, mask, prior, noise)
        losses["text_latent"] = self._distance_of_text(batch, mask, content, read)
        waveform = self.decode(self.latents(batch, mask, voices, spec, content, read, noise), mask, voices)
        return losses | self.sound_losses(batch, waveform, mask, voices), waveform

    def _divergences(
        self,
        batch: SynthesisBatch,
        mask: Tensor,
        voices: VoicesOfBatch,
        spec: Posterior,
        content: Posterior,
        prior: FramePrior,
    ) -> dict[str, Tensor]:
        """Text from content, content from spectrum, and, of some windows, text from spectrum."""
        model, config, words = self.synthesizer, self.config, words_of(batch)
        language = model.language(batch.language)[:, None]
        text_mask = mask * words.known.float()[:, None, None]
        some = words.text_spec
        spec_as_content = model.content_to_spec_flow(spec.sample, mask, voices.own)
        content_as_text = model.text_to_content_flow(content.sample, mask, language)
        spec_as_text = model.text_to_content_flow(spec_as_content[some], mask[some], language[some])
        of_all, of_texts, of_some = (weight_of(own.sum()) for own in (mask, text_mask, text_mask[some]))
        text_content = kl_divergence(content_as_text, content.log_std, prior.mean, prior.log_std, text_mask)
        content_spec = kl_divergence(spec_as_content, spec.log_std, content.mean, content.log_std, mask)
        text_spec = kl_divergence(
            spec_as_text, spec.log_std[some], prior.mean[some], prior.log_std[some], text_mask[some]
        )
        return {
            "kl_text_content": config.kl_text_content * of_texts * text_content,
            "kl_content_spec": config.kl_content_spec * of_all * content_spec,
            "kl_text_spec": config.kl_text_spec * of_some * text_spec,
        }

    def _distance_of_text(self, batch: SynthesisBatch, mask: Tensor, content: Posterior, read: Tensor) -> Tensor:
        """Distance of the content latents read from text [W, T, Z] from those heard, relative to their magnitude."""
        words = words_of(batch)
        heard = content.mean.detach() * mask * words.known.float()[:, None, None]
        level = mean_over_ranks(heard.abs().sum()).clamp(min=1e-3)
        distance = ((read - heard[words.with_text]).abs() * mask[words.with_text]).sum() / level
        return self.config.text_latent_weight * distance
