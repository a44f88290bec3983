"""Mandarin text as sounds with tones after sandhi, by jieba and pypinyin."""

from __future__ import annotations

import re
from typing import Any

from xespeech.errors import TextError
from xespeech.text.characters import HAN, unreadable, word_set
from xespeech.text.mandarin.neutral_tone import neutralize
from xespeech.text.mandarin.pinyin import Syllable, retroflex, split_tone, syllable
from xespeech.text.mandarin.tone_sandhi import apply_tone_sandhi
from xespeech.text.phonemes import Reading

_BRACED = re.compile(r"\{([^{}]*)\}")
_PAUSES = re.compile(r"\s*([,.…?!])\s*")
_NOT_HAN = re.compile(f"[^{HAN}]")

# Words that end in 儿 as a syllable of its own, also as the end of a longer word (新生婴儿).
_FULL_ER = tuple(
    word_set("女儿 婴儿 幼儿 孤儿 男儿 少儿 健儿 胎儿 患儿 宠儿 弃儿 血儿 产儿 生儿 育儿 托儿 能儿 妻儿 乳儿 侄儿 孙儿")
)
_PRONOUNS = word_set("我 你 您 他 她 它 我们 你们 他们 她们 咱们 总 还 都 也 就 可 又 非")
_RETURNED = frozenset("了钱书债款给")  # 还 before these is huán, to return
_NUMERALS = frozenset("零一二三四五六七八九十百千万亿两半几")
_BEFORE_MEASURE_WORD = _NUMERALS | frozenset("这那哪每")
_BEFORE_IS = frozenset("均皆多仅约已则即较最极尤颇更分称视评改变升降增减缩记定选转设名")


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
        parts = split_tone(spelled)
        sounds = syllable(parts[0]) if parts else None
        if parts is None or sounds is None:
            raise TextError(
                f"{{{spelled}}} is no pinyin syllable: write it like {{zhong1}}, with ü as v or ü and 5 for no tone."
            )
        syllables.append((sounds, parts[1]))
    return syllables


def _han_words(clause: str) -> list[tuple[str, list[tuple[Syllable, str]]]]:
    """Words of a clause of Han characters, with syllables and tones."""
    words = _segment(re.sub(r"(.)々", r"\1\1", clause).replace("々", "").replace("〆", ""))
    readings = [_read_word(word) for word in words]
    _read_particles(words, readings)
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


def _one_by_one(unknown: str) -> Any:
    """What pypinyin is to give for characters without a reading: each as itself."""
    return [[char] for char in unknown]


def _read_word(word: str) -> list[tuple[str, str]]:
    from pypinyin import Style, pinyin
    from pypinyin.constants import PHRASES_DICT

    readings = pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors=_one_by_one)
    syllables: list[tuple[str, str]] = []
    for char, (spelled, *_) in zip(word, readings, strict=True):
        parts = split_tone(spelled)
        if parts is None:
            raise TextError(
                f"{char!r} (U+{ord(char):04X}) has no known Mandarin reading: write it otherwise or as {{pinyin1}}."
            )
        is_complement = char == "得" and bool(syllables) and word not in PHRASES_DICT  # 跑得快, 长得
        syllables.append(("de", "5") if is_complement and parts == ("de", "2") else parts)
    return syllables


def _read_de(before: str, after: str) -> tuple[str, str]:
    """得 alone: must (我得走), to get (他得了), or the particle behind a verb (高兴得跳)."""
    if not before or after[:1] in ("了", "到", "过", "以"):
        return "de", "2"
    return ("dei", "3") if before in _PRONOUNS and after else ("de", "5")


def _read_particles(words: list[str], readings: list[list[tuple[str, str]]]) -> None:
    """Words of one character whose reading hangs on the words around them."""
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        after = words[index + 1] if index + 1 < len(words) else ""
        if word.endswith("大夫") and len(word) < 4:
            readings[index][-2] = ("dai", "4")
        elif word == "得":
            readings[index] = [_read_de(before, after)]
        elif word == "还" and after in _RETURNED:
            readings[index] = [("huan", "2")]
        elif word == "地" and len(before) > 1 and after:
            readings[index] = [("de", "5")]
        elif word == "着" and before:
            readings[index] = [("zhe", "5")]
        elif word == "长":
            readings[index] = [("chang", "2")]
        elif word == "教":
            readings[index] = [("jiao", "1")]
        elif word == "只" and before[-1:] in _BEFORE_MEASURE_WORD:
            readings[index] = [("zhi", "1")]
        elif word == "为" and (after[:1] in _NUMERALS or before in _BEFORE_IS):
            readings[index] = [("wei", "2")]
        elif word[1:] == "只" and word[0] in _BEFORE_MEASURE_WORD:
            readings[index][1] = ("zhi", "1")
        elif len(word) == 2 and word[1] == "为" and word[0] in _BEFORE_IS:
            readings[index][1] = ("wei", "2")
