"""Latin letters and words in Japanese text: the ones that Japanese has taken in are read as it says them.

Open JTalk's dictionary knows how people say NHK, NATO, iPhone and USB; it reads them when they are written full width.
Words that it does not know, and English phrases, stay as they are and are read in English.
"""

from __future__ import annotations

import re
from functools import lru_cache

from xespeech.text.japanese.open_jtalk import in_katakana, is_known
from xespeech.text.japanese.patterns import wide
from xespeech.text.rules import read_rules
from xespeech.text.tables import read_pairs

_GREEK = read_pairs(__package__, "greek.tsv")

_LETTERS = read_pairs(__package__, "letters.tsv")
_WORDS = read_pairs(__package__, "latin_words.tsv")
_TITLES = {"Mr": "ミスター", "Mrs": "ミセス", "Ms": "ミズ", "Dr": "ドクター", "St": "セント"}
_LONGEST_ACRONYM = 6
_SPELLED_AT_MOST = 4
_WORDS_AT_MOST = 2


@lru_cache(maxsize=4096)
def _say_phrase(phrase: str) -> str:
    if phrase in _WORDS:
        return _WORDS[phrase]
    whole = wide(phrase).replace(" ", "").replace("-", "−")
    if is_known(whole):
        return whole.replace("−", "-")
    parts = re.split(r"([ '’&/-]+|\+\+)", phrase)
    words = [part for part in parts[::2] if part]
    if len(words) > _WORDS_AT_MOST or not all(_is_acronym(word) or _is_word(word) for word in words):
        return phrase
    signs = {"&": "アンド", "++": "プラスプラス"}
    return "".join(
        signs.get(part.strip(), "") if index % 2 else _say_word(part, len(words) > 1)
        for index, part in enumerate(parts)
        if part
    )


def _say_word(word: str, has_neighbour: bool) -> str:
    """A word as the dictionary of Open JTalk has it; an acronym that it lacks, by letters.

    Args:
        word: of letters and digits.
        has_neighbour: whether another Latin word would run into it; then it is written in katakana.
    """
    letters = word.rstrip("0123456789")
    if letters.isalpha() and letters.isupper() and not is_known(wide(letters)) and len(letters) <= _SPELLED_AT_MOST:
        return "".join(map(_LETTERS.__getitem__, letters)) + word[len(letters) :]
    if not has_neighbour:
        return wide(word)
    return _LETTERS.get(word.upper()) or in_katakana(wide(word))


def _is_word(word: str) -> bool:
    return is_known(wide(word)) or is_known(wide(word.rstrip("0123456789")))


def _is_acronym(word: str) -> bool:
    letters = re.sub("[^A-Za-z]", "", word)
    return len(letters) == 1 or (letters.isupper() and len(letters) <= _LONGEST_ACRONYM)


def _say_initials(match: re.Match[str]) -> str:
    return match[0].replace(".", "")


RULES = read_rules(__package__, "latin", globals())
