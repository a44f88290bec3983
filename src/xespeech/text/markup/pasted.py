"""Text as it is pasted → the text that is meant: Markdown and HTML without their marks, addresses as people say them.

Only what can hardly be meant otherwise counts as markup: ``2*3*4`` and ``a < b`` stay. Parsers of Markdown follow a
standard that does neither this nor emphasis between Chinese characters (``这是**重点：**内容``), so the rules are
written out here. What is left out besides the marks themselves is listed (`LeftOut`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from xespeech.text.markup.addresses import shorten_addresses
from xespeech.text.markup.tags import strip_tags
from xespeech.text.passages import LeftOut
from xespeech.text.rules import Rule, read_rules

_SUSPICIOUS = re.compile(
    r"-->|[*_`#|<&~\[\\>•◦‣▪●○■□]|==|://|www\.|mailto:|\.[A-Za-z]{2,6}/|\$[^\s\d$]|^\s*(?:[-+–—=]|\d+[.)])|[:;=]['’]?-?[DPpOo3S]|\b[xX]D",
    re.M,
)
_FENCE = re.compile(r"\s{0,3}(?:>\s?)*(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(?P<text>.*?)(?:\s+#+)?\s*$")
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-{2,})\s*$")
_RULE = re.compile(r"\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_QUOTE = re.compile(r"^\s{0,3}(?:>\s?)+(?!\s*[\d=>])")
_BULLET = re.compile(r"\s*(?P<mark>[-*+•◦‣▪●○■□–—·])\s+(?:\[[ xX]\]\s+)?(?P<text>\S.*)$")
_NUMBERED = re.compile(r"\s*(?P<number>\d{1,3}[.)])\s+(?P<text>\S.*)$")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_DEFINITION = re.compile(r"\s{0,3}\[(?P<name>[^\]\n]+)\]:\s*(?P<address>\S+)(?:\s+[\"'(].*[\"')])?\s*$")

# The time of a subtitle (SubRip, WebVTT), with the number before it.
_CUE = re.compile(r"\s*(?:\d{1,2}:)?\d{2}:\d{2}[,.]\d{3}\s*-->\s*(?:\d{1,2}:)?\d{2}:\d{2}[,.]\d{3}.*$")
_CUE_NUMBER = re.compile(r"^[ \t]*(\d{1,5})[ \t]*\n(?=.*-->)", re.M)
_KEPT = re.compile(r"\x02(\d+)\x03")

# Marks within a line, in the order of their use.
# Where a mark may not stand beside: within a word or number of the Latin script.
_EDGE = r"[A-Za-z0-9*]"
_SAME_PARAGRAPH = r"(?:(?!\n\s*\n).)+?"
_TARGET = r"\((?P<left>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\"|\s+'[^'\n]*')?\)"

# What is looked at no further.
KEPT = read_rules(__package__, "kept", globals())
LINKS = read_rules(__package__, "links", globals())
EMPHASES = read_rules(__package__, "emphases", globals())
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")


class _Line(NamedTuple):
    """A line.

    Attributes:
        text: without marks.
        apart: whether it stands apart from its neighbours, as a heading or an item does.
        goes_on: whether it belongs to the item before it.
    """

    text: str
    apart: bool = False
    goes_on: bool = False


class PastedText:
    """Takes markup out of a text, paragraph by paragraph; a block of code may go on through several.

    Attributes:
        left_out: of the last paragraph.
    """

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self._fence = ""  # that has been opened
        self._addresses: dict[str, str] = {}

    def clean(self, paragraph: str) -> str:
        """The paragraph without markup; empty where nothing else is in it."""
        self.left_out = []
        if not self._fence and not _SUSPICIOUS.search(paragraph):
            return paragraph
        return _join(self._lines(self._inline(self._without_code(paragraph)).split("\n")))

    def _without_code(self, paragraph: str) -> str:
        """Blocks of code are left out."""
        kept: list[str] = []
        code: list[str] = []
        for line in paragraph.split("\n"):
            fence = _FENCE.match(line)
            if self._fence:
                if fence and fence["fence"].startswith(self._fence) and not fence["info"].strip():
                    self._fence = ""
                    self._leave_out("\n".join(code), "a block of code")
                    code = []
                else:
                    code.append(line)
            elif fence:
                self._fence = fence["fence"]
                self._leave_out(fence["info"], "the language of code")
                kept.append("")
            else:
                kept.append(line)
        self._leave_out("\n".join(code), "a block of code")
        return "\n".join(kept)

    def _leave_out(self, text: str, why: str) -> None:
        if text.strip():
            self.left_out.append(LeftOut(text.strip(), why))

    def _inline(self, text: str) -> str:
        """Without tags, emphasis, links and entities; what was code or escaped is not looked at again."""
        text = _CUE_NUMBER.sub("", re.sub("[\x02-\x04]", "", text))
        kept: list[str] = []

        def keep(piece: str) -> str:
            kept.append(piece)
            return f"\x02{len(kept) - 1}\x03"

        def restore(piece: str) -> str:
            while _KEPT.search(piece):
                piece = _KEPT.sub(lambda match: kept[int(match[1])], piece)
            return piece

        for mark in KEPT:
            text = mark.compiled.sub(lambda match, mark=mark: keep(mark.words(match) or ""), text)  # type: ignore[misc]
        text = strip_tags(text, self.left_out)
        for mark in LINKS:
            text = mark.compiled.sub(lambda match, mark=mark: self._replace(mark, match), text)  # type: ignore[misc]
        text = shorten_addresses(text, self.left_out, keep)
        for mark in EMPHASES:
            text = mark.apply(text)
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        self.left_out = [LeftOut(restore(part.text), part.why) for part in self.left_out]
        return restore(text)

    def _replace(self, mark: Rule, match: re.Match[str]) -> str:
        """The text that a mark stands for; its group `left` is left out."""
        meaning = mark.words(match) or ""
        if mark.why and match["left"] != meaning:
            self._leave_out(match["left"], mark.why)
        return meaning

    def _lines(self, lines: list[str]) -> Iterator[_Line]:
        """Lines without the marks of blocks."""
        bullets = sum(1 for line in lines if _BULLET.match(line))
        is_table = any("|" in line and "-" in line and _TABLE_RULE.match(line) for line in lines)
        before: _Line | None = None
        for written in lines:
            line = self._line(_QUOTE.sub("", written), before, bullets, is_table)
            if line is not None:
                yield line
                before = line

    def _line(self, line: str, before: _Line | None, bullets: int, is_table: bool) -> _Line | None:
        if _CUE.match(line):
            self._leave_out(line, "the time of a subtitle")
            return _Line("", apart=True)
        if _RULE.match(line) or (before and before.text.strip() and _UNDERLINE.match(line)):
            return _Line("", apart=True)
        if definition := _DEFINITION.match(line):
            self._leave_out(definition["address"], "the address of a link")
            return None
        if heading := _HEADING.match(line):
            return _Line(heading["text"], apart=True)
        if is_table and _TABLE_RULE.match(line):
            return None
        if "|" in line and (is_table or re.match(r"\s*\|\s.*\s\|\s*$", line)):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            return _Line(", ".join(cell for cell in cells if cell), apart=True)
        if (item := _BULLET.match(line)) and (bullets > 1 or not re.match(r"[-+–—]\s+\d", line.strip())):
            return _Line(item["text"], apart=True)
        if item := _NUMBERED.match(line):
            return _Line(f"{item['number']} {item['text']}", apart=True)
        if (
            before and (before.goes_on or (before.apart and before.text)) and re.match(r"\s{2,}\S", line)
        ):  # an item goes on
            return _Line(line.strip(), goes_on=True)
        return _Line(line)


def _join(lines: Iterator[_Line]) -> str:
    """Lines as a text: an empty line before and behind what stands apart, which ends a sentence."""
    text = ""
    was_apart = False
    for number, line in enumerate(lines):
        if number:
            text += "\n\n" if line.apart or (was_apart and not line.goes_on) else "\n"
        text += line.text
        was_apart = line.apart
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
