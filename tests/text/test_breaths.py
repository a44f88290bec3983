"""Breaths in long stretches without punctuation: where none is missing and none is too many."""

from __future__ import annotations

import pytest

from xespeech.text import PUNCTUATION, phonemize
from xespeech.text.breaths import LONGEST_BREATH, with_breaths
from xespeech.text.symbols import VOWELS

LONG = {
    "en": "we walked along the river and talked about the weather because nobody wanted to say " * 4 + "goodbye",
    "zh": "我们走在河边谈论着天气因为没有人想说再见" * 6,
    "ja": "川に沿って歩きながら天気の話をしたのは誰もさよならを言いたくなかったからで" * 5,
}


@pytest.mark.parametrize("language", LONG)
def test_no_stretch_is_longer_than_a_breath(language: str) -> None:
    plain = phonemize(LONG[language], language)
    phonemes = with_breaths(plain)
    lengths = [0]
    for phone in phonemes.phones:
        if phone in PUNCTUATION:
            lengths.append(0)
        lengths[-1] += phone in VOWELS
    assert sum(lengths) > 2 * LONGEST_BREATH[language]
    assert 20 < max(lengths) <= 1.5 * LONGEST_BREATH[language]  # a diphthong is two vowels


@pytest.mark.parametrize("language", LONG)
def test_words_and_sounds_stay(language: str) -> None:
    plain = phonemize(LONG[language], language)
    phonemes = with_breaths(plain)
    assert [word.text for word in phonemes.words] == [word.text for word in plain.words]
    for before, after in zip(plain.words, phonemes.words, strict=True):
        assert plain.phones[before.first : before.stop] == phonemes.phones[after.first : after.stop]
        assert plain.marks[before.first : before.stop] == phonemes.marks[after.first : after.stop]


def test_what_has_pauses_is_left_alone() -> None:
    text = ", ".join(["we walked along the river"] * 30)
    plain = phonemize(text, "en")
    assert with_breaths(plain) is plain
