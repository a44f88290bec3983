"""Text and content to the latent, through to the mel; no waveform is decoded.

Shapes: B batch, T frames (50/s), P mel frames (100/s), Z latent channels, M mel channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from xespeech.model.posterior import kl_divergence
from xespeech.model.synthesizer import SoundCondition
from xespeech.training.batch import SynthesisBatch
from xespeech.training.consistency import content_distance
from xespeech.training.ranks import mean_over_ranks, weight_of
from xespeech.training.speaker_consistency import FRAMES, SpeakerConsistency
from xespeech.training.stages.compact import CompactStage, Encoded, StageSetup, VoicesOfBatch, words_of
from xespeech.training.stages.mel import MelStage
from xespeech.training.stages.prosody import prosody_losses
from xespeech.training.task import Update

_MOST_CLARITY = 0.85


class Latents(NamedTuple):
    """Input of the mel decoder for a batch: latents [B, T, Z], valid frames [B, T, 1], voices."""

    latent: Tensor
    mask: Tensor
    voices: VoicesOfBatch


class Latent(MelStage):
    """Divergences between latents, durations, pitch, mels and the words recognised in them."""

    def __init__(self, setup: StageSetup) -> None:
        super().__init__(setup)
        self.speakers = SpeakerConsistency(setup.model.mel) if setup.config.speaker_weight else None
        if self.speakers is not None:
            self.loss_modules.append(self.speakers)

    def updates(self, batch: SynthesisBatch, step: int) -> Iterator[Update]:
        losses, latents = latent_losses(self, batch)
        decoded, said = self.decode_mel(batch, *latents), batch.predicted
        if self.config.words_weight:
            valid, target = latents.mask[said, :, 0], self.recorded_mel(batch, batch.targets)[said]
            words = content_distance(self.listener.of_mel, decoded[said], target, batch.frames[said], valid)
            losses["words"] = self.config.words_weight * words
        if self.speakers is not None:
            losses["speaker"] = self.config.speaker_weight * self._speaker_distance(self.speakers, batch, decoded)
        yield from self.mel_updates(batch, step, losses, decoded, latents.mask)

    def _speaker_distance(self, speakers: SpeakerConsistency, batch: SynthesisBatch, decoded: Tensor) -> Tensor:
        """Distance of the beginnings of some windows from those of their recordings, or of the references whose style
        they are in; 0 if all are too short.
        """
        own, others = batch.heard, batch.others
        if not len(own) + len(others.heard):
            return decoded.sum() * 0
        real = [self.recorded_mel(batch, batch.targets)[own, :FRAMES]]
        if len(others.heard):
            real.append(self.mel(others.reference[others.heard])[:, :FRAMES])
        return speakers(decoded[torch.cat([own, others.windows[others.heard]]), :FRAMES], torch.cat(real))


def encode(stage: CompactStage, batch: SynthesisBatch) -> Encoded:
    """A batch through the encoders of a stage's synthesizer."""
    model = stage.synthesizer
    mel = stage.masked_mel(batch, stage.recorded_mel(batch, batch.audio))
    mask, voices = stage.frame_mask(batch), stage.voices(batch)
    spec = model.encode_spec(mel, mask, voices.style)
    texts = stage.read_text(batch)
    content = model.content_posterior(words_of(batch).content, mask, model.language(batch.language)[:, None])
    noise = stage.config.path_noise * torch.randn_like(spec.mean)
    from_text = stage.content_from_text(batch, mask, texts.prior, noise)
    return Encoded(mask, voices, spec, content, texts, noise, from_text)


def latents_of(stage: CompactStage, batch: SynthesisBatch, encoded: Encoded, spectrum: Tensor | None = None) -> Latents:
    """Latents of a batch for the mel decoder: of the spec posterior, from text and from content.

    Content latents of windows in another style are moved towards those of the spectrum [B, T, Z], if given, by a random
    share: as in conversion with `clarity`, whose rest of the source's voice the losses then see.
    """
    words, chosen = words_of(batch), batch.predicted
    spec, content = encoded.spec, encoded.content
    latent = spec.sample
    if len(chosen):
        z = content.mean + encoded.noise * content.log_std.exp()
        if spectrum is not None:
            moved = batch.others.windows
            share = _MOST_CLARITY * torch.rand(len(moved), 1, 1, device=z.device)
            z = z.index_copy(0, moved, torch.lerp(z[moved], spectrum[moved].to(z.dtype), share.to(z.dtype)))
        z = z.index_copy(0, words.spoken, encoded.from_text[words.spoken_rows].to(z.dtype))
        condition = SoundCondition(*(part[chosen] for part in encoded.voices.decoded))
        predicted = stage.synthesizer.spec_from_content(z[chosen], encoded.mask[chosen], condition)
        latent = latent.index_copy(0, chosen, predicted.to(latent.dtype))
    return Latents(latent, encoded.mask, encoded.voices)


def latent_losses(stage: CompactStage, batch: SynthesisBatch) -> tuple[dict[str, Tensor], Latents]:
    """Losses between the latents, of durations and of pitch; and the latents to decode."""
    encoded = encode(stage, batch)
    spectrum = stage.synthesizer.content_from_spec(encoded.spec.sample, encoded.mask, encoded.voices.recorded)
    losses = _divergences(stage, batch, encoded, spectrum)
    losses |= prosody_losses(stage, batch, encoded.mask, encoded.voices, encoded.texts)
    losses["text_latent"] = _distance_of_text(stage, batch, encoded)
    return losses, latents_of(stage, batch, encoded, spectrum.detach())


def _divergences(
    stage: CompactStage, batch: SynthesisBatch, encoded: Encoded, spec_as_content: Tensor
) -> dict[str, Tensor]:
    """Text from content, content from spectrum, and, of some windows, text from spectrum."""
    mask, spec, content, prior = encoded.mask, encoded.spec, encoded.content, encoded.texts.prior
    model, config, words = stage.synthesizer, stage.config, words_of(batch)
    language = model.language(batch.language)[:, None]
    text_mask = mask * words.known.float()[:, None, None]
    some = words.text_spec
    both = torch.cat([content.sample, spec_as_content[some]])
    both = model.text_to_content_flow(both, torch.cat([mask, mask[some]]), torch.cat([language, language[some]]))
    content_as_text, spec_as_text = both.split([len(mask), len(some)])
    of_all, of_texts, of_some = (weight_of(valid.sum()) for valid in (mask, text_mask, text_mask[some]))
    text_content = kl_divergence(content_as_text, content.log_std, prior.mean, prior.log_std, text_mask)
    content_spec = kl_divergence(spec_as_content, spec.log_std, content.mean, content.log_std, mask)
    text_spec = kl_divergence(spec_as_text, spec.log_std[some], prior.mean[some], prior.log_std[some], text_mask[some])
    return {
        "kl_text_content": config.kl_text_content * of_texts * text_content,
        "kl_content_spec": config.kl_content_spec * of_all * content_spec,
        "kl_text_spec": config.kl_text_spec * of_some * text_spec,
    }


def _distance_of_text(stage: CompactStage, batch: SynthesisBatch, encoded: Encoded) -> Tensor:
    """Distance of the content latents from text from those of the posterior, relative to their magnitude."""
    words, mask = words_of(batch), encoded.mask
    recorded = encoded.content.mean.detach() * mask * words.known.float()[:, None, None]
    level = mean_over_ranks(recorded.abs().sum()).clamp(min=1e-3)
    distance = ((encoded.from_text - recorded[words.with_text]).abs() * mask[words.with_text]).sum() / level
    return stage.config.text_latent_weight * distance
