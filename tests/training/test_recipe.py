"""What a recipe or --set gives as a number is one, or is refused by name."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from pathlib import Path

import pytest

from xespeech.config import MEL_COMPACT
from xespeech.errors import ConfigError
from xespeech.training.recipe import read_recipe

RECIPE = Path(__file__).parents[2] / "recipes" / "compact.yaml"


def test_an_exponent_without_a_point_is_a_number() -> None:
    assert read_recipe(RECIPE, {"training.learning_rate": "1e-3"}).training.learning_rate == 0.001


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("training.learning_rate", "fast", "learning_rate must be a number, not 'fast'"),
        ("training.batch_frames", "1e3", "batch_frames must be a whole number, not '1e3'"),
        ("synthesis.denoised_targets", "no", "denoised_targets must be true or false, not 'no'"),
    ],
)
def test_other_words_are_refused(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read_recipe(RECIPE, {name: value})


def _write(folder: Path, text: str) -> Path:
    (folder / "recipe.yaml").write_text(text)
    return folder / "recipe.yaml"


@pytest.mark.parametrize(("name", "stage"), [("prosody", "prosody"), ("decoder", "vocoder")])
def test_what_older_recipes_call_a_stage_is_refused_with_the_remedy(tmp_path: Path, name: str, stage: str) -> None:
    recipe = _write(tmp_path, f"task: synthesis\nsynthesis: {{{name}_only: true}}\n")
    with pytest.raises(ConfigError, match=f"{name}_only is now one of several stages: set stage: {stage} instead"):
        read_recipe(recipe)


@pytest.mark.parametrize(
    ("stage", "name", "having"),
    [
        ("vocoder", "mel_weight", "autoencoder and latent and joint"),
        ("autoencoder", "duration_weight", "latent and joint and prosody"),
        ("latent", "judge_weight", "joint"),
        ("prosody", "adversarial_weight", "vocoder and autoencoder and latent and joint"),
        ("joint", "autoencoder_kl", "autoencoder"),
    ],
)
def test_weights_of_losses_that_the_stage_does_not_have_are_refused(
    tmp_path: Path, stage: str, name: str, having: str
) -> None:
    text = f"task: synthesis\nsynthesis: {{stage: {stage}, {name}: {{}}}}\n"
    with pytest.raises(ConfigError, match=f"{name} has no effect in the stage {stage}, only in {having}: leave it out"):
        read_recipe(_write(tmp_path, text.replace("{}", "1.0")))
    assert getattr(read_recipe(_write(tmp_path, text.replace("{}", "0"))).synthesis, name) == 0


def test_all_weights_without_effect_are_named_at_once(tmp_path: Path) -> None:
    text = "task: synthesis\nsynthesis: {stage: vocoder, mel_weight: 45, style_weight: 2, spectral_weight: 1}\n"
    with pytest.raises(ConfigError, match="mel_weight, style_weight have no effect in the stage vocoder: leave them"):
        read_recipe(_write(tmp_path, text))


def test_sizes_of_the_mel_are_settings_too(tmp_path: Path) -> None:
    mel = "{sample_rate: 24000, n_fft: 1024, hop_length: 480, win_length: 1024, n_mels: 80, f_min: 0, f_max: 12000}"
    recipe = _write(tmp_path, f"task: synthesis\nmodel: {{mel: {mel}}}\n")
    assert read_recipe(recipe).model.mel.n_mels == 80
    with pytest.raises(ConfigError, match=r"model.mel: f_max is missing"):
        read_recipe(_write(tmp_path, f"task: synthesis\nmodel: {{mel: {mel.replace(', f_max: 12000', '')}}}\n"))


def test_the_run_folder_of_an_older_version_gives_its_sizes(tmp_path: Path) -> None:
    """recipe.json of version 0.1.0 with settings that there are no more: sizes and content encoder are still read."""
    from xespeech.training.start import encoder_of, sizes_of

    about = {
        "task": "synthesis",
        "model": {"n_phones": 5, "n_marks": 5, "hidden_channels": 32, "mel": None},
        "synthesis": {"prosody_only": False, "decoder_only": True},
        "content_encoder": "runs/content",
    }
    about["model"]["mel"] = dataclasses.asdict(MEL_COMPACT)  # type: ignore[index]
    (tmp_path / "recipe.json").write_text(json.dumps(about))
    recipe = read_recipe(RECIPE, sizes=partial(sizes_of, tmp_path))
    assert recipe.model.hidden_channels == 32
    assert recipe.model.mel == MEL_COMPACT
    assert encoder_of(tmp_path) == "runs/content"
