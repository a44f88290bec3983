"""Speaker consistency: what is decoded from text and content is heard by a frozen speaker encoder as the recording is.

The encoder met thousands of people, the style encoder only those of the data. What listens in training is no second
opinion afterwards: `xespeech evaluate` measures similarity by the same encoder.

Source: the speaker consistency loss of Casanova et al. 2022 ("YourTTS").

Shapes: B batch, P mel frames (100/s), M mel channels, E embedding channels.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.audio.mel import centre_frequencies, hann_window, interpolation, mel_filters
from xespeech.config import MelConfig
from xespeech.errors import require

FRAMES = 160
"""Mel frames of a window of the encoder."""
MOST_WINDOWS = 8
"""Windows of a batch that the encoder hears: its recurrent layers cost a fifth of a step for as many."""

_MEL = MelConfig(sample_rate=16_000, n_fft=400, hop_length=160, win_length=400, n_mels=40, f_min=0.0, f_max=8000.0)
_LEVEL = 0.8  # of the power that the wider window spreads over neighbouring channels, on recordings


class SpeakerConsistency(nn.Module):
    """Resemblyzer, a speaker encoder trained on thousands of people, reading decoded log-mels.

    Args:
        decoded: of the mels, 100 frames/s.

    Raises:
        UserError: Resemblyzer is not installed.
    """

    channels: Tensor

    def __init__(self, decoded: MelConfig) -> None:
        super().__init__()
        resemblyzer = require("resemblyzer", "speaker_weight", 'pip install "xespeech[evaluate]", or set it to 0.')
        self.encoder = resemblyzer.VoiceEncoder("cpu", verbose=False).requires_grad_(False)
        self.register_buffer("channels", torch.from_numpy(_power_channels(decoded)), persistent=False)

    def embed(self, mel: Tensor) -> Tensor:
        """Log-mel [B, FRAMES, M] -> embeddings [B, E] of length 1.

        The powers of the encoder's channels are interpolated: the cosine to the embedding of the waveform was .98 (56
        recordings of seven corpora).
        """
        return self.encoder((2 * mel.float()).exp() @ self.channels)

    def forward(self, decoded: Tensor, real: Tensor) -> Tensor:
        """Mean over windows of 1 - cosine; both [B, FRAMES, M]."""
        with torch.autocast(decoded.device.type, enabled=False):
            with torch.no_grad():
                wanted = self.embed(real)
            return (1 - F.cosine_similarity(self.embed(decoded), wanted)).mean()


def _power_channels(config: MelConfig) -> np.ndarray:
    """Weights [M, 40] from squared mel magnitudes to the encoder's mel of powers."""
    bins = np.linspace(0, _MEL.sample_rate / 2, _MEL.n_fft // 2 + 1)
    powers = interpolation(centre_frequencies(config), bins) / mel_filters(config).sum(1)[:, None] ** 2
    energies = [float((hann_window(mel) ** 2).sum()) for mel in (_MEL, config)]
    return (_LEVEL * energies[0] / energies[1] * powers @ mel_filters(_MEL).T).astype(np.float32)
