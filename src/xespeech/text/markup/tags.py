"""HTML that is pasted: its elements as the breaks and signs that they stand for."""

from __future__ import annotations

import html
import re

from xespeech.text.passages import LeftOut
from xespeech.text.tables import read_pairs

_ELEMENTS = read_pairs(__package__, "html_elements.tsv")
_NAMES = "|".join(sorted(_ELEMENTS, key=len, reverse=True))
_TAG = re.compile(rf"<(?P<slash>/?)(?P<name>{_NAMES})(?P<rest>(?:\s[^<>]*|\s*/)?)>", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--(?P<comment>.*?)-->|<(?P<name>script|style|template)\b[^<>]*>(?P<content>.*?)</(?P=name)\s*>|<!DOCTYPE[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
_ALTERNATIVE = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ADDRESS = re.compile(r"""\b(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_SUBSCRIPT = re.compile(r"<sub\b[^<>]*>\s*(\d+)\s*</sub\s*>", re.IGNORECASE)
_SUPERSCRIPT = re.compile(r"<sup\b[^<>]*>\s*([+-]?\d+)\s*</sup\s*>", re.IGNORECASE)
_RUBY = re.compile(r"<rp\b[^<>]*>.*?</rp\s*>|<rt\b[^<>]*>(?P<text>.*?)</rt\s*>", re.IGNORECASE | re.DOTALL)
# Never stand without their end.
_CLOSED = frozenset(["a", "b", "i", "u", "s", "em", "strong", "span", "code", "kbd", "mark", "small"])
_CELL_END = "\x04"  # temporary; control characters of the text itself were removed before


def strip_tags(text: str, left_out: list[LeftOut]) -> str:
    """A text without the tags of HTML; names that are no elements (``<name>``) stay.

    Args:
        text: with or without tags.
        left_out: what is not spoken is added.
    """
    if "<" not in text or not (_TAG.search(text) or _UNSEEN.search(text)):
        return text

    def unseen(match: re.Match[str]) -> str:
        content = (match["comment"] or match["content"] or "").strip()
        if content:
            name = "a comment" if match["name"] is None else f"a {match['name'].lower()} of HTML"
            left_out.append(LeftOut(content, name))
        return " "

    def ruby(match: re.Match[str]) -> str:
        if match["text"]:
            left_out.append(LeftOut(match["text"], "a reading above characters"))
        return ""

    text = _UNSEEN.sub(unseen, text)
    text = _RUBY.sub(ruby, text)
    text = _SUBSCRIPT.sub(r"\1", text)
    text = _SUPERSCRIPT.sub(r"^\1", text)
    closed = {name.lower() for name in re.findall(r"</([a-z]+)", text, re.IGNORECASE)}
    text = _TAG.sub(lambda tag: f" {tag['name']} " if _is_word(tag, closed) else _spell_tag(tag, left_out), text)
    text = re.sub(rf"\s*{_CELL_END}\s*(?={_CELL_END}|\n|$)", "", text)
    text = re.sub(rf"\s*{_CELL_END}\s*", ", ", text)
    return re.sub(r"(?:[ \t]*\n){3,}", "\n\n", text).strip()


def _is_word(tag: re.Match[str], closed: set[str]) -> bool:
    """Whether a text speaks of a tag: Use <b> for bold."""
    return tag["name"].lower() in _CLOSED and not (tag["slash"] or tag["rest"]) and tag["name"].lower() not in closed


def _spell_tag(tag: re.Match[str], left_out: list[LeftOut]) -> str:
    """Replacement of a tag in speech: a break, a pause, the alternative text of a picture, or nothing."""
    name = tag["name"].lower()
    address = _value(_ADDRESS.search(tag["rest"]))
    if address:
        left_out.append(LeftOut(address, "the address of a link"))
    if name == "br":
        return "\n"
    if name == "img":
        return f" {_value(_ALTERNATIVE.search(tag['rest']))} "
    if name in ("td", "th"):
        return _CELL_END if tag["slash"] else " "
    return "\n\n" if _ELEMENTS[name] == "block" else ""


def _value(attribute: re.Match[str] | None) -> str:
    return html.unescape(next(filter(None, attribute.groups()), "")) if attribute else ""
