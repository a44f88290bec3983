"""What can be set when serving, checked once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from xespeech.errors import ConfigError

MIB = 1 << 20


@dataclass(frozen=True)
class Settings:
    """Every option of the server; the defaults suit a private machine.

    Attributes:
        model: model folder; None for the default voice.
        workers: processes that speak and convert, one request each at a time; None for one on every core.
        queue: requests that may wait for a worker; beyond, they are answered 429.
        live: live conversions at once, each in a worker of its own.
        api_keys: any one of them opens `/v1`; none: everybody may.
        cors_origins: web pages (scheme://host:port) whose scripts may use the server; "*" for all.
        allowed_hosts: names that a request's Host header may have; none: any.
        voices_folder: where enrolled voices are kept; None keeps them until the server ends.
        max_voices: enrolled voices.
        max_characters: of a text.
        max_upload: bytes of a request.
        max_seconds: of an uploaded recording.
        timeout: seconds of work on a request; it may wait half as long for a worker.
        decode_timeout: seconds to decode one upload.
        idle_timeout: seconds that a client may neither send nor take anything.
        shutdown_timeout: seconds that accepted requests have to be finished once the server shall stop.
    """

    model: Path | None = None
    workers: int | None = None
    queue: int = 32
    live: int = 2
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    voices_folder: Path | None = None
    max_voices: int = 1000
    max_characters: int = 4096
    max_upload: int = 25 * MIB
    max_seconds: float = 300.0
    timeout: float = 120.0
    decode_timeout: float = 20.0
    idle_timeout: float = 30.0
    shutdown_timeout: float = 180.0

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"{self.workers} workers cannot answer anything: give at least 1.")
        for name in ("max_characters", "max_upload", "max_seconds", "timeout", "decode_timeout", "idle_timeout"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} is {getattr(self, name):g}: it must be above 0.")
        for name in ("queue", "live", "max_voices", "shutdown_timeout"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name):g}: it cannot be negative.")
        if any(len(key) < 8 or not key.isascii() or not key.isprintable() for key in self.api_keys):
            raise ConfigError("an API key must have at least 8 characters, all of them printable ASCII.")

    @property
    def n_workers(self) -> int:
        """Processes that speak and convert."""
        if self.workers is not None:
            return self.workers
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return max(1, min(allowed or 1, 16))
