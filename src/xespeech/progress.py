"""Progress of long work: one interface for training, preparing, evaluating, exporting and speaking.

Functions that take long are given a `Progress`. `silent` shows nothing; commands pass
`show`, which draws bars on a terminal and writes a line a minute into anything else.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_Item = TypeVar("_Item")
_REDRAWN = 0.5  # seconds between two states of a bar
_WRITTEN = 60.0  # seconds between two lines of a log


class Work:
    """Work that is under way. This base class shows nothing.

    Attributes:
        done: how much of the total.
    """

    done = 0.0

    def advance(self, amount: float = 1.0, note: str | None = None, now: bool = False) -> None:
        """So much more is done.

        Args:
            amount: in the unit of the total.
            note: shown beside it from now on; None leaves what is there.
            now: whether it is shown even if something was shown a moment ago.
        """
        self.done += amount

    def is_due(self) -> bool:
        """Whether a note given now would be shown, for notes that are costly to make."""
        return False


class Progress(Protocol):
    """Called when work begins; the work is under way until the block is left."""

    def __call__(self, what: str, total: float | None = None) -> AbstractContextManager[Work]:
        """Begin to show it.

        Args:
            what: is done, in a word or two.
            total: how much there is of it; None where that is not known.
        """


@contextmanager
def silent(what: str, total: float | None = None) -> Iterator[Work]:
    """Shows nothing."""
    yield Work()


@contextmanager
def show(what: str, total: float | None = None) -> Iterator[Work]:
    """Shows on standard error how far the work is: a bar on a terminal, else a line a minute."""
    if not sys.stderr.isatty():
        yield _Log(what, total)
        return
    with _display() as display:
        yield (bar := _Bar(display, what, total))
        if total is None:  # its work is complete
            display.update(bar.task, total=1, completed=1)


def track(items: Iterable[_Item], what: str, progress: Progress, total: int | None = None) -> Iterator[_Item]:
    """The items, with progress after each.

    Args:
        items: to go through.
        what: name of the work.
        progress: of the work.
        total: number of items; None for their length.
    """
    size = len(items) if total is None and isinstance(items, Collection) else total
    with progress(what, size) as work:
        for item in items:
            yield item
            work.advance()


class _Log(Work):
    """Lines for a file or a pipe, the first after a minute, so that what is quick says nothing."""

    def __init__(self, what: str, total: float | None) -> None:
        self._what, self._total, self._note = what, total, ""
        self._written = time.monotonic()
        if total is None:
            print(f"{what} ...", file=sys.stderr, flush=True)

    def advance(self, amount: float = 1.0, note: str | None = None, now: bool = False) -> None:
        super().advance(amount)
        self._note = self._note if note is None else note
        if self._total is not None and (now or self.is_due()):
            self._written = time.monotonic()
            print(f"{self._what} {self.done:.0f}/{self._total:.0f}  {self._note}".rstrip(), file=sys.stderr, flush=True)

    def is_due(self) -> bool:
        return time.monotonic() - self._written >= _WRITTEN


class _Bar(Work):
    """A bar of a display."""

    def __init__(self, display: RichProgress, what: str, total: float | None) -> None:
        self._display, self._note, self._drawn = display, "", time.monotonic()
        self.task = display.add_task(what, total=total, note="")

    def advance(self, amount: float = 1.0, note: str | None = None, now: bool = False) -> None:
        super().advance(amount)
        if self.is_due():
            self._drawn = time.monotonic()
        self._note = self._note if note is None else note
        self._display.update(self.task, completed=self.done, note=self._note)

    def is_due(self) -> bool:
        return time.monotonic() - self._drawn >= _REDRAWN


_lock = threading.Lock()
_displays: list[RichProgress] = []  # the one that is drawn, as often as somebody uses it: a terminal has room for one


@contextmanager
def _display() -> Iterator[RichProgress]:
    """The display of all bars, which is drawn from the first to the last of them."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with _lock:
        if not _displays:
            columns = TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn()
            note = TextColumn("{task.fields[note]}", markup=False)
            display = Progress(
                *columns, note, console=Console(stderr=True), redirect_stdout=False, refresh_per_second=4
            )
            display.start()
        else:
            display = _displays[-1]
        _displays.append(display)
    try:
        yield display
    finally:
        with _lock:
            _displays.remove(display)
            if not _displays:
                display.stop()
