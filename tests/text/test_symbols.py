from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from xespeech.text import LANGUAGES, MARKS, PHONES, PUNCTUATION, Phonemes, phonemize
from xespeech.text.mandarin.pinyin import syllable
from xespeech.text.symbols import PHONE_IDS


def test_order_is_part_of_every_trained_model() -> None:
    assert len(PHONES) == len(set(PHONES)) == 72
    assert PHONES[:6] == ("_", ",", ".", "?", "!", "…")
    assert (PHONES[6], PHONES[27], PHONES[71]) == ("a", "p", "ɥ")
    assert MARKS == ("", "ˈ", "ˌ", "1", "2", "3", "4", "5", "H", "L")
    assert LANGUAGES == ("en", "zh", "ja")
    assert set(PHONES[1:6]) == PUNCTUATION


def test_ids_are_the_positions_in_the_tables() -> None:
    ids = Phonemes(("tɕ", "i", ","), ("", "H", ""), ("ja", "ja", "ja")).ids()
    assert {name: values.dtype for name, values in ids.items()} == dict.fromkeys(ids, np.dtype(np.int64))
    assert [PHONES[index] for index in ids["phones"]] == ["tɕ", "i", ","]
    assert [MARKS[index] for index in ids["marks"]] == ["", "H", ""]
    assert ids["languages"].tolist() == [2, 2, 2]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Phonemes(("a",), (), ("en",))


def test_every_phone_of_the_english_lexicon_is_in_the_inventory() -> None:
    import sqlite3

    from gruut_lang_en import get_lang_dir

    from xespeech.text.english.reading import _split_phone

    rows = sqlite3.connect(get_lang_dir() / "lexicon.db").execute("SELECT DISTINCT phonemes FROM word_phonemes")
    lexicon = {phone for (phones,) in rows for phone in phones.split()}
    assert len(lexicon) > 60
    assert {sound for phone in lexicon for sound, _ in _split_phone(phone)} <= PHONE_IDS.keys()


def test_every_pinyin_syllable_of_the_dictionaries_is_in_the_inventory() -> None:
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal

    spelled = {to_normal(reading) for readings in PINYIN_DICT.values() for reading in readings.split(",")}
    syllables = {base: syllable(base) for base in spelled}
    assert len(syllables) > 400
    assert [base for base, sounds in syllables.items() if sounds is None] == []
    assert {phone for sounds in syllables.values() if sounds for phone in sounds.phones} <= PHONE_IDS.keys()


def test_every_kana_and_combination_is_in_the_inventory() -> None:
    kana = [chr(code) for code in range(0x30A2, 0x30FB) if chr(code) not in "ァィゥェォッャュョヮヵヶ"]
    text = "、".join(first + small for first in kana for small in ("", *"ァィゥェォャュョヮ"))
    for start in range(0, len(text), 2000):
        assert set(phonemize(text[start : start + 2000], "ja").phones) <= PHONE_IDS.keys()


def test_import_loads_no_language() -> None:
    code = "import sys, xespeech.text; print({'haqumei', 'pycrfsuite', 'rjieba'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
