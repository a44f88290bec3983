"""Finding a model: the default one, a folder, or a repository on the Hugging Face hub."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from xespeech.architectures import ARCHITECTURES, architecture
from xespeech.errors import ModelError

DEFAULT_FOLDER = Path(__file__).parents[1] / "voices" / "default"
"""The model that comes with the package."""
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_RELEASED = {name: entry.released for name, entry in ARCHITECTURES.items() if entry.released}
_FILES = ("config.json", "*.safetensors", "*.onnx", "onnx/*.onnx", *_RELEASED.values(), "*.md")


def find_model(model: str | Path | None) -> Path:
    """The folder of a model.

    Args:
        model: a folder, or the id of a repository ("owner/name"). The repository holds a model folder, or a released
            checkpoint (`G_*.pth` with its config.json), which is imported into the user's cache. None for the default
            voice.

    Raises:
        ModelError: there is no such model.
    """
    if model is None:
        if not DEFAULT_FOLDER.is_dir():
            raise ModelError(f"the default voice is not installed ({DEFAULT_FOLDER} is missing): name a model folder.")
        return DEFAULT_FOLDER
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise ModelError(f"{folder} is a file: name a model folder; `xespeech import` makes one of a .pth file.")
    name = str(model)
    if not _REPOSITORY.fullmatch(name) or name.startswith("."):
        raise ModelError(
            f"there is no model folder {folder}: make one with `xespeech export` or `xespeech import`, or name a "
            "repository on the Hugging Face hub (owner/name)."
        )
    snapshot = _download(name)
    if (snapshot / "model.safetensors").is_file():
        return snapshot
    released = [(name, path) for name, pattern in _RELEASED.items() for path in snapshot.glob(pattern)]
    if len(released) != 1 or not (snapshot / "config.json").is_file():
        raise ModelError(
            f"the repository {name} holds no model: neither a model folder nor one released checkpoint "
            f"({', '.join(_RELEASED.values())}) with its config.json."
        )
    return _imported(name, *released[0])


def _download(repository: str) -> Path:
    try:
        from huggingface_hub import errors, snapshot_download
    except ModuleNotFoundError as error:
        raise ModelError(
            f"there is no folder {repository}, and the Hugging Face hub needs: pip install 'xespeech[hub]'"
        ) from error
    try:
        return Path(snapshot_download(repository, allow_patterns=list(_FILES)))
    except errors.GatedRepoError as error:
        raise ModelError(f"the repository {repository} is gated: accept its terms, then `hf auth login`.") from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise ModelError(f"there is no folder {repository}, and no such repository on the Hugging Face hub.") from error
    except (errors.LocalEntryNotFoundError, errors.HfHubHTTPError, OSError) as error:
        raise ModelError(
            f"there is no folder {repository}, and the Hugging Face hub cannot be reached: go online, or name a folder."
        ) from error


def _imported(repository: str, name: str, checkpoint: Path) -> Path:
    """The model folder of a released checkpoint in the hub's cache; made once for each version of the file."""
    cache = Path(os.environ.get("XESPEECH_CACHE") or Path.home() / ".cache" / "xespeech")
    version = hashlib.sha256(f"{repository}/{checkpoint.resolve().name}/{checkpoint.parent.name}".encode())
    folder = cache / "imported" / f"{repository.replace('/', '--')}-{version.hexdigest()[:12]}"
    if not folder.is_dir():
        try:
            architecture(name).import_released(checkpoint, checkpoint.with_name("config.json"), folder)
        except ModuleNotFoundError as error:
            raise ModelError(
                f"the repository {repository} holds a {checkpoint.suffix}: pip install 'xespeech[train]' reads it."
            ) from error
    return folder
