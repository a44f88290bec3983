"""What a long run shows on the terminal, and how it is asked to end."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any


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


class ProgressLine:
    """One line on the terminal, rewritten in place; one line a minute when the output is a file."""

    def __init__(self, limit: int, max_minutes: float | None, started: float, step: int) -> None:
        self.limit, self.max_minutes, self.started, self.first = limit, max_minutes, started, step
        self.means: dict[str, float] = {}
        self.printed = -math.inf
        self.terminal = sys.stderr.isatty()

    def due(self) -> bool:
        """Whether it is time to rewrite the line."""
        return time.monotonic() - self.printed >= (0.5 if self.terminal else 60.0)

    def update(self, step: int, values: Iterable[dict[str, float]]) -> None:
        """Take the losses of further steps, whose running means are shown; rewrite the line if it is time."""
        for of_step in values:
            for key, value in of_step.items():
                self.means[key] = 0.98 * self.means.get(key, value) + 0.02 * value
        if not self.due():
            return
        now = self.printed = time.monotonic()
        pace = (now - self.started) / max(1, step - self.first)
        left = (self.limit - step) * pace / 60
        if self.max_minutes is not None:
            left = min(left, self.max_minutes - (now - self.started) / 60)
        losses = "  ".join(f"{k} {v:.3g}" for k, v in self.means.items() if not k.startswith("gradient"))
        text = f"step {step}  {pace:.2f} s/step  {left:.0f} min left  {losses}"
        print(
            f"\r\033[K{text}" if self.terminal else text, end="" if self.terminal else "\n", file=sys.stderr, flush=True
        )

    def close(self) -> None:
        if self.terminal:
            print(file=sys.stderr)
