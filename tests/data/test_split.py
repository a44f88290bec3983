"""What is kept out of training."""

from __future__ import annotations

import random

import pytest

from xespeech.data.manifest import Utterance
from xespeech.data.split import development_set, prompt_key


def utterance(id: str, speaker: str, text: str) -> Utterance:
    return Utterance(id, "en", speaker, "neutral", text, None, 24_000, 12_000.0)


def corpus() -> list[Utterance]:
    big = [utterance(f"big-{i}-{k}", "big", f"Sentence {i}, read twice.") for i in range(300) for k in range(2)]
    medium = [utterance(f"medium-{i}", "medium", f"sentence {i} read twice") for i in range(210)]
    small = [utterance(f"small-{s}-{i}", f"small-{s}", f"Number {i} of {s}") for s in range(20) for i in range(10)]
    single = [utterance(f"single-{i}", f"single-{i}", f"Sentence {i}, read twice.") for i in range(100)]
    textless = [utterance(f"laugh-{i}", "laughing", "") for i in range(100)]
    return [*big, *medium, *small, *single, *textless]


@pytest.fixture(scope="module")
def dev() -> set[str]:
    return development_set(corpus())


def test_no_text_is_on_both_sides(dev: set[str]) -> None:
    sides: dict[str, set[bool]] = {}
    for item in corpus():
        sides.setdefault(prompt_key(item), set()).add(item.id in dev)
    assert all(len(side) == 1 for side in sides.values())


def test_every_big_speaker_has_a_share(dev: set[str]) -> None:
    chosen = {name: sum(id.startswith(f"{name}-") for id in dev) for name in ("big", "medium", "small", "laugh")}
    assert 18 <= chosen["big"] <= 36
    assert 8 <= chosen["medium"] <= 16
    assert chosen["small"] + chosen["laugh"] == 9


def test_single_recordings_stay_in_training(dev: set[str]) -> None:
    assert not any(id.startswith("single-") for id in dev)


def test_the_order_of_the_corpus_does_not_matter(dev: set[str]) -> None:
    shuffled = corpus()
    random.Random(1).shuffle(shuffled)
    assert development_set(shuffled) == dev


def test_readings_of_one_text_are_recognised_whatever_their_punctuation() -> None:
    assert prompt_key(utterance("a", "x", "Hello, World!")) == prompt_key(utterance("b", "y", "hello world"))
    assert prompt_key(utterance("a", "x", "")) != prompt_key(utterance("b", "x", ""))
