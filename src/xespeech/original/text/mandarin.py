"""Mandarin text as pinyin letters and tones (5 is neutral): syllables part at spaces, words at " - "."""

from __future__ import annotations

import re

from xespeech.errors import TextError
from xespeech.original.text.symbols import SYMBOL_IDS
from xespeech.original.text.word_segmentation import segment_words
from xespeech.text.characters import HAN
from xespeech.text.mandarin import normalize_mandarin
from xespeech.text.tables import read_pairs

_READINGS = {phrase: reading.split() for phrase, reading in read_pairs(__package__, "readings.tsv").items()}
_HAN_RUN = re.compile(f"([{HAN}]+)")
_WIDE = str.maketrans(",.!?:;()~", "，。！？：；（）—")


def mandarin_symbols(text: str) -> str:
    """Pinyin of a Mandarin text, words cut as in the released lists, numbers read as words.

    Raises:
        TextError: a character has no Mandarin reading, such as a Latin letter.
    """
    text = normalize_mandarin(text) if re.search(r"[0-9０-９]", text) else text
    text = re.sub(r"\s+", "", text).translate(_WIDE)
    for character in text:
        if character.isalnum() and not _HAN_RUN.match(character):
            raise TextError(
                f"{character!r} (U+{ord(character):04X}) is not read in Mandarin by the original front end: "
                "write it in Han characters."
            )
    text = "".join(character for character in text if _HAN_RUN.match(character) or character in SYMBOL_IDS)
    parts = _HAN_RUN.split("-".join(segment_words(text)))
    elements = [element for index, part in enumerate(parts) for element in (_read(part) if index % 2 else [part])]
    return " ".join(element for element in elements if element)


def _read(run: str) -> list[str]:
    """Syllables of a run of Han characters."""
    from pypinyin import Style, pinyin

    def refuse(unknown: str) -> str:
        raise TextError(f"{unknown[0]!r} (U+{ord(unknown[0]):04X}) has no known Mandarin reading: write it otherwise.")

    syllables = [reading[0] for reading in pinyin(run, style=Style.TONE3, neutral_tone_with_five=True, errors=refuse)]
    for phrase, reading in _READINGS.items():
        for found in re.finditer(phrase, run):
            syllables[found.start() : found.end()] = reading
    return syllables
