"""Mel and pitch to waveform: a network predicts the filters of a source-filter renderer.

The mel itself, interpolated to the Fourier bins, is the base of both magnitudes; the network corrects it and sets the
phase. It is trained separately, on recordings in any language.

Shapes: B batch, P mel and pitch frames (100/s), R rendering frames (200/s), M mel channels, C channels, K bins,
S samples.

Source: backbone after Vocos (Siuzdak 2023).
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.audio.mel import centre_frequencies, interpolation
from xespeech.config import MelConfig, VocoderConfig
from xespeech.model.fused_block import can_fuse, convolve_side_by_side
from xespeech.model.layers import ConvNeXtBlock, split_lookahead
from xespeech.model.source_filter import Filters, SourceFilter, pulse_train

_LOUDEST = 6.0  # natural log of the largest gain of a filter
_VOICED_AROUND = 3  # rendering frames that may have pulses, beside those that interpolation finds voiced
_PERIODIC = (3000.0, 8000.0, 0.5)  # Hz up to which pulses stay pulses, Hz from which on this share of their power does
_QUIETEST = 1e-6  # amplitude of the noise, and share of their amplitude that pulses keep in unvoiced frames


class Vocoder(nn.Module):
    """Log-mel, log-pitch and voicing to the filters of a renderer, and to sound.

    Args:
        mel: of the input.
        config: widths, depths and rates.
    """

    base: Tensor
    periodic: Tensor

    def __init__(self, mel: MelConfig, config: VocoderConfig) -> None:
        super().__init__()
        channels, n_bins = config.channels, config.n_fft // 2 + 1
        self.factor, self.hop_length = config.render_factor, mel.hop_length
        aheads = split_lookahead(config.lookahead, config.kernel_size, config.n_layers + 1)
        self.enter = nn.Conv1d(mel.n_mels + 3, channels, config.kernel_size)
        self._padding = config.kernel_size - 1 - aheads[0], aheads[0]
        self._voiced_around = _VOICED_AROUND, min(_VOICED_AROUND, config.lookahead)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(channels, kernel_size=config.kernel_size, lookahead=ahead) for ahead in aheads[1:]
        )
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, 3 * n_bins)
        with torch.no_grad():
            self.head.weight.mul_(0.1)
            self.head.bias.zero_()
            self.head.bias[2 * n_bins :] = -1.0  # less noise than pulses
        self.offset = nn.Parameter(torch.zeros(n_bins))
        bins = np.linspace(0, mel.sample_rate / 2, n_bins, dtype=np.float32)
        base = interpolation(centre_frequencies(mel).astype(np.float32), bins)
        self.register_buffer("base", torch.from_numpy(base), persistent=False)
        low, high, least = _PERIODIC
        periodic = np.interp(bins, [low, high], [1.0, least]).astype(np.float32)
        self.register_buffer("periodic", torch.from_numpy(periodic), persistent=False)
        self.renderer = SourceFilter(mel.sample_rate, mel.hop_length // self.factor, config.n_fft)

    def filters(self, mel: Tensor, log_pitch: Tensor, voicing: Tensor) -> Filters:
        """mel [B, P, M]; log_pitch, defined in unvoiced frames too, and voicing in 0..1 [B, P] -> Filters [B, R, K].

        Voicing is the share of the pulses' amplitude that is left to them; the rest of their power is noise.
        """
        pitch, voiced = log_pitch[..., None], voicing[..., None]
        inputs = torch.cat([mel, pitch, voiced, pitch * voiced], dim=-1).transpose(1, 2)
        inputs = F.interpolate(inputs, scale_factor=float(self.factor), mode="linear", align_corners=False)
        mel, pitch = inputs.split([inputs.shape[1] - 3, 3], dim=1)
        voiced = F.max_pool1d(F.pad(pitch[:, 1:2], self._voiced_around), sum(self._voiced_around) + 1, 1)
        x = torch.cat([mel / 4 + 1, pitch], dim=1)
        if can_fuse(x):
            x = F.pad(x.transpose(1, 2), (0, 0, *self._padding))
            x = convolve_side_by_side(x, self.enter.weight, self.enter.bias)
        else:
            x = self.enter(F.pad(x, self._padding)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        pulse, phase, noise = self.head(self.norm(x)).float().split(len(self.offset), dim=-1)
        base = mel.transpose(1, 2).float() @ self.base + self.offset
        filters = Filters((base + pulse).clamp(max=_LOUDEST), phase, (base + noise).clamp(max=_LOUDEST))
        return _split(filters, voiced.transpose(1, 2).float(), self.periodic)

    def forward(self, mel: Tensor, log_pitch: Tensor, voicing: Tensor, start: Tensor | None = None) -> Tensor:
        """Waveform [B, S], S = P * mel.hop_length; arguments as in `filters`, start as in `pulse_train`."""
        filters = self.filters(mel, log_pitch, voicing)
        with torch.autocast(mel.device.type, enabled=False):
            pulses = pulse_train(log_pitch, self.renderer.sample_rate, self.hop_length, start)
            return self.renderer(filters, pulses, torch.randn_like(pulses))


def _split(filters: Filters, voiced: Tensor, periodic: Tensor) -> Filters:
    """Filters that leave a share of the pulses' power to them and give the rest to the noise.

    By distances of spectra alone the vocoder would take pulses everywhere, in fricatives too: two noises are further
    apart than a noise and what lies in its middle.

    Args:
        filters: before that [B, R, K].
        voiced: share of the amplitude, by frame [B, R, 1].
        periodic: share of the power, by frequency [K].

    Source: mixed excitation after Kawahara 1999 ("STRAIGHT"), whose aperiodicity rises with frequency.
    """
    pulse, phase, noise = filters
    lost = 1 - voiced.square() * periodic
    noise = 0.5 * ((2 * noise).exp() + (2 * pulse).exp() * lost).clamp(min=_QUIETEST**2).log()
    return Filters(pulse + (voiced.clamp(min=_QUIETEST).log() + 0.5 * periodic.log()), phase, noise)
