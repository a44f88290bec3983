"""Rules for money, shares, ranges, units, fractions, ratios and arithmetic, in the order in which they apply."""

from __future__ import annotations

import re
from decimal import Decimal

from xespeech.text.mandarin.numbers import SIGN_WORDS, say_count, say_digits, say_integer, say_number
from xespeech.text.mandarin.patterns import (
    CURRENCIES,
    END,
    HAN_LETTER,
    MEASURE,
    NUMBER,
    START,
    TO,
    UNIT,
    UNIT_SYMBOL,
    UNITS,
)
from xespeech.text.roman import roman_value
from xespeech.text.rules import Rule, any_of, words_of

_MONEY = f"(?:{any_of(CURRENCIES)})"
_SIGN = r"(?P<sign>(?<![\d)A-Za-z%])[-−+])?"
_LARGE = r"(?P<large>\s?[百千万亿]+)?"
_COUNTED = rf"\s*(?:{MEASURE}|{UNIT}|[百千万亿%‰月日号后後多余来]|{_MONEY})"
_PER = words_of(__package__, "per")
_RULERS = words_of(__package__, "ruler")


def _range(match: re.Match[str]) -> str:
    return match["first"] + (match["unit"] or "") + "到"


def _percent(match: re.Match[str]) -> str:
    name = {"%": "百", "‰": "千", "‱": "万"}[match["share"]]
    sign = SIGN_WORDS.get(match["sign"], "")
    again = f"{name}分之" if match["again"] else ""
    last = f"到{again}{say_number(match['last'])}" if match["last"] else ""
    return f"{sign}{name}分之{say_number(match['first'])}{last}"


def _money_before(match: re.Match[str]) -> str:
    last = f"到{say_number(match['last'])}" if match["last"] else ""
    sign = {"-": "负", "−": "负", "+": "加"}.get(match["sign"] or "", "")
    if match["letter"]:
        return sign + _in_full(match["first"], match["letter"].lower()) + CURRENCIES[match["money"]]
    is_two = match["first"] == "2" and not (match["large"] or last)
    first = say_count(match["first"]) if is_two or match["large"] else say_number(match["first"])
    return f"{sign}{first}{last}{(match['large'] or '').strip()}{CURRENCIES[match['money']]}"


def _in_full(number: str, letter: str) -> str:
    """``3.5`` and ``m`` for million → 三百五十万."""
    return say_integer(f"{Decimal(number) * {'k': 10**3, 'm': 10**6, 'b': 10**9}[letter[0]]:.0f}")


def _money_behind(match: re.Match[str]) -> str:
    return say_count(match["first"]) + (match["large"] or "").strip() + CURRENCIES[match["money"]]


def _unit_name(symbol: str) -> str:
    return UNITS.get(symbol, symbol)


def _unit(match: re.Match[str]) -> str | None:
    symbol, per = match["unit"], match["per"]
    after = match.string[match.end() :]
    if symbol == "s" and (after.startswith("店") or re.search(r"[A-Za-z]\s?$", match.string[: match.start()])):
        return None  # 4s店, iPhone 5s
    sign = SIGN_WORDS.get(match["sign"], "")
    large = (match["large"] or "").strip()
    spoken = sign + say_count(match["number"]) + large + _unit_name(symbol)
    return spoken + (f"每{_per_name(per.lstrip('/ '))}" if per else "")


def _unit_alone(match: re.Match[str]) -> str | None:
    """Single letters such as A/B are units only behind a number or the word for unit."""
    if len(match[0]) < 4 and not re.search(
        "[方零一二三四五六七八九十百千万亿]$|单位[是为]?$", match.string[: match.start()]
    ):
        return None
    return f"{_unit_name(match[1])}每{_per_name(match[2])}"


def _per_name(symbol: str) -> str:
    name = _unit_name(symbol)
    return {"秒²": "二次方秒", "s²": "二次方秒", "s2": "二次方秒", "d": "天", "分钟": "分钟"}.get(symbol, name)


def _roman(match: re.Match[str]) -> str | None:
    value = roman_value(match["roman"])
    return None if value is None else f"{match['before']}{say_integer(str(value))}"


