"""Copy synthesis: recordings that are analysed and resynthesised by a part of the model.

The quality of copies is an upper bound for speech and conversion. A path maps a recording to its copy; for missing
paths, there is a reason.

Shapes: P mel frames, M mel channels, S samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xespeech.audio import Audio, read
from xespeech.audio.cleaning import normalize_loudness
from xespeech.audio.pitch import interpolate_pitch, track_pitch
from xespeech.errors import DataError, UserError
from xespeech.evaluation.samples import Condition, Sample, evenly, grouped, natural_sample, timed

if TYPE_CHECKING:
    from xespeech.config import MelConfig
    from xespeech.model.synthesizer import Synthesizer

CopyPath = Callable[[Audio], Audio]

_SEED = 0  # of the vocoder's noise


@dataclass(frozen=True)
class CopyPaths:
    """The ways of copying recordings with a model.

    Attributes:
        paths: function from a recording to its copy, by condition.
        missing: reasons, by condition.
    """

    paths: Mapping[Condition, CopyPath] = field(default_factory=dict)
    missing: Mapping[Condition, str] = field(default_factory=dict)


def copy_paths(folder: Path) -> CopyPaths:
    """The ways of copying with the model of a folder, with float32 weights."""
    from xespeech.model_folder.weights import load_networks

    conditions: tuple[Condition, ...] = ("copy-vocoder", "copy-latent")
    try:
        synthesizer = load_networks(folder).synthesizer
    except UserError as error:
        return CopyPaths(missing=dict.fromkeys(conditions, f"its networks cannot be read ({error})"))
    return CopyPaths(
        {name: partial(_copy, synthesizer=synthesizer, latent=name == "copy-latent") for name in conditions}
    )


def _copy(recording: Audio, synthesizer: Synthesizer, latent: bool) -> Audio:
    """A copy of a recording by the vocoder, from mel and pitch of the recording.

    Args:
        recording: to copy.
        synthesizer: in evaluation mode.
        latent: whether the mel goes through spec posterior (its mean) and mel decoder, with the recording's style.
    """
    import torch

    from xespeech.audio.mel_torch import LogMel

    config = synthesizer.config.mel
    hop_length = synthesizer.config.hop_length if latent else config.hop_length
    samples = normalize_loudness(recording.resample(config.sample_rate)).samples
    samples = samples[: len(samples) // hop_length * hop_length]
    with torch.inference_mode(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        mel = LogMel(config)(torch.from_numpy(samples)[None])  # [1, P, M]
        log_pitch, voicing = map(torch.from_numpy, _pitch(samples, config, mel.shape[1]))
        if latent:
            mask = mel.new_ones(1, mel.shape[1] // synthesizer.config.frame_factor, 1)
            style = synthesizer.style_encoder(mel, mask)
            condition = synthesizer.sound_condition(style, log_pitch, voicing)
            z_spec = synthesizer.encode_spec(mel, mask, style).mean
            mel = synthesizer.decode_mel(z_spec, mask, condition, log_pitch, voicing)
        waveform = synthesizer.vocoder(mel, log_pitch, voicing)  # [1, S]
        return Audio(waveform[0].clamp(-1.0, 1.0).float().numpy(), config.sample_rate)


def _pitch(samples: np.ndarray, config: MelConfig, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-pitch and voicing, float32 [1, P] each."""
    pitch = track_pitch(samples, config.sample_rate, config.hop_length)[:n_frames]
    log_pitch, voicing = interpolate_pitch(np.pad(pitch, (0, n_frames - len(pitch)), mode="edge"))
    return log_pitch.astype(np.float32)[None], voicing.astype(np.float32)[None]


def choose_recordings(cuts: Iterable[Any], limit: int, speakers: Sequence[str] = ()) -> list[Sample]:
    """Choose recordings to copy, in any language and with or without text: at most `limit` of a speaker.

    Raises:
        DataError: there are none.
    """
    found = [
        replace(natural_sample(cut), phones=(), tones=())
        for cut in sorted(cuts, key=lambda cut: cut.id)
        if not speakers or cut.supervisions[0].speaker in speakers
    ]
    if not found:
        raise DataError(
            "these data hold no recordings of this set and these speakers: name others with --data or --set."
        )
    return [
        sample
        for _, of_voice in sorted(grouped(found, lambda s: s.voice).items())
        for sample in evenly(of_voice, limit)
    ]


def copy_all(recordings: Sequence[Sample], paths: CopyPaths, folder: Path) -> Iterator[Sample]:
    """Copies of the recordings through every path, written to a folder, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for condition, copy in paths.paths.items():
        for origin in recordings:
            audio, seconds = timed(partial(copy, read(origin.path)))
            id = f"{condition}-{origin.id.removeprefix('natural-')}"
            path = audio.save(folder / f"{id}.wav")
            yield replace(origin, id=id, condition=condition, path=path, natural=origin.id, seconds=seconds)
