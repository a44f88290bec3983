"""Training of the compact content encoder: CTC over phones and tones, against a speaker classifier.

Shapes: B batch, N symbols, F mel frames (100/s), T frames (50/s).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.config import MEL_CONTENT, ContentConfig
from xespeech.content.augment import perturb
from xespeech.content.compact import CompactContentEncoder, collapse
from xespeech.content.store import save_encoder
from xespeech.data.pack import Pack
from xespeech.model.layers import length_mask
from xespeech.text.symbols import MARKS, N_PAUSES
from xespeech.training.adversary import SpeakerAdversary, adversarial_loss
from xespeech.training.batch import ContentBatch
from xespeech.training.config import TrainingConfig
from xespeech.training.ranks import Share, mean_over_ranks, weight_of
from xespeech.training.sampling import Item, LengthSampler, balanced_weights, items_of
from xespeech.training.task import Task, Update

_TONES = {MARKS.index(str(tone)): tone for tone in range(1, 6)}


def _pad(arrays: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(a) for a in arrays])
    return nn.utils.rnn.pad_sequence([torch.from_numpy(a) for a in arrays], batch_first=True), lengths


def tones_of(marks: np.ndarray) -> np.ndarray:
    """Mandarin tone numbers 1-5 in a row of mark ids."""
    return np.array([_TONES[m] for m in marks if m in _TONES], np.int64)


class ContentTask(Task):
    """CTC training on every transcribed recording of the packs.

    Args:
        config: the encoder's configuration.
        packs: where recordings come from.
        training: frames of a batch, and whose languages are trained.
    """

    of_this_data = frozenset({"adversary"})

    def __init__(self, config: ContentConfig, packs: list[Pack], training: TrainingConfig) -> None:
        self.encoder = CompactContentEncoder(config)
        self.loss_modules = nn.ModuleList()
        with_text = [item for item in items_of(packs, training.languages) if item[1].n_symbols > 0]
        fit = [item for item in with_text if item[1].subset == "train" and item[1].n_frames < 1000]
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
        mel, mel_lengths = _pad([pack.mel(row) for pack, row in items])
        symbols = [pack.symbols(row) for pack, row in items]
        phones, phone_lengths = _pad([s[s[:, 0] >= N_PAUSES, 0] for s in symbols])
        tones, tone_lengths = _pad([tones_of(s[:, 1]) for s in symbols])
        speakers = torch.tensor([self.speakers.get(row.speaker, 0) for _, row in items])
        return ContentBatch(mel, mel_lengths, phones, phone_lengths, tones, tone_lengths, speakers)

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
        speaker = adversarial_loss(self.adversary, output.features, valid, batch.speakers)
        losses = {
            "speaker": speaker * weight_of(valid.sum()),
            "phones": ctc(output.phone_log_probs, batch.phones, batch.phone_lengths),
            "tones": ctc(output.tone_log_probs, batch.tones, batch.tone_lengths),
        }
        yield Update("encoder", losses)

    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        for language, (phones, tones) in self.error_rates(cast(CompactContentEncoder, averaged["encoder"])).items():
            writer.add_scalar(f"error/phones_{language}", phones, step)
            if language == "zh":
                writer.add_scalar("error/tones", tones, step)
            tone_error = f", tone error {tones:.3f}" if language == "zh" else ""
            print(f"development set, step {step}: {language} phone error {phones:.3f}{tone_error}", flush=True)

    @torch.no_grad()
    def error_rates(self, encoder: CompactContentEncoder, limit: int = 120) -> dict[str, tuple[float, float]]:
        """Phone and tone error rate on the development set, by language."""
        from rapidfuzz.distance import Levenshtein

        result = {}
        for language in sorted({row.language for _, row in self.development}):
            items = [item for item in self.development if item[1].language == language]
            items = items[:: max(1, len(items) // limit)]
            errors = np.zeros(2)
            counts = np.zeros(2)
            for item in items:
                batch = self.collate([item])
                output = encoder(batch.mel)
                for i, (log_probs, symbols) in enumerate(
                    [(output.phone_log_probs, batch.phones), (output.tone_log_probs, batch.tones)]
                ):
                    heard = collapse(log_probs[0].argmax(-1).tolist())
                    wanted = symbols[0].tolist()
                    errors[i] += Levenshtein.distance(heard, wanted)
                    counts[i] += len(wanted)
            result[language] = (errors[0] / max(counts[0], 1), errors[1] / max(counts[1], 1))
        return result

    def save(self, averaged: nn.ModuleDict, folder: Path, step: int) -> None:
        save_encoder(cast(CompactContentEncoder, averaged["encoder"]), folder / "encoder", step)
