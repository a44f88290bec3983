"""A prepared folder of a few real utterances, spoken by the HTS voice that comes with the Japanese front end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyopenjtalk
import pytest
import soundfile

from xespeech.data.folder import prepare_folder

SENTENCES = [
    "今日はいい天気です。", "駅まで歩きました。", "水を一杯ください。", "犬が走っています。", "明日また来ます。",
    "本を読むのが好きです。", "窓を開けてください。", "電車が遅れています。", "夕方から雨が降るそうです。",
    "お茶を飲みましょう。",
]  # fmt: skip


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Path:
    """A prepared data folder: ten Japanese sentences of two speakers, one recording without text."""
    source = tmp_path_factory.mktemp("recordings")
    lines = ["file|language|speaker|style|text"]
    for index, text in enumerate(SENTENCES):
        speaker = ("anna", "ben")[index % 2]
        samples, rate = pyopenjtalk.tts(text, half_tone=-6.0 * (index % 2))
        soundfile.write(source / f"{index}.wav", (samples / 32768).astype(np.float32), rate)
        lines.append(f"{index}.wav|ja|{speaker}|neutral|{'' if index == 9 else text}")
    (source / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path_factory.mktemp("prepared") / "tiny"
    prepare_folder(source, out)
    return out
