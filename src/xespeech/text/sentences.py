"""Cutting text: long text into sentences, a sentence into pauses and runs of one script."""

from __future__ import annotations

import re

from xespeech.errors import TextError
from xespeech.text.characters import HAN, KANA, LATIN, check_readable, is_speakable
from xespeech.text.english.abbreviations import ends_sentence, is_marked_name

LONGEST_SENTENCE = 300
"""Characters; a longer sentence is cut at a comma, a space or, failing both, anywhere."""

_CLOSING = "\"'”’»)\\]」』）】》〉"
_SENTENCE_END = re.compile(
    rf"(?P<latin>[.?!…]+)[{_CLOSING}]*|(?:[。？！｡]|．(?![\dA-Za-zＡ-Ｚａ-ｚ]))+[{_CLOSING}。？！]*|\n"
)
# p. 12 and c. 1500 are no letters of a list.
_LIST_NUMBER = re.compile(
    rf"\s*(?!p[.．]\s*\d|[bcdr][.．]\s*\d{{3,4}}\b)"
    rf"(\d{{1,3}}|[a-z]|[ivx]{{1,4}})[.．](?:\s+(?=\S)|(?=[{HAN}{KANA}]))"
)
_FACTORIAL = re.compile(r"(?<![^\s(=+*/×])(?:\d+|[nkmr])!\s?[-=+×÷*/<>≈]$")
_JAPANESE_QUOTE = re.compile(
    r"[」』](?:と(?!ころで|にかく|ても|りあえず)|って|など|の|を|は(?!い)|が|に|へ(?![えぇー]))"
)
_WRAPPED_LINE = 60
INLINE_SOUNDS = "\uf000-\uf7ff"
"""Private characters that stand for `[[IPA]]` while a sentence is normalised; a text itself holds none."""
BY_DIGIT = "\uf8ff"
"""Private character before a number that is to be read digit by digit in Japanese."""
PAUSES = ",.…!?"
"""Symbols of pauses, the weakest first."""
WIDE_LATIN = "Ａ-Ｚａ-ｚ＆"
"""Characters that the Japanese front end reads; `clean` leaves none of them in a text."""


def split_sentences(text: str) -> list[str]:
    """Sentences of a text of any length, in order, each of `LONGEST_SENTENCE` characters at most and speakable.

    A line break ends a sentence unless the line is hard-wrapped prose. Abbreviations, initials and decimals do not.

    Raises:
        TextError: a character cannot be read (its position in the whole text is named), or there is nothing to speak.
    """
    check_readable(text)
    sentences = [sentence for sentence in cut_sentences(text) if is_speakable(sentence)]
    if not sentences:
        raise nothing_to_speak(text)
    return sentences


def nothing_to_speak(text: str) -> TextError:
    """The error for a text that is empty or holds no speakable symbol."""
    if not text.strip():
        return TextError("the text is empty: write at least one word to speak.")
    return TextError(f"the text {_shown(text)!r} has nothing that can be spoken: write at least one word.")


def nothing_but_markup(text: str) -> TextError:
    """The error for a text of code, addresses and the like alone, which are left out."""
    return TextError(
        f"the text {_shown(text)!r} is all code or addresses, which are left out: choose the markup plain to hear it."
    )


def _shown(text: str) -> str:
    shown = text.strip()
    return shown if len(shown) <= 20 else shown[:20] + "…"


def cut_sentences(text: str) -> list[str]:
    """The text cut behind each sentence end and wherever a sentence grows too long; only blanks are lost."""
    sentences = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end[0] == "\n":
            ends = _line_ends_sentence(text, start, end.start())
        elif end["latin"] and end.end() < len(text) and not text[end.end()].isspace():
            ends = _needs_no_blank(end["latin"], text, end)
        elif _goes_on(text, start, end):
            ends = False
        else:
            ends = end["latin"] != "." or ends_sentence(text[start : end.start() + 1], text[end.end() : end.end() + 40])
        if ends:
            sentences.append(text[start : end.end()])
            start = end.end()
    sentences.append(text[start:])
    return [piece for sentence in sentences if sentence.strip() for piece in _shorten(sentence.strip())]


