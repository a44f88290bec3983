"""The number format of a run whose recipe says `precision: auto`."""

from __future__ import annotations

from dataclasses import replace

import torch

from xespeech.model.precision import bf16_is_native
from xespeech.training.config import TrainingConfig


def resolve_precision(config: TrainingConfig) -> TrainingConfig:
    """The configuration with `precision: auto` replaced by bf16-mixed, or by 32-true on devices without bf16.

    The run folder's recipe records the result.
    """
    if config.precision != "auto":
        return config
    return replace(config, precision="bf16-mixed" if bf16_is_native(device_of(config)) else "32-true")


def device_of(config: TrainingConfig) -> str:
    """The kind of device that a run trains on: "cpu" or "cuda", or another name that the recipe gives."""
    if config.accelerator in ("auto", "gpu"):
        return "cuda" if torch.cuda.is_available() else "cpu"
    return config.accelerator
