"""The web page (extra `[ui]`): speak, convert, compare and batch in a browser, beside the HTTP API or alone."""

from __future__ import annotations

from xespeech.web.page import build, launch, mount, serve
from xespeech.web.studio import Limits

__all__ = ["Limits", "build", "launch", "mount", "serve"]
