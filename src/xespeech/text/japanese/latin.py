"""Latin letters and words in Japanese text: the ones that Japanese has taken in are read as it says them.

Open JTalk's dictionary knows how people say NHK, NATO, iPhone and USB; it reads them when they are written full width.
Words that it does not know, and English phrases, stay as they are and are read in English.
"""

from __future__ import annotations

import re
from functools import lru_cache

from xespeech.text.japanese.open_jtalk import is_known
from xespeech.text.japanese.rules import Rule, wide
from xespeech.text.tables import read_pairs

_GREEK = read_pairs("xespeech.text.japanese", "greek.tsv")

_PHRASE = re.compile(
    r"(?<![A-Za-zÀ-ɏ'])[A-Za-z][A-Za-z0-9]*"
    r"(?:(?:[ '’&-]|\s&\s)[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*)*(?:\+\+)?(?![A-Za-zÀ-ɏ'])"
)
_LONGEST_ACRONYM = 6
_WORDS_AT_MOST = 2


def _say_latin(match: re.Match[str]) -> str:
    phrase = match[0]
    if _is_said_in_japanese(phrase):
        return wide(phrase).replace("++", "プラスプラス")
    return phrase


@lru_cache(maxsize=4096)
def _is_said_in_japanese(phrase: str) -> bool:
    if is_known(wide(phrase).replace(" ", "").replace("-", "−")):
        return True
    words = re.split(r"[ '’&-]+", phrase)
    return len(words) <= _WORDS_AT_MOST and all(
        _is_acronym(word) or is_known(wide(word)) or is_known(wide(word.rstrip("0123456789"))) for word in words
    )


def _is_acronym(word: str) -> bool:
    letters = re.sub("[^A-Za-z]", "", word)
    return len(letters) == 1 or (letters.isupper() and len(letters) <= _LONGEST_ACRONYM)


RULES = (
    Rule(
        "Greek letter",
        re.compile(rf"(?<![A-Za-z])\s?(?<![A-Za-z])({'|'.join(_GREEK)})(?![A-Za-z])\s?"),
        lambda letter: _GREEK[letter[1]],
        "円周率 pi ",
        "円周率パイ",
    ),
    Rule("Latin word", _PHRASE, _say_latin, "NHKで", "ＮＨＫで"),
)
