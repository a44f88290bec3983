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
from xespeech.config import LONGEST_SYMBOL, PITCH_RANGE, REFERENCE_PITCH
from xespeech.data.pack import Pack, Row
from xespeech.model.synthesizer import FramePrior, Synthesizer
from xespeech.model_folder.equalization import Inputs
from xespeech.model_folder.graphs import TextToContentGraph, everywhere
from xespeech.progress import Progress, silent, track

COUNT = 96
"""Recordings that are said; the same ones again in other styles, where there are fewer."""
_MOST_FRAMES = 400  # of an example
_SEMITONES = 12.0  # by which speech may be raised or lowered


def speech_examples(
    synthesizer: Synthesizer,
    recordings: Sequence[tuple[Pack, Row]],
    styles: Sequence[np.ndarray],
    progress: Progress = silent,
) -> dict[str, list[Inputs]]:
    """Inputs of the graphs that text and recordings are spoken through, by graph: with all noise and pitch shifts that
    speech allows. The same arguments give the same examples.

    Args:
        synthesizer: of the model.
        recordings: those with text are spoken from it, the others converted.
        styles: [G] that they are spoken in.
        progress: of the work.
    """
    generator = np.random.default_rng(0)
    found: dict[str, list[Inputs]] = {"text_to_content": [], "sound": []}
    if not recordings or not styles:
        return found
    said, voices = (np.resize(generator.permutation(len(items)), COUNT).tolist() for items in (recordings, styles))
    for index, voice in track(list(zip(said, voices, strict=True)), "examples of speech", progress):
        pack, row = recordings[index]
        style = torch.from_numpy(np.asarray(styles[voice], np.float32)[None])
        with torch.inference_mode():
            for graph, inputs in _inputs(synthesizer, pack, row, style, generator):
                found[graph].append({name: values.numpy() for name, values in inputs.items()})
    return found


def _inputs(
    model: Synthesizer, pack: Pack, row: Row, style: Tensor, generator: np.random.Generator
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Graphs that one recording goes through, with their inputs; none for a recording of less than a frame."""
    if row.n_symbols:
        spoken = _prior(model, pack.symbols(row), style, generator)
        yield "text_to_content", spoken
        latent, log_pitch, voicing = TextToContentGraph(model)(**spoken)
        hertz = np.where(voicing[0] > 0, REFERENCE_PITCH * np.exp(np.clip(log_pitch[0], -3, 3)), 0.0)
    else:
        factor = model.config.frame_factor
        hertz = pack.pitch(row)[: _MOST_FRAMES * factor]
        n_frames = min(row.audio[1] // model.config.hop_length, len(hertz) // factor)
        if n_frames == 0:
            return
        hertz = hertz[: n_frames * factor]
        mel = torch.from_numpy(log_mel(pack.audio(row), model.config.mel))[None, : len(hertz)]
        own = model.style_encoder(mel, everywhere())
        pitch = [torch.from_numpy(values)[None] for values in interpolate_pitch(hertz)]
        latent = model.content_from_spec(
            model.encode_spec(mel, everywhere(), own).mean, everywhere(), model.sound_condition(own, *pitch)
        )
    moved = np.clip(hertz * 2 ** (generator.uniform(-_SEMITONES, _SEMITONES) / 12), *PITCH_RANGE)
    log_pitch, voicing = (torch.from_numpy(values)[None] for values in interpolate_pitch(np.where(hertz > 0, moved, 0)))
    yield "sound", {"latent": latent, "style": style, "log_pitch": log_pitch, "voicing": voicing}


def _prior(model: Synthesizer, symbols: np.ndarray, style: Tensor, generator: np.random.Generator) -> dict[str, Tensor]:
    """Inputs of the graph that speaks symbols [N, 3] in a style [1, G]."""
    phones, marks, languages = torch.from_numpy(symbols).T[:, None]
    mask = everywhere()
    text = model.text_encoder(phones, marks, languages, mask)
    durations = model.durations(text.hidden, mask, style).exp().round().clamp(1, LONGEST_SYMBOL).long()
    prior = model.frame_prior(text, durations, int(durations.sum()))
    noise = generator.uniform() * generator.standard_normal(prior.mean.shape, np.float32)
    of_frames = dict(zip(FramePrior._fields, prior, strict=True)) | {
        "noise": torch.from_numpy(noise.astype(np.float32)),
        "languages": languages.repeat_interleave(durations[0], dim=1),
    }
    return {name: values[:, :_MOST_FRAMES] for name, values in of_frames.items()} | {"style": style}
