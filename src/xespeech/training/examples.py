"""What the graphs of speech compute with, in many voices: the activations of such runs tell how integers round them.

Shapes: N symbols, T frames (50/s), P mel and pitch frames (100/s), Z latent channels, G style channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from xespeech.audio.mel import log_mel
from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import REFERENCE_PITCH
from xespeech.data.pack import Pack, Row
from xespeech.model.synthesizer import FramePrior, Synthesizer
from xespeech.model_folder.equalization import Inputs
from xespeech.model_folder.graphs import TextToContentGraph, everywhere
from xespeech.progress import Progress, silent, track

_MOST = 96
"""Recordings, each said once."""
_MOST_FRAMES = 400
_NOISE = 0.3  # standard deviations of the text prior, as in training


def speech_examples(
    synthesizer: Synthesizer,
    recordings: Sequence[tuple[Pack, Row]],
    styles: Sequence[np.ndarray],
    progress: Progress = silent,
) -> dict[str, list[Inputs]]:
    """Inputs of the graphs that text and recordings are spoken through, by graph.

    Args:
        synthesizer: of the model.
        recordings: some of them are spoken from their text, if they have one, the others converted.
        styles: [G] that they are spoken in, in turns.
        progress: of the work.
    """
    generator = np.random.default_rng(0)
    found: dict[str, list[Inputs]] = {"text_to_content": [], "sound": []}
    chosen = generator.permutation(len(recordings))[: _MOST if styles else 0]
    for number, index in enumerate(track(chosen, "examples of speech", progress)):
        pack, row = recordings[index]
        style = np.asarray(styles[number % len(styles)], np.float32)[None]
        with torch.inference_mode():
            for graph, inputs in _inputs(synthesizer, pack, row, torch.from_numpy(style), generator):
                found[graph].append({name: values.numpy() for name, values in inputs.items()})
    return found


def _inputs(
    model: Synthesizer, pack: Pack, row: Row, style: Tensor, generator: np.random.Generator
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Graphs that one recording goes through, with their inputs."""
    if row.n_symbols:
        phones, marks, languages = torch.from_numpy(pack.symbols(row)).T[:, None]
        mask = everywhere()
        text = model.text_encoder(phones, marks, languages, mask)
        durations = model.durations(text.hidden, mask, style).exp().round().clamp(1, _MOST_FRAMES).long()
        n_frames = int(durations.sum())
        prior = model.frame_prior(text, durations, n_frames)
        noise = torch.from_numpy(_NOISE * generator.standard_normal(prior.mean.shape, np.float32))
        spoken = dict(zip(FramePrior._fields, prior, strict=True)) | {
            "noise": noise,
            "languages": languages.repeat_interleave(durations[0], dim=1),
            "style": style,
        }
        yield "text_to_content", spoken
        latent, log_pitch, voicing = TextToContentGraph(model)(**spoken)
        hertz = np.where(voicing[0] > 0, REFERENCE_PITCH * np.exp(log_pitch[0]), 0.0)
    else:
        factor, config = model.config.frame_factor, model.config.mel
        mel = torch.from_numpy(log_mel(pack.audio(row), config))[None]
        hertz = pack.pitch(row)
        n_frames = min(mel.shape[1] // factor, len(hertz) // factor, _MOST_FRAMES)
        mel, hertz = mel[:, : n_frames * factor], hertz[: n_frames * factor]
        own = model.style_encoder(mel, everywhere())
        pitch = [torch.from_numpy(values)[None] for values in interpolate_pitch(hertz)]
        latent = model.content_from_spec(
            model.encode_spec(mel, everywhere(), own).mean, everywhere(), model.sound_condition(own, *pitch)
        )
    log_pitch, voicing = (torch.from_numpy(values)[None] for values in interpolate_pitch(hertz))
    yield "sound", {"latent": latent, "style": style, "log_pitch": log_pitch, "voicing": voicing}
