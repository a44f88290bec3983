"""Profile of training steps: wall-clock time of their parts, operations by torch.profiler."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity

from xespeech.training.config import TrainingConfig
from xespeech.training.learner import Learner
from xespeech.training.task import Task

_WARM_UP = 2  # steps before the clock starts: memory is allocated, kernels are chosen, functions are compiled
_TRACED = 3  # steps after it, in which operations are traced: tracing slows a step down
_SHOWN = 10


@dataclass(frozen=True)
class Operation:
    """One kind of operation.

    Attributes:
        name: what torch calls it, without "aten::".
        share: of the time of all operations, without operations that it calls.
        calls: in a step.
    """

    name: str
    share: float
    calls: float


@dataclass(frozen=True)
class Profile:
    """Measurements of some steps.

    Attributes:
        first: number of the first step measured.
        steps: seconds of each step.
        audio: seconds of audio in the median batch.
        parts: median seconds of each part of a step, in their order.
        operations: the most expensive first.
    """

    first: int
    steps: tuple[float, ...]
    audio: float
    parts: dict[str, float]
    operations: tuple[Operation, ...]

    def table(self) -> str:
        """The measurements as text of some twenty lines."""
        last = self.first + len(self.steps) - 1
        lines = [
            f"steps {self.first} to {last}",
            f"seconds per step: median {median(self.steps):.3f}, min {min(self.steps):.3f}, max {max(self.steps):.3f}",
            f"audio per batch:  {self.audio:.1f} s",
            "",
            f"{'part of a step':<40} {'seconds':>9} {'share':>8}",
        ]
        whole = sum(self.parts.values())
        lines += [f"{name:<40} {seconds:9.3f} {seconds / whole:8.1%}" for name, seconds in self.parts.items()]
        lines += ["", f"{'operation':<40} {'calls':>9} {'share':>8}"]
        lines += [f"{known.name[:40]:<40} {known.calls:9.0f} {known.share:8.1%}" for known in self.operations]
        return "\n".join(lines)


class _Stopwatch:
    """Seconds of the parts of a step, called at the end of each; synchronises with a GPU."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds: dict[str, float] = {}
        self.last = self._now()

    def __call__(self, part: str) -> None:
        now = self._now()
        self.seconds[part] = now - self.last
        self.last = now

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()


def profile(
    task: Task,
    config: TrainingConfig,
    steps: int,
    max_steps: int | None = None,
    initial: dict[str, Tensor] | None = None,
) -> Profile:
    """Measure the last steps of a training, when all of its losses are active; nothing is saved.

    Args:
        task: what would be trained.
        config: its settings.
        steps: steps to measure; a few more run before and after them.
        max_steps: end of the training instead of config.max_steps: a small number measures an early phase of it.
        initial: state of the networks to start from.
    """
    learner = Learner(task, config)
    if initial is not None:
        learner.start_from(initial)
    in_all = _WARM_UP + steps + _TRACED
    start = max(0, (config.max_steps if max_steps is None else max_steps) - in_all)
    limit = start + in_all

    def run(step: int) -> tuple[dict[str, float], float]:
        watch = _Stopwatch(learner.fabric.device)
        batch = learner.batch(step)
        watch("batch")
        learner.learn(batch, step, limit, watch)
        return watch.seconds, task.seconds(batch)

    for step in range(start, start + _WARM_UP):
        run(step)
    first = start + _WARM_UP
    measured = [run(step) for step in range(first, first + steps)]
    # The median, since the first use of a corpus may compute features that are stored.
    names = dict.fromkeys(part for spent, _ in measured for part in spent)
    parts = {part: median(spent[part] for spent, _ in measured if part in spent) for part in names}
    seconds = tuple(sum(spent.values()) for spent, _ in measured)
    operations = _trace(run, range(first + steps, limit))
    return Profile(first, seconds, median(audio for _, audio in measured), parts, operations)


def _trace(run: Callable[[int], object], steps: range) -> tuple[Operation, ...]:
    """The most expensive operations of some steps, by CPU time."""
    with torch.profiler.profile(activities=[ProfilerActivity.CPU]) as trace:
        for step in steps:
            run(step)
    averages = trace.key_averages()
    whole = sum(average.self_cpu_time_total for average in averages)
    most_expensive = sorted(averages, key=lambda average: average.self_cpu_time_total, reverse=True)[:_SHOWN]
    return tuple(
        Operation(known.key.removeprefix("aten::"), known.self_cpu_time_total / whole, known.count / len(steps))
        for known in most_expensive
    )
