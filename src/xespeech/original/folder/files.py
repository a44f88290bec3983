"""Model folders of the published model: config.json, plain weights as safetensors, ONNX graphs that refer to them.

With `discriminators.safetensors`, training continues from the checkpoint.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from xespeech.errors import ModelError, brief
from xespeech.model_folder.files import check_target, replacing_folder
from xespeech.model_folder.onnx_export import export_graph
from xespeech.model_folder.weights import WEIGHTS
from xespeech.original.folder.checkpoint import (
    build_discriminators,
    build_synthesizer,
    read_checkpoint,
    read_config,
)
from xespeech.original.folder.description import CONTENT_ENCODER, OriginalDescription
from xespeech.original.folder.graphs import build_original_graphs
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer

DISCRIMINATORS = "discriminators.safetensors"


def import_original(
    generator: Path,
    config: Path,
    folder: Path,
    discriminator: Path | None = None,
    licence: str = "unknown",
    content_encoder: str | None = None,
) -> OriginalDescription:
    """Write the model folder of a released checkpoint.

    Args:
        generator: `G_*.pth`.
        config: the `config.json` that came with it.
        folder: to write; a model already there is replaced at the very end.
        discriminator: `D_*.pth` of the same epoch, for further training.
        licence: of the weights.
        content_encoder: name or folder of the Whisper whose features it was trained on; None for that of the paper.

    Raises:
        ModelError: a file is refused, or something other than a model is in the folder.
    """
    check_target(folder)
    checkpoint = read_checkpoint(generator)
    synthesizer = build_synthesizer(checkpoint, read_config(config, checkpoint))
    judges = None if discriminator is None else build_discriminators(read_checkpoint(discriminator))
    description = OriginalDescription(
        model=synthesizer.config,
        content_encoder=content_encoder or CONTENT_ENCODER,
        iteration=checkpoint.iteration,
        learning_rate=checkpoint.learning_rate,
        licence=licence,
        version=version("xespeech"),
    )
    write_original_folder(folder, synthesizer, description, judges)
    return description


def write_original_folder(
    folder: Path,
    synthesizer: OriginalSynthesizer,
    description: OriginalDescription,
    discriminators: OriginalDiscriminators | None = None,
) -> None:
    """Write everything that speech, conversion and further training need.

    Args:
        folder: to write; a model already there is replaced at the very end.
        synthesizer: in evaluation mode, with plain weights.
        description: of it.
        discriminators: with plain weights, or None to leave them out.

    Raises:
        ModelError: the folder exists and is not a model folder, or cannot be written.
    """
    with replacing_folder(folder) as temporary:
        description.save(temporary)
        metadata = {"version": description.version, "licence": description.licence}
        _save(synthesizer, temporary / WEIGHTS, metadata)
        if discriminators is not None:
            _save(discriminators, temporary / DISCRIMINATORS, metadata)
        for name, graph in build_original_graphs(synthesizer).items():
            export_graph(graph, temporary / f"{name}.onnx", temporary / WEIGHTS, synthesizer.state_dict())


def load_synthesizer(folder: Path) -> OriginalSynthesizer:
    """The synthesizer of a folder in evaluation mode, with plain weights.

    Raises:
        ModelError: the weights are missing, damaged or of another model.
    """
    with torch.device("meta"):
        synthesizer = OriginalSynthesizer(OriginalDescription.load(folder).model)
    _load(synthesizer, folder / WEIGHTS)
    return synthesizer.eval()


def load_discriminators(folder: Path) -> OriginalDiscriminators:
    """The discriminators of a folder, with plain weights.

    Raises:
        ModelError: they are missing, damaged or of another model.
    """
    with torch.device("meta"):
        discriminators = OriginalDiscriminators()
    _load(discriminators, folder / DISCRIMINATORS)
    return discriminators


def _save(network: nn.Module, path: Path, metadata: dict[str, str]) -> None:
    state = {name: tensor.detach().float().contiguous().cpu() for name, tensor in network.state_dict().items()}
    save_file(state, path, metadata=metadata)
    path.chmod(0o644)  # safetensors makes its files readable by the owner alone


def _load(network: nn.Module, path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"the model lacks {path}: import it again, with --discriminator for training that goes on.")
    try:
        network.load_state_dict(load_file(path), assign=True)
    except Exception as error:
        raise ModelError(
            f"{path} does not hold this model's weights ({brief(error)}): import the model again."
        ) from error
