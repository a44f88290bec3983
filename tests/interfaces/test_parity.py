"""Command line, Python, batch and server say the same samples for the same options, and those they have always said."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from cases import CASES, EXPECTED, STEP, TEXTS, record, say, write_files

from xespeech.inference.options import SpeechOptions, describe
from xespeech.server.schemas import SpeechRequest

FILES = {name for name, own in describe(SpeechOptions).items() if own.kind is Path}
ASKED = [number for number, (_, options) in enumerate(CASES) if not FILES & options.keys()]
"""Cases that a request to the server can hold."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_files(folder)
    return folder


@pytest.fixture(scope="module")
def said(tiny_voice: Path, files: Path) -> list[np.ndarray]:
    """By Python."""
    return say(tiny_voice, files)


def test_the_frozen_model_says_what_it_said(said: list[np.ndarray]) -> None:
    if os.environ.get("XESPEECH_RECORD"):
        record(said)
    expected = np.load(EXPECTED)
    assert len(said) == len(expected["lengths"]), "a case was not recorded: see cases.py"
    assert [len(own) for own in said] == expected["lengths"].tolist()
    for number, own in enumerate(said):
        loudest = np.abs(own.astype(int)).max()
        found, wanted = own[::STEP].astype(int), expected[f"case{number:02d}"].astype(int)
        assert np.abs(found - wanted).max() <= 0.01 * loudest, CASES[number]  # processors round differently


def test_every_option_is_in_every_interface(command: Callable[..., Any]) -> None:
    names = set(describe(SpeechOptions))
    assert names - FILES <= set(SpeechRequest.model_fields)
    for verb in ("speak", "batch"):
        shown = command(verb, "--help").output
        assert all(f"--{name.replace('_', '-')}" in shown for name in names), verb


def test_the_command_line_says_the_same(
    command: Callable[..., Any], tiny_voice: Path, files: Path, said: list[np.ndarray], tmp_path: Path
) -> None:
    for number, (language, options) in enumerate(CASES):
        arguments = [f"--{name.replace('_', '-')}={_value(files, value)}" for name, value in options.items()]
        result = command("speak", TEXTS[language], f"--model={tiny_voice}", "--threads=1", *arguments)
        assert result.code == 0, result.errors
        assert np.array_equal(_samples(tmp_path / "out.wav"), said[number]), CASES[number]


def test_batch_says_the_same(
    command: Callable[..., Any], tiny_voice: Path, files: Path, said: list[np.ndarray], tmp_path: Path
) -> None:
    with (files / "list.jsonl").open("w", encoding="utf-8") as rows:
        for language, options in CASES:
            rows.write(json.dumps({"text": TEXTS[language], **options}) + "\n")
    result = command("batch", str(files / "list.jsonl"), "-o", "out", "--workers=1", f"--model={tiny_voice}")
    assert result.code == 0, result.errors
    for number, own in enumerate(said):
        assert np.array_equal(_samples(tmp_path / "out" / f"{number + 1}.wav"), own), CASES[number]


@pytest.fixture(scope="module")
def client(serve: Callable[..., Any]) -> Iterator[httpx.Client]:
    with serve(workers=1, live=0) as server, server.client() as opened:
        yield opened


def test_the_server_says_the_same(client: httpx.Client, said: list[np.ndarray]) -> None:
    for number in ASKED:
        language, options = CASES[number]
        body = {"input": TEXTS[language], "response_format": "wav", **options}
        answer = client.post("/v1/audio/speech", json=body)
        assert answer.status_code == 200, answer.text
        assert np.array_equal(_samples(io.BytesIO(answer.content)), said[number]), CASES[number]


def test_null_in_a_request_is_the_default(client: httpx.Client, said: list[np.ndarray]) -> None:
    nothing = {name: None for name in describe(SpeechOptions) if name not in FILES}
    answer = client.post("/v1/audio/speech", json={"input": TEXTS["en"], "response_format": "wav", **nothing})
    assert np.array_equal(_samples(io.BytesIO(answer.content)), said[0])


def _value(files: Path, value: Any) -> Any:
    return files / value if str(value).startswith(("reference.", "words.")) else value


def _samples(file: Any) -> np.ndarray:
    return soundfile.read(file, dtype="int16")[0]
