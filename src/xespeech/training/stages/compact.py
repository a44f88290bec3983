"""Base of the stages of the compact voice: networks, batches, and the way from a batch to decoded windows.

Shapes: B batch, N symbols, T frames (50/s), Z latent channels, G style channels, M mel channels, S samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from xespeech.audio.mel_torch import LogMel
from xespeech.config import ModelConfig
from xespeech.content.store import encoder_file, load_encoder
from xespeech.data.pack import Pack
from xespeech.model.discriminator import Discriminators, VocoderDiscriminators
from xespeech.model.layers import length_mask
from xespeech.model.posterior import Posterior
from xespeech.model.synthesizer import FramePrior, SoundCondition, Synthesizer
from xespeech.model.text_encoder import TextPrior
from xespeech.training.adversaries import Adversaries, verdict_on
from xespeech.training.batch import SynthesisBatch, Words
from xespeech.training.config import SynthesisConfig, TrainingConfig
from xespeech.training.consistency import NARROW_BAND, Listener, VoiceJudge, content_distance, style_distance
from xespeech.training.content_features import PackedContent
from xespeech.training.ranks import Share, mean_over_ranks
from xespeech.training.sampling import items_of
from xespeech.training.spectral_loss import LEARNT_BAND, SpectralLoss
from xespeech.training.task import Task, Update
from xespeech.training.voice_change import change_voices
from xespeech.training.windows import Windows

_JUDGE_CHANNELS = 256
SILENCE = float(np.log(1e-5))
"""Log-mel of what is masked."""


@dataclass(frozen=True)
class StageSetup:
    """Settings and data of a stage, the arguments of all of them.

    Attributes:
        model: sizes of the synthesizer.
        config: which stage, weights of its losses and shape of its batches.
        packs: where recordings come from.
        encoder: folder of the trained content encoder.
        training: frames of a batch, and whose languages are trained.
    """

    model: ModelConfig
    config: SynthesisConfig
    packs: list[Pack]
    encoder: Path
    training: TrainingConfig


class VoicesOfBatch(NamedTuple):
    """Styles, conditions and pitch of the voices of a batch.

    Attributes:
        style: of each recording [B, G].
        recorded: conditions of the sound of each recording.
        decoded: conditions that are decoded with: another style and mean pitch in the windows of `batch.others`.
        log_pitch: the same, melody alone [B, P].
        others: styles of those windows [Q, G], without gradient.
    """

    style: Tensor
    recorded: SoundCondition
    decoded: SoundCondition
    log_pitch: Tensor
    others: Tensor


class ReadText(NamedTuple):
    """Texts as the text encoder reads them: its prior per symbol, and the same at frame rate, cut to the windows."""

    text: TextPrior
    prior: FramePrior


class Encoded(NamedTuple):
    """A batch as the networks encode it.

    Attributes:
        mask: valid frames [B, T, 1].
        voices: styles and melodies.
        spec, content: posteriors of both latents.
        texts: the text prior, per symbol and per frame.
        noise: of the content latents, already scaled [B, T, Z].
        from_text: content latents from text, of the windows that have one [W, T, Z].
    """

    mask: Tensor
    voices: VoicesOfBatch
    spec: Posterior
    content: Posterior
    texts: ReadText
    noise: Tensor
    from_text: Tensor


class CompactStage(Task):
    """Synthesizer, discriminators and judge of voices; a stage says what their steps are.

    Args:
        setup: settings and data.
    """

    of_this_data = frozenset({"judge"})
    discriminators_of: type[Discriminators | VocoderDiscriminators] = Discriminators
    reads_words = True

    def __init__(self, setup: StageSetup) -> None:
        self.config, self.packs = setup.config, setup.packs
        mel = setup.model.mel
        self.hop, self.factor, self.sample_rate = setup.model.hop_length, setup.model.frame_factor, mel.sample_rate
        self.synthesizer = Synthesizer(setup.model)
        self.discriminators = self.discriminators_of(setup.config.discriminator_channels)
        self.mel, self.spectral_loss = LogMel(mel), SpectralLoss(mel.sample_rate)
        self.listener = Listener(load_encoder(encoder_file(setup.encoder)), mel)
        self.loss_modules = nn.ModuleList([self.mel, self.spectral_loss, self.listener])
        items = items_of(setup.packs, setup.training.languages)
        self.development = [item for item in items if item[1].subset == "dev" and item[1].n_symbols > 0]
        self.content = PackedContent(setup.encoder)
        fit = [item for item in items if item[1].subset == "train"]
        self.windows = Windows(fit, setup.config, setup.model, self.content, setup.training.batch_frames)
        self.sampler = self.windows.sampler
        self.judge = VoiceJudge(self.mel, _JUDGE_CHANNELS, len(self.windows.voices.ids))
        self.networks = nn.ModuleDict(
            {"synthesizer": self.synthesizer, "discriminators": self.discriminators, "judge": self.judge}
        )
        self.optimized = {"synthesizer": ["synthesizer"], "discriminators": ["discriminators", "judge"]}
        self._recorded: tuple[Tensor, Tensor] | None = None
        self.adversaries = Adversaries(self.discriminators, self.judge, self.mel, setup.config, self.hop)

    def make_ready(self) -> None:
        for pack in self.packs:
            if self.reads_words:
                self.content.of(pack)
            if self.config.denoised_targets:
                pack.denoised  # noqa: B018 - made once, and not in every process that makes batches
        if self.reads_words:
            self.windows.voices.paces  # noqa: B018 - the same

    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> SynthesisBatch:
        return self.windows.draw(generator, self.reads_words, share)

    def seconds(self, batch: SynthesisBatch) -> float:
        return float(batch.frames.sum()) * self.hop / self.sample_rate

    # -- from a batch to latents --------------------------------------------------------------------------------------

    def frame_mask(self, batch: SynthesisBatch) -> Tensor:
        """Valid frames of the windows [B, T, 1]."""
        return length_mask(batch.frames, batch.log_pitch.shape[1] // self.factor)

    def in_pitch_frames(self, values: Tensor) -> Tensor:
        """Values of frames [B, T] for each of their pitch frames [B, P]."""
        return values.repeat_interleave(self.factor, dim=1)

    def changed(self, batch: SynthesisBatch, mel: Tensor) -> Tensor:
        """Mel [B, P, M] of a batch's recordings or references, in the voices that they are changed to."""
        return mel if batch.change is None else change_voices(mel, batch.change, self.mel.centre_frequencies)

    def recorded_mel(self, batch: SynthesisBatch, audio: Tensor) -> Tensor:
        """Mel [B, P, M] of a batch's `audio` or `targets`, mostly the same, which several losses of a step ask for."""
        if self._recorded is None or self._recorded[0] is not audio:
            self._recorded = audio, self.changed(batch, self.mel(audio))
        return self._recorded[1]

    def masked_mel(self, batch: SynthesisBatch, mel: Tensor) -> Tensor:
        """Mel [B, P, M] of which some items lose their band above 8 kHz, as narrow recordings have."""
        above = (self.mel.centre_frequencies > NARROW_BAND)[None, None, :] & batch.narrow[:, None, None]
        return mel.masked_fill(above, SILENCE)

    def voices(self, batch: SynthesisBatch) -> VoicesOfBatch:
        """Styles and melodies of a batch."""
        model, others = self.synthesizer, batch.others
        reference = self.masked_mel(batch, self.changed(batch, self.mel(batch.reference)))
        style = model.style_encoder(reference, length_mask(batch.reference_frames, reference.shape[1] // self.factor))
        recorded = model.sound_condition(style, batch.log_pitch, batch.voicing)
        if not len(others.windows):
            return VoicesOfBatch(style, recorded, recorded, batch.log_pitch, style[:0])
        mel = self.mel(others.reference)
        theirs = model.style_encoder(mel, length_mask(others.reference_frames, mel.shape[1] // self.factor)).detach()
        height, rise, stretch = (values[:, None] for values in (others.height, others.rise, others.stretch))
        moved = height + rise + stretch * (batch.log_pitch[others.windows] - height)
        log_pitch = batch.log_pitch.index_copy(0, others.windows, moved)
        decoded = model.sound_condition(style.index_copy(0, others.windows, theirs), log_pitch, batch.voicing)
        return VoicesOfBatch(style, recorded, decoded, log_pitch, theirs)

    def read_text(self, batch: SynthesisBatch) -> ReadText:
        """The texts of a batch."""
        words = words_of(batch)
        mask = length_mask(words.n_symbols, words.symbols.shape[1])
        text = self.synthesizer.text_encoder(*words.symbols.unbind(-1), mask)
        prior = self.synthesizer.frame_prior(text, words.durations, words.most_frames)
        frames = batch.first[:, None] + torch.arange(batch.log_pitch.shape[1] // self.factor, device=batch.first.device)
        index = frames.clamp(max=words.most_frames - 1)[:, :, None]
        return ReadText(text, FramePrior(*(p.gather(1, index.expand(-1, -1, p.shape[2])).float() for p in prior)))

    def content_from_text(self, batch: SynthesisBatch, mask: Tensor, prior: FramePrior, noise: Tensor) -> Tensor:
        """Content latents read from text [W, T, Z], of the windows that have one."""
        rows = words_of(batch).with_text
        if not len(rows):
            return noise[:0]
        prior = FramePrior(*(values[rows] for values in prior))
        return self.synthesizer.content_from_text(prior, noise[rows], mask[rows], batch.language[rows, None])

    # -- from latents to losses ---------------------------------------------------------------------------------------

    def decode_mel(self, batch: SynthesisBatch, latent: Tensor, mask: Tensor, voices: VoicesOfBatch) -> Tensor:
        """Log-mels [B, P, M] of latents [B, T, Z]."""
        return self.synthesizer.decode_mel(latent, mask, voices.decoded, voices.log_pitch, batch.voicing)

    def render(self, batch: SynthesisBatch, mel: Tensor, mask: Tensor, voices: VoicesOfBatch) -> Tensor:
        """Windows [B, S] that the vocoder makes of mels [B, P, M], 0 in the padding."""
        start = self.pulse_phase(batch, voices)
        waveform = self.synthesizer.vocoder(mel, voices.log_pitch, batch.voicing, start)
        return waveform * mask[:, :, 0].repeat_interleave(self.hop, dim=1)

    def pulse_phase(self, batch: SynthesisBatch, voices: VoicesOfBatch) -> Tensor:
        """Phase of the pulses that are rendered, in cycles [B, 1 or S]: random, as melodies may be another voice's."""
        return torch.rand(len(voices.log_pitch), 1, device=voices.log_pitch.device)

    def sound_losses(
        self, batch: SynthesisBatch, waveform: Tensor, spoken: Tensor, mask: Tensor, voices: VoicesOfBatch
    ) -> dict[str, Tensor]:
        """Distances of windows [B, S] from the spectra of their targets, from their words and from the style.

        Args:
            batch: the recordings.
            waveform: decoded windows.
            spoken: mel of those decoded from text or content [P, ., M].
            mask: valid frames [B, T, 1].
            voices: styles.
        """
        config, said, others = self.config, batch.predicted, batch.others.windows
        words = content_distance(
            self.listener, waveform[said], batch.targets[said], batch.frames[said], mask[said, :, 0]
        )
        style = style_distance(
            self.synthesizer.style_encoder,
            spoken[torch.searchsorted(said, others)],
            mask[others],
            voices.others,
            voices.style,
        )
        return {
            "spectra": self.spectral_distance(batch, waveform),
            "words": config.words_weight * words,
            "style": config.style_weight * style,
        }

    def mel_distance(self, batch: SynthesisBatch, decoded: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Weighted L1 of log-mels [B, P, M] below each recording's bandwidth; windows in another's style have none."""
        below = (self.mel.centre_frequencies[None, :] < LEARNT_BAND * batch.bandwidth[:, None]).float()
        below = below / below.mean(1, keepdim=True)
        valid = self.in_pitch_frames(mask[..., 0]) * self.window_weights(batch)[:, None]
        distance = ((decoded - target).abs() * below[:, None, :]).mean(2)
        return self.config.mel_weight * (distance * valid).sum() / mean_over_ranks(valid.sum()).clamp(min=1)

    def spectral_distance(self, batch: SynthesisBatch, waveform: Tensor) -> Tensor:
        """Weighted distance of the spectra of decoded windows from those of their targets."""
        compared = (waveform, batch.targets, batch.bandwidth, self.window_weights(batch))
        with torch.autocast(waveform.device.type, enabled=False):
            return self.config.spectral_weight * self.spectral_loss(*(values[batch.own] for values in compared))

    def window_weights(self, batch: SynthesisBatch) -> Tensor:
        """Weight of each window in losses that compare it with its recording [B]: 0 in another's style."""
        weights = torch.ones_like(batch.bandwidth).index_fill(0, batch.predicted, self.config.path_weight)
        return weights.index_fill(0, batch.others.windows, 0.0)

    def with_adversaries(
        self,
        batch: SynthesisBatch,
        step: int,
        losses: dict[str, Tensor],
        waveform: Tensor,
        spoken: Tensor | None = None,
    ) -> Iterator[Update]:
        """The synthesizer's update, from `adversarial_from` on with what the adversaries say, and then theirs.

        Args:
            batch: the recordings.
            step: steps done before.
            losses: of the synthesizer.
            waveform: decoded windows [B, S].
            spoken: mel of those decoded from text or content [P, ., M], for the judge of voices; None without it.
        """
        if step < self.config.adversarial_from:
            yield Update("synthesizer", losses)
            return
        segments = self.adversaries.segments(batch, waveform)
        verdict = verdict_on(self.discriminators, segments)
        losses = losses | self.adversaries.deceive(batch, spoken, verdict)
        yield Update("synthesizer", losses, graph_is_kept=True)
        mel = self.recorded_mel(batch, batch.targets) if self.config.judge_weight else None
        yield Update("discriminators", self.adversaries.learn(batch, verdict, mel))

    # -- results ------------------------------------------------------------------------------------------------------

    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        from xespeech.training.report import report_synthesis

        synthesizer = cast(Synthesizer, averaged["synthesizer"])
        report_synthesis(writer, synthesizer, self.development, self.content, step)


def words_of(batch: SynthesisBatch) -> Words:
    """Words of a batch that was drawn with them."""
    assert batch.words is not None
    return batch.words
