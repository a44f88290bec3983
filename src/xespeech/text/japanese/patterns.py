"""Patterns that many rules of the Japanese normaliser share, and ways to write numbers and letters for Open JTalk."""

from __future__ import annotations

import re

from xespeech.text.sentences import BY_DIGIT

NUMBER = r"\d+(?:\.\d+)?"
"""A plain number; the commas of thousands are gone when the rules that use it apply."""

AMOUNT = rf"{NUMBER}(?:[千万億兆][\d千万億兆]*)?"
"""A number that may go on in characters: 3.5億, 1億2000万."""

COUNTERS = (
    "パーセント|ポイント|ページ|メートル|キロ|グラム|センチ|ミリ|リットル|トン|ドル|ユーロ|カップ|インチ|シーズン"
    "|時間|分間|秒間|日間|週間|年間|泊|か月|ヶ月|ケ月|カ月|ヵ月|か所|ヶ所|箇所|か国|ヶ国|カ国|年生|年度|年代|人前|人組"
    "|丁目|番地|世紀|号室|両日|平方|立方|[年月日時分秒週円割度歳才代人名個本枚匹杯冊回階軒台頭羽足番号点倍位件社校店組"
    "班級章巻話部節項条頁周戦勝敗問題行列曲通着機隻発歩畳坪株票品食皿袋箱束粒錠滴限幕句首音拍曜合升斗石寸尺里銭]"
)
"""Words that count what the number before them is of."""


def by_digit(written: str, between: str = "、") -> str:
    """Groups of digits (03-1234-5678) as Open JTalk is to read them, digit by digit, with a pause between groups."""
    return between.join(BY_DIGIT + group for group in re.findall(r"\d+", written))


def wide(latin: str) -> str:
    """Latin letters and ``&`` as full-width characters: Open JTalk reads them, as people in Japan do."""
    return re.sub("[A-Za-z&]", lambda char: chr(ord(char[0]) + 0xFEE0), latin)


def plain(number: str) -> str:
    """A whole number without zeros before it."""
    return number.lstrip("0") or "0"
