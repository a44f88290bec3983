"""Fixed cost of a sentence: the intercept of time over length, by one or two states of the sources in turns.

    git worktree add ../before COMMIT
    python benchmarks/sentence.py --threads 2 --before ../before

Least squares over sentences of one to nineteen words, medians of several repeats each, in processor time and by the
clock. On a busy machine only the processor time is meaningful.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

HERE = Path(__file__).resolve().parent.parent
_TEXT = "Nobody in the street looked up for they had heard them do so before and there was work to do"
_LENGTHS = (1, 2, 4, 7, 11, 15, 19)


def measure(threads: int, repeats: int, model: Path | None) -> dict[str, float]:
    """Milliseconds of a sentence of no length, and for each second of speech."""
    import xespeech

    voice = xespeech.load(model, threads=threads)
    rows = []
    for length in _LENGTHS:
        text = " ".join(_TEXT.split()[:length]) + "."
        voice.speak(text, seed=0)
        times = []
        for _ in range(repeats):
            clock, processor = time.perf_counter(), time.process_time()
            audio = voice.speak(text, seed=0)
            times.append((time.process_time() - processor, time.perf_counter() - clock))
        rows.append((audio.duration, *(1000 * median(values) for values in zip(*times, strict=True))))
    seconds, processor, clock = np.array(rows).T
    found = {}
    for name, values in (("processor", processor), ("clock", clock)):
        slope, intercept = np.polyfit(seconds, values, 1)
        found |= {name: float(intercept), f"{name}, a second": float(slope)}
    return found


def run(sources: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """`measure` in a process that imports the sources of a folder."""
    environment = os.environ | {"PYTHONPATH": str(sources.resolve() / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--one", f"--threads={arguments.threads}", f"--repeats={arguments.repeats}"]
    if arguments.model is not None and sources == HERE:
        command.append(f"--model={arguments.model}")
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Measure one state, or compare two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of the other state")
    parser.add_argument("--model", type=Path, help="a model folder for this state; else its default voice")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=15, help="of each sentence, in each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.threads, arguments.repeats, arguments.model)))
        return
    states = [HERE] if arguments.before is None else [arguments.before, HERE]
    found: dict[Path, list[dict[str, float]]] = {state: [] for state in states}
    for turn in range(arguments.turns):
        for state in states if turn % 2 == 0 else states[::-1]:
            found[state].append(run(state, arguments))
    for name in found[HERE][0]:
        told = [median(values[name] for values in found[state]) for state in states]
        ratio = f", before over after {told[0] / told[1]:.2f}" if len(told) == 2 else ""
        print(f"{name:<20}" + " -> ".join(f"{value:6.2f} ms" for value in told) + ratio)


if __name__ == "__main__":
    main()
