"""Any number with any unit or sign is read so that somebody who did not write it hears the same number."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xespeech.text.reading import read

FOLDER = Path(__file__).parent / "numbers"
LANGUAGES = ["en", "zh", "ja"]
MOST = 10**12
# Numbers of every length are as likely as each other.
NUMBERS = st.integers(0, 12).flatmap(lambda digits: st.integers(0, 10**digits)) | st.sampled_from([0, 1, 2, 20, MOST])


@cache
def forms(language: str) -> list[tuple[str, str]]:
    """How numbers of a language are written and what is read."""
    with (FOLDER / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        return [(row["written"], row["read"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def heard(words: str, language: str) -> int:
    """The number that words mean."""
    return {"en": _number_in_english, "zh": _number_in_mandarin, "ja": _number_in_japanese}[language](words)


def _number_in_english(words: str) -> int:
    from word2number import w2n

    if words == "one trillion":  # more than word2number knows
        return MOST
    # one scale at a time: word2number adds a few where thousands end a number of millions
    return sum(w2n.word_to_num(part) for part in re.findall(r"\S.*?(?:thousand|million|billion|$)", words))


def _number_in_mandarin(words: str) -> int:
    import cn2an

    return cn2an.cn2an(words.replace("两", "二"), "smart")


_DIGITS = {
    kana: digit
    for digit, forms_of_it in enumerate(
        (
            "ゼロ レー レイ",
            "イチ イッ",
            "ニ ニー",
            "サン",
            "ヨン ヨ",
            "ゴ ゴー",
            "ロク ロッ",
            "ナナ シチ",
            "ハチ ハッ",
            "キュー ク",
        )
    )
    for kana in forms_of_it.split()
}
_PLACES = {
    **dict.fromkeys(("ジュー", "ジッ", "ジュッ"), 10),
    **dict.fromkeys(("ヒャク", "ビャク", "ピャク", "ヒャッ", "ビャッ", "ピャッ"), 100),
    **dict.fromkeys(("セン", "ゼン"), 1000),
}
_MYRIADS = {"マン": 10**4, "オク": 10**8, "オッ": 10**8, "チョー": 10**12}
_JAPANESE = re.compile("|".join(sorted([*_DIGITS, *_PLACES, *_MYRIADS], key=len, reverse=True)))


def _number_in_japanese(words: str) -> int:
    words = re.sub("(?<=[ンクー])、", "", words)  # a breath in a number of many digits
    total = group = digit = 0
    has_digit = False
    position = 0
    while position < len(words):
        match = _JAPANESE.match(words, position)
        assert match, f"{words[position:]} of {words} is not a number"
        word = match[0]
        if word in _DIGITS:
            assert not has_digit, f"{words} has two digits in a row"
            digit, has_digit = _DIGITS[word], True
        elif word in _PLACES:
            group += (digit if has_digit else 1) * _PLACES[word]
            digit, has_digit = 0, False
        else:
            total += (group + digit or 1) * _MYRIADS[word]
            group, digit, has_digit = 0, 0, False
        position = match.end()
    return total + group + digit


def check(language: str, written: str, pattern: str, number: int, grouped: bool) -> None:
    """Read a number in its place and hear it again."""
    text = written.replace("{}", f"{number:,}" if grouped else str(number))
    sentences = read(text, language).sentences
    assert len(sentences) == 1, [sentence.text for sentence in sentences]
    said = sentences[0].reading if language == "ja" else sentences[0].spoken
    match = re.fullmatch(pattern.replace("{}", "(?P<number>.+?)"), said, re.IGNORECASE)
    assert match, f"{text} is read {said}"
    assert heard(match["number"], language) == number, f"{text} is read {said}"


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_number_in_any_place(language: str, data: st.DataObject) -> None:
    written, pattern = data.draw(st.sampled_from(forms(language)))
    check(language, written, pattern, data.draw(NUMBERS), data.draw(st.booleans()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_with_numbers_that_are_easily_misread(language: str) -> None:
    assert len(forms(language)) >= 40
    for written, pattern in forms(language):
        for number, grouped in ((0, False), (2, False), (1950, True), (100_200, False), (20_050_003, True)):
            check(language, written, pattern, number, grouped)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), whole=NUMBERS, fraction=st.text("0123456789", min_size=1, max_size=5))
def test_japanese_decimals_in_any_place(data: st.DataObject, whole: int, fraction: str) -> None:
    """The digits behind the point are read one by one, zeros at the end too."""
    written, pattern = data.draw(st.sampled_from([form for form in forms("ja") if not form[0].startswith("第")]))
    text = written.replace("{}", f"{whole}.{fraction}")
    said = read(text, "ja").sentences[0].reading
    match = re.fullmatch(pattern.replace("{}", "(?P<whole>.+?)テン(?P<fraction>.+?)"), said)
    assert match, f"{text} is read {said}"
    assert _number_in_japanese(match["whole"]) == whole, f"{text} is read {said}"
    digits = re.fullmatch(f"(?:{'|'.join(_DIGITS)})+", match["fraction"])
    assert digits, f"{text} is read {said}"
    digits_found = re.findall("|".join(sorted(_DIGITS, key=len, reverse=True)), match["fraction"])
    assert "".join(str(_DIGITS[digit]) for digit in digits_found) == fraction, f"{text} is read {said}"
