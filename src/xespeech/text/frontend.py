"""Text of any supported language → sounds."""

from __future__ import annotations

import re

from xespeech.errors import TextError, UnknownNameError
from xespeech.text.english import read_english
from xespeech.text.japanese import read_japanese
from xespeech.text.mandarin import read_mandarin
from xespeech.text.phonemes import Phonemes
from xespeech.text.symbols import LANGUAGES, PHONE_IDS

_PAUSE = re.compile(r"(\.{2,}|…+|[,.?!;:，。？！；：、])")
_PAUSE_SYMBOLS = {"，": ",", "。": ".", "？": "?", "！": "!", "；": ",", "：": ",", "、": ",", ";": ",", ":": ","}
_RUN = re.compile(r"\{[^{}]*\}|[A-Za-zÀ-ɏ']+(?:[ -]+[A-Za-zÀ-ɏ']+)*|[^A-Za-zÀ-ɏ{]+")
_READERS = {"en": read_english, "zh": read_mandarin, "ja": read_japanese}


def phonemize(text: str, language: str | None = None) -> Phonemes:
    """Sounds of a text."""
    if language is not None and language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    main = language or _detect(text)
    text = _normalize(text, main)
    tokens: list[tuple[str, str, str]] = []
    for part in _PAUSE.split(text):
        if _PAUSE.fullmatch(part):
            pause = "…" if part[0] in "…" or len(part) > 1 else _PAUSE_SYMBOLS.get(part, part)
            tokens.append((pause, "", main))
            continue
        for run in _RUN.findall(part):
            run_language = "zh" if run[0] == "{" else "en" if re.match(r"[A-Za-zÀ-ɏ']", run) else main
            if run_language == "en" and not re.search("[A-Za-z]", run):
                continue
            tokens.extend((phone, mark, run_language) for phone, mark in _READERS[run_language](run))
    tokens = [token for token in tokens if token[0] in PHONE_IDS]
    phonemes = Phonemes(*(tuple(column) for column in zip(*tokens, strict=True))) if tokens else Phonemes((), (), ())
    if not phonemes.has_speech():
        raise TextError("the text has nothing to speak: write at least one word.")
    return phonemes


def split_sentences(text: str) -> list[str]:
    """Sentences of a long text."""
    return [part.strip() for part in re.findall(r"[^.?!。？！\n]+[.?!。？！]*", text) if part.strip()]


def _detect(text: str) -> str:
    if re.search(r"[ぁ-ヺ]", text):
        return "ja"
    return "zh" if re.search(r"[一-鿿]|\{", text) else "en"


def _normalize(text: str, language: str) -> str:
    if not re.search(r"[0-9$%@&+=/]", text) or "{" in text:
        return text
    from wetext import Normalizer

    return Normalizer(lang=language, operator="tn").normalize(text)
