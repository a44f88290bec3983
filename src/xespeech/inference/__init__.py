"""Speaking and converting with a trained model; ONNX Runtime and numpy, no PyTorch."""

from __future__ import annotations

from xespeech.inference.options import ConversionOptions, SpeechOptions
from xespeech.inference.timing import Sentence
from xespeech.inference.voice import AudioChunk, Voice, VoiceInfo, load
from xespeech.model_folder.styles import StyleBank

__all__ = ["AudioChunk", "ConversionOptions", "Sentence", "SpeechOptions", "StyleBank", "Voice", "VoiceInfo", "load"]
