"""Rules for dates, years and times of the clock, in the order in which they apply."""

from __future__ import annotations

import re

from xespeech.text.mandarin.numbers import say_count, say_digits, say_integer, say_number
from xespeech.text.mandarin.patterns import END, MEASURE, START, TO, UNIT, WON
from xespeech.text.rules import Rule

_YEAR = r"(?:1\d{3}|20\d\d|21\d\d)"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_HOUR = r"(?:[01]?\d|2[0-4])"
_SPAN_BEFORE = re.compile(
    r"(?:已有|有|近|约|超过?|达|长达|逾|经过|历经|历时|距今|活了|过了?|用了?|花了?|等了|持续|相隔|时隔|上下|了|满|每|整整|存在|至少|最多|"
    r"不到|不足|未来|今后|过去|前后|再过|只有|才|服役|工作|徒刑|期限|为期|寿命|保修|质保|长|共|第)\s*$"
)
_SPAN_AFTER = re.compile(
    r"\s*(?:多|余|来|的?历史|之久|以上|以内|左右|间|期|内|老店|树龄|古树|寿命|光阴|时间|文明|岁月|如一日|不变|陈酿|的?积累)"
)
_RATIO_BEFORE = re.compile(r"(?:比分|比例|比率|配比|比值|赔率|画面|屏幕|比|以)(?:[为是:]|约为)?\s*$")
_RATIO_AFTER = re.compile(rf"\s*(?:的?(?:比例|比分|比率|优势)|[^,。]{{0,3}}(?:{WON}))")
_DURATION_BEFORE = re.compile(r"(?:时长|用时|成绩|耗时|片长|全长|配速|计时)(?:[为是:了]|约为)?\s*$")


def _plain(digits: str) -> str:
    return say_integer(str(int(digits)))


def _date(match: re.Match[str]) -> str:
    return f"{say_digits(match['year'])}年{_plain(match['month'])}月{_plain(match['day'])}" + (match["mark"] or "日")


def _date_year_last(match: re.Match[str]) -> str | None:
    first, second = int(match[1]), int(match[3])
    if first > 12 and second > 12:
        return None
    month, day = (second, first) if first > 12 else (first, second)
    return f"{say_digits(match['year'])}年{say_integer(str(month))}月{say_integer(str(day))}日"


def _month_and_day(match: re.Match[str]) -> str:
    last = f"{match['own'] or ''}到{_plain(match['last'])}" if match["last"] else ""
    return f"{_plain(match['month'])}月{_plain(match['day'])}{last}{match['mark'] or ('' if last else '日')}"


def _year(match: re.Match[str]) -> str | None:
    digits = match["year"]
    value = int(digits)
    before, after = match.string[: match.start()], match.string[match.end() :]
    if after.startswith("代") and len(digits) == 2:
        return say_integer(digits) + "年"
    is_span = bool(_SPAN_BEFORE.search(before[-4:]) or _SPAN_AFTER.match(after))
    ad = bool(re.search(r"(?:公元前?|[ab]\.?d\.?|建于|始于|生于|卒于|死于|[于在至])\s*$", before[-4:], re.IGNORECASE))
    if re.match(r"前|后|以前|以后|之前|之后|来", after) and not ad:
        is_span = is_span or not (1900 <= value <= 2100) or value == 2000
    if digits[0] == "0":
        return say_digits(digits) + "年"
    if len(digits) == 4 and value < 3000:
        is_round = value in (1000, 3000)
        return None if is_span or (is_round and not ad) else say_digits(digits) + "年"
    if len(digits) == 3 and not is_span and (ad or (value % 10 and re.search(r"(?:^|[^\d])$", before) and value > 200)):
        return say_digits(digits) + "年"
    if len(digits) == 2 and not is_span and value >= 60 and value % 10:
        return say_digits(digits) + "年"
    return None


