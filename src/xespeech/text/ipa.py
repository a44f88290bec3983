"""IPA as people write it → the sounds of the inventory: ``[[təˈmɑːtəʊ]]`` in a text, a lexicon or SSML.

What `Phonemes.ipa` prints can be read back. Stress may stand before its syllable, as the IPA has it, or before its
vowel. Tones are Chao letters (``˥˩``) or the digits 1 to 5, Japanese pitch is ``H`` or ``L``, each behind its vowel.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from xespeech.errors import TextError
from xespeech.text.phonemes import Sounds
from xespeech.text.rules import any_of
from xespeech.text.symbols import PHONES, PUNCTUATION, VOWELS
from xespeech.text.tables import read_pairs

INLINE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
"""IPA in a text."""

_SYMBOLS = frozenset(PHONES) - PUNCTUATION - {"_"}
_NEAREST = read_pairs(__package__, "nearest_sounds.tsv")
_R = {"en": "ɹ", "zh": "ɻ", "ja": "ɾ"}
_STRESS = {"ˈ": "ˈ", "'": "ˈ", "ˌ": "ˌ"}
_TONES = {"˥": "1", "˧˥": "2", "˨˩˦": "3", "˨˩": "3", "˥˩": "4", "˧": "5", "˨": "5", "˩": "5", "˦": "5"}
# Between sounds, or about how a sound is made in ways that the inventory does not tell apart.
_SKIPPED = frozenset(" \t\n.|‖‿·-/ʰʷʲˠˤⁿˑ\u0325\u032f\u032c\u0303\u031a\u0330\u0324\u0308")
_TIES = str.maketrans("", "", "\u0361\u035c")


@lru_cache(maxsize=1024)
def parse_ipa(ipa: str, language: str) -> Sounds:
    """Phones and marks of a transcription.

    Args:
        ipa: without brackets.
        language: "en", "zh" or "ja"; decides what ``r`` and ``ː`` stand for.

    Raises:
        TextError: a character is no IPA, a tone has no vowel before it, or there is no sound at all.
    """
    text = unicodedata.normalize("NFC", ipa.translate(_TIES))
    sounds: Sounds = []
    stress = ""
    for token in _tokens(language).finditer(text):
        written = token[0]
        if token["mark"] or token["tone"]:
            _mark_last(sounds, token["mark"] or _TONES.get(written, "5"), ipa)
        elif written in _STRESS:
            stress = _STRESS[written]
        elif written == "ː":
            if language == "ja" and sounds and sounds[-1][0] in VOWELS:
                sounds.append(sounds[-1])
        elif token["sound"]:
            phones = [_R[language]] if written == "r" else _NEAREST.get(written, written).split()
            for phone in phones:
                carries = bool(stress) and phone in VOWELS
                sounds.append((phone, stress if carries else ""))
                stress = "" if carries else stress
        elif written not in _SKIPPED:
            name = unicodedata.name(written, f"U+{ord(written):04X}").lower()
            raise TextError(f"[[{ipa}]]: {written!r} ({name}) is no IPA sound that can be spoken: write another.")
    if not sounds:
        raise TextError(f"[[{ipa}]] holds no sound: write IPA between the brackets.")
    return sounds


@cache
def _tokens(language: str) -> re.Pattern[str]:
    """Pattern of a mark, a tone, a sound in its longest spelling (in English, ts is two: cats) or any character."""
    spellings = {"r", *_SYMBOLS, *_NEAREST}
    sounds = any_of(sound for sound in spellings if language != "en" or not sound.startswith("ts"))
    return re.compile(f"(?P<mark>[12345HL])|(?P<tone>[˥˦˧˨˩]+)|(?P<sound>{sounds})|.", re.DOTALL)


def _mark_last(sounds: Sounds, mark: str, ipa: str) -> None:
    """Give a pitch to the last sound that can carry one, or a tone to the first vowel of the last syllable."""
    carriers = VOWELS if mark.isdigit() else VOWELS | {"ɴ", "ʔ"}
    index = next((at for at in reversed(range(len(sounds))) if sounds[at][0] in carriers), None)
    if index is None:
        raise TextError(f"[[{ipa}]]: no vowel stands before the tone or pitch {mark!r}.")
    while mark.isdigit() and index > 0 and sounds[index - 1][0] in VOWELS and not sounds[index - 1][1]:
        index -= 1
    sounds[index] = (sounds[index][0], mark)
