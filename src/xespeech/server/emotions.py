"""Maps OpenAI's `instructions`, a sentence about how to speak, to an emotion of the model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from xespeech.model_folder.description import NEUTRAL
from xespeech.server.problems import Problem
from xespeech.text.tables import read_pairs

_WORDS: Final = read_pairs(__package__, "emotion_words.tsv")
"""Words for emotions that corpora are recorded in, by the emotion's usual name."""
_NEGATION = re.compile(r"(?:\bnot|n't|\bnever|\bwithout|\bno|\bless|\bnor|\bneither)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)


def emotion_of(instructions: str, known: Iterable[str]) -> str:
    """The one emotion that instructions ask for.

    Args:
        instructions: "Speak in a cheerful tone.", "angry", "悲しそうに"; words for an emotion count in any inflection
            listed above, but not behind a negation.
        known: emotions of the model.

    Raises:
        Problem: they name none or more than one.
    """
    emotions = sorted({NEUTRAL, *known})
    found = []
    for emotion in emotions:
        for word in (emotion, *_WORDS.get(emotion, "").split()):
            pattern = rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
            places = re.finditer(pattern, instructions, re.IGNORECASE)
            if any(not _NEGATION.search(instructions[: place.start()]) for place in places):
                found.append(emotion)
                break
    if len(found) > 1 and NEUTRAL in found:  # "a calm, sad voice"
        found.remove(NEUTRAL)
    if len(found) == 1:
        return found[0]
    what = f"ask for {' and '.join(found)} at once" if found else "name no emotion of this model"
    message = f"the instructions {what}: name one of {', '.join(emotions)}, or leave the instructions out."
    raise Problem(400, message, "unclear_instructions", "instructions")
