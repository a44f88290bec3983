"""`default` names the bundled voice where a folder is wanted."""

from pathlib import Path

import pytest

from xespeech.cli.shared import bundled
from xespeech.content.store import encoder_file
from xespeech.inference.hub import DEFAULT_FOLDER


def test_default_is_the_bundled_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert bundled("default") == str(DEFAULT_FOLDER)
    assert encoder_file(bundled("default")).is_file()
    assert bundled("openai/whisper-base") == "openai/whisper-base"
    (tmp_path / "default").mkdir()
    assert bundled("default") == "default"
