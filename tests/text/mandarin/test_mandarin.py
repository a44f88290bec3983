from __future__ import annotations

import pytest

from xespeech.errors import TextError
from xespeech.text import phonemize
from xespeech.text.mandarin import normalize_mandarin


def tones(text: str) -> str:
    return "".join(mark for mark in phonemize(text, "zh").marks)


@pytest.mark.parametrize(
    ("text", "ipa"),
    [
        ("中国", "ʈʂ ʊ1 ŋ k w o2"),
        ("知识", "ʈʂ ɻ̩1 ʂ ɻ̩5"),
        ("四十", "s ɹ̩4 ʂ ɻ̩2"),
        ("女", "n y3"),
        ("学员", "ɕ ɥ ɛ2 ɥ ɛ2 n"),
        ("九月", "tɕ j o3 ʊ ɥ ɛ4"),
        ("北京", "p e3 ɪ tɕ i1 ŋ"),
        ("儿子", "ɚ2 ts ɹ̩5"),
    ],
)
def test_syllables_become_shared_sounds(text: str, ipa: str) -> None:
    assert phonemize(text, "zh").ipa == ipa


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好", "23"),
        ("展览馆", "223"),
        ("老虎", "23"),
        ("我很了解", "2323"),
        ("一个", "24"),
        ("一起", "43"),
        ("一天", "41"),
        ("第一名", "412"),
        ("一月一号", "1414"),
        ("看一看", "454"),
        ("不对", "24"),
        ("不好", "43"),
        ("是不是", "454"),
        ("妈妈", "15"),
        ("姐姐", "35"),
        ("想想", "25"),
        ("女朋友", "325"),
    ],
)
def test_tones_after_sandhi(text: str, expected: str) -> None:
    assert tones(text) == expected


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("银行行长", "{yin2 hang2 hang2 zhang3}"),
        ("重庆很重", "{chong2 qing4 hen3 zhong4}"),
        ("我得走了", "{wo2 dei2 zou3 le5}"),
        ("他得了第一名", "{ta1 de2 le5 di4 yi1 ming2}"),
        ("他还了钱还没走", "{ta1 huan2 le5 qian2 hai2 mei2 zou3}"),
        ("慢慢地走", "{man4 man4 de5 zou3}"),
        ("两只猫只有一只", "{liang3 zhi1 mao1 zhi2 you3 yi4 zhi1}"),
        ("一般为百分之十", "{yi4 ban1 wei2 bai3 fen1 zhi1 shi2}"),
    ],
)
def test_characters_with_several_readings(text: str, syllables: str) -> None:
    assert phonemize(text, "zh") == phonemize(syllables, "zh")


def test_erhua_merges_into_the_syllable_but_not_in_full_words() -> None:
    assert phonemize("花儿", "zh").ipa == "x w a1 ɻ"
    assert phonemize("玩儿", "zh").ipa == "w a2 ɻ"
    assert phonemize("女儿", "zh").ipa == "n y3 ɚ2"


def test_braces_hold_pinyin() -> None:
    assert phonemize("{zhuang4}").ipa == "ʈʂ w a4 ŋ"
    assert phonemize("{lv3} {lü3} {lǚ}").ipa == "l y3 l y3 l y3"
    assert phonemize("我喜欢{long2}。").languages[-1] == "zh"
    with pytest.raises(TextError, match="qqq1"):
        phonemize("{qqq1}")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("花了3.5元", "花了三点五元"),
        ("2024年3月5日", "二零二四年三月五日"),
        ("增长3.5%", "增长百分之三点五"),
        ("5kg苹果", "五千克苹果"),
        ("0.5，2000，12", "零点五，两千，十二"),
        ("比分3:2", "比分三比二"),
        ("GPT-4和航班CA1234", "GPT 四和航班CA一二三四"),
        ("3.11.2版", "三点一一点二版"),
        ("電腦軟體", "电脑软体"),
    ],
)
def test_written_numbers_are_said_in_words(written: str, spoken: str) -> None:
    assert normalize_mandarin(written) == spoken


def test_traditional_text_reads_like_simplified() -> None:
    assert phonemize("開發臺灣的銀行", "zh") == phonemize("开发台湾的银行", "zh")


def test_words_are_those_of_jieba() -> None:
    import jieba
    import rjieba

    jieba.setLogLevel("WARNING")
    for text in ("我来到北京清华大学", "小明硕士毕业于中国科学院计算所", "他来到了网易杭研大厦", "㐂喆囧"):
        assert rjieba.cut(text) == jieba.lcut(text)


def test_unreadable_character_is_named() -> None:
    with pytest.raises(TextError, match="U\\+20BB7"):
        phonemize("𠮷", "zh")
