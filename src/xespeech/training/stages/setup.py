"""Arguments of every stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xespeech.config import ModelConfig
from xespeech.data.pack import Pack
from xespeech.training.config import SynthesisConfig, TrainingConfig


@dataclass(frozen=True)
class StageSetup:
    """Settings and data of a stage.

    Attributes:
        model: sizes of the synthesizer.
        config: which stage, weights of its losses and shape of its batches.
        packs: where recordings come from.
        encoder: folder of the trained content encoder.
        training: frames of a batch, and whose languages are trained.
    """

    model: ModelConfig
    config: SynthesisConfig
    packs: list[Pack]
    encoder: Path
    training: TrainingConfig
