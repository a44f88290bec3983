"""Our phones in the letters of Kokoro-82M, so that its speech and the labels of it agree.

Kokoro writes English diphthongs and affricates with one letter each, stress before the vowel, Mandarin tones as arrows
behind the vowels of a syllable, and Japanese palatal consonants with ʲ. Words have a blank between them.

Which letters stand for which phones is kept, so that Kokoro's durations of letters give those of phones.

Shapes: L letters, N phones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from xespeech.text import Phonemes
from xespeech.text.phonemes import Sounds
from xespeech.text.symbols import VOWELS

_AFFRICATES = {
    **{"tʃ": "ʧ", "dʒ": "ʤ", "ts": "ʦ", "tsʰ": "ʦʰ", "tɕ": "ʨ", "tɕʰ": "ʨʰ"},
    **{"dʑ": "ʥ", "ʈʂ": "ꭧ", "ʈʂʰ": "ꭧʰ", "dz": "ʣ"},
}
_DIPHTHONGS = {("a", "ɪ"): "I", ("e", "ɪ"): "A", ("o", "ʊ"): "O", ("a", "ʊ"): "W", ("ɔ", "ɪ"): "Y"}
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_SYLLABIC = {"ɹ̩": "ɨ", "ɻ̩": "ɨ"}
_BEFORE_I = {"k": "kʲ", "ɡ": "ɡʲ", "n": "ɲ", "m": "mʲ", "b": "bʲ", "p": "pʲ", "ɾ": "ɾʲ", "h": "ç"}


class Piece(NamedTuple):
    """Letters that stand for some phones in a row: mostly one, two of a diphthong."""

    letters: str
    n_phones: int = 1


def kokoro_letters(pieces: Sequence[Piece]) -> str:
    """The letters of a text, for Kokoro to speak."""
    return "".join(piece.letters for piece in pieces)


def durations_of_phones(pieces: Sequence[Piece], durations: np.ndarray) -> np.ndarray:
    """Durations of phones [N] from those of their pieces' letters [L]; two phones of one letter have half each."""
    stops = np.cumsum([len(piece.letters) for piece in pieces])
    of_pieces = np.diff(np.concatenate([[0], np.cumsum(durations)])[stops], prepend=0)
    counts = [piece.n_phones for piece in pieces]
    return np.repeat(of_pieces / counts, counts)


def kokoro_pieces(phonemes: Phonemes) -> list[Piece]:
    """Letters with which Kokoro speaks phones and marks as given; a blank belongs to what precedes it."""
    sounds: Sounds = list(zip(phonemes.phones, phonemes.marks, strict=True))
    words = {word.first: word for word in phonemes.words}
    written, index = list[Piece](), 0
    while index < len(sounds):
        word = words.get(index)
        if word is None:
            written.append(Piece(sounds[index][0]))
            index += 1
            continue
        if written:
            written[-1] = Piece(written[-1].letters + " ", written[-1].n_phones)
        written += _WRITERS[phonemes.languages[index]](sounds[word.first : word.stop])
        index = word.stop
    return written


def _english(sounds: Sounds) -> list[Piece]:
    written, index = list[Piece](), 0
    while index < len(sounds):
        phone, mark = sounds[index]
        after = sounds[index + 1][0] if index + 1 < len(sounds) else ""
        index += 1
        if (phone, after) in _DIPHTHONGS:
            written.append(Piece(mark + _DIPHTHONGS[phone, after], 2))
            index += 1
        elif phone == "ɚ":
            written.append(Piece(f"{mark}ɜɹ" if mark else "əɹ"))
        elif phone == "ɾ":
            written.append(Piece("T"))
        else:
            written.append(Piece((mark if phone in VOWELS else "") + _AFFRICATES.get(phone, phone)))
    return written


def _mandarin(sounds: Sounds) -> list[Piece]:
    written, index = list[Piece](), 0
    while index < len(sounds):
        if sounds[index][0] not in VOWELS:
            written.append(Piece(_AFFRICATES.get(sounds[index][0], sounds[index][0])))
            index += 1
            continue
        first, index = index, index + 1
        while index < len(sounds) and sounds[index][0] in VOWELS and not sounds[index][1]:
            index += 1
        rime = sounds[first:index]
        nasal = index < len(sounds) and sounds[index][0] in ("n", "ŋ")
        letters = _rime([_SYLLABIC.get(phone, phone) for phone, _ in rime], nasal)
        letters[-1] += _TONES.get(next((mark for _, mark in rime if mark), ""), "")
        written += map(Piece, letters)
    return written


def _rime(vowels: Sequence[str], nasal: bool) -> list[str]:
    """The vowels of a syllable: glides keep their letter, what follows the first vowel is i or u and not ɪ or ʊ."""
    written = [vowels[0], *({"ɪ": "i", "ʊ": "u"}.get(vowel, vowel) for vowel in vowels[1:])]
    if written == ["ɛ"] and not nasal:
        return ["e"]
    return ["a"] if written == ["ɑ"] else written


def _japanese(sounds: Sounds) -> list[Piece]:
    written, pieces = "", list[Piece]()
    for index, (phone, _) in enumerate(sounds):
        after = sounds[index + 1][0] if index + 1 < len(sounds) else ""
        letter = {"i̥": "i", "ɯ̥": "ɯ", "w": "β"}.get(phone, _AFFRICATES.get(phone, phone))
        if after in ("i", "i̥"):
            letter = _BEFORE_I.get(letter, letter)
        if letter == "j" and written.endswith(tuple("kɡmbpɾ")):
            letter = "ʲ"
        if letter == "z" and after in ("a", "e", "o"):
            letter = "ʣ"
        if letter == "ɯ" and written.endswith(tuple("szʦʥɕʨʲ")):
            letter = "ɨ"
        if letter in tuple("aeouɯɨ") and written.endswith(letter):
            letter = "ː"
        written += letter
        pieces.append(Piece(letter))
    return pieces


_WRITERS: dict[str, Callable[[Sounds], list[Piece]]] = {"en": _english, "zh": _mandarin, "ja": _japanese}
