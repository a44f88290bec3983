"""What stock clients of OpenAI's speech API send without knowing this server, and what it means here.

docs/serve.md has a table of all of it. What is mapped or ignored is told in the headers of the response.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

VOICES: Final = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse",
)  # fmt: skip
"""Names of OpenAI's voices, which clients have in their menus or send unless told otherwise."""
VOICE_HEADER: Final = "X-Xespeech-Voice"
"""Of a response: who speaks in the place of one of these voices."""
IGNORED_HEADER: Final = "X-Xespeech-Ignored"
"""Of a response: fields of the request that could not be followed."""
_MODELS = re.compile(r"xespeech|tts-1|tts-1-hd|gpt-4o-mini-tts", re.IGNORECASE)
_DATE = re.compile(r"-\d{4}-?\d{2}-?\d{2}$|-\d{4}$|-latest$")


def own_voice(name: str, own: Sequence[str]) -> str:
    """The voice of the model that stands for one of OpenAI's, the same every time; other names stay.

    Args:
        name: that the client sent.
        own: voices of the model.
    """
    lower = name.lower()
    if name in own or lower not in VOICES or not own:
        return name
    return own[VOICES.index(lower) % len(own)]


def is_known_model(name: str) -> bool:
    """Whether a model's name is this server's or one of OpenAI's for speech, in any release and any case."""
    return _MODELS.fullmatch(_DATE.sub("", name)) is not None
