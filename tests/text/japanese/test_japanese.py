from __future__ import annotations

from contextlib import suppress

import pytest

from xespeech.errors import TextError
from xespeech.text import phonemize
from xespeech.text.japanese import normalize_japanese


@pytest.mark.parametrize(
    ("text", "ipa"),
    [
        ("箸", "h aH ɕ iL"),
        ("橋", "h aL ɕ iH"),
        ("東京", "t oL oH k j oH oH"),
        ("学校", "ɡ aL ʔH k oH oH"),
        ("新聞", "ɕ iL ɴH b ɯH ɴH"),
        ("です。", "d eH s ɯ̥L ."),
        ("人", "ç i̥L t oH"),
        ("ツアー", "ts ɯH aL aL"),
        ("フュージョン", "ɸ j ɯH ɯL dʑ oL ɴL"),
    ],
)
def test_moras_carry_their_pitch(text: str, ipa: str) -> None:
    assert phonemize(text, "ja").ipa == ipa


def test_high_vowels_between_voiceless_sounds_are_devoiced() -> None:
    assert "ɯ̥" in phonemize("ですか", "ja").phones or "i̥" in phonemize("ました", "ja").phones
    assert phonemize("ました", "ja").phones == ("m", "a", "ɕ", "i̥", "t", "a")


def test_kana_reads_like_its_kanji() -> None:
    assert phonemize("さくら", "ja").phones == phonemize("桜", "ja").phones == phonemize("ｻｸﾗ", "ja").phones


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("¥1,500", "1500円"),
        ("10:30に", "10時30分に"),
        ("20℃".replace("℃", "°C"), "20度"),
        ("50〜60歳", "50から60歳"),
        ("すご〜い", "すごーい"),
        ("2.5kg", "2点5キログラム"),
        ("GPT-4", "ＧＰＴ 4"),
        ("3人と1,000本", "3人と1000本"),
    ],
)
def test_written_numbers(written: str, spoken: str) -> None:
    assert normalize_japanese(written) == spoken


def test_counters_change_with_the_number() -> None:
    assert phonemize("3本", "ja").phones == ("s", "a", "ɴ", "b", "o", "ɴ")
    assert phonemize("1人", "ja").phones == ("ç", "i̥", "t", "o", "ɾ", "i")


def test_pauses_stay_where_they_are_written() -> None:
    assert [phone for phone in phonemize("え、本当？はい！", "ja").phones if phone in ",.?!…"] == [",", "?", "!"]


def test_unreadable_character_is_named() -> None:
    with pytest.raises(TextError, match="欢"):
        phonemize("他喜欢", "ja")


def test_stray_marks_neither_crash_nor_print(capfd: pytest.CaptureFixture[str]) -> None:
    assert phonemize("ーあ、ー様、・10年", "ja").phones[0] == "a"
    for text in ("ー", "々", "〇", "ゝ"):
        with suppress(TextError):
            phonemize(text, "ja")
    assert capfd.readouterr() == ("", "")
