"""`xespeech serve`: the HTTP server."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xespeech.cli.shared import ModelOption
from xespeech.errors import ConfigError

if TYPE_CHECKING:
    from fastapi import FastAPI

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; the default can be reached from this machine only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that speak and convert; one on every core if not given.", show_default=False),
    ] = None,
    queue: Annotated[int, typer.Option(help="Requests that may wait for a worker; others are answered 429.")] = 32,
    live: Annotated[int, typer.Option(help="Live conversions at once, each in a separate process.")] = 2,
    api_key_file: Annotated[
        Path | None,
        typer.Option(help="File with API keys, one a line; or set XESPEECH_API_KEY.", show_default=False),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Web pages whose scripts may use the server (https://example.org); repeatable.", show_default=False
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Another host name of this server, such as that of a proxy; repeatable.", show_default=False),
    ] = None,
    voices: Annotated[
        Path | None,
        typer.Option(help="Folder of enrolled voices; in the user's data folder if not given.", show_default=False),
    ] = None,
    max_characters: Annotated[int, typer.Option(help="Longest text.")] = 4096,
    max_upload: Annotated[float, typer.Option(help="Largest request, MiB.")] = 25.0,
    max_seconds: Annotated[float, typer.Option(help="Longest uploaded recording.")] = 300.0,
    timeout: Annotated[
        float, typer.Option(help="Seconds of work on a request; it may wait half as long for a worker.")
    ] = 120.0,
    shutdown_timeout: Annotated[
        float, typer.Option(help="Seconds that accepted requests have to be finished when the server is told to stop.")
    ] = 180.0,
    ui: Annotated[bool, typer.Option("--ui", help="Serve the web page, too; needs the extra ui.")] = False,
    model: ModelOption = None,
) -> None:
    """Speak and convert over HTTP; the base URL for OpenAI's clients is http://127.0.0.1:8000/v1.

    The documentation of every operation is at /docs.
    """
    keys = read_keys(api_key_file, os.environ.get("XESPEECH_API_KEY"))
    is_private = is_loopback(host)
    hosts = (*(_LOOPBACK_NAMES if is_private else ()), *(allow_host or ()))

    from xespeech.server import Settings, create_app
    from xespeech.server.run import serve as run

    settings = Settings(
        model=model,
        workers=workers,
        queue=queue,
        live=live,
        api_keys=keys,
        cors_origins=tuple(cors_origin or ()),
        allowed_hosts=() if keys and not allow_host else hosts,
        voices_folder=voices or Path(typer.get_app_dir("xespeech")) / "voices",
        max_characters=max_characters,
        max_upload=round(max_upload * (1 << 20)),
        max_seconds=max_seconds,
        timeout=timeout,
        shutdown_timeout=shutdown_timeout,
    )
    app = create_app(settings)
    if ui:
        add_page(app)
    if not is_private and not keys:
        typer.echo(f"warning: everybody who reaches {host} can use this server: set XESPEECH_API_KEY.", err=True)
    run(app, host, port)


def add_page(app: FastAPI) -> None:
    """Add the web page.

    Raises:
        ConfigError: the extra that brings it is not installed.
    """
    try:
        from xespeech import web
    except ModuleNotFoundError as error:
        raise ConfigError(f"the page needs {error.name}: pip install 'xespeech[serve,ui]'") from error
    web.serve(app)


def read_keys(file: Path | None, variable: str | None) -> tuple[str, ...]:
    """API keys from a file, one a line, and from the environment, separated by commas.

    Raises:
        ConfigError: the file cannot be read or holds no key.
    """
    keys = [key.strip() for key in (variable or "").split(",") if key.strip()]
    if variable is not None and not keys:
        raise ConfigError("XESPEECH_API_KEY is set but names no key: name one, or unset it to allow everybody.")
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ConfigError(f"the API keys in {file} cannot be read: {reason}.") from error
        if not lines:
            raise ConfigError(f"{file} holds no API key: write one a line.")
        keys += lines
    return tuple(dict.fromkeys(keys))


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
