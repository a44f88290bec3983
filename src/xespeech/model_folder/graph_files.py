"""Validation of the external files that an ONNX graph refers to, before ONNX Runtime opens them.

A graph names the files of its weights. ONNX Runtime before 1.24 follows such a name anywhere: out of the model's
folder, to absolute paths, along symbolic links, even to addresses in memory. A model folder may be untrusted, so every
name is validated here first.

The graph is parsed as a protocol buffer (onnx/onnx.proto3), only as far as the names.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from xespeech.errors import ModelError

_TENSOR: Final = "tensor"
_ENTRY: Final = "entry"
# What lies below a message on the way to a tensor: message by field number.
_FIELDS: Final[dict[str, dict[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: _TENSOR, 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: _TENSOR, 6: "graph", 10: _TENSOR, 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: _TENSOR, 2: _TENSOR},
    _TENSOR: {13: _ENTRY},
}
_DEEPEST = 100  # graphs within graphs; protocol buffers allow no more


def check_graph(path: Path) -> None:
    """Refuse a graph that refers to files outside of its folder.

    Raises:
        ModelError: it does, or it is damaged.
    """
    check_file(path)
    try:
        names = set(external_files(path.read_bytes()))
    except (ValueError, IndexError) as error:
        raise ModelError(f"{path} is damaged: export or copy the model again.") from error
    for name in names:
        if not name or name != Path(name).name or "\\" in name or ":" in name or "\0" in name:
            raise ModelError(f"{path} wants {name[:200]!r}, which is not a file beside it: do not use this model.")
        check_file(path.with_name(name))


def check_file(path: Path) -> None:
    """Refuse a file of a model that is a link out of its folder, or not a plain file.

    Links within the cache of the Hugging Face hub are allowed.

    Raises:
        ModelError: it is one.
    """
    try:
        folder, target = path.parent.resolve(), path.resolve()
        is_plain = not path.exists() or stat.S_ISREG(path.stat().st_mode)
    except (OSError, RuntimeError) as error:
        raise ModelError(f"{path} cannot be read: export or copy the model again.") from error
    places = [folder]
    for parent in folder.parents:
        if parent.name == "snapshots" and parent.parent.name.startswith("models--"):
            places.append(parent.with_name("blobs"))
    if not is_plain or not any(target.is_relative_to(place) for place in places):
        raise ModelError(f"{path} leads out of the model's folder, or is not a plain file: do not use this model.")


def external_files(graph: bytes) -> Iterator[str]:
    """Names of the files that a graph refers to for its weights.

    Args:
        graph: the bytes of an ONNX model.

    Raises:
        ValueError, IndexError: it is not a protocol buffer.
    """
    waiting = [("model", 0, len(graph), 0)]
    while waiting:
        message, position, end, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ValueError(message)
        fields = _FIELDS[message]
        for number, first, last in _parts(graph, position, end):
            below = fields.get(number)
            if below is _ENTRY:
                yield from _location(graph, first, last)
            elif below is not None:
                waiting.append((below, first, last, depth + 1))


def _location(graph: bytes, position: int, end: int) -> Iterator[str]:
    """Every location in the entry of a tensor; readers use the last, but all are checked."""
    parts = [(number, graph[first:last]) for number, first, last in _parts(graph, position, end)]
    if (1, b"location") in parts:
        yield from (text.decode("utf-8", "surrogateescape") for number, text in parts if number == 2)


def _parts(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Field number, start and end of the length-delimited fields of a message."""
    while position < end:
        tag = data[position]
        position += 1
        if tag > 127:
            tag, position = _varint(data, position - 1)
            tag &= 0xFFFFFFFF  # as readers of protocol buffers do
        kind = tag & 7
        if kind == 2:
            size = data[position]
            position += 1
            if size > 127:
                size, position = _varint(data, position - 1)
            if position + size > end:
                raise ValueError(position)
            yield tag >> 3, position, position + size
            position += size
        elif kind == 0:
            while data[position] > 127:
                position += 1
            position += 1
        elif kind in (1, 5):
            position += 8 if kind == 1 else 4
        else:
            raise ValueError(tag)
    if position != end:
        raise ValueError(position)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A varint, and where it ends."""
    value = shift = 0
    while shift < 64:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
    raise ValueError(position)
