"""What the controls of the page are set to before anybody touches them, in the order in which its API takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xespeech.inference.options import StyleOptions, describe

PLACED = ("voice", "reference", "emotion", "intensity")


def settings(kind: type[StyleOptions], architecture: str = "compact", **changed: Any) -> list[Any]:
    """The values behind the controls that have a place of their own; options of that name are changed."""
    return [
        changed.get(name, "" if own.default is None and own.choices else own.default)
        for name, own in describe(kind).items()
        if name not in PLACED and own.kind is not Path and own.only in ("", architecture)
    ]
