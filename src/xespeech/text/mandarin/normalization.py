"""Mandarin as it is written → Han characters as they are said: numbers, money, dates, units and symbols as words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from xespeech.text.characters import HAN

_NOT_HAN = re.compile(f"[^{HAN}]")
_CLAUSE_ENDS = re.compile(r"([，。、；！？（）《》“”,;!?()\s]+)")

_SYMBOLS = {
    **{"%": "百分之", "&": "和", "+": "加", "=": "等于", "×": "乘以", "÷": "除以", "−": "减", "±": "正负", "√": "根号"},
    **{
        "∞": "无穷大",
        "≈": "约等于",
        "≠": "不等于",
        "≤": "小于等于",
        "≥": "大于等于",
        "°": "度",
        "@": "艾特",
        "#": "井号",
    },
    **{
        "$": "美元",
        "€": "欧元",
        "£": "英镑",
        "¥": "元",
        "₩": "韩元",
        "₹": "卢比",
        "₽": "卢布",
        "¢": "美分",
        "฿": "泰铢",
    },
    **{"²": "的平方", "³": "的立方"},
}
_UNITS = {
    "μm": "微米",
    "μg": "微克",
    "μs": "微秒",
    "nm": "纳米",
    "kWh": "千瓦时",
    "GHz": "吉赫兹",
    "MHz": "兆赫兹",
    "Hz": "赫兹",
}
_DIGITS = "零一二三四五六七八九"


@lru_cache(maxsize=1)
def _normalizer() -> Any:
    from wetext import Normalizer

    return Normalizer(lang="zh", operator="tn")


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    from wetext import Normalizer

    return Normalizer(lang="zh", operator="tn", traditional_to_simple=True)


def normalize_mandarin(text: str) -> str:
    """Traditional characters as simplified ones; numbers, money, dates, units and symbols as words."""
    if _has_traditional(text):
        text = _simplify(text)
    if re.search(r"[0-9]", text):
        text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
        text = re.sub(r"(?<=\d)\s?:\s?(?=\d(?!\d))", "比", text)
        text = re.sub(r"(?<=\d)\s*[~〜～—]+\s*(?=\d)", "到", text)
        text = re.sub(r"(?<=[A-Za-z])-(?=\d)", " ", text)
        text = re.sub(r"(?<=[A-Za-z])\+\+", "加加", text)
        text = re.sub(r"(?<=\d)\s?÷\s?(?=\d)", "除以", text)
        text = re.sub(r"\^\s?(\d+)", r"的\1次方", text)
        text = re.sub(rf"(?<=\d)\s?({'|'.join(_UNITS)})(?![A-Za-z])", lambda unit: _UNITS[unit[1]], text)
        text = re.sub(r"(?<=[A-Za-z])\d{3,}", lambda number: _say_digits(number[0]), text)
        text = re.sub(r"(?<![\d.])(?=(\d+(?:\.\d+){2,}))\1", lambda version: _say_version(version[0]), text)
        text = "".join(_apply_grammar(part) for part in _CLAUSE_ENDS.split(text))
        text = re.sub(r"\d", lambda digit: _DIGITS[int(digit[0])], text)
    return re.sub("[%&+=×÷−±√∞≈≠≤≥°@#$€£¥₩₹₽¢฿²³]", lambda symbol: _SYMBOLS[symbol[0]], text)


def _has_traditional(text: str) -> bool:
    """Whether a character lies outside the set of simplified Chinese."""
    try:
        "".join(_NOT_HAN.sub("", text)).encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def _simplify(text: str) -> str:
    """Runs of Han characters through the WeText table; anything else stays."""

    def simplified(run: re.Match[str]) -> str:
        try:
            return _simplifier().normalize(run[0])
        except AssertionError:  # a rare character unknown to the table
            return run[0]

    return re.sub(f"[{HAN}]+", simplified, text)


def _apply_grammar(part: str) -> str:
    if not re.search(r"\d", part):
        return part
    try:
        return _normalizer().normalize(part)
    except AssertionError:  # the grammar does not accept some symbol; the digits are read one by one
        return part


def _say_digits(number: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in number)


def _say_version(version: str) -> str:
    return "点".join(_say_digits(part) for part in version.split("."))
