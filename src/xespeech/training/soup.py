"""Model soups: the mean of the weights of several runs.

Runs that started from the same weights, with different seeds, data or stages, lie in one basin of the loss; their mean
often generalises better than each of them.

Source: Wortsman et al. 2022, "Model soups".
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from xespeech.errors import DataError
from xespeech.training.checkpoint import read_checkpoint, read_run, write_checkpoint
from xespeech.training.start import joined, sources_of

_ALIKE = ("task", "model", "content_encoder")


def mean_of_runs(runs: Sequence[Path], out: Path) -> int:
    """Write a run folder whose weights are the mean of the averaged weights of other runs.

    Networks that only some of the runs have, such as discriminators, are left out. Its data are those of all runs.

    Args:
        runs: folders with `checkpoint.pt` and `recipe.json`, two or more, of one model and content encoder.
        out: the folder to write, whole or not at all; it must not exist, or be empty.

    Returns:
        Steps of the run that went furthest.

    Raises:
        DataError: there are fewer than two, one does not fit, or `out` is taken.
        ModelError: one is not a run of a synthesizer, or has no checkpoint or a damaged one.
    """
    if len(set(map(Path.resolve, runs))) < 2:
        raise DataError("a mean is of two runs or more: name several run folders.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} exists: choose another --out.")
    recipes = [read_run(run, ("model", "data")) for run in runs]
    for run, recipe in zip(runs, recipes, strict=True):
        for key in _ALIKE:
            if recipe.get(key) != recipes[0].get(key):
                raise DataError(
                    f"{run} has another {key.replace('_', ' ')} than {runs[0]}: only like runs have a mean."
                )
    first = read_checkpoint(runs[0])
    total, step = first["averaged"], first["step"]
    for run in runs[1:]:
        state = read_checkpoint(run)
        _add(total, state["averaged"], run, runs[0])
        step = max(step, state["step"])
    mean = {name: tensor / len(runs) if tensor.is_floating_point() else tensor for name, tensor in total.items()}
    about = {
        **recipes[0],
        "data": list(dict.fromkeys(folder for recipe in recipes for folder in recipe["data"])),
        "earlier": joined(map(sources_of, runs)),
        "mean_of": [str(run.resolve()) for run in runs],
    }
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.absolute().parent) as place:
        made = Path(place) / "run"
        made.mkdir()
        state = {"step": step, "networks": mean, "averaged": mean, "optimizers": {}}
        write_checkpoint(made, state)
        (made / "recipe.json").write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")
        if out.is_dir():
            out.rmdir()
        made.rename(out)
    return step


def _add(total: dict[str, Tensor], weights: dict[str, Tensor], run: Path, first: Path) -> None:
    """Add weights to a sum, in place; what the sum has and they lack goes, unless it is of the synthesizer."""
    for name in [*total, *(name for name in weights if name not in total and name.startswith("synthesizer."))]:
        here, there = total.get(name), weights.get(name)
        if (here is None or there is None) and not name.startswith("synthesizer."):
            del total[name]
        elif here is None or there is None or here.shape != there.shape:
            raise DataError(f"{run} and {first} differ in {name}: only runs of one model have a mean.")
        elif here.is_floating_point():
            total[name] = here + there
