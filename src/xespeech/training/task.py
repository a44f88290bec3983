"""Interface of a training task: networks, batches, and the losses of a step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from xespeech.training.batch import TensorBatch
from xespeech.training.ranks import Share
from xespeech.training.sampling import LengthSampler


class Update(NamedTuple):
    """One optimiser's part of a step.

    Attributes:
        optimizer: its name.
        losses: by name, already weighted; their sum is minimised, by the weights of this optimiser alone.
        graph_is_kept: whether losses of the next part come through what these were computed from.
    """

    optimizer: str
    losses: dict[str, Tensor]
    graph_is_kept: bool = False


class Task(ABC):
    """A training task: networks, batches, and the losses of a step.

    Attributes:
        networks: every trainable network by name.
        loss_modules: modules without trained weights that compute losses.
        optimized: names of the networks that each optimiser updates, by optimiser.
        sampler: which recordings go into a batch.
        of_this_data: names of the networks that know the speakers of the data; they begin anew with --from.
        frozen_inputs: modules that a late stage reads and does not train, so that it needs a run to go on from.
    """

    networks: nn.ModuleDict
    loss_modules: nn.ModuleList
    optimized: dict[str, list[str]]
    sampler: LengthSampler
    of_this_data: frozenset[str] = frozenset()
    frozen_inputs: tuple[str, ...] = ()

    def make_ready(self) -> None:  # noqa: B027 - most tasks have nothing to do
        """Compute what batches read and is kept beside the data, so that processes need not wait for it in a step."""

    @abstractmethod
    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> TensorBatch:
        """A process's share of the batch of a step, drawn with the given generator."""

    @abstractmethod
    def seconds(self, batch: Any) -> float:
        """Seconds of audio that a batch trains on."""

    @abstractmethod
    def updates(self, batch: Any, step: int) -> Iterator[Update]:
        """The parts of a step in order.

        Each optimiser has made its step before the next part is computed, so that what one part decodes can be kept in
        a local variable for the next.
        """

    def adopt(self, network: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a network from elsewhere, in the form in which it is trained here."""
        return weights

    @abstractmethod
    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        """Write pictures, sounds and development-set figures to TensorBoard, with the averaged weights."""

    def save(self, averaged: nn.ModuleDict, folder: Path, step: int) -> None:  # noqa: B027
        """Write what others than `xespeech export` read, which takes the checkpoint: nothing, as a rule."""
