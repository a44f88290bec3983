"""How fast is it? The real-time factor."""

from __future__ import annotations

import time
from collections.abc import Callable

from xespeech.audio import Audio


def timed(make: Callable[[], Audio]) -> tuple[Audio, float]:
    """What `make` returns, and the real-time factor: seconds of work for one second of sound (under 1 is faster than speech)."""
    started = time.perf_counter()
    audio = make()
    return audio, (time.perf_counter() - started) / audio.duration
