"""From scores to tables and pages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from xespeech.audio import Audio
from xespeech.evaluation.intelligibility import Errors
from xespeech.evaluation.report import write_report
from xespeech.evaluation.samples import Failure, Sample
from xespeech.evaluation.scoring import Scores
from xespeech.evaluation.summary import Result, figures

SCORES = Scores(duration=2.0, overall=3.0, signal=3.5, background=4.0, words=Errors(1, 10), phones=Errors(2, 20))


@pytest.fixture
def results(speech: Audio, tmp_path: Path) -> list[Result]:
    """Two natural readings, and two of three things a model made of the first."""
    folder = tmp_path / "audio"
    folder.mkdir()
    path = speech.save(folder / "clip.wav")
    natural = Sample("natural-1", "natural", "en", "It's <b>bold</b> | here.", "kathleen", path)
    other = replace(natural, id="natural-2", text="Another.")
    spoken = replace(natural, id="tts-1", condition="tts", natural="natural-1", seconds=0.5)
    converted = replace(natural, id="vc-1", condition="vc", natural="natural-1", voice="mei", source="kathleen")
    return [
        (natural, SCORES),
        (other, replace(SCORES, words=None, phones=Errors(10, 10), overall=2.0)),
        (spoken, replace(SCORES, words=Errors(2, 10), phones=Errors(3, 20), similarity=0.9, heard="<i>bold")),
        (converted, replace(SCORES, words=Errors(3, 10), duration=3.0)),
    ]


def test_rates_are_over_all_words_and_ratios_over_the_same_texts(results: list[Result]) -> None:
    natural = {sample.id: scores for sample, scores in results}
    everyone = figures(results[:2])
    assert everyone["word_error_rate"] == pytest.approx(1 / 10)
    assert everyone["phone_error_rate"] == pytest.approx(12 / 30)
    assert everyone["overall"] == pytest.approx(2.5)
    assert "word_error_ratio" not in everyone
    made = figures(results[2:3], natural)
    assert made["word_error_ratio"] == pytest.approx(2.0)
    assert made["phone_error_ratio"] == pytest.approx(1.5)  # natural-2, another text, does not count
    assert made["real_time_factor"] == pytest.approx(0.25)
    assert "tone_error_rate" not in made


def test_the_report_is_complete_in_three_forms(results: list[Result], tmp_path: Path) -> None:
    tables = write_report(tmp_path, {"Model": "tiny"}, results, [Failure("tts-9", "…", "nothing to speak.")])
    assert [table.title for table in tables] == ["Language: en", "Voices"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audio", "report.html", "report.md", "results.json"]

    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    rows = {row["speech"]: row for row in found["tables"]["Language: en"]}
    assert rows["own language"]["word_error_ratio"] == pytest.approx(2.0)
    assert rows["conversion"]["count"] == 1
    assert found["samples"][2]["scores"]["phones"] == {"errors": 3, "length": 20}
    assert found["samples"][2]["path"] == "audio/clip.wav"
    assert found["failures"][0]["reason"] == "nothing to speak."

    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| own language | 1 | 20.0% | 2.00 | 15.0% | 1.50 | 0.900 |" in markdown
    widths = {line.count("|") for line in markdown.split("## Language: en")[1].split("##")[0].splitlines() if line}
    assert len(widths) == 1  # every row has as many cells as the heading


def test_the_page_stands_alone_and_plays_natural_beside_synthetic(results: list[Result], tmp_path: Path) -> None:
    write_report(tmp_path, {"Model": "<tiny>"}, results)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert page.count("src=") == page.count('src="data:') == 2 * 3  # a picture and a player for each of three clips
    assert "&lt;b&gt;bold" in page  # texts are no markup
    assert "<tiny>" not in page
    assert "<i>bold" not in page
    assert page.index("natural:") < page.index("own language:") < page.index("conversion:")
