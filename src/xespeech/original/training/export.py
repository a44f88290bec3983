"""A training run of the original configuration becomes a model folder."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

from xespeech.errors import ModelError
from xespeech.files import read_json
from xespeech.model_folder.files import check_target
from xespeech.original.folder.description import CONTENT_ENCODER, OriginalDescription, original_config
from xespeech.original.folder.files import write_original_folder
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer
from xespeech.original.model.weight_norm import add_weight_norm, fold_weight_norm


def export_original_run(run: Path, folder: Path, licence: str) -> OriginalDescription:
    """Write the model folder of a run, with the discriminators: training can go on from it.

    Args:
        run: folder with `checkpoint.pt` and `recipe.json`.
        folder: model folder to write; a model already there is replaced at the very end.
        licence: of the weights.

    Raises:
        ModelError: the run is incomplete or damaged, or something other than a model is in the folder.
    """
    check_target(folder)
    path = run / "checkpoint.pt"
    if not path.is_file():
        raise ModelError(f"{run} has no checkpoint.pt yet: train for some minutes first.")
    about = read_json(run / "recipe.json")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        synthesizer = OriginalSynthesizer(original_config(about["model"]))
        discriminators = OriginalDiscriminators()
        for name, network in (("synthesizer", synthesizer), ("discriminators", discriminators)):
            _fill(network, {k.removeprefix(f"{name}."): v for k, v in state["averaged"].items() if k.startswith(name)})
        steps = int(state["step"])
    except ModelError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{path} does not fit the run's recipe.json ({reason}): train again.") from error
    encoder = str(about["content_encoder"])
    description = OriginalDescription(
        model=synthesizer.config,
        content_encoder=CONTENT_ENCODER if next(Path(encoder).rglob("*.npy"), None) else encoder,
        iteration=steps,
        learning_rate=float(about["training"]["learning_rate"]),
        licence=licence,
        version=version("xespeech"),
    )
    write_original_folder(folder, synthesizer.eval(), description, discriminators.eval())
    return description


def _fill(network: nn.Module, state: dict[str, torch.Tensor]) -> None:
    add_weight_norm(network)
    network.load_state_dict(state)
    fold_weight_norm(network)
