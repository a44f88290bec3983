"""English as it is written → English as it is said: "Dr. Smith paid $5.50 at 3:30pm." → words only."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_MONTHS = {
    **{"jan": "January", "feb": "February", "mar": "March", "apr": "April", "jun": "June", "jul": "July"},
    **{
        "aug": "August",
        "sep": "September",
        "sept": "September",
        "oct": "October",
        "nov": "November",
        "dec": "December",
    },
}
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = "|".join(_MONTH_NAMES)

_WEEKDAYS = {
    **{"Mon": "Mon", "Tue": "Tues", "Tues": "Tues", "Wed": "Wednes", "Thu": "Thurs", "Thur": "Thurs", "Thurs": "Thurs"},
    **{"Fri": "Fri", "Sat": "Satur", "Sun": "Sun"},
}
# Always the same words, with or without the period.
_TITLES = {
    **{"Mr": "mister", "Mrs": "missus", "Ms": "miz", "Dr": "doctor", "Prof": "professor", "Gen": "general"},
    **{"Capt": "captain", "Lt": "lieutenant", "Sgt": "sergeant", "Rev": "reverend", "Gov": "governor"},
    **{"Sen": "senator", "Jr": "junior", "Sr": "senior"},
}
# Only with the period.
_ABBREVIATIONS = {
    **{"vs": "versus", "etc": "et cetera", "approx": "approximately", "dept": "department", "est": "established"},
    **{"Inc": "incorporated", "Ltd": "limited", "Co": "company", "Corp": "corporation", "Ave": "avenue"},
    **{"Blvd": "boulevard", "Rd": "road", "Mt": "mount", "Ft": "fort", "Col": "colonel", "Hon": "honorable"},
    **{"Rep": "representative", "Pres": "president", "Fig": "figure", "fig": "figure", "vol": "volume"},
    **{"Vol": "volume", "al": "al", "cf": "compare"},
}
_CURRENCIES = {
    **{"$": ("dollar", "dollars", "cents"), "US$": ("dollar", "dollars", "cents"), "€": ("euro", "euros", "cents")},
    **{"£": ("pound", "pounds", "pence"), "¥": ("yen", "yen", ""), "₩": ("won", "won", "")},
    **{"₹": ("rupee", "rupees", "paise"), "₽": ("ruble", "rubles", "kopecks"), "฿": ("baht", "baht", "satang")},
}
_MAGNITUDES = {
    **{"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "t": "trillion"},
    **{"tn": "trillion", "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion"},
}
_UNITS = {
    **{
        "mph": "miles per hour",
        "km/h": "kilometers per hour",
        "kmh": "kilometers per hour",
        "m/s": "meters per second",
    },
    **{"mbps": "megabits per second", "gbps": "gigabits per second", "fps": "frames per second", "rpm": "R P M"},
    **{"tsp": "teaspoons", "tbsp": "tablespoons"},
    **{"lb": "pounds", "lbs": "pounds", "oz": "ounces", "ft": "feet", "kcal": "kilocalories", "kwh": "kilowatt hours"},
    **{"μm": "micrometers", "μs": "microseconds", "μg": "micrograms", "μl": "microliters"},
    **{"ms": "milliseconds", "hz": "hertz", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz"},
    **{"km": "kilometers", "cm": "centimeters", "mm": "millimeters", "kg": "kilograms", "mg": "milligrams"},
    **{
        "ml": "milliliters",
        "kb": "kilobytes",
        "mb": "megabytes",
        "gb": "gigabytes",
        "tb": "terabytes",
        "kw": "kilowatts",
    },
    **{"mw": "megawatts", "hrs": "hours", "hr": "hours", "min": "minutes", "mins": "minutes", "sec": "seconds"},
    **{"secs": "seconds", "db": "decibels", "°c": "degrees Celsius", "°f": "degrees Fahrenheit", "°": "degrees"},
    **{"m²": "square meters", "km²": "square kilometers", "m³": "cubic meters", "cm²": "square centimeters"},
    **{"cm³": "cubic centimeters", "ft²": "square feet", "sq": "square", "nm": "nanometers"},
    **{"%": "percent", "kpa": "kilopascals", "ha": "hectares", "mi": "miles", "yd": "yards", "kv": "kilovolts"},
}
_LETTER_UNITS = {"m": "meter", "g": "gram", "s": "second", "h": "hour", "l": "liter"}
_SINGULAR_UNITS = {"feet": "foot", "hertz": "hertz", "percent": "percent"}
_SYMBOLS = {
    **{
        "&": "and",
        "@": "at",
        "+": "plus",
        "=": "equals",
        "×": "times",
        "÷": "divided by",
        "−": "minus",
        "±": "plus or minus",
    },
    **{"√": "square root of", "∞": "infinity", "≈": "is about", "≠": "is not", "≤": "at most", "≥": "at least"},
    **{"%": "percent", "°": "degrees", "#": "number", "²": "squared", "³": "cubed", "$": "dollars", "€": "euros"},
    **{"£": "pounds", "¥": "yen", "₩": "won", "₹": "rupees", "₽": "rubles", "¢": "cents", "฿": "baht"},
}
_ROMAN = {
    **{"II": 2, "III": 3, "IV": 4, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "XI": 11, "XII": 12, "XIII": 13, "XIV": 14},
    **{"XV": 15, "XVI": 16, "XVII": 17, "XVIII": 18, "XIX": 19, "XX": 20, "XXI": 21, "V": 5, "X": 10, "I": 1},
}
_NUMBERED = (
    "Chapter|Part|Section|Act|Scene|Volume|Book|Article|Title|Phase|Type|World War|Super Bowl|Episode|Figure|Table"
)
_MONARCHS = "Henry|Louis|George|Edward|Charles|Richard|William|James|Elizabeth|Pius|John Paul|Benedict|Napoleon|Philip"
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"

_WEB = re.compile(
    r"(?:https?|ftp)://[^\s一-鿿ぁ-ヺ，。、；！？（）「」]+|(?<![\w.@-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.@-])(?:www\.)?[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*"
    r"\.(?:com|org|net|edu|gov|io|ai|dev|co|uk|jp|cn|de|fr|eu|info|app)(?![A-Za-z0-9])(?:/[A-Za-z0-9_./?=&%#~-]*)?",
    re.ASCII,
)
_WEB_SYMBOLS = {
    "/": "slash",
    ".": "dot",
    "@": "at",
    "-": "dash",
    "_": "underscore",
    "?": "question mark",
    "=": "equals",
}
_WEB_SYMBOLS |= {"&": "and", "%": "percent", "#": "hash", "~": "tilde", "+": "plus", ":": "colon"}


def split_web_addresses(text: str) -> list[tuple[bool, str]]:
    """The text in pieces; the pieces that were web or mail addresses (True) come as English words."""
    pieces = []
    start = 0
    for match in _WEB.finditer(text):
        address = match[0].rstrip(".,;:!?)\"'")
        pieces.append((False, text[start : match.start()]))
        pieces.append((True, say_web_address(address)))
        start = match.start() + len(address)
    pieces.append((False, text[start:]))
    return [piece for piece in pieces if piece[1]]


def say_web_address(address: str) -> str:
    """``https://example.com/a`` → ``example dot com slash a``; the scheme and a final slash are not said."""
    address = re.sub(r"^[a-z]+://", "", address, flags=re.IGNORECASE).rstrip("/")
    parts = re.findall(r"[A-Za-z]+|\d|.", address)
    return " ".join(_DIGITS[int(part)] if part.isdecimal() else _WEB_SYMBOLS.get(part, part) for part in parts)


