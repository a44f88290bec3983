"""Logs: one JSON object a line on standard error, never with a user's text, recording or key in it."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from xespeech.errors import trace
from xespeech.server.problems import Aborted

_OWN = frozenset(vars(logging.makeLogRecord({})))


class JsonFormatter(logging.Formatter):
    """Time, level, message and whatever was given as `extra`; of exceptions their kind and place, not their message."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line.update((key, value) for key, value in vars(record).items() if key not in _OWN and key != "color_message")
        if record.exc_info and record.exc_info[1] is not None:
            line["trace"] = trace(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _is_news(record: logging.LogRecord) -> bool:
    """Responses that are cut short on purpose have been logged where that was decided.

    Uvicorn logs WebSockets with their query, which may hold a key; live conversions have a separate line.
    """
    return "WebSocket" not in str(record.msg) and not (record.exc_info and isinstance(record.exc_info[1], Aborted))


def configure() -> None:
    """Send this package's and uvicorn's logs to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    handler.addFilter(_is_news)
    for name in ("xespeech", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
