"""The source-filter renderer in numpy: filters and a pitch become a waveform, piece by piece.

The same sums as in `xespeech.model.source_filter`. However the frames are cut into pieces, the samples are the same.

Shapes: T frames (50/s), R rendering frames (100/s), K frequency bins, S samples.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from xespeech.config import PULSE_LIMIT, REFERENCE_PITCH
from xespeech.inference.engine import Filters

_BLOCK = 64  # rendering frames filtered at once, and frames of pulses: what stays in a core's cache takes half the time

_LEAST_SUM = 1e-3  # of squared windows, which samples are divided by


class PulseTrain:
    """Band-limited pulses of unit power.

    Args:
        sample_rate: Hz.
        hop_length: samples per frame.
    """

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        self._sample_rate, self._hop_length = sample_rate, hop_length
        self._last: np.ndarray | None = None  # log-pitch [1] of the last frame
        self._cycles = 0.0

    def push(self, log_pitch: np.ndarray, is_last: bool = False) -> np.ndarray:
        """Samples float32 [S] up to the middle of the last frame, from where the pitch moves on to the next.

        Args:
            log_pitch: natural log of Hz / REFERENCE_PITCH of the next frames [T], defined in unvoiced frames too.
            is_last: whether nothing follows; the second half of the last frame then comes, too.
        """
        hop = self._hop_length
        nodes = [log_pitch[:1] if self._last is None else self._last, log_pitch]
        start = hop - hop // 2 if self._last is None else 0  # before the middle of the first frame is half a frame
        if len(log_pitch):
            self._last = log_pitch[-1:]
        if self._last is None:
            return np.zeros(0, np.float32)
        if is_last:
            nodes.append(self._last)
        pitches = np.concatenate(nodes).astype(np.float32)[:, None]
        n_samples = hop * (len(pitches) - 1) - (hop - hop // 2 if is_last else 0)
        place = _places(hop)
        pulses = []
        for first in range(0, len(pitches) - 1, _BLOCK):
            pairs = pitches[first : first + _BLOCK + 1]
            samples = (pairs[:-1] + (pairs[1:] - pairs[:-1]) * place).reshape(-1)
            pulses.append(self._pulses(samples[max(0, start - hop * first) : n_samples - hop * first]))
        return np.concatenate(pulses) if pulses else np.zeros(0, np.float32)

    def _pulses(self, log_pitch: np.ndarray) -> np.ndarray:
        """Pulses of a log-pitch at sample rate [S]."""
        hertz = np.float32(REFERENCE_PITCH) * np.exp(log_pitch)
        cycles = self._cycles + np.cumsum(hertz, dtype=np.float64) / self._sample_rate
        cycles -= np.floor(cycles)
        self._cycles = float(cycles[-1])
        phase = (2 * np.pi * cycles).astype(np.float32)
        harmonics = np.float32(PULSE_LIMIT) / hertz
        whole = np.floor(harmonics)
        half = np.sin(phase / 2)
        peak = np.flatnonzero(np.abs(half) < 1e-4)  # the closed form of the sum of cosines is 0 / 0, all of them are 1
        half[peak] = 1
        total = np.sin((whole + np.float32(0.5)) * phase) / (2 * half) - np.float32(0.5)
        total[peak] = whole[peak]
        total += (harmonics - whole) * np.cos((whole + 1) * phase)
        return total * np.sqrt(2 / harmonics)


class Renderer:
    """Filters pulses and noise frame by frame and adds the overlapping frames.

    Args:
        hop_length: samples between rendering frames.
        n_fft: window length; K = n_fft / 2 + 1.
    """

    def __init__(self, hop_length: int, n_fft: int) -> None:
        self._hop_length, self._n_fft = hop_length, n_fft
        self._margin = (n_fft - hop_length) // 2
        self._overlap = -(-n_fft // hop_length)  # frames that reach into one hop
        self._sources = np.zeros((2, self._margin), np.float32)  # from the first sample of the next frame's window
        self._filters: list[Filters] = []
        self._tail = np.zeros((self._overlap - 1, hop_length), np.float32)  # what past frames add to the next hops
        self._n_done = 0  # frames
        self._before = self._margin  # samples before the beginning

    def push(self, filters: Filters, pulses: np.ndarray, noise: np.ndarray, is_last: bool = False) -> np.ndarray:
        """Finished samples, float32 [S].

        Args:
            filters: of the next R frames.
            pulses, noise: the next samples of both sources, of unit power; as many of one as of the other.
            is_last: whether nothing follows; all frames together then have given as many samples as they have hops.
        """
        self._filters.append(filters)
        known, size = self._sources.shape[1], self._sources.shape[1] + len(pulses)
        sources = np.zeros((2, size + (self._n_fft if is_last else 0)), np.float32)
        sources[:, :known], sources[0, known:size], sources[1, known:size] = self._sources, pulses, noise
        self._sources = sources
        done = self._run()
        if is_last:
            rows = range(self._n_done, self._n_done + self._overlap - 1)
            rest = self._tail / self._envelopes(rows, self._n_done)
            done.append(rest.reshape(-1)[: self._margin])
        samples = np.concatenate(done) if done else np.zeros(0, np.float32)
        kept = samples[self._before :]
        self._before -= len(samples) - len(kept)
        return kept

    def _run(self) -> list[np.ndarray]:
        """Samples of all frames whose sources are there, in pieces."""
        hop = self._hop_length
        given = self._filters[0]
        if len(self._filters) > 1:
            given = Filters(*(np.concatenate(values) for values in zip(*self._filters, strict=True)))
        ready = max(0, (self._sources.shape[1] - self._n_fft) // hop + 1)
        n_frames = min(ready, len(given.pulse_phase))
        row, size = self._sources.strides
        # windows of the frames; NumPy's own function for it takes as long as the windows of ten frames
        views = np.ndarray((2, ready, self._n_fft), np.float32, self._sources, strides=(row, size * hop, size))
        done = []
        for first in range(0, n_frames, _BLOCK):
            block = slice(first, min(first + _BLOCK, n_frames))
            done.append(self._add(self._filtered(Filters(*(values[block] for values in given)), views[:, block])))
        self._filters = [Filters(*(values[n_frames:] for values in given))]
        self._sources = self._sources[:, n_frames * hop :]
        return done

    def _filtered(self, filters: Filters, sources: np.ndarray) -> np.ndarray:
        """Windowed frames [R, n_fft] of windows of the sources [2, R, n_fft]."""
        window = _window(self._n_fft)
        pulses, noise = np.fft.rfft(sources * window)
        magnitude = np.exp(filters.pulse_log_magnitude)
        spectrum = np.empty(magnitude.shape, np.complex64)
        spectrum.real = magnitude * np.cos(filters.pulse_phase)
        spectrum.imag = magnitude * np.sin(filters.pulse_phase)
        spectrum *= pulses
        spectrum += np.exp(filters.noise_log_magnitude) * noise
        return np.fft.irfft(spectrum, self._n_fft).astype(np.float32, copy=False) * window

    def _add(self, frames: np.ndarray) -> np.ndarray:
        """Overlap-add frames [R, n_fft]; the samples of R hops, which no later frame reaches."""
        n_frames, hop = len(frames), self._hop_length
        rows = np.zeros((n_frames + self._overlap - 1, hop), np.float32)
        rows[: self._overlap - 1] = self._tail
        for index in range(self._overlap):
            part = frames[:, index * hop : (index + 1) * hop]
            rows[index : index + n_frames, : part.shape[1]] += part
        self._tail = rows[n_frames:]
        first, self._n_done = self._n_done, self._n_done + n_frames
        return (rows[:n_frames] / self._envelopes(range(first, self._n_done))).reshape(-1)

    def _envelopes(self, rows: range, n_frames: int | None = None) -> np.ndarray:
        """Sum of the squared windows in hops [len(rows) or 1, hop], of frames without end or of n_frames."""
        sums = _window_sums(self._n_fft, self._hop_length)
        if n_frames is None and rows.start >= self._overlap - 1:
            return _full_sum(self._n_fft, self._hop_length)
        envelopes = sums[np.minimum(np.arange(rows.start, rows.stop), self._overlap - 1)]
        if n_frames is not None:
            envelopes = envelopes - sums[np.arange(rows.start, rows.stop) - n_frames]
        return np.maximum(envelopes, _LEAST_SUM)


class SourceFilter:
    """Filters and a pitch to a waveform: the pulses, the noise and their renderer.

    Args:
        sample_rate: Hz.
        hop_length: samples per frame.
        generator: of the noise.
    """

    def __init__(self, sample_rate: int, hop_length: int, generator: np.random.Generator) -> None:
        self._hop_length, self._generator = hop_length, generator
        self._pulses = PulseTrain(sample_rate, hop_length)
        self._renderer: Renderer | None = None

    def push(self, filters: Filters, log_pitch: np.ndarray, is_last: bool = False) -> np.ndarray:
        """Finished samples, float32 [S].

        Args:
            filters: of the next R rendering frames.
            log_pitch: of the same frames [P].
            is_last: whether nothing follows; all frames together then have given P * hop_length samples.
        """
        if self._renderer is None:
            n_rendered, n_bins = filters.pulse_phase.shape
            self._renderer = Renderer(self._hop_length * len(log_pitch) // n_rendered, 2 * (n_bins - 1))
            self._nothing = Filters(*(values[:0] for values in filters))
        pulses = self._pulses.push(log_pitch, is_last)
        noise = self._generator.standard_normal(len(pulses), dtype=np.float32)
        return self._renderer.push(filters, pulses, noise, is_last)

    def finish(self) -> np.ndarray:
        """The rest: all frames together give P * hop_length samples."""
        if self._renderer is None:
            return np.zeros(0, np.float32)
        return self.push(self._nothing, np.zeros(0, np.float32), is_last=True)


def rendering_delay(hop_length: int, render_hop: int, n_fft: int) -> int:
    """Samples by which what `SourceFilter` has finished stays behind the frames that it was given.

    Args:
        hop_length, render_hop: samples of a pitch frame and of a rendering frame.
        n_fft: window of a rendering frame.
    """
    margin = (n_fft - render_hop) // 2
    waiting = -(-(hop_length // 2 + n_fft - margin) // render_hop)  # frames whose sources are not all there
    return (waiting - 1) * render_hop + margin


@lru_cache
def _places(hop_length: int) -> np.ndarray:
    """Where between two frames each sample lies, 0 to 1, float32 [hop_length]."""
    return (np.arange(hop_length, dtype=np.float32) + np.float32(0.5)) / np.float32(hop_length)


@lru_cache
def _window(n_fft: int) -> np.ndarray:
    """Periodic Hann window, float32 [n_fft]."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)


@lru_cache
def _window_sums(n_fft: int, hop_length: int) -> np.ndarray:
    """Sums of the squared window over the last 1, 2, ... frames in a hop, float32 [overlap, hop_length]."""
    overlap = -(-n_fft // hop_length)
    square = np.pad(_window(n_fft) ** 2, (0, overlap * hop_length - n_fft)).reshape(overlap, hop_length)
    return np.cumsum(square, axis=0)


@lru_cache
def _full_sum(n_fft: int, hop_length: int) -> np.ndarray:
    """Sum of the squared windows in a hop that all frames reach, float32 [1, hop_length]."""
    return np.maximum(_window_sums(n_fft, hop_length)[-1:], _LEAST_SUM)
