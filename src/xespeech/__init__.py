"""X-E-Speech: speech in English, Mandarin and Japanese with the voice and the emotion of any recording.

    import xespeech

    voice = xespeech.load()
    voice.speak("Hello!", voice="kathleen", emotion="happy").save("hello.wav")

Importing the package is cheap: what a name stands for is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xespeech.silence import keep_silent

if TYPE_CHECKING:
    from xespeech import audio
    from xespeech.audio import Audio
    from xespeech.inference import (
        AudioChunk,
        ConversionOptions,
        Sentence,
        SpeechOptions,
        StyleBank,
        Voice,
        VoiceInfo,
        load,
    )
    from xespeech.text.lexicon import Lexicon
    from xespeech.text.reading import TextReading, read

    __version__: str

keep_silent()  # before anything below is imported

_HOMES = {
    "Audio": "xespeech.audio",
    "Lexicon": "xespeech.text.lexicon",
    "TextReading": "xespeech.text.reading",
    "read": "xespeech.text.reading",
}
"""Modules of names that `xespeech.inference` does not have."""

__all__ = [
    "Audio",
    "AudioChunk",
    "ConversionOptions",
    "Lexicon",
    "Sentence",
    "SpeechOptions",
    "StyleBank",
    "TextReading",
    "Voice",
    "VoiceInfo",
    "__version__",
    "audio",
    "load",
    "read",
]


def __getattr__(name: str) -> Any:
    value: Any
    if name not in __all__:
        raise AttributeError(f"module 'xespeech' has no attribute {name!r}")
    if name == "audio":
        value = import_module("xespeech.audio")
    elif name == "__version__":
        from importlib.metadata import version

        value = version("xespeech")
    else:
        value = getattr(import_module(_HOMES.get(name, "xespeech.inference")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
