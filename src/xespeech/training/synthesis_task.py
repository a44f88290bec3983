"""Joint training of the synthesizer: text to speech and voice conversion in one model.

xespeech.training.windows makes the batches.

Shapes: B batch, N symbols, T frames (50/s), Z latent channels, M mel channels, S samples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from xespeech.audio.mel_torch import LogMel
from xespeech.config import ModelConfig, SynthesisConfig, TrainingConfig
from xespeech.content.store import encoder_file, load_encoder
from xespeech.data.pack import Pack
from xespeech.model.discriminator import Discriminators
from xespeech.model.layers import length_mask
from xespeech.model.pitch import Pitch
from xespeech.model.posterior import Posterior, kl_divergence
from xespeech.model.source_filter import pulse_train
from xespeech.model.synthesizer import FramePrior, SoundCondition, Synthesizer
from xespeech.model.text_encoder import TextPrior
from xespeech.training.consistency import (
    NARROW_BAND,
    Listener,
    VoiceJudge,
    content_distance,
    hear,
    style_distance,
    voice_loss,
)
from xespeech.training.loop import Task
from xespeech.training.losses import (
    MelLoss,
    discriminator_loss,
    duration_loss,
    feature_matching_loss,
    generator_loss,
    pitch_loss,
    some_items,
)
from xespeech.training.ranks import Share, mean_over_ranks, weight_of
from xespeech.training.sampling import items_of
from xespeech.training.windows import Windows

_JUDGE_CHANNELS = 256


class _Voices(NamedTuple):
    """Whose voices a batch is in.

    Attributes:
        style: of each recording [B, G].
        own: what each recording's own sound depends on.
        heard: what is decoded with: another's style and height of voice where that is swapped.
        log_pitch: the same, melody alone [B, T].
        swapped: indices of the swapped windows.
        others: their styles [len(swapped), G], without gradient.
    """

    style: Tensor
    own: SoundCondition
    heard: SoundCondition
    log_pitch: Tensor
    swapped: Tensor
    others: Tensor


class SynthesisTask(Task):
    """All losses of the joint model; adversarial ones from `config.adversarial_from` on.

    Args:
        model: sizes of the synthesizer.
        config: weights of the losses and shape of the batches.
        packs: where recordings come from.
        encoder: the trained content encoder.
        training: frames of a batch, and whose languages are trained.
    """

    of_this_data = frozenset({"judge"})

    def __init__(
        self, model: ModelConfig, config: SynthesisConfig, packs: list[Pack], encoder: Path, training: TrainingConfig
    ) -> None:
        self.config, self.model = config, model
        self.synthesizer = Synthesizer(model)
        self.discriminators = Discriminators(config.discriminator_channels)
        self.hop = model.mel.hop_length
        self.mel = LogMel(model.mel)
        self.mel_loss = MelLoss(model.mel.sample_rate)
        self.listener = Listener(load_encoder(encoder_file(encoder)), model.mel.sample_rate)
        self.measures = nn.ModuleList([self.mel, self.mel_loss, self.listener])
        self.packs = packs
        items = items_of(packs, training.languages)
        self.development = [item for item in items if item[1].subset == "dev" and item[1].n_symbols > 0]
        fit = [item for item in items if item[1].subset == "train"]
        self.windows = Windows(fit, config, model.mel, encoder, training.batch_frames)
        self.sampler = self.windows.sampler
        self.judge = VoiceJudge(self.mel, _JUDGE_CHANNELS, len(self.windows.voices))
        self.networks = nn.ModuleDict(
            {"synthesizer": self.synthesizer, "discriminators": self.discriminators, "judge": self.judge}
        )
        self.optimized = {"synthesizer": ["synthesizer"], "discriminators": ["discriminators", "judge"]}
        self.decoded: tuple[Tensor, Tensor] | None = None
        self.kept = ("text_encoder",) if config.prosody_only or config.decoder_only else ()

    def make_ready(self) -> None:
        for pack in self.packs:
            self.windows.content_of(pack)
            if self.config.denoised_targets:
                pack.denoised  # noqa: B018 - made once, and not in every process that makes batches
        self.windows.paces  # noqa: B018 - the same

    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> dict[str, Any]:
        return self.windows.draw(generator, not self._alone(step), share)

    def seconds(self, batch: dict[str, Any]) -> float:
        return float(batch["frames"].sum()) * self.hop / self.model.mel.sample_rate

    def _alone(self, step: int) -> bool:
        """Whether spec posterior, style encoder and decoder are trained alone."""
        config = self.config
        return not (config.prosody_only or config.decoder_only) and step < config.autoencoder_steps

    # -- losses -------------------------------------------------------------------------------------------------------

    def losses(self, optimizer: str, batch: dict[str, Any], step: int) -> dict[str, Tensor] | None:
        if self.config.prosody_only:
            return None if optimizer == "discriminators" else self._prosody_alone(batch)
        adversarial = step >= self.config.adversarial_from
        if optimizer == "discriminators":
            if not adversarial or self.decoded is None:
                return None
            real, fake = self.decoded
            mel = self.mel(_wanted(batch))
            heard = self.judge(mel, length_mask(batch["frames"], mel.shape[1]))
            both = self.discriminators(torch.cat([real, fake.detach()]))
            n_real, n_all = len(real), len(real) + len(fake)
            return {
                "discriminator": discriminator_loss(
                    some_items(both, 0, n_real, n_all), some_items(both, n_real, n_all, n_all)
                ),
                "judge": voice_loss(heard, batch["voice"]),
            }
        losses, waveform = self._synthesis_losses(batch, self._alone(step))
        if adversarial:
            real, fake, pairs = self._segments(batch, waveform)
            self.decoded = (real, fake)
            self.discriminators.requires_grad_(False)
            with torch.no_grad():
                real_outputs = self.discriminators(real)
            fake_outputs = self.discriminators(fake)
            self.discriminators.requires_grad_(True)
            said = (batch["decode_text"] | batch["decode_content"]).nonzero()[:, 0]
            losses["voice"] = self.config.judge_weight * self._voice_loss(batch, waveform, said)
            losses["adversarial"] = self.config.adversarial_weight * generator_loss(fake_outputs)
            losses["feature_matching"] = self.config.feature_matching_weight * feature_matching_loss(
                some_items(real_outputs, 0, pairs, len(real)), some_items(fake_outputs, 0, pairs, len(fake))
            )
        return losses

    def _prosody_alone(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """Losses of durations and pitch; what they read gets no gradient."""
        with torch.no_grad():
            size = batch["log_pitch"].shape[1]
            mask = length_mask(batch["frames"], size)
            text, prior = self._read(batch, size)
            voices = self._voices(batch)
        return self._prosody_losses(batch, mask, voices, text, prior)

    def _voice_loss(self, batch: dict[str, Any], waveform: Tensor, windows: Tensor) -> Tensor:
        """How far the judge is from hearing the wanted voices in decoded windows, whose indices are given."""
        voices = batch["voice"]
        if "other_voice" in batch:
            voices = voices.index_copy(0, batch["swapped"].nonzero()[:, 0], batch["other_voice"])
        if not len(windows):  # other processes may have some, and wait for this one
            return voice_loss(waveform.new_zeros(0, len(self.windows.voices)), voices[windows])
        mel = self.mel(waveform[windows])
        heard = hear(self.judge, mel, length_mask(batch["frames"][windows], mel.shape[1]))
        return voice_loss(heard, voices[windows])

    def _segments(self, batch: dict[str, Any], waveform: Tensor) -> tuple[Tensor, Tensor, int]:
        """Random pieces of real [B', S'] and decoded [B'', S'] audio, from full-band recordings where there are any.

        The first of both, as many as the number returned, are the same pieces of the same recordings; swapped windows,
        which no recording goes with, come last.
        """
        size = min(self.config.segment_frames * self.hop, waveform.shape[1])
        paired = (batch["judged"] & ~batch["swapped"]).nonzero()[:, 0]
        real = torch.cat([paired, (batch["judged"] & batch["swapped"]).nonzero()[:, 0]])
        fake = torch.cat([paired, batch["judged_swapped"].nonzero()[:, 0]])
        room = (batch["frames"] * self.hop - size).clamp(min=0)
        starts = (torch.rand(len(room), device=room.device) * room).long()
        index = starts[:, None] + torch.arange(size, device=room.device)
        pieces = _wanted(batch)[real].gather(1, index[real]), waveform[fake].gather(1, index[fake])
        return *pieces, len(paired)

    def _mel(self, batch: dict[str, Any], what: str) -> Tensor:
        """Mel of a batch's "audio" or "reference"; some lose their band above 8 kHz, as narrow recordings have."""
        mel = self.mel(batch[what])
        above = (self.mel.centre_frequencies > NARROW_BAND)[None, None, :] & batch["narrow"][:, None, None]
        return mel.masked_fill(above, np.log(1e-5))

    def _synthesis_losses(self, batch: dict[str, Any], alone: bool) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of the generator and its decoded windows [B, S]; `alone` leaves out all that needs text or content."""
        model, config = self.synthesizer, self.config
        with torch.set_grad_enabled(torch.is_grad_enabled() and not config.decoder_only):
            mel = self._mel(batch, "audio")
            mask = length_mask(batch["frames"], mel.shape[1])
            voices = self._voices(batch)
            spec = model.spec_posterior(mel, mask, voices.style[:, None])
        if alone:
            zero = torch.zeros_like(spec.sample)
            divergence = kl_divergence(spec.sample, spec.log_std, zero, zero, mask) * weight_of(mask.sum())
            losses = {"kl_spec": config.autoencoder_kl * divergence}
            latent, weights = spec.sample, torch.ones_like(mask[:, 0, 0])
        else:
            if config.decoder_only:
                losses, latent = {}, self._latents_alone(batch, mask, voices, spec)
            else:
                losses, latent = self._joint_losses(batch, mask, voices, spec)
            weights = torch.where(batch["decode_text"] | batch["decode_content"], config.path_weight, 1.0)
            weights = weights.masked_fill(batch["swapped"], 0.0)
        filters = model.filters(latent, mask, voices.heard)
        with torch.autocast(mel.device.type, enabled=False):
            start = torch.rand(len(mel), device=mel.device)
            pulses = pulse_train(voices.log_pitch, model.renderer.sample_rate, self.hop, start)
            waveform = model.renderer(filters, pulses, torch.randn_like(pulses))
            waveform = waveform * mask[:, :, 0].repeat_interleave(self.hop, dim=1)
            losses["mel"] = config.mel_weight * self.mel_loss(
                waveform, _wanted(batch), batch["bandwidth"], mask.mean((1, 2)), weights
            )
        if not alone:
            said = (batch["decode_text"] | batch["decode_content"]).nonzero()[:, 0]
            losses["words"] = config.words_weight * content_distance(
                self.listener, waveform[said], _wanted(batch)[said], batch["frames"][said], mask[said, :, 0]
            )
            swapped = voices.swapped
            losses["style"] = config.style_weight * style_distance(
                model.style_encoder, self.mel, waveform[swapped], mask[swapped], voices.others, voices.style
            )
        return losses, waveform

    def _voices(self, batch: dict[str, Any]) -> _Voices:
        """Styles and melodies of a batch."""
        model = self.synthesizer
        reference = self._mel(batch, "reference")
        style = model.style_encoder(reference, length_mask(batch["reference_frames"], reference.shape[1]))
        own = model.sound_condition(style, batch["log_pitch"], batch["voicing"])
        swapped = batch["swapped"].nonzero()[:, 0]
        if not len(swapped):
            return _Voices(style, own, own, batch["log_pitch"], swapped, style[:0])
        mel = self.mel(batch["other_reference"])
        others = model.style_encoder(mel, length_mask(batch["other_reference_frames"], mel.shape[1])).detach()
        height, rise, stretch = (batch[key][:, None] for key in ("height", "rise", "stretch"))
        moved = height + rise + stretch * (batch["log_pitch"][swapped] - height)
        log_pitch = batch["log_pitch"].index_copy(0, swapped, moved)
        heard = model.sound_condition(style.index_copy(0, swapped, others), log_pitch, batch["voicing"])
        return _Voices(style, own, heard, log_pitch, swapped, others)

    def _joint_losses(
        self, batch: dict[str, Any], mask: Tensor, voices: _Voices, spec: Posterior
    ) -> tuple[dict[str, Tensor], Tensor]:
        """KL, duration and pitch losses, and the latents to decode: of the posterior, from text and from content."""
        model, config = self.synthesizer, self.config
        language = model.language(batch["language"])[:, None]
        with_text = batch["text"].float()[:, None, None]
        text_mask = mask * with_text
        text, prior = self._read(batch, mask.shape[1])
        content = model.content_posterior(batch["content"], mask, language)
        spec_as_content = model.content_to_spec_flow(spec.sample, mask, voices.own)
        content_as_text = model.text_to_content_flow(content.sample, mask, language)
        some = batch["text_spec"].nonzero()[:, 0]
        spec_as_text = model.text_to_content_flow(spec_as_content[some], mask[some], language[some])
        of_all, of_texts, of_some = (weight_of(own.sum()) for own in (mask, text_mask, text_mask[some]))
        losses = {
            "kl_text_content": (config.kl_text_content * of_texts)
            * kl_divergence(content_as_text, content.log_std, prior.mean, prior.log_std, text_mask),
            "kl_content_spec": (config.kl_content_spec * of_all)
            * kl_divergence(spec_as_content, spec.log_std, content.mean, content.log_std, mask),
            "kl_text_spec": (config.kl_text_spec * of_some)
            * kl_divergence(spec_as_text, spec.log_std[some], prior.mean[some], prior.log_std[some], text_mask[some]),
        }
        losses |= self._prosody_losses(batch, mask, voices, text, prior)
        noise = config.path_noise * torch.randn_like(spec.mean)
        said = self._said(batch, mask, prior, noise)
        with_words = batch["text"].nonzero()[:, 0]
        heard = content.mean.detach() * text_mask
        level = mean_over_ranks(heard.abs().sum()).clamp(min=1e-3)
        distance = ((said - heard[with_words]).abs() * mask[with_words]).sum() / level
        losses["text_latent"] = config.text_latent_weight * distance
        return losses, self._latents(batch, mask, voices, spec, content, said, noise)

    @torch.no_grad()
    def _latents_alone(self, batch: dict[str, Any], mask: Tensor, voices: _Voices, spec: Posterior) -> Tensor:
        """The latents to decode, which stay as they are."""
        _, prior = self._read(batch, mask.shape[1])
        language = self.synthesizer.language(batch["language"])[:, None]
        content = self.synthesizer.content_posterior(batch["content"], mask, language)
        noise = self.config.path_noise * torch.randn_like(spec.mean)
        return self._latents(batch, mask, voices, spec, content, self._said(batch, mask, prior, noise), noise)

    def _said(self, batch: dict[str, Any], mask: Tensor, prior: FramePrior, noise: Tensor) -> Tensor:
        """Content latents [B', T, Z] read from text, of the windows that have one."""
        with_words = batch["text"].nonzero()[:, 0]
        if not len(with_words):
            return noise[:0]
        text_prior = FramePrior(*(p[with_words] for p in prior))
        said_in = batch["language"][with_words, None]
        return self.synthesizer.content_from_text(text_prior, noise[with_words], mask[with_words], said_in)

    def _latents(
        self,
        batch: dict[str, Any],
        mask: Tensor,
        voices: _Voices,
        spec: Posterior,
        content: Posterior,
        said: Tensor,
        noise: Tensor,
    ) -> Tensor:
        """Spec latents to decode: of the posterior, from text (content latents `said`) and from content."""
        with_words = batch["text"].nonzero()[:, 0]
        z_paths = content.mean + noise * content.log_std.exp()  # read from text, or heard where that is not decoded
        own = batch["decode_text"][with_words]
        z_paths = z_paths.index_copy(0, with_words[own], said[own].to(z_paths.dtype))
        chosen = (batch["decode_text"] | batch["decode_content"]).nonzero()[:, 0]
        if len(chosen) == 0:
            return spec.sample
        own_voice = SoundCondition(*(part[chosen] for part in voices.heard))
        predicted = self.synthesizer.spec_from_content(z_paths[chosen], mask[chosen], own_voice)
        return spec.sample.index_copy(0, chosen, predicted.to(spec.sample.dtype))

    def _prosody_losses(
        self, batch: dict[str, Any], mask: Tensor, voices: _Voices, text: TextPrior, prior: FramePrior
    ) -> dict[str, Tensor]:
        """Of durations and pitch, as recorded and as moved to another's style."""
        model, config = self.synthesizer, self.config
        symbol_mask = length_mask(batch["n_symbols"], batch["durations"].shape[1])
        valid = symbol_mask[..., 0] * batch["text"].float()[:, None]
        text_mask = mask[..., 0] * batch["text"].float()[:, None]
        wanted = batch["durations"].float()
        durations = model.durations(text.hidden, symbol_mask, voices.style)
        losses = {"durations": config.duration_weight * duration_loss(durations, wanted, valid)}
        for name, pitch, where in (
            ("text_pitch", model.text_pitch(prior.pitch_features, mask, voices.style), text_mask),
            ("content_pitch", model.content_pitch(batch["content"], mask, voices.style), mask[..., 0]),
        ):
            losses[name] = config.pitch_weight * pitch_loss(pitch, batch["log_pitch"], batch["voicing"], where)
        swapped, others = voices.swapped, voices.others
        pace = batch["pace"][:, None] if len(swapped) else wanted[:0, :1]
        durations = model.durations(text.hidden[swapped], symbol_mask[swapped], others)
        losses["swapped_durations"] = config.duration_weight * duration_loss(
            durations, pace * wanted[swapped], valid[swapped]
        )
        from_text = model.text_pitch(prior.pitch_features[swapped], mask[swapped], others)
        from_content = model.content_pitch(batch["content"][swapped], mask[swapped], others)
        twice = torch.cat([swapped, swapped])
        losses["swapped_pitch"] = config.pitch_weight * pitch_loss(
            Pitch(*map(torch.cat, zip(from_text, from_content, strict=True))),
            voices.log_pitch[twice],
            batch["voicing"][twice],
            torch.cat([text_mask[swapped], mask[swapped, :, 0]]),
        )
        return losses

    def _read(self, batch: dict[str, Any], size: int) -> tuple[TextPrior, FramePrior]:
        """The text prior per symbol, and at frame rate, cut to each item's window of `size` frames."""
        symbols = batch["symbols"]
        mask = length_mask(batch["n_symbols"], symbols.shape[1])
        text = self.synthesizer.text_encoder(symbols[..., 0], symbols[..., 1], symbols[..., 2], mask)
        whole = int(batch["durations"].sum(1).max())
        prior = self.synthesizer.frame_prior(text, batch["durations"], whole)
        frames = batch["first"][:, None] + torch.arange(size, device=batch["first"].device)
        index = frames.clamp(max=whole - 1)[:, :, None]
        return text, FramePrior(*(p.gather(1, index.expand(-1, -1, p.shape[2])).float() for p in prior))

    # -- results ------------------------------------------------------------------------------------------------------

    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        from xespeech.training.report import report_synthesis

        report_synthesis(self, writer, cast(Synthesizer, averaged["synthesizer"]), step)

    def save(self, averaged: nn.ModuleDict, folder: Path, step: int) -> None:
        """The checkpoint is what `xespeech export` reads; nothing else is written."""


def _wanted(batch: dict[str, Any]) -> Tensor:
    """What decoded windows answer to [B, S]."""
    return batch.get("wanted", batch["audio"])
