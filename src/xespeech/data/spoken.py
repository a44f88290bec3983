"""The spoken phones of a recording as a column of metadata: separated by blanks, marks after a colon.

"h ə l oː:ˈ , w ɜ:ˈ l d .": later changes of the text front end do not mislabel such recordings.
"""

from __future__ import annotations

from xespeech.errors import TextError
from xespeech.text import MARKS, PHONES, Phonemes, phonemize


def write_spoken(phonemes: Phonemes) -> str:
    """The column of these phonemes."""
    pairs = zip(phonemes.phones, phonemes.marks, strict=True)
    return " ".join(f"{phone}:{mark}" if mark else phone for phone, mark in pairs)


def read_spoken(column: str, text: str, language: str) -> Phonemes:
    """The phonemes of a column.

    Args:
        column: what `write_spoken` wrote.
        text: of the recording; where its reading equals the column, it gives the language of each word.
        language: "en", "zh" or "ja", of the recording.

    Raises:
        TextError: a phone or mark is not one of ours.
    """
    pairs = [token.partition(":")[::2] for token in column.split()]
    phones, marks = tuple(phone for phone, _ in pairs), tuple(mark for _, mark in pairs)
    for known, given, what in ((PHONES, phones, "phone"), (MARKS, marks, "mark")):
        unknown = next((token for token in given if token not in known), None)
        if unknown is not None:
            raise TextError(f"{unknown!r} in the column phones is no {what}")
    try:
        read = phonemize(text, language)
        if (read.phones, read.marks) == (phones, marks):
            return read
    except TextError:
        pass
    return Phonemes(phones, marks, (language,) * len(phones))
