"""Mandarin text as pinyin letters and tones (5 is neutral): syllables part at spaces, words at " - "."""

from __future__ import annotations

import re

from xespeech.errors import TextError
from xespeech.original.text.symbols import SYMBOL_IDS
from xespeech.original.text.word_segmentation import segment_words
from xespeech.text.characters import HAN
from xespeech.text.mandarin import normalize_mandarin

# Readings of common words that the released lists have and later dictionaries of pypinyin changed (0.51 → 0.55).
_READINGS = {
    phrase: tuple(reading.split())
    for phrase, reading in {
        **{"这个": "zhe4 ge4", "那个": "na4 ge4", "哪个": "nei3 ge4", "哪些": "nei3 xie1", "差不多": "cha4 bu4 duo1"},
        **{"意思": "yi4 si1", "功夫": "gong1 fu1", "工夫": "gong1 fu1", "大夫": "dai4 fu1", "大王": "dai4 wang2"},
        **{"弟弟": "di4 di4", "伯伯": "bo2 bo2", "姥姥": "lao3 lao3", "行家": "hang2 jia1", "尾巴": "wei3 ba1"},
        **{"上去": "shang3 qu4", "取得": "qu3 de5", "只得": "zhi3 de5", "难得": "nan2 de5", "舍得": "she4 de5"},
        **{"都会": "dou1 hui4", "君子": "jun1 zi5", "骨头": "gu2 tou5", "标识": "biao1 zhi4", "反弹": "fan3 dan4"},
    }.items()
}
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
