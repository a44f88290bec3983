"""Mandarin text as sounds with tones after sandhi, by jieba and pypinyin.

The tone of a syllable is decided in this order (`_han_words`): the dictionary's (`_look_up`), that of a rule for its
character (`polyphones.rule_for`, data/polyphones.tsv), neutral at the end of some words (`neutral_tone.neutralize`,
data/neutral_tone.txt), sandhi of 一, 不 and third tones (`tone_sandhi.apply_tone_sandhi`, data/yi.tsv). A tone in
braces stands as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import Any

from xespeech.errors import TextError
from xespeech.text.characters import HAN, unreadable
from xespeech.text.mandarin.neutral_tone import neutralize
from xespeech.text.mandarin.pinyin import Syllable, retroflex, spelled_syllable, split_tone, syllable
from xespeech.text.mandarin.polyphones import Found, rule_for
from xespeech.text.mandarin.tone_sandhi import apply_tone_sandhi, by_word
from xespeech.text.phonemes import Reading
from xespeech.text.tables import read_words

_BRACED = re.compile(r"\{([^{}]*)\}")
_PAUSES = re.compile(r"\s*([,.…?!])\s*")
_NOT_HAN = re.compile(f"[^{HAN}]")
_FULL_ER = tuple(read_words(__package__, "full_er.txt"))


def read_mandarin(text: str) -> list[Reading]:
    """Sounds of words in Han characters, ``{pinyin1}`` and pauses (``, . … ? !``).

    Raises:
        TextError: a character has no known reading, or the braces hold no pinyin.
    """
    readings: list[Reading] = []
    for index, part in enumerate(_PAUSES.split(text)):
        if index % 2:
            readings.append(Reading("", [(part, "")]))
            continue
        for braced, piece in enumerate(_BRACED.split(part)):
            words = [(f"{{{piece}}}", _braced_syllables(piece))] if braced % 2 else _han_words(_NOT_HAN.sub("", piece))
            readings += [
                Reading(
                    word,
                    [
                        (phone, tone if at == sounds.carrier else "")
                        for sounds, tone in syllables
                        for at, phone in enumerate(sounds.phones)
                    ],
                    " ".join(f"{sounds.pinyin}{tone}" for sounds, tone in syllables),
                )
                for word, syllables in words
            ]
    return readings


def _braced_syllables(braced: str) -> list[tuple[Syllable, str]]:
    syllables = []
    for spelled in braced.split():
        sounds = spelled_syllable(spelled)
        if sounds is None:
            raise TextError(
                f"{{{spelled}}} is not a pinyin syllable: write it like {{zhong1}}, with ü as v or ü and 5 for no tone."
            )
        syllables.append(sounds)
    return syllables


def _han_words(clause: str) -> list[tuple[str, list[tuple[Syllable, str]]]]:
    """Words of a clause of Han characters, with syllables and tones."""
    words = _segment(re.sub(r"(.)々", r"\1\1", clause).replace("々", "").replace("〆", ""))
    readings = _readings(words)
    tones = apply_tone_sandhi(
        words,
        [neutralize(word, [tone for _, tone in reading]) for word, reading in zip(words, readings, strict=True)],
    )
    spoken: list[tuple[str, list[tuple[Syllable, str]]]] = []
    for word, reading, word_tones in zip(words, readings, tones, strict=True):
        syllables: list[tuple[Syllable, str]] = []
        for position, ((base, _), tone) in enumerate(zip(reading, word_tones, strict=True)):
            if word[position] == "儿" and position and position == len(word) - 1 and not word.endswith(_FULL_ER):
                whole, previous_tone = syllables.pop()
                syllables.append((retroflex(whole), previous_tone))
                continue
            sounds = syllable(base)
            if sounds is None:
                raise unreadable(word[position], clause.find(word[position]))
            syllables.append((sounds, tone))
        spoken.append((word, syllables))
    return spoken


def _segment(clause: str) -> list[str]:
    """Words of a clause; a 儿 left alone joins the word before it where it can only be its ending."""
    import rjieba

    words: list[str] = []
    for word in rjieba.cut(clause) if clause else ():
        if word == "儿" and words and words[-1][-1] not in "女婴幼孤男少健胎小患宠弃妻育":
            words[-1] += word
        else:
            words.append(word)
    return words


def _readings(words: list[str]) -> list[list[tuple[str, str]]]:
    """Syllables with their tones of the words of a clause: from the dictionary, then by the rules for polyphones."""
    clause, syllables = "".join(words), []
    for index, (reading, found) in enumerate(chain.from_iterable(map(_look_up, words))):
        rule = rule_for(clause, index, found)
        syllables.append(reading if rule is None else rule.reading)
    return by_word(words, syllables)


def _one_by_one(unknown: str) -> Any:
    """Output of pypinyin for characters without a reading: each as itself."""
    return [[char] for char in unknown]


@lru_cache(maxsize=1 << 14)
def _look_up(word: str) -> tuple[tuple[tuple[str, str], Found], ...]:
    """Reading of each character of a word by the dictionary, and where that was found."""
    from pypinyin import Style, pinyin
    from pypinyin.seg.mmseg import seg

    spelled = pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors=_one_by_one)
    single: Found = "word" if len(word) == 1 else "alone"
    found: list[Found] = ["phrase" if len(piece) > 1 else single for piece in seg.cut(word) for _ in piece]
    syllables = []
    for char, (reading, *_), where in zip(word, spelled, found, strict=True):
        parts = split_tone(reading)
        if parts is None:
            raise TextError(
                f"{char!r} (U+{ord(char):04X}) has no known Mandarin reading: write it otherwise or as {{pinyin1}}."
            )
        syllables.append((parts, where))
    return tuple(syllables)