def _roman_numeral(match: re.Match[str]) -> str | None:
    before, roman = match["before"] or "", match["roman"] or match["roman2"]
    after = match.string[match.end() :].lstrip()[:1]
    if len(roman) == 1 and (roman == "L" or (roman in "VX" and not before.startswith("第") and after not in "世")):
        return None
    if roman == "I" and after == "号":
        return None
    value = roman_value(roman)
    return None if value is None else before.rstrip() + say_integer(str(value))


def _power(match: re.Match[str]) -> str:
    power = match["power"].replace(" ", "")
    return "的" + {"2": "平方", "3": "立方"}.get(power, say_number(power) + "次方")


QUANTITIES = (
    Rule(
        "power of ten in letters",
        r"(?<![A-Za-z\d.])(?P<factor>\d+(?:\.\d+)?)[eE](?P<power>[-−+]?\d{1,3})(?![\dA-Za-z.])",
        lambda match: f"{say_number(match['factor'])}乘十的{say_number(match['power'].lstrip('+'))}次方",
        "1e-4",
        "一乘十的负四次方",
    ),
    Rule(
        "for so much of it",
        r"(?<=[卡焦克元升])\s?/\s?(?=\d+\s?(?:g|kg|ml|mL|L|l|km|克|千克|公斤|斤|毫升|升|公里|米)(?![A-Za-z]))",
        "每",
        "350大卡/100克",
        "三百五十大卡每一百克",
        needs="/",
    ),
    Rule("power", r"(?<=[\dA-Za-z)）])\s?\^\s?\(?(?P<power>[-−]?\s?\d+)\)?", _power, "2^10", "二的十次方", needs="^"),
    Rule(
        "Roman numeral",
        rf"(?P<before>第\s?|[{HAN_LETTER}]\s?)(?P<roman>(?<![A-Za-z])[IVXL]{{1,7}})(?![A-Za-z\d])(?=\s?(?:世|章|型|类|级|期|卷|部|届|节|篇|集|度|区|代|号|等))"
        rf"|(?P<before2>^|(?<=[^A-Za-z\d{HAN_LETTER}]))(?P<roman2>[IVX]{{1,7}})(?=(?:型|类|级|期|度|区)(?:[{HAN_LETTER}]|$))",
        _roman_numeral,
        "第IV章",
        "第四章",
        needs="世代区卷号型届度期章等篇类级节部集",
    ),
    Rule(
        "Roman numeral behind the name of a ruler",
        rf"(?P<before>(?:{_RULERS}))\s?(?P<roman>I{{1,3}}|IV|VI{{0,3}}|IX|XI{{0,3}}|XIV|XVI{{0,3}}|X)(?![A-Za-z\d世])",
        lambda match: f"{_roman(match)}世",
        "亨利VIII",
        "亨利八世",
        needs="IVX",
    ),
    Rule(
        "Roman numeral behind a title",
        rf"(?<=[{HAN_LETTER}])\s?(?P<before>)(?P<roman>II|III|IV|VI|VII|VIII|IX|XI|XII|XIII|XIV|XV|XVI)(?![A-Za-z\d])",
        _roman,
        "最终幻想VII",
        "最终幻想七",
        needs="IVX",
    ),
    Rule(
        "share",
        rf"{_SIGN}{START}(?P<first>{NUMBER})(?:\s*(?P<again>[%‰]?){TO}(?P<last>[-−]?{NUMBER}))?\s*(?P<share>[%‰‱])",
        _percent,
        "20%-30%",
        "百分之二十到百分之三十",
        needs="%‰‱",
    ),
    Rule(
        "money behind its sign",
        rf"{_SIGN}(?<![A-Za-z])(?P<money>{_MONEY})\s?(?P<first>{NUMBER})(?:\s*[-~〜–—]+\s*(?:{_MONEY})?\s?(?P<last>{NUMBER}))?{END}(?:\s?(?P<letter>[kKmMbB]n?)(?![A-Za-z])|{_LARGE})",
        _money_before,
        "$5.5",
        "五点五美元",
    ),
    Rule(
        "rebate",
        r"(?<![\d.])([1-9])([1-9])(?=折(?!叠|断|腾|磨|返|射))",
        lambda match: say_digits(match[1] + match[2]),
        "85折",
        "八五折",
        needs="折",
    ),
    Rule(
        "range of what is counted",
        rf"{START}(?P<first>{NUMBER})(?P<unit>\s*(?:{UNIT}|[万亿千百kKwW]|{MEASURE}))?\s*[-–—−]+\s*(?={NUMBER}(?:{_COUNTED}|[kKwWGT](?![A-Za-z])))",
        _range,
        "打5-10折",
        "打五到十折",
    ),
    Rule(
        "range with a wave",
        rf"(?P<first>{NUMBER}|[{HAN_LETTER}]|(?<=\d)[A-Za-z°%]+)(?P<unit>)\s*[~〜～∼]+\s*(?=[-−+]?[$€£¥]?{NUMBER})",
        _range,
        "1~2",
        "一到二",
        needs="~∼〜～",
    ),
    Rule(
        "money behind its number",
        rf"{START}(?P<first>{NUMBER})(?P<large>\s?[百千万亿]+)?\s?(?P<money>{_MONEY})(?![A-Za-z\d])",
        _money_behind,
        "100USD",
        "一百美元",
    ),
    Rule(
        "height in metres",
        r"(?<![\d.])(\d)\s?[米m](\d\d)(?![\d.]|\s?[米公厘毫cmk])",
        lambda match: f"{say_count(match[1])}米{say_digits(match[2])}",
        "1米75",
        "一米七五",
    ),
    Rule(
        "blood pressure",
        r"(?<![\d./])(\d{2,3})/(\d{2,3})(?=\s?(?:mmHg|毫米汞柱))",
        lambda match: f"{say_integer(match[1])}杠{match[2]}",
        "120/80mmHg",
        "一百二十杠八十毫米汞柱",
        needs="/",
    ),
    Rule(
        "watts in small letters",
        rf"{START}(?P<number>{NUMBER})w(?=\s?(?:快充|充电|功率|灯))",
        lambda match: say_count(match["number"]) + "瓦",
        "20w快充",
        "二十瓦快充",
        needs="充功快灯",
    ),
    Rule(
        "ten thousand as w",
        rf"{START}(?P<number>{NUMBER})(?:w(?![A-Za-z]|\s?(?:快充|充电|功率|灯|电))|W(?=\s*(?:\+|元|块|粉|人|播放|阅读|赞|点赞|次|字|多|左右|以上)))",
        lambda match: say_count(match["number"]) + "万",
        "10w粉丝",
        "十万粉丝",
    ),
    Rule(
        "current",
        rf"{START}(?P<number>{NUMBER})\s?A(?=\s*(?:的?电流|快充|充电|保险丝|输出|输入|/))",
        lambda match: say_count(match["number"]) + "安",
        "2A电流",
        "两安电流",
        needs="A",
    ),
    Rule(
        "unit",
        rf"{_SIGN}{START}(?P<number>{NUMBER})(?P<large>\s?[百千万亿]+)?\s?(?P<unit>{UNIT_SYMBOL})"
        rf"(?P<per>\s?/\s?(?:(?:{UNIT_SYMBOL})[²2]?|d(?![A-Za-z])|{_PER}))?(?![A-Za-z]|\d(?<![hns]\d))",
        _unit,
        "500g",
        "五百克",
    ),
    Rule(
        "unit for each other",
        rf"(?<![A-Za-z\d])({UNIT_SYMBOL})/({UNIT_SYMBOL})(?![A-Za-z\d/])",
        _unit_alone,
        "单位是km/h",
        "单位是公里每小时",
        needs="/",
    ),
    Rule(
        "one for each other",
        rf"(?<=[\d{HAN_LETTER}])\s?/\s?(?P<per>{_PER})(?![{HAN_LETTER}](?<![,的])|[A-Za-z])",
        lambda match: f"每{match['per']}",
        "5元/斤",
        "五元每斤",
        needs="/",
    ),
)
