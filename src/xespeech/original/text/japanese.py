"""Japanese text as Open JTalk's phones with a space between them, clauses joined by ", ,"."""

from __future__ import annotations

import re

from xespeech.errors import TextError
from xespeech.original.text.symbols import SYMBOL_IDS

_SILENT = re.compile(r"[・「」』\s]")
_CLAUSE_ENDS = re.compile(r"[、,，。『.!?！？…‥「『（）()〜~—–―:：;；]+")
_JOINT = ", ,"


def japanese_symbols(text: str) -> str:
    """Phones of a Japanese text; voiceless vowels are capitals, "N" is the moraic nasal, "cl" the geminate.

    Raises:
        TextError: nothing in the text can be read in Japanese.
    """
    import pyopenjtalk

    clauses: list[str] = []
    for clause in _CLAUSE_ENDS.split(_SILENT.sub("", text)):
        # readings by context came after the released lists
        phones = str(pyopenjtalk.g2p(clause, use_sudachi_kanji_yomi=False, predict_nani=False)) if clause else ""
        clauses += [part.strip() for part in phones.split("pau") if part.strip()]
    symbols = _JOINT.join(clauses)
    if not symbols or not set(symbols) <= SYMBOL_IDS.keys():
        raise TextError(f"{text[:40]!r} has no Japanese reading: write it in kana or kanji.")
    return symbols
