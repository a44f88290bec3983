"""`config.json` of a model folder: sizes and voices of the model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from xespeech.config import ContentConfig, MelConfig, ModelConfig, OriginalConfig, VocoderConfig
from xespeech.errors import ModelError, UserError
from xespeech.files import read_json
from xespeech.text.symbols import LANGUAGES, MARKS, PHONES

FORMAT = 2
"""Version of the layout of model folders; raised when an older library could no longer read them."""
NEUTRAL = "neutral"
"""The emotion of plain speech."""
PARTS: dict[str, type] = {"mel": MelConfig, "vocoder": VocoderConfig}
"""Settings of networks that are objects themselves."""
_Config = TypeVar("_Config", ModelConfig, OriginalConfig)


@dataclass(frozen=True)
class VoiceInfo:
    """A voice of a model.

    Attributes:
        name: as in the option `voice`.
        languages: of its recordings; it speaks the others too.
        emotions: of its recordings; others are transferred from other voices.
        licence: of its recordings.
    """

    name: str
    languages: tuple[str, ...]
    emotions: tuple[str, ...]
    licence: str


@dataclass(frozen=True)
class Description:
    """A model without its weights.

    Attributes:
        model: sizes of the synthesizer.
        content: sizes of the content encoder.
        voices: the most recorded first.
        default_voice: the voice that is used when none is given.
        phone_frequencies: relative frequency of each of PHONES in every language of the training texts.
        pitch_ranges: of each emotion, spread of the log-pitch over that of plain recordings of the same voices; an
            emotion that is missing has 1.
        licence: of the weights.
        step: training steps behind the weights.
        version: of the library that wrote the folder.
    """

    model: ModelConfig
    content: ContentConfig
    voices: tuple[VoiceInfo, ...]
    default_voice: str
    phone_frequencies: dict[str, list[float]]
    licence: str
    step: int
    version: str
    pitch_ranges: Mapping[str, float] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write `config.json` into a folder."""
        content = {
            "format": FORMAT,
            "version": self.version,
            "step": self.step,
            "licence": self.licence,
            "model": asdict(self.model),
            "content": self.content.stored(),
            "symbols": {"phones": PHONES, "marks": MARKS, "languages": LANGUAGES},
            "phone_frequencies": self.phone_frequencies,
            "pitch_ranges": self.pitch_ranges,
            "default_voice": self.default_voice,
            "voices": {
                voice.name: {"languages": voice.languages, "emotions": voice.emotions, "licence": voice.licence}
                for voice in self.voices
            },
        }
        (folder / "config.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Description:
        """Read `config.json` of a folder.

        Raises:
            ModelError: there is none, it is damaged, or another version of the library is needed for it.
        """
        path = folder / "config.json"
        content = read_config(folder, "export")
        if not isinstance(content, dict) or not isinstance(content.get("format"), int):
            raise ModelError(f"{path} does not describe an xespeech model: name a folder made by `xespeech export`.")
        if content["format"] > FORMAT:
            raise ModelError(
                f"{folder} was made by xespeech {content.get('version')}, which is newer: update with "
                "`pip install --upgrade xespeech`."
            )
        if content["format"] < FORMAT:
            raise ModelError(
                f"{folder} was made by xespeech {content.get('version')} for a decoder that is no longer there: train "
                "it again from the default voice, "
                "`xespeech train recipes/fine-tune.yaml --data ... --from default --out ...`."
            )
        try:
            if content["default_voice"] not in content["voices"]:
                raise ValueError(f"its default voice {content['default_voice']!r} is none of its voices")
            symbols = content["symbols"]
            tables = (tuple(symbols["phones"]), tuple(symbols["marks"]), tuple(symbols["languages"]))
            if tables != (PHONES, MARKS, LANGUAGES):
                raise ModelError(
                    f"{folder} was made by xespeech {content['version']} with other speech symbols: export it again "
                    "with this version."
                )
            return cls(
                model=network_config(ModelConfig, content["model"]),
                content=ContentConfig(**content["content"]),
                voices=tuple(
                    VoiceInfo(name, tuple(v["languages"]), tuple(v["emotions"]), v["licence"])
                    for name, v in content["voices"].items()
                ),
                default_voice=content["default_voice"],
                phone_frequencies=dict(content["phone_frequencies"]),
                licence=content["licence"],
                step=int(content["step"]),
                version=content["version"],
                pitch_ranges=_pitch_ranges(content.get("pitch_ranges", {})),
            )
        except ModelError:
            raise
        except KeyError as error:
            raise ModelError(f"{path} lacks {error}: export or copy the model again.") from error
        except (UserError, TypeError, AttributeError, ValueError) as error:
            raise ModelError(f"{path} is damaged ({error}): export or copy the model again.") from error


def _pitch_ranges(stored: Mapping[str, Any]) -> dict[str, float]:
    """Pitch ranges as they are stored.

    Raises:
        ValueError: one is not a positive number.
    """
    ranges = {emotion: float(value) for emotion, value in stored.items()}
    for emotion, value in ranges.items():
        if not 0 < value < math.inf:
            raise ValueError(f"the pitch range of {emotion} is {value:g}")
    return ranges


def read_config(folder: Path, verb: str) -> Any:
    """The content of `config.json` of a model folder, written by `xespeech VERB`.

    Raises:
        ModelError: there is none, it cannot be read or is not JSON.
    """
    path = folder / "config.json"
    try:
        return read_json(path)
    except FileNotFoundError:
        raise ModelError(
            f"{folder} is not a model folder, it has no config.json: make one with `xespeech {verb}`."
        ) from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged ({error}): {verb} or copy the model again.") from error


def network_config(kind: type[_Config], values: dict[str, Any]) -> _Config:
    """The sizes of a network from their fields in JSON.

    Raises:
        ModelError: a field is unknown.
        ConfigError: a value is out of range.
    """
    if unknown := sorted(values.keys() - {field.name for field in fields(kind)}):
        raise ModelError(f"the model has unknown settings ({', '.join(unknown)}): update xespeech.")
    return kind(**{name: PARTS[name](**value) if name in PARTS else value for name, value in values.items()})
