"""The stages in which the compact voice is trained, one module each.

To add one: write a module with a Task (most are a CompactStage) and name it in STAGES.
"""

from __future__ import annotations

from importlib import import_module

from xespeech.errors import UnknownNameError
from xespeech.training.stages.compact import StageSetup
from xespeech.training.task import Task

STAGES = {
    "vocoder": "vocoder.Vocoder",
    "autoencoder": "autoencoder.Autoencoder",
    "latent": "latent.Latent",
    "joint": "joint.Joint",
    "prosody": "prosody.Prosody",
}
"""Module and class of each stage, by the name that `synthesis.stage` of a recipe gives."""


def make_stage(setup: StageSetup) -> Task:
    """The stage that the configuration names.

    Raises:
        UnknownNameError: there is no such stage.
    """
    UnknownNameError.check("stage", setup.config.stage, STAGES)
    module, name = STAGES[setup.config.stage].split(".")
    return getattr(import_module(f"{__name__}.{module}"), name)(setup)


__all__ = ["STAGES", "StageSetup", "make_stage"]
