"""Log-mel spectrograms in torch, for training; equal to xespeech.audio.mel within 1e-4.

Shapes: B batch, S samples, T frames, M mel channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.audio.mel import centre_frequencies, hann_window, mel_filters
from xespeech.audio.spectrum_torch import items_at_once, power_spectrum
from xespeech.config import MelConfig


class LogMel(nn.Module):
    """Waveform [B, S] -> log-mel [B, T, M], T = floor(S / hop_length)."""

    window: Tensor
    filters: Tensor
    centre_frequencies: Tensor

    def __init__(self, config: MelConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("window", torch.from_numpy(hann_window(config)), persistent=False)
        self.register_buffer("filters", torch.from_numpy(mel_filters(config).T.copy()), persistent=False)
        centres = torch.from_numpy(centre_frequencies(config)).float()
        self.register_buffer("centre_frequencies", centres, persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Natural log of mel-weighted magnitudes, at least log(1e-5); differentiable."""
        config = self.config
        n_frames = waveform.shape[1] // config.hop_length
        if not len(waveform) * n_frames:
            return waveform.new_zeros(len(waveform), n_frames, config.n_mels)
        margin = (config.n_fft - config.hop_length) // 2
        with torch.autocast(waveform.device.type, enabled=False):
            x = waveform.float()[:, None]
            x = F.pad(x, (margin, 0), mode="reflect" if x.shape[2] > margin else "replicate")
            x = F.pad(x, (0, config.n_fft), mode="reflect" if x.shape[2] > config.n_fft else "replicate")[:, 0]
            x = x[:, : (n_frames - 1) * config.hop_length + config.n_fft]
            return torch.cat([self._log_mel(part) for part in x.split(items_at_once(x))])

    def _log_mel(self, padded: Tensor) -> Tensor:
        magnitude = torch.sqrt(power_spectrum(padded, self.window, self.config.hop_length) + 1e-6)
        return torch.log((magnitude @ self.filters).clamp(min=1e-5))
