"""Dates and times of day as Japanese reads them: ``2024/5/2(木)`` → ``2024年5月2日、木曜日、``."""

from __future__ import annotations

import re

from xespeech.text.japanese.patterns import by_digit, plain
from xespeech.text.rules import Rule, words_of

_YEAR = r"(?:1[5-9]|2[01])\d\d"
_MONTH = "0?[1-9]|1[0-2]"
_DAY = "0?[1-9]|[12]\\d|3[01]"
_DAYS = "月火水木金土日"
_SHORT_DAYS = dict(zip(_DAYS, ["ゲツ", "カー", "スイ", "モク", "キン", "ドー", "ニチ"], strict=True))
_ERAS = {"R": "令和", "H": "平成", "S": "昭和", "T": "大正", "M": "明治"}
_TIME = r"(?P<hour>[01]?\d|2\d|30):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
_MORNING = {"a": "午前", "p": "午後"}
_SHARES = words_of(__package__, "share")


def _say_date(match: re.Match[str]) -> str:
    year = f"{match['year']}年" if "year" in match.re.groupindex and match["year"] else ""
    return f"{year}{plain(match['month'])}月{plain(match['day'])}日"


def _say_day_and_month(match: re.Match[str]) -> str:
    """``4/1``, ``12/25``: a date where it is followed by a weekday or can hardly be a fraction."""
    month, day = int(match["month"]), int(match["day"])
    follows = match.string[match.end() :]
    is_date = re.match(rf"\s?\([{_DAYS}祝]|\s?[{_DAYS}]曜|\s\d?\d[:時]|頃|付|号|締|発売|[〜~-]\d+/\d+", follows)
    is_share = re.match(
        r"\s?(?:[A-Za-z]|カップ|インチ|スケール|サイズ|以[上下]|の(?:確率|割合|大きさ|長さ|量)|秒|ペース|倍)", follows
    )
    if is_date or (not is_share and (month > day or day >= 13 or match["day"][0] == "0" or match["month"][0] == "0")):
        return f"{month}月{day}日"
    return match[0]


def _say_weekday(match: re.Match[str]) -> str:
    day = f"、{match[1]}曜日" + ("、祝日" if match[2] else "")
    return day + ("から" if match[3] else "、")


def _say_weekdays(match: re.Match[str]) -> str:
    """``月・水・金``; the last of ``月・水・金曜日`` is a separate word."""
    days = "、".join(_SHORT_DAYS[day] for day in re.findall(f"[{_DAYS}]", match[0]))
    return days + ("、" if match[0][-1] not in _DAYS else "")


def _say_era(match: re.Match[str]) -> str:
    numbers = [plain(number) for number in re.split(r"[./]", match["date"])]
    return _ERAS[match["era"]] + "".join(map("".join, zip(numbers, "年月日", strict=False)))


def _say_time(match: re.Match[str]) -> str:
    half = next((half for half in (match["before"], match["after"]) if half), "")
    return (_MORNING[half.strip()[0].lower()] if half else "") + _clock(match)


def _clock(match: re.Match[str]) -> str:
    hour, minute = plain(match["hour"]), plain(match["minute"])
    second = f"{plain(match['second'])}秒" if match["second"] else ""
    said = f"{hour}時" + (f"{minute}分" if minute != "0" or second else "") + second
    return said


def _say_ratio(match: re.Match[str]) -> str:
    """``3:1`` is not a time: it has no two digits for the minutes, or the words around it tell of shares."""
    numbers = match[0].split(":")
    is_time = len(numbers) < 4 and all(len(part) == 2 and part < "60" for part in numbers[1:]) and int(numbers[0]) < 31
    if is_time and not re.search(_SHARES, match.string):
        return match[0]
    return "対".join(map(plain, numbers))