def normalize_english(text: str) -> str:
    """Abbreviations, numbers, money, dates, times, units and symbols as words; the punctuation stays."""
    text = re.sub("[’‘ʼ`´′]", "'", text)
    text = re.sub('[“”"″«»]', lambda quote: '"' if quote[0] in '"″' else " ", text)
    text = _abbreviations(text)
    if re.search(r"[0-9IVX]", text):
        for pattern, replace in _RULES:
            text = pattern.sub(replace, text)
    text = text.replace('"', " ")
    text = re.sub(r"(?<=\bC)#", " sharp", text)
    text = re.sub(r"([A-Za-z])\+\+", r"\1 plus plus", text)
    text = re.sub(r"μ[msg](?![a-z])", lambda unit: _UNITS[unit[0]], text)
    text = re.sub(r"<|>|\s\*\s|\s/\s", " ", text)
    text = re.sub("[&@+=×÷−±√∞≈≠≤≥%°#²³$€£¥₩₹₽¢฿]", lambda symbol: f" {_SYMBOLS[symbol[0]]} ", text)
    return re.sub(" {2,}", " ", text).strip(" ")


def _abbreviations(text: str) -> str:
    text = re.sub(r"\be\.\s?g\.,?", "for example,", text)
    text = re.sub(r"\bi\.\s?e\.,?", "that is,", text)
    text = re.sub(r"\bPh\.?\s?D\b\.?", "P H D", text)
    text = re.sub(r"(?<=\d)\s?([AaPp])\.?[Mm]\b\.?(?=(\s+[A-Z]|\s*$)?)", _meridiem, text)
    text = re.sub(r"\bSt\.?(?=\s+[A-Z])", "Saint", text)
    text = re.sub(r"\b(?:St|st)\.(?=\W|$)", lambda match: "street" + _final_period(match), text)
    text = re.sub(r"\b(?:No|no|Nos)\.\s?(?=\d)", "number ", text)
    text = re.sub(r"\b(pp?)\.\s?(?=\d)", lambda match: "pages " if match[1] == "pp" else "page ", text)
    text = re.sub(rf"\b({'|'.join(_WEEKDAYS)})\.", lambda match: _WEEKDAYS[match[1]] + "day", text)
    text = re.sub(r"(?<=\d)(\s?(?:tsp|tbsp|oz|lbs?|ft|hrs?|mins?|secs?))\.(?=\s[a-z])", r"\1", text)
    text = re.sub(r"\b([A-HJ-Z])\.(?=\s+[A-Z])", r"\1", text)
    text = re.sub(r"/(?=(?:month|year|week|day|night|hour|minute|second|person|kg|lb)\b)", " per ", text)
    text = re.sub(r"\bw/o\b", "without", text)
    text = re.sub(r"\bw/(?=\s)", "with", text)
    text = re.sub(rf"\b({'|'.join(_TITLES)})\b\.?", lambda match: _TITLES[match[1]], text)
    text = re.sub(
        rf"\b({'|'.join(_ABBREVIATIONS)})\.",
        lambda match: _ABBREVIATIONS[match[1]] + _final_period(match),
        text,
    )
    text = re.sub(rf"\b({'|'.join(_MONTHS)})\.?(?=\s+\d)", lambda match: _MONTHS[match[1].lower()], text, flags=re.I)
    text = re.sub(r"\b((?:[A-Za-z]\.){2,})(?=\W|$)", _initials, text)
    return text


