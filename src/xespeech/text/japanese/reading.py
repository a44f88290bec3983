"""Japanese text as sounds with pitch accent, by Open JTalk in the form of haqumei."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from xespeech.errors import TextError
from xespeech.text.characters import HAN, KANA
from xespeech.text.phonemes import Reading, Sounds

_VOWELS = {
    **{"a": "a", "i": "i", "u": "ɯ", "e": "e", "o": "o"},
    **{"I": "i̥", "U": "ɯ̥", "A": "a", "E": "e", "O": "o"},
}
_MORAIC = {"N": "ɴ", "cl": "ʔ"}
_MORAS = frozenset([*_VOWELS.values(), *_MORAIC.values()])
_CONSONANTS = {
    **{"k": "k", "g": "ɡ", "s": "s", "z": "z", "t": "t", "d": "d", "n": "n", "h": "h", "b": "b", "p": "p", "m": "m"},
    **{"y": "j", "r": "ɾ", "w": "w", "f": "ɸ", "v": "v", "sh": "ɕ", "j": "dʑ", "ch": "tɕ", "ts": "ts"},
    **{"ky": "k j", "gy": "ɡ j", "ty": "t j", "dy": "d j", "ny": "ɲ", "hy": "ç", "by": "b j", "py": "p j", "my": "m j"},
    **{"ry": "ɾ j", "fy": "ɸ j", "vy": "v j", "kw": "k w", "gw": "ɡ w"},
}
_LABEL = re.compile(r"[^-]*-(?!sil\+|pau\+)(?P<sound>[^+]+)\+.*?/A:-?\d+\+(?P<mora>\d+)\+.*?/F:\d+_(?P<accent>\d+)")
_WIDE_NUMBER = re.compile("[０-９]+")
_PAUSES = re.compile(r"\s*([,.…?!])\s*")
_READABLE = re.compile(f"[{HAN}ぁ-ゖァ-ヺゝゞヽヾ0-9０-９]")
_NUMERALS = "〇零一二三四五六七八九十百千0-9"
_LONE_CIRCLE = re.compile(
    f"(?<![{_NUMERALS}])〇(?![{_NUMERALS}点])|(?<![{_NUMERALS}])〇+(?=[一二三四五六七八九]?[十百千])"
)
_STRAY_LENGTH = re.compile(rf"(?<![{KANA}{HAN}])ー+")


def read_japanese(text: str) -> list[Reading]:
    """Sounds of words in kana, Han characters and digits, and of pauses, in Open JTalk's reading and accent.

    Long vowels repeat the vowel, one per mora. High vowels between voiceless sounds are the devoiced symbols.
    """
    readings: list[Reading] = []
    for index, part in enumerate(_PAUSES.split(text)):
        if index % 2:
            readings.append(Reading("", [(part, "")]))
        elif _READABLE.search(part):
            readings.extend(_read_clause(_LONE_CIRCLE.sub("まる", _STRAY_LENGTH.sub("", part)).strip()))
    return readings


@lru_cache(maxsize=1)
def _open_jtalk() -> Any:
    from haqumei import Haqumei

    return Haqumei(ignore_kaomoji=False)


def _read_clause(clause: str) -> list[Reading]:
    features = _open_jtalk().run_frontend(clause)
    audible = _audible(features)
    if len(audible) < len(features):  # labels are of a text, not of its words
        clause = "".join(feature.string for feature in audible)
        audible = _audible(_open_jtalk().run_frontend(clause)) if clause else []
    return _by_word(_read_labels(_open_jtalk().extract_fullcontext_string(clause)) if audible else [], audible)


def _by_word(sounds: Sounds, features: list[Any]) -> list[Reading]:
    """Sounds of a clause by the words they belong to; each vowel, moraic nasal and geminate closes a mora."""
    readings = [Reading(_spell_digits(feature.string), [], _katakana(feature.pron)) for feature in features]
    left = [feature.mora_size for feature in features]
    word = 0
    for sound in sounds:
        readings[word].sounds.append(sound)
        left[word] -= sound[0] in _MORAS
        word += left[word] <= 0 and word < len(left) - 1
    return [reading for reading in readings if reading.sounds]


def _katakana(pron: str) -> str:
    """Open JTalk's pronunciation without its marks for vowels that are not voiced; を sounds like お."""
    return re.sub("[^ァ-ヺー]", "", pron).replace("ヲ", "オ")


def _spell_digits(word: str) -> str:
    """Digits that Open JTalk read as they stood (１０月) as the characters of the number."""
    return _WIDE_NUMBER.sub(lambda number: _number(int(number[0])), word)


def _number(number: int) -> str:
    """A number below 10,000 in Han characters; a larger one digit by digit."""
    if not 0 < number < 10_000:
        return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))
    places = zip(("千", "百", "十", ""), f"{number:04d}", strict=True)
    return "".join(
        ("" if digit == "1" and place else "〇一二三四五六七八九"[int(digit)]) + place
        for place, digit in places
        if digit != "0"
    )


def _read_labels(labels: list[str]) -> Sounds:
    """Sounds of full-context labels, one each."""
    tokens: Sounds = []
    for label in labels:
        match = _LABEL.match(label)
        if match is None:  # silence at the ends, pauses
            continue
        sound = match["sound"]
        pitch = _pitch(int(match["mora"]), int(match["accent"]))
        if sound in _VOWELS:
            if sound in "iI" and tokens and tokens[-1] == ("h", ""):
                tokens[-1] = ("ç", "")
            tokens.append((_VOWELS[sound], pitch))
        elif sound in _MORAIC:
            tokens.append((_MORAIC[sound], pitch))
        else:
            tokens.extend((phone, "") for phone in _CONSONANTS[sound].split())
    return tokens


def _pitch(mora: int, accent: int) -> str:
    """Tokyo pitch of a mora (from 1) in a phrase whose pitch falls behind mora `accent` (0: it does not fall)."""
    if accent == 1 or mora == 1:
        return "H" if accent == 1 and mora == 1 else "L"
    return "H" if accent == 0 or mora <= accent else "L"


def _audible(features: list[Any]) -> list[Any]:
    """The words without symbols and without length marks that lengthen nothing.

    Raises:
        TextError: a Han character has no reading.
    """
    audible: list[Any] = []
    for feature in features:
        if not feature.mora_size:
            unknown = re.search(f"[{HAN}]", re.sub("[々〇〆]", "", feature.string))
            if unknown:
                char = unknown[0]
                raise TextError(
                    f"{char!r} (U+{ord(char):04X}) has no known Japanese reading: write it in kana or choose zh."
                )
        elif audible or not feature.pron.startswith("ー"):
            audible.append(feature)
    return audible
