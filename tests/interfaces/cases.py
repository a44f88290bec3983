"""Thirty ways to say something, and what a frozen tiny model says: every 64th of its 16-bit samples.

`expected.npz` holds what commit 3afeb81 said before the interfaces were derived from one definition; the three cases
with a recording were recorded again when a buzz was no reference any more, all of them when text and pitch became
integers (at most 1.2 % of the loudest sample apart) and when unvoiced frames lost their pulses. A new case goes to
the end and is recorded by `XESPEECH_RECORD=1 pytest tests/interfaces -k frozen`, which leaves the others as they are.
Where the sound is changed on purpose, delete `expected.npz` first, and say so in the changelog.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from syllables import syllables

EXPECTED = Path(__file__).with_name("expected.npz")
STEP = 64
TEXTS = {"en": "Hi, five cats!", "zh": "你好，五只猫。", "ja": "猫、五匹。", "": "Hi! 你好。猫です。"}
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("en", {}),
    ("zh", {}),
    ("ja", {}),
    ("", {}),
    ("en", {"seed": 7}),
    ("en", {"noise": 0.0}),
    ("en", {"noise": 0.0, "seed": 7}),
    ("en", {"noise": 0.3}),
    ("zh", {"noise": 1.0, "seed": 3}),
    ("en", {"speed": 0.5}),
    ("ja", {"speed": 2.5}),
    ("en", {"pause": 0.0}),
    ("", {"pause": 4.0}),
    ("en", {"pitch": -12.0}),
    ("zh", {"pitch": 3.5}),
    ("en", {"voice": "mei"}),
    ("zh", {"voice": "yue-tan", "seed": 1}),
    ("en", {"voice": "mei", "emotion": "happy"}),
    ("ja", {"voice": "takumi", "emotion": "angry"}),
    ("en", {"emotion": "happy", "intensity": 0.5}),
    ("zh", {"emotion": "angry", "intensity": 2.0}),
    ("en", {"emotion": "happy", "intensity": 0.0}),
    ("", {"language": "en"}),
    ("zh", {"language": "zh", "speed": 1.5, "pitch": 2.0, "pause": 0.5}),
    ("en", {"voice": "actor", "emotion": "expressive", "seed": 2}),
    ("en", {"reference": "reference.wav"}),
    ("zh", {"reference": "reference.wav", "emotion": "happy", "intensity": 1.5}),
    ("ja", {"emotion_reference": "reference.wav"}),
    ("en", {"lexicon": "words.tsv"}),
    ("", {"lexicon": "words.tsv", "voice": "takumi", "noise": 0.5, "seed": 11, "speed": 0.8}),
)
"""Language of the text, and options by name; files are those of `write_files`."""


def write_files(folder: Path) -> None:
    """What some of the options name."""
    soundfile.write(folder / "reference.wav", syllables(1.5, 24_000), 24_000)
    (folder / "words.tsv").write_text("cats\tdogs\ten\n猫\tいぬ\tja\n", encoding="utf-8")


def sixteen_bits(samples: np.ndarray) -> np.ndarray:
    """Samples as a file keeps them, int16 [S]."""
    return np.round(np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)


def say(model: Path, files: Path) -> list[np.ndarray]:
    """What Python says of every case, int16 [S] each."""
    import xespeech

    voice = xespeech.load(model, threads=1)
    said = []
    for language, options in CASES:
        given = {name: files / value if str(value).startswith(("reference.", "words.")) else value
                 for name, value in options.items()}  # fmt: skip
        said.append(sixteen_bits(voice.speak(TEXTS[language], **given).samples))
    return said


def record(said: list[np.ndarray]) -> None:
    """Add to `expected.npz` the cases that it lacks."""
    arrays = dict(np.load(EXPECTED)) if EXPECTED.exists() else {"lengths": np.zeros(0, int)}
    n_known = len(arrays["lengths"])
    arrays |= {f"case{number:02d}": own[::STEP] for number, own in enumerate(said) if number >= n_known}
    arrays["lengths"] = np.append(arrays["lengths"], [len(own) for own in said[n_known:]]).astype(int)
    np.savez_compressed(EXPECTED, **arrays)
