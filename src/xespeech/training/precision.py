"""What number format a run computes in where the recipe leaves it to the machine."""

from __future__ import annotations

from dataclasses import replace

import torch

from xespeech.model.precision import bf16_is_native
from xespeech.training.config import TrainingConfig


def resolve_precision(config: TrainingConfig) -> TrainingConfig:
    """The configuration with `precision: auto` replaced by what the device does by itself.

    bf16-mixed where it has instructions for it, 32-true elsewhere. Nothing else is changed, so that a run folder's
    recipe says what was computed in.
    """
    if config.precision != "auto":
        return config
    return replace(config, precision="bf16-mixed" if bf16_is_native(device_of(config)) else "32-true")


def device_of(config: TrainingConfig) -> str:
    """The kind of device that a run trains on: "cpu" or "cuda", or another name that the recipe gives."""
    if config.accelerator in ("auto", "gpu"):
        return "cuda" if torch.cuda.is_available() else "cpu"
    return config.accelerator
