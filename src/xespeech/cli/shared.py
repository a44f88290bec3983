"""Options and checks that several verbs share. The checks run before a model is loaded, so that errors come at once."""

from __future__ import annotations

import errno
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from xespeech.audio.io import SUFFIXES
from xespeech.errors import AudioError, UserError
from xespeech.files import check_plain
from xespeech.inference.options import Option, StyleOptions, describe

OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help=f"Where to write; the suffix decides: {' '.join(SUFFIXES)}")
]
OutputFolderOption = Annotated[
    Path, typer.Option("--output", "-o", help="The folder to write into; made when missing.", show_default=False)
]
ModelArgument = Annotated[
    Path | None, typer.Argument(help="A model folder made by `xespeech export`; else the default voice.")
]
DATA = typer.Option("--data", help="A prepared data folder; repeat for several.", show_default=False)
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", "-m", help="A model folder, or owner/name on the Hugging Face hub; else the default voice."
    ),
]
ThreadsOption = Annotated[int | None, typer.Option(help="CPU threads; as many as suit the machine when not given.")]
ProviderOption = Annotated[str, typer.Option(help="Execution provider: cpu, cuda, coreml or directml.")]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray", metavar="ADDRESS", help="Work on this Ray cluster: auto, or HOST:PORT. It must see all folders."
    ),
]
PrecisionOption = Annotated[
    str | None, typer.Option(help="int8 (fast) or fp32 (exact); int8 where the model has it when not given.")
]


def bundled(name: str) -> str:
    """The name of a folder or model; `default` becomes the folder of the bundled voice, unless it exists."""
    from xespeech.inference.hub import DEFAULT_FOLDER

    return str(DEFAULT_FOLDER) if name == "default" and not Path(name).exists() else name


def with_options(
    kind: type[StyleOptions], *left_out: str, only: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for every field of a class, instead of its parameter `options`.

    Args:
        kind: StyleOptions or a subclass.
        left_out: fields that are not options of this command.
        only: fields that are; empty for all others.

    Returns:
        A decorator; the command gets the given values as `options`, by name.
    """
    annotations = {
        name: _annotation(name, option)
        for name, option in describe(kind).items()
        if name not in left_out and name in (only or {name})
    }

    def set_options(**values: Any) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if value is not None}
        if "intensity" in given and not given.keys() & {"emotion", "emotion_reference"}:
            raise UserError("--intensity does nothing without --emotion: name the emotion as well.")
        return given

    return lambda command: with_parameters(command, "options", annotations, set_options)


def with_parameters(
    command: Callable[..., None], place: str, annotations: Mapping[str, Any], value: Callable[..., Any]
) -> Callable[..., None]:
    """A command for Typer with other parameters in the place of one.

    Args:
        command: the function.
        place: its parameter that is replaced.
        annotations: of the new parameters; None is the default of each.
        value: function from their values, by name, to the value of the one replaced.
    """
    signature = inspect.signature(command, eval_str=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.name == place:
            parameters += [inspect.Parameter(n, kind, default=None, annotation=a) for n, a in annotations.items()]
        else:
            parameters.append(parameter.replace(kind=kind))

    @wraps(command)
    def with_given(**values: Any) -> None:
        given = {name: values.pop(name) for name in annotations}
        command(**values, **{place: value(**given)})

    vars(with_given)["__signature__"] = signature.replace(parameters=parameters)
    with_given.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_given


def with_workers(jobs: Any, value: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator that gives a command the options --jobs and --ray in the place of its parameter `workers`.

    Args:
        jobs: annotation of --jobs.
        value: function from `jobs` and `ray`, either of which may be None, to the workers.
    """
    return lambda command: with_parameters(command, "workers", {"jobs": jobs, "ray": RayOption}, value)


def _annotation(name: str, option: Option) -> Any:
    """A field as a type for Typer. The parameter's default is None, so that defaults are those of the class."""
    names = [f"--{name.replace('_', '-')}", *([option.short] if option.short else [])]
    default = "" if option.default is None or option.kind is bool else f" [default: {option.default}]"
    about = typer.Option(*names, help=option.text + default, show_default=False)
    return Annotated[option.kind | None, about]


def check_speaker(options: Mapping[str, Any]) -> None:
    """Make sure that a target voice is given.

    Raises:
        UserError: it is not.
    """
    if not options.keys() & {"voice", "reference"}:
        raise UserError("who should say it? Name a voice with --voice or a recording with --reference.")


def check_output(output: Path, inputs: Sequence[Path] = (), suffixes: Sequence[str] = SUFFIXES) -> None:
    """Make sure that a file of one of the suffixes can be written to `output` without harming any of the `inputs`.

    Raises:
        AudioError: unknown suffix, missing or unwritable folder, a folder of that name, or one of the inputs.
    """
    if output.suffix.lower() not in suffixes:
        raise AudioError(f"cannot write {output}: its suffix must be one of {' '.join(suffixes)}")
    try:
        folder = check_plain(output).parent
    except OSError as error:
        remedy = " --stream writes to a pipe." if error.errno == errno.EINVAL else ""
        raise AudioError(f"cannot write {output}: {error.strerror}.{remedy}") from error
    if not folder.is_dir():
        raise AudioError(f"cannot write {output}: the folder {folder} does not exist, create it first.")
    if not os.access(folder, os.W_OK) or (output.exists() and not os.access(output, os.W_OK)):
        raise AudioError(f"cannot write {output}: no permission to write there.")
    for path in inputs:
        if output.exists() and path.exists() and output.samefile(path):
            raise AudioError(f"{output} is also an input, which would be overwritten: choose another output.")
