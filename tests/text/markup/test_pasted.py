"""Pasted markup: what goes on from paragraph to paragraph, and what no text loses. See readings/any.markup.tsv, too."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xespeech.text.markup.pasted import EMPHASES, KEPT, LINKS, PastedText
from xespeech.text.passages import LeftOut
from xespeech.text.rules import Rule
from xespeech.text.script import read_plain


def test_a_block_of_code_goes_on_through_blank_lines() -> None:
    text = "Before.\n\n```\na = 1\n\nb = 2\n```\n\nAfter."
    passages = list(read_plain(text))
    assert [passage.text for passage in passages if passage.text] == ["Before.", "After."]
    left_out = [own for passage in passages for own in passage.left_out]
    assert left_out == [LeftOut("a = 1", "a block of code"), LeftOut("b = 2", "a block of code")]


def test_plain_keeps_every_mark() -> None:
    text = "# *A* [b](c) <b>d</b> &amp;\n```\ne\n```"
    assert [passage.text for passage in read_plain(text, "plain")] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Nothing special, just 2 - 3 = -1 and so on.",
        "2*3*4, 5 * 6, a*b, x**2 + y**2, f(x)[0], a[i](j)",
        "my_long_name, __x__y, C:/_a_/b",
        "If a < b > c, dear <name>, I <3 you & me; AT&T &c.",
        "- 5 degrees",
        "x > 5\n> 5 is what is said",
        "[[təˈmeɪtoʊ]] {ni3 hao3} [sic] [1][2]",
        "|x| is 5 - or |y|",
        "~5 km, ~/bin and 3~4",
    ],
)
def test_what_is_no_markup_stays(text: str) -> None:
    pasted = PastedText()
    assert (pasted.clean(text), pasted.left_out) == (text, [])


_PIECES = st.sampled_from(
    [
        "word",
        "字",
        "5",
        " ",
        "\n",
        "*",
        "**",
        "_",
        "`",
        "```",
        "[",
        "](",
        ")",
        "<b>",
        "</b>",
        "<td>",
        "&amp;",
        "|",
        "- ",
        "# ",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_no_word_is_lost_in_silence(text: str) -> None:
    kept: list[str] = []
    for passage in read_plain(text):
        kept += [passage.text, *(own.text for own in passage.left_out)]
    joined = "".join(kept)
    for word in ("word", "字", "5"):
        assert joined.count(word) == text.count(word)


@pytest.mark.parametrize("unit", ["*a ", "[a](", "`", "<b", "**", "&", "| ", "_a", "- \n", "https://a.b/", "> "])
def test_long_texts_take_linear_time(unit: str) -> None:
    text = unit * 2000  # hangs where a pattern looks at the rest of the text from every place of it
    assert PastedText().clean(text) is not None


@pytest.mark.parametrize("mark", [*KEPT, *LINKS, *EMPHASES], ids=lambda mark: mark.name)
def test_each_mark_has_an_example(mark: Rule) -> None:
    pasted = PastedText()
    assert mark.compiled.search(mark.written)
    assert pasted.clean(mark.written) == mark.spoken
    assert bool(pasted.left_out) is bool(mark.why)


@pytest.mark.parametrize(
    ("first", "second", "text", "meant"),
    [
        ("code", "italic", "`*a*`", "*a*"),  # what is code is shown as it is
        ("image", "link", "[![A cat](a.png)](b.org)", "A cat"),
        ("bold and italic", "bold", "***a***", "a"),
        ("bold", "italic", "**a** *b*", "a b"),
    ],
)
def test_order_of_the_marks(first: str, second: str, text: str, meant: str) -> None:
    names = [mark.name for mark in (*KEPT, *LINKS, *EMPHASES)]
    assert names.index(first) < names.index(second)
    assert PastedText().clean(text) == meant
