"""The encoder of a Whisper for faster-whisper (CTranslate2) as a content encoder.

Windows are those of `xespeech.content.whisper`: recordings are padded with silence to 15 s, and encoded in overlapping
windows above 30 s.

Shapes: B batch, S samples at 16 kHz, T frames (50/s), C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.content.whisper import SHORTEST, WhisperWindows, digest, number_type
from xespeech.errors import ModelError, brief

_HOP = 160  # samples per mel frame
_BATCH = 8


class FasterWhisperFeatures(WhisperWindows):
    """Features of a Whisper encoder's last layer, by CTranslate2 on one core.

    Args:
        folder: with model.bin, as faster-whisper reads it.
        precision: "32", "bf16" or "16"; the last two where the processor has instructions for them.

    Raises:
        ModelError: faster-whisper is not installed, or there is no such Whisper in the folder.
    """

    def __init__(self, folder: str | Path, precision: str = "32") -> None:
        self.folder, self._type = Path(folder), number_type(precision)
        self.name = f"whisper-{digest(self.folder, 'model.bin')}-{precision}"
        self.longest, self.shortest = 2 * SHORTEST, SHORTEST
        self.channels = self._encode(np.zeros((1, self._encoder.n_mels, 2), np.float32)).shape[2]

    @cached_property
    def _encoder(self) -> Any:
        try:
            from ctranslate2.models import Whisper
        except ModuleNotFoundError as error:
            raise ModelError(
                f"{self.folder} as content encoder needs faster-whisper: pip install faster-whisper"
            ) from error
        try:
            return Whisper(str(self.folder), device="cpu", compute_type=self._type, intra_threads=1)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"the Whisper in {self.folder} cannot be used ({brief(error, 120)}).") from error

    def _encode(self, mel: np.ndarray) -> np.ndarray:
        """Features [B, T, C] of log-mels float32 [B, M, 2 T]."""
        from ctranslate2 import StorageView

        found = self._encoder.encode(StorageView.from_array(np.ascontiguousarray(mel)), to_cpu=True)
        return np.array(found.to(type(found.dtype).float32), np.float32)

    def _features(self, waveforms: Sequence[np.ndarray], size: int) -> np.ndarray:
        from faster_whisper.feature_extractor import FeatureExtractor

        extractor = FeatureExtractor(feature_size=self._encoder.n_mels)
        size += -size % (2 * _HOP)
        mels = [
            extractor(np.pad(samples, (0, size - len(samples))), padding=0)[:, : size // _HOP] for samples in waveforms
        ]
        parts = [np.stack(mels[first : first + _BATCH]) for first in range(0, len(mels), _BATCH)]
        return np.concatenate([self._encode(part.astype(np.float32)) for part in parts])


def is_faster_whisper(folder: Path) -> bool:
    """Whether a folder holds a Whisper for faster-whisper."""
    return (folder / "model.bin").is_file() and any(folder.glob("vocabulary.*"))
