"""Content features and forced durations of a whole pack, computed once and kept beside it.

Shapes: T frames (50/s), C content channels, N symbols.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch

from xespeech.content.compact import alignment_scores
from xespeech.content.store import load_encoder
from xespeech.data.pack import Pack
from xespeech.model.alignment import search
from xespeech.text.symbols import PUNCTUATION

N_PAUSES = 1 + len(PUNCTUATION)


def attach_content(pack: Pack, encoder_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features float16 [all T, C] and durations int16 [all N, 1] of a pack; computed if they are not there."""
    path = encoder_path if encoder_path.is_file() else encoder_path / "content_encoder.safetensors"
    encoder = load_encoder(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    channels = encoder.config.content_channels
    known = pack.attach(f"content-{digest}", np.float16, channels, "frames")
    known_durations = pack.attach(f"durations-{digest}", np.int16, 1, "symbols")
    if known is not None and known_durations is not None:
        return known, known_durations
    last = pack.rows[-1]
    features = np.zeros((sum(last.frames), channels), np.float16)
    durations = np.zeros((sum(last.symbols), 1), np.int16)
    order = sorted(range(len(pack.rows)), key=lambda i: pack.rows[i].n_frames)
    first = 0
    while first < len(order):
        count = max(1, min(64, 6000 // max(1, pack.rows[order[first]].n_frames)))
        rows = [pack.rows[i] for i in order[first : first + count]]
        first += count
        mels = [torch.from_numpy(pack.mel(row)) for row in rows]
        lengths = torch.tensor([len(m) for m in mels])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            output = encoder(torch.nn.utils.rnn.pad_sequence(mels, batch_first=True), lengths)
        for i, row in enumerate(rows):
            n_frames = row.n_frames
            own = output.features[i, :n_frames].float().numpy()
            own = np.pad(own, ((0, n_frames - len(own)), (0, 0)), mode="edge")
            features[row.frames[0] : row.frames[0] + n_frames] = own
            if row.n_symbols:
                durations[row.symbols[0] : sum(row.symbols), 0] = _align(
                    output.frame_log_probs[i, : int(lengths[i]) // 2], pack.symbols(row)[:, 0], n_frames
                )
        print(f"\rcontent features of {pack.folder.name}: {first}/{len(order)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for name, array in ((f"content-{digest}", features), (f"durations-{digest}", durations)):
        temporary = pack.path / f"{name}.part.npy"
        np.save(temporary, array)
        temporary.replace(pack.path / f"{name}.npy")
    return features, durations


def _align(log_probs: torch.Tensor, phones: np.ndarray, n_frames: int) -> np.ndarray:
    """Durations [N] of phones [N] by the best monotonic path; they sum to n_frames, or are 0 if none fits."""
    symbols = torch.from_numpy(phones)[None]
    heard = log_probs.shape[0]
    if heard < len(phones):
        return np.zeros(len(phones), np.int16)
    scores = alignment_scores(log_probs[None], symbols, N_PAUSES)
    frames = search(scores, torch.tensor([len(phones)]), torch.tensor([heard]))[0].numpy()
    frames[-1] += n_frames - heard
    return frames.astype(np.int16)
