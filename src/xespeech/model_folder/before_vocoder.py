"""Model folders of format 1, whose decoder made filters of the latent at once: they run, and new runs start from them.

Their ONNX graphs run as they are, at their own rates. A new run takes over all their weights but the decoder's.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xespeech.config import ModelConfig

if TYPE_CHECKING:
    from xespeech.model.synthesizer import Synthesizer


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


def take_over(folder: Path, values: dict[str, Any]) -> Synthesizer:
    """A synthesizer with the weights of a folder of format 1; mel decoder and vocoder are new, which is said on stderr.

    The encoders of format 1 read one mel frame where two are read now, and its predictors gave one pitch where two are
    given.

    Args:
        folder: of the model.
        values: fields of its synthesizer.
    """
    from xespeech.model.synthesizer import Synthesizer
    from xespeech.model_folder.weights import PREFIXES, WEIGHTS, load_state

    old = load_state(folder / WEIGHTS)
    network = Synthesizer(ModelConfig(**training_sizes(values)))
    factor = network.config.frame_factor
    new: set[str] = set()
    for name, value in network.state_dict().items():
        found = old.get(PREFIXES[0] + name)
        if found is None:
            new.add(name.split(".")[0])
            continue
        if name in ("spec_posterior.blocks.project.weight", "style_encoder.blocks.project.weight"):
            found = (found / factor).repeat(1, factor)
        elif name.startswith(("text_pitch.blocks.head.", "content_pitch.blocks.head.")):
            found = found.repeat(factor, *[1] * (found.dim() - 1))
        value.copy_(found)
    print(f"{folder.name} has no vocoder: {' and '.join(sorted(new))} begin anew, all else goes on.", file=sys.stderr)
    return network
