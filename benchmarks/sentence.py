"""Fixed cost of a sentence: the intercept of time over length, by one or two states of the sources in turns.

    git worktree add ../before COMMIT
    python benchmarks/sentence.py --threads 2 --before ../before

Least squares over sentences of one to nineteen words, medians of several repeats each, in processor time and by the
clock. Two states are two processes that speak each sentence in turns, so that what else the machine does slows both. On
a busy machine only the processor time is meaningful.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent.parent
_TEXT = "Nobody in the street looked up for they had heard them do so before and there was work to do"
_LENGTHS = (1, 2, 4, 7, 11, 15, 19)
_MEASURES = ("processor", "clock")


def speak(threads: int, model: Path | None) -> None:
    """Speak each line of the standard input; writes seconds of speech, of the processor and of the clock."""
    import xespeech

    voice = xespeech.load(model, threads=threads)
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        clock, processor = time.perf_counter(), time.process_time()
        audio = voice.speak(line.strip(), seed=0)
        times = time.process_time() - processor, time.perf_counter() - clock
        print(json.dumps([audio.duration, *times]), file=answers, flush=True)


class State:
    """A process that imports the sources of a folder."""

    def __init__(self, sources: Path, arguments: argparse.Namespace) -> None:
        environment = os.environ | {"PYTHONPATH": str(sources.resolve() / "src"), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--one", f"--threads={arguments.threads}"]
        if arguments.model is not None and sources == HERE:
            command.append(f"--model={arguments.model}")
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, length: int) -> list[float]:
        """Seconds of speech, of the processor and of the clock, for a sentence of some words."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(" ".join(_TEXT.split()[:length]) + ".", file=self.process.stdin, flush=True)
        return list(json.loads(self.process.stdout.readline()))


def measure(states: list[State], repeats: int) -> list[dict[str, float]]:
    """Milliseconds of a sentence of no length, and for each second of speech, of each state."""
    answers = np.zeros((len(states), repeats + 1, len(_LENGTHS), 1 + len(_MEASURES)))
    for repeat in range(repeats + 1):  # the first does not count
        for place, length in enumerate(_LENGTHS):
            for number in range(len(states))[:: 1 if repeat % 2 else -1]:
                answers[number, repeat, place] = states[number].ask(length)
    found = []
    for seconds, *times in np.median(answers[:, 1:], axis=1).transpose(0, 2, 1):
        lines = {name: np.polyfit(seconds, 1000 * values, 1) for name, values in zip(_MEASURES, times, strict=True)}
        found.append(
            {name: line[1] for name, line in lines.items()}
            | {f"{name}, a second": line[0] for name, line in lines.items()}
        )
    return found


def main() -> None:
    """Measure one state, or compare two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of the other state")
    parser.add_argument("--model", type=Path, help="a model folder for this state; else its default voice")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=45, help="of each sentence")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        speak(arguments.threads, arguments.model)
        return
    states = [State(folder, arguments) for folder in (arguments.before, HERE) if folder is not None]
    found = measure(states, arguments.repeats)
    for state in states:
        state.process.communicate()
    for name in found[0]:
        told = [values[name] for values in found]
        ratio = f", before over after {told[0] / told[1]:.2f}" if len(told) == 2 else ""
        print(f"{name:<20}" + " -> ".join(f"{value:6.2f} ms" for value in told) + ratio)


if __name__ == "__main__":
    main()
