"""One training step: networks, optimisers, averages.

All randomness of step k depends on the seed and k alone (noise and dropout on the rank too), so that a resumed run
gives the same losses as an uninterrupted one.

Several processes, started by torchrun, share each batch and average their gradients: see xespeech.training.ranks.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from xespeech.errors import ConfigError, DataError, UnknownNameError, brief
from xespeech.training.batch import TensorBatch
from xespeech.training.config import TrainingConfig
from xespeech.training.precision import resolve_precision
from xespeech.training.ranks import Share, mean_over_ranks, started_by_torchrun
from xespeech.training.task import Task, Update

_KERNELS_KEPT = "8192"
"""Size of oneDNN's cache, set before its first use; the default 1,024 is too small for batches of varying lengths."""

Lap = Callable[[str], None]
"""Called at the end of each part of a step with the part's name."""


class _Batches(Dataset[TensorBatch]):
    """A process's share of every batch, by step."""

    def __init__(self, task: Task, seed: int, share: Share) -> None:
        self.task, self.seed, self.share = task, seed, share

    def __getitem__(self, step: int) -> TensorBatch:
        return self.task.batch(np.random.default_rng([self.seed, step, 0]), step, self.share)


def _leave_signals_to_the_trainer(_: int) -> None:
    """Signals to the process group stop the main process, which writes its checkpoint and ends its workers."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


class Learner:
    """A task's networks, their averages and the optimisers, on the device.

    Args:
        task: its networks are moved to the device.
        config: optimiser, averaging, precision and device settings.

    Raises:
        UnknownNameError: there is no module of a name to freeze.
        ConfigError: an optimiser has nothing left to train.
    """

    def __init__(self, task: Task, config: TrainingConfig) -> None:
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", _KERNELS_KEPT)
        config = resolve_precision(config)
        self.task, self.config = task, config
        freeze(task.networks, config.freeze)
        self.fabric = _launch(task, config)
        self.share = Share(self.fabric.global_rank, self.fabric.world_size)
        self.averaged = deepcopy(task.networks).requires_grad_(False).eval()
        task.networks.to(self.fabric.device)
        task.loss_modules.to(self.fabric.device)
        self.averaged.to(self.fabric.device)
        self.parameters = {
            name: [p for n in names for p in task.networks[n].parameters() if p.requires_grad]
            for name, names in task.optimized.items()
        }
        for name, parameters in self.parameters.items():
            if not parameters:
                raise _all_frozen(name)
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.AdamW(
                parameters,
                config.learning_rate,
                config.betas,
                config.epsilon,
                weight_decay=config.weight_decay,
                fused=True,
            )
            for name, parameters in self.parameters.items()
        }

    def start_from(self, initial: dict[str, Tensor]) -> None:
        """Load weights of an earlier run or of a model; networks that it lacks keep their random weights.

        Raises:
            DataError: they are those of other networks, or of other sizes.
        """
        if not any(key.startswith(f"{name}.") for key in initial for name in self.task.networks):
            raise DataError(
                f"--from holds nothing of what this recipe trains ({', '.join(self.task.networks)}): name a run of it."
            )
        try:
            for name, network in self.task.networks.items():
                weights = {k.removeprefix(f"{name}."): v for k, v in initial.items() if k.startswith(f"{name}.")}
                if weights and name not in self.task.of_this_data:
                    network.load_state_dict(self.task.adopt(name, weights))
        except RuntimeError as error:
            raise DataError(
                f"the weights of --from do not fit this recipe ({brief(error)}): name a run or model of the same sizes."
            ) from error
        self.averaged.load_state_dict(self.task.networks.state_dict())

    def batch(self, step: int) -> TensorBatch:
        """This process's share of the batch of a step, on the device."""
        return _Batches(self.task, self.config.seed, self.share)[step].to(self.fabric.device)

    def batches(self, first: int, limit: int) -> Iterator[TensorBatch]:
        """The batches of steps from `first` to before `limit`, made ahead by `config.workers` processes."""
        self.task.make_ready()
        if self.config.workers == 0:
            yield from map(self.batch, range(first, limit))
            return
        if "fork" not in multiprocessing.get_all_start_methods():
            raise ConfigError("training.workers needs an operating system that forks processes: leave it at 0 here.")
        made = DataLoader(
            _Batches(self.task, self.config.seed, self.share),
            batch_size=None,
            sampler=range(first, limit),
            num_workers=self.config.workers,
            multiprocessing_context="fork",
            worker_init_fn=_leave_signals_to_the_trainer,
            pin_memory=self.fabric.device.type == "cuda",
        )
        for batch in made:
            yield batch.to(self.fabric.device)

    def learn(self, batch: TensorBatch, step: int, limit: int, lap: Lap = lambda part: None) -> dict[str, Tensor]:
        """One step of every optimiser, and of the averages.

        Args:
            batch: from `batch(step)`.
            step: steps done before.
            limit: step at which the learning rate reaches 0.
            lap: called at the end of each part of the step.

        Returns:
            Losses and gradient norms by name, those of all processes together; scalars on the device, so that nothing
            waits for it.
        """
        torch.manual_seed(hash((self.config.seed, step, self.share.rank)) % 2**31)
        random.seed(step)
        self.task.networks.train()
        rate = self._rate(step, limit)
        values: dict[str, Tensor] = {}
        updates = self.task.updates(batch, step)
        while True:
            with self.fabric.autocast():
                update = next(updates, None)
            if update is None:
                break
            values |= self._minimise(update, rate, lap)
        if self.config.ema_decay > 0:
            _average(self.averaged, self.task.networks, min(self.config.ema_decay, (1 + step) / (10 + step)))
        lap("averaging")
        return values

    def _minimise(self, update: Update, rate: float, lap: Lap) -> dict[str, Tensor]:
        """Backward pass and step of one optimiser; returns its losses and the norm of the gradient by name."""
        name, losses = update.optimizer, update.losses
        lap(f"{name}: forward")
        optimizer, parameters = self.optimizers[name], self.parameters[name]
        with_gradient = [loss for loss in losses.values() if loss.requires_grad]
        if not with_gradient:
            raise _all_frozen(name)
        optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(torch.stack(with_gradient).sum(), retain_graph=update.graph_is_kept, inputs=parameters)
        lap(f"{name}: backward")
        scaler = getattr(self.fabric.strategy.precision, "scaler", None)  # of float16
        if scaler is not None:
            scaler.unscale_(optimizer)
        _synchronise(parameters, self.fabric)
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        for group in optimizer.param_groups:
            group["lr"] = rate
        # the fused kernel divides gradients by the first, and skips the step where the second is 1: so the norm need
        # not be read, nor all gradients once more to clip them
        optimizer.grad_scale = (norm / self.config.clip_norm).clamp(min=1)  # type: ignore[attr-defined]
        optimizer.found_inf = (~torch.isfinite(norm)).float()  # type: ignore[attr-defined]
        optimizer.step()
        if scaler is not None:
            scaler.update()
        lap(f"{name}: optimiser")
        together = mean_over_ranks(torch.stack([loss.detach().float() for loss in losses.values()]))
        return dict(zip(losses, together.unbind(), strict=True)) | {f"gradient_norm/{name}": norm.detach()}

    def sync_averages(self) -> None:
        """Bring the averages up to the last step, which is only needed with a decay of 0."""
        if self.config.ema_decay == 0:
            _average(self.averaged, self.task.networks, 0.0)

    def _rate(self, step: int, limit: int) -> float:
        """The learning rate of a step: warm-up, decay by epochs, and linear decay to 0 at the end."""
        config = self.config
        epoch = step * config.batch_frames * self.share.world_size // max(1, self.task.sampler.epoch_frames)
        return (
            config.learning_rate
            * config.epoch_decay**epoch
            * min(1.0, (step + 1) / max(1, config.warmup_steps), (limit - step) / max(1.0, config.decay_share * limit))
        )


