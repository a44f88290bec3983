"""The table of words that are spelled alike: each row decides its example."""

from __future__ import annotations

import pytest

from xespeech.text.english.heteronyms import Heteronym, heteronyms
from xespeech.text.reading import read

ROWS = [own for readings in heteronyms().values() for own in readings]


@pytest.mark.parametrize("own", ROWS, ids=[f"{own.word}-{own.example}" for own in ROWS])
def test_each_example_is_read_by_its_row(own: Heteronym) -> None:
    words = [word for sentence in read(own.example, "en").sentences for word in sentence.words]
    sounds = "".join(own.phones).replace("͡", "").translate({ord("ˈ"): None, ord("ˌ"): None})
    found = ["".join(word.ipa.split()) for word in words if word.spoken.lower() == own.word.lower()]
    assert sounds in [ipa.translate({ord("ˈ"): None, ord("ˌ"): None}) for ipa in found]
