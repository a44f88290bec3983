"""Speech over HTTP, as OpenAI's clients ask for it, and live conversion over WebSocket."""

from __future__ import annotations

from xespeech.server.app import create_app
from xespeech.server.settings import Settings

__all__ = ["Settings", "create_app"]
