"""Errors as OpenAI's clients expect them: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from xespeech.errors import UserError
from xespeech.server.worker import describe

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Problem(HTTPException):
    """A request that is answered with an error.

    Args:
        status: of the response.
        message: one sentence that names the thing and the remedy.
        code: for programs.
        param: the field of the request at fault.
        retry_after: seconds after which the client may try again.
    """

    def __init__(
        self, status: int, message: str, code: str, param: str | None = None, retry_after: int | None = None
    ) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        super().__init__(status, message, headers)
        self.code, self.param = code, param

    @property
    def body(self) -> dict[str, Any]:
        """The body of the response."""
        kind = _KINDS.get(self.status_code, "server_error" if self.status_code >= 500 else "invalid_request_error")
        return {"error": {"message": self.detail, "type": kind, "param": self.param, "code": self.code}}

    @property
    def response(self) -> JSONResponse:
        """The response."""
        return JSONResponse(self.body, self.status_code, self.headers)


def refusal(content: Mapping[str, Any]) -> Problem:
    """The problem in a worker's message of the type `refused`."""
    return Problem(400, content["message"], content["code"], content.get("param"))


class Aborted(Exception):
    """A response that has begun cannot be finished; the connection is closed so that the client notices."""


def storage_problem(error: OSError, what: str) -> Problem:
    """The problem of something that cannot be written on the server, which is no fault of the client's."""
    if error.errno in _FULL:
        return Problem(507, f"{what}: the server's disk is full, tell whoever runs it.", "disk_full")
    return Problem(403, f"{what} on this server ({error.strerror}): tell whoever runs it.", "not_storable")


def problem_of(error: Exception) -> Problem:
    """The response to an exception in a request."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, UserError):
        return Problem(400, **describe(error))
    if isinstance(error, (RequestValidationError, ValidationError)):
        return _of_validation(error)
    if isinstance(error, HTTPException) and isinstance(error.__cause__, OSError):  # of a part that went to disk
        return storage_problem(error.__cause__, "the upload cannot be kept while it is worked on")
    if isinstance(error, HTTPException):
        codes = {404: "not_found", 405: "method_not_allowed"}
        problem = Problem(
            error.status_code, f"{error.detail}.".replace("..", "."), codes.get(error.status_code, "bad_request")
        )
        problem.headers = {**(error.headers or {}), **(problem.headers or {})}
        return problem
    return Problem(
        500, "the server failed; its log tells where, under the request id of this response.", "internal_error"
    )


def _of_validation(error: RequestValidationError | ValidationError) -> Problem:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    if first["type"] == "json_invalid":
        return Problem(400, f"the body is no JSON: {first['ctx']['error']}.", "invalid_json")
    name = ".".join(place) or None
    if first["type"] == "extra_forbidden":
        return Problem(400, f"there is no field {name!r}: leave it out or correct its name.", "unknown_field", name)
    what = f"the field {name!r}" if name else "the body"
    return Problem(400, f"{what}: {first['msg'][0].lower()}{first['msg'][1:]}.", "invalid_field", name)
