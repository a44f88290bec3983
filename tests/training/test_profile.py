"""What a step's time is spent on, measured without leaving anything behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RECIPE = """
task: synthesis
model: {content_channels: 16, latent_channels: 8, hidden_channels: 16, style_channels: 8, language_channels: 4,
  text_layers: 1, posterior_layers: 1, couplings: 2, coupling_layers: 1, predictor_layers: 1, style_layers: 1,
  mel_decoder_channels: 16, mel_decoder_layers: 1, mel_decoder_fine_layers: 1,
  vocoder: {channels: 16, n_layers: 1, lookahead: 6}}
synthesis: {window_frames: 40, adversarial_from: 6, segment_frames: 20, discriminator_channels: 2}
training: {batch_frames: 160, max_steps: 1000, precision: 32-true}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def encoder(tmp_path_factory, tiny_networks) -> Path:
    from xespeech.content.store import save_encoder

    folder = tmp_path_factory.mktemp("encoder")
    save_encoder(tiny_networks[1], folder, 0)
    return folder


def shares(text: str) -> dict[str, float]:
    """Percentages by the name at the beginning of their line."""
    found = re.findall(r"^(\S.*?) +[\d.]+ +([\d.]+)%$", text, re.MULTILINE)
    return {name: float(share) for name, share in found}


def test_a_profile_names_every_part_and_leaves_nothing_behind(recipe, encoder, prepared, tmp_path, capsys):
    from xespeech.cli.train import train

    train(recipe, [prepared], tmp_path / "run", content_encoder=encoder, profile=2)
    parts, operations = capsys.readouterr().out.split("operation", 1)
    assert "steps 995 to 996\n" in parts  # the last ones of the recipe, when all losses have begun
    times = re.search(r"seconds per step: median ([\d.]+), min ([\d.]+), max ([\d.]+)", parts)
    assert times is not None
    median, fastest, slowest = map(float, times.groups())
    assert 0 < fastest <= median <= slowest
    seconds = re.search(r"audio per batch: +([\d.]+) s", parts)
    assert seconds is not None
    assert 0 < float(seconds[1]) <= 160 / 50 + 0.8  # batch_frames; a window more or less
    each = ("forward", "backward", "optimiser")
    steps = [f"{name}: {part}" for name in ("synthesizer", "discriminators") for part in each]
    assert list(shares(parts)) == ["batch", *steps, "averaging"]
    assert sum(shares(parts).values()) == pytest.approx(100, abs=0.5)
    assert len(shares(operations)) == 10
    assert "convolution" in operations
    assert list(tmp_path.iterdir()) == [recipe]


def test_an_early_phase_can_be_profiled(recipe, encoder, prepared, capsys):
    from xespeech.cli.train import train

    train(recipe, [prepared], content_encoder=encoder, profile=1, max_steps=6)
    printed = capsys.readouterr().out
    assert "steps 2 to 2\n" in printed
    assert "synthesizer: forward" in printed
    assert "discriminators" not in printed


def test_without_a_profile_a_run_folder_is_asked_for(recipe, prepared):
    from xespeech.cli.train import train
    from xespeech.errors import ConfigError

    with pytest.raises(ConfigError, match="--out"):
        train(recipe, [prepared])
