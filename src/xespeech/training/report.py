"""TensorBoard report of a synthesis run: mels, alignments, sounds and development-set figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from xespeech.audio.mel_torch import LogMel
from xespeech.model.synthesizer import Synthesizer
from xespeech.text.symbols import LANGUAGES
from xespeech.training.content_features import PackedContent
from xespeech.training.sampling import Item


@torch.no_grad()
def synthesize(model: Synthesizer, symbols: torch.Tensor, style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Speak one row of symbols in torch, as the runtime does: waveform [S] and frames per symbol [N].

    Args:
        model: the synthesizer in evaluation mode.
        symbols: phone, mark and language ids [1, N, 3] with a silence before and after.
        style: [1, G].
    """
    mask = torch.ones(1, symbols.shape[1], 1)
    text = model.text_encoder(symbols[..., 0], symbols[..., 1], symbols[..., 2], mask)
    durations = model.durations(text.hidden, mask, style).exp().round().clamp(1, 50).long()
    n_frames = int(durations.sum())
    prior = model.frame_prior(text, durations, n_frames)
    mask = torch.ones(1, n_frames, 1)
    pitch = model.text_pitch(prior.pitch_features, mask, style)
    voicing = (pitch.voicing > 0).float()
    sound = model.sound_condition(style, pitch.log_pitch, voicing)
    language, no_noise = symbols[:, :1, 2].expand(-1, n_frames), torch.zeros_like(prior.mean)
    z_content = model.content_from_text(prior, no_noise, mask, language)
    mel = model.decode_mel(model.spec_from_content(z_content, mask, sound), mask, sound, pitch.log_pitch, voicing)
    return model.vocoder(mel, pitch.log_pitch, voicing)[0], durations[0]


@torch.no_grad()
def report_synthesis(
    writer: Any, model: Synthesizer, development: Sequence[Item], content: PackedContent, step: int
) -> None:
    """Speak one development text a language in the voice of its recording; write sound, mel and durations of both.

    Args:
        writer: of TensorBoard.
        model: with averaged weights, in evaluation mode.
        development: recordings with text that are not trained on.
        content: their aligned durations.
        step: steps done.
    """
    measure = LogMel(model.config.mel)
    for language in LANGUAGES:
        item = next((item for item in development if item[1].language == language), None)
        if item is None:
            continue
        pack, row = item
        audio = torch.from_numpy(pack.audio(row))[None]
        mel = measure(audio)
        style = model.style_encoder(mel, torch.ones(1, mel.shape[1] // model.config.frame_factor, 1))
        spoken, durations = synthesize(model, torch.from_numpy(pack.symbols(row))[None], style)
        rate = model.config.mel.sample_rate
        writer.add_audio(f"{language}/spoken", spoken.clamp(-1, 1), step, rate)
        writer.add_audio(f"{language}/recorded", audio[0], step, rate)
        for name, picture in (("spoken", measure(spoken[None])[0]), ("recorded", mel[0])):
            writer.add_image(f"{language}/{name}", _picture(picture.numpy()), step, dataformats="HW")
        for name, frames in (("predicted", durations.numpy()), ("aligned", content.durations(item))):
            writer.add_image(f"{language}/alignment_{name}", _alignment(frames), step, dataformats="HW")


def _alignment(durations: np.ndarray) -> np.ndarray:
    """Frames of each symbol [N] as a path through white, first symbol below [N, T]."""
    symbol = np.repeat(np.arange(len(durations)), durations)
    return (symbol[None, :] != np.arange(len(durations))[::-1, None]).astype(np.float32)


def _picture(mel: np.ndarray) -> np.ndarray:
    """Mel [T, M] as grey values 0..1 with low frequencies below [M, T]."""
    low, high = mel.min(), mel.max()
    return ((mel - low) / max(high - low, 1e-6)).T[::-1].copy()
