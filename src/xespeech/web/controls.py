"""Controls of the page, derived from `xespeech.inference.options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from xespeech.inference.options import Option, StyleOptions, describe

STYLE = ("voice", "reference", "emotion", "intensity")
"""Options that the page places itself."""
NAMES = {"en": "English", "zh": "Mandarin", "ja": "Japanese"}


def controls_of(kind: type[StyleOptions], architecture: str) -> dict[str, Any]:
    """Controls of all other options of a class, by name."""
    return {
        name: control(name, option)
        for name, option in describe(kind).items()
        if name not in STYLE and option.kind is not Path and option.only in ("", architecture)
    }


def control(name: str, option: Option) -> Any:
    """The control of an option."""
    about: dict[str, Any] = {"label": name.replace("_", " ").capitalize(), "info": option.text}
    if option.kind is bool:
        return gr.Checkbox(option.default, **about)
    if option.kind is int:
        return gr.Number(option.default, precision=0, minimum=option.low, **about)
    if option.kind is float:
        if option.default is None:  # left empty, the model decides
            return gr.Number(minimum=option.low, maximum=option.high, step=option.step, **about)
        return gr.Slider(option.low or 0.0, option.high or 0.0, value=option.default, step=option.step, **about)
    choices = [(NAMES.get(choice, choice), choice) for choice in option.choices]
    if option.default is None:
        return gr.Dropdown([("detect", ""), *choices], value="", **about)
    return gr.Radio(choices, value=option.default, **about)


def chosen(controls: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    """Values of the controls by name, without those that are empty."""
    return {name: value for name, value in zip(controls, values, strict=True) if value not in ("", None)}


def named(*names: str) -> Callable[[Callable], Callable]:
    """Name the parameters of a function, which are the names in the page's API."""

    def rename(function: Callable) -> Callable:
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        vars(function)["__signature__"] = inspect.Signature(parameters)
        return function

    return rename