def _meridiem(match: re.Match[str]) -> str:
    return f" {match[1].upper()}M" + ("." if match[0].endswith(".") and match[2] is not None else "")


def _final_period(match: re.Match[str]) -> str:
    """Keep the period of an abbreviation where it also ends the sentence."""
    following = match.string[match.end() :].strip()
    return "." if not following or (following[0].isupper() and match[0][0].islower()) else ""


def _initials(match: re.Match[str]) -> str:
    return match[1].replace(".", " ").upper().strip() + _final_period(match)


def _say_money(match: re.Match[str]) -> str:
    one, many, hundredth = _CURRENCIES[match["currency"]]
    amount = match["amount"].replace(",", "")
    magnitude = _MAGNITUDES.get((match["magnitude"] or "").lower())
    if magnitude:
        return f"{amount} {magnitude} {many} "
    whole, _, cents = amount.partition(".")
    if len(cents) == 2 and hundredth:
        pieces = [f"{int(whole)} {one if int(whole) == 1 else many}"] if int(whole) or not int(cents) else []
        if int(cents):
            pieces.append(
                f"{int(cents)} {hundredth.rstrip('s') if int(cents) == 1 and hundredth == 'cents' else hundredth}"
            )
        return " and ".join(pieces) + " "
    return f"{amount} {one if amount == '1' else many} "


def _say_clock(match: re.Match[str]) -> str:
    hour, minute, second, meridiem = int(match[1]), int(match[2]), match[3], match[4]
    if hour > 24 or minute > 59:
        return f"{hour} to {minute}" if not second else match[0].replace(":", " ")
    words = [_cardinal(hour)]
    if minute:
        words.append(_cardinal(minute) if minute > 9 else f"oh {_DIGITS[minute]}")
    elif not meridiem:
        words.append("o'clock" if 0 < hour <= 12 else "hundred hours")
    if second and int(second):
        words.append(f"and {_cardinal(int(second))} seconds")
    if meridiem:
        words.append(" ".join(meridiem.upper()))
    return " ".join(words)


