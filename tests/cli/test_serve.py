"""`xespeech serve`: what it hands to the server, and what it warns of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xespeech.cli.serve import is_loopback, read_keys
from xespeech.errors import ConfigError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings, host and port of the server that a command would have started."""
    seen: dict[str, Any] = {}
    monkeypatch.delenv("XESPEECH_API_KEY", raising=False)
    monkeypatch.setattr("xespeech.server.create_app", lambda settings: seen.update(settings=settings))
    monkeypatch.setattr("xespeech.server.run.serve", lambda app, host, port: seen.update(host=host, port=port))
    return seen


def test_it_is_private_by_default(command: Any, started: dict[str, Any]) -> None:
    result = command("serve")
    assert result.code == 0
    assert result.errors == ""
    assert (started["host"], started["port"]) == ("127.0.0.1", 8000)
    assert not started["settings"].api_keys
    assert not started["settings"].cors_origins
    assert set(started["settings"].allowed_hosts) == {"localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_an_open_server_without_a_key_is_warned_of(command: Any, started: dict[str, Any], host: str) -> None:
    assert "warning: everybody who reaches" in command("serve", "--host", host).errors


def test_keys_come_from_the_environment_and_a_file(
    command: Any, started: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XESPEECH_API_KEY", "key-number-1, key-number-2")
    (tmp_path / "keys").write_text("key-number-3\n")
    result = command("serve", "--host", "0.0.0.0", "--api-key-file", "keys")
    assert (result.code, result.errors) == (0, "")
    assert started["settings"].api_keys == ("key-number-1", "key-number-2", "key-number-3")
    assert "key-number" not in repr(started["settings"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "at least 1"),
        (["--queue", "-1"], "negative"),
        (["--max-seconds", "0"], "above 0"),
        (["--api-key-file", "missing"], "cannot be read"),
    ],
)
def test_mistakes_are_one_sentence(command: Any, options: list[str], words: str) -> None:
    result = command("serve", *options)
    assert result.code == 2
    assert words in result.errors
    assert result.errors.count("\n") == 1


@pytest.mark.parametrize("value", ["", "  ", " , "])
def test_a_variable_without_a_key_does_not_open_the_server(
    command: Any, started: dict[str, Any], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("XESPEECH_API_KEY", value)
    result = command("serve")
    assert (result.code, started) == (2, {})
    assert "XESPEECH_API_KEY is set but names no key" in result.errors


def test_short_keys_are_refused(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XESPEECH_API_KEY", "short")
    result = command("serve")
    assert result.code == 2
    assert "8 characters" in result.errors
    assert "short" not in result.errors


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org")))


def test_an_empty_file_of_keys(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("\n")
    with pytest.raises(ConfigError, match="holds no API key"):
        read_keys(tmp_path / "keys", None)