def _clock(match: re.Match[str]) -> str | None:
    before, after = match.string[: match.start()], match.string[match.end() :]
    if _RATIO_BEFORE.search(before[-6:]) or _RATIO_AFTER.match(after):
        return None
    hour, minute, second = match["hour"], match["minute"], match["second"]
    if _DURATION_BEFORE.search(before[-6:]):
        units = ("小时", "分", "秒") if second else ("分", "秒")
        return "".join(say_count(str(int(part))) + unit for part, unit in zip((hour, minute, second), units))  # noqa: B905
    half = (match["half"] or "").lower().replace(".", "").strip()
    part_of_day = {"am": "上午", "pm": "晚上" if 6 <= int(hour) < 12 else "下午"}.get(half, "")
    spoken = part_of_day + say_count(str(int(hour))) + "点"
    if int(minute) or second:
        spoken += _two_digits(minute) + "分"
    return spoken + (_two_digits(second) + "秒" if second else "")


def _two_digits(digits: str) -> str:
    return ("零" if digits.startswith("0") and int(digits) else "") + say_integer(str(int(digits)))


def _half_day(match: re.Match[str]) -> str:
    is_evening = 6 <= int(match[1]) < 12
    return {"a": "上午", "p": "晚上" if is_evening else "下午"}[match[2].lower()] + say_count(match[1]) + "点"


def _length(match: re.Match[str]) -> str:
    return "".join(say_number(part) + unit for part, unit in zip(match.groups(), "度分秒", strict=True) if part)


