"""ONNX Runtime and PyTorch give one voice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xespeech.checkpoints import Description
from xespeech.checkpoints.folder import write_model_folder
from xespeech.inference import StyleBank, Voice
from xespeech.inference.onnx_engine import OnnxEngine
from xespeech.inference.torch_engine import TorchEngine

TOLERANCE = 0.02
"""Of samples up to 0.95: rounding in the pitch adds up to a small shift of the pulses."""


@pytest.fixture(scope="module")
def voices(
    tiny_voice: Path, tiny_networks: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Voice, Voice]:
    """The tiny model with weights in full precision, in both engines."""
    folder = tmp_path_factory.mktemp("models") / "full"
    description = Description.load(tiny_voice)
    styles = StyleBank.load(tiny_voice / "styles.safetensors")
    write_model_folder(folder, *tiny_networks, styles, description, "fp32")
    return (
        Voice(description, styles, OnnxEngine(folder, threads=1)),
        Voice(description, styles, TorchEngine(folder)),
    )


def test_they_say_the_same(voices: tuple[Voice, Voice]) -> None:
    one, other = (voice.speak("Good morning. 你好。", voice="mei", emotion="angry").samples for voice in voices)
    assert np.abs(one).max() > 0.01
    np.testing.assert_allclose(one, other, atol=TOLERANCE)


def test_they_convert_the_same(voices: tuple[Voice, Voice]) -> None:
    source = voices[0].speak("This is the source.", voice="takumi")
    one, other = (voice.convert(source, reference=source).samples for voice in voices)
    assert np.abs(one).max() > 0.01
    np.testing.assert_allclose(one, other, atol=TOLERANCE)
