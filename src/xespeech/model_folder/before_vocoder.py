"""Model folders of format 1, whose decoder predicted filters, without a vocoder. They run, and can be trained on.

Their ONNX graphs run unchanged, at their frame rates. A new run takes over all weights but those of the decoder.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from xespeech.config import ModelConfig


def is_before_vocoder(values: dict[str, Any]) -> bool:
    """Whether the fields of a model are those of format 1."""
    return "decoder_fft" in values


def running_sizes(values: dict[str, Any]) -> dict[str, Any]:
    """Fields of ModelConfig for running the ONNX graphs of a model of format 1: its rates and receptive fields."""
    values = dict(values)
    frame_layers, render_layers = values.pop("decoder_frame_layers"), values.pop("decoder_render_layers")
    vocoder = {
        "channels": values.pop("decoder_channels"),
        "n_layers": render_layers - 1,
        "lookahead": 3 * render_layers,
        "n_fft": values.pop("decoder_fft"),
    }
    mel_decoder = {
        "mel_decoder_layers": frame_layers,
        "mel_decoder_fine_layers": 0,
        "mel_decoder_lookahead": 2 * frame_layers,
    }
    return values | mel_decoder | {"frame_factor": 1, "vocoder": vocoder}


def training_sizes(values: dict[str, Any]) -> dict[str, Any]:
    """Fields of ModelConfig for training on from format 1; new parts have the default sizes."""
    kept = {field.name for field in fields(ModelConfig)} - {"mel"}
    return {name: value for name, value in values.items() if name in kept}
