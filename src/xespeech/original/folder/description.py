"""`config.json` of a model folder that holds the published model."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from xespeech.config import OriginalConfig
from xespeech.errors import ModelError, UserError
from xespeech.model_folder.description import network_config, read_config

ARCHITECTURE = "original"
"""Entry "architecture" of config.json; folders without it are compact."""
FORMAT = 1
CONTENT_ENCODER = "openai/whisper-large-v2"
"""The content encoder of the released checkpoints."""


@dataclass(frozen=True)
class OriginalDescription:
    """A model without its weights.

    Attributes:
        model: sizes of the synthesizer.
        content_encoder: name on the Hugging Face hub or folder of the encoder whose features it was trained on.
        iteration: epochs behind the weights.
        learning_rate: at that time, or None if unknown.
        licence: of the weights.
        version: of the library that wrote the folder.
    """

    model: OriginalConfig
    content_encoder: str
    iteration: int
    learning_rate: float | None
    licence: str
    version: str

    def save(self, folder: Path) -> None:
        """Write `config.json` into a folder."""
        content = {"format": FORMAT, "architecture": ARCHITECTURE, **asdict(self)}
        (folder / "config.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> OriginalDescription:
        """Read `config.json` of a folder.

        Raises:
            ModelError: there is none, it is damaged, or another version of the library is needed for it.
        """
        path = folder / "config.json"
        content = read_config(folder, "import")
        if not isinstance(content, dict) or content.get("architecture") != ARCHITECTURE:
            raise ModelError(f"{path} does not describe the original model: make a folder with `xespeech import`.")
        if not isinstance(content.get("format"), int) or content["format"] > FORMAT:
            raise ModelError(f"{folder} was made by a newer xespeech: update with `pip install --upgrade xespeech`.")
        try:
            rate = content["learning_rate"]
            return cls(
                model=network_config(OriginalConfig, content["model"]),
                content_encoder=str(content["content_encoder"]),
                iteration=int(content["iteration"]),
                learning_rate=None if rate is None else float(rate),
                licence=str(content["licence"]),
                version=str(content["version"]),
            )
        except KeyError as error:
            raise ModelError(f"{path} lacks {error}: import or copy the model again.") from error
        except (UserError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"{path} is damaged ({error}): import or copy the model again.") from error
