"""The optional judges of a report: recognisers and DistillMOS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from xespeech.content.listening import DEFAULT_WHISPER, find_whisper
from xespeech.errors import ModelError, UserError
from xespeech.evaluation.naturalness import INSTALL_DISTILLMOS
from xespeech.processes import Workers

WHISPER, DISTILLMOS = "Whisper", "DistillMOS"


@dataclass(frozen=True)
class Judges:
    """The optional judges; DNSMOS, pocketsphinx and Resemblyzer are always used.

    Attributes:
        recognizer: folder of the content encoder that recognises phones and tones; None for none.
        whisper: folder of the Whisper that recognises words; None for none.
        whisper_name: in the report.
        naturalness: whether DistillMOS is used.
        workers: that measure.
        missing: how to install each judge that is missing, by name.
    """

    recognizer: Path | None = None
    whisper: Path | None = None
    whisper_name: str = WHISPER
    naturalness: bool = False
    workers: Workers = field(default_factory=Workers)
    missing: Mapping[str, str] = field(default_factory=dict)


def find_judges(recognizer: Path | None = None, whisper: str | None = None, workers: Workers = Workers()) -> Judges:
    """All judges that are installed.

    Args:
        recognizer: folder of the content encoder that recognises phones, or None.
        workers: that measure.
        whisper: a size, a folder or a name on the hub; downloaded if it is not on this machine. None for Whisper base
            if it is.

    Raises:
        ModelError: the given content encoder or Whisper is not available.
        UserError: a Whisper was given, and faster-whisper is not installed.
    """
    if recognizer is not None:
        from xespeech.content.store import encoder_folder, load_encoder

        load_encoder(encoder_folder(recognizer))  # a wrong folder is refused before the work
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
    return Judges(recognizer, folder, called, naturalness, workers, missing)
