"""TensorBoard report of a run of the original configuration: a recording copied, converted and spoken anew.

Shapes: T frames (50/s), S samples at 16 kHz, M mel channels, G style channels.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from xespeech.original.model.synthesizer import OriginalSynthesizer

if TYPE_CHECKING:
    from xespeech.original.training.graph import OriginalBatch
    from xespeech.original.training.task import OriginalTask


@torch.no_grad()
def render(model: OriginalSynthesizer, batch: OriginalBatch, mel: Tensor, style: Tensor) -> dict[str, Tensor]:
    """A recording in a style, without noise: copied from its mel, converted from its content, spoken from its text.

    Args:
        model: in evaluation mode.
        batch: of the recording alone.
        mel: of the recording [1, T, M].
        style: [1, G].

    Returns:
        The waveforms [1, S], "copied", "converted" and "spoken".
    """
    symbol_mask, mask = torch.ones_like(batch.symbols, dtype=mel.dtype)[..., None], torch.ones_like(mel[:, :1, :1])
    language = model.language(batch.languages)[:, None]
    text = model.text_encoder(batch.symbols, language, symbol_mask)
    noise = torch.zeros_like(symbol_mask).expand(-1, -1, 2)
    durations = model.durations(text.hidden, symbol_mask, style, language, noise).exp().ceil().clamp(1, 100).long()
    prior = model.frame_prior(text, durations, int(durations.sum()))
    heard = model.content_posterior(batch.content, mask, language).mean
    said = model.content_from_text(prior, torch.zeros_like(prior.mean), mask, batch.languages)
    latents = {
        "copied": model.spec_posterior(mel, mask, style[:, None]).mean,
        "converted": model.spec_from_content(heard, mask, style),
        "spoken": model.spec_from_content(said, mask, style),
    }
    return {name: model.waveform(latent, mask, style) for name, latent in latents.items()}


def report_original(task: OriginalTask, writer: Any, model: OriginalSynthesizer, step: int) -> None:
    """One recording in its voice, three ways: sound, mel, and distances of the mels of copy and conversion."""
    item = task.development[0]
    row = item[1]
    batch = task.collate([item], row.n_frames, np.zeros((2, 1)))
    measure = deepcopy(task.mel).cpu()
    mel = measure(batch.audio)
    style = model.style_encoder(mel[:, batch.references[0]])
    for name, waveform in ({"recorded": batch.audio} | render(model, batch, mel, style)).items():
        writer.add_audio(f"{row.language}/{name}", waveform[0].clamp(-1, 1), step, task.model.mel.sample_rate)
        found = measure(waveform)
        picture = (found - found.min()) / (found.max() - found.min()).clamp(min=1e-6)
        writer.add_image(f"{row.language}/{name}", picture[0].T.flip(0).numpy(), step, dataformats="HW")
        if name in ("copied", "converted"):
            writer.add_scalar(f"distance/{name}", float((found - mel).abs().mean()), step)
