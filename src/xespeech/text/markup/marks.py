"""Marks within a line: how they are written, what is meant, and an example of each, in the order of their use."""

from __future__ import annotations

import re

from xespeech.text.rules import read_rules

# Where a mark may not stand beside: within a word or number of the Latin script.
_EDGE = r"[A-Za-z0-9*]"
_SAME_PARAGRAPH = r"(?:(?!\n\s*\n).)+?"
_TARGET = r"\((?P<left>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\"|\s+'[^'\n]*')?\)"

# What is looked at no further.
KEPT = read_rules(__package__, "kept", globals())
LINKS = read_rules(__package__, "links", globals())
EMPHASES = read_rules(__package__, "emphases", globals())
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
