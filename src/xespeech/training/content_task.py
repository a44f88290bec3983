"""Training of the compact content encoder: CTC over phones and tones, against a speaker classifier.

Where the encoder has a frame head, this one learns the sound of each frame of the recordings whose durations are known.

Shapes: B batch, N symbols, F mel frames (100/s), T frames (50/s).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.config import MEL_CONTENT, ContentConfig
from xespeech.content.alignment import align_frames, frame_classes
from xespeech.content.augment import perturb
from xespeech.content.compact import CompactContentEncoder, collapse
from xespeech.content.store import save_encoder
from xespeech.data.pack import Pack, Row
from xespeech.errors import DataError
from xespeech.model.layers import length_mask
from xespeech.text.symbols import MARKS, N_PAUSES
from xespeech.training.adversary import SpeakerAdversary, adversarial_loss
from xespeech.training.batch import ContentBatch, padded
from xespeech.training.config import TrainingConfig
from xespeech.training.ranks import Share, mean_over_ranks, weight_of
from xespeech.training.sampling import Item, LengthSampler, balanced_weights, items_of
from xespeech.training.task import Task, Update

_MOST_MEASURED = 120  # recordings of a report
_UNKNOWN = -100  # class that the cross-entropy passes over
_MS_PER_FRAME = 20
_TONES = {MARKS.index(str(tone)): tone for tone in range(1, 6)}


def tones_of(marks: np.ndarray) -> np.ndarray:
    """Mandarin tone numbers 1-5 in a row of mark ids."""
    return np.array([_TONES[m] for m in marks if m in _TONES], np.int64)


def _frame_phones(pack: Pack, row: Row) -> np.ndarray:
    """Class of the frame head for each frame of a recording, int64 [T], or none where durations are not known."""
    durations = pack.durations(row)
    if not durations.any():
        return np.full(row.n_frames, _UNKNOWN, np.int64)
    return np.repeat(frame_classes(pack.symbols(row)[:, 0], N_PAUSES), durations).astype(np.int64)


class ContentTask(Task):
    """CTC training on every transcribed recording of the packs.

    Args:
        config: the encoder's configuration.
        packs: where recordings come from.
        training: frames of a batch, and whose languages are trained.

    Raises:
        DataError: there is a frame head, and no recording whose durations are known.
    """

    of_this_data = frozenset({"adversary"})

    def __init__(self, config: ContentConfig, packs: list[Pack], training: TrainingConfig) -> None:
        self.encoder = CompactContentEncoder(replace(config, frame_delay=0 if config.frame_layers else None))
        self.loss_modules = nn.ModuleList()
        with_text = [item for item in items_of(packs, training.languages) if item[1].n_symbols > 0]
        fit = [item for item in with_text if item[1].subset == "train" and item[1].n_frames < 1000]
        if config.frame_layers and not any(pack.durations(row).any() for pack, row in fit):
            raise DataError(
                "frame_layers needs recordings whose durations are known: add some with `xespeech prepare kokoro`."
            )
        self.development = [item for item in with_text if item[1].subset == "dev"]
        self.speakers = {name: index for index, name in enumerate(sorted({row.speaker for _, row in fit}))}
        self.adversary = SpeakerAdversary(config.content_channels, len(self.speakers))
        self.networks = nn.ModuleDict({"encoder": self.encoder, "adversary": self.adversary})
        self.optimized = {"encoder": ["encoder", "adversary"]}
        self.sampler = LengthSampler(fit, balanced_weights([row for _, row in fit]), training.batch_frames)

    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> ContentBatch:
        return self.collate(share.take(self.sampler.draw(generator, share.world_size)))

    def seconds(self, batch: ContentBatch) -> float:
        return float(batch.mel_lengths.sum()) * MEL_CONTENT.hop_length / MEL_CONTENT.sample_rate

    def collate(self, items: list[Item]) -> ContentBatch:
        """Recordings with their transcripts; speakers of the development set count as the first."""
        mel, mel_lengths = padded([pack.mel(row) for pack, row in items])
        symbols = [pack.symbols(row) for pack, row in items]
        phones, phone_lengths = padded([s[s[:, 0] >= N_PAUSES, 0] for s in symbols])
        tones, tone_lengths = padded([tones_of(s[:, 1]) for s in symbols])
        speakers = torch.tensor([self.speakers.get(row.speaker, 0) for _, row in items])
        frame_phones, _ = padded([_frame_phones(pack, row) for pack, row in items], _UNKNOWN)
        return ContentBatch(mel, mel_lengths, phones, phone_lengths, tones, tone_lengths, speakers, frame_phones)

    def updates(self, batch: ContentBatch, step: int) -> Iterator[Update]:
        mel, lengths = perturb(batch.mel, batch.mel_lengths)
        output = self.encoder(mel, lengths)
        frames = lengths // 2
        count = mean_over_ranks(batch.phone_lengths.sum())

        def ctc(log_probs: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
            loss = F.ctc_loss(
                log_probs.transpose(0, 1), targets, frames, target_lengths, reduction="none", zero_infinity=True
            )
            return (loss * (target_lengths > 0)).sum() / count

        valid = length_mask(frames, output.features.shape[1])
        losses = {
            "phones": ctc(output.phone_log_probs, batch.phones, batch.phone_lengths),
            "tones": ctc(output.tone_log_probs, batch.tones, batch.tone_lengths),
        }
        if output.features.requires_grad:  # else nobody could learn to hide who speaks
            speaker = adversarial_loss(self.adversary, output.features, valid, batch.speakers)
            losses["speaker"] = speaker * weight_of(valid.sum())
        if self.encoder.frame_head is not None:
            losses["frames"] = self._frames(output.features, valid, batch, lengths)
        yield Update("encoder", losses)

    def _frames(self, features: Tensor, valid: Tensor, batch: ContentBatch, lengths: Tensor) -> Tensor:
        """Cross-entropy of the frame head, whose recordings were stretched to so many mel frames [B]."""
        position = torch.arange(features.shape[1], device=features.device) + 0.5
        before = (position[None, :] * (batch.mel_lengths / lengths)[:, None]).long()
        wanted = batch.frame_phones.gather(1, before.clamp(max=batch.frame_phones.shape[1] - 1))
        wanted = torch.where(valid[..., 0] > 0, wanted, _UNKNOWN)
        log_probs = self.encoder.frame_log_probs(features, valid).transpose(1, 2)
        total = F.nll_loss(log_probs, wanted, reduction="sum", ignore_index=_UNKNOWN)
        return total / mean_over_ranks((wanted != _UNKNOWN).sum()).clamp(min=1)

    def adopt(self, network: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """An encoder without a frame head gets a new one."""
        if network != "encoder" or any(name.startswith("frame_head.") for name in weights):
            return weights
        new = {name: value for name, value in self.encoder.state_dict().items() if name.startswith("frame_head.")}
        return weights | new

    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        for language, (phones, tones) in self.error_rates(cast(CompactContentEncoder, averaged["encoder"])).items():
            writer.add_scalar(f"error/phones_{language}", phones, step)
            if language == "zh":
                writer.add_scalar("error/tones", tones, step)
            tone_error = f", tone error {tones:.3f}" if language == "zh" else ""
            print(f"development set, step {step}: {language} phone error {phones:.3f}{tone_error}", flush=True)
        for language, error in self.boundary_errors(cast(CompactContentEncoder, averaged["encoder"])).items():
            writer.add_scalar(f"error/boundaries_{language}", error, step)
            print(f"development set, step {step}: {language} boundaries off by {error:.0f} ms", flush=True)

    @torch.no_grad()
    def boundary_errors(self, encoder: CompactContentEncoder) -> dict[str, float]:
        """Milliseconds by which the frame head's boundaries are off, by language, where true ones are known."""
        if encoder.frame_head is None:
            return {}
        errors: dict[str, list[float]] = {}
        known = [(pack, row) for pack, row in self.development if pack.durations(row).any()]
        for pack, row in known[:: max(1, len(known) // _MOST_MEASURED)]:
            features = encoder.encode(torch.from_numpy(pack.mel(row))[None])
            phones, wanted = pack.symbols(row)[:, 0], pack.durations(row)
            found = align_frames(encoder.frame_log_probs(features)[0].numpy(), phones, N_PAUSES)
            off = np.abs(np.cumsum(found) - np.cumsum(wanted))[:-1].mean()
            errors.setdefault(row.language, []).append(_MS_PER_FRAME * float(off))
        return {language: float(np.mean(own)) for language, own in sorted(errors.items())}

    @torch.no_grad()
    def error_rates(self, encoder: CompactContentEncoder) -> dict[str, tuple[float, float]]:
        """Phone and tone error rate on the development set, by language."""
        from rapidfuzz.distance import Levenshtein

        result = {}
        for language in sorted({row.language for _, row in self.development}):
            items = [item for item in self.development if item[1].language == language]
            items = items[:: max(1, len(items) // _MOST_MEASURED)]
            errors, counts = np.zeros(2), np.zeros(2)
            for batch in (self.collate([item]) for item in items):
                output = encoder(batch.mel)
                heads = (output.phone_log_probs, batch.phones), (output.tone_log_probs, batch.tones)
                for i, (log_probs, (wanted,)) in enumerate(heads):
                    errors[i] += Levenshtein.distance(collapse(log_probs[0].argmax(-1).tolist()), wanted.tolist())
                    counts[i] += len(wanted)
            phones, tones = errors / np.maximum(counts, 1)
            result[language] = (float(phones), float(tones))
        return result

    def save(self, averaged: nn.ModuleDict, folder: Path, step: int) -> None:
        save_encoder(cast(CompactContentEncoder, averaged["encoder"]), folder / "encoder", step)
