"""The encoder of any Whisper as a content encoder, through transformers.

As in the published model, recordings are padded with silence to 15 s, not to Whisper's 30 s, and the positional
embeddings are cut to match. Recordings above 30 s, which it cut, are encoded in overlapping windows.

Source: Radford et al. 2022; Guo et al. 2024, section 3.

Shapes: B batch, S samples at 16 kHz, T frames (50/s), C channels.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from xespeech.errors import ModelError, brief
from xespeech.files import read_json

SAMPLE_RATE = 16_000
SAMPLES_PER_FRAME = 320
SHORTEST = 15 * SAMPLE_RATE
"""Samples that recordings are padded to."""
OVERLAP = 5 * SAMPLE_RATE
"""Samples that two windows of a long recording share."""

_TYPES = {"32": "float32", "bf16": "bfloat16", "16": "float16"}
_BATCH_SECONDS = 240
_FILES = ("config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json")


class WhisperWindows(ABC):
    """A Whisper's encoder on recordings of any length, in windows that overlap.

    Attributes:
        name: with a hash of the weights.
        channels: C.
        longest, shortest: samples of a window, and samples that recordings are padded to.
    """

    name: str
    channels: int
    longest: int
    shortest: int

    def encode(self, recordings: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Waveforms float32 [S] at 16 kHz -> features float32 [T, C], T = floor(S / 320)."""
        by_size: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for index, samples in enumerate(recordings):
            for start in self._starts(len(samples)):
                by_size[max(self.shortest, min(len(samples) - start, self.longest))].append((index, start))
        features: dict[tuple[int, int], np.ndarray] = {}
        for size, same in by_size.items():
            count = max(1, _BATCH_SECONDS * SAMPLE_RATE // size)
            for first in range(0, len(same), count):
                batch = same[first : first + count]
                found = self._features([recordings[index][start : start + size] for index, start in batch], size)
                features |= dict(zip(batch, found, strict=True))
        return [
            _joined([(start // SAMPLES_PER_FRAME, features[index, start]) for start in self._starts(size)], size)
            if size >= SAMPLES_PER_FRAME
            else np.zeros((0, self.channels), np.float32)
            for index, size in enumerate(map(len, recordings))
        ]

    def _starts(self, size: int) -> list[int]:
        """First samples of the windows that cover a recording of `size` samples, whole frames, evenly spread."""
        if size < SAMPLES_PER_FRAME:
            return []
        count = 1 + max(0, -(-(size - self.longest) // (self.longest - OVERLAP)))
        last = max(0, (size - self.longest) // SAMPLES_PER_FRAME)
        return [round(last * i / max(1, count - 1)) * SAMPLES_PER_FRAME for i in range(count)]

    @abstractmethod
    def _features(self, waveforms: Sequence[np.ndarray], size: int) -> np.ndarray:
        """Features [B, T, C] of waveforms that are padded with silence to `size` samples."""


class WhisperFeatures(WhisperWindows):
    """Features of a Whisper encoder's last layer. Weights are loaded with the first recording.

    Args:
        source: a folder that `save_pretrained` wrote, or a name on the Hugging Face hub.
        precision: "32", "bf16" or "16".

    Raises:
        ModelError: transformers is not installed, or there is no such Whisper here or on the hub, or no such precision.
    """

    def __init__(self, source: str | Path, precision: str = "32") -> None:
        self.dtype: torch.dtype = getattr(torch, number_type(precision))
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.folder = _find(source)
        about = read_json(self.folder / "config.json")
        self.channels = int(about["d_model"])
        self.longest = int(about.get("max_source_positions", 1500)) * SAMPLES_PER_FRAME
        self.shortest = min(SHORTEST, self.longest)
        self.name = f"whisper-{digest(self.folder, '*.safetensors')}-{precision}"

    @cached_property
    def _extractor(self) -> Any:
        from transformers import WhisperFeatureExtractor

        return WhisperFeatureExtractor.from_pretrained(self.folder)

    @cached_property
    def _encoder(self) -> nn.Module:
        from transformers import WhisperModel

        try:
            load = cast(Any, WhisperModel.from_pretrained)  # its type says that it returns one value
            model, info = load(self.folder, output_loading_info=True, dtype=self.dtype)
        except Exception as error:
            raise ModelError(
                f"{self.folder} cannot be read as a Whisper ({brief(error)}): copy or download it again."
            ) from error
        missing = sorted(name for name in info["missing_keys"] if name.startswith(("encoder.", "model.encoder.")))
        if missing:
            raise ModelError(f"the Whisper in {self.folder} lacks {missing[0]}: copy or download it again.")
        encoder: nn.Module = model.encoder  # frees the decoder
        return encoder.eval().requires_grad_(False).to(self.device)

    @torch.no_grad()
    def _features(self, waveforms: Sequence[np.ndarray], size: int) -> np.ndarray:
        """Features [B, T, C] of waveforms that are padded with silence to `size` samples."""
        mel = self._extractor(
            list(waveforms), sampling_rate=SAMPLE_RATE, padding="max_length", max_length=size, return_tensors="pt"
        ).input_features
        mel = nn.functional.pad(mel, (0, mel.shape[2] % 2))
        encoder, frames = cast(Any, self._encoder), mel.shape[2] // 2
        positions = encoder.embed_positions
        try:  # the encoder insists on as many frames as it has positions
            encoder.embed_positions = nn.Embedding.from_pretrained(positions.weight[:frames])
            encoder.max_source_positions = encoder.config.max_source_positions = frames
            found = encoder(mel.to(self.device, self.dtype)).last_hidden_state
        finally:
            encoder.embed_positions = positions
        return np.asarray(found.float().cpu())


def number_type(precision: str) -> str:
    """The number type of a precision, "bfloat16" for "bf16".

    Raises:
        ModelError: there is no such precision.
    """
    if precision not in _TYPES:
        raise ModelError(f"precision {precision!r} of a content encoder is not one of {', '.join(_TYPES)}.")
    return _TYPES[precision]


def is_whisper(folder: Path) -> bool:
    """Whether a folder holds a Whisper as transformers saves it."""
    try:
        about = read_json(folder / "config.json")
        return bool(about["model_type"] == "whisper")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _joined(windows: Sequence[tuple[int, np.ndarray]], size: int) -> np.ndarray:
    """Features of a whole recording of `size` samples from those of its windows, cross-faded."""
    frames = size // SAMPLES_PER_FRAME
    if len(windows) == 1:
        return windows[0][1][:frames]
    result = np.zeros((frames, windows[0][1].shape[1]), np.float32)
    total = np.zeros((frames, 1), np.float32)
    for first, features in windows:
        inside = features[: frames - first]
        from_edge = np.minimum(np.arange(len(inside)), np.arange(len(inside))[::-1]) + 1.0
        weight = np.minimum(from_edge / (OVERLAP // SAMPLES_PER_FRAME), 1.0)[:, None].astype(np.float32)
        result[first : first + len(inside)] += weight * inside
        total[first : first + len(inside)] += weight
    return result / total


def _find(source: str | Path) -> Path:
    """The folder of a Whisper: the one named, or the hub's copy of it."""
    try:
        import transformers  # noqa: F401
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError as error:
        raise ModelError("a Whisper as content encoder needs transformers: pip install 'xespeech[whisper]'.") from error
    if is_whisper(Path(source)):
        return Path(source)
    try:
        folder = Path(snapshot_download(str(source), allow_patterns=list(_FILES)))
    except (OSError, HFValidationError, HfHubHTTPError, ValueError) as error:
        raise ModelError(
            f"there is no content encoder {source}: name a folder, or a Whisper on the Hugging Face hub while online."
        ) from error
    if not is_whisper(folder):
        raise ModelError(f"{source} on the Hugging Face hub is no Whisper: name one such as openai/whisper-large-v2.")
    return folder


def digest(folder: Path, pattern: str) -> str:
    """A hash of weights, from sizes, beginnings and ends of the files, which have gigabytes.

    Raises:
        ModelError: no file of weights has such a name.
    """
    state = hashlib.sha256((folder / "config.json").read_bytes())
    weights = sorted(folder.glob(pattern))
    if not weights:
        raise ModelError(f"the Whisper in {folder} has no {pattern}: download it again, or save it with transformers.")
    for path in weights:
        size = path.stat().st_size
        state.update(f"{path.name} {size}".encode())
        with path.open("rb") as file:
            state.update(file.read(1 << 20))
            file.seek(max(0, size - (1 << 20)))
            state.update(file.read())
    return state.hexdigest()[:12]
