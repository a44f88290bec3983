"""Which characters can be read, which are skipped and which stop the reading; scripts and languages of a text."""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import lru_cache

from xespeech.errors import TextError
from xespeech.text.tables import read_pairs

logger = logging.getLogger("xespeech.text")

HAN = "々〆〇㐀-䶿一-鿿\ufa0e-\ufa29\U00020000-\U000323af"
KANA = "ぁ-ゖゝゞァ-ヺー-ヾ"
LATIN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"

_HAN = re.compile(f"[{HAN}]")
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_ENGLISH = re.compile(
    r"\b(?:the|an?|is|are|was|of|and|to|in|on|at|for|with|it|this|that|means|i|you|we|he|she)\b", re.I
)
_LATIN_WORD = re.compile(f"[{LATIN}]{{2,}}")
_GREEK = re.compile(r"[Ͱ-Ͽἀ-῿]+")
# μm and 5 kΩ are units and no letters.
_GREEK_LETTER = re.compile(r"[Ͱ-Ͽἀ-῿](?<![μΩ])|μ(?!(?:[mgslLAFHVWM]|Sv|Pa|mol)(?![A-Za-z]))|(?<![\dkMGm])(?<!\d )Ω")
# Not what says something beside other characters only: < and >, and the marks of kana and Han characters that repeat,
# lengthen or count (々 ー ヶ).
_SPEAKABLE = re.compile(rf"[0-9{LATIN}ぁ-ゔァ-ヴ{HAN}Ά-ώϐ-ϖϰ-ϵ%&@+=×÷±°€£¥$√∞≈≠≤≥²³](?<![々〆])")

_MARKS_A_READER_SKIPS = frozenset("©®™℠¨¯´¸˘˙˚˛˝`")
_SYMBOLS_WITH_NAMES = frozenset("+<=>±∓×÷−√∛∞≈≒≠≤≦≥≧⩽⩾∼~|°%&@#^→⇒∴∵∑∫〒○◯")
_SAME_SIGN = {"⁄": "/", "∕": "/", "№": "No. ", "∶": ":", "∗": "*", "✕": "×", "✖": "×", "➕": "+", "➖": "−", "➗": "÷"}
_SAME_SIGN |= {"ヷ": "ヴァ", "ヸ": "ヴィ", "ヹ": "ヴェ", "ヺ": "ヴォ", "؟": "?", "،": ",", "؛": ";", "।": ".", "۔": "."}
"""Signs that are written in several ways, as the rules know them."""
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
# One power of several characters: 10⁻¹² → 10^-12; ² and ³ alone stay, for they are part of units.
_POWER = re.compile("[⁺⁻]?[⁰¹²³⁴-⁹]{2,}|[⁺⁻][⁰¹²³⁴-⁹]|[⁰¹⁴-⁹ⁿ]")

_UNREADABLE = "\ue000"
_DROPPED = "\ue001"


class _Cleaner(dict[int, str]):
    """Table for `str.translate`: what to write for each character, worked out on first sight."""

    def __missing__(self, code: int) -> str:
        self[code] = written = _cleaned(chr(code))
        return written


def _cleaned(char: str) -> str:
    category = unicodedata.category(char)
    if char in "\n\x0b\x0c\r\x85\u2028\u2029":
        return "\n"
    if char == "\t" or category == "Zs":
        return " "
    if category in ("Cc", "Cf") or char in _MARKS_A_READER_SKIPS:
        return ""
    if category in ("Co", "Cs", "Cn"):
        return _DROPPED
    plain = unicodedata.normalize("NFKC", char)
    if char.isascii() or char in "²³" or char in _SYMBOLS_WITH_NAMES or (category == "Sc" and plain == char):
        return char
    if char in _SAME_SIGN:
        return _SAME_SIGN[char]
    if category == "Nd":
        return str(unicodedata.decimal(char))
    name = unicodedata.name(char, "")
    if category == "No" and "CIRCLED" in name:
        return f" {unicodedata.numeric(char):.0f} "
    if category == "No" and (name.startswith("VULGAR FRACTION") or "PARENTHESIZED" in name):
        return f" {plain.replace('⁄', '/').strip('()')} "
    if plain != char and not unicodedata.combining(char):
        return "".join(map(_cleaned, plain))
    if category in ("Mn", "Me", "Mc"):
        if (unicodedata.combining(char) and ord(char) < 0x370) or char in "\u3099\u309a":
            return char
        return "" if "VARIATION SELECTOR" in name or 0x20D0 <= ord(char) <= 0x20FF else _UNREADABLE
    if category.startswith("L"):
        if name.startswith("KATAKANA LETTER SMALL") and not re.match(f"[{KANA}]", char):
            return unicodedata.lookup(name.replace("SMALL ", ""))
        readable = re.match(f"[{HAN}{KANA}]", char) or _GREEK.match(char) or latin_base(char)
        return char if readable else _UNREADABLE
    if category.startswith("P") or char == "〇":
        return char
    if category.startswith("N"):
        return char if re.match(f"[{HAN}]", char) else _DROPPED
    is_picture = ord(char) >= 0x1F000 or 0x2600 <= ord(char) <= 0x27BF or 0x2B00 <= ord(char) <= 0x2BFF
    return _DROPPED if is_picture or category in ("Sm", "Sk") else " "


