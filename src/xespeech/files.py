"""Atomic writing of files, removal of what killed processes left, and parsing of untrusted JSON.

A file is written under a temporary name beside its place and renamed when it is complete. The name contains the id of
the writing process, so that others can see whether it is still alive.
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
_FORGOTTEN = 24 * 3600.0  # seconds after which temporary files of other machines are removed
_LONGEST_NAME = 255  # bytes, of most file systems


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block succeeds and is removed when it fails.

    The target of a symbolic link is replaced, not the link.

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


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file, whole or not at all; see `replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_plain(path: Path) -> Path:
    """The path that a file is written to: the target of a link.

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
    """The hidden temporary name of a path that this process writes."""
    name = path.name
    while len(os.fsencode(name)) > _LONGEST_NAME - 40:  # the end tells the format
        name = name[1:]
    return path.with_name(f".{os.getpid()}-{_machine()}.{word}.{name}")


@lru_cache(maxsize=1)
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Make an output folder and lock it.

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
        with suppress(OSError):  # Windows does not delete open files
            (out / ".lock").unlink()
        lock.release()


def sweep(folder: Path) -> None:
    """Remove temporary files in a folder whose processes are no longer alive."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if (match := _TEMPORARY.fullmatch(path.name)) and _is_left(path, match):
                place = path.with_name(match["name"])
                if match["word"] == "old" and not place.exists():  # killed between the two renames
                    path.rename(place)
                    continue
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _is_left(path: Path, match: re.Match[str]) -> bool:
    if match["machine"] == _machine():
        return not is_alive(int(match["process"]))
    return time.time() - path.lstat().st_mtime > _FORGOTTEN


def is_alive(process: int) -> bool:
    """Whether a process with this id runs on this machine."""
    if os.name == "nt":  # signal 0 would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def is_newer(made: Path, source: Path) -> bool:
    """Whether a file is there and no older than the one that it was made of."""
    try:
        return made.stat().st_mtime_ns >= source.stat().st_mtime_ns
    except OSError:
        return False


def text_encoding(beginning: bytes) -> str:
    """The encoding of a text by its byte-order mark; UTF-8 without one. PowerShell and Notepad write UTF-16."""
    if beginning.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    return "utf-16" if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in the encoding that its byte-order mark names.

    Raises:
        DataError: it is in another encoding.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    try:
        return data.decode(text_encoding(data))
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text: save it as UTF-8 first.") from None


def parse_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        ValueError: it is not JSON in UTF-8, or nested too deeply.
        OSError: it cannot be read.
    """
    return parse_json(path.read_text(encoding="utf-8"))
