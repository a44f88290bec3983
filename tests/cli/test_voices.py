"""`xespeech voices`: for people and for programs."""

from __future__ import annotations

import json


def test_table_shows_every_voice(command, voice) -> None:
    result = command("voices")
    assert result.code == 0
    for word in ("kathleen", "mei", "ja", "happy", "CC BY 3.0"):
        assert word in result.output


def test_json_is_complete(command, voice) -> None:
    result = command("voices", "--json")
    assert json.loads(result.output)[1] == {
        "name": "mei",
        "languages": ["ja"],
        "emotions": ["neutral", "happy"],
        "licence": "CC BY 3.0",
    }
