"""Pinyin syllables as IPA sounds."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from xespeech.text.tables import read_pairs

_INITIALS = read_pairs(__package__, "initials.tsv")

_FINALS = read_pairs(__package__, "finals.tsv")
_BUZZING = {"z": "*ɹ̩", "c": "*ɹ̩", "s": "*ɹ̩", "zh": "*ɻ̩", "ch": "*ɻ̩", "sh": "*ɻ̩", "r": "*ɻ̩"}
_INTERJECTIONS = {"m": "*m", "n": "*n", "ng": "*ŋ", "hm": "x *m", "hng": "x *ŋ", "r": "*ɚ"}
_SHORT_FINALS = {"iu": "iou", "ui": "uei", "un": "uen"}
_TONE_MARKS = {
    letter: (plain, str(tone))
    for plain, letters in {"a": "āáǎà", "e": "ēéěè", "i": "īíǐì", "o": "ōóǒò", "u": "ūúǔù", "ü": "ǖǘǚǜ"}.items()
    for tone, letter in enumerate(letters, start=1)
}

_SYLLABLE = re.compile(r"([a-zü:êv]+?)([0-5])?$")
_INITIAL = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs])(.*)$")
# Finals that are spelled otherwise without an initial.
_SPELLED = {"yi": "i", "yin": "in", "ying": "ing", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn", "you": "iou"}
_SPELLED |= {"wu": "u", "wei": "uei", "wen": "uen", "wong": "ong"}


class Syllable(NamedTuple):
    """Sounds of one syllable, which of them carries the tone, and how it is spelled without the tone (``lü``)."""

    phones: tuple[str, ...]
    carrier: int
    pinyin: str


def split_tone(pinyin: str) -> tuple[str, str] | None:
    """``"zhong1"`` or ``"zhōng"`` → ``("zhong", "1")``; no tone is the neutral 5; None when it is not pinyin."""
    tone = ""
    letters = []
    for letter in pinyin.lower():
        plain, marked = _TONE_MARKS.get(letter, (letter, ""))
        letters.append(plain)
        tone = marked or tone
    match = _SYLLABLE.match("".join(letters))
    if match is None:
        return None
    base = match[1].replace("u:", "v").replace("ü", "v")
    return base, (match[2] or tone or "5").replace("0", "5")


def spelled_syllable(pinyin: str) -> tuple[Syllable, str] | None:
    """Syllable and tone of ``"zhong1"`` or ``"zhōng"``; None when there is none such."""
    parts = split_tone(pinyin)
    sounds = syllable(parts[0]) if parts else None
    return (sounds, parts[1]) if parts and sounds else None


@cache
def syllable(base: str) -> Syllable | None:
    """Sounds of a toneless pinyin syllable such as ``zhong``, ``lv`` or ``huar``; None when there is none such."""
    phones = _sounds(base)
    if not phones and len(base) > 2 and base.endswith("r"):
        plain = _sounds(base[:-1])
        phones = _retroflex(plain) if plain else []
    return _syllable(phones, base.replace("v", "ü")) if phones else None


def _syllable(phones: list[str], pinyin: str) -> Syllable:
    carrier = next(index for index, phone in enumerate(phones) if phone.startswith("*"))
    return Syllable(tuple(phone.lstrip("*") for phone in phones), carrier, pinyin)


def retroflex(plain: Syllable) -> Syllable:
    """The syllable merged with a following 儿: 花儿 hua → huar."""
    marked = ["*" * (index == plain.carrier) + phone for index, phone in enumerate(plain.phones)]
    return _syllable(_retroflex(marked), plain.pinyin + "r")


def _sounds(base: str) -> list[str]:
    """Sounds of a syllable, the one with the tone behind a ``*``; none where there is no such syllable."""
    if base in _INTERJECTIONS:
        return _INTERJECTIONS[base].split()
    initial, final = "", base
    match = _INITIAL.match(base)
    if match:
        initial, final = match[1], match[2]
    elif base.startswith(("y", "w")):
        final = _SPELLED.get(base) or {"y": "i", "w": "u"}[base[0]] + base[1:]
    if initial in _BUZZING and final == "i":
        return [_INITIALS[initial], _BUZZING[initial]]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    final = {"ue": "ve"}.get(final, final) if initial in ("n", "l") else final
    if initial in ("b", "p", "m", "f") and final == "o":
        final = "uo"
    sounds = _FINALS.get(_SHORT_FINALS.get(final, final))
    return [] if sounds is None else f"{_INITIALS.get(initial, '')} {sounds}".split()


def _retroflex(sounds: list[str]) -> list[str]:
    """Final + 儿: -i and -n vanish, -ng vanishes, high and buzzing vowels turn into a schwa, ɻ closes the syllable."""
    phones = sounds[:-1] if len(sounds) > 1 and sounds[-1] in ("n", "ŋ", "ɪ") else sounds
    *before, last = phones
    if last == "*ɚ":
        return phones
    if last in ("*ɹ̩", "*ɻ̩", "*ə", "*e"):
        return [*before, "*ɚ"]
    if last in ("*i", "*y"):
        return [*before, "j" if last == "*i" else "ɥ", "*ɚ"]
    return [*before, "*a" if last == "*ɛ" and sounds[-1] == "n" else last, "ɻ"]
