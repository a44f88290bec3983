"""Typed batches, with the shape of every tensor.

Shapes: B batch, N symbols, T frames (50/s), P pitch frames (100/s), F mel frames (100/s), S samples,
C content channels, M mel channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

_Batch = TypeVar("_Batch", bound="TensorBatch")


def padded(arrays: Sequence[np.ndarray], padding: int = 0) -> tuple[Tensor, Tensor]:
    """Arrays [N, ...] of several lengths as one tensor [B, longest N, ...], and their lengths [B]."""
    tensors = [torch.from_numpy(array) for array in arrays]
    return pad_sequence(tensors, batch_first=True, padding_value=padding), torch.tensor([len(a) for a in arrays])


@dataclass(frozen=True)
class TensorBatch:
    """Base of batches: tensors and nested batches move to a device together; other values stay as they are."""

    def to(self: _Batch, device: torch.device) -> _Batch:
        """The batch on a device; from pinned memory without waiting for the copy."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self: _Batch) -> _Batch:
        """The batch in memory from which a GPU copies by itself."""
        return self.map(Tensor.pin_memory)

    def map(self: _Batch, change: Callable[[Tensor], Tensor]) -> _Batch:
        """The batch with every tensor changed."""
        changed: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                changed[field.name] = change(value)
            elif isinstance(value, TensorBatch):
                changed[field.name] = value.map(change)
        return replace(self, **changed)


@dataclass(frozen=True)
class MelBatch(TensorBatch):
    """Whole recordings.

    Attributes:
        mel: log-mel at 100 frames/s [B, F, M].
        lengths: valid frames of it [B].
    """

    mel: Tensor
    lengths: Tensor


@dataclass(frozen=True)
class ContentBatch(TensorBatch):
    """Whole recordings with their transcripts.

    Attributes:
        mel: log-mel at 100 frames/s [B, F, M].
        mel_lengths: valid frames of it [B].
        phones: ids of the sounds, pauses aside [B, N].
        phone_lengths: valid phones [B].
        tones: Mandarin tone numbers 1-5 [B, N'].
        tone_lengths: valid tones [B].
        speakers: ids [B].
        frame_phones: class of each frame for the frame head [B, T], T as of the longest recording; -100 where it is
            not known.
    """

    mel: Tensor
    mel_lengths: Tensor
    phones: Tensor
    phone_lengths: Tensor
    tones: Tensor
    tone_lengths: Tensor
    speakers: Tensor
    frame_phones: Tensor


@dataclass(frozen=True)
class Words(TensorBatch):
    """Content features and texts of the windows of a batch.

    Texts are encoded whole: symbols and durations are those of the recording that a window is cut from.

    Attributes:
        content: content features of the window [B, T, C], of the recording or of it in a changed voice.
        known: whether there is a text that fits the recording, bool [B].
        with_text: indices of the windows with such a text [W].
        symbols: phone, mark and language ids [B, N, 3].
        n_symbols: valid symbols [B].
        durations: frames of each symbol, int64 [B, N].
        most_frames: frames of the longest text.
        spoken: indices of the windows decoded from text [V].
        spoken_rows: their indices in with_text [V].
        text_spec: indices of the windows whose divergence of text from spectrum is estimated [U].
    """

    content: Tensor
    known: Tensor
    with_text: Tensor
    symbols: Tensor
    n_symbols: Tensor
    durations: Tensor
    most_frames: int
    spoken: Tensor
    spoken_rows: Tensor
    text_spec: Tensor


@dataclass(frozen=True)
class VoiceChange(TensorBatch):
    """How the voice of each window and of its reference is changed.

    Attributes:
        stretch: factor of all frequencies [B].
        gain: added to the log-mel [B, M].
    """

    stretch: Tensor
    gain: Tensor


@dataclass(frozen=True)
class OtherStyles(TensorBatch):
    """Q windows that are decoded in the style of another recording, and how pitch and durations change with it.

    Attributes:
        windows: their indices [Q].
        reference: audio in the other style [Q, S].
        reference_frames: valid frames of it [Q].
        voice: ids of the other voices [Q].
        height: mean log-pitch of the recording that the window is cut from, relative to REFERENCE_PITCH [Q].
        rise: from there to the mean log-pitch of the other recording [Q].
        stretch: factor of the standard deviation of the log-pitch [Q].
        pace: factor of durations [Q].
        heard: indices of those that the speaker encoder hears beside their references [H].
    """

    windows: Tensor
    reference: Tensor
    reference_frames: Tensor
    voice: Tensor
    height: Tensor
    rise: Tensor
    stretch: Tensor
    pace: Tensor
    heard: Tensor


@dataclass(frozen=True)
class Judged(TensorBatch):
    """Which windows the discriminators see, indices into the batch.

    Attributes:
        real: windows of recordings [R]; the first `pairs` are those of `decoded`, in the same order.
        decoded: decoded windows [D]; those in another style, which have no recording, come last.
        pairs: number of windows that are in both.
    """

    real: Tensor
    decoded: Tensor
    pairs: int


@dataclass(frozen=True)
class SynthesisBatch(TensorBatch):
    """Windows of recordings, and references of their styles.

    Attributes:
        audio: the windows [B, S], 0 in the padding.
        targets: what decoded windows are compared with [B, S]: audio, or the same without its steady noise.
        frames: valid frames of the window [B].
        first: its first frame in the recording [B].
        log_pitch, voicing: at pitch frames [B, P].
        bandwidth: of the recording, Hz [B].
        language, voice: ids [B].
        narrow: whether the input loses its band above 8 kHz, bool [B].
        reference: audio in the same voice and style [B, S'].
        reference_frames: valid frames of it [B].
        predicted: indices of the windows decoded from text or content [P]; the spec posterior gives the others.
        own: indices of the windows in their recording's style [O], which are compared with it.
        heard: indices of those that are both, and long enough for the speaker encoder [H].
        judged: what the discriminators see.
        others: the windows in another style.
        change: of the voices; None if none is changed.
        words: content and texts; None for stages that need none.
    """

    audio: Tensor
    targets: Tensor
    frames: Tensor
    first: Tensor
    log_pitch: Tensor
    voicing: Tensor
    bandwidth: Tensor
    language: Tensor
    voice: Tensor
    narrow: Tensor
    reference: Tensor
    reference_frames: Tensor
    predicted: Tensor
    own: Tensor
    heard: Tensor
    judged: Judged
    others: OtherStyles
    change: VoiceChange | None
    words: Words | None
