"""A run computes in what its processor has instructions for, says so, and keeps it in its recipe."""

from __future__ import annotations

import json

import pytest
import torch
from small_runs import CONTENT

from xespeech.content.encoder import CompactFeatures
from xespeech.content.store import save_encoder
from xespeech.model import precision as capabilities
from xespeech.training.config import TrainingConfig
from xespeech.training.precision import resolve_precision


@pytest.fixture(params=[True, False])
def avx512_bf16(request, monkeypatch) -> bool:
    """Whether the CPU has instructions for bfloat16."""
    monkeypatch.setattr(capabilities.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: request.param)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return request.param


def test_the_first_line_and_the_recipe_of_a_run_name_what_the_cpu_computes_in(
    avx512_bf16, prepared, tmp_path, capfd
) -> None:
    from xespeech.cli.train import train

    (tmp_path / "recipe.yaml").write_text(CONTENT.replace("precision: 32-true", "accelerator: cpu"))
    train(tmp_path / "recipe.yaml", [prepared], tmp_path / "run", max_steps=1)
    expected = "bf16-mixed" if avx512_bf16 else "32-true"
    assert capfd.readouterr().err.startswith(f"training on cpu in {expected}, ")
    assert json.loads((tmp_path / "run" / "recipe.json").read_text())["training"]["precision"] == expected


def test_content_features_are_computed_in_what_the_cpu_has(avx512_bf16, tiny_networks, tmp_path) -> None:
    save_encoder(tiny_networks[1], tmp_path, 0)
    assert CompactFeatures(tmp_path).precision == ("bf16" if avx512_bf16 else "32")


@pytest.mark.parametrize(("native", "expected"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_gpu_is_asked_without_emulation(native, expected, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    assert resolve_precision(TrainingConfig()).precision == expected
    assert resolve_precision(TrainingConfig(precision="16-mixed")).precision == "16-mixed"


def test_an_arm_cpu_is_asked_in_its_own_way(monkeypatch) -> None:
    monkeypatch.setattr(capabilities.platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    for native in (True, False):
        monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda native=native: native)
        assert resolve_precision(TrainingConfig(accelerator="cpu")).precision == ("bf16-mixed" if native else "32-true")
