"""`POST /v1/read`: what the server says of a text is what Python says."""

from __future__ import annotations

import httpx
import pytest

import xespeech
from serving import problem

TEXT = "It costs $5, Dr. Li. 一月一个人😀"


def test_the_server_reads_what_python_reads(client: httpx.Client) -> None:
    response = client.post("/v1/read", json={"input": TEXT})
    assert response.status_code == 200, response.text
    assert response.json() == xespeech.read(TEXT).as_dict()


def test_the_language_of_the_request_is_used(client: httpx.Client) -> None:
    content = client.post("/v1/read", json={"input": "10", "language": "ja"}).json()
    assert content["sentences"][0]["reading"] == "ジュー"


def test_markup_is_a_choice_as_everywhere(client: httpx.Client) -> None:
    texts = [
        client.post("/v1/read", json={"input": "# A *dog*", "markup": markup}).json()["sentences"][0]["text"]
        for markup in ("auto", "plain", None)
    ]
    assert texts == ["A dog", "# A *dog*", "A dog"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"input": "😀"}, "nothing that can be spoken"),
        ({"input": "Hello", "language": "fr"}, "language"),
        ({"input": "a" * 100_000}, "characters"),
        ({"input": "Hello", "voice": "mei"}, "voice"),
        ({"input": "Hello", "markup": "rtf"}, "markup"),
        ({}, "input"),
    ],
)
def test_what_cannot_be_read_is_refused(client: httpx.Client, body: dict, words: str) -> None:
    response = client.post("/v1/read", json=body)
    assert response.status_code == 400
    assert words in problem(response)["message"]
