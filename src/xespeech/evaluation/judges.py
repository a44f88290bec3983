"""Who judges a report: what is installed, what was asked for, and how to get what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from xespeech.content.listening import DEFAULT_WHISPER, find_whisper
from xespeech.errors import ModelError, UserError
from xespeech.evaluation.naturalness import INSTALL_DISTILLMOS
from xespeech.evaluation.recognizer import load_recognizer

WHISPER, DISTILLMOS = "Whisper", "DistillMOS"


@dataclass(frozen=True)
class Judges:
    """The judges that a report may do without; DNSMOS, pocketsphinx and Resemblyzer always take part.

    Attributes:
        recognizer: folder of the content encoder that hears phones and tones; None leaves their errors out.
        whisper: folder of the Whisper that hears words; None leaves its errors out.
        whisper_name: what the report calls it.
        naturalness: whether DistillMOS takes part.
        jobs: processes that measure.
        missing: by the name of each judge that is not installed, the remedy.
    """

    recognizer: Path | None = None
    whisper: Path | None = None
    whisper_name: str = WHISPER
    naturalness: bool = False
    jobs: int = 1
    missing: Mapping[str, str] = field(default_factory=dict)


def find_judges(recognizer: Path | None = None, whisper: str | None = None, jobs: int = 1) -> Judges:
    """All judges that are installed.

    Args:
        recognizer: folder of the content encoder that hears phones, or None.
        jobs: processes that measure.
        whisper: a size, a folder or a name on the hub; it is fetched if it is not on this machine. None takes Whisper
            base where it is, and goes without it where it is not.

    Raises:
        ModelError: the content encoder or the Whisper that was asked for cannot be had.
        UserError: a Whisper was asked for, and faster-whisper is not installed.
    """
    if recognizer is not None:
        load_recognizer(recognizer)  # a wrong folder is found out before the work, not after it
    missing: dict[str, str] = {}
    folder = None
    try:
        folder = find_whisper(whisper or DEFAULT_WHISPER, download=whisper is not None)
    except (ModelError, UserError) as error:
        if whisper is not None:
            raise
        missing[WHISPER] = str(error)
    naturalness = find_spec("distillmos") is not None and find_spec("xls_r_sqa") is not None
    if not naturalness:
        missing[DISTILLMOS] = f"is not installed: {INSTALL_DISTILLMOS}"
    name = whisper or DEFAULT_WHISPER
    called = f"{WHISPER} {Path(name).name if Path(name).is_dir() else name}"
    return Judges(recognizer, folder, called, naturalness, jobs, missing)
