"""English sounds as dictionaries print them: no blanks inside a word, stress before its syllable."""

from __future__ import annotations

from xespeech.text.phonemes import Sounds
from xespeech.text.symbols import VOWELS
from xespeech.text.tables import read_words

_ONSETS = read_words(__package__, "onset_sounds.txt")


def dictionary_ipa(sounds: Sounds) -> str:
    """The sounds of a word in one piece: k ə n t ɹ ˈæ k t → kənˈtɹækt."""
    pieces: list[str] = []
    syllable = 0  # pieces up to the end of the last vowel
    for phone, mark in sounds:
        if mark in ("ˈ", "ˌ"):
            start = syllable
            while not _is_onset(pieces[start:], is_initial=start == 0):
                start += 1
            pieces.insert(start, mark)
        pieces.append(phone)
        if phone in VOWELS:
            syllable = len(pieces)
    return "".join(pieces)


def _is_onset(consonants: list[str], is_initial: bool) -> bool:
    """Whether consonants can begin a syllable."""
    if is_initial or not consonants:
        return True
    return consonants[0] != "ŋ" if len(consonants) == 1 else "".join(consonants) in _ONSETS
