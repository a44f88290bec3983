"""The page beside the HTTP API: addresses, keys, and what is said when it cannot be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from xespeech.cli.serve import add_page
from xespeech.errors import ConfigError
from xespeech.server import Settings, create_app


def client(tiny_voice: Path, **settings: object) -> TestClient:
    app = create_app(Settings(tiny_voice, allowed_hosts=(), **settings))  # type: ignore[arg-type]
    add_page(app)
    return TestClient(app)  # its workers do not start: nothing here speaks


def test_the_page_stands_beside_the_api(tiny_voice: Path) -> None:
    visitor = client(tiny_voice)
    assert visitor.get("/").url.path.rstrip("/") == "/ui"
    assert "xespeech" in visitor.get("/ui/").text
    assert visitor.get("/v1/nothing").json()["error"]["code"] == "not_found"
    assert "/ui" not in visitor.get("/openapi.json").json()["paths"]


def test_with_keys_one_is_the_password(tiny_voice: Path) -> None:
    visitor = client(tiny_voice, api_keys=("first-key", "second-key"))
    assert visitor.get("/ui/config").status_code == 401
    assert visitor.post("/ui/login", data={"username": "me", "password": "wrong"}).status_code == 400
    assert visitor.get("/ui/config").status_code == 401
    assert visitor.post("/ui/login", data={"username": "me", "password": "second-key"}).status_code == 200
    assert visitor.get("/ui/config").status_code == 200


def test_uploads_are_limited_and_no_other_file_is_opened(tiny_voice: Path) -> None:
    visitor = client(tiny_voice, max_upload=10_000)
    refused = visitor.post("/ui/gradio_api/upload", files={"files": ("a.wav", b"0" * 20_000)})
    assert refused.status_code == 413
    assert visitor.get("/ui/gradio_api/file=/etc/passwd").status_code == 403


def test_without_its_extra_the_remedy_is_named(tiny_voice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "gradio" or name.startswith("xespeech.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("xespeech.web", raising=False)
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ConfigError, match=r"pip install 'xespeech\[serve,ui\]'"):
        add_page(create_app(Settings(tiny_voice)))
