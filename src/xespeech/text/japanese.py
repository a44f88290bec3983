"""Japanese text as sounds with pitch accent."""

from __future__ import annotations

import re

_VOWELS = {
    **{"a": "a", "i": "i", "u": "ɯ", "e": "e", "o": "o"},
    **{"I": "i̥", "U": "ɯ̥", "A": "a", "E": "e", "O": "o"},
}
_MORAIC = {"N": "ɴ", "cl": "ʔ"}
_CONSONANTS = {
    **{"k": "k", "g": "ɡ", "s": "s", "z": "z", "t": "t", "d": "d", "n": "n", "h": "h", "b": "b", "p": "p", "m": "m"},
    **{"y": "j", "r": "ɾ", "w": "w", "f": "ɸ", "v": "v", "sh": "ɕ", "j": "dʑ", "ch": "tɕ", "ts": "ts"},
    **{"ky": "k j", "gy": "ɡ j", "ty": "t j", "dy": "d j", "ny": "ɲ", "hy": "ç", "by": "b j", "py": "p j", "my": "m j"},
    **{"ry": "ɾ j", "fy": "ɸ j", "vy": "v j", "kw": "k w", "gw": "ɡ w"},
}
_PITCH = {"1": "H", "0": "L"}
_KANA_OR_HAN = re.compile(r"[ぁ-ゖゝゞァ-ヺー々〆ヶ〇一-鿿㐀-䶿豈-﫿𠀀-𯿿]")


def read_japanese(clause: str) -> list[tuple[str, str]]:
    """Phones and marks of a clause without pause punctuation, in Open JTalk's reading and accent.

    Long vowels repeat the vowel, one per mora. High vowels between voiceless sounds come devoiced, as Open JTalk has it.
    """
    import pyopenjtalk

    tokens: list[tuple[str, str]] = []
    for symbol in pyopenjtalk.g2p_prosody(clause, format="Numeric"):
        sound, _, level = symbol.partition(":")
        if not level:
            continue
        if sound in _VOWELS:
            tokens.append((_VOWELS[sound], _PITCH[level]))
        elif sound in _MORAIC:
            tokens.append((_MORAIC[sound], _PITCH[level]))
        else:
            tokens.extend((phone, "") for phone in _CONSONANTS[sound].split())
    return tokens