def _all_frozen(optimizer: str) -> ConfigError:
    return ConfigError(f"all parameters of the {optimizer} are frozen: freeze less.")


def read_values(steps: Sequence[dict[str, Tensor]]) -> list[dict[str, float]]:
    """Values of several steps as numbers, copied from the device at once."""
    found = [value for values in steps for value in values.values()]
    numbers = iter(torch.stack(found).tolist() if found else [])
    return [{name: next(numbers) for name in values} for values in steps]


def freeze(networks: nn.ModuleDict, names: Sequence[str]) -> None:
    """Freeze modules of the networks.

    Args:
        networks: by name.
        names: exact names of modules inside a network, "style_encoder" or "decoder.blocks.0".

    Raises:
        UnknownNameError: no network has such a module.
    """
    modules = {name: module for network in networks.values() for name, module in network.named_modules() if name}
    for name in names:
        UnknownNameError.check("module to freeze", name, modules)
        modules[name].requires_grad_(False)


def _launch(task: Task, config: TrainingConfig) -> Any:
    """Set up precision, device and, where torchrun started several processes, their communication."""
    from lightning.fabric import Fabric
    from lightning.fabric.strategies import DDPStrategy

    devices: dict[str, Any] = {
        "accelerator": config.accelerator,
        "devices": config.devices,
        "precision": config.precision,
    }
    if started_by_torchrun():
        task.make_ready()
        of_machine, of_all = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
        strategy = DDPStrategy(timeout=timedelta(hours=12))  # the first may prepare data while the others wait
        devices |= {"devices": of_machine, "num_nodes": of_all // of_machine, "strategy": strategy}
    fabric = Fabric(**devices)
    fabric.launch()
    return fabric


def _synchronise(parameters: list[nn.Parameter], fabric: Any) -> None:
    """Average gradients over all ranks; where only some ranks have one, the others count as zero."""
    if fabric.world_size == 1:
        return
    known = torch.tensor([float(p.grad is not None) for p in parameters], device=fabric.device)
    used = [p for p, share in zip(parameters, mean_over_ranks(known).tolist(), strict=True) if share > 0]
    flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in used])
    flat = fabric.all_reduce(flat, reduce_op="mean")
    for parameter, gradient in zip(used, flat.split([p.numel() for p in used]), strict=True):
        parameter.grad = gradient.view_as(parameter).clone()


@torch.no_grad()
def _average(averaged: nn.ModuleDict, networks: nn.ModuleDict, decay: float) -> None:
    torch._foreach_lerp_(list(averaged.parameters()), list(networks.parameters()), 1.0 - decay)
    for target, source in zip(averaged.buffers(), networks.buffers(), strict=True):
        target.copy_(source)
