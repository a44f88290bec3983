"""`xespeech read`: what is shown for people and for programs, from each source of a text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_shows_words_and_sounds(command) -> None:
    result = command("read", "It costs $5.")
    assert (result.code, result.errors) == (0, "")
    assert result.output.splitlines()[:2] == ["en  It costs $5.", "    It costs five dollars."]


def test_json_has_every_field(command) -> None:
    result = command("read", "--json", "一月一个人，好😀")
    content = json.loads(result.output)
    (sentence,) = content["sentences"]
    assert sentence["text"] == "一月一个人，好😀"
    assert sentence["language"] == "zh"
    assert sentence["reading"] == "yi1 yue4 yi2 ge4 ren2, hao3"
    assert sentence["pauses"] == [{"after": "人", "mark": ","}]
    assert sentence["words"][0] == {
        "text": "一月",
        "spoken": "一月",
        "reading": "yi1 yue4",
        "ipa": "i1 ɥ ɛ4",
        "language": "zh",
    }
    assert [own["text"] for own in content["left_out"]] == ["😀"]


def test_language_file_and_lexicon(command, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("GIF 10", encoding="utf-8")
    (tmp_path / "words.tsv").write_text("GIF\t[[dʒɪf]]\n", encoding="utf-8")
    result = command("read", "-f", "text.txt", "--lexicon", "words.tsv", "--language", "zh", "--json")
    (sentence,) = json.loads(result.output)["sentences"]
    assert (sentence["language"], sentence["words"][0]["ipa"], sentence["words"][-1]["spoken"]) == (
        "zh",
        "dʒ ɪ f",
        "十",
    )


def test_ssml_is_recognised(command) -> None:
    result = command("read", "--json", "<speak>Call <sub alias='Ann'>A.</sub></speak>")
    assert json.loads(result.output)["sentences"][0]["spoken"] == "Call Ann"


def test_markup_is_taken_out_unless_it_is_plain(command) -> None:
    spoken = [
        json.loads(command("read", "--json", *more, "# A *big* dog").output)["sentences"][0]["text"]
        for more in ((), ("--markup", "plain"))
    ]
    assert spoken == ["A big dog", "# A *big* dog"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("",), "empty"),
        (("!?",), "nothing that can be spoken"),
        (("Hello", "--language", "fr"), "fr"),
        (("Hello", "--markup", "rtf"), "rtf"),
        (("```\nprint()\n```",), "choose the markup plain"),
    ],
)
def test_mistakes_are_one_sentence(command, arguments: tuple[str, ...], message: str) -> None:
    result = command("read", *arguments)
    assert result.code == 2
    assert message in result.errors
    assert result.output == ""


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("-5 degrees", "minus five degrees"),
        ("-5", "minus five"),
        ("−5", "minus five"),
        ("-$5", "minus five dollars"),
        ("- milk", "milk"),
        ("-- so it is", "so it is"),
        ("--language is an option", "language is an option"),
    ],
)
def test_a_text_that_begins_with_a_hyphen_is_no_option(command, text: str, spoken: str) -> None:
    for arguments in ((text, "--json"), ("--language", "en", "--json", text)):
        result = command("read", *arguments)
        assert (result.code, result.errors) == (0, "")
        (sentence,) = json.loads(result.output)["sentences"]
        assert sentence["spoken"] == spoken


def test_a_mistyped_option_is_refused(command) -> None:
    for option in ("-language", "-langage=en", "--langage", "--langage=a b"):
        assert command("read", "Hello.", option).code == 2
