"""Controls of the page, made from the options: range, default and help are those of `xespeech.inference.options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from xespeech.inference.options import Option, StyleOptions, describe

STYLE = ("voice", "reference", "emotion", "intensity")
"""Options that have a place of their own on the page."""
NAMES = {"en": "English", "zh": "Mandarin", "ja": "Japanese"}


def controls_of(kind: type[StyleOptions], architecture: str) -> dict[str, Any]:
    """A control for each option of a class that has no place of its own above, by name."""
    return {
        name: control(name, own)
        for name, own in describe(kind).items()
        if name not in STYLE and own.kind is not Path and own.only in ("", architecture)
    }


def control(name: str, own: Option) -> Any:
    """The control of an option: its range, default and help are those of the option."""
    about: dict[str, Any] = {"label": name.replace("_", " ").capitalize(), "info": own.text}
    if own.kind is bool:
        return gr.Checkbox(own.default, **about)
    if own.kind is int:
        return gr.Number(own.default, precision=0, minimum=own.low, **about)
    if own.kind is float:
        if own.default is None:  # left empty, the model decides
            return gr.Number(minimum=own.low, maximum=own.high, step=own.step, **about)
        return gr.Slider(own.low or 0.0, own.high or 0.0, value=own.default, step=own.step, **about)
    choices = [(NAMES.get(choice, choice), choice) for choice in own.choices]
    if own.default is None:
        return gr.Dropdown([("detect", ""), *choices], value="", **about)
    return gr.Radio(choices, value=own.default, **about)


def chosen(controls: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    """What the controls are set to, by name; nothing of those that are left empty."""
    return {name: value for name, value in zip(controls, values, strict=True) if value not in ("", None)}


def named(*names: str) -> Callable[[Callable], Callable]:
    """Give a function these parameters, by which the page's API calls its inputs."""

    def rename(function: Callable) -> Callable:
        parameters = [inspect.Parameter(own, inspect.Parameter.POSITIONAL_OR_KEYWORD) for own in names]
        vars(function)["__signature__"] = inspect.Signature(parameters)
        return function

    return rename
