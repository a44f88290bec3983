from __future__ import annotations

import logging
import random
from itertools import groupby

import pytest

from xespeech.errors import TextError, UnknownNameError
from xespeech.text import LANGUAGES, LONGEST_TEXT, MARKS, PHONES, PUNCTUATION, detect_language, phonemize
from xespeech.text.characters import is_speakable


def runs(text: str, language: str | None = None) -> list[str]:
    return [run for run, _ in groupby(phonemize(text, language).languages)]


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Hello there.", "en"),
        ("今天天气真好。", "zh"),
        ("今日はいい天気ですね。", "ja"),
        ("カメラ", "ja"),
        ("我用 GPU 训练模型。", "zh"),
        ("CPUで計算する", "ja"),
        ("The word 你好 means hello.", "en"),
        ("日语的「ありがとう」是谢谢的意思", "zh"),
        ("{zhang1}", "zh"),
        ("123", "en"),
        ("iPhone Pro Max 好", "zh"),
        ("駅前広場", "ja"),
        ("台灣電腦", "zh"),
    ],
)
def test_language_is_found_by_script(sentence: str, language: str) -> None:
    assert detect_language(sentence) == language


def test_text_around_a_sentence_decides_between_mandarin_and_japanese() -> None:
    assert detect_language("東京、大阪。", context="東京、大阪。そこに行く。") == "ja"
    assert detect_language("我喜欢你。", context="我喜欢你。すし。") == "zh"
    assert set(phonemize("東京。そこに行く。").languages) == {"ja"}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("我用 GPU 训练", None, ["zh", "en", "zh"]),
        ("今日はwhisperで", None, ["ja", "en", "ja"]),
        ("今日はwhisperで", "ja", ["ja", "en", "ja"]),
        ("今日はCPUで", None, ["ja"]),
        ("The word 你好 means hello.", "en", ["en", "zh", "en"]),
        ("他喜欢さくら", "zh", ["zh", "ja"]),
        ("Hello. 你好。こんにちは。", None, ["en", "zh", "ja"]),
        ("访问 https://example.com 网站", None, ["zh", "en", "zh", "en", "zh"]),
    ],
)
def test_each_run_is_read_by_its_own_language(text: str, language: str | None, expected: list[str]) -> None:
    assert runs(text, language) == expected


def test_the_given_language_reads_han_characters_and_digits() -> None:
    assert phonemize("東京", "ja").phones != phonemize("東京", "zh").phones
    assert phonemize("GPU 4", "zh").languages[-1] == "zh"
    assert phonemize("GPU 4", "ja").languages[-1] == "ja"
    assert phonemize("GPU 4").languages[-1] == "en"


def test_pauses() -> None:
    phones = phonemize("(Well), he said -- no... Really?! “Yes”; fine", "en").phones
    assert "".join(phone for phone in phones if phone in PUNCTUATION) == ",,…?,"
    assert phonemize("好的，然后……再见！", "zh").phones[-1] == "!"


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("ＨＥＬＬＯ　１２", "HELLO 12"),
        ("\ufeffhel\u00adlo\u200b\x07", "hello"),
        ("ﬁne", "fine"),
        ("½ cup", "1/2 cup"),
        ("٣ dogs", "3 dogs"),
        ("π", "pi"),
        ("hello™ ★", "hello"),
        ("5 ㎏", "5 kg"),
    ],
)
def test_other_spellings_of_the_same_text(text: str, same_as: str) -> None:
    assert phonemize(text, "en").phones == phonemize(same_as, "en").phones


def test_emoji_are_dropped_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert phonemize("hello 🙂").phones == phonemize("hello").phones
    assert [record.getMessage() for record in caplog.records] == ["dropped characters that have no sound: 🙂"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("I say Привет", r"character 7 of the text, 'П' \(cyrillic capital letter pe\)"),
        ("안녕", "character 1 of the text, '안'"),
        ("abc مرحبا", "character 5 of the text"),
        ("ok αβγ", "character 4 of the text"),
        ("", "the text is empty"),
        ("  \n ", "the text is empty"),
        ("?!…", "nothing that can be spoken"),
        ("🙂", "nothing that can be spoken"),
        ("a" * (LONGEST_TEXT + 1), "10,001 characters"),
    ],
)
def test_text_that_cannot_be_spoken_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(TextError, match=message) as error:
        phonemize(text)
    assert "\n" not in str(error.value)


def test_unknown_language_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown language 'jp': did you mean ja"):
        phonemize("hello", "jp")


_LISTED = (
    "Dr. ,$5.50,3:30pm,{a1},{xyz9},{,},GPU,你好,今日は,ー,っ,ッ,ン,・,〜,😀,é,ß,Ω,αβ,1/2,²,^,10^6,-5,',''',a',"
    "'s,A.B.,http://a.b/c,me@x.org,的,儿,一,不,々,〆,〇,ㇰ,㍿,①,½,٣,\u200d,\n,\t,。,……,——,?!, ,2024-03-05,%,0,"
    "007,V,World War II,μm,\ud800,\ue000,𠮷,ﾊﾞ,ヴァ,ゟ,rock'n'roll,iPhone15,C++,#,&,@,+,<,\\,\",|,~,_,[,1e5,"
    "12:61,13/45/2020,0/0,1-2-3,...,Æ,ŋ,ǃ,ʰ,№,℃,A,a,得,为,只,3只,10年,¥1,ゔ,ゐ,ヶ,か゚,Z̷,a-,ÿ,ǅ,ſ,ɐ"
)
_PIECES = _LISTED.split(",")


@pytest.mark.parametrize("seed", range(4))
def test_any_text_is_read_or_refused(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = random.Random(seed)
    monkeypatch.setattr(logging.getLogger("xespeech.text"), "disabled", True)
    spoken = 0
    for _ in range(300):
        text = "".join(
            generator.choice(_PIECES) if generator.random() < 0.85 else chr(generator.randrange(0x3100))
            for _ in range(generator.randint(1, 10))
        )
        language = generator.choice([None, "en", "zh", "ja"])
        try:
            phonemes = phonemize(text, language)
        except TextError:
            continue
        spoken += 1
        assert set(phonemes.phones) <= set(PHONES[1:]), text
        assert set(phonemes.marks) <= set(MARKS), text
        assert phonemes.sounds, text
        assert phonemes.phones[0] not in PUNCTUATION, text
    assert spoken > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_counts_as_speakable_is_spoken(language: str) -> None:
    """So a line of signs alone never stops a text: it is left out before it is read."""
    silent = []
    for code in [*range(0x21, 0x3400), *range(0xFF00, 0xFFF0)]:
        text = f"({chr(code)}) {chr(code)}"
        if is_speakable(text):
            try:
                phonemize(text, language)
            except TextError as error:
                silent += [text] * ("nothing that can be spoken" in str(error))
    assert not silent
