"""Marks within a line: how they are written, what is meant, and an example of each, in the order of their use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xespeech.text.rules import Rule


@dataclass(frozen=True)
class Mark(Rule):
    """A rule for a mark within a line; the group `left` of its pattern holds what is left out.

    Attributes:
        why: `left` is left out; empty where nothing is.
    """

    say: str
    why: str = ""


# Where a mark may not stand beside: within a word or number of the Latin script.
_EDGE = r"[A-Za-z0-9*]"
_SAME_PARAGRAPH = r"(?:(?!\n\s*\n).)+?"
_TARGET = r"\((?P<left>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\"|\s+'[^'\n]*')?\)"
_LINK = "the address of a link"

# What is looked at no further.
KEPT = (
    Mark("IPA", r"\[\[.*?\]\]", r"\g<0>", "[[ˈa*b*]]", "[[ˈa*b*]]", flags=re.S),
    Mark("code", r"(?<!`)(`+)(?!`) ?(.+?) ?(?<!`)\1(?!`)", r"\2", "Use `a*b*c`", "Use a*b*c", flags=re.S),
    Mark("escape", r"\\([\\`*_{}\[\]()#+\-.!|~<>$])", r"\1", r"\*so\*", "*so*"),
)
LINKS = (
    Mark("autolink", r"<((?:https?|ftp|mailto):[^<>\s]+)>", r"\1", "<ftp://a.org/b>", "ftp://a.org/b"),
    Mark("mail", r"<([\w.+-]+@[\w-]+(?:\.[\w-]+)+)>", r"\1", "<bob@a.org>", "bob@a.org"),
    Mark(
        "image",
        rf"!\[(?P<text>[^\]\n]*)\]{_TARGET}",
        r"\g<text>",
        "![A cat](cat.png) sleeps",
        "A cat sleeps",
        why=_LINK,
    ),
    Mark(
        "link",
        rf"(?<![A-Za-z0-9\[])\[(?P<text>[^\[\]\n]+)\]{_TARGET}",
        r"\g<text>",
        '[our site](https://a.org/x "A title") and a[i](j)',
        "our site and a[i](j)",
        why=_LINK,
    ),
    Mark(
        "link by name",
        r"(?<![A-Za-z0-9\[\]])\[(?P<text>(?!\d+\])[^\[\]\n]+)\]\[(?P<left>[^\[\]\n]*)\](?![\[\]])",
        r"\g<text>",
        "[our site][1] and a[i][j], see [1][2]",
        "our site and a[i][j], see [1][2]",
        why=_LINK,
    ),
    Mark("footnote", r"(?P<left>\[\^[^\]\s]+\]):?", "", "So it is.[^1]", "So it is.", why="the mark of a footnote"),
    Mark(
        "emoticon",
        r"(?<![^\s(])(?P<left>[:;=]['’]?-?[DPpOoS]+|xD+|XD+(?=\s*(?:$|[!.,~\n]))|[TQ^>Oo]_+[TQ^<Oo]|</3"
        r"|(?<=[a-zA-Z!?.]{2}\s)<3+(?=\s*(?:$|[!.,~\n]))|(?<=love )<3+|(?<=you )<3+|(?<= u )<3+)(?![\w:])",
        "",
        "I like it :D at 3 :30",
        "I like it  at 3 :30",
        why="a picture without words",
    ),
    Mark(
        "BBCode",
        r"(?<!\w)\[(?P<tag>b|i|u|s|center|quote|size|color|url)(?:=[^\]\n]*)?\](?P<text>.+?)\[/(?P=tag)\]",
        r"\g<text>",
        "[b]So[/b] it is, a[i]",
        "So it is, a[i]",
        flags=re.S,
    ),
)
EMPHASES = (
    Mark(
        "bold and italic",
        rf"(?<!{_EDGE})\*\*\*(?=[^\s*])({_SAME_PARAGRAPH})(?<=[^\s*])\*\*\*(?!{_EDGE})",
        r"\1",
        "***all*** of it",
        "all of it",
        flags=re.S,
    ),
    Mark(
        "bold",
        rf"(?<!{_EDGE})\*\*(?=[^\s*])({_SAME_PARAGRAPH})(?<=\S)\*\*(?!{_EDGE})",
        r"\1",
        "这是**重点：**内容, **5** of it, 2**3 and 4**5",
        "这是重点：内容, 5 of it, 2**3 and 4**5",
        flags=re.S,
    ),
    Mark(
        "part of a word in bold",
        r"\*\*([A-Za-z][A-Za-z ]*)\*\*(?=[A-Za-z])|(?<=[A-Za-z])\*\*([A-Za-z]+)\*\*",
        r"\1\2",
        "**API**s and a**b + c**d",
        "APIs and a**b + c**d",
    ),
    Mark(
        "bold with lines",
        rf"(?<!\w)__(?=[^\s_])({_SAME_PARAGRAPH})(?<=\S)__(?!\w)",
        r"\1",
        "__so__ it is, a__b__c",
        "so it is, a__b__c",
        flags=re.S,
    ),
    Mark(
        "italic",
        rf"(?<!{_EDGE})\*(?=[^\s*])((?:(?!\n\s*\n)[^*])+?)(?<=[^\s*])\*(?!{_EDGE})",
        r"\1",
        "*so* it is, 2*3*4",
        "so it is, 2*3*4",
    ),
    Mark(
        "italic with lines",
        r"(?<![\w/])_(?=[^\s_])((?:(?!\n\s*\n)[^_])+?)(?<=[^\s_])_(?![\w/])",
        r"\1",
        "_so_ it is, my_long_name",
        "so it is, my_long_name",
    ),
    Mark("struck out", r"~~(?=[^\s~])(.+?)(?<=[^\s~])~~", r"\1", "~~old~~ new", "old new"),
    Mark(
        "highlighted", r"(?<!=)==(?=[^\s=])([^=\n]+?)(?<=[^\s=])==(?!=)", r"\1", "==new== and a == b", "new and a == b"
    ),
    Mark(
        "formula",
        r"(?<![\w$])\$(?=[^\s\d$])([^$\n]+?)(?<=[^\s$])\$(?![\w$])",
        r"\1",
        "$x + y$ for $5, $A and $B",
        "x + y for $5, $A and $B",
    ),
)
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
