"""The OpenAPI document tells the truth: schemathesis asks whatever it allows, and what it does not.

A short form; `FUZZ=50 pytest tests/server/test_contract.py` makes fifty examples for every kind of case.
"""

from __future__ import annotations

import os

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from serving import RunningServer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
EXAMPLES = int(os.environ.get("FUZZ", "4"))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_answers_are_as_described(server: RunningServer, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    n_operations = 0
    for result in document.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS, timeout=60)

        try:
            ask()
            n_operations += 1
        except Unsatisfiable:  # nothing can be wrong with an operation that takes nothing
            assert mode is GenerationMode.NEGATIVE
    assert n_operations >= (12 if mode is GenerationMode.POSITIVE else 4)


def test_the_document_describes_every_operation(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    wanted = {
        "/v1/audio/speech": {"post"},
        "/v1/audio/conversions": {"post"},
        "/v1/audio/voices": {"get", "post"},
        "/v1/voices": {"post"},
        "/v1/voices/{name}": {"delete"},
        "/v1/models": {"get"},
        "/healthz": {"get"},
        "/readyz": {"get"},
        "/metrics": {"get"},
    }
    for path, methods in wanted.items():
        assert methods <= paths[path].keys(), path
    for operations in paths.values():
        for operation in operations.values():
            assert operation["summary"]
            assert "422" not in operation["responses"]
    assert client.get("/docs").status_code == 200
