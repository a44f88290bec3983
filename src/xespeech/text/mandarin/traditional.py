"""Traditional characters as simplified ones, which the word lists are written in."""

from __future__ import annotations

import re
from functools import lru_cache

from xespeech.text.tables import read_pairs

# 乾 and 著 are also simplified characters with another reading (乾坤 qián, 著名 zhù): where nothing else in the text is
# traditional, only these neighbours tell.
_DRY = re.compile(
    "乾(?=[杯淨净燥脆旱枯涸洗糧粮冰癟瘪咳果酪貨货媽妈爸爹娘兒儿女瞪等電电草柴燒烧炒鍋锅巴活癣癬眼脆嚎乾笑瘦股屍尸鮑鲍掉了])"
    "|(?<=[餅饼晒曬烘吹擦擰拧風风晾豆肉杏魚鱼筍笋口烤喝榨乾抹未不太很曝陰阴瀝沥梅若萄白])乾(?![坤隆道陵])"
)
_WRITTEN = re.compile(
    "著(?=[名作者称稱书書述錄录论論文]|有《|》)|(?<=[显顯名原编編专專巨论論译譯遗遺合土卓昭拙所主新旧舊大古共自])著"
)
_ASPECT = re.compile("(?<=[一-鿿])著(?=[^,，。！？!?、；;\\s》」』）)])|(?<=[看聽听拿坐站走等跟抱帶带想活笑哭睡穿])著")


@lru_cache(maxsize=1)
def _conversion() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    conversion = read_pairs(__package__, "traditional.tsv")
    phrases = sorted((word for word in conversion if len(word) > 1), key=len, reverse=True)
    characters = "".join(word for word in conversion if len(word) == 1 and word != "乾")
    return conversion, re.compile(f"{'|'.join(phrases)}|[{characters}]"), re.compile(f"[{characters}]")


def simplify(text: str) -> str:
    """The text in simplified characters; 著 and 乾 by their neighbours."""
    conversion, pattern, characters = _conversion()
    is_traditional = bool(characters.search(text))
    if "著" in text:
        text = _progressive(text, is_traditional)
    if "乾" in text:
        text = _DRY.sub("干", text)
    if is_traditional:
        text = pattern.sub(lambda match: conversion[match[0]], text)
        text = re.sub("乾(?![坤隆陵道卦元清嘉宅象县红])(?<![康坤法])", "干", text)
    return text


def _progressive(text: str, is_traditional: bool) -> str:
    """著 as 着 where it follows a verb."""
    kept = {match.start() for match in _WRITTEN.finditer(text)}
    pattern = re.compile("(?<=[一-鿿])著") if is_traditional else _ASPECT
    return pattern.sub(lambda match: match[0] if match.start() in kept else "着", text)
