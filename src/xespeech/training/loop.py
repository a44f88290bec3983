"""The one training loop: every task runs in it, and a run resumes after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

from torch import Tensor

from xespeech.errors import ConfigError, DataError
from xespeech.files import sweep
from xespeech.training import checkpoint
from xespeech.training.checkpoint import write_checkpoint
from xespeech.training.config import TrainingConfig
from xespeech.training.console import ProgressLine, StopRequest
from xespeech.training.curves import Curves
from xespeech.training.learner import Learner, read_values
from xespeech.training.ranks import any_rank
from xespeech.training.task import Task


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
    began = time.monotonic()
    limit = config.max_steps if max_steps is None else max_steps
    learner = Learner(task, config)
    step = _resume(folder, learner)
    if step == 0 and initial is not None:
        learner.start_from(initial)
    elif step == 0 and (frozen := config.freeze + task.frozen_inputs):
        raise ConfigError(f"{frozen[0]} is to be kept as it is, but has learnt nothing yet: name a run with --from.")
    leads = learner.fabric.is_global_zero

    def begin() -> None:
        """Make the folder; it may have been deleted since."""
        if not folder.is_dir() or step == first:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            if started is not None:
                started()

    first = step
    if leads:
        begin()
    curves = Curves(folder, begin) if leads else None
    line = ProgressLine(limit, max_minutes, began, step) if leads else None
    saved = reported = time.monotonic()
    stop = StopRequest()
    unread: list[dict[str, Tensor]] = []  # on the device: read together, so that no step waits for its losses

    def ends() -> bool:
        late = max_minutes is not None and time.monotonic() - began >= max_minutes * 60
        return any_rank(bool(stop) or late, learner.fabric.device)

    batches = learner.batches(step, limit)
    while step < limit and not ends():
        unread.append(learner.learn(next(batches), step, limit))
        step += 1
        logs = step % config.log_every == 0
        if logs or (line is not None and line.due()):
            read = read_values(unread)
            unread.clear()
            if line is not None:
                line.update(step, read)
            if curves is not None and logs:
                curves.losses(read[-1], step)
        if time.monotonic() - saved > config.checkpoint_minutes * 60 and leads:
            learner.sync_averages()
            begin()
            _save(folder, learner, step)
            saved = time.monotonic()
        if curves is not None and time.monotonic() - reported > config.report_minutes * 60:
            learner.sync_averages()
            curves.report(task, deepcopy(learner.averaged).cpu(), step)
            reported = time.monotonic()
    if leads:
        learner.sync_averages()
        begin()
        _save(folder, learner, step)
        task.save(learner.averaged, folder, step)
        if curves is not None:
            curves.report(task, deepcopy(learner.averaged).cpu(), step)
            curves.close()
    if line is not None:
        line.close()
    stop.release()
    return step


def _save(folder: Path, learner: Learner, step: int) -> None:
    optimizers = {name: optimizer.state_dict() for name, optimizer in learner.optimizers.items()}
    networks, averaged = learner.task.networks.state_dict(), learner.averaged.state_dict()
    write_checkpoint(folder, {"step": step, "networks": networks, "averaged": averaged, "optimizers": optimizers})


def _resume(folder: Path, learner: Learner) -> int:
    path = folder / checkpoint.NAME
    if not path.exists():
        return 0
    try:
        state = checkpoint.read_checkpoint(folder)
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
