"""The interface of content encoders: recordings to content features at 50 frames/s.

Two kinds: the compact encoder, trained here, and the encoder of any Whisper. Both see recordings at 16 kHz and align
with the mel frames of the model, so that recipes can use either.

Shapes: S samples at 16 kHz, T frames (50/s), C content channels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from xespeech.audio.mel import log_mel
from xespeech.config import MEL_CONTENT
from xespeech.content.augment import change_voice
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import encoder_file, encoder_folder, load_encoder
from xespeech.content.whisper import SAMPLES_PER_FRAME
from xespeech.model.precision import bf16_is_native


class ContentEncoder(Protocol):
    """Computes content features.

    Attributes:
        name: for file names, with a hash of the weights, "compact-1f3a…".
        channels: C.
    """

    name: str
    channels: int

    def encode(self, recordings: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Content features of recordings of any length.

        Args:
            recordings: waveforms float32 [S] at 16 kHz.

        Returns:
            Features float32 [T, C] of each, T = floor(S / 320).
        """
        ...


class CompactFeatures:
    """The compact content encoder as a ContentEncoder.

    Args:
        path: a run's `encoder/`, a model folder, or the safetensors file in one of them.
        precision: "32", "bf16" for matrix products in bfloat16, or None for bf16 where the CPU has it.
        other_voices: change the voice of every recording first, deterministically.

    Raises:
        ModelError: there is none, or it is damaged.
    """

    def __init__(self, path: str | Path, precision: str | None = None, other_voices: bool = False) -> None:
        file = encoder_file(path)
        self.encoder: CompactContentEncoder = load_encoder(file)
        self.name = hashlib.sha256(file.read_bytes()).hexdigest()[:12] + ("-other-voices" if other_voices else "")
        self.other_voices = other_voices
        self.channels = self.encoder.config.content_channels
        self.precision = precision or ("bf16" if bf16_is_native("cpu") else "32")

    @torch.no_grad()
    def encode(self, recordings: Sequence[np.ndarray]) -> list[np.ndarray]:
        sizes = [len(recording) // SAMPLES_PER_FRAME for recording in recordings]
        mels = [torch.from_numpy(log_mel(r, MEL_CONTENT)) for r, size in zip(recordings, sizes, strict=True) if size]
        if not mels:
            return [np.zeros((0, self.channels), np.float32) for _ in recordings]
        lengths = torch.tensor([len(mel) for mel in mels])
        batch = torch.nn.utils.rnn.pad_sequence(mels, batch_first=True)
        if self.other_voices:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(int(lengths.sum()))
                batch = change_voice(batch, lengths)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16"):
            found = self.encoder.encode(batch, lengths)
        rows = iter(found.float().numpy())
        return [next(rows)[:size] if size else np.zeros((0, self.channels), np.float32) for size in sizes]


def load_content_encoder(source: str | Path, precision: str = "32") -> ContentEncoder:
    """Load a content encoder.

    Args:
        source: a folder or file of the compact encoder (a run of recipes/content-encoder.yaml, a model folder), a
            folder with a Whisper as transformers saves it or as faster-whisper reads it, or the name of one on the
            Hugging Face hub such as "openai/whisper-large-v2".
        precision: "32", "bf16" or "16".

    Raises:
        ModelError: there is no content encoder, or it is damaged.
    """
    path = encoder_folder(Path(source))
    from xespeech.content.faster_whisper import FasterWhisperFeatures, is_faster_whisper
    from xespeech.content.whisper import WhisperFeatures, is_whisper

    if is_faster_whisper(path):
        return FasterWhisperFeatures(path, precision)
    if path.exists() and not is_whisper(path):
        return CompactFeatures(path, precision)
    return WhisperFeatures(source, precision)
