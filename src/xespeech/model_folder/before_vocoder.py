"""Model folders of format 1, whose decoder made filters of the latent at once: they run, and new runs start from them.

Their ONNX graphs run as they are, at their own rates. A new run takes over all their weights but the decoder's.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from xespeech.config import ModelConfig


def is_before_vocoder(values: dict[str, Any]) -> bool:
    """Whether the fields of a model are those of format 1, whose decoder made filters of the latent at once."""
    return "decoder_fft" in values


def running_sizes(values: dict[str, Any]) -> dict[str, Any]:
    """Fields with which the ONNX graphs of a model of format 1 run: its rates, and how far its convolutions reach."""
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
    """Fields of the synthesizer that a new run takes over; what is new has its usual sizes."""
    kept = {field.name for field in fields(ModelConfig)} - {"mel"}
    return {name: value for name, value in values.items() if name in kept}
