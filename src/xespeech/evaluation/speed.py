"""How fast is it? Seconds of work; over the seconds of sound they are the real-time factor."""

from __future__ import annotations

import time
from collections.abc import Callable

from xespeech.audio import Audio


def timed(make: Callable[[], Audio]) -> tuple[Audio, float]:
    """What `make` returns, and the seconds it took."""
    started = time.perf_counter()
    audio = make()
    return audio, time.perf_counter() - started


def real_time_factor(seconds: float, duration: float) -> float:
    """Seconds of work for one second of sound; under 1 is faster than speech."""
    return seconds / duration
