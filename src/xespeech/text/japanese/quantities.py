"""Amounts: scores, ranges, sums, fractions, powers, money and units."""

from __future__ import annotations

import re

from xespeech.text.japanese.patterns import AMOUNT, COUNTERS, NUMBER
from xespeech.text.rules import Rule, any_of, words_of
from xespeech.text.tables import read_pairs

UNITS = read_pairs(__package__, "units.tsv")
CURRENCIES = read_pairs(__package__, "currencies.tsv")


_UNIT = any_of(UNITS)
_MONEY = any_of(CURRENCIES)
_SIGN = any_of([word for word in CURRENCIES if not word.isalpha()])
_SCORES = words_of(__package__, "score")
_SPEEDS = {"km/h": ("時速", "キロメートル"), "m/s": ("秒速", "メートル"), "km/s": ("秒速", "キロメートル")}
_SPEEDS |= {"m/min": ("分速", "メートル"), "cm/s": ("秒速", "センチメートル"), "mph": ("時速", "マイル")}
_THOUSANDS = {"K": "千", "k": "千", "M": "百万", "B": "十億", "T": "兆"}
_TO = r"\s?[〜~-]\s?"


def _say_score(match: re.Match[str]) -> str:
    return _say_pair(match) if re.search(_SCORES, match.string) else match[0]


def _say_pair(match: re.Match[str]) -> str:
    """Two bare numbers: from the smaller one to the larger one, otherwise a score."""
    first, second = map(int, match[0].split("-"))
    is_score = first >= second or re.search(_SCORES, match.string) or _falls_elsewhere(match.string)
    return f"{first}対{second}" if is_score else f"{first}から{second}"


def _falls_elsewhere(text: str) -> bool:
    """Whether another of several pairs can be no range: 6-4、3-6、7-5 are sets."""
    return any(
        int(first) > int(second) for first, second in re.findall(r"(?<![\d-])(\d{1,2})-(\d{1,2})(?=[、,で])", text)
    )


def _say_speed(match: re.Match[str]) -> str:
    before, unit = _SPEEDS[match["unit"]]
    return (match["already"] or before) + match["amount"] + unit


def _say_rate(match: re.Match[str]) -> str:
    """``100円/kg`` → ``1キログラムあたり100円``; units of measure stay in order (``5mg/L``)."""
    amount, of, per = match["amount"], match["of"], match["per"]
    per = "か月" if per == "月" else per
    per = {"²": "平方", "2": "平方", "³": "立方", "3": "立方", "": ""}[match["square"]] + UNITS.get(per, per)
    return f"{amount}{UNITS[of]}マイ{per}" if of in UNITS else f"1{per}あたり{amount}{of}"


def _say_money(match: re.Match[str]) -> str:
    """``$1.5M``, ``US$5億``, ``-¥500``: the sign is said after the amount."""
    thousands = _THOUSANDS[match["thousands"]] if match["thousands"] else ""
    minus = "マイナス" if match["minus"] else ""
    return f"{minus}{match['amount']}{thousands}{CURRENCIES[match['sign']]}"


def _say_range(match: re.Match[str]) -> str:
    """A hyphen between bare numbers is left to the rule for two numbers."""
    is_pair = "-" in match[0] and not match[1] and re.compile(_PAIR).match(match.string, _number_start(match))
    return match[0] if is_pair else (match[1] or "") + "から"


def _number_start(match: re.Match[str]) -> int:
    start = match.start()
    while start and match.string[start - 1].isdecimal():
        start -= 1
    return start


def _say_money_range(match: re.Match[str]) -> str:
    name = CURRENCIES[match["sign"]]
    first = f"{match['first']}{name}" if match["again"] else match["first"]
    return f"{first}から{match['second']}{name}"


_PAIR = rf"(?<![\d./-])(?<!第)\d{{1,3}}-\d{{1,3}}(?![\d/-]|\.\d|\s?(?:{COUNTERS}|[A-Za-z%°万億兆千]))"

