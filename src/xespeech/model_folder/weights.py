"""`model.safetensors` of a model folder: the weights of all networks, in one place, for whoever runs or trains them.

The ONNX graphs beside it hold no weights of their own: they point into this file. A tensor has the name that it has in
its network, behind the network's prefix.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from xespeech.config import ContentConfig, ModelConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import MODEL_PREFIX
from xespeech.errors import ModelError
from xespeech.files import parse_json
from xespeech.model.synthesizer import Synthesizer
from xespeech.model_folder.before_vocoder import is_before_vocoder, training_sizes
from xespeech.model_folder.description import model_config

WEIGHTS = "model.safetensors"
PREFIXES = ("synthesizer.", MODEL_PREFIX)
"""Of the names of the synthesizer's tensors and of the content encoder's."""
HALF, FULL = "fp16", "fp32"
PRECISIONS = (HALF, FULL)
"""How matrices are stored; vectors are always 32 bits."""


def save_networks(
    path: Path,
    synthesizer: Synthesizer,
    encoder: CompactContentEncoder,
    precision: str = HALF,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write the weights of both networks.

    Args:
        path: of the file.
        synthesizer, encoder: the networks.
        precision: "fp16" or "fp32".
        metadata: to travel in the file, beside the sizes of the networks.
    """
    stored = {
        name: (tensor.half() if precision == HALF and tensor.dim() > 1 else tensor).contiguous().cpu()
        for name, tensor in network_state(synthesizer, encoder).items()
    }
    sizes = {"model": json.dumps(asdict(synthesizer.config)), "content": json.dumps(asdict(encoder.config))}
    save_file(stored, path, metadata={**(metadata or {}), **sizes})


def network_state(synthesizer: Synthesizer, encoder: CompactContentEncoder) -> dict[str, Tensor]:
    """Tensors of both networks, float32, by their names in the file."""
    return {
        prefix + name: tensor.detach().float()
        for prefix, network in zip(PREFIXES, (synthesizer, encoder), strict=True)
        for name, tensor in network.state_dict().items()
    }


def load_networks(folder: Path) -> tuple[Synthesizer, CompactContentEncoder]:
    """The networks of a model folder in evaluation mode, float32: to be run, exported again or trained further.

    Raises:
        ModelError: the weights are missing or damaged, one is missing, surplus or of another shape, or they are those
            of a model without a vocoder.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(f"{folder} holds no {WEIGHTS}: export the model again with this version.")
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata()
        sizes = parse_json(about["model"])
    except Exception as error:
        raise ModelError(f"{path} does not hold a model's weights: export or copy the model again.") from error
    if is_before_vocoder(sizes):
        raise ModelError(
            f"{folder} is of an earlier version, without a vocoder, and runs in ONNX Runtime alone: train on from it "
            "with `xespeech train RECIPE --from`."
        )
    try:
        synthesizer = Synthesizer(model_config(sizes))
        encoder = CompactContentEncoder(ContentConfig(**parse_json(about["content"])))
        state = load_state(path)
        for prefix, network in zip(PREFIXES, (synthesizer, encoder), strict=True):
            own = {name.removeprefix(prefix): state.pop(name) for name in list(state) if name.startswith(prefix)}
            network.load_state_dict(own)
        if state:
            raise ValueError(f"it holds {', '.join(sorted(state)[:3])}")
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{path} does not hold this model's weights ({reason}): export or copy the model again."
        ) from error
    return synthesizer.eval(), encoder.eval()


def load_state(path: Path) -> dict[str, Tensor]:
    """All tensors of a file as float32, by name."""
    return {name: tensor.to(torch.float32) for name, tensor in load_file(path).items()}


def take_over(folder: Path, values: dict[str, Any]) -> Synthesizer:
    """A synthesizer with the weights of a folder of format 1; mel decoder and vocoder are new, which is said on stderr.

    The encoders of format 1 read one mel frame where two are read now, and its predictors gave one pitch where two are
    given.

    Args:
        folder: of the model.
        values: fields of its synthesizer.
    """
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
