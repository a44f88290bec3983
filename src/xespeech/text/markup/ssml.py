"""SSML, the W3C's Speech Synthesis Markup Language: the elements that people use, as passages to be spoken.

    speak p s break prosody emphasis phoneme say-as sub lang voice

`speak`, `p`, `s`, `voice` and `prosody` also take `emotion` and `intensity`, which SSML itself has no word for.
Anything else is an error that names its line and column. Source: Speech Synthesis Markup Language 1.1, W3C 2010.
"""

from __future__ import annotations

import io
import re
import xml.sax
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from xespeech.errors import TextError, UserError
from xespeech.text.characters import check_readable, detect_language, is_speakable
from xespeech.text.markup.ssml_values import (
    read_break,
    read_emphasis,
    read_intensity,
    read_language,
    read_phoneme,
    read_prosody,
    say_as,
)
from xespeech.text.passages import Passage, Replacement, Stretch, split_passage
from xespeech.text.prosody import NATURAL, Prosody
from xespeech.text.tables import read_pairs

_START = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!DOCTYPE\s+)?speak[\s/>\[]", re.DOTALL)
_CONTEXT = 20  # pieces of text before an element, for language identification
_EMOTION = ("emotion", "intensity")
_DEEPEST = 100  # elements inside each other
_ATTRIBUTES = {name: attributes.split() for name, attributes in read_pairs(__package__, "ssml_elements.tsv").items()}
_LEAVES = ("phoneme", "say-as", "sub")  # hold text only
_BREAKS = ("speak", "p", "s", "voice")  # begin and end passages
_NEEDED = {"phoneme": "ph", "say-as": "interpret-as", "sub": "alias", "lang": "xml:lang"}


def is_ssml(text: str) -> bool:
    """Whether a text is an SSML document: its first element is `speak`, after comments and the like."""
    return _START.match(text) is not None


def read_ssml(text: str) -> list[Passage]:
    """Passages of an SSML document.

    Raises:
        TextError: it is no XML, or holds what cannot be spoken; the line and column are named.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.sax import make_parser

    reader = _Reader()
    parser = make_parser()  # refuses entities that the document defines
    parser.setContentHandler(reader)
    source = xml.sax.InputSource()
    source.setCharacterStream(io.StringIO(text))
    try:
        parser.parse(source)
    except xml.sax.SAXParseException as error:
        line, column = error.getLineNumber() or 1, (error.getColumnNumber() or 0) + 1
        raise TextError(f"SSML, line {line}, column {column}: {error.getMessage()}.") from error
    except DefusedXmlException as error:
        raise TextError(
            f"SSML, {reader.position}: declarations of entities are refused: write the text itself."
        ) from error
    except UnicodeEncodeError as error:
        raise TextError("SSML: the text holds half a character (a lone surrogate): save it again.") from error
    if not any(is_speakable(passage.masked()) for passage in reader.passages):
        raise TextError("SSML, line 1, column 1: the document has nothing that can be spoken: write at least one word.")
    return reader.passages


@dataclass
class _Open:
    """An element that has not ended.

    Attributes:
        start, piece: where its text begins in the passage: character, and piece of the text.
        passage: what `voice`, `emotion` and `intensity` are inside it.
        prosody, language: of what is inside it.
        spoken: what is read in its place.
    """

    name: str
    attributes: Mapping[str, str]
    start: int
    passage: Passage
    prosody: Prosody = NATURAL
    language: str | None = None
    spoken: str | None = None
    piece: int = 0


class _Reader(xml.sax.ContentHandler):
    """Collects the text of the document and what applies to it."""

    def __init__(self) -> None:
        super().__init__()
        self.passages: list[Passage] = []
        self._locator: Any  # the parser sets it
        self._open: list[_Open] = []
        self._pieces: list[str] = []  # of the passage's text
        self._length = 0
        self._replacements: list[Replacement] = []
        self._stretches: list[Stretch] = []
        self._paragraph = 0
        self._where = ""

    @property
    def position(self) -> str:
        """Where the parser is."""
        return f"line {self._locator.getLineNumber()}, column {self._locator.getColumnNumber() + 1}"

    def startElement(self, name: str, attrs: Any) -> None:
        attributes = dict(attrs)
        self._check(name, attributes)
        if name in _BREAKS or any(key in attributes for key in _EMOTION):
            self._end_passage()
        passage = self._open[-1].passage if self._open else Passage("")
        element = _Open(name, attributes, self._length, passage, piece=len(self._pieces))
        try:
            self._read(element)
        except UserError as error:
            self._fail(str(error))
        self._open.append(element)

    def _read(self, element: _Open) -> None:
        """Values of the attributes of an element."""
        name, attributes = element.name, element.attributes
        if "xml:lang" in attributes:
            element.language = read_language(attributes["xml:lang"])
        if name == "prosody":
            element.prosody = read_prosody(attributes)
        elif name == "emphasis":
            element.prosody = read_emphasis(attributes.get("level", "moderate"))
        elif name == "break":
            self._pause(read_break(attributes))
        elif name == "phoneme":
            element.spoken = read_phoneme(attributes["ph"], attributes.get("alphabet", "ipa"))
        elif name == "sub":
            element.spoken = attributes["alias"]
        elif name == "p":
            self._paragraph += bool(self.passages)
        changes: dict[str, Any] = {}
        if attributes.get("name"):
            changes["voice"] = attributes["name"]
            changes["emotion"] = changes["intensity"] = None
        if "emotion" in attributes:
            changes["emotion"] = attributes["emotion"]
        if "intensity" in attributes:
            changes["intensity"] = read_intensity(attributes["intensity"])
        if changes:
            element.passage = replace(element.passage, **changes, where=self.position)

    def endElement(self, name: str) -> None:
        element = self._open[-1]
        if element.spoken is None and name == "say-as":
            content = "".join(self._pieces[element.piece :])
            try:
                element.spoken = say_as(
                    content,
                    element.attributes["interpret-as"],
                    element.attributes.get("format", ""),
                    self._language() or detect_language("".join(self._pieces[-_CONTEXT:])),
                )
            except UserError as error:
                self._fail(str(error))
        self._close(element)
        if name in _BREAKS or any(key in element.attributes for key in _EMOTION):
            self._end_passage()
        self._open.pop()

    def characters(self, content: str) -> None:
        if not self._pieces and content.strip():
            self._where = self.position
        self._pieces.append(content)
        self._length += len(content)

    def skippedEntity(self, name: str) -> None:
        self._fail(f"the entity &{name}; is unknown: write the character itself")

    def _check(self, name: str, attributes: Mapping[str, str]) -> None:
        """Refuse what SSML does not allow here, or what is not read."""
        if not self._open and name != "speak":
            self._fail(f"the document begins with <{name}>: put everything into <speak>")
        if self._open and name == "speak":
            self._fail("<speak> stands inside <speak>: one is enough")
        if len(self._open) >= _DEEPEST:
            self._fail(f"<{name}> stands inside {len(self._open)} others: nest fewer")
        if name not in _ATTRIBUTES:
            self._fail(f"<{name}> is not supported: use {', '.join(_ATTRIBUTES)}")
        if self._open and self._open[-1].name in (*_LEAVES, "break"):
            self._fail(f"<{self._open[-1].name}> holds text only: move <{name}> out of it")
        for key in attributes:
            if key not in _ATTRIBUTES[name] and not key.startswith("xmlns:"):
                self._fail(f"<{name}> has no attribute {key}: it takes {', '.join(_ATTRIBUTES[name])}")
        if name in _NEEDED and _NEEDED[name] not in attributes:
            self._fail(f"<{name}> needs the attribute {_NEEDED[name]}")

    def _fail(self, message: str) -> NoReturn:
        raise TextError(f"SSML, {self.position}: {message.rstrip('.')}.")

    def _language(self) -> str | None:
        return next((element.language for element in reversed(self._open) if element.language), None)

    def _close(self, element: _Open) -> None:
        """Keep what an element said about the text since its start."""
        span = element.start, self._length
        if span[0] == span[1]:
            return
        if element.spoken is not None:
            self._replacements.append(Replacement(*span, element.spoken))
        elif element.prosody != NATURAL or element.language:
            self._stretches.append(Stretch(*span, element.prosody, element.language))

    def _end_passage(self, pause: float | None = None) -> None:
        """End the passage; open elements continue in the next one."""
        for element in reversed(self._open):
            self._close(element)
            element.start = element.piece = 0
        text = "".join(self._pieces)
        if text.strip() or pause is not None:
            stretches = sorted(self._stretches, key=lambda stretch: (stretch.start, -stretch.stop))
            context = self._open[-1].passage if self._open else Passage("")
            passage = replace(
                context,
                text=text,
                paragraph=self._paragraph,
                replacements=tuple(self._replacements),
                stretches=tuple(stretches),
                pause=pause,
                where=context.where or self._where,
            )
            passage = _collapse(passage)
            try:
                check_readable(passage.masked())
            except TextError as error:
                raise TextError(f"SSML, {self._where or self.position}: {error}") from error
            if not is_speakable(_said(passage)):  # what is read as nothing, or punctuation alone
                passage = replace(passage, text="", replacements=(), stretches=())
            if passage.text or pause is not None:
                self.passages += split_passage(passage)
        self._pieces, self._length = [], 0
        self._replacements, self._stretches = [], []

    def _pause(self, seconds: float) -> None:
        """A break: behind what was said before it."""
        if seconds == 0:
            return
        if any(map(str.strip, self._pieces)) or not self.passages:
            self._end_passage(seconds)
        else:
            before = self.passages[-1]
            self.passages[-1] = replace(before, pause=(before.pause or 0.0) + seconds)


def _said(passage: Passage) -> str:
    """The text of a passage with its replacements as they are spoken."""
    text = passage.text
    for one in sorted(passage.replacements, key=lambda one: -one.start):
        text = text[: one.start] + one.spoken + text[one.stop :]
    return text


def _collapse(passage: Passage) -> Passage:
    """The passage with each run of white space as one blank, and none at its ends."""
    text, place = "", [0]  # place[i]: where character i of the old text is in the new one
    for char in passage.text:
        if not char.isspace():
            text += char
        elif text and not text.endswith(" "):
            text += " "
        place.append(len(text))
    return replace(
        passage,
        text=text,
        replacements=tuple(
            replace(one, start=place[one.start], stop=place[one.stop])
            for one in passage.replacements
            if place[one.stop] > place[one.start]
        ),
        stretches=tuple(replace(one, start=place[one.start], stop=place[one.stop]) for one in passage.stretches),
    )
