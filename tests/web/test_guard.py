"""A stranger at the page's own interface: no file but uploads, no address, no more room than there is."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from gradio.utils import get_upload_folder

from settings import settings
from xespeech.audio import Audio
from xespeech.errors import UserError
from xespeech.inference.options import ConversionOptions, SpeechOptions
from xespeech.web.guard import Store

FILE = {"meta": {"_type": "gradio.FileData"}}
STYLE = ["kathleen", None, "", 1.0]
SPEECH, CONVERSION = settings(SpeechOptions), settings(ConversionOptions)


@pytest.fixture(scope="module")
def visitor(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=120) as client:
        yield client


def call(visitor: httpx.Client, name: str, *data: Any) -> tuple[str, str]:
    """The last event of a call of the page's API, and its data."""
    begun = visitor.post(f"/ui/gradio_api/call/{name}", json={"data": data})
    if begun.status_code != 200:
        return "error", begun.text
    events = visitor.get(f"/ui/gradio_api/call/{name}/{begun.json()['event_id']}").text.strip().split("\n\n")
    event, data_line = events[-1].splitlines()[:2]
    return event.removeprefix("event: "), data_line.removeprefix("data: ")


def upload(visitor: httpx.Client, name: str, content: bytes) -> str:
    answer = visitor.post("/ui/gradio_api/upload", files={"files": (name, content)})
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


def kept() -> set[Path]:
    folder = Path(get_upload_folder())
    return {path for path in folder.rglob("*") if path.is_file()} if folder.is_dir() else set()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A text and a sound that nobody uploaded."""
    (tmp_path / "secret.txt").write_text("The secret word.", encoding="utf-8")
    buzz = 0.2 * np.sin(np.arange(32_000) * 0.05) + 0.001
    Audio(buzz.astype(np.float32), 16_000).save(tmp_path / "secret.wav")
    return tmp_path


def paths_of(secret: Path, name: str) -> list[str]:
    """Ways to name a file that was not uploaded."""
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f"link-{secret.name}{Path(name).suffix}"
    if not link.is_symlink():
        link.symlink_to(secret / name)
    inside = f"{folder}/../{Path('/').joinpath(*['..'] * len(folder.parts))}{secret / name}"
    return [str(secret / name), inside, str(link), f"file://{secret / name}"]


def test_no_file_but_uploads_is_read(visitor: httpx.Client, secret: Path) -> None:
    before = kept()
    for path in paths_of(secret, "secret.txt"):
        for form in ({**FILE, "path": path}, {**FILE, "path": path, "is_stream": True}, {"path": path}):
            event, told = call(visitor, "batch", "", form, *STYLE, *SPEECH, ".wav")
            assert event == "error", (path, told)
            assert "secret word" not in told
    for path in paths_of(secret, "secret.wav"):
        form = {**FILE, "path": path}
        assert call(visitor, "convert", form, *STYLE, *CONVERSION, ".wav")[0] == "error", path
        assert call(visitor, "speak", "Hello.", "", form, "", 1.0, *SPEECH, ".wav")[0] == "error", path
        assert call(visitor, "speak", form, *STYLE, *SPEECH, ".wav")[0] == "error", path  # in a box for text
    assert {path.name for path in kept() - before} <= {f"link-{secret.name}.txt", f"link-{secret.name}.wav"}


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/environ", "http://127.0.0.1:9/a.wav", "https://192.0.2.1/a"])
def test_neither_devices_nor_addresses_are_opened(visitor: httpx.Client, path: str) -> None:
    event, told = call(visitor, "convert", {**FILE, "path": path}, *STYLE, *CONVERSION, ".wav")
    assert event == "error"
    assert "was not uploaded" in told
    assert visitor.get("/healthz").text == "ok"


def test_what_was_uploaded_is_used(visitor: httpx.Client, secret: Path) -> None:
    text = upload(visitor, "lines.txt", b"Hello.\nGoodbye.")
    event, told = call(visitor, "batch", "", {**FILE, "path": text}, *STYLE, *SPEECH, ".wav")
    assert (event, len(json.loads(told)[0]["data"])) == ("complete", 2), told
    sound = upload(visitor, "buzz.wav", (secret / "secret.wav").read_bytes())
    assert call(visitor, "convert", {**FILE, "path": sound}, *STYLE, *CONVERSION, ".wav")[0] == "complete"


@pytest.mark.parametrize(
    "route", ["file=http://127.0.0.1:9/", "proxy=http://127.0.0.1:9/", "process_recording", "deep_link?session_hash=a"]
)
def test_routes_that_the_page_does_not_need_are_not_there(visitor: httpx.Client, route: str) -> None:
    assert visitor.get(f"/ui/gradio_api/{route}").status_code == 404
    assert visitor.post(f"/ui/gradio_api/{route}").status_code in (404, 405)


def test_deep_nesting_is_refused(visitor: httpx.Client) -> None:
    nested: Any = "x"
    for _ in range(200):
        nested = [nested]
    assert call(visitor, "speak", nested, *STYLE, *SPEECH, ".wav")[0] == "error"


def test_failures_are_logged_without_what_was_written(
    visitor: httpx.Client,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        for name, data in {
            "speak": ["My own words.", *STYLE, "", "My own speed", 0, ".wav"],
            "convert": [{"path": 3, "mine": "My own words."}, *STYLE, "source", "", 0, ".wav"],
            "batch": [["My own words."], None, *STYLE, {"My own words": 3}, 1.0, ".wav"],
        }.items():
            assert call(visitor, name, *data)[0] == "error"
    heard = capfd.readouterr()
    assert "My own" not in caplog.text + heard.err + heard.out


def test_what_is_kept_stays_below_its_limit(tmp_path: Path) -> None:
    store = Store(tmp_path, 1000)
    for number in range(5):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "file").write_bytes(bytes(250))
        (tmp_path / str(number)).touch()
        store.make_room(250)
        assert sum(path.stat().st_size for path in tmp_path.rglob("file")) <= 750
    assert (tmp_path / "4").exists()
    with pytest.raises(UserError, match="send less"):
        store.make_room(1001)


def test_a_torn_link_is_no_upload(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in ("loop", "missing", "", "a\0b"):
        with pytest.raises(UserError, match="was not uploaded"):
            Store(tmp_path, 1000).check(f"{tmp_path}/{path}" if path else tempfile.gettempdir())
