"""Identifiers, read character by character: web addresses, files, phone and other numbers; places and versions."""

from __future__ import annotations

import re

from xespeech.text.japanese.patterns import COUNTERS, by_digit, plain, wide
from xespeech.text.rules import Rule, words_of
from xespeech.text.tables import read_pairs

_ENDINGS = words_of(__package__, "file")
_TOP = words_of(__package__, "domain")
_WEB = re.compile(
    rf"(?:https?://|ftp://)[!-~]*[\w/]|(?<![\w.@])[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    rf"|(?<![\w.@-])(?:[A-Za-z0-9-]+\.)+(?:{_TOP})(?![A-Za-z0-9])(?:/[!-~]*[\w/])?",
    re.ASCII,
)
_FILE = re.compile(rf"(?<![A-Za-z0-9])(?P<name>[A-Za-z0-9_.-]*)\.(?P<ending>{_ENDINGS})(?![A-Za-z0-9])", re.I)
_WEB_SIGNS = read_pairs(__package__, "web_signs.tsv")

_LABELS = words_of(__package__, "numbered")
_CALLS = re.compile("電話|携帯|番号|連絡|ダイヤル|かけ|TEL|FAX|SMS", re.IGNORECASE)
_LABELLED = re.compile(
    rf"(?P<label>{_LABELS})(?P<between>\s?(?:は|が|:|：|\.|の下[一二三四五六七八九十]桁は?)?\s?)"
    rf"(?P<digits>\d[\d -]+\d)(?!\d|\.\d|[:/年月]|\s?(?:{COUNTERS}|[A-Za-z%]))"
)


def _say_web(match: re.Match[str]) -> str:
    address = re.sub(r"^[a-z]+://(?:www\.)?", "", match[0], flags=re.I).rstrip("/")
    return f" {_spell(address)} "


def _spell(written: str) -> str:
    """Letters full width, signs by name."""
    parts = re.findall(r"[A-Za-z]+|\d+|.", written)
    return "".join(wide(part) if part.isalpha() else _WEB_SIGNS.get(part, part) for part in parts)


def _say_file(match: re.Match[str]) -> str:
    return f"{_spell(match['name'])}ドット{wide(match['ending'])}"


def _say_labelled(match: re.Match[str]) -> str:
    digits = match["digits"]
    if len(re.sub(r"\D", "", digits)) < 3:
        return match[0]
    return match["label"] + match["between"] + by_digit(digits)


def _say_code(match: re.Match[str]) -> str:
    return match["label"] + match["between"] + wide(match["letters"]) + by_digit(match["digits"])


def _say_foreign_phone(match: re.Match[str]) -> str:
    """Digits without a gap (+819012345678) are a number to call only where one is spoken of, or alone."""
    is_alone = match[0] == match.string.strip(" 。、.")
    if match[1].isdecimal() and not is_alone and not _CALLS.search(match.string):
        return match[0]
    return "プラス" + by_digit(match[1])


def _say_phone(match: re.Match[str]) -> str:
    return by_digit(match[0]) if len(re.sub(r"\D", "", match[0])) in (10, 11) else match[0]


def _say_version(match: re.Match[str]) -> str:
    return f"バージョン{'点'.join(match['number'].split('.'))}"


def _say_place(match: re.Match[str]) -> str:
    """1-2-3: the numbers of a house and its blocks; a room (the fourth, or three digits) is read as a number too."""
    return "の".join(plain(number) for number in match[0].split("-"))


