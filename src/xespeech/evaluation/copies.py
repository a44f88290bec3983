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
    from torch import Tensor

    from xespeech.config import MelConfig
    from xespeech.model.synthesizer import Synthesizer
    from xespeech.model.vocoder import Vocoder

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
        {
            "copy-vocoder": VocoderPath(synthesizer.vocoder, synthesizer.config.mel),
            "copy-latent": LatentPath(synthesizer),
        }
    )


class VocoderPath:
    """Through a vocoder alone, from mel and pitch of the recording.

    Args:
        vocoder: in evaluation mode.
        mel: of its input.
    """

    def __init__(self, vocoder: Vocoder, mel: MelConfig) -> None:
        self._vocoder, self._mel, self._hop_length = vocoder, mel, mel.hop_length

    def __call__(self, recording: Audio) -> Audio:
        import torch

        from xespeech.audio.mel_torch import LogMel

        samples = normalize_loudness(recording.resample(self._mel.sample_rate)).samples
        samples = samples[: len(samples) // self._hop_length * self._hop_length]
        with torch.inference_mode(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(_SEED)
            mel = LogMel(self._mel)(torch.from_numpy(samples)[None])  # [1, P, M]
            log_pitch, voicing = map(torch.from_numpy, _pitch(samples, self._mel, mel.shape[1]))
            waveform = self._vocoder(self._through(mel, log_pitch, voicing), log_pitch, voicing)  # [1, S]
            return Audio(waveform[0].clamp(-1.0, 1.0).float().numpy(), self._mel.sample_rate)

    def _through(self, mel: Tensor, log_pitch: Tensor, voicing: Tensor) -> Tensor:
        """The mel [1, P, M] that the vocoder gets."""
        return mel


class LatentPath(VocoderPath):
    """Through spec posterior (its mean), mel decoder and vocoder, with the style and pitch of the recording.

    Args:
        synthesizer: in evaluation mode.
    """

    def __init__(self, synthesizer: Synthesizer) -> None:
        super().__init__(synthesizer.vocoder, synthesizer.config.mel)
        self._synthesizer, self._hop_length = synthesizer, synthesizer.config.hop_length

    def _through(self, mel: Tensor, log_pitch: Tensor, voicing: Tensor) -> Tensor:
        model = self._synthesizer
        mask = mel.new_ones(1, mel.shape[1] // model.config.frame_factor, 1)
        style = model.style_encoder(mel, mask)
        latent = model.encode_spec(mel, mask, style).mean
        return model.decode_mel(latent, mask, model.sound_condition(style, log_pitch, voicing), log_pitch, voicing)


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
