"""Signs, Roman numerals, and how numbers are spelled for Open JTalk."""

from __future__ import annotations

import re

from xespeech.text.roman import roman_value
from xespeech.text.rules import Rule
from xespeech.text.tables import read_pairs

_SIGNS = read_pairs(__package__, "signs.tsv")
_ROMAN = "(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})"
_MYRIADS = ("", "万", "億", "兆")


def _say_roman(match: re.Match[str]) -> str:
    return str(roman_value(match[1]))


def _split_myriads(match: re.Match[str]) -> str:
    """``10000000`` → ``1000万``: Open JTalk reads 千万 for it where people say 一千万."""
    digits = match[0]
    groups = [digits[max(0, end - 4) : end] for end in range(len(digits), 0, -4)]
    return "".join(
        ("一千" if group == "1000" and place else group.lstrip("0")) + _MYRIADS[place]
        for place, group in reversed(list(enumerate(groups)))
        if int(group)
    )


RULES = (
    Rule("number sign", r"(?<![A-Za-z])(?:No\.?\s?|#\s?)(?=\d)", "ナンバー", "No.5", "ナンバー5", needs="#N"),
    Rule("sharp", r"(?<=[A-Za-z])#", "シャープ", "C#", "Ｃシャープ", needs="#"),
    Rule("hash tag", r"#(?=\w)", "ハッシュタグ", "#東京", "ハッシュタグ東京", needs="#"),
    Rule("minus", r"(?<![\dA-Za-z])[-−]\s?(?=\d)|−", "マイナス", "−5度", "マイナス5度", needs="0123456789−"),
    Rule("times", r"(?<=[\d)])\s?\*\s?(?=[\d(])|(?<=[\w)])\s?×\s?(?=[\w(])", "かける", "3×4", "3かける4", needs="*×"),
    Rule(
        "circles",
        "[○◯]{2,}|[○◯](?=[年月日時分県市人円×])",
        lambda match: "まる" * len(match[0]),
        "○○県",
        "まるまる県",
        needs="○◯",
    ),
    Rule("crosses", "×{2,}", lambda match: "ばつ" * len(match[0]), "××さん", "ばつばつさん", needs="×"),
    Rule(
        "less or more",
        r"(?:(?<=[\w)])\s?|(?<!\S))([<>])\s?(?=[\w(-])",
        lambda match: {"<": "小なり", ">": "大なり"}[match[1]],
        "3<5",
        "3小なり5",
        needs="<>",
    ),
    Rule("seconds of an angle", "(?<=\\d)(?:″|′′)", "秒", "22″", "22秒", needs="′″"),
    Rule("minutes of an angle", "(?<=\\d)′", "分", "41′", "41分", needs="′"),
    Rule(
        "signs", "[" + re.escape("".join(_SIGNS)) + "]", lambda match: _SIGNS[match[0]], "A&B", "ＡアンドＢ", needs=""
    ),
    Rule("Roman numeral after 第", rf"(?<=第)({_ROMAN})(?![A-Za-z])", _say_roman, "第IV章", "第4章", needs="第"),
    Rule(
        "Roman numeral before a word",
        rf"(?<![A-Za-z])({_ROMAN})(?=世|期|部|章|巻|編|次|種|類|級|節|相|度熱傷)|(?<![A-Za-z])(?=I)({_ROMAN})(?=型)",
        lambda match: str(roman_value(match[1] or match[2])),
        "エリザベスII世",
        "エリザベス2世",
        needs="世型巻度期次相種章節級編部類",
    ),
    Rule(
        "Roman numeral behind a word",
        rf"(?<=[ァ-ヺー一-龥々])(?!X{{2,}})({_ROMAN})(?<=[IVX]{{2}})(?![A-Za-z])",
        _say_roman,
        "ステージIV",
        "ステージ4",
        needs="IVX",
    ),
    Rule("letters and number", r"(?<=[A-Za-z])-(?=\d)", " ", "ABC-12", "ＡＢＣ 12"),
    Rule("abbreviation before a number", r"(?<=[A-Za-z])\.\s?(?=\d)", " ", "Vol.3", "Ｖｏｌ 3"),
    Rule("decimals below one", r"(?<![\d.点A-Za-z])0?\.(?=\d)", "零点", "0.5", "零点5"),
    Rule("numbers with several points", r"(?<=\d)\.(?=\d)", "点", "3.14", "3点14"),
    Rule(
        "one thousand of many",
        r"(?<![\d点\uf8ff])1000(?=[万億兆])|(?<![\d点\uf8ff])(?=\d*?1000(?:\d{4})+(?!\d))\d{8,16}(?!\d)",
        lambda match: "一千" if match[0] == "1000" else _split_myriads(match),
        "1000万円",
        "一千万円",
        needs="1",
    ),
)
