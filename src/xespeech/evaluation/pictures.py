"""Spectrograms to look at.

Shapes: T frames, M mel channels.
"""

from __future__ import annotations

import io

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.mel import centre_frequencies, log_mel
from xespeech.audio.pitch import track_pitch
from xespeech.config import MEL_COMPACT
from xespeech.evaluation._extra import extra


def spectrogram_png(audio: Audio) -> bytes:
    """A picture of the mel spectrogram up to 12 kHz with the pitch drawn into it, as a PNG file."""
    figure_module = extra("matplotlib.figure")
    config = MEL_COMPACT
    samples = audio.resample(config.sample_rate).samples
    decibels = 20 / np.log(10) * log_mel(samples, config)
    pitch = track_pitch(samples, config.sample_rate, config.hop_length)
    frequencies = centre_frequencies(config)
    figure = figure_module.Figure(figsize=(4.2, 1.7), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    extent = (0, audio.duration, 0, config.n_mels)
    top = float(decibels.max())
    axes.imshow(decibels.T, origin="lower", aspect="auto", cmap="magma", vmin=top - 70, vmax=top, extent=extent)
    height = np.interp(pitch, frequencies, np.arange(config.n_mels) + 0.5)
    height[pitch == 0] = np.nan
    times = (np.arange(len(pitch)) + 0.5) * config.hop_length / config.sample_rate
    axes.plot(times, height, color="cyan", linewidth=1)
    ticks = (200, 500, 1000, 2000, 4000, 8000)
    axes.set_yticks(np.interp(ticks, frequencies, np.arange(config.n_mels) + 0.5), [f"{hertz:g}" for hertz in ticks])
    axes.tick_params(labelsize=6)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
