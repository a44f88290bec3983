"""Entry point of the `xespeech` command: the list of verbs, and the handling of errors.

Verbs are imported when they are used, so that `xespeech --help` and a mistyped verb answer at once.
"""

from __future__ import annotations

import errno
import re
import sys
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from xespeech.errors import UserError

VERBS = {
    "speak": "Speak a text in English, Mandarin or Japanese.",
    "read": "Show the reading of a text: words, sounds, pauses.",
    "batch": "Speak every text of a list, in parallel, each into a file.",
    "convert": "Convert a recording to another voice or emotion.",
    "live": "Convert a microphone to another voice while you speak.",
    "voices": "List the voices of a model with their languages and emotions.",
    "serve": "Speak and convert over HTTP, for OpenAI's clients.",
    "demo": "Speak three languages and convert a recording.",
    "prepare": "Turn a folder of recordings into training data.",
    "train": "Train or fine-tune a model on prepared data.",
    "import": "Turn a released checkpoint of X-E-Speech into a model folder.",
    "soup": "Average the weights of several training runs.",
    "export": "Turn a training run into a model folder that speaks.",
    "evaluate": "Measure how well a model speaks and converts.",
    "gallery": "Write a page with every voice in every language and emotion.",
}
# Verbs that need more than the base install, and the extra that brings it.
EXTRAS = {
    "live": "live",
    "serve": "serve",
    "prepare": "train",
    "train": "train",
    "soup": "train",
    "export": "train",
    "evaluate": "train,evaluate",
    "gallery": "train,evaluate",
}

# Errors of the file system that the user can solve; all other OSErrors have a traceback.
_FILE_SYSTEM_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EFBIG}


_HYPHENED_TEXT = re.compile(r"-(?:-*[^\w-]|\d|[^=]*\s)")


class _LazyVerbs(TyperGroup):
    """A group whose commands are one-line stubs until one of them is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = _load(name)
            rest = _behind_options(command, rest)
        return name, command, rest


def _behind_options(command: Any, args: list[str]) -> list[str]:
    """Arguments with a text that begins with a hyphen ("-5 degrees", "- milk") at the end, where it is no option.

    A word with a hyphen and letters alone (``-language``) stays where it is: a mistyped option is to be refused.
    """
    options = [option for option in command.params if option.param_type_name == "option"]
    names = {name for option in options for name in option.opts}
    takes_value = {name for option in options if not option.is_flag for name in option.opts}
    if "--" in args or not any(parameter.name == "text" for parameter in command.params):
        return args
    texts = [
        index
        for index, argument in enumerate(args)
        if _HYPHENED_TEXT.match(argument)
        and argument[:2] not in names
        and not (index and args[index - 1] in takes_value)
    ]
    rest = [argument for index, argument in enumerate(args) if index not in texts]
    return [*rest, "--", *(args[index] for index in texts)] if texts else args


def _load(verb: str) -> Any:
    """The command behind a verb: its module's Typer `app`, or else the module's function of that name."""
    module = import_module(f"xespeech.cli.{verb}")
    app = getattr(module, "app", None)
    if app is None:
        app = _typer()
        app.command(verb)(getattr(module, verb))
    app.rich_markup_mode = None
    command: Any = typer.main.get_command(app)
    command.name = verb
    command.help = command.help or VERBS[verb]
    return command


def _typer(**options: Any) -> typer.Typer:
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **options)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"xespeech {version('xespeech')}")
        raise typer.Exit


app = _typer(cls=_LazyVerbs, no_args_is_help=True)


@app.callback()
def _xespeech(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Speech in English, Mandarin and Japanese with the voice and the emotion of any recording."""


def _stub() -> None:
    """Placeholder until the verb's module is loaded."""


for _verb, _help in VERBS.items():
    app.command(_verb, help=_help)(_stub)


def run() -> None:
    """Run the command line. Errors of the user print one sentence on standard error and exit with code 2."""
    try:
        app()
    except UserError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        verb = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
        if verb not in EXTRAS or (error.name or "").startswith("xespeech"):
            raise
        _fail(f"`xespeech {verb}` needs {error.name}, which is not installed: pip install 'xespeech[{EXTRAS[verb]}]'")
    except OSError as error:
        if error.errno not in _FILE_SYSTEM_ERRORS:
            raise
        where = f" ({error.filename})" if error.filename else ""
        _fail(
            f"{error.strerror}{where}: nothing was kept of the file being written; make room or choose another place."
        )


def _fail(sentence: str) -> NoReturn:
    print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    run()
