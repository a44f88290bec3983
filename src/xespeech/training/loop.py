"""The one training loop: every task runs in it, every kill is survived.

All randomness of step k comes from the seed and k alone (noise and dropout from the rank too), so a run that is killed
and started again gives the same losses as one that was not.

Several processes, started by torchrun, share each batch and average their gradients: see xespeech.training.ranks.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from xespeech.config import TrainingConfig
from xespeech.errors import ConfigError, DataError, UnknownNameError
from xespeech.training.console import ProgressLine, StopRequest
from xespeech.training.precision import resolve_precision
from xespeech.training.ranks import Share, any_rank, mean_over_ranks, started_by_torchrun
from xespeech.training.sampling import LengthSampler

_KERNELS_KEPT = "8192"
"""By oneDNN, before its first use; of its own 1,024, batches of ever other lengths leave none for the next step."""

Phase = Callable[[str], AbstractContextManager[Any]]


class Task(ABC):
    """What is trained: networks, where batches come from and what one step minimises.

    Attributes:
        networks: every trainable network by name.
        measures: modules without weights that compute losses.
        optimized: names of the networks that each optimiser updates, by optimiser, in the order of their steps.
        sampler: which recordings go into a batch.
        of_this_data: names of the networks that know the speakers of the data; they begin anew with --from.
        kept: modules that a late stage reads and does not train, so that it needs a run to go on from.
    """

    networks: nn.ModuleDict
    measures: nn.ModuleList
    optimized: dict[str, list[str]]
    sampler: LengthSampler
    of_this_data: frozenset[str] = frozenset()
    kept: tuple[str, ...] = ()

    def make_ready(self) -> None:  # noqa: B027 - most tasks have nothing to do
        """Compute what batches read and is kept beside the data, so that processes need not wait for it in a step."""

    @abstractmethod
    def batch(self, generator: np.random.Generator, step: int, share: Share = Share()) -> dict[str, Any]:
        """A process's share of the batch of a step, drawn with the given generator."""

    @abstractmethod
    def seconds(self, batch: dict[str, Any]) -> float:
        """Seconds of audio that a batch trains on."""

    @abstractmethod
    def losses(self, optimizer: str, batch: dict[str, Any], step: int) -> dict[str, Tensor] | None:
        """Losses by name, already weighted; their sum is what the optimiser minimises. None skips this optimiser."""

    def adopt(self, network: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a network from elsewhere, in the form in which it is trained here."""
        return weights

    @abstractmethod
    def report(self, writer: Any, averaged: nn.ModuleDict, step: int) -> None:
        """Write pictures, sounds and development-set figures to TensorBoard, with the averaged weights."""

    @abstractmethod
    def save(self, averaged: nn.ModuleDict, folder: Path, step: int) -> None:
        """Write the deployable result into the run folder."""


class _Batches(Dataset[dict[str, Any]]):
    """A process's share of every batch, by step."""

    def __init__(self, task: Task, seed: int, share: Share) -> None:
        self.task, self.seed, self.share = task, seed, share

    def __getitem__(self, step: int) -> dict[str, Any]:
        return self.task.batch(np.random.default_rng([self.seed, step, 0]), step, self.share)


def _leave_signals_to_the_trainer(_: int) -> None:
    """Whoever stops a group of processes stops the training, which writes its checkpoint and ends its workers."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


class Learner:
    """What a step works on and changes: a task's networks, their averages and the optimisers, on the device.

    Args:
        task: what is trained; its networks are moved to the device.
        config: optimiser, averaging, precision and device settings.

    Raises:
        UnknownNameError: there is no module of a name to freeze.
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
        task.measures.to(self.fabric.device)
        self.averaged.to(self.fabric.device)
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        for name, names in task.optimized.items():
            parameters = [p for n in names for p in task.networks[n].parameters() if p.requires_grad]
            self.optimizers[name] = torch.optim.AdamW(
                parameters,
                config.learning_rate,
                config.betas,
                config.epsilon,
                weight_decay=config.weight_decay,
                fused=True,
            )

    def start_from(self, initial: dict[str, Tensor]) -> None:
        """Take the weights of an earlier run or of a model; a network that it does not have keeps its random ones."""
        try:
            for name, network in self.task.networks.items():
                own = {k.removeprefix(f"{name}."): v for k, v in initial.items() if k.startswith(f"{name}.")}
                if own and name not in self.task.of_this_data:
                    network.load_state_dict(self.task.adopt(name, own))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise DataError(
                f"the weights of --from do not fit this recipe ({reason}): name a run or model of the same sizes."
            ) from error
        self.averaged.load_state_dict(self.task.networks.state_dict())

    def batch(self, step: int) -> dict[str, Any]:
        """This process's share of the batch of a step, on the device."""
        return self._to_device(_Batches(self.task, self.config.seed, self.share)[step])

    def batches(self, first: int, limit: int) -> Iterator[dict[str, Any]]:
        """The batches of steps from `first` to before `limit`, made ahead by as many processes as the settings say."""
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
        yield from map(self._to_device, made)

    def _to_device(self, batch: dict[str, Any]) -> dict[str, Any]:
        device = self.fabric.device
        return {k: v.to(device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in batch.items()}

    def learn(self, batch: dict[str, Any], step: int, limit: int, phase: Phase = nullcontext) -> dict[str, float]:
        """One step of every optimiser, and of the averages.

        Args:
            batch: from `batch(step)`.
            step: steps done before.
            limit: step at which the learning rate reaches 0.
            phase: entered around each part of the step with the part's name.

        Returns:
            Losses and gradient norms by name, those of all processes together.
        """
        config = self.config
        torch.manual_seed(hash((config.seed, step, self.share.index)) % 2**31)
        random.seed(step)
        self.task.networks.train()
        values: dict[str, float] = {}
        scaler = getattr(self.fabric.strategy.precision, "scaler", None)  # of float16
        rate = self._rate(step, limit)
        for name, optimizer in self.optimizers.items():
            with phase(f"{name}: forward"):
                with self.fabric.autocast():
                    losses = self.task.losses(name, batch, step)
                if losses is None:
                    continue
                learnt_from = [loss for loss in losses.values() if loss.requires_grad]
                if not learnt_from:
                    raise ConfigError(f"all that the {name} could learn is kept as it is: freeze less.")
                total = torch.stack(learnt_from).sum()
            with phase(f"{name}: backward"):
                optimizer.zero_grad(set_to_none=True)
                self.fabric.backward(total)
            with phase(f"{name}: optimiser"):
                parameters = [p for group in optimizer.param_groups for p in group["params"]]
                if scaler is not None:
                    scaler.unscale_(optimizer)
                _synchronise(parameters, self.fabric)
                norm = torch.nn.utils.clip_grad_norm_(parameters, config.clip_norm)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                if bool(torch.isfinite(norm)):
                    optimizer.step()
                if scaler is not None:
                    scaler.update()
            together = mean_over_ranks(torch.stack([loss.detach().float() for loss in losses.values()]))
            values |= dict(zip(losses, together.tolist(), strict=True))
            values[f"gradient_norm/{name}"] = float(norm)
        with phase("averaging"):
            if config.ema_decay > 0:
                _average(self.averaged, self.task.networks, min(config.ema_decay, (1 + step) / (10 + step)))
        return values

    def settle(self) -> None:
        """Make the averages those of the last step; a decay of 0 makes them the last weights."""
        if self.config.ema_decay == 0:
            _average(self.averaged, self.task.networks, 0.0)

    def _rate(self, step: int, limit: int) -> float:
        """The learning rate of a step: rises, falls from epoch to epoch, and to 0 at the end."""
        config = self.config
        epoch = step * config.batch_frames * self.share.of // max(1, self.task.sampler.epoch_frames)
        return (
            config.learning_rate
            * config.epoch_decay**epoch
            * min(1.0, (step + 1) / max(1, config.warmup_steps), (limit - step) / max(1.0, config.decay_share * limit))
        )


def freeze(networks: nn.ModuleDict, names: Sequence[str]) -> None:
    """Keep modules of the networks as they are.

    Args:
        networks: by name.
        names: exact names of modules inside a network, "style_encoder" or "decoder.blocks.0".

    Raises:
        UnknownNameError: no network has such a module.
    """
    modules = {name: module for network in networks.values() for name, module in network.named_modules() if name}
    for name in names:
        if name not in modules:
            raise UnknownNameError("module to freeze", name, modules)
        modules[name].requires_grad_(False)


def _launch(task: Task, config: TrainingConfig) -> Any:
    """Precision, device and, where torchrun started several processes, their connection."""
    from lightning.fabric import Fabric
    from lightning.fabric.strategies import DDPStrategy

    if not started_by_torchrun():
        fabric = Fabric(accelerator=config.accelerator, devices=config.devices, precision=config.precision)  # type: ignore[arg-type]
    else:
        task.make_ready()
        of_machine, of_all = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
        fabric = Fabric(
            accelerator=config.accelerator,
            devices=of_machine,
            num_nodes=of_all // of_machine,
            precision=config.precision,  # type: ignore[arg-type]
            strategy=DDPStrategy(timeout=timedelta(hours=12)),  # the first may prepare data while the others wait
        )
    fabric.launch()
    return fabric


def train(
    task: Task,
    config: TrainingConfig,
    folder: Path,
    max_minutes: float | None = None,
    max_steps: int | None = None,
    initial: dict[str, Tensor] | None = None,
    started: Callable[[], None] | None = None,
) -> int:
    """Train a task until its time or steps are used up; resumes from the folder's checkpoint.

    Args:
        task: what is trained.
        config: optimiser, averaging, precision and checkpoint settings.
        folder: run folder: `checkpoint.pt`, TensorBoard events, the deployable result.
        max_minutes: wall-clock limit of this call, or None.
        max_steps: total steps, counted over all calls; overrides config.max_steps.
        initial: state of the networks to start from when the folder holds no checkpoint.
        started: called by the leading process before the first step, once what is in the folder is known to fit.

    Returns:
        Steps done in all.

    Raises:
        DataError: the folder's checkpoint or `initial` does not fit the task.
        ConfigError: modules are to be frozen that have random weights.
    """
    from torch.utils.tensorboard import SummaryWriter

    began = time.monotonic()
    limit = config.max_steps if max_steps is None else max_steps
    learner = Learner(task, config)
    step = _resume(folder, learner)
    if step == 0 and initial is not None:
        learner.start_from(initial)
    elif step == 0 and (kept := config.freeze + task.kept):
        raise ConfigError(f"{kept[0]} is to be kept as it is, but has learnt nothing yet: name a run with --from.")
    leads = learner.fabric.is_global_zero
    folder.mkdir(parents=True, exist_ok=True)
    if leads and started is not None:
        started()
    writer = SummaryWriter(str(folder)) if leads else None
    line = ProgressLine(limit, max_minutes, began, step) if leads else None
    saved = reported = time.monotonic()
    stop = StopRequest()

    def ends() -> bool:
        late = max_minutes is not None and time.monotonic() - began >= max_minutes * 60
        return any_rank(bool(stop) or late, learner.fabric.device)

    batches = learner.batches(step, limit)
    while step < limit and not ends():
        values = learner.learn(next(batches), step, limit)
        step += 1
        if line is not None:
            line.update(step, values)
        if writer is not None and step % config.log_every == 0:
            for key, value in values.items():
                writer.add_scalar(f"loss/{key}", value, step)
        if time.monotonic() - saved > config.checkpoint_minutes * 60 and leads:
            learner.settle()
            _save(folder, learner, step)
            saved = time.monotonic()
        if writer is not None and time.monotonic() - reported > config.report_minutes * 60:
            learner.settle()
            task.report(writer, deepcopy(learner.averaged).cpu(), step)
            reported = time.monotonic()
    if leads:
        learner.settle()
        _save(folder, learner, step)
        task.save(learner.averaged, folder, step)
        if writer is not None:
            task.report(writer, deepcopy(learner.averaged).cpu(), step)
            writer.close()
    if line is not None:
        line.close()
    stop.release()
    return step


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


def _save(folder: Path, learner: Learner, step: int) -> None:
    state = {
        "step": step,
        "networks": learner.task.networks.state_dict(),
        "averaged": learner.averaged.state_dict(),
        "optimizers": {name: optimizer.state_dict() for name, optimizer in learner.optimizers.items()},
    }
    temporary = folder / f"checkpoint.{os.getpid()}.part"
    torch.save(state, temporary)
    temporary.replace(folder / "checkpoint.pt")


def _resume(folder: Path, learner: Learner) -> int:
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        learner.task.networks.load_state_dict(state["networks"])
        learner.averaged.load_state_dict(state["averaged"])
        for name, optimizer in learner.optimizers.items():
            if name in state["optimizers"]:
                optimizer.load_state_dict(state["optimizers"][name])
    except Exception as error:
        raise DataError(
            f"{path} is damaged or does not fit this recipe and data: go on with those that it was started with, or "
            "start another run --from this one."
        ) from error
    return int(state["step"])
