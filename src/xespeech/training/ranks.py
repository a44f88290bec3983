"""Data-parallel training: the share of each process, and means over all processes.

Every process draws the same batch and works on its share of it, padded as the whole batch would be, so that shares take
equally long. A loss divides the sum of its share by the mean count over all processes; the mean of such losses, and of
their gradients, is exactly that of one process with the whole batch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Share:
    """The part of each batch that a process works on.

    Attributes:
        rank: number of the process.
        world_size: number of processes.
    """

    rank: int = 0
    world_size: int = 1

    @property
    def rows(self) -> slice:
        """Which items of the whole batch are this process's: every world_size-th, from rank on."""
        return slice(self.rank, None, self.world_size)

    def take(self, items: Sequence[_Item]) -> list[_Item]:
        """The items of this process."""
        return list(items[self.rows])


def started_by_torchrun() -> bool:
    """Whether torchrun (or another elastic launcher of torch) started this process as one of several."""
    return "TORCHELASTIC_RUN_ID" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def mean_over_ranks(value: Tensor) -> Tensor:
    """The mean of a tensor over all processes, without gradient; the tensor itself where there is only one."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return value.detach()
    value = value.detach().float().clone()
    distributed.all_reduce(value)
    return value / distributed.get_world_size()


def weight_of(count: Tensor) -> Tensor:
    """Weight of a mean over this many items, frames or symbols of this process among those of all processes."""
    return count / mean_over_ranks(count).clamp(min=1e-6)


def any_rank(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set in any process; without others nothing waits for the device."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return flag
    return bool(mean_over_ranks(torch.tensor(float(flag), device=device)) > 0)
