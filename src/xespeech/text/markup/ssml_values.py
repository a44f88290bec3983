"""Values of SSML attributes: times, rates, pitches, volumes, languages, ways of reading."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from xespeech.errors import TextError, UnknownNameError
from xespeech.text.english.numerals import MONTH_NAMES
from xespeech.text.ipa import parse_ipa
from xespeech.text.mandarin.pinyin import spelled_syllable
from xespeech.text.prosody import Prosody
from xespeech.text.symbols import LANGUAGES

LONGEST_BREAK: Final = 60.0
"""Seconds."""
SILENT: Final = -100.0
"""Decibels."""
_WIDEST_PITCH, _LOUDEST = 24.0, 20.0
_SLOWEST, _FASTEST = 0.25, 4.0
_STRENGTHS = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.75, "x-strong": 1.25}
_RATES = {"x-slow": 0.6, "slow": 0.8, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.6}
_PITCHES = {"x-low": -4.0, "low": -2.0, "medium": 0.0, "default": 0.0, "high": 2.0, "x-high": 4.0}
_VOLUMES = {"silent": SILENT, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 4.0, "x-loud": 8.0}
_EMPHASES = {
    "strong": Prosody(0.85, 2.0, 3.0),
    "moderate": Prosody(0.92, 1.0, 1.5),
    "none": Prosody(),
    "reduced": Prosody(1.1, -1.0, -2.0),
}
_NUMBER = r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))"
_TIME = re.compile(rf"\+?{_NUMBER}(ms|s)$")
_PERCENT = re.compile(rf"{_NUMBER}%$")
_SEMITONES = re.compile(rf"{_NUMBER}st$")
_DECIBELS = re.compile(rf"{_NUMBER}dB$", re.IGNORECASE)
_PLAIN = re.compile(rf"{_NUMBER}$")
_LANGUAGE_TAGS = {"en": "en", "zh": "zh", "cmn": "zh", "ja": "ja", "jp": "ja"}
_AS_WRITTEN = ("cardinal", "number", "time", "currency", "unit", "fraction", "address")


def read_break(attributes: Mapping[str, str]) -> float:
    """Seconds of silence that a `break` asks for."""
    if "time" not in attributes:
        strength = attributes.get("strength", "medium")
        UnknownNameError.check("strength", strength, _STRENGTHS)
        return _STRENGTHS[strength]
    match = _TIME.match(attributes["time"].strip())
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1) if match else -1.0
    if not 0 <= seconds <= LONGEST_BREAK:
        raise TextError(
            f"the time {attributes['time']!r} is not a pause: write 500ms or 1.5s, at most {LONGEST_BREAK:g}s"
        )
    return seconds


def read_prosody(attributes: Mapping[str, str]) -> Prosody:
    """Settings of a `prosody` element; rate, pitch and volume may each be missing."""
    rate, pitch, volume = (attributes.get(name, "default").strip() for name in ("rate", "pitch", "volume"))
    return Prosody(
        _RATES[rate] if rate in _RATES else _rate(rate),
        _PITCHES[pitch] if pitch in _PITCHES else _pitch(pitch),
        _VOLUMES[volume] if volume in _VOLUMES else _volume(volume),
    )


def read_emphasis(level: str) -> Prosody:
    """How an emphasised word is said."""
    UnknownNameError.check("level", level, _EMPHASES)
    return _EMPHASES[level]


def read_intensity(value: str) -> float:
    """The strength of an emotion; the range is checked where the emotion is known."""
    if not _PLAIN.match(value.strip()):
        raise TextError(f"the intensity {value!r} is not a number: write 0 to 2")
    return float(value)


def read_language(tag: str) -> str:
    """A language tag (``en-US``, ``zh-CN``, ``cmn``, ``ja``) as one of LANGUAGES."""
    language = _LANGUAGE_TAGS.get(tag.strip().lower().replace("_", "-").split("-")[0])
    if language is None:
        raise UnknownNameError("language", tag, LANGUAGES)
    return language


def read_phoneme(ph: str, alphabet: str) -> str:
    """A transcription in the markup of a text: IPA, or pinyin with tone numbers."""
    if alphabet.lower() in ("pinyin", "x-pinyin", "x-amazon-pinyin"):
        for spelled in ph.replace("-", " ").split():
            if spelled_syllable(spelled) is None:
                raise TextError(f"{spelled!r} is not a pinyin syllable: write it like zhong1")
        return f"{{{' '.join(ph.replace('-', ' ').split())}}}"
    if alphabet.lower() != "ipa":
        raise TextError(f"the alphabet {alphabet!r} cannot be read: write ipa or x-pinyin")
    if "]]" in ph or "[[" in ph:
        raise TextError("brackets are no IPA: write the sounds alone")
    parse_ipa(ph, LANGUAGES[0])
    return f"[[{ph}]]"


def say_as(content: str, kind: str, form: str, language: str | None) -> str:
    """A content respelled so that it is read in the way asked for.

    Args:
        content: of the element.
        kind: its `interpret-as`.
        form: its `format`: of a date the order of its parts (mdy, dmy, ymd, ...).
        language: "en", "zh" or "ja" if known.
    """
    content = " ".join(content.split())
    if kind in ("characters", "spell-out", "verbatim", "digits"):
        return " ".join(char.upper() if char.isascii() else char for char in content if char.isalnum())
    if kind == "telephone":
        groups = re.findall(r"\d+", content)
        return ", ".join(" ".join(group) for group in groups) or content
    if kind == "ordinal":
        return _ordinal(content, language)
    if kind == "date":
        return _date(content, form or "ymd", language)
    if kind in _AS_WRITTEN:
        return content
    known = ("characters", "spell-out", "digits", "telephone", "ordinal", "date", *_AS_WRITTEN)
    raise UnknownNameError("interpret-as", kind, known)


def _ordinal(content: str, language: str | None) -> str:
    number = re.sub(r"[,\s]|(?:st|nd|rd|th)$", "", content)
    if not number.isdecimal():
        raise TextError(f"{content!r} is not an ordinal: write a whole number")
    if language == "zh":
        return f"第{number}"
    if language == "ja":
        return f"{number}番目"
    ending = "th" if number[-2:] in ("11", "12", "13") else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return number + ending


def _date(content: str, form: str, language: str | None) -> str:
    if not re.fullmatch("[ymd]{1,3}", form) or len(set(form)) != len(form):
        raise TextError(f"the format {form!r} is not an order of date parts: write mdy, dmy, ymd, md, my or the like")
    numbers = re.findall(r"\d+", content)
    if len(numbers) != len(form):
        raise TextError(f"{content!r} is not a date of the format {form}: write {len(form)} numbers")
    values = {part: int(number) for part, number in zip(form, numbers, strict=True)}
    if not (1 <= values.get("m", 1) <= 12 and 1 <= values.get("d", 1) <= 31):
        raise TextError(f"{content!r} is not a date of the format {form}: a month is 1 to 12, a day 1 to 31")
    if language in ("zh", "ja"):
        return "".join(
            f"{values[part]}{sign}" for part, sign in (("y", "年"), ("m", "月"), ("d", "日")) if part in values
        )
    month = MONTH_NAMES[values["m"] - 1] if "m" in values else ""
    day = _ordinal(str(values["d"]), "en") if "d" in values else ""
    start = " ".join(filter(None, (month, day)))
    return ", ".join(filter(None, (start, str(values["y"]) if "y" in values else "")))


def _rate(value: str) -> float:
    match, plain = _PERCENT.match(value), _PLAIN.match(value)
    factor = 0.0
    if match:
        factor = float(match[1]) / 100 + (1.0 if value[0] in "+-" else 0.0)
    elif plain and value[0] not in "+-":
        factor = float(value)
    if not _SLOWEST <= factor <= _FASTEST:
        raise TextError(
            f"the rate {value!r} is none: write {', '.join(_RATES)}, or 25% to 400% (or -75% to +300% as a change)"
        )
    return factor


def _pitch(value: str) -> float:
    semitones, percent = _SEMITONES.match(value), _PERCENT.match(value)
    shift = math.inf
    if semitones:
        shift = float(semitones[1])
    elif percent and value[0] in "+-" and float(percent[1]) > -100:
        shift = 12 * math.log2(1 + float(percent[1]) / 100)
    if abs(shift) > _WIDEST_PITCH:
        raise TextError(f"the pitch {value!r} is none: write {', '.join(_PITCHES)}, +2st or -10%")
    return shift


def _volume(value: str) -> float:
    match = _DECIBELS.match(value)
    if not match or not SILENT <= float(match[1]) <= _LOUDEST:
        raise TextError(f"the volume {value!r} is none: write {', '.join(_VOLUMES)}, or -6dB, at most +{_LOUDEST:g}dB")
    return float(match[1])
