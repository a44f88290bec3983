"""`model.safetensors` of a model folder: the weights of all networks, for inference and training.

The ONNX graphs beside it have no weights but refer to this file. Tensors are named as in their network, after the
network's prefix.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from xespeech.config import LIVE_CONTENT, ContentConfig, ModelConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import LIVE_PREFIX, MODEL_PREFIX
from xespeech.errors import ModelError, brief
from xespeech.files import parse_json
from xespeech.model.synthesizer import Synthesizer
from xespeech.model_folder.description import network_config

WEIGHTS = "model.safetensors"
_PREFIXES = ("synthesizer.", MODEL_PREFIX, LIVE_PREFIX)
"""Prefixes of the names of the tensors of `Networks`."""
HALF, FULL = "fp16", "fp32"
PRECISIONS = (HALF, FULL)
"""Of stored matrices; vectors always have 32 bits."""


class Networks(NamedTuple):
    """The networks of a model.

    Attributes:
        synthesizer: from text and content to sound.
        content_encoder: for conversion.
        live_content_encoder: the same with little lookahead, for live conversion; None if the model has none.
    """

    synthesizer: Synthesizer
    content_encoder: CompactContentEncoder
    live_content_encoder: CompactContentEncoder | None = None


def save_networks(
    path: Path, networks: Networks, precision: str = HALF, metadata: Mapping[str, str] | None = None
) -> None:
    """Write the weights of all networks.

    Args:
        path: of the file.
        networks: of the model.
        precision: "fp16" or "fp32".
        metadata: of the file, besides the sizes of the networks.
    """
    stored = {
        name: (tensor.half() if precision == HALF and tensor.dim() > 1 else tensor).contiguous().cpu()
        for name, tensor in network_state(networks).items()
    }
    synthesizer, encoder, live = networks
    sizes = {"model": json.dumps(asdict(synthesizer.config)), "content": json.dumps(encoder.config.stored())}
    if live is not None:
        sizes[LIVE_CONTENT] = json.dumps(live.config.stored())
    save_file(stored, path, metadata={**(metadata or {}), **sizes})


def network_state(networks: Networks) -> dict[str, Tensor]:
    """Tensors of all networks, float32, by their names in the file."""
    return {
        prefix + name: tensor.detach().float()
        for prefix, network in zip(_PREFIXES, networks, strict=True)
        if network is not None
        for name, tensor in network.state_dict().items()
    }


def load_networks(folder: Path) -> Networks:
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
        synthesizer = Synthesizer(network_config(ModelConfig, sizes))
        encoder = CompactContentEncoder(ContentConfig(**parse_json(about["content"])))
        live = None
        if LIVE_CONTENT in about:
            live = CompactContentEncoder(ContentConfig(**parse_json(about[LIVE_CONTENT]))).eval()
        networks = Networks(synthesizer.eval(), encoder.eval(), live)
        state = {name: tensor.to(torch.float32) for name, tensor in load_file(path).items()}
        for prefix, network in zip(_PREFIXES, networks, strict=True):
            if network is None:
                continue
            weights = {name.removeprefix(prefix): state.pop(name) for name in list(state) if name.startswith(prefix)}
            network.load_state_dict(weights)
        if state:
            raise ValueError(f"it holds {', '.join(sorted(state)[:3])}")
    except Exception as error:
        raise ModelError(
            f"{path} does not hold this model's weights ({brief(error)}): export or copy the model again."
        ) from error
    return networks
