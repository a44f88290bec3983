"""One measurement in a process of its own: `python benchmarks/worker.py '{"system": "xespeech", ...}'` prints JSON.

The process is confined to as many cores as threads are asked for.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Run the measurement that the first argument asks for."""
    wanted = json.loads(sys.argv[1])
    threads = wanted["threads"]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    os.environ["OMP_NUM_THREADS"] = str(threads)
    before = time.perf_counter()
    from systems import SYSTEMS

    system = SYSTEMS[wanted["system"]][1](threads)
    loaded = time.perf_counter() - before
    call = _call(system, wanted)
    before = time.perf_counter()
    sound = call()
    first = time.perf_counter() - before
    times = []
    for _ in range(wanted.get("repeats", 5)):
        before = time.perf_counter()
        sound = call()
        times.append(time.perf_counter() - before)
        if sum(times) > wanted.get("most_seconds", 60.0):
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    print(json.dumps({"load": loaded, "first": first, "times": times or [first], "sound": sound, "peak_mb": peak}))


def _call(system: Any, wanted: dict[str, Any]) -> Callable[[], float]:
    """What is timed; it returns seconds of sound."""
    text, task = wanted.get("text", ""), wanted["task"]
    if task == "speak":
        return lambda: system.speak(text, wanted["symbols"], wanted["seconds"], wanted.get("batch", 1))
    if task == "convert":
        return lambda: system.convert(wanted["seconds"])
    if task == "first":
        return lambda: system.first_chunk(text)
    assert task == "narrate", task
    return lambda: system.narrate(text)


if __name__ == "__main__":
    main()
