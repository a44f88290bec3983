"""Japanese text as sounds with pitch accent, by Open JTalk in the form of haqumei."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from xespeech.errors import TextError
from xespeech.text.characters import HAN, KANA
from xespeech.text.japanese.open_jtalk import open_jtalk
from xespeech.text.phonemes import Reading, Sounds
from xespeech.text.sentences import BY_DIGIT
from xespeech.text.tables import read_pairs

_VOWELS = read_pairs(__package__, "vowels.tsv")
_MORAIC = {"N": "ɴ", "cl": "ʔ"}
_MORAS = frozenset([*_VOWELS.values(), *_MORAIC.values()])
_CONSONANTS = read_pairs(__package__, "consonants.tsv")
_LABEL = re.compile(r"[^-]*-(?!sil\+|pau\+)(?P<sound>[^+]+)\+.*?/A:-?\d+\+(?P<mora>\d+)\+.*?/F:\d+_(?P<accent>\d+)")
_SAME_SOUNDS = str.maketrans("ヲヱヰヂヅ", "オエイジズ")
_WIDE_NUMBER = re.compile("[０-９]+")
_PAUSES = re.compile(r"\s*([,.…?!])\s*")
_WRITTEN_MARKS = {",": "、", ".": "。", "…": "…", "?": "？", "!": "！"}
_READABLE = re.compile(f"[{HAN}ぁ-ゖァ-ヺゝゞヽヾ0-9０-９Ａ-Ｚａ-ｚ]")
_NUMERALS = "〇零一二三四五六七八九十百千0-9"
_LONE_CIRCLE = re.compile(
    f"(?<![{_NUMERALS}])〇(?![{_NUMERALS}点])|(?<![{_NUMERALS}])〇+(?=[一二三四五六七八九]?[十百千])"
)
_TWO_DIGITS = "〇〇"  # a separate phrase; Open JTalk reads what follows digit by digit, with the accents of digits
_STRAY_LENGTH = re.compile(rf"(?<![{KANA}{HAN}])ー+")


def read_japanese(text: str) -> list[Reading]:
    """Sounds of words in kana, Han characters and digits, and of pauses, in Open JTalk's reading and accent.

    Long vowels repeat the vowel, one per mora. High vowels between voiceless sounds are the devoiced symbols.
    """
    readings: list[Reading] = []
    parts = _PAUSES.split(text)
    for index, part in enumerate(parts):
        if index % 2:
            readings.append(Reading("", [(part, "")]))
        elif _READABLE.search(part):
            mark = _WRITTEN_MARKS[parts[index + 1]] if index + 1 < len(parts) else ""
            mark = "" if mark == "。" and part.endswith("ない") else mark  # ない loses the accent of an adjective
            clause = _LONE_CIRCLE.sub("まる", _STRAY_LENGTH.sub("", part)).strip()
            first, *numbers = clause.split(BY_DIGIT)
            readings += _read_clause(first, "" if numbers else mark) if first else []
            for number in numbers:
                readings += _read_clause(_TWO_DIGITS + number, mark)[len(_TWO_DIGITS) :]
    return readings


def _read_clause(clause: str, mark: str) -> list[Reading]:
    """Words of a clause; Open JTalk sees the mark behind it too, and so reads 左は？ with a particle."""
    features = open_jtalk().run_frontend(clause + mark)
    audible = _audible(features)
    if len(audible) < len(features) - len(mark):  # labels are of a text, not of its words
        clause = "".join(feature.string for feature in audible)
        audible = _audible(open_jtalk().run_frontend(clause + mark)) if clause else []
    return _by_word(_read_labels(open_jtalk().extract_fullcontext_string(clause + mark)) if audible else [], audible)


def _by_word(sounds: Sounds, features: list[Any]) -> list[Reading]:
    """Sounds of a clause by the words they belong to; each vowel, moraic nasal and geminate closes a mora."""
    readings: list[Reading] = []
    left: list[int] = []
    for feature in features:
        if feature.string or not readings:
            readings.append(Reading(_spell(feature.string), [], _katakana(feature.pron)))
            left.append(feature.mora_size)
        else:  # 101 in 101号室: one word of several numerals
            readings[-1] = readings[-1]._replace(native=readings[-1].native + _katakana(feature.pron))
            left[-1] += feature.mora_size
    word = 0
    for sound in sounds:
        readings[word].sounds.append(sound)
        left[word] -= sound[0] in _MORAS
        word += left[word] <= 0 and word < len(left) - 1
    return [reading for reading in readings if reading.sounds]


def _katakana(pron: str) -> str:
    """Open JTalk's pronunciation without its marks for vowels that are not voiced; を sounds like お."""
    return re.sub("[^ァ-ヺー]", "", pron).translate(_SAME_SOUNDS)


def _spell(word: str) -> str:
    """Digits that Open JTalk read as they stood (１０月) as the characters of the number; Latin letters as usual."""
    return unicodedata.normalize("NFKC", _WIDE_NUMBER.sub(lambda number: _number(int(number[0])), word))


def _number(number: int) -> str:
    """A number below 10,000 in Han characters; a larger one digit by digit."""
    from num2words import num2words

    if 0 < number < 10_000:
        return str(num2words(number, lang="ja"))
    return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))


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
    is_high = mora == 1 if accent == 1 else mora > 1 and (accent == 0 or mora <= accent)
    return "H" if is_high else "L"


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
