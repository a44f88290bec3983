"""Enrolled voices of clients: the style vector of a recording under a name, one small file each.

The recording is not stored. Every look-up reads the folder, so that servers that share it have the same voices.

Shapes: G style channels.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from xespeech.files import read_json, sweep, temporary_name
from xespeech.server.problems import Problem, storage_problem

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
"""Valid names of enrolled voices; none of them is a path."""


@dataclass(frozen=True)
class EnrolledVoice:
    """An enrolled voice.

    Attributes:
        name: as in requests.
        style: its style vector [G].
        consent: statement of who agreed to the use of the voice.
        created_at: seconds since 1970.
        model: fingerprint of the model that computed the style; others cannot use it.
    """

    name: str
    style: list[float]
    consent: str
    created_at: int
    model: str


class EnrolledVoices:
    """The enrolled voices of a server.

    Args:
        folder: of their files; None for a temporary one.
        model: identity of the model.
        channels: of its styles.
        most: limit of their number.
    """

    def __init__(self, folder: Path | None, model: str, channels: int, most: int) -> None:
        self._temporary = TemporaryDirectory(prefix="xespeech-voices-") if folder is None else None
        self._folder = Path(self._temporary.name) if self._temporary is not None else Path(folder or "")
        self._most, self._channels = most, channels
        self._model = hashlib.sha256(model.encode()).hexdigest()[:16]

    def all(self) -> list[EnrolledVoice]:
        """All voices that the model can use, by name."""
        names = sorted(path.stem for path in self._folder.glob("*.json")) if self._folder.is_dir() else []
        return [voice for name in names if (voice := self.get(name)) is not None]

    def get(self, name: str) -> EnrolledVoice | None:
        """A voice, or None when there is none of that name for this model."""
        if not re.fullmatch(NAME, name):
            return None
        try:
            voice = EnrolledVoice(**read_json(self._path(name)))
            is_style = len(voice.style) == self._channels and all(map(math.isfinite, voice.style))
        except (OSError, ValueError, TypeError):
            return None
        return voice if voice.model == self._model and is_style else None

    def add(self, name: str, style: Sequence[float], consent: str) -> EnrolledVoice:
        """Store a voice.

        Raises:
            Problem: the name is taken, there are too many, or the folder cannot be written.
        """
        voice = EnrolledVoice(name, list(style), consent, int(time.time()), self._model)
        path = self._path(name)
        temporary = temporary_name(path, f"{os.urandom(4).hex()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            sweep(self._folder)
            if len(list(self._folder.glob("*.json"))) >= self._most:
                raise Problem(
                    409, f"{self._most} voices are enrolled, no more fit: delete one first.", "too_many_voices"
                )
            try:
                temporary.write_text(json.dumps(asdict(voice), ensure_ascii=False), encoding="utf-8")
                os.link(temporary, path)  # unlike a rename it fails when the name is taken
            finally:
                temporary.unlink(missing_ok=True)
        except FileExistsError:
            raise taken(name) from None
        except OSError as error:
            raise storage_problem(error, "voices cannot be stored") from error
        return voice

    def has(self, name: str) -> bool:
        """Whether the name is taken, even by a voice of another model or a damaged file."""
        return re.fullmatch(NAME, name) is not None and self._path(name).exists()

    def remove(self, name: str) -> bool:
        """Delete a voice, even one of another model or a damaged file; False when there was none."""
        if not self.has(name):
            return False
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise storage_problem(error, "voices cannot be deleted") from error
        return True

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def taken(name: str) -> Problem:
    """The error for a name that is taken."""
    return Problem(
        409, f"there already is a voice {name!r}: choose another name or delete it first.", "name_taken", "name"
    )
