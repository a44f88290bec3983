"""English lexicon, part-of-speech tagger for its homographs, and grapheme-to-phoneme model for unknown words.

Lexicon and models are those of gruut (gruut-lang-en, MIT), read here directly: gruut itself, which reads them for
applications of every kind, brings fifty megabytes of calendars, currencies and graphs. Both models are conditional
random fields; the features are the ones that they were trained with.
"""

from __future__ import annotations

import base64
import sqlite3
import string
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

_SILENT = "_"  # a silent letter
_TOGETHER = "|"  # between the phones of one letter


class EnglishModels:
    """Lexicon, tagger and letter-to-sound model; for one thread at a time.

    Args:
        folder: of gruut-lang-en.
    """

    def __init__(self, folder: Path) -> None:
        # The lexicon file has no index, so each new word costs a scan of all 128,000: hold it in memory with one.
        self._lexicon = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(folder / "lexicon.db")) as file:
            file.backup(self._lexicon)
        self._lexicon.execute("PRAGMA temp_store = MEMORY")  # a full disk must not stop an index from being sorted
        self._lexicon.execute("CREATE INDEX by_word ON word_phonemes (word)")
        self._known: dict[str, dict[str, list[str]]] = {}
        self._tagger = _open(folder / "pos" / "model.crf")
        self._letters = _open(folder / "g2p" / "model.crf")

    def lookup(self, word: str, role: str | None = None) -> list[str] | None:
        """Phones of a lower-case word, for its role ("gruut:VBD") where that makes a difference; None when unknown."""
        if word not in self._known:
            rows = self._lexicon.execute(
                "SELECT role, phonemes FROM word_phonemes WHERE word = ? ORDER BY pron_order", (word,)
            )
            readings: dict[str, list[str]] = {}
            for role_of_row, phones in rows:
                readings.setdefault(role_of_row, phones.split())
            self._known[word] = readings
        readings = self._known[word]
        return readings.get(role or "") or readings.get("") or next(iter(readings.values()), None)

    def tag(self, words: Sequence[str]) -> list[str]:
        """Parts of speech in the tags of the Penn Treebank."""
        of_words = [_word_features(word) for word in words]
        sentence: list[dict[str, Any]] = []
        for index in range(len(words)):
            features = {**of_words[index]}
            if index == 0:
                features["BOS"] = True
            if index == len(words) - 1:
                features["EOS"] = True
            for offset in (-1, -2, 1, 2):
                if 0 <= index + offset < len(words):
                    features |= {f"{offset:+d}:{name}": value for name, value in of_words[index + offset].items()}
            sentence.append(features)
        return list(self._tagger.tag(sentence))

    def guess(self, word: str) -> list[str]:
        """Phones of a word by its letters."""
        letters = [_encode(letter) for letter in unicodedata.normalize("NFC", word)]
        features: list[dict[str, Any]] = []
        for index, letter in enumerate(letters):
            of_letter: dict[str, Any] = {"bias": 1.0, "grapheme": letter}
            if index == 0:
                of_letter["begin"] = True
            if index == len(letters) - 1:
                of_letter["end"] = True
            for offset in (-3, -2, -1, 1, 2, 3):
                if 0 <= index + offset < len(letters):
                    of_letter[f"grapheme{offset:+d}"] = letters[index + offset]
            features.append(of_letter)
        found = (phone for label in self._letters.tag(features) for phone in _decode(label).split(_TOGETHER))
        return [phone for phone in found if phone != _SILENT]


@lru_cache(maxsize=1)
def english_models() -> EnglishModels:
    """The models of the installed gruut-lang-en, opened once."""
    from gruut_lang_en import get_lang_dir

    return EnglishModels(get_lang_dir())


def _open(path: Path) -> Any:
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    return tagger


def _word_features(word: str) -> dict[str, Any]:
    """Features of a word for the tagger."""
    return {
        "bias": 1.0,
        "word": _encode(word),
        "len(word)": len(word),
        "word.ispunctuation": word in string.punctuation,
        "word.isdigit()": word.isdigit(),
        "word[:2]": word[:2],
        "word[:3]": word[:3],
        "word[-2:]": word[-2:],
        "word[-3:]": word[-3:],
    }


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _decode(text: str) -> str:
    return base64.b64decode(text).decode()
