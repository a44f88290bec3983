"""Passages: paragraphs of a text, or parts of them with one voice, with what their markup says.

Plain text and SSML both become passages; `xespeech.text.script` makes sentences of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from xespeech.text.ipa import INLINE
from xespeech.text.prosody import NATURAL, Prosody
from xespeech.text.sentences import cut_sentences

LONGEST_PARAGRAPH = 4000
"""Characters; a longer paragraph is cut at a line or a sentence."""


@dataclass(frozen=True)
class LeftOut:
    """Characters that are not spoken, and why."""

    text: str
    why: str


@dataclass(frozen=True)
class Replacement:
    """Characters `start` to `stop` - 1 of a text are read as `spoken`: a respelling, ``[[IPA]]`` or ``{pinyin}``."""

    start: int
    stop: int
    spoken: str


@dataclass(frozen=True)
class Stretch:
    """Characters `start` to `stop` - 1 of a text are said in another way or another language."""

    start: int
    stop: int
    prosody: Prosody = NATURAL
    language: str | None = None


@dataclass(frozen=True)
class Passage:
    """A paragraph, or a part of one that one voice says.

    Attributes:
        text: as it is shown; empty where there is only a pause.
        paragraph: counted from 0.
        replacements: apart from each other, in order.
        stretches: of two that overlap, the outer comes first.
        voice, emotion, intensity: None for those asked for.
        pause: seconds of silence behind it; None for the usual.
        where: in the user's document, for messages.
        left_out: of the paragraph, with its markup.
    """

    text: str
    paragraph: int = 0
    replacements: tuple[Replacement, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    voice: str | None = None
    emotion: str | None = None
    intensity: float | None = None
    pause: float | None = None
    where: str = ""
    left_out: tuple[LeftOut, ...] = ()

    def part(self, start: int, stop: int) -> Passage:
        """Characters `start` to `stop` - 1 with what applies to them."""
        if start == 0 and stop == len(self.text):
            return self
        return replace(
            self,
            text=self.text[start:stop],
            replacements=tuple(
                replace(one, start=one.start - start, stop=one.stop - start)
                for one in self.replacements
                if start <= one.start < one.stop <= stop
            ),
            stretches=tuple(
                replace(one, start=max(one.start, start) - start, stop=min(one.stop, stop) - start)
                for one in self.stretches
                if one.start < stop and one.stop > start
            ),
        )

    def masked(self) -> str:
        """The text with a letter for every character whose reading is given: such characters end no sentence."""
        text = INLINE.sub(lambda ipa: "x" * len(ipa[0]), self.text)
        for replacement in self.replacements:
            text = text[: replacement.start] + "x" * (replacement.stop - replacement.start) + text[replacement.stop :]
        return text


def split_passage(passage: Passage) -> list[Passage]:
    """The passage, in parts where it is very long; the last one has its pause."""
    if len(passage.text) <= LONGEST_PARAGRAPH:
        return [passage]
    parts = [(start, start + len(part)) for start, part in paragraph_parts(passage.masked())]
    split = [replace(passage.part(*span), pause=None) for span in parts]
    return [*split[:-1], replace(split[-1], pause=passage.pause)]


def paragraph_parts(paragraph: str) -> Iterator[tuple[int, str]]:
    """A paragraph, cut behind lines, sentences or words where it is too long; with the offset of each part."""
    start = 0
    while len(paragraph) - start > LONGEST_PARAGRAPH:
        window = paragraph[start : start + LONGEST_PARAGRAPH]
        cut = window.rfind("\n") + 1
        if cut < LONGEST_PARAGRAPH // 4:
            last = cut_sentences(window)[-1:]  # perhaps not ended
            cut = window.rindex(last[0]) if last else 0
        if cut < LONGEST_PARAGRAPH // 4:
            cut = window.rfind(" ") + 1
        cut = cut if cut > 0 else LONGEST_PARAGRAPH
        yield start, window[:cut]
        start += cut
    yield start, paragraph[start:]