DATES = (
    Rule(
        "date, year first",
        rf"{START}(?P<year>{_YEAR})\s*(?P<sign>[./-])\s*(?P<month>{_MONTH})\s*(?P=sign)\s*(?P<day>{_DAY}){END}(?P<mark>[日号]?)",
        _date,
        "2024.03.15",
        "二零二四年三月十五日",
        needs="12",
    ),
    Rule(
        "date, year last",
        rf"{START}([0-3]?\d)([./-])([0-3]?\d)\2(?P<year>{_YEAR}){END}",
        _date_year_last,
        "03/15/2024",
        "二零二四年三月十五日",
        needs="12",
    ),
    Rule(
        "year and month",
        rf"{START}(?P<year>(?:19|20)\d\d)[-/](?P<month>0[1-9]|1[0-2])(?![\d/年-])(?:月(?:份)?)?",
        lambda match: f"{say_digits(match['year'])}年{_plain(match['month'])}月",
        "2024-03",
        "二零二四年三月",
        needs="12",
    ),
    Rule(
        "years, from and to",
        rf"{START}(?P<first>(?:19|20)\d\d)(?:年)?(?:{TO}|(?P<slash>/))(?P<last>(?:19|20)?\d\d){END}(?P<mark>年(?!代)|学年|赛季|财年)",
        lambda match: f"{say_digits(match['first'])}到{say_digits(match['last'])}{match['mark']}",
        "1990-2000年",
        "一九九零到二零零零年",
        needs="12",
    ),
    Rule(
        "years alone",
        rf"{START}(?P<first>1\d{{3}}|20\d\d)\s*[-–—~]+\s*(?P<last>1\d{{3}}|20\d\d)(?=\s*(?:[)）]|$|期间))",
        lambda match: f"{say_digits(match['first'])}到{say_digits(match['last'])}",
        "(1949-1976)",
        "(一九四九到一九七六)",
        needs="12",
    ),
    Rule(
        "month and day",
        rf"(?P<month>(?<!\d){_MONTH})\s*月\s*(?P<day>{_DAY})(?:(?P<own>[日号])?{TO}(?P<last>{_DAY})(?=[日号]))?{END}\s*(?P<mark>[日号]?)(?!\s*月)",
        _month_and_day,
        "5月2日",
        "五月二日",
        needs="月",
    ),
    Rule(
        "day with a name",
        r"(?<![\d.])(1?\d)[.·](\d{1,2})(?=事变|事件|惨案|运动|起义|国庆|劳动节|儿童节|妇女节|地震|革命|讲话|战役|假期|长假|黄金周|小长假)",
        lambda match: say_digits(match[1] + match[2]) if match[1] != "10" else "十" + say_digits(match[2]),
        "9·18事变",
        "九一八事变",
    ),
    Rule(
        "day with a dot",
        r"(?<![\d.])(1?\d)[·•・](\d{1,2})(?!\d)",
        lambda match: say_digits(match[1] + match[2]) if match[1] != "10" else "十" + say_digits(match[2]),
        "3·15晚会",
        "三一五晚会",
        needs="·•・",
    ),
    Rule(
        "decade of birth",
        r"(?<!\d)([05-9][05])(?=[后後](?![来天期]))",
        lambda match: say_digits(match[1]),
        "90后",
        "九零后",
        needs="05",
    ),
    Rule(
        "decades, from one to the next",
        rf"(?<!\d)(?P<first>[1-9])0(?:年代)?{TO}(?P<last>[1-9])0(?=年代)",
        lambda match: (
            (
                say_digits(match["first"] + match["last"])
                if int(match["last"]) == int(match["first"]) + 1
                else f"{say_digits(match['first'])}十到{say_digits(match['last'])}"
            )
            + "十"
        ),
        "70-80年代",
        "七八十年代",
        needs="0",
    ),
    Rule(
        "decades",
        r"(?<!\d)(\d{2})?(\d0)(?:年代|s(?![A-Za-z]))",
        lambda match: (say_digits(match[1]) + say_digits(match[2]) if match[1] else say_integer(match[2])) + "年代",
        "20世纪90年代",
        "二十世纪九十年代",
        needs="0",
    ),
    Rule("year", r"(?<![\d.,万亿第])(?P<year>\d{2,4})\s*年(?!级)", _year, "2010年", "二零一零年", needs="年"),
    Rule(
        "year of a quarter",
        rf"{START}((?:19|20)\d\d)(?=\s?[QqHh][1-4](?!\d))",
        lambda match: say_digits(match[1]),
        "2024Q3",
        "二零二四Q三",
        needs="12",
    ),
    Rule(
        "time of the clock",
        rf"(?<![\d:.])(?P<hour>{_HOUR}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d:])(?P<half>\s*[AaPp]\.?[Mm]\b\.?)?",
        _clock,
        "8:05",
        "八点零五分",
        needs=":",
    ),
    Rule(
        "from and to with words",
        r"(?<=[点分秒日号月年一二三四五六日天末])\s*[-–—~〜～∼]+\s*(?=(?:上午|下午|晚上|早上|中午|凌晨|次日|翌日|周|星期|礼拜|[\d零一二三四五六七八九十两]))",
        "到",
        "周一-周五",
        "周一到周五",
        needs="一三二五六分号四天年日月末点秒",
    ),
    Rule("hour with am or pm", r"(?<![\d:.])(1?\d)\s*([AaPp])\.?[Mm]\b\.?", _half_day, "8pm", "晚上八点"),
    Rule(
        "degrees, minutes, seconds",
        r"(\d+(?:\.\d+)?)°\s*(\d+(?:\.\d+)?)[′'](?:\s*(\d+(?:\.\d+)?)(?:[″\"]|′′))?",
        _length,
        "39°54′",
        "三十九度五十四分",
        needs="°",
    ),
    Rule(
        "hundredths of a second",
        rf"(?<=[\d零一二三四五六七八九十]秒)(\d{{2,3}})(?!\d|\s*(?:[秒分%]|{UNIT}|{MEASURE}))",
        lambda match: say_digits(match[1]),
        "9秒83",
        "九秒八三",
        needs="秒",
    ),
    Rule(
        "minutes and seconds",
        r"(?<!\d)(\d{1,2})[′'](\d{2})(?:[″\"]|′′|'')",
        lambda match: f"{say_count(match[1])}分{_two_digits(match[2])}秒",
        "5'30\"",
        "五分三十秒",
    ),
)