RULES = (
    Rule(
        "year, month, day",
        rf"(?<![\d./-])(?P<year>{_YEAR})(?P<mark>[-/.])(?P<month>{_MONTH})(?P=mark)(?P<day>{_DAY})(?![\d./-]\d|\d)",
        _say_date,
        "2024/05/02",
        "2024年5月2日",
        needs="12",
    ),
    Rule(
        "month, day, year",
        rf"(?<![\d./-])(?P<month>{_MONTH})/(?P<day>{_DAY})/(?P<year>{_YEAR})(?!\d)",
        _say_date,
        "12/25/2024",
        "2024年12月25日",
        needs="/",
    ),
    Rule(
        "day, month, year",
        rf"(?<![\d./-])(?P<day>{_DAY})/(?P<month>{_MONTH})/(?P<year>{_YEAR})(?!\d)",
        _say_date,
        "25/12/2024",
        "2024年12月25日",
        needs="/",
    ),
    Rule(
        "year and month",
        rf"(?<![\d./-])({_YEAR})(?:/({_MONTH})|-(0[1-9]|1[0-2]))(?![\d/-]|年)",
        lambda match: f"{match[1]}年{plain(match[2] or match[3])}月",
        "2024/5に",
        "2024年5月に",
        needs="12",
    ),
    Rule(
        "year of an era",
        r"(?<![A-Za-z0-9])(?P<era>[RHSTM])\.?(?P<date>\d{1,2}(?:[./]\d{1,2}[./]\d{1,2}(?!\d)|(?=年)))",
        _say_era,
        "R6.5.1",
        "令和6年5月1日",
    ),
    Rule(
        "range of days",
        rf"(?<![\d./-])({_MONTH})/({_DAY})(\s?\([{_DAYS}][^)]{{0,3}}\))?\s?[〜~-]\s?({_MONTH})/({_DAY})(?![\d/])",
        lambda match: f"{match[1]}月{match[2]}日{match[3] or ''}〜{match[4]}月{match[5]}日",
        "12/29〜1/3",
        "12月29日から1月3日",
        needs="/",
    ),
    Rule(
        "month and day",
        rf"(?<![\d./A-Za-z-])(?P<month>{_MONTH})/(?P<day>{_DAY})(?![\d/%]|\.\d)",
        _say_day_and_month,
        "5/2(木)",
        "5月2日、木曜日、",
        needs="/",
    ),
    Rule(
        "weekday in brackets",
        rf"(?<=日)\s?\(([{_DAYS}])(?:曜日?)?(?:[・/]?(祝)日?)?\)\s?([〜~-](?=\d))?",
        _say_weekday,
        "5月3日(金・祝)",
        "5月3日、金曜日、祝日、",
        needs="日",
    ),
    Rule(
        "weekday before a weekday",
        rf"(?<![一-龥])([{_DAYS}])\s?[〜~-]\s?([{_DAYS}])(?:曜(?=日)|(?![一-龥]))",
        r"\1曜から\2曜",
        "月〜金",
        "月曜から金曜",
        needs="土日月木水火金",
    ),
    Rule(
        "weekdays in a row",
        rf"(?:(?<=[毎隔]週)|(?<![一-龥\d]))[{_DAYS}](?:[・、,/][{_DAYS}])+(?![一-龥・])|(?:(?<=[毎隔]週)|(?<![一-龥\d]))(?:[{_DAYS}][・、,/])+(?=[{_DAYS}]曜)",
        _say_weekdays,
        "月・水・金",
        "ゲツ、スイ、キン",
        needs="土日曜月木水火金",
    ),
    Rule("ratio", r"(?<![\d:.])\d+(?::\d+)+(?![\d:]|\.\d)", _say_ratio, "3:1", "3対1", needs=":"),
    Rule(
        "time of day",
        rf"(?P<before>(?<![A-Za-z])[AaPp]\.?[Mm]\.?\s?)?(?<![\d:.]){_TIME}(?!\d|:\d)(?P<after>\s?[AaPp]\.?[Mm]\.?(?![A-Za-z]))?",
        _say_time,
        "午後3:05",
        "午後3時5分",
        needs=":",
    ),
    Rule(
        "hour with a.m. or p.m.",
        r"(?<![A-Za-z])([AaPp])\.?[Mm]\.?\s?(\d{1,2})時",
        lambda match: f"{_MORNING[match[1].lower()]}{plain(match[2])}時",
        "PM3時",
        "午後3時",
        needs="時",
    ),
    Rule(
        "English hour",
        r"(?<![\d.])(1?\d)\s?([AaPp])\.?[Mm]\.?(?![A-Za-z])",
        lambda match: f"{_MORNING[match[2].lower()]}{match[1]}時",
        "3pmに",
        "午後3時に",
    ),
    Rule(
        "zero before a part of a date or time",
        r"(?<![\d.])0+(?=\d{1,2}[月日時分秒歳])",
        "",
        "3時05分",
        "3時5分",
        needs="0",
    ),
    Rule("twelve at night or noon", r"(?<=午[前後])[0零]時(?!間)", "れい時", "午前0時", "午前れい時", needs="午"),
    Rule("midnight", r"(?<![\d.])0時(?!間)", "零時", "0時", "零時", needs="0"),
    Rule(
        "first day of a month",
        r"(?<![\d月])(?<!\d日)1日(?=(?:から|[〜~-])\d+日|付|締め|生まれ|現在|\s?[、,]?[月火水木金土日]曜)",
        "ついたち",
        "1日から3日まで",
        "ついたちから3日まで",
        needs="1",
    ),
    Rule(
        "day of terror",
        r"(?<!\d)9[・.]11(?=テロ|事件|同時)",
        "きゅー、いちいち",
        "9・11テロ",
        "きゅー、いちいちテロ",
        needs="9",
    ),
    Rule(
        "hundredths of a second",
        r"(?<=\d秒)(\d{2,3})(?!\d|[秒分%])",
        lambda match: by_digit(match[1]),
        "9秒98",
        "9秒\uf8ff98",
        needs="秒",
    ),
    Rule("short year", r"['’](?=\d\d年)", "", "'90年代", "90年代", needs="年"),
)
