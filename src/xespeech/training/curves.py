"""The curves of a run: TensorBoard's writer, which is made anew when its folder was deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import nn

from xespeech.training.task import Task


class Curves:
    """Scalars of a run in TensorBoard.

    Its writer works in a thread, which dies when the folder goes; whatever is written next raises that thread's error,
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