SCORES = (
    Rule(
        "difference",
        r"(?<![\d.])\d[\d.]*(?:\s?[-−+×÷*]\s?\d[\d.]*)+(?=\s?=|は[?？いく])",
        lambda match: re.sub("[-−]", "マイナス", match[0]),
        "7-2=5",
        "7マイナス2イコール5",
        needs="=は",
    ),
    Rule("score", _PAIR, _say_score, "2-1で勝った", "2対1で勝った"),
)

RULES = (
    Rule(
        "pages",
        rf"(?<![A-Za-z])[Pp]{{1,2}}\.\s?(\d+(?:{_TO}\d+)?)",
        r"\1ページ",
        "pp.10-15",
        "10から15ページ",
    ),
    Rule(
        "range of money",
        rf"(?P<sign>{_SIGN})\s?(?P<first>{AMOUNT}){_TO}(?P<again>(?P=sign)\s?)?(?P<second>{AMOUNT})",
        _say_money_range,
        "¥1000〜2000",
        "1000から2000円",
    ),
    Rule(
        "from some money",
        rf"({_SIGN})\s?({AMOUNT})\s?[〜~](?!\d)",
        lambda match: f"{match[2]}{CURRENCIES[match[1]]}から",
        "¥500〜",
        "500円から",
        needs="~〜",
    ),
    Rule(
        "range",
        rf"(?<=[\d万億兆千])(\s?(?:{_UNIT})|(?:{COUNTERS})|半)?{_TO}(?=[約第−-]?\d|{_SIGN}|午[前後])",
        _say_range,
        "5%〜10%",
        "5パーセントから10パーセント",
        needs="0123456789万億兆千",
    ),
    Rule(
        "range in characters",
        r"(?<=[一二三四五六七八九十百千万])[〜~](?=[一二三四五六七八九十百千万])",
        "から",
        "八〜十人",
        "八から十人",
        needs="~〜",
    ),
    Rule(
        "decimals in characters",
        r"(?<=[一二三四五六七八九十〇])[・.](?=[一二三四五六七八九〇]+"
        r"(?:倍|%|パーセント|度|キロ|メートル|リットル|センチ|ミリ|グラム|トン|[億万兆]|次元|割|ポイント))",
        "点",
        "二・五倍",
        "二点五倍",
        needs="〇一七三九二五八六四",
    ),
    Rule("two numbers", _PAIR, _say_pair, "日本3-2韓国", "日本3対2韓国"),
    Rule(
        "range of places",
        r"(?<=[一-龥々]{2})\s?[〜~]\s?(?=[一-龥々]{2}|[ァ-ヺ]{2}|\d)",
        "から",
        "東京〜大阪",
        "東京から大阪",
        needs="~〜",
    ),
    Rule("from", rf"(?<=\d)({COUNTERS}|半)\s?[〜~](?=$|[\s、。」』)の])", r"\1から", "10時〜", "10時から", needs="~〜"),
    Rule(
        "until",
        rf"(^|[\s、。「『(])[〜~]\s?(\d[\d時分月日年点]*(?:{COUNTERS}))",
        r"\1\2まで",
        "〜10時",
        "10時まで",
        needs="~〜",
    ),
    Rule("lengthened", "[〜~]+", "ー", "すご〜い", "すごーい", needs="~〜"),
    Rule(
        "power",
        r"\s?\^\s?([-−]?)(\d+|[a-zA-Z])",
        lambda match: f"の{'マイナス' if match[1] else ''}{match[2]}{'乗' if match[2].isdecimal() else 'じょう'}",
        "10^-3",
        "10のマイナス3乗",
        needs="^",
    ),
    Rule(
        "area and volume",
        r"(?<=\d)\s?(mm|cm|km|m)([²³23])(?![A-Za-z0-9])",
        lambda match: ("平方" if match[2] in "²2" else "立方") + UNITS[match[1]],
        "25m²",
        "25平方メートル",
        needs="23²³",
    ),
    Rule(
        "rate",
        rf"(?P<amount>{AMOUNT})\s?(?P<of>(?!km/h|m/s|m/min|cm/s|km/s)(?:{_UNIT})|万円|[人円件個本回台名点匹])/(?:1\s?)?"
        rf"(?P<per>{_UNIT}|[人日月年週分秒個回本台泊]|時間)(?P<square>[²2³3]?)(?![A-Za-z0-9])",
        _say_rate,
        "100円/kg",
        "1キログラムあたり100円",
        needs="/",
    ),
    Rule("square", "²", "の2乗", "10²", "10の2乗", needs="²"),
    Rule("cube", "³", "の3乗", "5³", "5の3乗", needs="³"),
    Rule(
        "speed",
        rf"(?P<already>[時秒分風]速(?:は|約)*)?\s?(?P<amount>{AMOUNT})\s?(?P<unit>{any_of(_SPEEDS)})(?![A-Za-z])",
        _say_speed,
        "60km/h",
        "時速60キロメートル",
    ),
    Rule(
        "mixed number",
        r"(?<![\d./])(\d{1,3})(?:\s{1,2}|・)(\d{1,2})/(\d{1,3})(?![\d/])",
        r"\1と\3分の\2",
        "2 1/2カップ",
        "2と2分の1カップ",
        needs="/",
    ),
    Rule(
        "blood pressure",
        r"(?<![\d./])(\d{2,3})/(\d{2,3})(?=\s?mmHg)|(?:(?<=血圧)|(?<=血圧は)|(?<=血圧が))(\d{2,3})/(\d{2,3})(?!\d)",
        lambda match: f"{match[1] or match[3]}の{match[2] or match[4]}",
        "120/80mmHg",
        "120の80ミリエイチジー",
        needs="/血",
    ),
    Rule("day and night", r"(?<![\d/])24/7(?![\d/])", "24、7", "24/7で営業", "24、7で営業", needs="2"),
    Rule("fraction", r"(?<![\d./A-Za-z])(\d+)/(\d+)(?![\d/]|\.\d)", r"\2分の\1", "3/4", "4分の3", needs="/"),
    Rule(
        "money",
        rf"(?P<minus>[-−]?)(?<![A-Za-z])(?P<sign>{_MONEY})\s?(?P<amount>{AMOUNT})(?:(?P<thousands>[KkMBT])(?![A-Za-z]))?"
        r"(?:円|ドル)?",
        _say_money,
        "$1.5M",
        "1点5百万ドル",
    ),
    Rule(
        "money with its code behind",
        rf"(?<=[\d万億兆千])\s?({_MONEY})(?![A-Za-z])",
        lambda match: CURRENCIES[match[1]],
        "10USD",
        "10米ドル",
        needs="0123456789万億兆千",
    ),
    Rule("Fahrenheit", rf"({NUMBER})\s?°F(?![A-Za-z])", r"華氏\1度", "70°F", "華氏70度", needs="°"),
    Rule(
        "floor",
        r"(?<![A-Za-z\d.])(B?)(\d{1,3})F(?![A-Za-z])",
        lambda match: ("地下" if match[1] else "") + match[2] + "階",
        "B1F",
        "地下1階",
        needs="F",
    ),
    Rule(
        "ohm",
        r"(?<=\d)\s?([kM]?)\s*omega(?![A-Za-z])\s?",
        lambda match: {"k": "キロ", "M": "メガ", "": ""}[match[1]] + "オーム",
        "5 omega",
        "5オーム",
    ),
    Rule(
        "unit by unit",
        rf"(?<=[\d万億兆千乗])\s?({_UNIT})/({_UNIT})(?![A-Za-z\d])",
        lambda match: f"{UNITS[match[1]]}マイ{UNITS[match[2]]}",
        "6乗 mol/L",
        "6乗モルマイリットル",
        needs="/",
    ),
    Rule(
        "unit without a number",
        rf"(?<![A-Za-z\d])((?:{_UNIT})(?<=[A-Za-z]{{2}}))(?=単位|あたり|当たり|表示|換算|以[上下内]|未満)",
        lambda match: UNITS[match[1]],
        "km単位",
        "キロメートル単位",
        needs="あ以単当換未表",
    ),
    Rule(
        "unit",
        rf"(?<=[\d万億兆千乗])\s?({_UNIT})(?![A-Za-z\d]|(?<=V)型)",
        lambda match: UNITS[match[1]],
        "2.4GHz",
        "2点4ギガヘルツ",
        needs="0123456789万乗億兆千",
    ),
)
