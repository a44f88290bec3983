"""English text as the phones of espeak-ng, American, with stress and punctuation: VITS' "english_cleaners2"."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

from xespeech.errors import TextError
from xespeech.original.text.symbols import SYMBOL_IDS
from xespeech.text.english.normalization import normalize_english
from xespeech.text.tables import read_pairs

_ABBREVIATIONS = read_pairs(__package__, "abbreviations.tsv")
_ABBREVIATION = re.compile(rf"\b({'|'.join(_ABBREVIATIONS)})\.")
_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "、": ",", "，": ",", "。": "."}
    | {"¿": None, "æ": "ae", "œ": "oe", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
_lock = threading.Lock()  # the library keeps its state in globals


def english_symbols(text: str) -> str:
    """IPA of an English text.

    The released lists were made by an older espeak-ng: docs/original-text.md lists the differences.

    Raises:
        TextError: a character cannot be read in English, nothing is left to speak, or the extra `original` is not
            installed.
    """
    # decimals, money and dates as words: the punctuation in them would become pauses
    plain = _plain(normalize_english(text) if re.search(r"\d", text) else text)
    for character in plain:
        if not character.isascii() and character.isalnum():
            raise TextError(f"{character!r} (U+{ord(character):04X}) is no English letter: write it otherwise.")
    with _lock:
        phones = _backend().phonemize([plain], strip=True)[0]
    symbols = re.sub(r"\s+", " ", "".join(symbol for symbol in phones if symbol in SYMBOL_IDS or symbol.isspace()))
    if not any(symbol.isalpha() for symbol in symbols):
        raise TextError(f"there is nothing to speak in {text[:40]!r}: write words.")
    return symbols.strip()


def _plain(text: str) -> str:
    """Lower case without accents; abbreviations are words, brackets commas."""
    text = re.sub(r"\s*[()\[\]{}]+\s*", ", ", text)
    text = re.sub(r", ([.,!?;:])", r"\1", text).removeprefix(", ").removesuffix(", ")
    letters = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = _ABBREVIATION.sub(lambda found: _ABBREVIATIONS[found[1]], letters)
    # today's espeak-ng takes a small i for the letter; the one of the released lists took it for the pronoun
    return re.sub(r"\s+", " ", re.sub(r"\bi\b", "I", words))


@lru_cache(maxsize=1)
def _backend() -> Any:
    try:
        import espeakng_loader
        from phonemizer.backend import EspeakBackend
        from phonemizer.backend.espeak.wrapper import EspeakWrapper
    except ModuleNotFoundError as error:
        raise TextError(
            f"English for the original model needs {error.name}, which is not installed: "
            "pip install 'xespeech[original]'."
        ) from error
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    return EspeakBackend("en-us", preserve_punctuation=True, with_stress=True, language_switch="remove-flags")
