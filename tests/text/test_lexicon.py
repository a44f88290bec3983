"""A user's own pronunciations."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from xespeech.errors import TextError
from xespeech.text.lexicon import Entry, Lexicon
from xespeech.text.script import lines, read_line, read_plain


def spoken(text: str, lexicon: Lexicon, language: str | None = None) -> str:
    """IPA of a text with a lexicon."""
    return " ".join(
        read_line(line, language, lexicon).phonemes.ipa for passage in read_plain(text) for line in lines(passage)
    )


def test_words_are_read_as_listed(tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text(
        "# mine\n\nGIF\t[[dʒɪf]]\nsql\tsequel\ten\nnginx\t/ˈɛndʒɪnɛks/\n行长\t{hang2 zhang3}\tzh\n今日\tきょう\tja\n",
        "utf-8",
    )
    own = Lexicon.load(tmp_path / "own.tsv")
    plain = Lexicon()
    assert spoken("A GIF.", own).endswith("dʒ ɪ f .")
    assert spoken("A gif.", own) == spoken("A gif.", plain)  # capitals stand for themselves
    assert spoken("SQL and Sql!", own) == spoken("sequel and sequel!", plain)
    assert "ˈɛ n dʒ ɪ n ɛ k s" in spoken("Run NGINX.", own)
    assert spoken("银行行长。", own) == spoken("银行{hang2 zhang3}。", plain)
    assert spoken("今日は。", own, "ja") == spoken("きょうは。", plain, "ja")
    assert spoken("SQLite", own) == spoken("SQLite", plain)  # whole words only


def test_the_longest_word_wins_and_the_later_entry() -> None:
    lexicon = Lexicon(
        (Entry("new", "old"), Entry("new york", "the big apple"), Entry("york", "no"), Entry("york", "ham"))
    )
    assert spoken("New York, new, York.", lexicon) == spoken("the big apple, old, ham.", Lexicon())


def test_ten_thousand_words_cost_no_more_than_ten() -> None:
    """Processor time of making, of the first use and of twenty more."""
    text = "The word7 is here, not word9999x. " * 8

    def work(n_words: int) -> tuple[float, float, float]:
        times = [time.thread_time()]
        lexicon = Lexicon(tuple(Entry(f"word{number}", f"spoken {number}") for number in range(n_words)))
        times.append(time.thread_time())
        assert len(lexicon.find(text, "en")) == 8
        times.append(time.thread_time())
        for _ in range(20):
            lexicon.find(text, "en")
        times.append(time.thread_time())
        return times[1] - times[0], times[2] - times[1], times[3] - times[2]

    making, first, later = map(min, zip(*(work(10_000) for _ in range(3)), strict=True))
    assert first < 20 * making
    assert later < 5 * min(work(10)[2] for _ in range(3))


def test_pronunciation_lexicon_specification(tmp_path: Path) -> None:
    (tmp_path / "own.pls").write_text(
        '<?xml version="1.0"?><lexicon version="1.0" alphabet="ipa" xml:lang="en-US" '
        'xmlns="http://www.w3.org/2005/01/pronunciation-lexicon">'
        "<lexeme><grapheme>GIF</grapheme><grapheme>Gif</grapheme><phoneme>dʒɪf</phoneme></lexeme>"
        "<lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme></lexicon>",
        "utf-8",
    )
    own = Lexicon.load(tmp_path / "own.pls")
    assert spoken("GIF Gif W3C", own) == spoken("[[dʒɪf]] [[dʒɪf]] World Wide Web Consortium", Lexicon())


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.tsv", "word\n", "line 1: 'word' is not an entry"),
        ("a.tsv", "ok\tokay\nword\t[[☺]]\n", "line 2: .*☺"),
        ("a.tsv", "word\tspoken\tjp\n", "line 1: unknown language 'jp'"),
        ("a.pls", "<lexicon><lexeme/></lexicon>", "lexeme 1: it needs a grapheme"),
        ("a.pls", "<lexicon>", "line 1, column"),
        ("a.pls", "<html/>", "its root is html"),
        ("a.pls", '<!DOCTYPE a [<!ENTITY b "c">]><lexicon/>', "refused"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(TextError, match=sentence):
        Lexicon.load(tmp_path / name)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="No such file"):
        Lexicon.load(tmp_path / "missing.tsv")
    (tmp_path / "bad.tsv").write_bytes("行\ta".encode("gb18030"))
    with pytest.raises(TextError, match="not UTF-8"):
        Lexicon.load(tmp_path / "bad.tsv")
