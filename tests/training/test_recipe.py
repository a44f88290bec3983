"""What a recipe or --set gives as a number is one, or is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

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
