"""The reading of a text: its sentences, the words that are spoken, their sounds, the pauses, and what is left out.

    import xespeech

    for sentence in xespeech.read("Dr. Li paid $5.").sentences:
        print(sentence.spoken, sentence.reading)

For people who write lexicons, and for tests of the front ends: nothing is spoken, and no model is needed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xespeech.errors import UnknownNameError
from xespeech.text.english.notation import dictionary_ipa
from xespeech.text.lexicon import Lexicon
from xespeech.text.passages import LeftOut
from xespeech.text.phonemes import Phonemes, Word
from xespeech.text.script import MARKUP, Line, lines, read_line, read_passages
from xespeech.text.sentences import nothing_but_markup, nothing_to_speak
from xespeech.text.symbols import LANGUAGES

_MARKS = {"zh": str.maketrans(",.?!", "，。？！"), "ja": str.maketrans(",.?!", "、。？！")}


@dataclass(frozen=True)
class ReadWord:
    """A word as it is read.

    Attributes:
        text: the characters it was read from; words that were read from the same ones have the same text.
        spoken: as a word: "five" for "5"; letters that are spelled stand apart ("U S").
        reading: English IPA, Mandarin pinyin with the tones that are spoken, or Japanese katakana as pronounced.
        ipa: every sound, with stress, tone or pitch, as in `Phonemes.ipa`.
        language: "en", "zh" or "ja".
    """

    text: str
    spoken: str
    reading: str
    ipa: str
    language: str


@dataclass(frozen=True)
class Pause:
    """A pause: the spoken word that it follows, and its mark, one of ``, . … ? !``."""

    after: str
    mark: str


@dataclass(frozen=True)
class ReadSentence:
    """A sentence as it is read.

    Attributes:
        text: as it was written.
        language: that its numbers and signs are read in.
        spoken, reading: those of its words, with the pauses as punctuation.
        ipa: as `Phonemes.ipa`, with the pauses.
        pauses, words: in order.
    """

    text: str
    language: str
    spoken: str
    reading: str
    ipa: str
    pauses: tuple[Pause, ...]
    words: tuple[ReadWord, ...]


@dataclass(frozen=True)
class TextReading:
    """How a text is read."""

    sentences: tuple[ReadSentence, ...]
    left_out: tuple[LeftOut, ...]

    def as_dict(self) -> dict[str, Any]:
        """As dictionaries and lists, ready for JSON."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return content


def read(
    text: str | Iterable[str],
    language: str | None = None,
    lexicon: Lexicon | str | Path | None = None,
    markup: str = "auto",
) -> TextReading:
    """How a text would be spoken.

    Args:
        text: plain, or an SSML document.
        language: "en", "zh" or "ja"; None finds it for each sentence.
        lexicon: a `Lexicon` or the path of one.
        markup: "auto" takes Markdown and HTML out of the text, "plain" reads it as it stands.

    Raises:
        TextError: the text cannot be read, or it has nothing to speak.
        UnknownNameError: there is no such language or way with markup.
    """
    if language is not None and language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    UnknownNameError.check("markup", markup, MARKUP)
    if isinstance(lexicon, (str, Path)):
        lexicon = Lexicon.load(lexicon)
    sentences: list[ReadSentence] = []
    left_out: list[LeftOut] = []
    shown, in_markup = "", ""
    for passage in read_passages(text, markup):
        shown = shown or passage.text[:40]
        in_markup = in_markup or "".join(part.text for part in passage.left_out)
        left_out += passage.left_out
        end = 0
        for line in lines(passage):
            if not line.text:  # a pause alone
                continue
            start = passage.text.index(line.text, end)
            left_out += _left_out(passage.text[end:start])
            end = start + len(line.text)
            sentence, unread = _read_sentence(line, language, lexicon)
            sentences.append(sentence)
            left_out += unread
        left_out += _left_out(passage.text[end:])
    if not sentences:
        raise nothing_but_markup(in_markup) if in_markup else nothing_to_speak(shown)
    return TextReading(tuple(sentences), tuple(left_out))


