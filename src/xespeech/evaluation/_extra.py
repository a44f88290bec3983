"""Import of packages of the extra `evaluate`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from xespeech.errors import UserError

_MODULES = ("jinja2", "librosa", "matplotlib", "pocketsphinx", "rapidfuzz", "resemblyzer", "scipy", "speechmos")


def extra(module: str) -> Any:
    """Import a module by name.

    Raises:
        UserError: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise _missing(error.name or module) from error


def check_extra() -> None:
    """Check that all packages of the extra are installed.

    Raises:
        UserError: one is not installed.
    """
    for module in _MODULES:
        if find_spec(module) is None:
            raise _missing(module)


def _missing(module: str) -> UserError:
    return UserError(f'measuring speech needs {module}, which is not installed: pip install "xespeech[evaluate]"')
