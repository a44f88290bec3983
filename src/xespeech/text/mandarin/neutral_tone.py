"""Mandarin words whose last syllable is spoken without a tone although dictionaries of characters give it one."""

from __future__ import annotations

from xespeech.text.tables import read_words

_WORDS = read_words(__package__, "neutral_tone.txt")
_REDUPLICATED_VERBS = frozenset("看听想试走聊等坐说问尝写读玩跑歇帮谈猜找")

# A third tone rises before a neutral tone that was a third tone in these; in 姐姐 and the like it does not.
_RISING = read_words(__package__, "rising.txt")


def neutralize(word: str, tones: list[str]) -> list[str]:
    """Tones of the characters of a word ("1" to "5") with its last syllable neutral where the language has it so."""
    ending = word[-2:]
    is_verb = len(word) == 2 and word[0] == word[1] and word[0] in _REDUPLICATED_VERBS
    if len(word) < 2 or not (ending in _WORDS or is_verb):
        return tones
    rising = ["2"] if ending in _RISING else [tones[-2]]
    return [*tones[:-2], *rising, "5"]
