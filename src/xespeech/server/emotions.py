"""Maps OpenAI's `instructions`, a sentence about how to speak, to an emotion of the model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from xespeech.model_folder.description import NEUTRAL
from xespeech.server.problems import Problem

_WORDS: Final = {
    "happy": "happily happiness cheerful cheerfully cheery joyful joyfully joy joyous delighted glad gladly upbeat "
    "excited excitedly enthusiastic enthusiastically positive playful "
    "开心 高兴 快乐 愉快 嬉しい 嬉しそう 楽しい 楽しそう 喜び",
    "sad": "sadly sadness sorrowful sorrow unhappy melancholy melancholic gloomy mournful tearful depressed "
    "悲伤 难过 伤心 忧伤 悲しい 悲しそう 悲しみ 寂しい",
    "angry": "angrily anger furious furiously mad annoyed irritated outraged 生气 愤怒 怒 怒った 怒り",
    "bashful": "bashfully shy shyly timid timidly embarrassed coy 害羞 羞涩 恥ずかしい 恥ずかしそう 照れ",
    "surprised": "surprise astonished amazed 惊讶 吃惊 驚き 驚いた",
    "fearful": "fear afraid scared frightened terrified anxious 害怕 恐惧 怖い 恐れ",
    "disgusted": "disgust disgustedly 厌恶 嫌悪",
    NEUTRAL: "neutrally calm calmly plain plainly normal normally natural naturally 平静 中性 普通 落ち着いた",
}
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
