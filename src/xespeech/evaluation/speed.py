"""Speed: seconds of computing, and the real-time factor."""

from __future__ import annotations

import time
from collections.abc import Callable

from xespeech.audio import Audio


def timed(make: Callable[[], Audio]) -> tuple[Audio, float]:
    """Result of `make`, and its seconds."""
    started = time.perf_counter()
    audio = make()
    return audio, time.perf_counter() - started


def real_time_factor(seconds: float, duration: float) -> float:
    """Seconds of work for one second of sound; under 1 is faster than speech."""
    return seconds / duration
