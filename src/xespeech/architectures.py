"""The registry of architectures, and the one place that imports them.

A third architecture is a folder with a module like `xespeech.original.architecture`, and an entry here. That module
implements whatever differs between architectures. It is imported when a folder or a recipe first needs it, so that
inference does not wait for PyTorch; nothing else imports it by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from xespeech.errors import ModelError
from xespeech.files import read_json

if TYPE_CHECKING:
    from xespeech.progress import Progress


class Architecture(Protocol):
    """The interface of an architecture's module.

    Types are loose: this module lies below those that define them.
    """

    def open_voice(self, folder: Path, engine: str, threads: int | None, provider: str, precision: str | None) -> Any:
        """A `xespeech.inference.Voice` of a model folder; arguments and errors are those of `xespeech.load`."""

    def load_networks(self, folder: Path) -> dict[str, Any]:
        """Networks of a model folder by their names in training, for runs that start from them."""

    def configurations(self) -> tuple[type, type, dict[str, Any]]:
        """Configuration classes of the networks and of their training, and fixed values of the first."""

    def make_task(self, recipe: Any, packs: list[Any], content_encoder: str | None) -> Any:
        """A `xespeech.training.task.Task` of packs; the content encoder is a run, model folder, Whisper or features."""

    def export_run(self, run: Path, folder: Path, options: Any, progress: Progress) -> str:
        """Write the model folder of a run; returns a summary. See `xespeech.training.export`."""

    def import_released(self, checkpoint: Path, config: Path, folder: Path, **about: Any) -> str:
        """Write the model folder of a released checkpoint; returns a summary.

        Only for architectures with `released` files.
        """


@dataclass(frozen=True)
class Entry:
    """One architecture.

    Attributes:
        module: name of a module that is an `Architecture`.
        tasks: `task` of recipes that train it.
        released: pattern of the files of released checkpoints, besides config.json; empty for none.
    """

    module: str
    tasks: tuple[str, ...]
    released: str = ""


COMPACT = "compact"
"""The architecture of folders and runs that name none."""
ARCHITECTURES = {
    COMPACT: Entry("xespeech.compact", tasks=("content", "live_content", "synthesis")),
    "original": Entry("xespeech.original.architecture", tasks=("original",), released="G_*.pth"),
}
"""By their names in config.json."""


def architecture(name: str) -> Architecture:
    """An architecture by its name in the table."""
    return cast(Architecture, import_module(ARCHITECTURES[name].module))


def architecture_of(folder: Path) -> Architecture:
    """The architecture of a model folder; compact where it names none.

    Raises:
        ModelError: it is one that this version does not know.
    """
    name = _entry_of(folder / "config.json", "architecture") or COMPACT
    if name not in ARCHITECTURES:
        raise ModelError(f"{folder} holds a model of the unknown architecture {name!r}: update xespeech.")
    return architecture(name)


def architecture_of_task(task: str) -> Architecture:
    """The architecture that a recipe's task trains; compact for unknown tasks."""
    return architecture(next((name for name, entry in ARCHITECTURES.items() if task in entry.tasks), COMPACT))


def architecture_of_run(run: Path) -> Architecture:
    """The architecture of a training run."""
    return architecture_of_task(_entry_of(run / "recipe.json", "task"))


def names_architecture(folder: Path) -> bool:
    """Whether a folder is a model folder that names its architecture."""
    return _entry_of(folder / "config.json", "architecture") in ARCHITECTURES


def _entry_of(path: Path, key: str) -> str:
    """An entry of a JSON file; empty if it is missing or unreadable, which is reported when the folder is opened."""
    try:
        content = read_json(path)
    except (OSError, ValueError):
        return ""
    return str(content.get(key) or "") if isinstance(content, dict) else ""
