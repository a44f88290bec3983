"""A setting that makes no sense is refused: the field, the value and the range are named."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args, get_type_hints

import pytest

from xespeech.config import MEL_COMPACT, ContentConfig, MelConfig, ModelConfig, OriginalConfig, Sizes, VocoderConfig
from xespeech.errors import ConfigError
from xespeech.training.config import JointConfig, Settings, SynthesisConfig, TrainingConfig

TABLES = {"n_phones": 5, "n_marks": 5}
MADE: dict[type, Settings | Sizes] = {
    TrainingConfig: TrainingConfig(),
    SynthesisConfig: SynthesisConfig(),
    JointConfig: JointConfig(),
    ContentConfig: ContentConfig(n_phones=5),
    ModelConfig: ModelConfig(**TABLES),
    OriginalConfig: OriginalConfig(),
    VocoderConfig: VocoderConfig(),
    MelConfig: MEL_COMPACT,
}
EVERY_FIELD = [(kind, field.name) for kind in MADE for field in fields(kind) if field.name not in ("mel", "vocoder")]  # type: ignore[arg-type]


def nonsense(kind: type, name: str) -> list[object]:
    """Values that no field of its type takes."""
    hint = get_type_hints(kind)[name]
    if hint is bool:
        return ["no", 1, None]
    if hint is str:
        return ["", 3, None]
    if hint is int:
        return [-1, 1.5, True, "1e3", None]
    if hint == int | None:
        return [-1, 1.5, True, "1e3"]
    if hint is float:
        return [-0.5, float("nan"), float("inf"), "fast", True, None]
    if getattr(hint, "__origin__", None) is dict:
        return [{"en": -1}, {"en": "much"}, ["en"]]
    if getattr(hint, "__origin__", None) is tuple:
        return [3, "word", ("word", 3), (-1, -1), ()] if get_args(hint)[0] is not str else [3, "word", (3,), ("",)]
    return ["none of these", 3]  # one of some words


@pytest.mark.parametrize(("kind", "name"), EVERY_FIELD)
def test_no_field_takes_nonsense(kind: type, name: str) -> None:
    for value in nonsense(kind, name):
        with pytest.raises(ConfigError, match=rf"{name}.* must ") as error:
            replace(MADE[kind], **{name: value})  # type: ignore[type-var]
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (TrainingConfig, {"log_every": 0}, "log_every must be at least 1, not 0."),
        (TrainingConfig, {"ema_decay": 3}, "ema_decay must be at least 0 and less than 1, not 3."),
        (TrainingConfig, {"seed": -1}, "seed must be at least 0 and less than 4294967296, not -1."),
        (TrainingConfig, {"betas": (5, 5)}, "betas must be at least 0 and less than 1, not 5."),
        (TrainingConfig, {"betas": (0.5,)}, r"betas must be two numbers, not (0.5,)."),
        (TrainingConfig, {"learning_rate": 0}, "learning_rate must be more than 0 and at most 1, not 0."),
        (TrainingConfig, {"report_minutes": 0}, "report_minutes must be more than 0, not 0."),
        (SynthesisConfig, {"mel_weight": -1}, "mel_weight must be at least 0, not -1."),
        (SynthesisConfig, {"window_frames": 2}, "window_frames must be at least 10, not 2."),
        (SynthesisConfig, {"segment_frames": 0}, "segment_frames must be at least 1, not 0."),
        (SynthesisConfig, {"other_style_share": 1.5}, "other_style_share must be at least 0 and at most 1, not 1.5."),
        (
            SynthesisConfig,
            {"text_share": 0.9, "content_share": 0.9},
            "text_share and content_share must be at most 1 together, not 0.9 and 0.9.",
        ),
        (SynthesisConfig, {"language_shares": {"en": -1}}, "language_shares.en must be at least 0, not -1."),
        (ContentConfig, {"dropout": 4}, "dropout must be at least 0 and less than 1, not 4."),
        (ContentConfig, {"kernel_size": 4}, "kernel_size must be odd, not 4: as many frames before as behind."),
        (JointConfig, {"longest_frames": 40}, "longest_frames must be at least shortest_frames 50, not 40."),
        (OriginalConfig, {"upsample_rates": (10, 8, 0, 2)}, "upsample_rates must be at least 1, not 0."),
    ],
)
def test_the_sentence_names_the_field_the_range_and_the_value(kind: type, values: dict, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        replace(MADE[kind], **values)  # type: ignore[type-var]
    assert str(error.value) == sentence


def test_speaking_does_not_wait_for_pydantic() -> None:
    import subprocess
    import sys

    program = "import sys, xespeech, xespeech.config, xespeech.inference; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=100).returncode == 0
