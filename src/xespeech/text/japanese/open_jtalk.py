"""Open JTalk in the form of haqumei, loaded when it is first used."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def open_jtalk() -> Any:
    """The one analyser; its dictionary is part of the library."""
    from haqumei import Haqumei

    return Haqumei(ignore_kaomoji=False)


@lru_cache(maxsize=4096)
def is_known(word: str) -> bool:
    """Whether the dictionary has a word as one entry."""
    _, morphs = open_jtalk().run_frontend_detailed(word)
    return len(morphs) == 1 and not morphs[0].is_unknown


def in_katakana(word: str) -> str:
    """A word as it is pronounced."""
    return "".join(re.findall("[ァ-ヺー]+", open_jtalk().g2k(word)))
