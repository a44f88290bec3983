"""Requests of stock clients of OpenAI's speech API, mapped to this server's voices and models.

docs/serve.md has a table. Headers of the response tell what is mapped or ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

VOICES: Final = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse",
)  # fmt: skip
"""Names of OpenAI's voices, which clients offer or send by default."""
VOICE_HEADER: Final = "X-Xespeech-Voice"
"""Header of a response: the voice that replaces one of these."""
IGNORED_HEADER: Final = "X-Xespeech-Ignored"
"""Header of a response: fields of the request that were ignored."""
MODEL: Final = "xespeech"
ALIASES: Final = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")
"""Default models of OpenAI's clients; they stand for this server's model."""
_DATE = re.compile(r"-\d{4}-?\d{2}-?\d{2}$|-\d{4}$|-latest$")


def stand_in(name: str, voices: Sequence[str]) -> str:
    """The voice of the model that stands for one of OpenAI's, always the same; other names are returned.

    Args:
        name: that the client sent.
        voices: of the model.
    """
    lower = name.lower()
    if name in voices or lower not in VOICES or not voices:
        return name
    return voices[VOICES.index(lower) % len(voices)]


def is_known_model(name: str) -> bool:
    """Whether a model's name is this server's or one of OpenAI's for speech, in any release and any case."""
    return _DATE.sub("", name).lower() in (MODEL, *ALIASES)