_CLEANER = _Cleaner()


@lru_cache(maxsize=4096)
def latin_base(char: str) -> str:
    """The plain letters of a Latin letter (``é`` → ``e``, ``ß`` → ``ss``); empty when it has none."""
    bases = read_pairs(__package__, "latin_letters.tsv")
    if char in bases:
        return bases[char]
    base = unicodedata.normalize("NFKD", char)[:1]
    return base if base.isascii() and base.isalpha() else ""


def check_readable(text: str, offset: int = 0) -> None:
    """Refuse a text that holds a letter of a script no front end reads.

    Args:
        text: all of a text, or a part of one.
        offset: characters before the part.

    Raises:
        TextError: names the first such character and its position, counted from 1.
    """
    if _UNREADABLE in text.translate(_CLEANER):
        for index, char in enumerate(text):
            if _UNREADABLE in _CLEANER[ord(char)]:
                raise unreadable(char, offset + index)
    for word in _GREEK.finditer(text):
        if len(word[0]) > 1:
            raise unreadable(word[0][0], offset + word.start())


def unreadable(char: str, index: int) -> TextError:
    """The error for a character that no front end can read, at an index of the text."""
    name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
    return TextError(
        f"character {index + 1} of the text, {char!r} ({name}), cannot be read: "
        "remove it or write it in English, Mandarin or Japanese."
    )


def clean(text: str) -> str:
    """The text with one spelling for every character: full width, half width, ligatures, foreign digits made plain.

    Control characters vanish; newlines stay, as sentence ends. Emoji, unknown symbols, private and unassigned
    characters are dropped with a warning in the log.

    Raises:
        TextError: a letter belongs to a script that no front end reads.
    """
    check_readable(text)
    cleaned = _POWER.sub(lambda power: "^" + power[0].translate(_POWERS), text).translate(_CLEANER)
    if _DROPPED in cleaned:
        dropped = dict.fromkeys(char for char in text if _DROPPED in _CLEANER[ord(char)])
        shown = (char if char.isprintable() else f"U+{ord(char):04X}" for char in dropped)
        logger.warning("dropped characters that have no sound: %s", " ".join(shown))
        cleaned = cleaned.replace(_DROPPED, " ")
    cleaned = unicodedata.normalize("NFC", cleaned)
    cleaned = "".join(char for char in cleaned if not unicodedata.combining(char))
    return _GREEK_LETTER.sub(lambda letter: f" {_greek_name(letter[0])} ", cleaned)


def is_speakable(text: str) -> bool:
    """Whether a text holds any letter, digit or symbol that has a sound."""
    return bool(_SPEAKABLE.search(text.translate(_CLEANER)))


def detect_language(sentence: str, context: str = "") -> str:
    """Language of a sentence by its script: ``"en"``, ``"zh"`` or ``"ja"``.

    Kana means Japanese, Han characters without kana Mandarin, anything else English. Two refinements: a sentence with
    more Latin words than Han and kana characters, grammatical ones among them, is English that quotes. A sentence of
    Han characters alone is Japanese where one of them is written so in Japan only (駅, 気), or where the text around it
    (`context`) has kana and all of them are in use in Japan.
    """
    han, kana = len(_HAN.findall(sentence)), len(_KANA.findall(sentence))
    if not han and not kana:
        if "{" in sentence and not _LATIN_WORD.search(re.sub(r"\{[^{}]*\}", "", sentence)):
            return "zh"
        if not re.search(f"[{LATIN}]", sentence) and context:
            return detect_language(context)
        return "en"
    if len(_LATIN_WORD.findall(sentence)) > han + kana and _ENGLISH.search(sentence):
        return "en"
    return han_language(sentence, sentence + context)


def is_english_phrase(text: str) -> bool:
    """Whether Latin words are English that has its own grammar, and no names in another language: I have 3 cats."""
    return len(_LATIN_WORD.findall(text)) > 2 and bool(_ENGLISH.search(text))


# What Han characters alone say of Japan: its addresses and eras.
_OF_JAPAN = re.compile(
    "〒|丁目|番地|(?:令和|平成|昭和|大正)(?:元|[0-9一二三四五六七八九十]+)年|東京都|大阪府|京都府|北海道|[一-鿿]{2,3}県[一-鿿]+[市郡町村]"
)


def han_language(han: str, context: str) -> str:
    """Whether Han characters are Japanese (all known in Japan, kana around them or Japanese forms) or Mandarin."""
    han = "".join(_HAN.findall(han))
    is_japanese = _can_encode(han, "cp932") and (
        _KANA.search(context) or _OF_JAPAN.search(context) or not all(map(_known_in_china, han))
    )
    return "ja" if is_japanese else "zh"


def _known_in_china(char: str) -> bool:
    return _can_encode(char, "gb2312") or _can_encode(char, "big5") or char in "々〆〇"


def _can_encode(text: str, encoding: str) -> bool:
    return text.encode(encoding, "ignore").decode(encoding) == text


def _greek_name(letter: str) -> str:
    name = unicodedata.name(letter).lower()
    match = re.search(r"letter (?:final )?(\w+)", name)
    return {"lamda": "lambda"}.get(match[1], match[1]) if match else ""
