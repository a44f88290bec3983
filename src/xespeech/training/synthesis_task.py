"""Joint training of the synthesizer: text to speech and voice conversion in one model.

Windows of at most two seconds are decoded; texts are encoded whole. Durations come from the content encoder's forced
alignment, so no step needs whole sentences at frame rate.

Shapes: B batch, N symbols, T frames (50/s), Z latent channels, M mel channels, S samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from xespeech.audio.mel_torch import LogMel
from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import REFERENCE_PITCH, ModelConfig, SynthesisConfig, TrainingConfig
from xespeech.content.store import encoder_file, load_encoder
from xespeech.data.pack import Pack, Row
from xespeech.model.decoder import pulse_train
from xespeech.model.discriminator import Discriminators
from xespeech.model.layers import length_mask
from xespeech.model.pitch import Pitch
from xespeech.model.posterior import Posterior, kl_divergence
from xespeech.model.synthesizer import FramePrior, SoundCondition, Synthesizer
from xespeech.model.text_encoder import TextPrior
from xespeech.text.symbols import LANGUAGES
from xespeech.training.consistency import Listener, VoiceJudge, content_distance, voice_loss
from xespeech.training.content_features import Content, attach_content
from xespeech.training.loop import Task
from xespeech.training.losses import (
    MelLoss,
    discriminator_loss,
    feature_matching_loss,
    generator_loss,
    some_items,
)
from xespeech.training.ranks import Share, mean_over_ranks, weight_of
from xespeech.training.sampling import Item, LengthSampler, balanced_weights, items_of

TEXT_SPEC_SHARE = 4  # the text-to-spec divergence is estimated on every 4th item: a third pass through a flow is dear

MOST_RISE = 1.2  # log-Hz by which a melody is moved into another voice

MOST_STRETCH = 1.8  # by which it is stretched or flattened

MELODIES = 50  # recordings of a voice whose melodies tell how far it usually rises and falls

_JUDGE_CHANNELS = 256

SPREAD_WEIGHT = 3.0  # of the distance of the melody's spread, where its L1 distance weighs 4


class SynthesisTask(Task):
    """All losses of the joint model; adversarial ones from `config.adversarial_from` on.

    Args:
        model: sizes of the synthesizer.
        config: weights of the losses and shape of the batches.
        packs: where recordings come from.
        encoder: the trained content encoder.
        training: frames of a batch, and whose languages are trained.
    """

    def __init__(
        self, model: ModelConfig, config: SynthesisConfig, packs: list[Pack], encoder: Path, training: TrainingConfig
    ) -> None:
        self.config, self.model = config, model
        self.encoder = encoder
        self.content: dict[int, Content] = {}
        self.synthesizer = Synthesizer(model)
        self.discriminators = Discriminators(config.discriminator_channels)
        self.hop = model.mel.hop_length
        self.mel = LogMel(model.mel)
        self.mel_loss = MelLoss(model.mel.sample_rate)
        self.listener = Listener(load_encoder(encoder_file(encoder)), model.mel.sample_rate)
        self.measures = nn.ModuleList([self.mel, self.mel_loss, self.listener])
        self.packs = packs
        items = items_of(packs, training.languages)
        fit = [item for item in items if item[1].subset == "train"]
        self.development = [item for item in items if item[1].subset == "dev" and item[1].n_symbols > 0]
        self.by_style: dict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in fit:
            self.by_style[item[1].speaker, item[1].style].append(item)
        self.voices = {voice: index for index, voice in enumerate(sorted(self.by_style))}
        self.deviations = {voice: _usual_deviation(recordings) for voice, recordings in self.by_style.items()}
        self.judge = VoiceJudge(self.mel, _JUDGE_CHANNELS, max(1, len(self.voices)))
        self.networks = nn.ModuleDict(
            {"synthesizer": self.synthesizer, "discriminators": self.discriminators, "judge": self.judge}
        )
        self.optimized = {"synthesizer": ["synthesizer"], "discriminators": ["discriminators", "judge"]}
        weights = balanced_weights([row for _, row in fit], config.language_shares, config.untranscribed_weight)
        self.sampler = LengthSampler(fit, weights, training.batch_frames, longest=config.window_frames)
        self.decoded: tuple[Tensor, Tensor] | None = None

    # -- batches ------------------------------------------------------------------------------------------------------

    def make_ready(self) -> None:
        for pack in self.packs:
            self._content_of(pack)

    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> dict[str, Any]:
        everyone = self.sampler.draw(generator, share.of)
        longest = min(self.config.window_frames, max(row.n_frames for _, row in everyone))
        joint = step >= self.config.autoencoder_steps
        windows = [int(generator.integers(0, max(1, row.n_frames - longest + 1))) for _, row in everyone]
        references = [self._reference(item, generator) for item in everyone]
        most = max(count for _, _, count in references)
        order = torch.from_numpy(generator.permutation(len(everyone)))
        rank = (order + 0.5) / len(everyone)
        narrow = torch.from_numpy(generator.random(len(everyone)) < self.config.narrow_band_share)
        changed = (generator.random(len(everyone)) < self.config.other_voice_share).tolist()
        wide = torch.tensor([self._is_full_band(row) for _, row in everyone])
        others = [int(i) for i in generator.permutation(len(everyone))]
        shares = self.config.text_share + self.config.content_share
        swapped = (rank < shares) & torch.from_numpy(generator.random(len(everyone)) < self.config.other_style_share)
        everywhere = all(bool(wide[index :: share.of].any()) for index in range(share.of))
        judged = wide if everywhere else torch.ones_like(wide)
        for index in range(share.of):  # every process needs a piece that the discriminators see beside its recording
            if not joint or not bool((judged & ~swapped)[index :: share.of].any()):
                swapped[index :: share.of] = False

        items, own = share.own(everyone), slice(share.index, None, share.of)
        firsts = share.own(windows)
        examples = [self._sound(*item, first, longest) for item, first in zip(items, firsts, strict=True)]
        heard = [
            pack.audio(row, first * self.hop, count * self.hop) for (pack, row), first, count in share.own(references)
        ]
        batch: dict[str, Any] = {key: torch.from_numpy(np.stack([e[key] for e in examples])) for key in examples[0]}
        batch["reference"] = torch.from_numpy(np.stack([np.pad(r, (0, most * self.hop - len(r))) for r in heard]))
        batch["reference_frames"] = torch.tensor([len(r) // self.hop for r in heard])
        batch["decode_text"] = rank[own] < self.config.text_share
        batch["decode_content"] = ~batch["decode_text"] & (rank[own] < shares)
        batch["text_spec"] = order[own] % TEXT_SPEC_SHARE == 0
        batch["narrow"] = narrow[own]
        batch["voice"] = torch.tensor([self.voices[row.speaker, row.style] for _, row in items])
        batch["judged"] = judged[own]
        batch["swapped"] = swapped[own]
        full_band = torch.tensor([self._is_full_band(references[other][0][1]) for other in others])
        batch["judged_swapped"] = swapped[own] & (full_band[own] if everywhere else True)
        if bool(swapped[own].any()):
            batch |= self._others(
                [
                    (item, references[others[i]])
                    for i, item in enumerate(everyone)
                    if swapped[i] and i % share.of == share.index
                ]
            )
        if joint:
            said = [
                self._words(*item, first, bool(how), longest)
                for item, first, how in zip(items, firsts, share.own(changed), strict=True)
            ]
            for key in ("content", "text"):
                batch[key] = torch.from_numpy(np.stack([w[key] for w in said]))
            for key in ("symbols", "durations"):
                batch[key] = nn.utils.rnn.pad_sequence([torch.from_numpy(w[key]) for w in said], batch_first=True)
            batch["n_symbols"] = torch.tensor([len(w["symbols"]) for w in said])
        return batch

    def seconds(self, batch: dict[str, Any]) -> float:
        return float(batch["frames"].sum()) * self.hop / self.model.mel.sample_rate

    def _sound(self, pack: Pack, row: Row, first: int, size: int) -> dict[str, np.ndarray]:
        """Audio and pitch of the window that starts at frame `first`, padded to `size` frames."""
        count = min(size, row.n_frames - first)
        log_pitch, voicing = interpolate_pitch(pack.pitch(row))
        audio = pack.audio(row, first * self.hop, count * self.hop)
        return {
            "audio": np.pad(audio, (0, size * self.hop - len(audio))),
            "log_pitch": np.pad(log_pitch[first : first + count], (0, size - count), mode="edge"),
            "voicing": np.pad(voicing[first : first + count], (0, size - count)),
            "frames": np.array(count),
            "first": np.array(first),
            "bandwidth": np.array(row.bandwidth, np.float32),
            "language": np.array(LANGUAGES.index(row.language)),
        }

    def _is_full_band(self, row: Row) -> bool:
        return row.bandwidth > 0.44 * self.model.mel.sample_rate

    def _others(self, pairs: list[tuple[Item, tuple[Item, int, int]]]) -> dict[str, Tensor]:
        """References whose style swapped windows take, and how much higher their speakers' voices lie, in log-Hz."""
        heard = [
            torch.from_numpy(pack.audio(row, first * self.hop, count * self.hop))
            for _, ((pack, row), first, count) in pairs
        ]
        own = torch.tensor([_mean_log_pitch(item) for item, _ in pairs])
        other = torch.tensor([_mean_log_pitch(reference[0]) for _, reference in pairs])
        deviations = torch.tensor(
            [[self.deviations[row.speaker, row.style] for _, row in (item, reference[0])] for item, reference in pairs]
        )
        return {
            "other_reference": nn.utils.rnn.pad_sequence(heard, batch_first=True),
            "other_reference_frames": torch.tensor([len(h) // self.hop for h in heard]),
            "other_voice": torch.tensor([self.voices[row.speaker, row.style] for _, ((_, row), _, _) in pairs]),
            "height": (own - np.log(REFERENCE_PITCH)).nan_to_num(0.0),
            "rise": (other - own).nan_to_num(0.0).clamp(-MOST_RISE, MOST_RISE),
            "stretch": (deviations[:, 1] / deviations[:, 0]).clamp(1 / MOST_STRETCH, MOST_STRETCH),
        }

    def aligned(self, item: Item) -> np.ndarray:
        """Frames of each symbol of a recording [N], by forced alignment."""
        pack, row = item
        durations = self._content_of(pack).durations
        return durations[row.symbols[0] : sum(row.symbols), 0].astype(np.int64)

    def _content_of(self, pack: Pack) -> Content:
        """Content features and durations of all recordings of a pack."""
        if id(pack) not in self.content:
            self.content[id(pack)] = attach_content(pack, self.encoder)
        return self.content[id(pack)]

    def _words(self, pack: Pack, row: Row, first: int, changed: bool, size: int) -> dict[str, np.ndarray]:
        """Content features of the window, as heard or in a changed voice; symbols and durations of the recording."""
        durations = self.aligned((pack, row))
        content_of_pack = self._content_of(pack)
        features = content_of_pack.other_voices if changed else content_of_pack.features
        count = min(size, row.n_frames - first)
        content = features[row.frames[0] + first : row.frames[0] + first + count].astype(np.float32)
        symbols = pack.symbols(row)
        aligned = len(symbols) > 0 and int(durations.sum()) == row.n_frames
        if not aligned:
            symbols = np.array([[0, 0, LANGUAGES.index(row.language)]], np.int64)
            durations = np.array([row.n_frames], np.int64)
        return {
            "content": np.pad(content, ((0, size - count), (0, 0))),
            "text": np.array(aligned),
            "symbols": symbols,
            "durations": durations,
        }

    def _reference(self, item: Item, generator: np.random.Generator) -> tuple[Item, int, int]:
        """A reference in the same voice and style, another recording half of the time; its first frame and length."""
        candidates = self.by_style[item[1].speaker, item[1].style]
        pack, row = candidates[generator.integers(len(candidates))] if generator.random() < 0.6 else item
        count = min(row.n_frames, self.config.reference_frames)
        return (pack, row), int(generator.integers(0, row.n_frames - count + 1)), count

    # -- losses -------------------------------------------------------------------------------------------------------

    def losses(self, optimizer: str, batch: dict[str, Any], step: int) -> dict[str, Tensor] | None:
        adversarial = step >= self.config.adversarial_from
        if optimizer == "discriminators":
            if not adversarial or self.decoded is None:
                return None
            real, fake = self.decoded
            mel = self.mel(batch["audio"])
            heard = self.judge(mel, length_mask(batch["frames"], mel.shape[1]))
            both = self.discriminators(torch.cat([real, fake.detach()]))
            n_real, n_all = len(real), len(real) + len(fake)
            return {
                "discriminator": discriminator_loss(
                    some_items(both, 0, n_real, n_all), some_items(both, n_real, n_all, n_all)
                ),
                "judge": voice_loss(heard, batch["voice"]),
            }
        losses, waveform = self._synthesis_losses(batch, alone=step < self.config.autoencoder_steps)
        if adversarial:
            real, fake, pairs = self._segments(batch, waveform)
            self.decoded = (real, fake)
            self.discriminators.requires_grad_(False)
            with torch.no_grad():
                real_outputs = self.discriminators(real)
            fake_outputs = self.discriminators(fake)
            self.discriminators.requires_grad_(True)
            said = (batch["decode_text"] | batch["decode_content"]).nonzero()[:, 0]
            losses["voice"] = self.config.voice_weight * self._voice_loss(batch, waveform, said)
            losses["adversarial"] = self.config.adversarial_weight * generator_loss(fake_outputs)
            losses["feature_matching"] = self.config.feature_matching_weight * feature_matching_loss(
                some_items(real_outputs, 0, pairs, len(real)), some_items(fake_outputs, 0, pairs, len(fake))
            )
        return losses

    def _voice_loss(self, batch: dict[str, Any], waveform: Tensor, windows: Tensor) -> Tensor:
        """How far the judge is from hearing the wanted voices in decoded windows, whose indices are given."""
        if not len(windows):
            return waveform.new_zeros(())
        voices = batch["voice"]
        if "other_voice" in batch:
            voices = voices.index_copy(0, batch["swapped"].nonzero()[:, 0], batch["other_voice"])
        mel = self.mel(waveform[windows])
        frozen = {name: parameter.detach() for name, parameter in self.judge.named_parameters()}
        heard = functional_call(self.judge, frozen, (mel, length_mask(batch["frames"][windows], mel.shape[1])))
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
        pieces = batch["audio"][real].gather(1, index[real]), waveform[fake].gather(1, index[fake])
        return *pieces, len(paired)

    def _mels(self, batch: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Mels of windows and references; some lose their band above 8 kHz, as narrow recordings have."""
        mel, reference = self.mel(batch["audio"]), self.mel(batch["reference"])
        centres = self.mel.centre_frequencies
        above = (centres > 7800.0)[None, None, :] & batch["narrow"][:, None, None]
        floor = np.log(1e-5)
        return mel.masked_fill(above, floor), reference.masked_fill(above, floor)

    def _synthesis_losses(self, batch: dict[str, Any], alone: bool) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of the generator and its decoded windows [B, S]; `alone` leaves out all that needs text or content."""
        model, config = self.synthesizer, self.config
        mel, reference = self._mels(batch)
        mask = length_mask(batch["frames"], mel.shape[1])
        style = model.style_encoder(reference, length_mask(batch["reference_frames"], reference.shape[1]))
        sound = model.sound_condition(style, batch["log_pitch"], batch["voicing"])
        swapped = batch["swapped"].nonzero()[:, 0]
        voice, log_pitch = sound, batch["log_pitch"]
        other = style[:0]
        if len(swapped):
            others = self.mel(batch["other_reference"])
            other = model.style_encoder(others, length_mask(batch["other_reference_frames"], others.shape[1])).detach()
            height, rise, stretch = (batch[key][:, None] for key in ("height", "rise", "stretch"))
            moved = height + rise + stretch * (log_pitch[swapped] - height)
            log_pitch = log_pitch.index_copy(0, swapped, moved)
            voice = model.sound_condition(style.index_copy(0, swapped, other), log_pitch, batch["voicing"])
        spec = model.spec_posterior(mel, mask, style[:, None])
        if alone:
            zero = torch.zeros_like(spec.sample)
            divergence = kl_divergence(spec.sample, spec.log_std, zero, zero, mask) * weight_of(mask.sum())
            losses = {"kl_spec": config.autoencoder_kl * divergence}
            latent, weights = spec.sample, torch.ones_like(mask[:, 0, 0])
        else:
            losses, latent = self._joint_losses(batch, mask, style, sound, voice, log_pitch, spec)
            weights = torch.where(batch["decode_text"] | batch["decode_content"], config.path_weight, 1.0)
            weights = weights.masked_fill(batch["swapped"], 0.0)
        filters = model.filters(latent, mask, voice)
        with torch.autocast(mel.device.type, enabled=False):
            start = torch.rand(len(mel), device=mel.device)
            pulses = pulse_train(log_pitch, model.renderer.sample_rate, self.hop, start)
            waveform = model.renderer(filters, pulses, torch.randn_like(pulses))
            waveform = waveform * mask[:, :, 0].repeat_interleave(self.hop, dim=1)
            losses["mel"] = config.mel_weight * self.mel_loss(
                waveform, batch["audio"], batch["bandwidth"], mask.mean((1, 2)), weights
            )
        if not alone:
            said = (batch["decode_text"] | batch["decode_content"]).nonzero()[:, 0]
            losses["words"] = config.words_weight * content_distance(
                self.listener, waveform[said], batch["audio"][said], batch["frames"][said], mask[said, :, 0]
            )
        return losses, waveform

    def _joint_losses(
        self,
        batch: dict[str, Any],
        mask: Tensor,
        style: Tensor,
        sound: SoundCondition,
        voice: SoundCondition,
        log_pitch: Tensor,
        spec: Posterior,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """KL, duration and pitch losses, and the latents to decode: of the posterior, from text and from content.

        Args:
            style: of each recording; `sound`, what its own sound depends on.
            voice, log_pitch: what is decoded with, another's style and height of voice where that is swapped.
        """
        model, config = self.synthesizer, self.config
        size = mask.shape[1]
        language = model.language(batch["language"])[:, None]
        with_text = batch["text"].float()[:, None, None]
        text_mask = mask * with_text
        symbols = batch["symbols"]
        symbol_mask = length_mask(batch["n_symbols"], symbols.shape[1])
        text = model.text_encoder(symbols[..., 0], symbols[..., 1], symbols[..., 2], symbol_mask)
        prior = self._window_prior(batch, text, size)

        content = model.content_posterior(batch["content"], mask, language)
        spec_as_content = model.content_to_spec_flow(spec.sample, mask, sound)
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
        wanted = batch["durations"].float()
        log_durations = model.durations(text.hidden, symbol_mask, style)
        valid_symbols = symbol_mask[..., 0] * with_text[..., 0]
        losses["durations"] = config.duration_weight * duration_loss(log_durations, wanted, valid_symbols)
        for name, pitch, valid in (
            ("text_pitch", model.text_pitch(prior.pitch_features, mask, style), text_mask[..., 0]),
            ("content_pitch", model.content_pitch(batch["content"], mask, style), mask[..., 0]),
        ):
            losses[name] = config.pitch_weight * pitch_loss(pitch, batch["log_pitch"], batch["voicing"], valid)
        swapped = batch["swapped"].nonzero()[:, 0]
        other = voice.style[swapped, 0]
        from_text = model.text_pitch(prior.pitch_features[swapped], mask[swapped], other)
        from_content = model.content_pitch(batch["content"][swapped], mask[swapped], other)
        twice = torch.cat([swapped, swapped])
        losses["swapped_pitch"] = config.pitch_weight * pitch_loss(
            Pitch(*map(torch.cat, zip(from_text, from_content, strict=True))),
            log_pitch[twice],
            batch["voicing"][twice],
            torch.cat([text_mask[swapped], mask[swapped]])[..., 0],
        )

        with_words = batch["text"].nonzero()[:, 0]
        noise = config.path_noise * torch.randn_like(spec.mean)
        z_paths = content.mean + noise * content.log_std.exp()  # read from text, or heard where that is not decoded
        decode_text = batch["decode_text"] & batch["text"]
        distance = noise.new_zeros(())
        heard = content.mean.detach() * text_mask
        level = mean_over_ranks(heard.abs().sum()).clamp(min=1e-3)
        if len(with_words):
            text_prior = FramePrior(*(p[with_words] for p in prior))
            said_in = batch["language"][with_words, None]
            z_text = model.content_from_text(text_prior, noise[with_words], mask[with_words], said_in)
            distance = ((z_text - heard[with_words]).abs() * mask[with_words]).sum() / level
            own = decode_text[with_words]
            z_paths = z_paths.index_copy(0, with_words[own], z_text[own].to(z_paths.dtype))
        losses["text_latent"] = config.text_latent_weight * distance
        chosen = (batch["decode_text"] | batch["decode_content"]).nonzero()[:, 0]
        if len(chosen) == 0:
            return losses, spec.sample
        own_voice = SoundCondition(*(part[chosen] for part in voice))
        predicted = model.spec_from_content(z_paths[chosen], mask[chosen], own_voice)
        return losses, spec.sample.index_copy(0, chosen, predicted.to(spec.sample.dtype))

    def _window_prior(self, batch: dict[str, Any], text: TextPrior, size: int) -> FramePrior:
        """The text prior at frame rate, cut to each item's window."""
        whole = int(batch["durations"].sum(1).max())
        prior = self.synthesizer.frame_prior(text, batch["durations"], whole)
        frames = batch["first"][:, None] + torch.arange(size, device=batch["first"].device)
        index = frames.clamp(max=whole - 1)[:, :, None]
        return FramePrior(*(p.gather(1, index.expand(-1, -1, p.shape[2])).float() for p in prior))

    # -- results ------------------------------------------------------------------------------------------------------

    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        from xespeech.training.report import report_synthesis

        report_synthesis(self, writer, cast(Synthesizer, averaged["synthesizer"]), step)

    def save(self, averaged: nn.ModuleDict, folder: Path, step: int) -> None:
        """The checkpoint is what `xespeech export` reads; nothing else is written."""


def _usual_deviation(items: Sequence[Item]) -> float:
    """Median over recordings of the deviation of their log-pitch."""
    found = []
    for pack, row in items[:MELODIES]:
        hertz = pack.pitch(row)
        if (hertz > 0).sum() > 1:
            found.append(float(np.log(hertz[hertz > 0]).std()))
    return max(0.05, float(np.median(found))) if found else 0.2


def _mean_log_pitch(item: Item) -> float:
    """Mean log-pitch of the voiced frames of a recording; nan if there are none."""
    pack, row = item
    hertz = pack.pitch(row)
    return float(np.log(hertz[hertz > 0]).mean()) if bool((hertz > 0).any()) else float("nan")


def duration_loss(log_durations: Tensor, durations: Tensor, mask: Tensor) -> Tensor:
    """Poisson deviance of predicted durations, per valid symbol; its optimum is the mean, so speech keeps its pace.

    Args:
        log_durations: predicted log of frames [B, N].
        durations: frames [B, N].
        mask: 1 where valid [B, N].
    """
    deviance = log_durations.exp() - durations - durations * (log_durations - durations.clamp(min=1).log())
    return (deviance * mask).sum() / mean_over_ranks(mask.sum()).clamp(min=1)


def pitch_loss(pitch: Pitch, log_pitch: Tensor, voicing: Tensor, mask: Tensor) -> Tensor:
    """L1 of log-pitch in voiced frames, distance of its spread, and cross-entropy of voicing, per valid frame.

    The first term alone is lowest near the middle of what is possible: a flat melody. The second holds the deviation
    of every window at that of its recording ("global variance", Toda & Tokuda 2007).

    Args:
        pitch: predicted [B, T].
        log_pitch, voicing: wanted [B, T].
        mask: 1 where valid [B, T].
    """
    voiced = voicing * mask
    distance = (pitch.log_pitch - log_pitch).abs() * voiced
    entropy = F.binary_cross_entropy_with_logits(pitch.voicing, voicing, reduction="none") * mask
    spread = (_spread(pitch.log_pitch, voiced) - _spread(log_pitch, voiced)).abs() * voiced.sum(1)
    total = (4.0 * distance + entropy).sum() + SPREAD_WEIGHT * spread.sum()
    return total / mean_over_ranks(mask.sum()).clamp(min=1)


def _spread(values: Tensor, weights: Tensor) -> Tensor:
    """Standard deviation [B] of values [B, T] under weights [B, T]."""
    total = weights.sum(1, keepdim=True).clamp(min=1)
    mean = (values * weights).sum(1, keepdim=True) / total
    return (((values - mean) ** 2 * weights).sum(1) / total[:, 0] + 1e-4).sqrt()
