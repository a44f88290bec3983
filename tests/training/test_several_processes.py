"""Two processes that torchrun starts learn what one process learns from their batches together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from small_runs import VOICE, losses

# Noise and segments are drawn by each process for itself; without them both ways are the same arithmetic.
PROGRAM = """
import sys, torch
torch.randn_like = torch.zeros_like
torch.randn = torch.rand = lambda *size, **options: torch.zeros(*size, device=options.get("device"))
from xespeech.cli.main import run
sys.argv[0] = "xespeech"
run()
"""


def arguments(program: Path, recipe: Path, data: Path, encoder: Path, out: Path, *more: str) -> list[str]:
    options = ["--data", data, "--content-encoder", encoder, "--out", out, "--threads", "1", *more]
    return [str(word) for word in (program, "train", recipe, *options)]


def test_two_processes_have_the_losses_of_one_with_the_doubled_batch(tiny_networks, prepared, tmp_path):
    from xespeech.content.store import save_encoder

    save_encoder(tiny_networks[1], tmp_path / "encoder", 0)
    program, recipe = tmp_path / "program.py", tmp_path / "voice.yaml"
    program.write_text(PROGRAM)
    recipe.write_text(
        VOICE.replace("max_steps: 10", "max_steps: 8, epsilon: 1.0e-3").replace(
            "adversarial_from: 6", "adversarial_from: 4"
        )
    )  # with Adam's own epsilon a gradient of 0 but for rounding would move its weight by a whole step, either way
    own = (program, recipe, prepared, tmp_path / "encoder")
    doubled = ("--set", "training.batch_frames=320")
    subprocess.run([sys.executable, *arguments(*own, tmp_path / "one", *doubled)], check=True, timeout=500)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*torchrun, *arguments(*own, tmp_path / "two")], check=True, timeout=500)

    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert sorted(one) == sorted(two) == list(range(1, 9))
    assert {"loss/adversarial", "loss/discriminator", "loss/feature_matching", "loss/kl_text_spec"} <= set(one[8])
    for step, expected in one.items():
        assert two[step].keys() == expected.keys()
        for name, value in expected.items():
            assert two[step][name] == pytest.approx(value, rel=2e-3, abs=1e-4), (step, name)
    weights = [torch.load(tmp_path / run / "checkpoint.pt", weights_only=True)["networks"] for run in ("one", "two")]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=1e-2, atol=2e-4)