def _read_sentence(line: Line, language: str | None, lexicon: Lexicon | None) -> tuple[ReadSentence, list[LeftOut]]:
    """How a line is read, and what of it is not."""
    reading = read_line(line, language, lexicon, with_spans=True)
    phonemes, spans = reading.phonemes, reading.spans
    words = [
        _read_word(phonemes, word, line.text[start:stop])
        for word, (start, stop) in zip(phonemes.words, spans, strict=True)
    ]
    main = reading.language
    sentence = ReadSentence(
        text=line.text,
        language=main,
        spoken=_join(phonemes, [word.spoken for word in words], words, main),
        reading=_join(phonemes, [word.reading for word in words], words, main, is_reading=True),
        ipa=phonemes.ipa,
        pauses=tuple(
            Pause(words[before - 1].spoken, phonemes.phones[position]) for position, before in _pauses(phonemes)
        ),
        words=tuple(words),
    )
    unread: list[LeftOut] = []
    end = 0
    for start, stop in sorted(set(spans)):
        unread += _left_out(line.text[end:start])
        spoken = "".join(word.spoken for word, span in zip(words, spans, strict=True) if span == (start, stop))
        unread += _unspoken_signs(line.text[max(end, start) : stop], spoken)
        end = max(end, stop)
    return sentence, [*unread, *_left_out(line.text[end:])]


def _read_word(phonemes: Phonemes, word: Word, text: str) -> ReadWord:
    place = slice(word.first, word.stop)
    sounds = Phonemes(phonemes.phones[place], phonemes.marks[place], phonemes.languages[place])
    native = word.native or dictionary_ipa(list(zip(sounds.phones, sounds.marks, strict=True)))
    return ReadWord(text, word.text, native, sounds.ipa, sounds.languages[0])


def _pauses(phonemes: Phonemes) -> Iterator[tuple[int, int]]:
    """Tokens that are pauses, each with the number of words before it."""
    words = phonemes.words
    before = 0
    for position in range(len(phonemes)):
        while before < len(words) and words[before].stop <= position:
            before += 1
        if before == len(words) or position < words[before].first:
            yield position, before


def _join(phonemes: Phonemes, texts: list[str], words: list[ReadWord], main: str, is_reading: bool = False) -> str:
    """Texts of the words as a sentence: blanks where the languages write them, pauses as their punctuation."""
    pauses = {before: phonemes.phones[position] for position, before in _pauses(phonemes)}
    spaced = ("en", "zh") if is_reading else ("en",)
    joined = ""
    for number, (text, word) in enumerate(zip(texts, words, strict=True), start=1):
        if joined and (word.language in spaced or words[number - 2].language in spaced) and not joined.endswith(" "):
            joined += " "
        joined += text
        if number in pauses:
            mark = pauses[number]
            joined += mark.translate(_MARKS[main]) if main in _MARKS and not (is_reading and main == "zh") else mark
    return joined


def _left_out(text: str) -> Iterator[LeftOut]:
    """Characters that no word was read from, without those that are never spoken."""
    for run in re.finditer(r"\S+", text):
        speakable = "".join(filter(_is_speakable, run[0]))
        if speakable:
            yield LeftOut(speakable, _why(speakable))


def _unspoken_signs(text: str, spoken: str) -> Iterator[LeftOut]:
    """Pictures and signs between letters that are spoken as they stand, without them (东←西 as 东西)."""
    letters = ["".join(filter(str.isalnum, side)) for side in (text, spoken)]
    if letters[0] and letters[0] == letters[1]:
        for sign in text[text.index(letters[0][0]) : text.rindex(letters[0][-1])]:
            if unicodedata.category(sign) in ("Sm", "So") and _is_speakable(sign):
                yield LeftOut(sign, _why(sign))


def _is_speakable(char: str) -> bool:
    """Whether a character is more than punctuation, an invisible mark or a unit in one sign (㎡)."""
    category = unicodedata.category(char)
    if category == "So" and any(map(str.isalnum, unicodedata.normalize("NFKC", char))):
        return False
    return category[0] not in "PZCM" or char in "*&@#%_/\\~|"


def _why(text: str) -> str:
    if any(char.isalnum() for char in text):
        return "not read"
    return "a picture without words" if all(unicodedata.category(char) == "So" for char in text) else "no sound"
