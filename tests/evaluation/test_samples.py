"""Which recordings are compared, and what a model is asked to say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xespeech.audio import Audio
from xespeech.data.manifest import load_cuts
from xespeech.errors import DataError, UnknownNameError
from xespeech.evaluation.samples import Failure, Sample, Synthesis, choose_natural, choose_references, evenly

TEXTS = ("The first.", "A second.", "One more.", "Nearly all.", "The fifth.", "And the last.")


@pytest.fixture
def many(prepare: Callable[..., Path], speech: Audio) -> Path:
    """Six held-out texts of kathleen, one of them read twice, half of them happy; one of ljspeech; two without text."""
    clip = Audio(speech.samples[:12_000], speech.sample_rate)
    styles = ("neutral", "happy") * 3
    rows = [
        (f"dev-{i}", "kathleen", text, "en", style) for i, (text, style) in enumerate(zip(TEXTS, styles, strict=True))
    ]
    rows += [
        ("dev-again", "kathleen", TEXTS[0], "en", "neutral"),
        ("dev-lj", "ljspeech", TEXTS[0], "en", "neutral"),
        ("dev-mute", "kathleen", "", "en", "neutral"),
        ("train-k", "kathleen", "", "en", "neutral"),
    ]
    return prepare([(*row, clip) for row in rows])


def test_items_are_taken_at_even_distances() -> None:
    assert evenly(range(10), 3) == [1, 5, 8]
    assert evenly(range(3), 5) == [0, 1, 2]


def test_each_text_is_chosen_once_evenly_over_styles_and_always_the_same(many: Path) -> None:
    cuts = load_cuts([many], "dev")
    everything = choose_natural(cuts, 20)
    assert sorted(sample.text for sample in everything) == sorted(TEXTS)  # one reading each; ljspeech has too few
    assert {sample.voice for sample in everything} == {"kathleen"}
    few = choose_natural(cuts, 4)
    assert sorted(sample.style for sample in few) == ["happy", "happy", "neutral", "neutral"]
    assert few == choose_natural(reversed(list(cuts)), 4)
    assert all(sample.path.is_file() and "," not in sample.phones for sample in few)


def test_a_named_speaker_is_taken_however_few_texts_there_are(many: Path) -> None:
    cuts = load_cuts([many], "dev")
    assert [sample.voice for sample in choose_natural(cuts, 20, ["ljspeech"])] == ["ljspeech"]
    with pytest.raises(UnknownNameError, match="did you mean ljspeech"):
        choose_natural(cuts, 20, ["ljspeach"])


def test_texts_read_otherwise_than_the_front_end_reads_them_are_left_out(prepared: Path) -> None:
    cuts = list(load_cuts([prepared], "dev"))
    cuts[0].supervisions[0].custom["phones"] = " ".join("a" for _ in cuts[0].supervisions[0].custom["phones"].split())
    chosen = choose_natural(cuts, 20)
    assert len(chosen) == 1
    assert chosen[0].id != f"natural-{cuts[0].id}"


def test_a_set_without_texts_is_refused(prepared: Path) -> None:
    with pytest.raises(DataError, match="no recording of this set has a text"):
        choose_natural(load_cuts([prepared], "train"), 20)


def test_recordings_that_stand_for_a_voice_come_from_the_given_cuts(prepared: Path) -> None:
    references = choose_references(load_cuts([prepared], "train"), ["kathleen", "nobody"])
    assert {name: [path.stem for path in paths] for name, paths in references.items()} == {"kathleen": ["train-k"]}


def test_a_model_speaks_and_converts_every_text_and_may_refuse_some(prepared: Path, model: Any, tmp_path: Path) -> None:
    natural = choose_natural(load_cuts([prepared], "dev"), 20)
    synthesis = Synthesis(model, ["kathleen", "yue-tan"], tmp_path / "audio")
    made = list(synthesis.run(natural, 20, cross_lingual=True))
    assert len(made) == 6
    samples = {sample.id: sample for sample in made if isinstance(sample, Sample)}
    assert set(samples) == {"tts-kathleen-dev-k", "tts-cross-yue-tan-dev-k", "vc-yue-tan-dev-k", "vc-kathleen-dev-y"}
    assert [failure.reason for failure in made if isinstance(failure, Failure)] == ["this cannot be said."] * 2
    assert all(sample.path.is_file() and (sample.seconds or 0) > 0 for sample in samples.values())
    assert samples["vc-kathleen-dev-y"].source == "yue-tan"
    assert samples["tts-cross-yue-tan-dev-k"].natural == "natural-dev-k"
    # an emotion is asked for where the voice has it, and everything is also made once before it is timed
    spoken = [call for call in model.calls if call[0] == "speak"]
    assert {(voice, emotion) for _, _, voice, _, emotion in spoken} == {("kathleen", "happy"), ("yue-tan", None)}
    assert len(spoken) == 2 + 1


def test_a_voice_that_the_model_lacks_is_refused(model: Any, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean kathleen"):
        Synthesis(model, ["kathlen"], tmp_path)
