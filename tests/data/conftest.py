"""A small corpus of made-up recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xespeech.audio import Audio, write

SENTENCES = {
    "en": ("Good morning.", "Where is the station?", "I like green tea.", "It is raining again today."),
    "zh": ("今天天气很好。", "我喜欢喝茶。"),
    "ja": ("おはようございます。", "お茶が好きです。"),
}


def make_voice(seconds: float, hertz: float = 150.0) -> Audio:
    """Harmonics that swell four times a second."""
    times = np.arange(round(seconds * 24_000)) / 24_000
    samples = sum(np.sin(2 * np.pi * hertz * k * times) / k for k in range(1, 30)) * np.sin(np.pi * 4 * times) ** 2
    return Audio((0.1 * samples).astype(np.float32), 24_000)


@pytest.fixture
def voice() -> Callable[..., Audio]:
    """Makes a recording of so many seconds and, if given, so many hertz."""
    return make_voice


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Four English recordings, two Mandarin, two Japanese, one without text, by three speakers."""
    folder = tmp_path / "corpus"
    (folder / "audio").mkdir(parents=True)
    lines = ["file|language|speaker|style|text"]
    for language, sentences in SENTENCES.items():
        for index, text in enumerate(sentences):
            name = f"{language}{index}"
            write(folder / "audio" / f"{name}.wav", make_voice(1.5 + 0.1 * index))
            lines.append(f"audio/{name}.wav|{language}|speaker-{language}|{'happy' if index else 'neutral'}|{text}")
    write(folder / "audio" / "laugh.opus", make_voice(1.0))
    lines.append("audio/laugh.opus|en|speaker-en|happy|")
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
