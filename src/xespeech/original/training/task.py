"""The published training of X-E-Speech: joint, or adapting what a recipe does not freeze.

Whole recordings are aligned and compared by the three divergences; a segment of each is decoded. The discriminators are
updated first, then the synthesizer against the updated ones.

Shapes: B batch, N symbols, T frames (50/s), S samples at 16 kHz, M mel channels, D content channels.

Source: Guo et al. 2024, section 2.3; VITS (Kim et al. 2021), section 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from xespeech.audio.mel_torch import LogMel
from xespeech.config import OriginalConfig
from xespeech.content.encoder import ContentEncoder
from xespeech.data.pack import Pack, Row
from xespeech.errors import ConfigError
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer
from xespeech.original.model.weight_norm import add_weight_norm
from xespeech.original.text import LANGUAGES
from xespeech.original.training.data import OriginalData
from xespeech.original.training.graph import OriginalBatch, cut, joint_forward
from xespeech.original.training.losses import feature_matching_loss
from xespeech.training.batch import padded
from xespeech.training.config import JointConfig, TrainingConfig
from xespeech.training.content_features import FeatureFiles, attach_features
from xespeech.training.losses import discriminator_loss, generator_loss, some_items
from xespeech.training.ranks import Share, weight_of
from xespeech.training.sampling import Item, LengthSampler, items_of
from xespeech.training.task import Task, Update


class OriginalTask(Task):
    """All losses of the published training.

    Args:
        model: sizes of the synthesizer.
        config: weights of the losses and shape of the batches.
        packs: where recordings come from.
        encoder: of the content features; Whisper-large-v2 for the published models.
        training: frames of a batch, and whose languages are trained.

    Raises:
        ConfigError: the encoder's features have another width than the model takes.
    """

    def __init__(
        self,
        model: OriginalConfig,
        config: JointConfig,
        packs: list[Pack],
        encoder: ContentEncoder | FeatureFiles,
        training: TrainingConfig,
    ) -> None:
        if encoder.channels != model.content_channels:
            raise ConfigError(
                f"the content encoder has {encoder.channels} channels and the model takes {model.content_channels}: "
                "name another one, or set model.content_channels."
            )
        self.model, self.config, self.encoder = model, config, encoder
        self.synthesizer = OriginalSynthesizer(model)
        self.discriminators = OriginalDiscriminators()
        for network in (self.synthesizer, self.discriminators):
            add_weight_norm(network)
        self.networks = nn.ModuleDict({"synthesizer": self.synthesizer, "discriminators": self.discriminators})
        self.optimized = {"discriminators": ["discriminators"], "synthesizer": ["synthesizer"]}
        self.mel = LogMel(model.mel)
        self.loss_modules = nn.ModuleList([self.mel])
        self.data = {id(pack): OriginalData(pack) for pack in packs}
        self.content = {id(pack): attach_features(pack, encoder) for pack in packs}
        fit = [item for item in items_of(packs, training.languages) if self._fits(*item)]
        self.development = [item for item in fit if item[1].subset == "dev"] or fit[:1]
        train = [item for item in fit if item[1].subset == "train"]
        lengths = np.array([float(row.n_frames) for _, row in train])
        self.sampler = LengthSampler(train, lengths, training.batch_frames)

    def _fits(self, pack: Pack, row: Row) -> bool:
        inside = self.config.shortest_frames <= row.n_frames <= self.config.longest_frames
        known = row.language in LANGUAGES[: self.model.n_languages]
        return inside and known and len(self.data[id(pack)].symbols(row)) > 0

    # -- batches ------------------------------------------------------------------------------------------------------

    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> OriginalBatch:
        everyone = self.sampler.draw(generator, share.world_size)
        longest = max(row.n_frames for _, row in everyone)
        places = generator.random((2, len(everyone)))[:, share.rows]
        return self.collate(share.take(everyone), longest, places)

    def collate(self, items: list[Item], longest: int, places: np.ndarray) -> OriginalBatch:
        """Recordings and content of `longest` frames.

        Args:
            items: recordings.
            longest: T.
            places: where segments and references lie, as shares of the room there is for them [2, B].
        """
        hop = self.model.mel.hop_length
        audio, content = [], []
        for pack, row in items:
            features = self.content[id(pack)][row.frames[0] : sum(row.frames)].astype(np.float32)
            audio.append(np.pad(self.data[id(pack)].audio(row), (0, (longest - row.n_frames) * hop)))
            content.append(np.pad(features, ((0, longest - row.n_frames), (0, 0))))
        symbols, n_symbols = padded([self.data[id(pack)].symbols(row) for pack, row in items])
        n_frames = np.array([row.n_frames for _, row in items])
        segments, references = (
            np.floor(places[i] * np.maximum(1, n_frames - size + 1)).astype(np.int64)
            for i, size in enumerate((self.config.segment_frames, self.config.reference_frames))
        )
        tiled = (references[:, None] + np.arange(self.config.reference_frames)) % n_frames[:, None]
        return OriginalBatch(
            audio=torch.from_numpy(np.stack(audio)),
            content=torch.from_numpy(np.stack(content)),
            n_frames=torch.from_numpy(n_frames),
            symbols=symbols,
            n_symbols=n_symbols,
            languages=torch.tensor([LANGUAGES.index(row.language) for _, row in items]),
            segments=torch.from_numpy(segments),
            references=torch.from_numpy(tiled),
        )

    def seconds(self, batch: OriginalBatch) -> float:
        return float(batch.n_frames.sum()) * self.model.mel.hop_length / self.model.mel.sample_rate

    # -- losses -------------------------------------------------------------------------------------------------------

    def updates(self, batch: OriginalBatch, step: int) -> Iterator[Update]:
        losses, real, fake = self._joint_losses(batch)
        if step >= self.config.adversarial_from:
            # one pass over both: large weights are read once
            both = self.discriminators(torch.cat([real, fake.detach()]))
            count, all_items = len(real), len(real) + len(fake)
            of_real, of_fake = some_items(both, 0, count, all_items), some_items(both, count, all_items, all_items)
            yield Update("discriminators", {"discriminator": discriminator_loss(of_real, of_fake) * len(both)})
            losses = self._adversarial_losses(real, fake) | losses
        yield Update("synthesizer", losses)

    def _adversarial_losses(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Sums over the updated discriminators for decoded segments; their weights get no gradient."""
        self.discriminators.requires_grad_(False)
        with parametrize.cached():
            with torch.no_grad():
                real_outputs = self.discriminators(real)
            fake_outputs = self.discriminators(fake)
        self.discriminators.requires_grad_(True)
        return {
            "adversarial": generator_loss(fake_outputs) * len(fake_outputs),
            "feature_matching": feature_matching_loss(real_outputs, fake_outputs)
            * weight_of(real.new_tensor(len(real))),
        }

    def _joint_losses(self, batch: OriginalBatch) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Losses of the synthesizer but for the adversarial ones; real and decoded segments [B, S]."""
        config, hop = self.config, self.model.mel.hop_length
        mel = self.mel(batch.audio)
        rows = torch.arange(len(mel), device=mel.device)[:, None]
        reference = mel[rows, batch.references]
        output = joint_forward(self.synthesizer, batch, mel, reference, config.segment_frames)
        of_frames = weight_of(batch.n_frames.sum().float())
        decoded = output.waveform.float()
        distance = F.l1_loss(self.mel(decoded), cut(mel, batch.segments, config.segment_frames))
        losses = {
            "mel": distance * (config.mel_weight * weight_of(mel.new_tensor(len(mel)))),
            "durations": output.durations_loss.sum() * weight_of(batch.n_symbols.sum().float()),
            "kl_text_content": output.kl_text_content * (config.kl_text_content * of_frames),
            "kl_content_spec": output.kl_content_spec * (config.kl_content_spec * of_frames),
            "kl_text_spec": output.kl_text_spec * (config.kl_text_spec * of_frames),
        }
        real = cut(batch.audio, batch.segments * hop, config.segment_frames * hop)
        return losses, real, decoded

    # -- results ------------------------------------------------------------------------------------------------------

    def adopt(self, network: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        plain: nn.Module = OriginalDiscriminators() if network == "discriminators" else OriginalSynthesizer(self.model)
        if plain.state_dict().keys() == weights.keys():  # of a model folder: weight normalisation is folded there
            plain.load_state_dict(weights)
            add_weight_norm(plain)
            return plain.state_dict()
        return weights

    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        from xespeech.original.training.report import report_original

        report_original(self, writer, cast(OriginalSynthesizer, averaged["synthesizer"]), step)
