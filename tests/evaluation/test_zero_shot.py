"""A model is judged by the voices of recordings whose speakers it never heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from xespeech.audio import Audio, read
from xespeech.errors import AudioError, DataError
from xespeech.evaluation.zero_shot import examine_zero_shot

SENTENCE = "Only, it is so wonderful, so almost impossible to believe."


class Imitator:
    """Knows kathleen; says everything with the reference itself, or with another recording."""

    def __init__(self, always: Audio | None = None) -> None:
        self.voices = [SimpleNamespace(name="kathleen", emotions=("neutral",))]
        self.always = always

    def speak(self, text: str, *, reference: Path, language: str) -> Audio:
        return self.always or read(reference)

    def convert(self, source: Path, *, reference: Path) -> Audio:
        return self.always or read(reference)


@pytest.fixture
def recorded(prepare: Callable[..., Path], speech: Audio, noisy_speech: Audio, other_voice: Audio) -> Path:
    """kathleen, and twice a stranger."""
    return prepare(
        [
            ("dev-k", "kathleen", SENTENCE, "en", "neutral", speech),
            ("s-1", "stranger", "", "en", "neutral", other_voice),
            ("s-2", "stranger", "", "en", "neutral", other_voice),
            ("once", "passer-by", "", "en", "neutral", noisy_speech),
        ]
    )


def _figures(tables: list, speech: str) -> dict[str, float]:
    return next(figures for labels, figures in tables[0].rows if labels == ("stranger", speech))


def test_a_good_imitation_is_as_near_as_the_recordings(recorded: Path, tmp_path: Path) -> None:
    tables, failures = examine_zero_shot([recorded], Imitator(), tmp_path / "report")
    assert _figures(tables, "natural")["similarity"] > 0.95
    assert failures == []
    assert _figures(tables, "spoken, en") == pytest.approx({"count": 2, "similarity": 1.0}, abs=0.05)
    converted = _figures(tables, "converted")
    assert converted["similarity"] > converted["source_similarity"] + 0.2
    assert {labels[0] for labels, _ in tables[0].rows} == {"stranger"}  # one recording tells too little of a voice
    assert "stranger" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


def test_somebody_else_is_no_imitation(recorded: Path, speech: Audio, tmp_path: Path) -> None:
    tables, _ = examine_zero_shot([recorded], Imitator(always=speech), tmp_path / "report")
    converted = _figures(tables, "converted")
    assert converted["source_similarity"] > 0.95
    assert converted["similarity"] < 0.8


def test_copies_of_somebody_known_are_no_strangers(
    prepare: Callable[..., Path], speech: Audio, other_voice: Audio, tmp_path: Path
) -> None:
    copies = [(f"c-{n}", "kathleen@1.25", "", "en", "neutral", other_voice) for n in range(2)]
    folder = prepare([("dev-k", "kathleen", SENTENCE, "en", "neutral", speech), *copies])
    with pytest.raises(DataError, match="both kinds"):
        examine_zero_shot([folder], Imitator(), tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_reference_that_is_refused_does_not_end_it(recorded: Path, tmp_path: Path) -> None:
    model = Imitator()

    def convert(source: Path, *, reference: Path) -> Audio:
        raise AudioError(f"{reference.name} is silent: choose another recording.")

    model.convert = convert  # type: ignore[method-assign]
    tables, failures = examine_zero_shot([recorded], model, tmp_path / "report")
    assert len(failures) == 2
    assert "silent" in failures[0].reason
    assert _figures(tables, "spoken, en")["count"] == 2


def test_data_without_strangers_or_without_texts_are_refused(
    prepare: Callable[..., Path], speech: Audio, tmp_path: Path
) -> None:
    folder = prepare([("dev-k", "kathleen", SENTENCE, "en", "neutral", speech)])
    with pytest.raises(DataError, match="both kinds"):
        examine_zero_shot([folder], Imitator(), tmp_path / "report")
