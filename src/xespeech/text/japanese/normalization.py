"""Japanese as it is written → what Open JTalk reads: numbers beside symbols and units as words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

# Numbers beside symbols or foreign units go through the WeText grammar; Open JTalk itself knows Japanese counters.
_NEEDS_GRAMMAR = re.compile(r"\d[./:%\-~〜]+\d|[¥$€£+\-=×÷−±]\s*\d|\d\s*[A-Za-z%¥$€£+=×÷]")
_SYMBOLS = {
    **{
        "%": "パーセント",
        "&": "アンド",
        "+": "プラス",
        "=": "イコール",
        "×": "かける",
        "÷": "わる",
        "−": "マイナス",
        "±": "プラスマイナス",
    },
    **{
        "√": "ルート",
        "∞": "無限大",
        "≈": "ほぼ等しい",
        "≠": "ノットイコール",
        "≤": "以下",
        "≥": "以上",
        "°": "度",
        "@": "アットマーク",
    },
    **{
        "$": "ドル",
        "€": "ユーロ",
        "£": "ポンド",
        "¥": "円",
        "₩": "ウォン",
        "₹": "ルピー",
        "₽": "ルーブル",
        "¢": "セント",
        "฿": "バーツ",
    },
    **{"#": "シャープ", "²": "の二乗", "³": "の三乗"},
}
_SMALL_UNITS = {"μm": "マイクロメートル", "μs": "マイクロ秒", "μg": "マイクログラム"}


@lru_cache(maxsize=1)
def _normalizer() -> Any:
    from wetext import Normalizer

    return Normalizer(lang="ja", operator="tn")


def normalize_japanese(text: str) -> str:
    """Numbers beside symbols and units as words; plain numbers stay, Open JTalk reads them with their counters."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"°C\b", "度", text)
    text = re.sub(r"μ[msg](?![a-z])", lambda unit: _SMALL_UNITS[unit[0]], text)
    text = re.sub(r"(?<=\d)\s*[〜～~]\s*(?=\d)", "から", text)
    text = re.sub(r"(?<![\d])(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d])", r"\1点\2点\3", text)
    text = re.sub(r"\^\s?(\d+)", r"の\1乗", text)
    text = re.sub(r"(?<=[A-Za-z])-(?=\d)", " ", text)
    text = re.sub(r"[〜～~]", "ー", text)
    if _NEEDS_GRAMMAR.search(text):
        text = "".join(_apply_grammar(part) for part in re.split(r"([、。，！？!?「」『』（）()\s]+)", text))
    return re.sub("[%&+=×÷−±√∞≈≠≤≥°@$€£¥₩₹₽¢฿#²³]", lambda symbol: _SYMBOLS[symbol[0]], text)


def _apply_grammar(part: str) -> str:
    if not _NEEDS_GRAMMAR.search(part):
        return part
    try:
        return _normalizer().normalize(part)
    except AssertionError:  # the grammar does not accept some symbol; Open JTalk reads the digits
        return part
