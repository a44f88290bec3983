"""Mandarin words as the released training lists have them: jieba's neural segmenter ("paddle mode").

The network is LAC's: characters → embedding → two bidirectional GRU layers → linear-chain CRF over part-of-speech tags
that begin or continue a word. jieba carries its weights but runs them with a PaddlePaddle of 2019; the network is small
enough for numpy.

Shapes: N characters, H = 128 channels, K tags.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

import numpy as np

from xespeech.errors import ModelError

_HIDDEN = 128
_LAYERS = (0, 2)  # numbers of the forward networks; the backward ones follow them


def segment_words(text: str) -> list[str]:
    """Words of a text, punctuation and spaces included; joined they are the text."""
    if not text:
        return []
    words: list[str] = []
    for character, begins in zip(text, _network().word_beginnings(text), strict=True):
        if begins or not words:
            words.append(character)
        else:
            words[-1] += character
    return words


@lru_cache(maxsize=1)
def _network() -> _Network:
    import jieba

    return _Network(Path(jieba.__file__).parent / "lac_small")


class _Network:
    """The segmenter with its weights.

    Args:
        folder: `lac_small` of the installed jieba.

    Raises:
        ModelError: the folder is not that of a jieba with the neural segmenter.
    """

    def __init__(self, folder: Path) -> None:
        try:
            names = ["word_emb", *(f"fc_{k}.{kind}_0" for k in range(5) for kind in "wb")]
            names += [*(f"gru_{k}.{kind}_0" for k in range(4) for kind in "wb"), "crfw"]
            self.weights = {name: _read_tensor(folder / "model_baseline" / name) for name in names}
            self.ids = {word: int(id) for id, word in _read_table(folder / "word.dic")}
            tags = [tag for _, tag in _read_table(folder / "tag.dic")]
        except (OSError, ValueError, struct.error) as error:
            raise ModelError(
                f"{folder} does not hold jieba's neural segmenter: pip install --force-reinstall jieba==0.42.1."
            ) from error
        self.begins = np.array([tag.endswith("-B") for tag in tags])
        self.outside = tags.index("O")

    def word_beginnings(self, text: str) -> list[bool]:
        """Which characters of a text begin a word."""
        unknown = self.ids["OOV"]
        features = self.weights["word_emb"][[self.ids.get(character, unknown) for character in text]]
        for layer in _LAYERS:
            forward = self._recur(features, layer)
            backward = self._recur(features[::-1], layer + 1)[::-1]
            features = np.concatenate([forward, backward], axis=1)
        tags = self._decode(self._linear(features, 4))
        return [
            bool(self.begins[tag]) or (tag == self.outside and previous != self.outside)
            for tag, previous in zip(tags, [self.outside, *tags], strict=False)
        ]

    def _linear(self, features: np.ndarray, number: int) -> np.ndarray:
        return features @ self.weights[f"fc_{number}.w_0"] + self.weights[f"fc_{number}.b_0"]

    def _recur(self, features: np.ndarray, number: int) -> np.ndarray:
        """States [N, H] of a GRU whose candidate takes part by its update gate."""
        inputs = self._linear(features, number) + self.weights[f"gru_{number}.b_0"]
        flat = self.weights[f"gru_{number}.w_0"].ravel()
        gates = flat[: 2 * _HIDDEN * _HIDDEN].reshape(_HIDDEN, 2 * _HIDDEN)
        candidate = flat[2 * _HIDDEN * _HIDDEN :].reshape(_HIDDEN, _HIDDEN)
        state = np.zeros(_HIDDEN, np.float32)
        states = np.empty((len(features), _HIDDEN), np.float32)
        for index, row in enumerate(inputs):
            update, reset = np.split(1 / (1 + np.exp(-(row[: 2 * _HIDDEN] + state @ gates))), 2)
            proposed = np.tanh(row[2 * _HIDDEN :] + (reset * state) @ candidate)
            state = (1 - update) * state + update * proposed
            states[index] = state
        return states

    def _decode(self, emissions: np.ndarray) -> list[int]:
        """The most likely tags of emissions [N, K]; rows of the CRF: start, end, then from tag to tag."""
        start, end, transitions = np.split(self.weights["crfw"], [1, 2])
        scores = start[0] + emissions[0]
        origins = []
        for emission in emissions[1:]:
            paths = scores[:, None] + transitions
            origins.append(paths.argmax(axis=0))
            scores = paths.max(axis=0) + emission
        tags = [int((scores + end[0]).argmax())]
        for origin in reversed(origins):
            tags.append(int(origin[tags[-1]]))
        return tags[::-1]


def _read_table(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(id, name) for id, tab, name in (line.partition("\t") for line in lines) if tab]


def _read_tensor(path: Path) -> np.ndarray:
    """A PaddlePaddle parameter file: version, no levels, version, a protobuf of type and shape, float32 values."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<i", data, 16)
    description, values = data[20 : 20 + size], np.frombuffer(data, "<f4", offset=20 + size)
    if description[:2] != b"\x08\x05":
        raise ValueError(f"{path} holds no float32 values")
    shape, index = [], 2
    while index < len(description):
        index, dimension, shift = index + 1, 0, 0  # field 2, a varint
        while True:
            byte = description[index]
            index, dimension, shift = index + 1, dimension | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                break
        shape.append(dimension)
    return values.reshape(shape)
