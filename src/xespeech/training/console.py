"""What a run shows, on the terminal and in TensorBoard, and the signals that end it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import nn

from xespeech.training.task import Task


class StopRequest:
    """True once the process was interrupted or terminated; the step is finished and the checkpoint written.

    A second signal ends the process at once, as it would have without this.
    """

    def __init__(self) -> None:
        self.wanted = False
        self.handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
            hang_up = getattr(signal, "SIGHUP", None)  # the terminal was closed; nohup has it ignored
            if hang_up is not None and signal.getsignal(hang_up) == signal.SIG_DFL:
                numbers.append(hang_up)
            for number in numbers:
                self.handlers[number] = signal.signal(number, self._ask)

    def _ask(self, number: int, frame: Any) -> None:
        self.wanted = True
        self.release()

    def __bool__(self) -> bool:
        return self.wanted

    def release(self) -> None:
        """Give the signals back to those who had them."""
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        self.handlers = {}


class LossNote:
    """Text beside the progress bar of a training: its pace, the time left and running means of its losses.

    Args:
        limit: steps in all.
        max_minutes: of this call, or None.
        started: when it began, time.monotonic().
        first: step that it began at.
    """

    def __init__(self, limit: int, max_minutes: float | None, started: float, first: int) -> None:
        self.limit, self.max_minutes, self.started, self.first = limit, max_minutes, started, first
        self.means: dict[str, float] = {}

    def update(self, step: int, values: Iterable[dict[str, float]]) -> str:
        """The note after further steps with their losses, up to number `step`."""
        for of_step in values:
            for key, value in of_step.items():
                self.means[key] = 0.98 * self.means.get(key, value) + 0.02 * value
        elapsed = time.monotonic() - self.started
        pace = elapsed / max(1, step - self.first)
        left = (self.limit - step) * pace / 60
        if self.max_minutes is not None:
            left = min(left, self.max_minutes - elapsed / 60)
        losses = "  ".join(f"{k} {v:.3g}" for k, v in self.means.items() if not k.startswith("gradient"))
        return f"{pace:.2f} s/step  {left:.0f} min left  {losses}"


class Curves:
    """Scalars of a run in TensorBoard, whose writer is made anew when its folder was deleted.

    The writer works in a thread, which dies when the folder goes; whatever is written next raises that thread's error,
    whenever the folder was deleted. So that error is handled, instead of checking for the folder.

    Args:
        folder: of the run.
        begin: makes the folder again.
    """

    def __init__(self, folder: Path, begin: Callable[[], None]) -> None:
        self._folder, self._begin = folder, begin
        self._writer = self._new()

    def losses(self, values: Mapping[str, float], step: int) -> None:
        """Note the losses of a step."""

        def write(writer: Any) -> None:
            for key, value in values.items():
                writer.add_scalar(f"loss/{key}", value, step)

        self._write(write)

    def report(self, task: Task, averaged: nn.ModuleDict, step: int) -> None:
        """Let a task show what its averaged networks, on the CPU, make of the development items."""
        self._write(lambda writer: task.report(writer, averaged, step))

    def close(self) -> None:
        """Write all that is left; what was to go into a folder that was deleted is lost with it."""
        with suppress(FileNotFoundError):
            self._writer.close()

    def _write(self, write: Callable[[Any], None]) -> None:
        try:
            write(self._writer)
        except FileNotFoundError:
            self._begin()
            self._writer = self._new()
            write(self._writer)

    def _new(self) -> Any:
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self._folder))
