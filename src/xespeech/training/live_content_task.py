"""Distillation of a content encoder with little lookahead, for live conversion, from one that hears whole recordings.

Recordings are cut into windows. The end of a window is what the end of a live stream is: frames behind it are unknown,
and the last one is repeated in their place.

Shapes: B batch, F mel frames (100/s), T frames (50/s), W windows, M mel channels, C content channels.
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
from xespeech.content.augment import perturb
from xespeech.content.compact import CompactContentEncoder, without_level
from xespeech.content.store import load_encoder, save_encoder
from xespeech.data.pack import Pack
from xespeech.errors import DataError
from xespeech.model.layers import length_mask
from xespeech.training.batch import MelBatch, padded
from xespeech.training.config import TrainingConfig
from xespeech.training.ranks import Share, weight_of
from xespeech.training.sampling import Item, LengthSampler, balanced_weights, items_of
from xespeech.training.task import Task, Update

_WINDOW = 72  # frames
_SHORTEST = 80  # frames of a recording: when it is played faster, a window is left
_UNKNOWN = 4  # frames at the end of a window for which the last known one is repeated
_PAST = 8  # frames at the beginning that are not compared: a live encoder always has some past
_LEVEL_NOISE = 0.25  # natural log: live, the mean level of a recording is only estimated
_PHONES_WEIGHT = 0.3
_MOST_MEASURED = 60  # recordings of a report


class LiveContentTask(Task):
    """The features of one encoder are learnt by another one, whose classifying heads are the same.

    Args:
        config: sizes of the encoder that learns; channels of input, features and heads are those of the other.
        packs: where recordings come from, with or without text.
        training: frames of a batch, and whose languages are trained.
        teacher: folder of the encoder that hears whole recordings.

    Raises:
        ModelError: there is no encoder in the folder.
        DataError: all recordings are too short.
    """

    def __init__(self, config: ContentConfig, packs: list[Pack], training: TrainingConfig, teacher: Path) -> None:
        self.teacher = load_encoder(teacher).requires_grad_(False)
        of = self.teacher.config
        self.encoder = CompactContentEncoder(
            replace(
                config,
                mel_channels=of.mel_channels,
                content_channels=of.content_channels,
                n_phones=of.n_phones,
                n_tones=of.n_tones,
                frame_layers=0,
                dropout=0.0,
            )
        )
        self.encoder.load_state_dict(self.adopt("encoder", self.encoder.state_dict()))
        for head in (self.encoder.phone_head, self.encoder.tone_head):
            head.requires_grad_(False)
        self.loss_modules = nn.ModuleList([self.teacher])
        self.networks = nn.ModuleDict({"encoder": self.encoder})
        self.optimized = {"encoder": ["encoder"]}
        items = [item for item in items_of(packs, training.languages) if item[1].n_frames >= _SHORTEST]
        fit = [item for item in items if item[1].subset == "train" and item[1].n_frames < 1000]
        if not fit:
            raise DataError(f"no training recording is as long as {_SHORTEST / 50:g} s: name other --data.")
        self.development = [item for item in items if item[1].subset == "dev"]
        self.sampler = LengthSampler(fit, balanced_weights([row for _, row in fit]), training.batch_frames)

    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> MelBatch:
        return collate(share.take(self.sampler.draw(generator, share.world_size)))

    def seconds(self, batch: MelBatch) -> float:
        return float(batch.lengths.sum()) * MEL_CONTENT.hop_length / MEL_CONTENT.sample_rate

    def updates(self, batch: MelBatch, step: int) -> Iterator[Update]:
        features, phones, count = self.distances(self.encoder, MelBatch(*perturb(batch.mel, batch.lengths)))
        weight = weight_of(count)
        yield Update("encoder", {"features": weight * features, "phones": weight * _PHONES_WEIGHT * phones})

    def distances(self, encoder: CompactContentEncoder, batch: MelBatch) -> tuple[Tensor, Tensor, Tensor]:
        """L1 of the features, and KL divergence of the phones, of an encoder from those of the teacher.

        Both are means over the windows that lie in a recording, whose number comes third.
        """
        with torch.no_grad():
            wanted = self.teacher.encode(batch.mel, batch.lengths).float()
        size = wanted.shape[1]
        first = int(torch.randint(0, max(1, min(_WINDOW, size - _WINDOW + 1)), ()))
        whole = _windows(length_mask(batch.lengths // 2, size), first, 1).all(1)[:, 0]
        mel = without_level(batch.mel[:, : 2 * size], batch.lengths)
        pieces, wanted = _windows(mel, first, 2), _windows(wanted, first, 1)
        pieces = pieces + _LEVEL_NOISE * torch.randn(len(pieces), 1, 1, device=pieces.device)
        known = 2 * (_WINDOW - _UNKNOWN)
        pieces = torch.cat([pieces[:, :known], pieces[:, known - 1 : known].expand(-1, 2 * _UNKNOWN, -1)], dim=1)
        learnt = slice(_PAST, _WINDOW - _UNKNOWN)
        found = encoder.classify(encoder.encode_levelled(pieces)[:, learnt].float())
        target = self.teacher.classify(wanted[:, learnt])
        count = whole.sum()
        weight = whole / count.clamp(min=1)
        features = (found.features - target.features).abs().mean((1, 2))
        divergence = F.kl_div(found.phone_log_probs, target.phone_log_probs, reduction="none", log_target=True)
        return (features * weight).sum(), (divergence.sum(2).mean(1) * weight).sum(), count

    def adopt(self, network: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The heads are always the teacher's."""
        heads = ("phone_head.", "tone_head.")
        given = {name: value for name, value in self.teacher.state_dict().items() if name.startswith(heads)}
        return weights | given

    @torch.no_grad()
    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        items = self.development[:: max(1, len(self.development) // _MOST_MEASURED)]
        if not items:
            return
        device = self.teacher.phone_head.weight.device
        encoder = cast(CompactContentEncoder, averaged["encoder"]).to(device)
        features, phones, _ = (float(value) for value in self.distances(encoder, collate(items).to(device)))
        writer.add_scalar("distance/features", features, step)
        writer.add_scalar("distance/phones", phones, step)
        print(f"development set, step {step}: features {features:.3f} and phones {phones:.3f} apart", flush=True)

    def save(self, averaged: nn.ModuleDict, folder: Path, step: int) -> None:
        save_encoder(cast(CompactContentEncoder, averaged["encoder"]), folder / "encoder", step)


def collate(items: list[Item]) -> MelBatch:
    """Content mels of whole recordings."""
    return MelBatch(*padded([pack.mel(row) for pack, row in items]))


def _windows(values: Tensor, first: int, factor: int) -> Tensor:
    """Values [B, factor * T, X] in windows [W, factor * _WINDOW, X] that follow one another from a frame on."""
    count = (values.shape[1] // factor - first) // _WINDOW
    cut = values[:, factor * first : factor * (first + count * _WINDOW)]
    return cut.reshape(len(values) * count, factor * _WINDOW, values.shape[2])
