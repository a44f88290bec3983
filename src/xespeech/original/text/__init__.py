"""Text for the original model and its released checkpoints: text → symbols → ids, as their training lists were made.

A text becomes one string of symbols: for English the phones of espeak-ng, for Mandarin pinyin letters and tones with
" - " between words, for Japanese Open JTalk's phones with spaces. Every character of that string is a symbol.

Nothing here is used by the compact model; its front end is `xespeech.text.phonemize`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from xespeech.errors import TextError, UnknownNameError
from xespeech.original.text.english import english_symbols
from xespeech.original.text.japanese import japanese_symbols
from xespeech.original.text.mandarin import mandarin_symbols
from xespeech.original.text.symbols import LANGUAGES, PADDING_ID, SYMBOL_IDS, SYMBOLS
from xespeech.text.characters import detect_language

__all__ = ["LANGUAGES", "PADDING_ID", "SYMBOLS", "SYMBOL_IDS", "symbols_to_ids", "text_to_symbols"]

_FRONT_ENDS: dict[str, Callable[[str], str]] = {
    "en": english_symbols,
    "zh": mandarin_symbols,
    "ja": japanese_symbols,
}


def text_to_symbols(text: str, language: str | None = None) -> str:
    """The symbols of a text in one language, as the released training lists write them.

    Args:
        text: what to say.
        language: "en", "zh" or "ja"; None finds it by the script of the whole text.

    Raises:
        TextError: there is nothing to speak, a character has no reading in this language, or the extra `original`,
            which English needs, is not installed.
        UnknownNameError: there is no such language.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not any(character.isalnum() for character in text):
        raise TextError(f"there is nothing to speak in {text[:40]!r}: write words.")
    language = language or detect_language(text, text)
    UnknownNameError.check("language", language, LANGUAGES)
    return _FRONT_ENDS[language](text)


def symbols_to_ids(symbols: str, language: str) -> list[int]:
    """Ids that the text encoder takes: one a symbol, in English with padding before, between and behind them.

    Raises:
        TextError: no symbols, or characters that are none.
        UnknownNameError: there is no such language.
    """
    UnknownNameError.check("language", language, LANGUAGES)
    unknown = sorted(set(symbols) - set(SYMBOL_IDS))
    if unknown:
        shown = ", ".join(f"{symbol!r} (U+{ord(symbol):04X})" for symbol in unknown[:5])
        raise TextError(f"the released symbol table does not hold {shown}: write other symbols.")
    if not symbols.strip():
        raise TextError("there are no symbols to speak: write some.")
    ids = [SYMBOL_IDS[symbol] for symbol in symbols]
    if language != "en":
        return ids
    spaced = [PADDING_ID] * (2 * len(ids) + 1)
    spaced[1::2] = ids
    return spaced
