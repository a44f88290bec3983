"""Rules for ratios, fractions, arithmetic and signs, and for numbers that no other rule reads, in their order."""

from __future__ import annotations

import re

from xespeech.text.mandarin.numbers import SIGN_WORDS, say_count, say_integer, say_number
from xespeech.text.mandarin.patterns import END, HAN_LETTER, MEASURE, NUMBER, START, WON
from xespeech.text.rules import Rule
from xespeech.text.tables import read_pairs

_SCORE = re.compile(r"(?:比分|以|胜|败|负|赢|输|平|不敌|大胜|击败|战胜|逆转|总分|领先|落后)[^,。;!?]{0,4}$")
_SCORE_BEHIND = re.compile(rf"\s*(?:的?比分|[^,。]{{0,3}}(?:{WON}|取得胜))")
_NAMES = read_pairs(__package__, "signs.tsv")


def _score(match: re.Match[str]) -> str | None:
    before, after = match.string[: match.start()], match.string[match.end() :]
    is_score = _SCORE.search(before[-8:]) or _SCORE_BEHIND.match(after)
    return f"{say_number(match[1])}比{say_number(match[2])}" if is_score else None


def _between(match: re.Match[str]) -> str:
    """Two numbers with a hyphen and nothing else: a range where it grows, else a score."""
    word = "到" if float(match[1]) < float(match[2]) else "比"
    return f"{say_number(match[1])}{word}{say_number(match[2])}"


def _fraction(match: re.Match[str]) -> str:
    whole = f"{say_number(match['whole'])}又" if match["whole"] else ""
    sign = SIGN_WORDS.get(match["sign"], "")
    return f"{sign}{whole}{say_number(match['below'])}分之{say_number(match['above'])}"


