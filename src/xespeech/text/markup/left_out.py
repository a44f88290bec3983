"""What of a text is not spoken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """Characters that are not spoken, and why."""

    text: str
    why: str
