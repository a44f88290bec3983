"""Files that appear whole or not at all, what killed processes left of them, and JSON of strangers.

A file is written under a temporary name beside its place and renamed when it is complete. The name tells the process
that writes, so that another one can see whether it is still alive.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from xespeech.errors import DataError

_TEMPORARY = re.compile(
    r"\.(?P<process>\d+)(?:-(?P<machine>[0-9a-f]{6}))?\.(?:[0-9a-f]+\.)?(?P<word>part|old)\.(?P<name>.+)"
)
_FORGOTTEN = 24 * 3600.0  # seconds after which what another machine has begun counts as left behind
_LONGEST_NAME = 255  # bytes, of most file systems


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well and vanishes when it does not.

    A symbolic link stays one: what it leads to is replaced.

    Raises:
        OSError: the place is a pipe, a device or a folder, or cannot be written.
    """
    path = check_plain(path)
    temporary = temporary_name(path)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_plain(path: Path) -> Path:
    """Where a file is really to be written: what a link leads to.

    Raises:
        OSError: it is a pipe, a device or a folder.
    """
    try:
        path = path.resolve() if path.is_symlink() else path
        mode = path.stat().st_mode
    except FileNotFoundError:
        return path
    except RuntimeError as error:  # a link to itself, in Python 3.12 and before
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
    return path


def temporary_name(path: Path, word: str = "part") -> Path:
    """The hidden name beside a path under which this process writes it."""
    name = path.name
    while len(os.fsencode(name)) > _LONGEST_NAME - 40:  # the end tells the format
        name = name[1:]
    return path.with_name(f".{os.getpid()}-{_machine()}.{word}.{name}")


@lru_cache(maxsize=1)
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Make an output folder and hold it against other runs.

    Raises:
        DataError: another run is writing it, or it cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".lock")
        lock.acquire(blocking=False)
    except Timeout:
        raise DataError(f"{out} is being written by another run: wait for it or choose another folder.") from None
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror}. Choose another folder.") from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows lets nobody delete what is open
            (out / ".lock").unlink()
        lock.release()


def sweep(folder: Path) -> None:
    """Remove what processes that are no longer alive have left unfinished in a folder."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if (match := _TEMPORARY.fullmatch(path.name)) and _is_left(path, match):
                place = path.with_name(match["name"])
                if match["word"] == "old" and not place.exists():  # killed just before the new one took its place
                    path.rename(place)
                    continue
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _is_left(path: Path, match: re.Match[str]) -> bool:
    if match["machine"] == _machine():
        return not is_alive(int(match["process"]))
    return time.time() - path.lstat().st_mtime > _FORGOTTEN


def is_alive(process: int) -> bool:
    """Whether there is a process of that number on this machine."""
    if os.name == "nt":  # there, signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def text_encoding(beginning: bytes) -> str:
    """The encoding of a text by its byte-order mark; UTF-8 without one. PowerShell and Notepad write UTF-16."""
    if beginning.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    return "utf-16" if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def parse_json(text: str | bytes) -> Any:
    """What a JSON text says.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path) -> Any:
    """What a JSON file says.

    Raises:
        ValueError: it is no JSON in UTF-8, or nested too deeply.
        OSError: it cannot be read.
    """
    return parse_json(path.read_text(encoding="utf-8"))
