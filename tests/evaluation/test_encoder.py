"""A content encoder by itself: what it hears, and whether it hides who speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from xespeech.audio import Audio
from xespeech.cli import evaluate
from xespeech.config import ContentConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import save_encoder
from xespeech.errors import DataError
from xespeech.text import PHONES, phonemize

TEXTS = {"en": "Only, it is so wonderful.", "zh": "你好，世界。"}


@pytest.fixture
def recordings(prepare: Callable[..., Path], speech: Audio) -> Path:
    """A text in each of two languages, and forty bursts each of a hoarse and of a shrill speaker of English."""
    generator = np.random.default_rng(0)
    rows = [(f"dev-{language}", "kathleen", text, language, "neutral", speech) for language, text in TEXTS.items()]
    for index in range(80):
        noise = generator.standard_normal(9_600)
        noise = np.diff(noise, append=0) if index % 2 else np.cumsum(noise) / 20
        burst = Audio((0.1 * noise).astype(np.float32), 24_000)
        rows.append((f"train-{index}", ("hoarse", "shrill")[index % 2], "", "en", "neutral", burst))
    return prepare(rows)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose encoder always hears the first sound of the English text and the third tone, and nothing else."""
    encoder = CompactContentEncoder(
        ContentConfig(hidden_channels=8, content_channels=8, n_layers=1, n_phones=len(PHONES))
    )
    with torch.no_grad():
        encoder.bottleneck.weight.zero_()
        for head, heard in ((encoder.phone_head, PHONES.index(sounds_of("en")[0])), (encoder.tone_head, 3)):
            head.weight.zero_()
            head.bias.copy_(torch.nn.functional.one_hot(torch.tensor(heard), len(head.bias)))
    save_encoder(encoder, tmp_path / "run" / "encoder", 0)
    return tmp_path / "run"


def sounds_of(language: str) -> list[str]:
    return [phone for phone in phonemize(TEXTS[language], language).phones if phone.isalpha()]


def test_errors_are_counted_and_a_deaf_encoder_hides_the_speaker(
    recordings: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate.encoder(run, data=[recordings], out=tmp_path / "report")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.md", "results.json"]
    tables = json.loads((tmp_path / "report" / "results.json").read_text(encoding="utf-8"))["tables"]

    english, mandarin = tables["Recognition"]
    expected = sounds_of("en")
    assert english == {
        "language": "en", "count": 1, "phone_error_rate": pytest.approx(1 - 1 / len(expected)),
    }  # fmt: skip
    assert expected[0] not in sounds_of("zh")
    assert mandarin["phone_error_rate"] == 1
    assert mandarin["tone_error_rate"] == pytest.approx(3 / 4)  # 2 3 4 4

    features, mels = tables["Finding the speaker"]
    assert (features["from"], features["speakers"], features["chance"]) == ("content features", 2, 0.5)
    ways = ("found_by_frame", "found_by_mean", "found_by_mean_and_spread")
    assert [features[way] for way in ways] == [0.5] * 3
    assert mels["from"] == "log-mels"
    assert [mels[way] for way in ways] == [pytest.approx(1, abs=0.05)] * 3
    assert 20 <= mels["count"] <= 40  # others than those that were learnt from

    markdown = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| all | log-mels |" in markdown
    assert "75.0%" in markdown
    printed = capsys.readouterr().out
    assert "Finding the speaker" in printed
    assert "75.0%" in printed


def test_what_cannot_be_judged_is_said(prepare: Callable[..., Path], speech: Audio, run: Path, tmp_path: Path) -> None:
    folder = prepare([("dev-k", "kathleen", "", "en", "neutral", speech), ("k", "kathleen", "", "en", "happy", speech)])
    with pytest.raises(DataError, match=r"neither texts .* nor two speakers"):
        evaluate.encoder(run, data=[folder], out=tmp_path / "report")
