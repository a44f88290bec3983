"""The mean of runs' weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from xespeech.cli import main
from xespeech.errors import DataError, ModelError
from xespeech.training.soup import mean_of_runs
from xespeech.training.start import encoder_of, load_start, sizes_of

SIZES = {"hidden_channels": 2}


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Writes a run of a synthesizer of one matrix, all of one value, and a counter."""

    def make(name: str, value: float, networks: dict[str, Any] | None = None, **recipe: Any) -> Path:
        run = tmp_path / name
        run.mkdir()
        about = {"task": "synthesis", "model": SIZES, "content_encoder": "encoder", "data": [f"{name}-data", "shared"]}
        (run / "recipe.json").write_text(json.dumps({**about, **recipe}), encoding="utf-8")
        averaged = {
            "synthesizer.text": torch.full((2, 3), value),
            "synthesizer.count": torch.tensor(7),
            **(networks or {}),
        }
        torch.save({"step": int(value * 100), "averaged": averaged}, run / "checkpoint.pt")
        return run

    return make


def test_the_mean_is_a_run_to_start_from(make_run: Callable[..., Path], tmp_path: Path) -> None:
    runs = [make_run("a", 1.0, {"judge.w": torch.ones(1)}), make_run("b", 2.0), make_run("c", 6.0)]
    result = CliRunner().invoke(main.app, ["soup", *map(str, runs), "--out", str(tmp_path / "mean")])
    assert result.exit_code == 0, result.output
    assert "the mean of 3 runs, the longest of 600 steps" in result.output
    weights = load_start(tmp_path / "mean")
    assert sorted(weights) == ["synthesizer.count", "synthesizer.text"]  # only a has the judge
    assert torch.equal(weights["synthesizer.text"], torch.full((2, 3), 3.0))
    assert weights["synthesizer.count"] == 7
    assert sizes_of(tmp_path / "mean") == SIZES
    assert encoder_of(tmp_path / "mean") == "encoder"
    recipe = json.loads((tmp_path / "mean" / "recipe.json").read_text(encoding="utf-8"))
    assert recipe["data"] == ["a-data", "shared", "b-data", "c-data"]
    assert torch.equal(load_start(runs[0])["synthesizer.text"], torch.ones(2, 3))


def test_runs_that_do_not_fit_are_named(make_run: Callable[..., Path], tmp_path: Path) -> None:
    first, out = make_run("first", 1.0), tmp_path / "out"
    wider = make_run("wider", 1.0, model={"hidden_channels": 3})
    deaf = make_run("deaf", 1.0, content_encoder="another")
    longer = make_run("longer", 1.0, {"synthesizer.text": torch.ones(4, 3)})
    content = make_run("content", 1.0, model=None)
    for other, words in (
        (wider, "wider has another model than"),
        (deaf, "deaf has another content encoder than"),
        (longer, "differ in synthesizer.text"),
        (content, "content trains no synthesizer"),
        (tmp_path / "nowhere", "nowhere is not a training run"),
        (first, "two runs or more"),
    ):
        with pytest.raises((DataError, ModelError), match=words):
            mean_of_runs([first, other], out)
        assert not out.exists()
    (out / "mine").mkdir(parents=True)
    with pytest.raises(DataError, match="exists: choose another --out"):
        mean_of_runs([first, make_run("second", 2.0)], out)
