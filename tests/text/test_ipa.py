"""IPA in a text: what people write becomes sounds of the inventory."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xespeech.errors import TextError, UserError
from xespeech.text import MARKS, PHONES, phonemize
from xespeech.text.ipa import parse_ipa
from xespeech.text.reading import read


@pytest.mark.parametrize(
    ("ipa", "language", "sounds"),
    [
        ("təˈmɑːtoʊ", "en", "t ə m ˈɑ t o ʊ"),
        ("ˈt͡ʃɪə̯ɹz", "en", "tʃ ˈɪ ə ɹ z"),
        ("kæts", "en", "k æ t s"),
        ("ˌɪn.tɚˈnæʃ.nəl", "en", "ˌɪ n t ɚ n ˈæ ʃ n ə l"),
        ("ɡɜːl", "en", "ɡ ɚ l"),
        ("bʌtn̩", "en", "b ʌ t ə n"),
        ("ni˨˩˦ xaʊ̯˨˩˦", "zh", "n i3 x a3 ʊ"),
        ("pʰiŋ2", "zh", "pʰ i2 ŋ"),
        ("toːkjoː", "ja", "t o o k j o o"),
        ("haLɕiH", "ja", "h aL ɕ iH"),
        ("rok", "ja", "ɾ o k"),
    ],
)
def test_transcriptions(ipa: str, language: str, sounds: str) -> None:
    assert " ".join(m + p if m in ("ˈ", "ˌ") else p + m for p, m in parse_ipa(ipa, language)) == sounds


@pytest.mark.parametrize("text", ["The international chairs.", "你好，北京。", "東京へ行きました。"])
def test_what_is_printed_can_be_read_back(text: str) -> None:
    phonemes = phonemize(text)
    spoken = [(p, m) for p, m in zip(phonemes.phones, phonemes.marks, strict=True) if p not in ",.?!…"]
    printed = " ".join(token for token in phonemes.ipa.split() if token not in ",.?!…")
    assert parse_ipa(printed, phonemes.languages[0]) == spoken


def test_ipa_stands_among_words() -> None:
    with_ipa = phonemize("I like [[təˈmeɪtoʊ]] soup.")
    assert with_ipa.ipa.endswith("t ə m ˈe ɪ t o ʊ s ˈu p .")
    assert [word.text for word in with_ipa.words] == ["I", "like", "[[təˈmeɪtoʊ]]", "soup"]
    assert phonemize("[[ni˨˩˦]]好。", "zh").languages == ("zh",) * 6


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("[[q?]]", r"\[\[q\?\]\]: '\?'"), ("[[ ]]", "no sound"), ("[[t1]]", "no vowel"), ("[[☺]]", "☺")],
)
def test_what_is_no_ipa_is_named(text: str, sentence: str) -> None:
    with pytest.raises(TextError, match=sentence):
        phonemize(f"Say {text} now.")


@pytest.mark.parametrize("unit", ["[[", "[[a", "[[a]] ", "{", "{ni3"])
def test_brackets_without_end_take_linear_time(unit: str) -> None:
    def seconds(count: int) -> float:
        started = time.process_time()  # which other processes do not add to
        with contextlib.suppress(UserError):
            read(unit * count)
        return time.process_time() - started

    seconds(100)  # what is made on first use
    assert seconds(6000) < 10 * seconds(1500) + 0.1  # four times as much text; 16 were quadratic


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=12), st.sampled_from(["en", "zh", "ja"]))
def test_any_string_is_sounds_or_an_error(ipa: str, language: str) -> None:
    try:
        sounds = parse_ipa(ipa, language)
    except UserError:
        return
    assert sounds
    assert all(phone in PHONES and mark in MARKS for phone, mark in sounds)
