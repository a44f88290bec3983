"""Import what only the `evaluate` extra brings, or say how to get it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from xespeech.errors import UserError


def extra(module: str) -> Any:
    """The module of that name.

    Raises:
        UserError: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UserError(
            f'measuring speech needs {error.name}, which is not installed: pip install "xespeech[evaluate]"'
        ) from error
