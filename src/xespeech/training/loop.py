"""The one training loop: every task runs in it, and a run resumes after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

from torch import Tensor

from xespeech.errors import ConfigError, DataError
from xespeech.files import sweep
from xespeech.progress import show, silent
from xespeech.training import checkpoint
from xespeech.training.config import TrainingConfig
from xespeech.training.console import Curves, LossNote, StopRequest
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
        started: called by the leading process before the first step, after the folder has been checked.

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
    record = _Record(learner, folder, started) if leads else None
    note = LossNote(limit, max_minutes, began, step)
    stop = StopRequest()
    unread: list[dict[str, Tensor]] = []  # on the device: read together, so that no step waits for its losses

    def ends() -> bool:
        late = max_minutes is not None and time.monotonic() - began >= max_minutes * 60
        return any_rank(bool(stop) or late, learner.fabric.device)

    batches = learner.batches(step, limit)
    with (show if leads else silent)("training, steps", limit) as shown:
        shown.advance(step)
        first = step + 1
        while step < limit and not ends():
            unread.append(learner.learn(next(batches), step, limit))
            step += 1
            logs = step % config.log_every == 0
            if logs or step == first or shown.is_due():
                read = read_values(unread)
                unread.clear()
                shown.advance(len(read), note.update(step, read), now=step == first)
                if record is not None and logs:
                    record.curves.losses(read[-1], step)
            if record is not None:
                record.keep_up(step)
        if record is not None:
            record.finish(step)
    stop.release()
    return step


class _Record:
    """Files of the run folder, written by the leading process.

    Args:
        learner: with the networks.
        folder: the run folder.
        started: called when the folder has been made; it may be deleted on the way and is made again then.
    """

    def __init__(self, learner: Learner, folder: Path, started: Callable[[], None] | None) -> None:
        self.learner, self.config, self.folder, self.started = learner, learner.config, folder, started
        self._make_folder()
        self.curves = Curves(folder, self._ensure_folder)
        self.saved = self.reported = time.monotonic()

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder)
        if self.started is not None:
            self.started()

    def _ensure_folder(self) -> None:
        if not self.folder.is_dir():
            self._make_folder()

    def keep_up(self, step: int) -> None:
        """Write the checkpoint and the report that are due after a step."""
        if time.monotonic() - self.saved > self.config.checkpoint_minutes * 60:
            self._save(step)
            self.saved = time.monotonic()
        if time.monotonic() - self.reported > self.config.report_minutes * 60:
            self._report(step)
            self.reported = time.monotonic()

    def finish(self, step: int) -> None:
        """Write all that a run leaves."""
        self._save(step)
        self.learner.task.save(self.learner.averaged, self.folder, step)
        self._report(step)
        self.curves.close()

    def _save(self, step: int) -> None:
        self.learner.sync_averages()
        self._ensure_folder()
        learner = self.learner
        state = {
            "step": step,
            "networks": learner.task.networks.state_dict(),
            "averaged": learner.averaged.state_dict(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in learner.optimizers.items()},
        }
        checkpoint.write_checkpoint(self.folder, state)

    def _report(self, step: int) -> None:
        self.learner.sync_averages()
        self.curves.report(self.learner.task, deepcopy(self.learner.averaged).cpu(), step)


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
