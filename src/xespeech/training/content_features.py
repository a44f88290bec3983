"""Content features and forced durations of a whole pack, computed once and kept beside it.

Shapes: T frames (50/s), C content channels, N symbols.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch

from xespeech.content.alignment import align
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import encoder_file, load_encoder
from xespeech.data.pack import Pack
from xespeech.text.symbols import N_PAUSES


def attach_content(pack: Pack, encoder_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features float16 [all T, C] and durations int16 [all N, 1] of a pack; computed if they are not there."""
    path = encoder_file(encoder_path)
    encoder = load_encoder(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    features = pack.attach(f"content-{digest}", np.float16, encoder.config.content_channels, "frames")
    if features is None:
        _keep(pack, f"content-{digest}", _encode(pack, encoder))
        features = pack.attach(f"content-{digest}", np.float16, encoder.config.content_channels, "frames")
    durations = pack.attach(f"durations-{digest}", np.int16, 1, "symbols")
    if durations is None:
        assert features is not None
        _keep(pack, f"durations-{digest}", _align(pack, encoder, features))
        durations = pack.attach(f"durations-{digest}", np.int16, 1, "symbols")
    assert features is not None
    assert durations is not None
    return features, durations


@torch.no_grad()
def _encode(pack: Pack, encoder: CompactContentEncoder) -> np.ndarray:
    features = np.zeros((sum(pack.rows[-1].frames), encoder.config.content_channels), np.float16)
    order = sorted(pack.rows, key=lambda row: row.n_frames)
    first = 0
    while first < len(order):
        count = max(1, min(64, 6000 // max(1, order[first].n_frames)))
        rows = order[first : first + count]
        first += count
        mels = [torch.from_numpy(pack.mel(row)) for row in rows]
        lengths = torch.tensor([len(m) for m in mels])
        with torch.autocast("cpu", torch.bfloat16):
            encoded = encoder.encode(torch.nn.utils.rnn.pad_sequence(mels, batch_first=True), lengths)
        for own, row in zip(encoded.float().numpy(), rows, strict=True):
            heard = min(row.n_frames, row.mel[1] // 2)
            fitted = np.pad(own[:heard], ((0, row.n_frames - heard), (0, 0)), mode="edge")
            features[row.frames[0] : sum(row.frames)] = fitted
        _progress(pack, "content features", first, len(order))
    print(file=sys.stderr)
    return features


@torch.no_grad()
def _align(pack: Pack, encoder: CompactContentEncoder, features: np.ndarray) -> np.ndarray:
    durations = np.zeros((sum(pack.rows[-1].symbols), 1), np.int16)
    for done, row in enumerate(pack.rows, 1):
        if row.n_symbols:
            own = torch.from_numpy(features[row.frames[0] : sum(row.frames)].astype(np.float32))[None]
            log_probs = encoder.classify(own).phone_log_probs[0].numpy()
            durations[row.symbols[0] : sum(row.symbols), 0] = align(
                log_probs, pack.mel(row), pack.symbols(row)[:, 0], N_PAUSES
            )
        if done % 200 == 0 or done == len(pack.rows):
            _progress(pack, "alignment", done, len(pack.rows))
    print(file=sys.stderr)
    return durations


def _progress(pack: Pack, what: str, done: int, total: int) -> None:
    print(f"\r{what} of {pack.folder.name}: {done}/{total}", end="", file=sys.stderr, flush=True)


def _keep(pack: Pack, name: str, array: np.ndarray) -> None:
    """Write an array beside the pack, whole or not at all."""
    temporary = pack.path / f"{name}.part.npy"
    np.save(temporary, array)
    temporary.replace(pack.path / f"{name}.npy")
