"""Checks of requests to a mounted Gradio page: files, routes and disk space.

Gradio compares paths with its upload folder only in pages that it launches itself. A mounted page copies any file that
a request names, and fetches any address. So the files in every request are checked before Gradio sees them.
"""

from __future__ import annotations

import html
import logging
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from xespeech.errors import UserError, trace

_UPLOAD = "/gradio_api/upload"
_UNUSED = re.compile(
    r"/gradio_api/(proxy=|file=\w+:|process_recording|component_server|deep_link|vibe|undo-vibe|run-history|runs|"
    r"profiling|custom_component|dev/|stream/)|/(monitoring|gradio_api/deep_link)"
)
"""Routes of Gradio that this page does not use and that fetch, write or disclose something."""
_MOST_DEPTH = 16  # of lists and objects in a request of the page

_log = logging.getLogger("xespeech.web")


class Store:
    """The folder of uploads and results, limited in bytes: the oldest entries are deleted first.

    Args:
        folder: Gradio's upload folder.
        most: bytes.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self.folder, self.most = folder, most

    def make_room(self, size: int) -> None:
        """Delete the oldest entries until `size` more bytes fit.

        Raises:
            UserError: there is never that much room.
        """
        if size > self.most:
            raise UserError(
                f"{size / 1e6:.1f} MB are more than the {self.most / 1e6:g} MB that the page keeps: send less."
            )
        entries = sorted(self._entries())
        used = sum(n_bytes for _, n_bytes, _ in entries)
        for _, n_bytes, path in entries:
            if used + size <= self.most:
                return
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            used -= n_bytes

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """Time, bytes and path of everything directly in the folder."""
        try:
            paths = list(self.folder.iterdir())
        except FileNotFoundError:
            return
        for path in paths:
            try:
                files = [path, *path.rglob("*")] if path.is_dir() else [path]
                yield path.lstat().st_mtime, sum(file.lstat().st_size for file in files if not file.is_dir()), path
            except FileNotFoundError:  # Gradio deletes old files, too
                continue

    def check(self, path: str) -> None:
        """Refuse a path that is not an uploaded plain file.

        Raises:
            UserError: it is not.
        """
        name = re.split(r"[/\\]", path)[-1][:100]
        try:
            resolved = Path(path).resolve(strict=True)
            inside = resolved.is_relative_to(self.folder.resolve()) and stat.S_ISREG(os.stat(resolved).st_mode)
        except (OSError, ValueError, RuntimeError):
            inside = False
        if not inside:
            raise UserError(f"{name!r} was not uploaded, or is no longer kept: upload it again.")


class GuardedBlocks(gr.Blocks):
    """A page whose requests may name uploaded files only, and whose errors are logged without texts of visitors."""

    store: Store

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *arguments: Any, **settings: Any) -> list[Any]:
        check_files(inputs, self.store)
        return await super().preprocess_data(block_fn, inputs, *arguments, **settings)

    async def process_api(self, *arguments: Any, **settings: Any) -> dict[str, Any]:
        try:
            return await super().process_api(*arguments, **settings)
        except gr.Error as error:
            error.print_exception = False
            raise
        except UserError as error:
            raise gr.Error(html.escape(str(error)), duration=None, print_exception=False) from None
        except Exception as error:  # its message may quote the visitor
            _log.error("defect of the page", extra={"trace": trace(error)})
            raise gr.Error("the page failed; the server's log tells where.", print_exception=False) from None


def check_files(inputs: Any, store: Store, depth: int = 0) -> None:
    """Check all files in a request.

    Raises:
        UserError: one was not uploaded, or the request is nested too deeply.
    """
    if depth > _MOST_DEPTH:
        raise UserError(f"the request is nested more than {_MOST_DEPTH} deep: send what the page sends.")
    if isinstance(inputs, dict):
        if isinstance(inputs.get("path"), str):
            store.check(inputs["path"])
        for value in inputs.values():
            check_files(value, store, depth + 1)
    elif isinstance(inputs, (list, tuple)):
        for value in inputs:
            check_files(value, store, depth + 1)


class Guard:
    """ASGI middleware of the page: blocks unused routes and makes room for uploads.

    Args:
        app: Gradio's.
        store: its folder of files.
        upload_bytes: of one upload.
    """

    def __init__(self, app: Any, store: Store, upload_bytes: int) -> None:
        self._app, self._store, self._upload_bytes = app, store, upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if _UNUSED.match(path):
                await PlainTextResponse("there is no such page.", 404)(scope, receive, send)
                return
            if path.rstrip("/") == _UPLOAD:
                self._store.make_room(min(2 * self._upload_bytes, self._store.most))
        await self._app(scope, receive, send)
