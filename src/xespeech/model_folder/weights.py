"""`model.safetensors` of a model folder: the weights of all networks, for inference and training.

The ONNX graphs beside it have no weights but refer to this file. Tensors are named as in their network, after the
network's prefix.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from xespeech.config import ContentConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import MODEL_PREFIX
from xespeech.errors import ModelError
from xespeech.files import parse_json
from xespeech.model.synthesizer import Synthesizer
from xespeech.model_folder.description import model_config

WEIGHTS = "model.safetensors"
PREFIXES = ("synthesizer.", MODEL_PREFIX)
"""Prefixes of the names of the synthesizer's and the content encoder's tensors."""
HALF, FULL = "fp16", "fp32"
PRECISIONS = (HALF, FULL)
"""Of stored matrices; vectors always have 32 bits."""


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
        metadata: of the file, besides the sizes of the networks.
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
    """The networks of a model folder in evaluation mode, float32.

    Raises:
        ModelError: the weights are missing or damaged, or one is missing, surplus or of another shape.
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
    try:
        synthesizer = Synthesizer(model_config(sizes))
        encoder = CompactContentEncoder(ContentConfig(**parse_json(about["content"])))
        state = {name: tensor.to(torch.float32) for name, tensor in load_file(path).items()}
        for prefix, network in zip(PREFIXES, (synthesizer, encoder), strict=True):
            weights = {name.removeprefix(prefix): state.pop(name) for name in list(state) if name.startswith(prefix)}
            network.load_state_dict(weights)
        if state:
            raise ValueError(f"it holds {', '.join(sorted(state)[:3])}")
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{path} does not hold this model's weights ({reason}): export or copy the model again."
        ) from error
    return synthesizer.eval(), encoder.eval()
