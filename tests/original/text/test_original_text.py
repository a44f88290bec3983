"""The text front ends of the original model against what was released with it."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from xespeech.errors import TextError, UnknownNameError
from xespeech.original.text import SYMBOLS, english, symbols_to_ids, text_to_symbols

RELEASED = Path(__file__).parent / "released"


def released_lines() -> list[dict[str, str]]:
    """Lines of the released lists: corpus, language, text and symbols."""
    with (RELEASED / "texts.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def agreement(language: str) -> float:
    """Share of the released symbols that come out of the texts: 1 - edit distance / length."""
    distance = pytest.importorskip("rapidfuzz.distance").Levenshtein.distance
    lines = [line for line in released_lines() if line["language"] == language]
    edits = sum(distance(text_to_symbols(line["text"], language), line["symbols"]) for line in lines)
    return 1 - edits / sum(len(line["symbols"]) for line in lines)


def test_ids_are_those_of_the_released_table() -> None:
    table = json.loads((RELEASED / "symbol_ids.json").read_text(encoding="utf-8"))
    assert len(SYMBOLS) == 203
    for line in released_lines():
        ids = [table[symbol] for symbol in line["symbols"]]
        if line["language"] == "en":
            assert symbols_to_ids(line["symbols"], "en") == [x for id in ids for x in (0, id)] + [0]
        else:
            assert symbols_to_ids(line["symbols"], line["language"]) == ids
    assert {symbol: symbols_to_ids(symbol, "zh")[0] for symbol in table if symbol != " "} == {
        symbol: id for symbol, id in table.items() if symbol != " "
    }


def test_mandarin_agrees_with_the_released_lists() -> None:
    assert agreement("zh") >= 0.99


def test_japanese_agrees_with_the_released_lists() -> None:
    assert agreement("ja") >= 0.99


def test_english_agrees_with_the_released_lists() -> None:
    pytest.importorskip("espeakng_loader")
    assert agreement("en") >= 0.97


@pytest.mark.parametrize(
    ("text", "language", "symbols"),
    [
        ("我有3个苹果", "zh", "wo3 - you3 - san1 ge4 - ping2 guo3"),
        ("大家好,今天下雨!", "zh", "da4 jia1 - hao3 ，- jin1 tian1 - xia4 yu3 -！"),
        ("これは、テスト（仮）です！", "ja", "k o r e w a, ,t e s U t o, ,k a r i, ,d e s U"),
    ],
)
def test_numbers_and_punctuation(text: str, language: str, symbols: str) -> None:
    assert text_to_symbols(text, language) == symbols
    assert symbols_to_ids(symbols, language)


def test_english_numbers_accents_and_brackets() -> None:
    pytest.importorskip("espeakng_loader")
    assert text_to_symbols("It costs 12.5 dollars.", "en") == text_to_symbols(
        "it costs twelve point five dollars.", "en"
    )
    assert text_to_symbols("A naïve café", "en") == text_to_symbols("a naive cafe", "en")
    assert text_to_symbols("Mr. King (who stayed) left", "en") == text_to_symbols("mister king, who stayed, left", "en")
    assert symbols_to_ids(text_to_symbols("Ça va? «Oui», he said — “tout va bien”.", "en"), "en")


def test_the_language_is_found() -> None:
    assert text_to_symbols("今天天气很好").startswith("jin1 tian1 - tian1 qi4")
    assert text_to_symbols("ありがとう") == "a r i g a t o o"


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("…!", "zh", "nothing to speak"),
        ("用ABC", "zh", "'A'.*Han"),
        ("안녕", "ja", "no Japanese reading"),
        ("Ωmega", "en", "ω|English letter"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, language: str, words: str) -> None:
    with pytest.raises(TextError, match=words):
        text_to_symbols(text, language)


def test_english_without_its_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    english._backend.cache_clear()
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(TextError, match=r"espeakng_loader.*pip install 'xespeech\[original\]'"):
        text_to_symbols("Hello.", "en")


def test_unknown_symbols_and_languages_are_named() -> None:
    with pytest.raises(TextError, match="'你'"):
        symbols_to_ids("ni3 你", "zh")
    with pytest.raises(TextError, match="no symbols"):
        symbols_to_ids(" ", "en")
    with pytest.raises(UnknownNameError, match="fr"):
        symbols_to_ids("a", "fr")
