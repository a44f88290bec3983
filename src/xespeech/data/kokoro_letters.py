"""Our phones in the letters of Kokoro-82M, so that its speech and the labels of it agree.

Kokoro writes English diphthongs and affricates with one letter each, stress before the vowel, Mandarin tones as arrows
behind the vowels of a syllable, and Japanese palatal consonants with ʲ. Words have a blank between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xespeech.text import Phonemes
from xespeech.text.phonemes import Sounds

_AFFRICATES = {
    **{"tʃ": "ʧ", "dʒ": "ʤ", "ts": "ʦ", "tsʰ": "ʦʰ", "tɕ": "ʨ", "tɕʰ": "ʨʰ"},
    **{"dʑ": "ʥ", "ʈʂ": "ꭧ", "ʈʂʰ": "ꭧʰ", "dz": "ʣ"},
}
_VOWELS = frozenset("aeiouyɑæʌɔəɚɛɤɪʊɯ") | {"i̥", "ɯ̥", "ɹ̩", "ɻ̩"}
_DIPHTHONGS = {("a", "ɪ"): "I", ("e", "ɪ"): "A", ("o", "ʊ"): "O", ("a", "ʊ"): "W", ("ɔ", "ɪ"): "Y"}
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_SYLLABIC = {"ɹ̩": "ɨ", "ɻ̩": "ɨ"}
_BEFORE_I = {"k": "kʲ", "ɡ": "ɡʲ", "n": "ɲ", "m": "mʲ", "b": "bʲ", "p": "pʲ", "ɾ": "ɾʲ", "h": "ç"}


def kokoro_letters(phonemes: Phonemes) -> str:
    """The letters of a text that Kokoro speaks as its phones and marks say."""
    sounds: Sounds = list(zip(phonemes.phones, phonemes.marks, strict=True))
    words = {word.first: word for word in phonemes.words}
    written, index = "", 0
    while index < len(sounds):
        word = words.get(index)
        if word is None:
            written += sounds[index][0]
            index += 1
            continue
        if written and not written.endswith(" "):
            written += " "
        written += _WRITERS[phonemes.languages[index]](sounds[word.first : word.stop])
        index = word.stop
    return written.strip()


def _english(sounds: Sounds) -> str:
    written, index = "", 0
    while index < len(sounds):
        phone, mark = sounds[index]
        after = sounds[index + 1][0] if index + 1 < len(sounds) else ""
        index += 1
        if (phone, after) in _DIPHTHONGS:
            written += mark + _DIPHTHONGS[phone, after]
            index += 1
        elif phone == "ɚ":
            written += f"{mark}ɜɹ" if mark else "əɹ"
        elif phone == "ɾ":
            written += "T"
        else:
            written += (mark if phone in _VOWELS else "") + _AFFRICATES.get(phone, phone)
    return written


def _mandarin(sounds: Sounds) -> str:
    written, index = "", 0
    while index < len(sounds):
        if sounds[index][0] not in _VOWELS:
            written += _AFFRICATES.get(sounds[index][0], sounds[index][0])
            index += 1
            continue
        first, index = index, index + 1
        while index < len(sounds) and sounds[index][0] in _VOWELS and not sounds[index][1]:
            index += 1
        rime = sounds[first:index]
        nasal = index < len(sounds) and sounds[index][0] in ("n", "ŋ")
        written += _rime([_SYLLABIC.get(phone, phone) for phone, _ in rime], nasal)
        written += _TONES.get(next((mark for _, mark in rime if mark), ""), "")
    return written


def _rime(vowels: Sequence[str], nasal: bool) -> str:
    """The vowels of a syllable: glides keep their letter, what follows the first vowel is i or u and not ɪ or ʊ."""
    written = vowels[0] + "".join(vowels[1:]).replace("ɪ", "i").replace("ʊ", "u")
    if written == "ɛ" and not nasal:
        return "e"
    return "a" if written == "ɑ" else written


def _japanese(sounds: Sounds) -> str:
    written = ""
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
    return written


_WRITERS: dict[str, Callable[[Sounds], str]] = {"en": _english, "zh": _mandarin, "ja": _japanese}
