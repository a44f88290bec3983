"""The architectures there are: one entry each, and the one place that imports them.

A third architecture is a folder with a module like `xespeech.original.architecture`, and an entry here. Whatever
differs between architectures is asked of that module, which is imported when a folder or a recipe first needs it, so
that nobody who speaks waits for PyTorch; nothing else imports it by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from xespeech.errors import ModelError
from xespeech.files import read_json

if TYPE_CHECKING:
    from collections.abc import Callable


class Architecture(Protocol):
    """What the module of an architecture offers.

    Everything is typed loosely here: this lies below all that the functions speak of.
    """

    def open_voice(self, folder: Path, engine: str, threads: int | None, provider: str, precision: str | None) -> Any:
        """A `xespeech.inference.Voice` of a model folder; arguments and errors are those of `xespeech.load`."""
        ...

    def load_networks(self, folder: Path) -> dict[str, Any]:
        """Networks of a model folder by the names they have in training, for a run that starts from them."""
        ...

    def configurations(self) -> tuple[type, type, dict[str, Any]]:
        """Of the networks and of their training, and values of the first that no recipe need give."""
        ...

    def make_task(self, recipe: Any, packs: list[Any], content_encoder: str | None) -> Any:
        """A `xespeech.training.task.Task` of packs; the content encoder is a run, model folder, Whisper or features."""
        ...

    def export_run(self, run: Path, folder: Path, options: Any, progress: Callable[[str], None]) -> str:
        """Write the model folder of a run; says in a few words what it holds. See `xespeech.training.export`."""
        ...

    def import_released(self, checkpoint: Path, config: Path, folder: Path, **about: Any) -> str:
        """Write the model folder of a released checkpoint; says in a few words what it is.

        Only of architectures with `released` files.
        """
        ...


@dataclass(frozen=True)
class Entry:
    """One architecture.

    Attributes:
        module: that is an `Architecture`.
        tasks: of recipes that train it.
        released: pattern of the files that others have released, besides a config.json; empty for none.
    """

    module: str
    tasks: tuple[str, ...]
    released: str = ""


COMPACT = "compact"
"""Of folders and runs that name no architecture."""
ARCHITECTURES = {
    COMPACT: Entry("xespeech.compact", tasks=("content", "synthesis")),
    "original": Entry("xespeech.original.architecture", tasks=("original",), released="G_*.pth"),
}
"""By the name under "architecture" in config.json."""


def architecture(name: str) -> Architecture:
    """An architecture by its name in the table."""
    return cast(Architecture, import_module(ARCHITECTURES[name].module))


def architecture_of(folder: Path) -> Architecture:
    """The architecture of a model folder; compact where the folder says nothing of it.

    Raises:
        ModelError: it is one that this version does not know.
    """
    name = _told(folder / "config.json", "architecture") or COMPACT
    if name not in ARCHITECTURES:
        raise ModelError(f"{folder} holds a model of the unknown architecture {name!r}: update xespeech.")
    return architecture(name)


def architecture_of_task(task: str) -> Architecture:
    """The architecture that a recipe's task trains; compact for a task that nobody knows."""
    return architecture(next((name for name, own in ARCHITECTURES.items() if task in own.tasks), COMPACT))


def architecture_of_run(run: Path) -> Architecture:
    """The architecture that a training run has trained."""
    return architecture_of_task(_told(run / "recipe.json", "task"))


def names_architecture(folder: Path) -> bool:
    """Whether a folder is a model folder that names its architecture."""
    return _told(folder / "config.json", "architecture") in ARCHITECTURES


def _told(path: Path, key: str) -> str:
    """What a JSON file says under a key; empty where it says nothing: whoever opens the folder tells what is wrong."""
    try:
        content = read_json(path)
    except (OSError, ValueError):
        return ""
    return str(content.get(key) or "") if isinstance(content, dict) else ""
