"""Content features and durations of a whole pack, computed once and kept beside it.

Shapes: T frames (50/s), C content channels, N symbols.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
import torch

from xespeech.config import MEL_COMPACT
from xespeech.content.alignment import align, align_frames
from xespeech.content.encoder import CompactFeatures, ContentEncoder, load_content_encoder
from xespeech.content.whisper import SAMPLE_RATE
from xespeech.data.pack import Pack, Row
from xespeech.errors import DataError
from xespeech.text.symbols import N_PAUSES

_BATCH_FRAMES = 6000
_BATCH_ITEMS = 64
_MOST_FRAMES_OFF = 2  # by which encoders round the length of a recording differently


class FeatureFiles:
    """Features that were computed elsewhere: `ID.npy` [T, C] or `ID_largev2ppg.npy`, as the published code writes them.

    Args:
        folder: where they lie, at any depth.

    Raises:
        DataError: there are none, or they are not of one width.
    """

    def __init__(self, folder: Path) -> None:
        self.paths = {path.stem.removesuffix("_largev2ppg"): path for path in sorted(folder.rglob("*.npy"))}
        if not self.paths:
            raise DataError(f"{folder} holds no content encoder and no features (*.npy): name another folder.")
        self.folder = folder
        first = next(iter(self.paths.values()))
        self.channels = int(_load(first).shape[1])
        about = repr([(name, path.stat().st_size) for name, path in self.paths.items()]).encode() + first.read_bytes()
        self.name = f"files-{hashlib.sha256(about).hexdigest()[:12]}"

    def of(self, row: Row) -> np.ndarray:
        """Features [T, C] of a recording.

        Raises:
            DataError: they are missing, or of another version of the recording.
        """
        if row.id not in self.paths:
            raise DataError(f"{self.folder} holds no features {row.id}.npy: compute them, or name a content encoder.")
        features = _load(self.paths[row.id])
        if features.shape[1] != self.channels or abs(len(features) - row.n_frames) > _MOST_FRAMES_OFF:
            raise DataError(
                f"{self.paths[row.id]} has {len(features)} frames of {features.shape[1]} and the recording "
                f"{row.n_frames} of {self.channels}: compute the features of the prepared recordings."
            )
        return features


def _load(path: Path) -> np.ndarray:
    try:
        features = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as features: compute them again.") from error
    if features.ndim != 2 or not len(features):
        raise DataError(f"{path} holds {list(features.shape)} instead of frames by channels: compute features again.")
    return features


def find_features(source: str) -> ContentEncoder | FeatureFiles:
    """A content encoder, or a folder of features that one has computed.

    Raises:
        ModelError, DataError: there is neither.
    """
    folder = Path(source)
    if folder.is_dir() and next(folder.rglob("*.npy"), None) is not None:
        return FeatureFiles(folder)
    return load_content_encoder(source, "bf16" if torch.cuda.is_available() else "32")


def attach_features(pack: Pack, encoder: ContentEncoder | FeatureFiles) -> np.ndarray:
    """Features float16 [all T, C] of a pack by any content encoder; computed if they are not there."""
    return pack.keep(f"content-{encoder.name}", np.float16, encoder.channels, "frames", partial(_encode, pack, encoder))


class Content(NamedTuple):
    """Content features and durations of a pack, by a compact content encoder.

    Attributes:
        features: float16 [all T, C].
        other_voices: of the recordings in changed voices, float16 [all T, C].
        durations: int16 [all N, 1]; known ones where there are any, else from forced alignment.
    """

    features: np.ndarray
    other_voices: np.ndarray
    durations: np.ndarray


class PackedContent:
    """Content features and durations of several packs, attached when first needed; computed if they are not there.

    Args:
        encoder: folder of the trained content encoder.
    """

    def __init__(self, encoder: Path) -> None:
        self.encoder = encoder
        self.attached: dict[int, Content] = {}

    def of(self, pack: Pack) -> Content:
        """Content features and durations of all recordings of a pack."""
        if id(pack) not in self.attached:
            encoder = CompactFeatures(self.encoder)
            features = attach_features(pack, encoder)
            other_voices = attach_features(pack, CompactFeatures(self.encoder, other_voices=True))
            method = "frames" if _knows_times(encoder) else "ctc"
            fill = partial(_align, pack, encoder, features)
            durations = pack.keep(f"aligned-{method}-{encoder.name}", np.int16, 1, "symbols", fill)
            self.attached[id(pack)] = Content(features, other_voices, durations)
        return self.attached[id(pack)]

    def durations(self, item: tuple[Pack, Row]) -> np.ndarray:
        """Frames of each symbol of a recording, int64 [N], known or by forced alignment."""
        pack, row = item
        return self.of(pack).durations[row.symbols[0] : sum(row.symbols), 0].astype(np.int64)


def _encode(pack: Pack, encoder: ContentEncoder | FeatureFiles, features: np.ndarray) -> None:
    order = sorted(pack.rows, key=lambda row: row.n_frames)
    batches = []
    while order:
        count = max(1, min(_BATCH_ITEMS, _BATCH_FRAMES // max(1, order[0].n_frames)))
        batches.append(order[:count])
        order = order[count:]
    for rows in pack.track(batches, "content features"):
        if isinstance(encoder, FeatureFiles):
            found = [encoder.of(row) for row in rows]
        else:
            found = encoder.encode([_recording(pack, row) for row in rows])
        for found_features, row in zip(found, rows, strict=True):
            of_row = found_features[: row.n_frames]
            if len(of_row):
                of_row = np.pad(of_row, ((0, row.n_frames - len(of_row)), (0, 0)), mode="edge")
                features[row.frames[0] : sum(row.frames)] = of_row


def _recording(pack: Pack, row: Row) -> np.ndarray:
    """Samples float32 at 16 kHz."""
    return np.asarray(soxr.resample(pack.audio(row), MEL_COMPACT.sample_rate, SAMPLE_RATE), np.float32)


def _knows_times(encoder: CompactFeatures) -> bool:
    """Whether the encoder has a frame head whose times are those of the sounds."""
    return encoder.encoder.frame_head is not None and encoder.encoder.config.frame_delay == 0


@torch.no_grad()
def _align(pack: Pack, encoder: CompactFeatures, features: np.ndarray, durations: np.ndarray) -> None:
    for row in pack.track(pack.rows, "alignment"):
        if row.n_symbols:
            span, phones = slice(row.symbols[0], sum(row.symbols)), pack.symbols(row)[:, 0]
            known = pack.durations(row)
            of_row = torch.from_numpy(features[row.frames[0] : sum(row.frames)].astype(np.float32))[None]
            if known.any():
                durations[span, 0] = known
            elif _knows_times(encoder):
                log_probs = encoder.encoder.frame_log_probs(of_row)[0].numpy()
                durations[span, 0] = align_frames(log_probs, phones, N_PAUSES)
            else:
                log_probs = encoder.encoder.classify(of_row).phone_log_probs[0].numpy()
                durations[span, 0] = align(log_probs, pack.mel(row), phones, N_PAUSES)
