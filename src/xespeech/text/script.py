"""The script of a text of any length: sentences with their readings, voices and pauses.

A plain text and SSML both become passages (`Passage`), passages become lines (`Line`), one for each sentence. Plain
text is read as it is needed: a book is never held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from xespeech.text.breaths import with_breaths
from xespeech.text.characters import check_readable, detect_language, is_speakable
from xespeech.text.frontend import phonemize
from xespeech.text.lexicon import Lexicon
from xespeech.text.markup.pasted import PastedText
from xespeech.text.markup.ssml import is_ssml, read_ssml
from xespeech.text.passages import LONGEST_PARAGRAPH, Passage, Replacement, Stretch, paragraph_parts
from xespeech.text.phonemes import Phonemes
from xespeech.text.prosody import NATURAL, Prosody
from xespeech.text.sentences import cut_sentences, nothing_but_markup, nothing_to_speak
from xespeech.text.word_spans import Range, word_spans

MARKUP = ("auto", "plain")
"""Treatments of markup in a plain text: removed, or read as it stands."""
_BLOCK = 1 << 16
_CONTEXT = 1000  # characters around a sentence, for language identification
_BLANK_LINES = re.compile(r"\n[ \t\r\f\v\u3000]*\n\s*")


@dataclass(frozen=True)
class Line:
    """A sentence, which is spoken at once, or a pause.

    Attributes:
        passage: the part of the passage with this sentence.
        context: the text around it.
    """

    passage: Passage
    context: str = ""

    @property
    def text(self) -> str:
        """The sentence as it is shown."""
        return self.passage.text


@dataclass(frozen=True)
class Reading:
    """How a line is to sound.

    Attributes:
        text: of the line.
        phonemes: of N tokens.
        spans: the characters of the text that each of the phonemes' words was read from.
        prosody: of each token [N]; empty where all of it is natural.
        language: that its numbers and signs are read in; where it changes, that of the longest part.
    """

    text: str
    phonemes: Phonemes
    language: str
    spans: tuple[Range, ...] = ()
    prosody: tuple[Prosody, ...] = ()


def check_text(text: str | Iterable[str], most: int | None = None, markup: str = "auto") -> None:
    """Read a text of any length once without speaking it.

    Args:
        text: all of it or blocks of it.
        most: characters after which to stop; None for none.
        markup: as `read_plain` takes it.

    Raises:
        TextError: a character cannot be read (its position is named), or there is nothing to speak.
    """
    shown, has_speech = "", False
    pasted = PastedText()
    left_out = 0
    for offset, paragraph, _ in _paragraphs(text):
        if most is not None and offset > most:
            return
        masked = Passage(paragraph).masked()
        check_readable(masked, offset)
        if not has_speech:
            kept = pasted.clean(masked) if markup == "auto" else masked
            has_speech = is_speakable(kept)
            left_out += len(pasted.left_out)
        shown = shown or paragraph[:40]
    if not has_speech:
        raise nothing_but_markup(shown) if left_out else nothing_to_speak(shown)


def read_passages(text: str | Iterable[str], markup: str = "auto") -> Iterable[Passage]:
    """Passages of a plain text (one by one) or an SSML document (a list); a text in blocks is never SSML.

    Args:
        text: all of it or blocks of it.
        markup: of a plain text, see `read_plain`.

    Raises:
        TextError: the SSML cannot be spoken; raised at once, not when its passage is reached.
    """
    return read_ssml(text) if isinstance(text, str) and is_ssml(text) else read_plain(text, markup)


def read_plain(text: str | Iterable[str], markup: str = "auto") -> Iterator[Passage]:
    """Passages of a text, or of the blocks or lines of one: a paragraph each, cut where it is very long.

    Args:
        text: all of it or blocks of it.
        markup: "auto" takes Markdown and HTML out, "plain" reads their marks as any other character.
    """
    pasted = PastedText() if markup == "auto" else None
    for _, paragraph, number in _paragraphs(text):
        if pasted is None:
            yield Passage(paragraph, number)
        else:
            yield Passage(pasted.clean(paragraph), number, left_out=tuple(pasted.left_out))


def lines(passage: Passage) -> Iterator[Line]:
    """Sentences of a passage; what holds nothing to say is left out, except for its pause.

    Raises:
        TextError: a character cannot be read.
    """
    masked = passage.masked()
    check_readable(masked)
    ranges = []
    position = 0
    for sentence in cut_sentences(masked):
        start = masked.index(sentence, position)
        position = start + len(sentence)
        if is_speakable(sentence):
            ranges.append((start, position))
    for index, (start, stop) in enumerate(ranges):
        part = passage.part(start, stop)
        if index < len(ranges) - 1:
            part = replace(part, pause=None)
        context = passage.text[max(0, start - _CONTEXT) : stop + _CONTEXT]
        yield Line(part, context)
    if not ranges and passage.pause is not None:
        yield Line(replace(passage, text="", replacements=(), stretches=()))


def read_line(
    line: Line, language: str | None = None, lexicon: Lexicon | None = None, with_spans: bool = False
) -> Reading:
    """The sounds of a sentence.

    Args:
        line: with a text.
        language: "en", "zh" or "ja" where the line names none; None finds it by the script.
        lexicon: of the user.
        with_spans: whether to find where each word stands in the text.

    Raises:
        TextError: it cannot be read.
    """
    parts = []
    lengths: dict[str, int] = {}
    spoken: list[Replacement] = []  # the text as it is read, in pieces
    for start, stop, named in _language_runs(line.passage):
        part = line.passage.part(start, stop)
        chosen = named or language or detect_language(part.text, line.context)
        lengths[chosen] = lengths.get(chosen, 0) + stop - start
        pieces = _spoken(part, chosen, lexicon)
        parts.append(phonemize("".join(piece.spoken for piece in pieces), chosen))
        spoken += [replace(piece, start=piece.start + start, stop=piece.stop + start) for piece in pieces]
    phonemes = with_breaths(Phonemes.join(parts) if len(parts) > 1 else parts[0])
    main = max(lengths, key=lambda found: lengths[found])
    is_natural = all(stretch.prosody == NATURAL for stretch in line.passage.stretches)
    spans = () if is_natural and not with_spans else _written_spans(phonemes, spoken)
    prosody = () if is_natural else _prosody(phonemes, spans, line.passage.stretches)
    return Reading(line.text, phonemes, main, spans, prosody)


def _spoken(passage: Passage, language: str, lexicon: Lexicon | None) -> list[Replacement]:
    """The whole text in pieces, each with how it is read; most are read as they are written."""
    given = [(one.start, one.stop, one.spoken) for one in passage.replacements]
    if lexicon:
        masked = list(passage.text)
        for start, stop, _ in given:
            masked[start:stop] = " " * (stop - start)
        given = sorted([*given, *lexicon.find("".join(masked), language)])
    pieces = []
    end = 0
    for start, stop, spoken in given:
        pieces += [Replacement(end, start, passage.text[end:start]), Replacement(start, stop, spoken)]
        end = stop
    return [*pieces, Replacement(end, len(passage.text), passage.text[end:])]


def _written_spans(phonemes: Phonemes, spoken: list[Replacement]) -> tuple[Range, ...]:
    """Where each word stands in the text as it was written."""
    ends = accumulate(len(piece.spoken) for piece in spoken)
    # In the text as it is read: start, stop, and the piece it is of.
    origins = [(end - len(piece.spoken), end, piece) for end, piece in zip(ends, spoken, strict=True)]
    spans = []
    for start, stop in word_spans("".join(piece.spoken for piece in spoken), [word.text for word in phonemes.words]):
        touched = [origin for origin in origins if origin[0] < max(stop, start + 1) and origin[1] > start] or [
            origins[-1]
        ]
        spans.append((_written(start, *touched[0])[0], _written(max(stop, start), *touched[-1])[1]))
    return tuple(spans)


def _written(position: int, start: int, stop: int, piece: Replacement) -> Range:
    """The place of a position in the text that is read, start to stop of which is a piece; all of a replaced one."""
    if stop - start != piece.stop - piece.start:
        return piece.start, piece.stop
    return piece.start + position - start, piece.start + position - start


def _language_runs(passage: Passage) -> list[tuple[int, int, str | None]]:
    """Stretches of one language (start, stop, language or None); what is not spoken belongs to its neighbour."""
    named = [stretch for stretch in passage.stretches if stretch.language]
    if not named:
        return [(0, len(passage.text), None)]
    masked = passage.masked()
    edges = sorted({0, len(masked), *(stretch.start for stretch in named), *(stretch.stop for stretch in named)})
    runs: list[tuple[int, int, str | None]] = []
    for start, stop in pairwise(edges):
        language = next(
            (stretch.language for stretch in reversed(named) if stretch.start <= start and stretch.stop >= stop), None
        )
        if runs and (runs[-1][2] == language or not is_speakable(masked[start:stop])):
            runs[-1] = (runs[-1][0], stop, runs[-1][2])
        elif runs and not is_speakable(masked[runs[-1][0] : runs[-1][1]]):
            runs[-1] = (runs[-1][0], stop, language)
        else:
            runs.append((start, stop, language))
    return runs


def _prosody(phonemes: Phonemes, spans: tuple[Range, ...], stretches: tuple[Stretch, ...]) -> tuple[Prosody, ...]:
    """Prosody of each token; a pause is said like the word before it."""
    prosody = [NATURAL] * len(phonemes)
    around, end = NATURAL, 0
    for word, (start, stop) in zip(phonemes.words, spans, strict=True):
        prosody[end : word.first] = [around] * (word.first - end)
        around = NATURAL
        for stretch in stretches:
            if stretch.start < max(stop, start + 1) and stretch.stop > start:
                around = stretch.prosody.inside(around)
        prosody[word.first : word.stop] = [around] * (word.stop - word.first)
        end = word.stop
    prosody[end:] = [around] * (len(prosody) - end)
    return tuple(prosody)


def _paragraphs(text: str | Iterable[str]) -> Iterator[tuple[int, str, int]]:
    """Offset in the text, text and number of each paragraph or part of a very long one."""
    blocks = (text[start : start + _BLOCK] for start in range(0, len(text), _BLOCK)) if isinstance(text, str) else text
    buffer, offset, number = "", 0, 0

    def spoken(parts: Iterable[tuple[int, str]], first: int) -> Iterator[tuple[int, str, int]]:
        return ((first + at, part, number) for at, part in parts if part.strip())

    for block in blocks:
        buffer += block
        start = 0
        for gap in _BLANK_LINES.finditer(buffer):
            if gap.end() == len(buffer):  # the gap may go on in the next block
                break
            yield from spoken(paragraph_parts(buffer[start : gap.start()]), offset + start)
            number += bool(buffer[start : gap.start()].strip())
            start = gap.end()
        buffer, offset = buffer[start:], offset + start
        if len(buffer) > 4 * LONGEST_PARAGRAPH:
            *parts, (last, buffer) = paragraph_parts(buffer)
            yield from spoken(parts, offset)
            offset += last
    yield from spoken(paragraph_parts(buffer), offset)
