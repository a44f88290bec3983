"""Messages between the server and its worker processes: JSON followed by pieces of binary data.

A message consists of its sizes, a JSON object and the pieces. There are no pickles: a worker that is compromised by a
malformed file can send wrong answers, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any, NamedTuple

_SIZES = struct.Struct(">II")  # bytes of the JSON, number of pieces
_SIZE = struct.Struct(">I")
_MOST_BYTES = 1 << 30


class Message(NamedTuple):
    """`content` has its `type`; `pieces` are audio or nothing."""

    content: dict[str, Any]
    pieces: tuple[bytes, ...] = ()

    @property
    def type(self) -> str:
        return self.content["type"]


def pack(type: str, *pieces: bytes, **content: Any) -> bytes:
    """The bytes of a message."""
    head = json.dumps({"type": type, **content}, ensure_ascii=False).encode()
    sizes = b"".join(_SIZE.pack(len(piece)) for piece in pieces)
    return b"".join([_SIZES.pack(len(head), len(pieces)), sizes, head, *pieces])


def read_message(connection: socket.socket) -> Message | None:
    """The next message of a blocking connection; None when it is closed."""
    try:
        head_size, count = _SIZES.unpack(_read_exactly(connection, _SIZES.size))
        sizes = [_SIZE.unpack(_read_exactly(connection, _SIZE.size))[0] for _ in range(count)]
        content = json.loads(_read_exactly(connection, head_size))
        return Message(content, tuple(_read_exactly(connection, size) for size in sizes))
    except (EOFError, ConnectionError):
        return None


def _read_exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = connection.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return bytes(data)


async def read_message_async(reader: asyncio.StreamReader) -> Message | None:
    """The next message of a worker; None when it is gone or its message is malformed."""
    try:
        head_size, count = _SIZES.unpack(await reader.readexactly(_SIZES.size))
        sizes = [_SIZE.unpack(await reader.readexactly(_SIZE.size))[0] for _ in range(count)]
        if head_size + sum(sizes) > _MOST_BYTES:
            return None
        content = json.loads(await reader.readexactly(head_size))
        if not isinstance(content, dict) or not isinstance(content.get("type"), str):
            return None
        return Message(content, tuple([await reader.readexactly(size) for size in sizes]))
    except (asyncio.IncompleteReadError, OSError, ValueError):
        return None