RULES = (
    Rule("web address", _WEB, _say_web, "example.co.jpで", " ｅｘａｍｐｌｅドットｃｏドットｊｐ で", needs=".:@"),
    Rule("file name", _FILE, _say_file, "写真.jpg", "写真ドットｊｐｇ", needs="."),
    Rule(
        "handle", r"(?<![\w.])@(?=[A-Za-z_])", "アット", "@NHKを見る", "アットＮＨＫを見る", flags=re.ASCII, needs="@"
    ),
    Rule(
        "postal code",
        r"(?:〒\s?)(\d{3})-?(\d{4})(?!\d)",
        lambda match: f"郵便番号{by_digit(match[1])}の{by_digit(match[2])}、",
        "〒100-0001",
        "郵便番号\uf8ff100の\uf8ff0001、",
        needs="〒",
    ),
    Rule(
        "phone, with the country",
        r"\+(\d{1,3}(?:[- ]?\(\d{1,4}\)|[- ]\d{1,4}){1,4}|\d{10,14})(?!\d)",
        _say_foreign_phone,
        "+81-3-1234-5678",
        "プラス\uf8ff81、\uf8ff3、\uf8ff1234、\uf8ff5678",
        needs="+",
    ),
    Rule(
        "phone",
        r"(?<![\d.])(?:\(0\d{1,4}\)\s?|0\d{1,4}(?:-|\(| ))\d{1,4}(?:-|\)| )?\d{3,4}(?![\d.])"
        r"|(?<![\d.])0\d{9,10}(?!\d)",
        _say_phone,
        "0120-123-456",
        "\uf8ff0120、\uf8ff123、\uf8ff456",
        needs="(0",
    ),
    Rule(
        "postal code without its sign",
        r"(?<![\d-])(\d{3})-(\d{4})(?![\d-])",
        lambda match: f"{by_digit(match[1])}の{by_digit(match[2])}",
        "郵便番号は530-0001",
        "郵便番号は\uf8ff530の\uf8ff0001",
    ),
    Rule(
        "card number",
        r"(?<![\d-])\d{4}(?:[- ]\d{4}){2,3}(?![\d-])|(?<![\d-])\d{4}[- ]\d{6}[- ]\d{5}(?![\d-])",
        lambda match: by_digit(match[0]),
        "1234-5678-9012-3456",
        "\uf8ff1234、\uf8ff5678、\uf8ff9012、\uf8ff3456",
    ),
    Rule(
        "number with a label",
        _LABELLED,
        _say_labelled,
        "コードは482913です",
        "コードは\uf8ff482913です",
    ),
    Rule(
        "letters and digits with a label",
        rf"(?P<label>{_LABELS})(?P<between>\s?(?:は|が|:)?\s?)(?P<letters>[A-Za-z]{{1,6}})-?(?P<digits>\d{{2,}}(?:-\d{{2,}})*)(?![\d.])",
        _say_code,
        "パスワードはabc12345",
        "パスワードはａｂｃ\uf8ff12345",
    ),
    Rule(
        "number with hyphens and a zero before a group",
        r"(?<![\d./-])(?=[\d-]*-0\d\d)\d+(?:-\d+)+(?![\d./-])",
        lambda match: by_digit(match[0]),
        "2024-001",
        "\uf8ff2024、\uf8ff001",
        needs="0",
    ),
    Rule(
        "aeroplane",
        r"(?P<maker>ボーイング|エアバス)(?P<letter>A?)(?P<model>\d{3})-(?P<variant>\d{3})",
        lambda match: f"{match['maker']}{wide(match['letter'])}{by_digit(match['model'])}の{match['variant']}",
        "ボーイング737-800",
        "ボーイング\uf8ff737の800",
        needs="エボ",
    ),
    Rule(
        "hash before a number to be called",
        r"#(?=\d{3,5}(?:に電話|へ電話|に(?:かけ|連絡|相談)|番))",
        "シャープ",
        "#8000に電話",
        "シャープ8000に電話",
        needs="#",
    ),
    Rule(
        "number behind a hash that is called",
        r"(?P<label>ダイヤル|電話|相談|通報)(?P<between>は|:)?\s?#(?P<digits>\d{3,5})(?!\d)",
        lambda match: f"{match['label']}{match['between'] or ''}シャープ{by_digit(match['digits'])}",
        "ダイヤル#7119",
        "ダイヤルシャープ\uf8ff7119",
        needs="#",
    ),
    Rule(
        "until when a card is valid",
        r"(?P<before>有効期限(?:は|が|:)?\s?)(?P<first>\d\d)/(?P<second>\d\d)(?![\d/])",
        lambda match: (
            match["before"]
            + (
                f"{plain(match['first'])}年{plain(match['second'])}月"
                if match["first"] > "12"
                else f"{plain(match['first'])}月{plain(match['second'])}年"
            )
        ),
        "有効期限25/12",
        "有効期限25年12月",
        needs="有",
    ),
    Rule(
        "four numbers with dots",
        r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
        lambda match: by_digit(match[0], "点"),
        "192.168.0.1",
        "\uf8ff192点\uf8ff168点\uf8ff0点\uf8ff1",
    ),
    Rule(
        "version",
        r"(?<![A-Za-z])(?:ver(?:sion)?\.?\s?|v\.?|バージョン\s?)(?P<number>\d+(?:\.\d+)*)(?![\d.])",
        _say_version,
        "ver1.2.3",
        "バージョン1点2点3",
        flags=re.I,
    ),
)

PLACES = (
    Rule(
        "house number",
        r"(?<![\d./-])\d{1,4}-\d{1,3}-\d{1,4}(?:-\d{1,4})?(?![\d/-]|\.\d)",
        _say_place,
        "神南1-2-3",
        "神南1の2の3",
    ),
    Rule(
        "house number of two parts",
        rf"(?<=丁目)\d{{1,4}}-\d{{1,4}}(?![\d/-])"
        rf"|(?<=[一-龥ヶケ々])(?<![第約各計全前後午])\d{{1,4}}-\d{{1,4}}(?![\d./-]|\s?(?:{COUNTERS}|[A-Za-z%一-龥ァ-ヺ]))",
        _say_place,
        "千代田1-1",
        "千代田1の1",
        needs="0123456789丁",
    ),
)
