"""A training run of the original configuration becomes a model folder."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from xespeech.config import OriginalConfig
from xespeech.model_folder.description import network_config
from xespeech.model_folder.files import check_target
from xespeech.original.folder.description import CONTENT_ENCODER, OriginalDescription
from xespeech.original.folder.files import write_original_folder
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer
from xespeech.original.model.weight_norm import add_weight_norm, fold_weight_norm
from xespeech.training.checkpoint import read_checkpoint, read_run
from xespeech.training.export import fill


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
    state = read_checkpoint(run)
    about = read_run(run, ("model", "content_encoder"))
    synthesizer = OriginalSynthesizer(network_config(OriginalConfig, about["model"]))
    discriminators = OriginalDiscriminators()
    for name, network in (("synthesizer", synthesizer), ("discriminators", discriminators)):
        add_weight_norm(network)
        fill(network, name, state["averaged"], run)
        fold_weight_norm(network)
    encoder = str(about["content_encoder"])
    description = OriginalDescription(
        model=synthesizer.config,
        content_encoder=CONTENT_ENCODER if next(Path(encoder).rglob("*.npy"), None) else encoder,
        iteration=state["step"],
        learning_rate=float(about["training"]["learning_rate"]),
        licence=licence,
        version=version("xespeech"),
    )
    write_original_folder(folder, synthesizer.eval(), description, discriminators.eval())
    return description
