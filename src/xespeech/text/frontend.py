"""Text of any supported language → sounds: clean, cut into sentences, normalise, cut by script, read each run."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

from xespeech.errors import TextError, UnknownNameError
from xespeech.text.characters import clean, detect_language, han_language
from xespeech.text.english import read_english
from xespeech.text.english_normalization import normalize_english, split_web_addresses
from xespeech.text.japanese import normalize_japanese, read_japanese
from xespeech.text.mandarin import normalize_mandarin, read_mandarin
from xespeech.text.phonemes import Phonemes
from xespeech.text.sentences import cut_sentences, nothing_to_speak, script_runs, spell_pauses
from xespeech.text.symbols import LANGUAGES, PUNCTUATION

LONGEST_TEXT = 10_000
"""Characters that `phonemize` takes at once."""

Token = tuple[str, str, str]  # phone, mark, language

_READERS: dict[str, Callable[[str], list[tuple[str, str]]]] = {
    "en": read_english,
    "zh": read_mandarin,
    "ja": read_japanese,
}
_NORMALIZERS: dict[str, Callable[[str], str]] = {
    "en": normalize_english,
    "zh": normalize_mandarin,
    "ja": normalize_japanese,
}
_PAUSE_STRENGTH = (",", ".", "…", "!", "?")
_KANA_OR_NOT = re.compile(r"[ぁ-ゖァ-ヺー]")
_BRACED_PINYIN = re.compile(r"\{\s*[A-Za-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüê:]+[0-5]?(?:\s+[a-zA-Zü:ê]+[0-5]?)*\s*\}")


def phonemize(text: str, language: str | None = None) -> Phonemes:
    """Sounds of a text with their stress, tone or pitch.

    Every run of one script is read by its own language: Latin words in English, kana in Japanese, Han characters in the
    language given. Numbers and symbols belong to the language of their sentence. ``{ni3 hao3}`` is read as pinyin.

    Args:
        text: a sentence or a few, at most `LONGEST_TEXT` characters; `split_sentences` cuts longer texts.
        language: "en", "zh" or "ja"; None finds the language of each sentence by its script (`detect_language`).

    Raises:
        TextError: a character cannot be read, the text is too long, or it has nothing to speak.
        UnknownNameError: there is no such language.
    """
    if language is not None and language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    if len(text) > LONGEST_TEXT:
        raise TextError(
            f"the text has {len(text):,} characters, more than the {LONGEST_TEXT:,} spoken at once: "
            "split it into sentences."
        )
    cleaned = clean(text)
    tokens: list[Token] = []
    for sentence in cut_sentences(cleaned):
        main = language or detect_language(sentence, cleaned)
        spoken = _read_sentence(sentence, main, cleaned)
        if not spoken:
            continue
        if tokens and tokens[-1][0] not in PUNCTUATION:
            tokens.append((".", "", tokens[-1][2]))
        tokens.extend(spoken)
    tokens = _merge_pauses(tokens)
    if not tokens:
        raise nothing_to_speak(text)
    phones, marks, languages = zip(*tokens, strict=True)
    return Phonemes(phones, marks, languages)


def _read_sentence(sentence: str, main: str, context: str) -> list[Token]:
    """Tokens of one sentence whose numbers are read in the language `main`."""
    tokens: list[Token] = []
    for kind, run in script_runs(spell_pauses(_normalize(sentence, main))):
        for language, part in _language_runs(kind, run, main, context):
            tokens.extend((phone, mark, language) for phone, mark in _READERS[language](part))
    return tokens if any(phone not in PUNCTUATION for phone, _, _ in tokens) else []


def _normalize(sentence: str, main: str) -> str:
    pieces = []
    start = 0
    for braced in _BRACED_PINYIN.finditer(sentence):
        pieces += [_normalize_plain(sentence[start : braced.start()], main), braced[0]]
        start = braced.end()
    pieces.append(_normalize_plain(sentence[start:], main))
    return "".join(pieces)


def _normalize_plain(text: str, main: str) -> str:
    text = re.sub("[{}]", " ", text)
    return " ".join(
        piece if is_address else _NORMALIZERS[main](piece) for is_address, piece in split_web_addresses(text)
    )


def _language_runs(kind: str, run: str, main: str, context: str) -> list[tuple[str, str]]:
    """A run of one script by the language that reads it."""
    if kind == "latin":
        return [("en", run)]
    if kind == "pinyin":
        return [("zh", run)]
    if main == "ja":
        return [("ja", run)]
    han = main if main == "zh" else han_language(run, context)
    if han == "ja":
        return [("ja", run)]
    return [
        ("ja" if is_kana else "zh", "".join(chars))
        for is_kana, chars in groupby(run, key=lambda char: bool(_KANA_OR_NOT.match(char)))
    ]


def _merge_pauses(tokens: list[Token]) -> list[Token]:
    """Of pauses in a row the strongest stays; none stands at the beginning."""
    merged: list[Token] = []
    for token in tokens:
        if token[0] in PUNCTUATION:
            if not merged:
                continue
            if merged[-1][0] in PUNCTUATION:
                if _PAUSE_STRENGTH.index(token[0]) > _PAUSE_STRENGTH.index(merged[-1][0]):
                    merged[-1] = token
                continue
        merged.append(token)
    return merged
