"""TensorBoard report of a run of the original configuration: a recording copied, converted and spoken anew.

Shapes: N symbols, T frames (50/s), S samples at 16 kHz, M mel channels, D content channels, G style channels.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from xespeech.original.model.synthesizer import OriginalSynthesizer

if TYPE_CHECKING:
    from xespeech.original.training.task import OriginalTask


@torch.no_grad()
def copy(model: OriginalSynthesizer, mel: Tensor, style: Tensor) -> Tensor:
    """Copy synthesis: mel [1, T, M] through the spec posterior's mean and the decoder, waveform [1, S]."""
    mask = torch.ones(1, mel.shape[1], 1, device=mel.device)
    return model.waveform(model.spec_posterior(mel, mask, style[:, None]).mean, mask, style)


@torch.no_grad()
def convert(model: OriginalSynthesizer, content: Tensor, language: Tensor, style: Tensor) -> Tensor:
    """Voice conversion: content features [1, T, D] of a language [1] in a style [1, G], waveform [1, S]; no noise."""
    mask = torch.ones(1, content.shape[1], 1, device=content.device)
    z_content = model.content_posterior(content, mask, model.language(language)[:, None]).mean
    return model.waveform(model.spec_from_content(z_content, mask, style), mask, style)


@torch.no_grad()
def speak(model: OriginalSynthesizer, symbols: Tensor, language: Tensor, style: Tensor) -> Tensor:
    """Text to speech: symbols [1, N] of a language [1] in a style [1, G], waveform [1, S]; no noise."""
    mask = torch.ones(1, symbols.shape[1], 1, device=symbols.device)
    embedding = model.language(language)[:, None]
    text = model.text_encoder(symbols, embedding, mask)
    noise = torch.zeros(1, symbols.shape[1], 2, device=symbols.device)
    durations = model.durations(text.hidden, mask, style, embedding, noise).exp().ceil().clamp(1, 100).long()
    n_frames = int(durations.sum())
    mask = torch.ones(1, n_frames, 1, device=symbols.device)
    prior = model.frame_prior(text, durations, n_frames)
    z_content = model.content_from_text(prior, torch.zeros_like(prior.mean), mask, language)
    return model.waveform(model.spec_from_content(z_content, mask, style), mask, style)


def report_original(task: OriginalTask, writer: Any, model: OriginalSynthesizer, step: int) -> None:
    """One recording in its voice, three ways: sound, mel, and distances of the mels of copy and conversion."""
    item = task.development[0]
    row = item[1]
    batch = task.collate([item], row.n_frames, np.zeros((2, 1)))
    measure = deepcopy(task.mel).cpu()
    mel = measure(batch.audio)
    style = model.style_encoder(mel[:, batch.references[0]])
    made = {
        "copied": copy(model, mel, style),
        "converted": convert(model, batch.content, batch.languages, style),
        "spoken": speak(model, batch.symbols, batch.languages, style),
    }
    for name, waveform in ({"recorded": batch.audio} | made).items():
        writer.add_audio(f"{row.language}/{name}", waveform[0].clamp(-1, 1), step, task.model.mel.sample_rate)
        found = measure(waveform)
        picture = (found - found.min()) / (found.max() - found.min()).clamp(min=1e-6)
        writer.add_image(f"{row.language}/{name}", picture[0].T.flip(0).numpy(), step, dataformats="HW")
        if name in ("copied", "converted"):
            writer.add_scalar(f"distance/{name}", float((found - mel).abs().mean()), step)
