"""Settings of recipes, validated by pydantic.

Every class is a dataclass; made from Python, its values are validated and converted as those of a recipe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Strict, StringConstraints, ValidationError, create_model

from xespeech.config import range_of
from xespeech.errors import ConfigError


def _number(value: Any) -> Any:
    """A number that YAML reads as text, such as 1e-3 (only 1.0e-3 is a number in YAML)."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    return value


Whole = Annotated[int, Strict()]
Number = Annotated[float, BeforeValidator(_number), Strict()]
Flag = Annotated[bool, Strict()]
Name = Annotated[str, Strict(), StringConstraints(min_length=1)]
Steps = Annotated[Whole, Ge(0)]
Amount = Annotated[Whole, Ge(1)]
Weight = Annotated[Number, Ge(0)]
Positive = Annotated[Number, Gt(0)]
Share = Annotated[Number, Ge(0), Le(1)]
Decay = Annotated[Number, Ge(0), Lt(1)]


@dataclass(frozen=True)
class Stages:
    """Marks a weight or a share with the only stages that use it."""

    names: tuple[str, ...]


_OfLatents = Annotated[Weight, Stages(("latent", "joint"))]
_OfProsody = Annotated[Weight, Stages(("latent", "joint", "prosody"))]
_OfMels = Annotated[Weight, Stages(("autoencoder", "latent", "joint"))]
_OfSounds = Annotated[Weight, Stages(("vocoder", "joint"))]
_OfAdversaries = Annotated[Weight, Stages(("vocoder", "autoencoder", "latent", "joint"))]
_OfJoint = Annotated[Weight, Stages(("joint",))]
_OfLatentStage = Annotated[Weight, Stages(("latent",))]
_OfMelVoices = Annotated[Share, Stages(("autoencoder", "latent", "prosody"))]

_KINDS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "string_type": "a name",
    "string_too_short": "a name",
    "tuple_type": "a list of names",
    "missing": "two numbers",
    "too_long": "two numbers",
    "dict_type": "a mapping of names to numbers",
}
"""The valid values, by the type of pydantic's error."""
_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}


class Settings:
    """Base of dataclasses whose values are validated and converted when they are made.

    Raises:
        ConfigError: a value is invalid; the message names the field, the value and the range.
    """

    def __post_init__(self) -> None:
        try:
            checked = _model(type(self)).model_validate(vars(self))  # type: ignore[arg-type]  # a class is hashable
        except ValidationError as error:
            raise ConfigError(_sentence(error, type(self))) from error
        for name in vars(self):
            object.__setattr__(self, name, getattr(checked, name))


@cache
def _model(kind: Any) -> type[BaseModel]:
    """The pydantic model that validates the fields of a class."""
    hints: dict[str, Any] = {name: (hint, ...) for name, hint in get_type_hints(kind, include_extras=True).items()}
    return create_model(kind.__name__, __config__=ConfigDict(allow_inf_nan=False), **hints)


def _sentence(error: ValidationError, kind: type) -> str:
    """The first error as a sentence: the field, the valid range and the value."""
    about = error.errors(include_url=False)[0]
    if about["type"] in _BOUNDS:
        wanted = range_of(get_type_hints(kind, include_extras=True)[str(about["loc"][0])])
    else:
        wanted = _KINDS.get(about["type"]) or about["msg"].removeprefix("Input should be ")
    name = ".".join(part for part in about["loc"] if isinstance(part, str))
    return f"{name} must be {wanted}, not {about['input']!r}."


