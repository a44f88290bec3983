"""A step of the joint stage with discriminators by two states of the sources: the same batch, weights and losses.

    git worktree add ../before COMMIT
    python benchmarks/step.py --data prepared --before ../before

Both take turns, each in a process of its own. Told are the processor's seconds of a step, before over after, and the
losses of the first step by both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent.parent


def measure(data: list[Path], frames: int, steps: int) -> dict[str, object]:
    """Seconds of each step and the losses of the first, with what `import xespeech` finds."""
    import torch

    from xespeech.architectures import architecture_of_task
    from xespeech.cli.shared import bundled
    from xespeech.data.pack import Pack
    from xespeech.training.learner import Learner
    from xespeech.training.precision import resolve_precision
    from xespeech.training.recipe import read_recipe

    torch.set_num_threads(1)
    values = {"synthesis.adversarial_from": 0, "training.batch_frames": frames}
    recipe = read_recipe(HERE / "recipes/compact.yaml", values)
    recipe = replace(recipe, training=resolve_precision(recipe.training))
    torch.manual_seed(0)
    packs = [Pack(folder, jobs=1) for folder in data]
    task = architecture_of_task("synthesis").make_task(recipe, packs, bundled("default"))
    learner = Learner(task, recipe.training)
    task.make_ready()
    first, limit = 5, recipe.training.max_steps
    losses = {name: float(value) for name, value in learner.learn(learner.batch(first), first, limit).items()}
    seconds = []
    for step in range(first + 1, first + 2 + steps):
        batch = learner.batch(step)
        started = time.process_time()
        learner.learn(batch, step, limit)
        seconds.append(time.process_time() - started)
    return {"seconds": seconds[1:], "losses": losses}


def run(sources: Path, arguments: argparse.Namespace) -> dict[str, dict[str, float] | list[float]]:
    """`measure` in a process that imports the sources of a folder."""
    names = [f"--data={folder.resolve()}" for folder in arguments.data]
    command = [sys.executable, __file__, *names, f"--frames={arguments.frames}", f"--steps={arguments.steps}"]
    environment = os.environ | {"PYTHONPATH": str(sources.resolve() / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, "--one"], env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Compare, or measure one state and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="a prepared folder; may be repeated")
    parser.add_argument("--before", type=Path, help="a checkout of the other state")
    parser.add_argument("--frames", type=int, default=1600, help="of a batch, 50 a second")
    parser.add_argument("--steps", type=int, default=5, help="timed in each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one or arguments.before is None:
        print(json.dumps(measure(arguments.data, arguments.frames, arguments.steps)))
        return
    ratios = []
    for turn in range(arguments.turns):
        order = (arguments.before, HERE) if turn % 2 == 0 else (HERE, arguments.before)
        found = {sources: run(sources, arguments) for sources in order}
        before, after = found[arguments.before], found[HERE]
        seconds = [median(values["seconds"]) for values in (before, after)]
        ratios.append(seconds[0] / seconds[1])
        print(
            f"turn {turn + 1}: before {seconds[0]:.3f} s, after {seconds[1]:.3f} s, ratio {ratios[-1]:.2f}", flush=True
        )
    print(f"before over after: median {median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")
    for name, value in before["losses"].items():
        print(f"{name:<32} {value:10.5f} {after['losses'][name]:10.5f}")


if __name__ == "__main__":
    main()