def _needs_no_blank(mark: str, text: str, end: re.Match[str]) -> bool:
    """Whether a mark that no blank follows stands in Chinese or Japanese, which write none: 好!我来了, 然后……"""
    return mark[0] in "?!…" and not text[end.end()].isascii()


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether a mark stands inside a sentence: 1. Open it, "Really?" he said, Wait... what, 「行く？」と聞く。"""
    if _LIST_NUMBER.match(text[start : end.end() + 2]) and text[start : end.end()].strip()[:-1].isalnum():
        return True
    if end["latin"] is None:
        return bool(_JAPANESE_QUOTE.match(text, end.end() - 1))
    if end["latin"][0] in "!?" and (is_marked_name(text, end.end()) or _FACTORIAL.search(text[: end.end() + 2])):
        return True
    is_quoted = len(end["latin"]) < len(end[0])
    following = text[end.end() : end.end() + 2].lstrip()
    return (is_quoted or end["latin"][0] == "…" or "..." in end["latin"]) and following[:1].islower()


def join_lines(sentence: str) -> str:
    """A sentence whose number in a list and whose line breaks are pauses; lines of wrapped prose have none between."""
    sentence = _LIST_NUMBER.sub(r"\1, ", sentence, count=1) if _LIST_NUMBER.match(sentence) else sentence
    if "\n" not in sentence:
        return sentence
    *lines, last = sentence.split("\n")
    return (
        "".join(line + (" " if len(line) >= _WRAPPED_LINE or not line[-1:].isalnum() else ", ") for line in lines)
        + last
    )


def _line_ends_sentence(text: str, start: int, newline: int) -> bool:
    line_start = max(text.rfind("\n", start, newline) + 1, start)
    following = text[newline + 1 : newline + 40].lstrip(" ")
    if not following or following.startswith("\n"):
        return True
    is_wrapped = newline - line_start >= _WRAPPED_LINE and text[newline - 1 : newline].isascii()
    return not (is_wrapped or following[0].islower())


# Where a sentence that is too long is cut, the best first.
_CUTS = (
    r"[,;:，；：、—](?!\d)",
    r"\s(?=(?:and|but|or|because|which|that|who|when|while|where|if|so)\s)",
    r"\s",
    r"[ぁ-ん](?=[一-鿿ァ-ヺ])",
    r"[了着过的吧呢吗]",
)


def _shorten(sentence: str) -> list[str]:
    pieces = []
    while len(sentence) > LONGEST_SENTENCE:
        window = sentence[:LONGEST_SENTENCE]
        cut = 0
        for pattern in _CUTS:
            cut = max((match.end() for match in re.finditer(pattern, window)), default=0)
            if cut > LONGEST_SENTENCE // 4:
                break
        cut = cut or LONGEST_SENTENCE
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*pieces, sentence]


# A written pause → the symbol of that pause. Brackets and dashes are short pauses like a comma; quotes are none.
_PAUSE = re.compile(r"\.{2,}|…+|[?!]+|--+|[—–―]+|\s-+\s|[,.;:()\[\]，。、；：？！（）【】《》〔〕｡・]|\n")
_SPELLED_PAUSES = {"。": ".", "｡": ".", ".": ".", "？": "?", "！": "!", "\n": ".", "・": " "}
_SILENT = re.compile(rf"[^{LATIN}{HAN}{KANA}{INLINE_SOUNDS}{BY_DIGIT}{WIDE_LATIN}' ,.…?!\-{{}}0-9]")
_PAUSE_GROUP = re.compile(r"\s*[,.…?!][,.…?!\s]*")
_RUN = re.compile(
    rf"(?P<pinyin>\{{[^{{}}]*\}}[ ,.…?!]*)+|(?P<latin>[{LATIN}'][{LATIN}' ,.…?!\-]*)"
    rf"|(?P<sounds>[{INLINE_SOUNDS}][ ,.…?!]*)|(?P<other>[^{LATIN}{INLINE_SOUNDS}'{{}}]+)"
)


def spell_pauses(text: str) -> str:
    """Normalised text with each pause as one of ``, . … ? !`` and without symbols that have no sound."""
    text = _PAUSE.sub(lambda pause: _spell_pause(pause[0]), text)
    text = _SILENT.sub(" ", text)
    text = _PAUSE_GROUP.sub(lambda group: max(group[0].replace(" ", ""), key=PAUSES.index) + " ", text)
    return text.lstrip(" ,.…?!'-").rstrip()


def _spell_pause(pause: str) -> str:
    if pause[0] in "…" or pause.startswith(".."):
        return "…"
    if pause[0] in "?!":
        return max(pause, key=PAUSES.index)
    return _SPELLED_PAUSES.get(pause, ",")


def script_runs(text: str) -> list[tuple[str, str]]:
    """Runs of one script with the pauses that follow them, as ``(kind, run)``.

    The kind is latin, pinyin, sounds or other: kana and Han characters.
    """
    return [(run.lastgroup or "", run[0]) for run in _RUN.finditer(text)]
