"""Pictures of recordings; needs matplotlib, of the extras `ui` and `evaluate`.

Shapes: S samples, T frames, M mel channels.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from xespeech.audio.io import Audio
from xespeech.audio.mel import centre_frequencies, log_mel
from xespeech.audio.pitch import track_pitch
from xespeech.config import MEL_COMPACT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RANGE = 70.0  # dB between the darkest and the brightest of a spectrogram
_COLUMNS = 1600  # of a waveform; each shows the lowest and the highest sample of its stretch


def spectrogram_png(audio: Audio) -> bytes:
    """A picture of the mel spectrogram up to 12 kHz with the pitch drawn into it, as a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 1.7), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    _draw_spectrogram(axes, audio)
    axes.tick_params(labelsize=6)
    return _png(figure)


def sound_png(audio: Audio, longest: float = 60.0) -> bytes:
    """A picture of the waveform above the mel spectrogram with its pitch, as a PNG file.

    Args:
        audio: any recording.
        longest: seconds that are drawn, from its beginning.
    """
    from matplotlib.figure import Figure

    audio = Audio(audio.samples[: round(longest * audio.sample_rate)], audio.sample_rate)
    figure = Figure(figsize=(7.0, 3.4), dpi=110, layout="constrained")
    waveform, spectrogram = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    stretches = np.array_split(audio.samples, min(_COLUMNS, len(audio.samples)))
    times = np.linspace(0, audio.duration, len(stretches))
    waveform.fill_between(times, [s.min() for s in stretches], [s.max() for s in stretches], linewidth=0.4)
    waveform.set_ylim(-1, 1)
    waveform.set_ylabel("amplitude", fontsize=8)
    waveform.set_title("waveform, mel spectrogram, pitch (cyan)", fontsize=8)
    _draw_spectrogram(spectrogram, audio)
    spectrogram.set_xlabel("time (s)", fontsize=8)
    spectrogram.set_ylabel("frequency (Hz)", fontsize=8)
    for axes in (waveform, spectrogram):
        axes.tick_params(labelsize=7)
    return _png(figure)


def _draw_spectrogram(axes: Axes, audio: Audio) -> None:
    config = MEL_COMPACT
    samples = audio.resample(config.sample_rate).samples
    decibels = 20 / np.log(10) * log_mel(samples, config)
    pitch = track_pitch(samples, config.sample_rate, config.hop_length)
    frequencies = centre_frequencies(config)
    top = float(decibels.max())
    extent = (0, audio.duration, 0, config.n_mels)
    axes.imshow(decibels.T, origin="lower", aspect="auto", cmap="magma", vmin=top - _RANGE, vmax=top, extent=extent)
    height = np.interp(pitch, frequencies, np.arange(config.n_mels) + 0.5)
    height[pitch == 0] = np.nan
    times = (np.arange(len(pitch)) + 0.5) * config.hop_length / config.sample_rate
    axes.plot(times, height, color="cyan", linewidth=1)
    ticks = (200, 500, 1000, 2000, 4000, 8000)
    axes.set_yticks(np.interp(ticks, frequencies, np.arange(config.n_mels) + 0.5), [f"{hertz:g}" for hertz in ticks])


def _png(figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
