"""Text of any supported language → sounds: clean, cut into sentences, normalise, cut by script, read each run."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import groupby
from typing import NamedTuple

from xespeech.errors import TextError, UnknownNameError
from xespeech.text.characters import HAN, KANA, LATIN, clean, detect_language, han_language, is_english_phrase
from xespeech.text.ipa import INLINE, parse_ipa
from xespeech.text.phonemes import Phonemes, Reading, Word
from xespeech.text.sentences import (
    INLINE_SOUNDS,
    PAUSES,
    cut_sentences,
    join_lines,
    nothing_to_speak,
    script_runs,
    spell_pauses,
)
from xespeech.text.symbols import LANGUAGES, PUNCTUATION

LONGEST_TEXT = 10_000
"""Characters that `phonemize` takes at once."""


class _Token(NamedTuple):
    """A phone and which word it belongs to, counted through the text; a pause belongs to none (-1)."""

    phone: str
    mark: str
    language: str
    word: int


_FIRST_INLINE = 0xF000  # see INLINE_SOUNDS
_KANA_OR_NOT = re.compile(r"[ぁ-ゖァ-ヺー]")
_BRACED_PINYIN = re.compile(r"\{\s*[A-Za-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüê:]+[0-5]?(?:\s+[a-zA-Zü:ê]+[0-5]?)*\s*\}")
_KANA = re.compile(f"[{KANA}]")
# Han characters and kana with the numbers and signs that touch them, and Latin words with the numbers among them.
_IN_HAN_OR_KANA = re.compile(
    rf"(?<![\w.$€£%-])(?:[\d.,:/~%°+-]*[{HAN}{KANA}](?:[{HAN}{KANA}、。・％]|[\d.,:/~%°+-]*(?:[%°]|\d(?:[A-Za-z]{{1,4}}(?![A-Za-z]))?))*)+"
)
_IN_ENGLISH = re.compile(rf"[{LATIN}][{LATIN}'’]*(?:[ ,;:]+(?:[{LATIN}'’-]+|[$€£]?\d[\d.,:/%-]*[{LATIN}]*))+")
_KEPT = re.compile(rf"{_BRACED_PINYIN.pattern}|[{INLINE_SOUNDS}]")  # by the normalisers


class _FrontEnd(NamedTuple):
    """The rules of one language: reading runs of its script, writing out numbers and signs."""

    read: Callable[[str], list[Reading]]
    normalize: Callable[[str], str]


@cache
def _front_end(language: str) -> _FrontEnd:
    """Of a language, imported when its first text comes: the tables of rules take a while to compile."""
    if language == "en":
        from xespeech.text.english import normalize_english, read_english

        return _FrontEnd(read_english, normalize_english)
    if language == "zh":
        from xespeech.text.mandarin import normalize_mandarin, read_mandarin

        return _FrontEnd(read_mandarin, normalize_mandarin)
    from xespeech.text.japanese import normalize_japanese, read_japanese

    return _FrontEnd(read_japanese, normalize_japanese)


def phonemize(text: str, language: str | None = None) -> Phonemes:
    """Sounds of a text with their stress, tone or pitch.

    Every run of one script has one language: Latin words in English, kana in Japanese, Han characters in the
    language given. Numbers and symbols belong to the language of their sentence. ``{ni3 hao3}`` is read as pinyin,
    ``[[həˈloʊ]]`` as IPA.

    Args:
        text: a sentence or a few, at most `LONGEST_TEXT` characters; `split_sentences` cuts longer texts.
        language: "en", "zh" or "ja"; None finds the language of each sentence by its script (`detect_language`).

    Raises:
        TextError: a character cannot be read, the IPA is none, the text is too long, or it has nothing to speak.
        UnknownNameError: there is no such language.
    """
    if language is not None and language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    if len(text) > LONGEST_TEXT:
        raise TextError(
            f"the text has {len(text):,} characters, more than the {LONGEST_TEXT:,} spoken at once: "
            "split it into sentences."
        )
    pieces = INLINE.split(text)
    inline = pieces[1::2]
    cleaned = "".join(chr(_FIRST_INLINE + at // 2) if at % 2 else clean(piece) for at, piece in enumerate(pieces))
    tokens: list[_Token] = []
    words: list[Reading] = []
    for sentence in cut_sentences(cleaned):
        main = language or detect_language(sentence, cleaned)
        spoken = _read_sentence(sentence, main, cleaned, inline, words)
        if spoken and tokens and tokens[-1].phone not in PUNCTUATION:
            tokens.append(_Token(".", "", tokens[-1].language, -1))
        tokens.extend(spoken)
    tokens = _merge_pauses(tokens)
    if not tokens:
        raise nothing_to_speak(text)
    phones, marks, languages, _ = zip(*tokens, strict=True)
    return Phonemes(phones, marks, languages, _word_spans(tokens, words))


def _word_spans(tokens: list[_Token], words: list[Reading]) -> tuple[Word, ...]:
    spans = []
    for number, group in groupby(range(len(tokens)), key=lambda index: tokens[index].word):
        if number >= 0:
            numbers = list(group)
            spans.append(Word(words[number].word, numbers[0], numbers[-1] + 1, words[number].native))
    return tuple(spans)


def _read_sentence(sentence: str, main: str, context: str, inline: list[str], words: list[Reading]) -> list[_Token]:
    """Tokens of one sentence whose numbers are read in the language `main`; its words are appended to `words`.

    Args:
        inline: IPA that the private characters of the sentence stand for.
    """
    tokens: list[_Token] = []
    for kind, run in script_runs(spell_pauses(_normalize(join_lines(sentence), main, context))):
        for language, part in _language_runs(kind, run, main, context):
            for reading in _read_inline(part, inline, main) if kind == "sounds" else _read_run(part, language, main):
                number = len(words) if reading.word else -1
                if reading.word:
                    words.append(reading)
                tokens.extend(_Token(phone, mark, language, number) for phone, mark in reading.sounds)
    return tokens if any(token.phone not in PUNCTUATION for token in tokens) else []


def _read_run(run: str, language: str, main: str) -> list[Reading]:
    if language == "en" and main == "zh":
        from xespeech.text.english import read_latin_in_mandarin

        return read_latin_in_mandarin(run)
    return _front_end(language).read(run)


def _read_inline(run: str, inline: list[str], main: str) -> list[Reading]:
    """Private characters and pauses: each stands for a piece of IPA in the main language."""
    readings: list[Reading] = []
    for char in run.replace(" ", ""):
        if char in PUNCTUATION:
            readings.append(Reading("", [(char, "")]))
        else:
            ipa = inline[ord(char) - _FIRST_INLINE]
            readings.append(Reading(f"[[{ipa}]]", parse_ipa(ipa, main)))
    return readings


def _normalize(sentence: str, main: str, context: str) -> str:
    pieces = []
    start = 0
    for braced in _KEPT.finditer(sentence):
        if not _is_given(braced[0]):
            continue
        pieces += [_normalize_mixed(sentence[start : braced.start()], main, context), braced[0]]
        start = braced.end()
    pieces.append(_normalize_mixed(sentence[start:], main, context))
    return "".join(pieces)


def _normalize_mixed(text: str, main: str, context: str) -> str:
    """Numbers and signs by the language of the words that they stand among: 1月2日 in English, 3 cats in Mandarin."""
    pieces = []
    start = 0
    for other in (_IN_HAN_OR_KANA if main == "en" else _IN_ENGLISH).finditer(text):
        if not re.search(r"\d", other[0]) or (main != "en" and not is_english_phrase(other[0])):
            continue
        language = "en" if main != "en" else "ja" if _KANA.search(other[0]) else han_language(other[0], context)
        pieces += [_normalize_plain(text[start : other.start()], main), _normalize_plain(other[0], language)]
        start = other.end()
    pieces.append(_normalize_plain(text[start:], main))
    return " ".join(filter(None, pieces)) if len(pieces) > 1 else pieces[0]


def _is_given(braced: str) -> bool:
    """Whether braces hold a reading: {name} of a template has no tone and is no pinyin."""
    from xespeech.text.mandarin.pinyin import spelled_syllable

    spelled = braced.strip("{} ")
    if spelled == braced or not spelled.isascii() or any(map(str.isdecimal, spelled)):
        return True
    return all(map(spelled_syllable, spelled.split()))


def _normalize_plain(text: str, main: str) -> str:
    text = re.sub("[{}]", " ", text)
    if main != "en":  # Mandarin and Japanese say web addresses themselves
        return _front_end(main).normalize(text)
    from xespeech.text.english import split_web_addresses

    return " ".join(
        piece if is_address else _front_end(main).normalize(piece) for is_address, piece in split_web_addresses(text)
    )


def _language_runs(kind: str, run: str, main: str, context: str) -> list[tuple[str, str]]:
    """A run of one script by the language that reads it."""
    if kind != "other":
        return [({"latin": "en", "pinyin": "zh"}.get(kind, main), run)]
    if main == "ja" or (main == "en" and han_language(run, context) == "ja"):
        return [("ja", run)]
    return [
        ("ja" if is_kana else "zh", "".join(chars))
        for is_kana, chars in groupby(run, key=lambda char: bool(_KANA_OR_NOT.match(char)))
    ]


def _merge_pauses(tokens: list[_Token]) -> list[_Token]:
    """Of pauses in a row the strongest stays; none stands at the beginning."""
    merged: list[_Token] = []
    for is_pause, row in groupby(tokens, key=lambda token: token.phone in PUNCTUATION):
        if not is_pause:
            merged += row
        elif merged:
            merged.append(max(row, key=lambda token: PAUSES.index(token.phone)))
    return merged