SIGNS = (
    Rule(
        "ratio",
        r"(?<![\d.:])\d+(?:\.\d+)?(?:\s?[:∶]\s?\d+(?:\.\d+)?)+(?![\d:])",
        lambda match: "比".join(map(say_number, re.split(r"\s*[:∶]\s*", match[0]))),
        "比例3:1",
        "比例三比一",
        needs=":∶",
    ),
    Rule(
        "score",
        r"(?<![\d.-])(\d{1,3})\s?[-–—]\s?(\d{1,3})(?![\d.-])",
        _score,
        "以3-1战胜",
        "以三比一战胜",
    ),
    Rule(
        "power of a letter",
        r"(?<=[A-Za-z)）])\^(?P<power>[A-Za-z])(?![A-Za-z])",
        lambda match: f"的 {match['power']} 次方",
        "x^n",
        "x的 n 次方",
        needs="^",
    ),
    Rule("shop of the name 7-11", r"(?<!\d)7-11(?=[^\d月日号]|$)", "七十一", "7-11便利店", "七十一便利店", needs="7"),
    Rule("day and night", r"(?<![\d/])24/7(?![\d/])", "二十四七", "24/7", "二十四七", needs="2"),
    Rule(
        "quotient",
        r"(?<![\d./+−×-])(\d+)\s?/\s?(\d+)(?=\s?=\s?\d+(?![\d/]))",
        lambda match: f"{say_integer(match[1])}除以{say_integer(match[2])}",
        "100/5=20",
        "一百除以五等于二十",
        needs="/",
    ),
    Rule(
        "fraction",
        r"(?<![\d./A-Za-z])(?P<sign>[-−](?<![\d)]-))?(?:(?P<whole>\d+)[ +又])?"
        r"(?P<above>\d+)\s?/\s?(?P<below>[1-9]\d*)(?![\d/.])",
        _fraction,
        "3/4",
        "四分之三",
        needs="/",
    ),
    Rule(
        "difference",
        rf"(?P<first>{NUMBER}|[A-Za-z)）²³])(?:\s+[-–]\s+|\s?−\s?|\s?-\s?(?=\(?{NUMBER}\)?(?:\s?[-+×÷*]\s?{NUMBER})*\s?=))(?=[\dA-Za-z(（])",
        lambda match: (say_number(match["first"]) if match["first"][0].isdecimal() else match["first"]) + "减",
        "5-3=2",
        "五减三等于二",
        needs="-=–−",
    ),
    Rule(
        "two numbers with a hyphen",
        rf"{START}(\d+(?:\.\d+)?)\s?[-–—]+\s?(\d+(?:\.\d+)?)(?![\d.-])",
        _between,
        "3-5",
        "三到五",
    ),
    Rule("sharp", r"(?<![A-Za-z])([A-G])#", lambda match: f"{match[1]} sharp ", "C#语言", "C sharp 语言", needs="#"),
    Rule("and between letters", r"(?<=[A-Za-z])&(?=[A-Za-z])", " and ", "AT&T", "AT and T", needs="&"),
    Rule("plus plus", r"(?<=[A-Za-z])\+\+", "加加", "C++", "C加加", needs="+"),
    Rule("topic", r"#([^#\s\d][^#\s]*)#", lambda match: f" {match[1]} ", "#春天#", " 春天 ", needs="#"),
    Rule("number of a house", r"(?<=\d)#(?=楼|机|线|车间|井|门|公寓|厂房)", "号", "5#楼", "五号楼", needs="#"),
    Rule(
        "number of a thing",
        r"(?:(?<![A-Za-z])N[oO]\.?\s{0,2}|#)(?P<number>\d+)(?![\d.])",
        lambda match: say_integer(match["number"]) + "号",
        "No.5",
        "五号",
        needs="#N",
    ),
    Rule("not equal", r"\s?(?:!=|<>)\s?", "不等于", "a!=b", "a不等于b", needs="!<"),
    Rule("at most", r"\s?<=\s?", "小于等于", "x<=5", "x小于等于五", needs="<"),
    Rule("at least", r"\s?>=\s?", "大于等于", "x>=5", "x大于等于五", needs=">"),
    Rule("arrow", r"\s?(?:->|=>|→|⇒)\s?", "到", "A->B", "A到B", needs="=>→⇒"),
    Rule("double equals", r"\s?={2,3}\s?", "等于", "a==b", "a等于b", needs="="),
    Rule(
        "smaller, greater",
        rf"\s?([<>])\s?(?=[-−+]?[\d.A-Za-z{HAN_LETTER}])",
        lambda match: "小于" if match[1] == "<" else "大于",
        "x>5",
        "x大于五",
        needs="<>",
    ),
    Rule("plus or minus", r"\+/-|\+-", "正负", "+/-5", "正负五", needs="+"),
    Rule(
        "product with a letter or a star",
        r"(?<=[\d)）])\s?[xX*]\s?(?=[\d(（])|(?<=[升克米寸])\s?[*×xX]\s?(?=\d)",
        "乘",
        "3x4",
        "三乘四",
        needs=")0123456789克升寸米）",
    ),
    Rule(
        "percent of what is signed",
        rf"(?<=[\dA-Za-z{HAN_LETTER}])\s?\+(?=\s|$|[,。;.!?、)）{HAN_LETTER}])",
        "加",
        "18+",
        "十八加",
        needs="+",
    ),
    Rule(
        "number with a sign",
        rf"(?<![\dA-Za-z)）²³零一二三四五六七八九十])(?P<sign>[-−+±])\s?(?P<number>{NUMBER}){END}",
        lambda match: SIGN_WORDS[match["sign"]] + say_number(match["number"]),
        "-5",
        "负五",
    ),
    Rule("about", rf"(?<![\d{HAN_LETTER}A-Za-z])[~〜∼](?={NUMBER})", "约", "~5", "约五", needs="~∼〜"),
    Rule(
        "several ordinals",
        r"第\s?(?P<numbers>\d{1,3}(?:[、和与]\d{1,3})+)",
        lambda match: "第" + re.sub(r"\d+", lambda number: say_integer(number[0]), match["numbers"]),
        "第1、2名",
        "第一、二名",
        needs="第",
    ),
    Rule(
        "ordinal",
        r"(?P<before>第\s?|初|(?:星期|礼拜)|(?<!\d)周|(?<![最提更])高(?=[123]\s?[年学班(（上下]))(?P<number>\d+)(?!\d|\.\d)",
        lambda match: match["before"] + say_integer(match["number"]),
        "第2个",
        "第二个",
        needs="初周星礼第高",
    ),
    Rule(
        "two that is not a count",
        rf"{START}2(?=\s?(?:年级|次(?:方|函数|元|曲线|世界大战)|元(?:一次|二次|方程)|人转|把手|分之|等[奖座舱]|月|日|号|楼|班|级|线|环|期|胎|手|维|进制|战|审|代|路|比))",
        "二",
        "2等奖",
        "二等奖",
        needs="2",
    ),
    Rule("hundreds and more", rf"{START}2(?=\s?(?:千|万|亿|百))", "两", "2亿人", "两亿人", needs="2"),
    Rule(
        "months",
        r"(?<![\d.])(?P<number>\d+)(?=个多?月)",
        lambda match: say_count(match["number"]),
        "2个月",
        "两个月",
        needs="个",
    ),
    Rule("count", rf"{START}2(?=\s?多?{MEASURE})", "两", "2名", "两名", needs="2"),
    Rule("number", rf"{NUMBER}", lambda match: say_number(match[0]), "0.05", "零点零五"),
    Rule(
        "name of a sign",
        "[" + re.escape("".join(_NAMES)) + "]",
        lambda match: _NAMES[match[0]],
        "a×b",
        "a乘b",
        needs="",
    ),
)