def _say_digits(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    spoken = ", ".join(" ".join(_DIGITS[int(digit)] for digit in group) for group in groups)
    return ("plus " if match[0].startswith("+") else "") + spoken + " "


def _say_date(year: str, month: str, day: str) -> str | None:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    said_year = "" if not year else f", {_year(int(year))}"
    return f"{_MONTH_NAMES[int(month) - 1]} {_ordinal(int(day))}{said_year}"


def _say_slash_date(match: re.Match[str]) -> str:
    first, second, year = match[1], match[2], match[3]
    year = year if len(year) == 4 else ("20" if int(year) < 50 else "19") + year
    return _say_date(year, first, second) or _say_date(year, second, first) or match[0].replace("/", " ")


def _say_written_date(match: re.Match[str]) -> str:
    if int(match["day"]) > 31:
        return match[0]
    year = f", {_year(int(match['year']))}" if match["year"] else ""
    return f"{match['month']} {_ordinal(int(match['day']))}{year}"


def _say_year_range(match: re.Match[str]) -> str:
    first, last = match[1], match[2]
    last = first[:2] + last if len(last) == 2 else last
    return f"{_year(int(first))} to {_year(int(last))}"


def _say_decade(match: re.Match[str]) -> str:
    number = int(match[1])
    words = _year(number) if number > 99 else _cardinal(number)
    return re.sub("y$", "ies", words) if words.endswith("y") else words + "s"


def _say_fraction(match: re.Match[str]) -> str:
    whole, top, bottom = match[1], int(match[2]), int(match[3])
    if not 1 < bottom <= 100 or top >= bottom or (bottom > 10 and bottom not in (12, 16, 20, 32, 64, 100)):
        return match[0].replace("/", " ")
    name = {2: "half", 4: "quarter"}.get(bottom) or _ordinal(bottom)
    names = name if top == 1 else {"half": "halves"}.get(name, name + "s")
    part = f"{'a' if whole and top == 1 else _cardinal(top)} {names}"
    return f"{_cardinal(int(whole))} and {part}" if whole else part


def _say_unit(match: re.Match[str]) -> str:
    unit = match["unit"]
    name = _UNITS[unit.lower()]
    if match["number"] == "1":
        first, *rest = name.split()
        name = " ".join([_SINGULAR_UNITS.get(first, first.removesuffix("s")), *rest])
    return f"{match['number']} {name}"


def _say_dotted(match: re.Match[str]) -> str:
    return " point ".join(_cardinal(int(part)) for part in match[0].split("."))


def _say_number(match: re.Match[str]) -> str:
    whole, point, decimals = match["number"].replace(",", "").partition(".")
    words = ["minus"] if match["minus"] else []
    if whole:
        words.append(_cardinal(int(whole)))
    if point:
        words += ["point", *(_DIGITS[int(digit)] for digit in decimals)]
    return f" {' '.join(words)} "


def _year(year: int) -> str:
    hundreds, rest = divmod(year, 100)
    if year < 1000 or (hundreds % 10 == 0 and rest < 10):
        return _cardinal(year)
    if rest == 0:
        return f"{_cardinal(hundreds)} hundred"
    return f"{_cardinal(hundreds)} {'oh ' if rest < 10 else ''}{_cardinal(rest)}"


@lru_cache(maxsize=1024)
def _cardinal(number: int) -> str:
    from num2words import num2words

    return str(num2words(number)).replace(" and ", " ").replace(",", "").replace("-", " ")


@lru_cache(maxsize=128)
def _ordinal(number: int) -> str:
    from num2words import num2words

    return str(num2words(number, to="ordinal")).replace(" and ", " ").replace("-", " ")


_UNIT_NAMES = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_RULES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?!\d|,\d)"), lambda match: match[0].replace(",", "")),
    (
        re.compile(
            r"(?:(?<=:\d\d)|(?<=\d [AP]M)|(?<=\d[AaPp][Mm]))\s?[-–]\s?(?=\d{1,2}(?::\d\d)?\s?(?:[AaPp][Mm])?\b)"
        ),
        " to ",
    ),
    (re.compile(r"(?P<currency>[$€£¥])(?P<low>\d+)\s?[-–]\s?(?=\d)(?!\d+-)"), r"\g<low> to \g<currency>"),
    (
        re.compile(
            rf"(?P<currency>US\$|[$€£¥₩₹₽฿])\s?(?P<amount>{_NUMBER})"
            r"(?:\s?(?P<magnitude>[kKmMbBtT]n?|thousand|million|billion|trillion)\b)?"
        ),
        _say_money,
    ),
    (re.compile(rf"(?P<amount>{_NUMBER})\s?(?P<currency>[€£])(?P<magnitude>)"), _say_money),
    (re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b"), lambda match: _say_date(match[1], match[2], match[3]) or match[0]),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b"), _say_slash_date),
    (
        re.compile(
            rf"\b(?P<month>{_MONTH})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s(?P<year>1\d{{3}}|20\d\d)\b)?"
        ),
        _say_written_date,
    ),
    (
        re.compile(
            rf"(?P<the>\b[Tt]he )?\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<month>{_MONTH})\b"
            r"(?:,?\s(?P<year>1\d{3}|20\d\d)\b)?"
        ),
        lambda match: (
            f"{match['the'] or 'the '}{_ordinal(int(match['day']))} of {match['month']}"
            + (f", {_year(int(match['year']))}" if match["year"] else "")
        ),
    ),
    (re.compile(r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s?([ap]m)\b)?", re.IGNORECASE), _say_clock),
    (re.compile(r"\b(\d{1,2})\s?([ap])m\b", re.IGNORECASE), lambda m: f"{_cardinal(int(m[1]))} {m[2].upper()} M"),
    (
        re.compile(
            r"\+\d{1,3}(?:[ -]\(?\d{2,4}\)?){2,4}|\+\d{7,}"
            r"|(?<![\d.])(?:\(\d{3}\)\s?|\d{3}[ -])?\d{3}-\d{4}\b|\b\d{3}-\d{4}-\d{4}\b"
        ),
        _say_digits,
    ),
    (re.compile(r"\b(1[1-9]\d\d|20\d\d)\s?[-–—]\s?(1[1-9]\d\d|20\d\d|\d\d)\b"), _say_year_range),
    (re.compile(r"(?<![\d.])'?(\d?\d?\d0)'?s\b"), _say_decade),
    (re.compile(r"\b(\d)'\s?(\d{1,2})(?:\"|'')"), lambda match: f"{match[1]} foot {match[2]} "),
    (re.compile(r"\b(\d)'(?=\s|$)"), r"\1 feet"),
    (re.compile(r"\b\d+(?:\.\d+){2,}"), _say_dotted),
    (re.compile(r"(?:(?<![\d/.])(\d+)\s)?(?<![\d/.])(\d{1,3})/(\d{1,3})(?![\d/])"), _say_fraction),
    (re.compile(rf"(?P<number>{_NUMBER})\s?(?P<unit>{_UNIT_NAMES})(?![A-Za-z²³/0-9])", re.IGNORECASE), _say_unit),
    (
        re.compile(rf"(?P<number>{_NUMBER})(?:\s(?P<unit>[mgsh])|\s?(?P<liters>[lL]))(?![A-Za-z'²³/0-9])"),
        lambda match: f"{match['number']} {_LETTER_UNITS[match['unit'] or 'l']}{'s' * (match['number'] != '1')}",
    ),
    (re.compile(r"(?<=\d)\s?[-–]\s?(?=[\d$€£])|(?<=\d)\s?[-–~]\s?(?=\d)"), " to "),
    (re.compile(r"(?<=[A-Za-z])-(?=\d)"), " "),
    (re.compile(r"(?<=\d)-(?=[A-Za-z])"), " "),
    (re.compile(r"(?<=\d)\s?[x*×]\s?(?=\d)"), " times "),
    (re.compile(r"(?<=\d)\s-\s(?=\d)"), " minus "),
    (re.compile(r"#\s?(?=\d)"), "number "),
    (re.compile(r"\^\s?(\d+)"), r" to the power of \1 "),
    (re.compile(r"(?<=\d)\s?([kK])\b"), r" K"),
    (re.compile(r"(?<=\d)M\b"), " million"),
    (
        re.compile(rf"\b({_NUMBERED})\s([IVX]+)\b"),
        lambda match: f"{match[1]} {_cardinal(_ROMAN[match[2]])}" if match[2] in _ROMAN else match[0],
    ),
    (
        re.compile(rf"\b({_MONARCHS})\s([IVX]+)\b"),
        lambda match: f"{match[1]} the {_ordinal(_ROMAN[match[2]])}" if match[2] in _ROMAN else match[0],
    ),
    (re.compile(r"\b(II|III|VI{1,3}|XI{1,3})\b"), lambda match: _cardinal(_ROMAN[match[1]])),
    (re.compile(r"\b0\d+\b|\b\d{13,}\b"), lambda match: " ".join(_DIGITS[int(digit)] for digit in match[0])),
    (re.compile(r"(?<![\d,.])(1[1-9]\d\d|20[1-9]\d|200[1-9])\b(?![,.]\d)"), lambda match: _year(int(match[1]))),
    (re.compile(r"\b(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b"), lambda m: _ordinal(int(m[1].replace(",", "")))),
    (re.compile(r"(?:(?<![\w)])(?P<minus>[-−]))?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)"), _say_number),
]