@dataclass(frozen=True)
class TrainingConfig(Settings):
    """Optimiser, schedule, device and checkpoints of a run.

    Attributes:
        learning_rate: of AdamW.
        betas: of AdamW.
        epsilon: of AdamW.
        weight_decay: of AdamW.
        warmup_steps: steps over which the learning rate rises from 0.
        decay_share: share of max_steps over which the learning rate falls to 0 at the end.
        epoch_decay: factor of the learning rate after each epoch, as many frames as the data has.
        clip_norm: gradients are scaled down to this norm.
        ema_decay: decay of the averaged weights that are deployed.
        max_steps: steps in all.
        batch_frames: frames (50/s) of a batch; of each process, where there are several.
        languages: only recordings in these are trained on; all when empty.
        freeze: modules that keep the weights they start with, by their exact names ("style_encoder", "decoder.blocks").
        seed: of every random draw.
        precision: "32-true", "bf16-mixed" or "16-mixed"; "auto" is bf16-mixed where the CPU or GPU has instructions for
            it, and 32-true elsewhere.
        accelerator: "cpu", "cuda", "auto".
        devices: processes or devices on this machine.
        workers: processes that make batches ahead for each one that trains, so that a GPU does not wait; 0 for none.
        checkpoint_minutes: minutes between checkpoints.
        report_minutes: minutes between development-set reports.
        log_every: steps between scalars in TensorBoard.
    """

    learning_rate: Annotated[Number, Gt(0), Le(1)] = 5e-4
    betas: tuple[Decay, Decay] = (0.8, 0.99)
    epsilon: Positive = 1e-8
    weight_decay: Weight = 0.01
    warmup_steps: Steps = 200
    decay_share: Share = 0.2
    epoch_decay: Annotated[Number, Gt(0), Le(1)] = 1.0
    clip_norm: Positive = 5.0
    ema_decay: Decay = 0.999
    max_steps: Amount = 100_000
    batch_frames: Amount = 3200
    languages: tuple[Name, ...] = ()
    freeze: tuple[Name, ...] = ()
    seed: Annotated[Whole, Ge(0), Lt(2**32)] = 0
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    accelerator: Literal["auto", "cpu", "cuda", "gpu", "mps"] = "auto"
    devices: Amount = 1
    workers: Steps = 0
    checkpoint_minutes: Positive = 3.0
    report_minutes: Positive = 15.0
    log_every: Amount = 20


