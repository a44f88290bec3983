"""Loading of released checkpoints of X-E-Speech (`G_*.pth`, `D_*.pth`).

Files are read as tensors only. Every key is mapped (`original.folder.keys`); a missing or surplus key or another shape
is an error that names it.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from xespeech.config import MelConfig, OriginalConfig
from xespeech.errors import ConfigError, ModelError, listed
from xespeech.files import read_json
from xespeech.original.folder.keys import Place, places_of
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer


@dataclass(frozen=True)
class Checkpoint:
    """A released file.

    Attributes:
        path: of the file.
        model: tensors by name.
        iteration: epoch, 0 if unknown.
        learning_rate: at that time, or None.
    """

    path: Path
    model: dict[str, Tensor]
    iteration: int
    learning_rate: float | None


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a released `.pth`, tensors only.

    Raises:
        ModelError: no such file, damaged, cut short, containing code, or without a model.
    """
    if not path.is_file():
        raise ModelError(f"there is no checkpoint {path}: name a G_*.pth file of X-E-Speech.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    except pickle.UnpicklingError as error:
        if not (code := _code_in(path)):
            raise ModelError(f"{path} is damaged or was not written by PyTorch: download it again.") from error
        raise ModelError(
            f"{path} is refused: beside tensors it holds code that reading it would run ({listed(code)}); get the "
            "checkpoint from its authors."
        ) from error
    except Exception as error:  # PyTorch's readers raise anything on damaged files
        raise ModelError(f"{path} is damaged or cut short: download it again.") from error
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict) or not model or not all(isinstance(value, Tensor) for value in model.values()):
        raise ModelError(f'{path} holds no dictionary of tensors under "model": name a G_*.pth file of X-E-Speech.')
    iteration, rate = content.get("iteration"), content.get("learning_rate")
    return Checkpoint(
        path,
        model,
        iteration if isinstance(iteration, int) else 0,
        float(rate) if isinstance(rate, (int, float)) else None,
    )


def _code_in(path: Path) -> list[str]:
    """Names of the functions and classes that an unrestricted reader would call; none in files of another kind."""
    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except (ValueError, RuntimeError):
        return []


def read_config(path: Path, checkpoint: Checkpoint) -> OriginalConfig:
    """The released `config.json` that belongs to a generator.

    Raises:
        ModelError: it is missing, damaged, or has unsupported values.
    """
    try:
        content = read_json(path)
    except OSError as error:
        raise ModelError(f"the configuration {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ModelError(f"the configuration {path} is damaged ({error}): download it again.") from error
    try:
        data, model = content["data"], content["model"]
        rate = int(data["sampling_rate"])
        highest = data["mel_fmax"]
        if str(model["resblock"]) != "1":
            raise ConfigError(f"resblock {model['resblock']} is not supported, only 1 is")
        if model["kernel_size"] != 3:
            raise ConfigError(f"kernel_size {model['kernel_size']} is not supported, only 3 is")
        return OriginalConfig(
            n_languages=3 if "lang_emb_g_3.weight" in checkpoint.model else 2,
            latent_channels=model["inter_channels"],
            hidden_channels=model["hidden_channels"],
            filter_channels=model["filter_channels"],
            style_channels=model["gin_channels"],
            n_heads=model["n_heads"],
            text_layers=model["n_layers"],
            dropout=model["p_dropout"],
            decoder_channels=model["upsample_initial_channel"],
            upsample_rates=tuple(model["upsample_rates"]),
            upsample_kernel_sizes=tuple(model["upsample_kernel_sizes"]),
            block_kernel_sizes=tuple(model["resblock_kernel_sizes"]),
            block_dilations=tuple(tuple(dilations) for dilations in model["resblock_dilation_sizes"]),
            mel=MelConfig(
                rate,
                data["filter_length"],
                data["hop_length"],
                data["win_length"],
                data["n_mel_channels"],
                data["mel_fmin"],
                rate / 2 if highest is None else highest,
            ),
        )
    except KeyError as error:
        raise ModelError(
            f"{path} lacks {error}: name the config.json that came with {checkpoint.path.name}."
        ) from error
    except (ConfigError, TypeError, ValueError) as error:
        raise ModelError(f"{path} does not describe X-E-Speech: {str(error).rstrip('.')}.") from error


def build_synthesizer(checkpoint: Checkpoint, config: OriginalConfig) -> OriginalSynthesizer:
    """The generator in evaluation mode, weight normalisation folded.

    Raises:
        ModelError: keys are missing, surplus or of another shape.
    """
    with torch.device("meta"):  # skips the initialisation of weights that are replaced
        synthesizer = OriginalSynthesizer(config)
    _fill(synthesizer, checkpoint)
    return synthesizer.eval()


def build_discriminators(checkpoint: Checkpoint) -> OriginalDiscriminators:
    """The discriminators, weight normalisation folded.

    Raises:
        ModelError: keys are missing, surplus or of another shape.
    """
    with torch.device("meta"):
        discriminators = OriginalDiscriminators()
    _fill(discriminators, checkpoint)
    return discriminators


def _fill(network: OriginalSynthesizer | OriginalDiscriminators, checkpoint: Checkpoint) -> None:
    model, places = checkpoint.model, places_of(network)
    expected = {key: shape for place in places.values() for key, shape in zip(place.keys, place.shapes, strict=True)}
    if missing := sorted(expected.keys() - model.keys()):
        raise ModelError(f"{checkpoint.path} lacks {listed(missing)}: name a whole checkpoint of X-E-Speech.")
    if surplus := sorted(model.keys() - expected.keys()):
        raise ModelError(
            f"{checkpoint.path} holds {listed(surplus)}, which X-E-Speech does not have: name one of its checkpoints."
        )
    wrong = [key for key, shape in expected.items() if tuple(model[key].shape) != shape]
    if wrong:
        shapes = [f"{key} {list(model[key].shape)} instead of {list(expected[key])}" for key in wrong]
        raise ModelError(
            f"{checkpoint.path} does not fit its configuration, the shape differs in {listed(shapes)}: "
            "name the config.json that came with it."
        )
    bad = [key for key in expected if not bool(torch.isfinite(model[key]).all())]
    if bad:
        raise ModelError(f"{checkpoint.path} holds values that are not numbers in {listed(bad)}: use another one.")
    state = network.state_dict()
    filled = {ours: _tensor(place, model, state[ours].shape) for ours, place in places.items()}
    network.load_state_dict(filled, assign=True)


def _tensor(place: Place, model: Mapping[str, Tensor], shape: torch.Size) -> Tensor:
    tensors = [model[key].float() for key in place.keys]
    if len(tensors) == 2:
        length, direction = tensors
        return torch._weight_norm(direction, length, 0)
    return tensors[0].reshape(shape)
