"""Recipes of the smallest size, the command that trains them, and the losses that a run has noted."""

from __future__ import annotations

import sys
from pathlib import Path

CONTENT = """
task: content
content: {hidden_channels: 32, content_channels: 16, n_layers: 2}
training: {batch_frames: 400, max_steps: 12, precision: 32-true, warmup_steps: 2, checkpoint_minutes: 60, log_every: 1}
"""
VOICE = """
task: synthesis
model: {content_channels: 16, latent_channels: 8, hidden_channels: 16, style_channels: 8, language_channels: 4,
  text_layers: 1, posterior_layers: 1, couplings: 2, coupling_layers: 1, predictor_layers: 1, style_layers: 1,
  mel_decoder_channels: 16, mel_decoder_layers: 1, mel_decoder_fine_layers: 1,
  vocoder: {channels: 16, n_layers: 1, lookahead: 6}}
synthesis: {window_frames: 40, adversarial_from: 6, segment_frames: 20, discriminator_channels: 2}
training: {batch_frames: 160, max_steps: 10, precision: 32-true, warmup_steps: 2, checkpoint_minutes: 0.0001,
  report_minutes: 60, log_every: 1}
"""


def command(recipe: Path, data: Path, out: Path, *more: str) -> list[str]:
    program = [sys.executable, "-m", "xespeech.cli.main", "train"]
    return [*program, str(recipe), "--data", str(data), "--out", str(out), "--threads", "1", *more]


def losses(run: Path) -> dict[int, dict[str, float]]:
    """Losses by step from the TensorBoard files; a step that was done again counts as it was the last time."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result: dict[int, dict[str, float]] = {}
    for file in sorted(run.glob("events.*"), key=lambda path: path.stat().st_mtime):
        events = EventAccumulator(str(file))
        events.Reload()
        for tag in events.Tags()["scalars"]:
            for event in events.Scalars(tag):
                result.setdefault(event.step, {})[tag] = event.value
    return result
