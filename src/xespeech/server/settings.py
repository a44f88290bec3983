"""Settings and limits of the server; the table of limits in the documentation is made from them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from xespeech.errors import ConfigError
from xespeech.machine import usable_cores, usable_memory

MIB = 1 << 20
SERVER_MEMORY = 768 * MIB
"""Bytes for the server itself: libraries and dictionaries, bodies and answers at their limits, the page."""
WORKER_MEMORY = 400 * MIB
"""Bytes for one worker at the largest request, a conversion; memory that workers share counts for the server."""
LIVE_MEMORY = 200 * MIB
"""Bytes for one live conversion."""
_MOST_WORKERS = 16


def _limit(default: Any, what: str, beyond: str, unit: str = "") -> Any:
    """A field that is a limit: what it limits, and the response beyond it."""
    return field(default=default, metadata={"what": what, "beyond": beyond, "unit": unit})


@dataclass(frozen=True)
class Settings:
    """Settings of the server; the defaults suit a private machine, and a container with 2 GiB.

    Attributes:
        model: model folder; None for the default voice.
        workers: processes that speak and convert, one request each at a time; None for what cores and memory allow.
        queue: requests that may wait for a worker.
        live: live conversions at once, each in a separate worker.
        api_keys: valid keys for `/v1`; empty: no key is needed.
        cors_origins: web pages (scheme://host:port) whose scripts may use the server; "*" for all.
        allowed_hosts: allowed Host headers; empty: any.
        voices_folder: of enrolled voices; None for a temporary one.

    The other fields are limits; see `table`.
    """

    model: Path | None = None
    workers: int | None = None
    queue: int = _limit(32, "requests that wait for a worker", "429")
    live: int = _limit(2, "live conversions at once, each in a separate worker", "429, close 1013")
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    voices_folder: Path | None = None
    max_voices: int = _limit(1000, "enrolled voices", "409")
    max_characters: int = _limit(4096, "characters of a text", "400")
    max_upload: int = _limit(25 * MIB, "a request with recordings", "413", "MiB")
    max_seconds: float = _limit(300.0, "a recording that is sent, however it is compressed", "400", "s")
    timeout: float = _limit(120.0, "work on a request; it may wait half as long for a worker", "504, waiting 429", "s")
    decode_timeout: float = _limit(20.0, "decoding one recording", "400", "s")
    idle_timeout: float = _limit(30.0, "neither sending nor taking anything", "408, or the connection is closed", "s")
    shutdown_timeout: float = _limit(
        180.0, "finishing accepted requests once the server shall stop", "503 or a closed connection", "s"
    )
    max_body: int = _limit(256 << 10, "a request without recordings", "413", "MiB")
    max_bodies: int = _limit(96 * MIB, "all requests that are being received or worked on", "503", "MiB")
    max_answers: int = _limit(160 * MIB, "whole answers that clients have not taken yet", "503", "MiB")
    max_speech: float = _limit(1800.0, "speech that one request asks for", "400", "s")
    max_stored: int = _limit(160 * MIB, "files that the page keeps for an hour", "the oldest are deleted", "MiB")
    max_connections: int = _limit(512, "open connections; fewer where descriptors are few", "503 and a close")
    header_timeout: float = _limit(15.0, "sending the head of a request", "the connection is closed", "s")
    body_timeout: float = _limit(120.0, "sending the body of a request", "408", "s")

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"{self.workers} workers cannot answer anything: give at least 1.")
        may_be_none = ("queue", "live", "max_voices", "shutdown_timeout")
        for setting in fields(self):
            if setting.metadata and (value := getattr(self, setting.name)) <= 0:
                if setting.name not in may_be_none:
                    raise ConfigError(f"{setting.name} is {value:g}: it must be above 0.")
                if value < 0:
                    raise ConfigError(f"{setting.name} is {value:g}: it cannot be negative.")
        if any(len(key) < 8 or not key.isascii() or not key.isprintable() for key in self.api_keys):
            raise ConfigError("an API key must have at least 8 characters, all of them printable ASCII.")

    @property
    def n_workers(self) -> int:
        """Worker processes: one for each core, or as many as memory suffices for beside live conversions."""
        if self.workers is not None:
            return self.workers
        fitting = (usable_memory() - SERVER_MEMORY - self.live * LIVE_MEMORY) // WORKER_MEMORY
        return max(1, min(usable_cores(), fitting, _MOST_WORKERS))


def table() -> str:
    """All limits as a table in Markdown, for the documentation."""
    lines = ["| limit | of | default | beyond it |", "|---|---|---|---|"]
    for setting in fields(Settings):
        if setting.metadata:
            default: Any = setting.default
            what, beyond, unit = (setting.metadata[key] for key in ("what", "beyond", "unit"))
            value = f"{default / MIB:g} MiB" if unit == "MiB" else f"{default:,g} {unit}".rstrip()
            lines.append(f"| `{setting.name}` | {what} | {value} | {beyond} |")
    return "\n".join(lines) + "\n"
