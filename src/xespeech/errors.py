"""Errors a user can cause and fix.

Every one carries one clear sentence that names the thing at fault and the remedy. The command line turns them into
exit code 2. Anything else that escapes is a defect of ours.
"""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Collection, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any


class UserError(ValueError):
    """Base of every error that the user's input caused."""


class AudioError(UserError):
    """A recording cannot be read, used or written."""


class TextError(UserError):
    """A text cannot be spoken."""


class ConfigError(UserError):
    """A configuration value is missing, unknown or out of range."""


class ModelError(UserError):
    """A model folder is missing, incomplete or damaged."""


class DataError(UserError):
    """A corpus or a prepared data folder cannot be used."""


class UnknownNameError(UserError):
    """A voice, emotion, language or other name is not known; the nearest known ones are suggested.

    Args:
        kind: what was looked for, in a word ("voice", "language", ...).
        name: what the user wrote.
        known: the names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of: {', '.join(names[:40])}."
        super().__init__(f"unknown {kind} {name!r}: {hint}")
        self.kind, self.name, self.known = kind, name, names

    @classmethod
    def check(cls, kind: str, name: str, known: Collection[str]) -> None:
        """Refuse a name that is not known.

        Raises:
            UnknownNameError: it is not.
        """
        if name not in known:
            raise cls(kind, name, known)


def require(module: str, purpose: str, remedy: str) -> Any:
    """Import a module of an optional package.

    Args:
        module: its name.
        purpose: what needs it, the beginning of the message.
        remedy: how to install it, the end of the message.

    Raises:
        UserError: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UserError(f"{purpose} needs {error.name}, which is not installed: {remedy}") from error


def brief(error: BaseException, most: int = 200) -> str:
    """The beginning of an error's message, on one line."""
    return " ".join(str(error).split())[:most]


def listed(names: Sequence[str], most: int = 8) -> str:
    """The first names of a list, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def trace(error: BaseException) -> str:
    """Where an error came from, without its message, which may quote the user's text."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__}: " + " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)
