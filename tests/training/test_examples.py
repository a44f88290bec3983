"""Examples of speech for integer graphs: as many as wanted from however little data, always the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xespeech.data.pack import Pack, Row
from xespeech.training.examples import COUNT, speech_examples


@pytest.fixture(scope="module")
def recordings(prepared: Path) -> list[tuple[Pack, Row]]:
    pack = Pack(prepared)
    return [(pack, row) for row in pack.rows]


def styles(count: int, channels: int) -> list[np.ndarray]:
    return list(np.random.default_rng(1).standard_normal((count, channels)).astype(np.float32))


def test_text_and_recordings_are_said_in_all_styles(
    tiny_networks: tuple[Any, Any], recordings: list[tuple[Pack, Row]]
) -> None:
    model = tiny_networks[0]
    wanted = styles(7, model.config.style_channels)
    found = speech_examples(model, recordings, wanted)
    without_text = sum(not row.n_symbols for _, row in recordings)
    assert without_text >= 1
    assert len(found["sound"]) == COUNT > len(found["text_to_content"]) >= COUNT * (1 - without_text / 5)
    spoken = {tuple(inputs["style"][0]) for inputs in found["sound"]}
    assert spoken == {tuple(style) for style in wanted}
    noise = [inputs["noise"].std() for inputs in found["text_to_content"]]
    assert min(noise) < 0.2
    assert max(noise) > 0.8  # speech allows 0 to 1
    for inputs in (*found["sound"], *found["text_to_content"]):
        assert all(np.isfinite(values).all() for values in inputs.values())
    again = speech_examples(model, recordings, wanted)
    np.testing.assert_array_equal(again["sound"][-1]["latent"], found["sound"][-1]["latent"])


def test_one_recording_is_said_in_many_styles(
    tiny_networks: tuple[Any, Any], recordings: list[tuple[Pack, Row]]
) -> None:
    model = tiny_networks[0]
    found = speech_examples(model, recordings[:1], styles(30, model.config.style_channels))
    assert len({tuple(inputs["style"][0]) for inputs in found["sound"]}) == 30


def test_nothing_to_say_gives_no_examples(tiny_networks: tuple[Any, Any], recordings: list[tuple[Pack, Row]]) -> None:
    model = tiny_networks[0]
    for items, voices in (([], styles(2, model.config.style_channels)), (recordings, [])):
        assert not any(speech_examples(model, items, voices).values())
