"""Addresses of pages as people say them: without scheme, ``www``, queries and endless paths."""

from __future__ import annotations

import re
from collections.abc import Callable

from xespeech.text.passages import LeftOut
from xespeech.text.tables import read_rows

_DOMAINS = "|".join(row["suffix"] for row in read_rows("xespeech.text.english", "suffixes.tsv") if row["domain"])
_ADDRESS = re.compile(
    r"(?<![\w@.])(?:(?P<scheme>(?:https?|ftp)://)(?:[\w.-]+(?::[^\s@/]*)?@)?(?:www\.)?|mailto:|www\.(?=[a-z0-9-]+\.)"
    rf"|(?<![/-])(?=(?:[a-z0-9-]+\.)+(?:{_DOMAINS})/))"
    r"(?P<place>[\w.@+-]+(?::\d+)?)(?P<path>/[^\s?#<>\"'`|\\^{}（），。；！？、「」一-鿿ぁ-ヺ]*)?(?P<end>[?#][^\s<>\"'`，。；！？、「」一-鿿ぁ-ヺ]*)?",
    re.IGNORECASE | re.ASCII,
)
_SAID = re.compile(r"[A-Za-z][A-Za-z._~-]{0,19}|\d{1,4}|[A-Za-z]{1,12}\d{1,2}")
_MOST_SEGMENTS, _LONGEST_PATH = 3, 32


def shorten_addresses(text: str, left_out: list[LeftOut], keep: Callable[[str], str] = str) -> str:
    """A text with its addresses as they are to be said: ``https://www.example.com/?id=7`` → ``https://example.com``.

    A path of a few words stays (``github.com/openai/whisper``), any other is left out as a whole.

    Args:
        text: with or without addresses.
        left_out: what is not spoken is added.
        keep: gives what is written for a shortened address.
    """

    def shorten(address: re.Match[str]) -> str:
        written = address[0]
        bare = written.rstrip(".,;:!?)]*_'\"")
        tail = written[len(bare) :]
        address = _ADDRESS.match(bare) or address
        path = (address["path"] or "").rstrip("/")
        segments = path.split("/")[1:]
        is_said = len(segments) <= _MOST_SEGMENTS and len(path) <= _LONGEST_PATH and all(map(_SAID.fullmatch, segments))
        unsaid = (address["end"] or "") if is_said else path + (address["end"] or "")
        if unsaid.strip("/?#"):
            left_out.append(LeftOut(unsaid, "the end of an address"))
        scheme = (address["scheme"] or "").lower()  # marks an address for the rules of each language
        return keep(scheme + address["place"] + (path if is_said else "")) + tail

    return _ADDRESS.sub(shorten, text)