@dataclass(frozen=True)
class SynthesisConfig(Settings):
    """Losses and batches of the stages of the compact voice.

    Attributes:
        stage: what is trained: "vocoder" mel and pitch to sound, on all audio; "autoencoder" mel to latent and
            back, on all audio; "latent" text and content to latent, without a waveform; "joint" everything, with losses
            on waveforms; "prosody" durations and pitch.
        window_frames: frames (50/s) of a decoded window at most; no fewer than the shortest recordings have.
        reference_frames: frames of a style reference at most.
        segment_frames: frames of a piece that the discriminators judge.
        kl_text_content, kl_content_spec, kl_text_spec: weights of the three KL terms.
        mel_weight, duration_weight, pitch_weight: weights of the other losses.
        text_share, content_share: shares of the windows decoded from text and from content; the others are decoded from
            the spec posterior.
        path_weight: weight of the mel loss of windows decoded from text or content, relative to the posterior's.
        text_latent_weight: weight of the distance between the content latents from text and from the recording.
        path_noise: standard deviation of the noise in those windows.
        voice_change_share: share of the windows whose voice is changed, with its reference, in vocal tract length and
            long-term spectrum; of the stages that decode no waveform.
        narrow_band_share: share of windows whose input loses everything above 8 kHz.
        other_voice_share: share of the windows whose content features are taken from the recording in a changed voice,
            so that conversion does not rely on traces of the speaker in the features.
        other_style_share: share of the windows decoded from text or content in the style of another recording; they
            have no recording to compare with, only losses of words, voice, style and the discriminators.
        words_weight: weight of the content encoder's loss on windows decoded from text or content.
        judge_weight: weight of the voice classifier's loss on those windows; it is trained beside the discriminators.
        speaker_weight: weight of the speaker encoder's loss on windows decoded from text or content; it needs the
            extra `evaluate`.
        style_weight: weight of the style encoder's loss on windows in another style.
        spectral_weight: weight of the distance of the vocoder's spectra from those of the recordings.
        decoded_mels: whether the vocoder stage renders mels as the model decodes them instead of those of recordings.
        denoised_targets: whether steady background noise is removed from the recordings that decoded windows are
            compared with.
        language_shares: share of each language in the batches relative to the others; 1 for those not named.
        untranscribed_weight: weight of a recording without text relative to one with.
        autoencoder_kl: weight of the divergence of the autoencoder's latent from a standard normal.
        adversarial_from: step at which the discriminators start.
        adversarial_weight, feature_matching_weight: weights of their losses: the hinge loss in the vocoder stage, least
            squares in others.
        discriminator_channels: width of the discriminators.
    """

    stage: Name = "joint"
    window_frames: Annotated[Whole, Ge(10)] = 100
    reference_frames: Amount = 150
    segment_frames: Amount = 32
    kl_text_content: _OfLatents = 1.0
    kl_content_spec: _OfLatents = 1.0
    kl_text_spec: _OfLatents = 0.5
    mel_weight: _OfMels = 45.0
    duration_weight: _OfProsody = 1.0
    pitch_weight: _OfProsody = 1.0
    text_share: Share = 0.35
    content_share: Share = 0.25
    path_weight: Weight = 1.0
    text_latent_weight: _OfLatents = 3.0
    path_noise: Weight = 0.3
    voice_change_share: _OfMelVoices = 0.0
    narrow_band_share: Share = 0.25
    other_voice_share: Share = 0.5
    other_style_share: Share = 0.4
    words_weight: _OfLatents = 3.0
    judge_weight: _OfJoint = 1.5
    style_weight: _OfJoint = 2.0
    speaker_weight: _OfLatentStage = 0.0
    spectral_weight: _OfSounds = 4.0
    decoded_mels: Flag = False
    denoised_targets: Flag = False
    language_shares: dict[Name, Weight] = field(default_factory=dict)
    untranscribed_weight: Weight = 1.0
    autoencoder_kl: Annotated[Weight, Stages(("autoencoder",))] = 0.01
    adversarial_from: Steps = 1_000_000
    adversarial_weight: _OfAdversaries = 1.0
    feature_matching_weight: _OfAdversaries = 4.0
    discriminator_channels: Amount = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.text_share + self.content_share > 1:
            raise ConfigError(
                f"text_share and content_share must be at most 1 together, not {self.text_share:g} and "
                f"{self.content_share:g}."
            )

    def check_losses(self, given: Iterable[str]) -> None:
        """Refuse weights, by the names of their fields, of losses that the stage does not have; 0 is always right.

        Raises:
            ConfigError: names the field and the stage.
        """
        hints = get_type_hints(type(self), include_extras=True)
        without: dict[str, str] = {}
        for name in given:
            stages = [part for part in getattr(hints[name], "__metadata__", ()) if isinstance(part, Stages)]
            if stages and self.stage not in stages[0].names and getattr(self, name):
                without[name] = " and ".join(stages[0].names)
        if len(without) == 1:
            name, having = without.popitem()
            raise ConfigError(
                f"{name} has no effect in the stage {self.stage}, only in {having}: leave it out, or set it to 0."
            )
        if without:
            raise ConfigError(
                f"{', '.join(without)} have no effect in the stage {self.stage}: leave them out, or set them to 0."
            )


@dataclass(frozen=True)
class JointConfig(Settings):
    """Losses and batches of the published training; the defaults are those of its adapt stages.

    Attributes:
        kl_text_content, kl_content_spec, kl_text_spec: weights of the three KL terms.
        mel_weight: weight of the mel loss.
        segment_frames: frames of a recording that are decoded.
        reference_frames: frames of its mel that the style encoder sees.
        shortest_frames, longest_frames: recordings outside of this are left out.
        adversarial_from: step at which the discriminators start.
    """

    kl_text_content: Weight = 1.0
    kl_content_spec: Weight = 1.0
    kl_text_spec: Weight = 1.0
    mel_weight: Weight = 45.0
    segment_frames: Amount = 25
    reference_frames: Amount = 300
    shortest_frames: Amount = 50
    longest_frames: Amount = 600
    adversarial_from: Steps = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest_frames < self.shortest_frames:
            raise ConfigError(
                f"longest_frames must be at least shortest_frames {self.shortest_frames}, not {self.longest_frames}."
            )
        if self.shortest_frames < self.segment_frames:
            raise ConfigError(
                "shortest_frames must be at least segment_frames: segments are cut from whole recordings."
            )
