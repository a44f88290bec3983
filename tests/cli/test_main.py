"""The list of verbs, and how mistakes are told."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from pathlib import Path

import pytest

from xespeech.audio import Audio
from xespeech.cli import main

PAGES = Path(__file__).parents[2] / "docs"
HEAVY = ("fastapi", "onnxruntime", "torch", "soundfile", "haqumei", "pycrfsuite", "rjieba", "numpy", "rich")


def test_help_lists_every_verb_and_loads_none() -> None:
    probe = f"""
import sys
from xespeech.cli.main import run
sys.argv = ["xespeech", "--help"]
try:
    run()
finally:
    loaded = [name for name in {HEAVY} if name in sys.modules]
    verbs = [name for name in sys.modules if name.startswith("xespeech.cli.") and name != "xespeech.cli.main"]
    assert not loaded + verbs, loaded + verbs
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    for verb in main.VERBS:
        assert verb in done.stdout


def test_every_verb_has_a_page() -> None:
    for verb in main.VERBS:
        if verb not in ("demo", "voices"):
            assert (PAGES / f"{verb}.md").exists(), verb


@pytest.mark.parametrize("verb", [verb for verb in main.VERBS if verb not in ("demo", "voices")])
def test_every_option_stands_in_the_page_of_its_verb(verb: str) -> None:
    sources = {"batch": ("batch", "speak"), "live": ("live", "convert")}  # these refer to the options of those
    text = "".join((PAGES / f"{page}.md").read_text(encoding="utf-8") for page in sources.get(verb, (verb,)))
    command = main._load(verb)
    for part in getattr(command, "commands", {"": command}).values():
        for parameter in part.params:
            names = [name for name in parameter.opts if name.startswith("-")]
            assert not names or any(re.search(rf"{name}(?![\w-])", text) for name in names), (part.name, names)


@pytest.mark.parametrize("verb", main.VERBS)
def test_every_verb_explains_itself(command, verb: str) -> None:
    result = command(verb, "--help")
    assert result.code == 0
    assert f"xespeech {verb}" in result.output


def test_version(command) -> None:
    result = command("--version")
    assert result.code == 0
    assert result.output.startswith("xespeech 0.")


def test_mistyped_verb_is_an_error_with_a_suggestion(command) -> None:
    result = command("speek", "hello")
    assert result.code == 2
    assert "speek" in result.errors
    assert "speak" in result.errors


def test_missing_extra_says_what_to_install(command, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(verb: str) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(main, "_load", load)
    result = command("train", "recipe.yaml")
    assert result.code == 2
    assert (
        result.errors == "error: `xespeech train` needs torch, which is not installed: pip install 'xespeech[train]'\n"
    )


def test_full_disk_is_one_sentence(command, voice, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(self: Audio, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Audio, "save", save)
    result = command("speak", "hello")
    assert result.code == 2
    assert result.errors.startswith("error: No space left on device (out.wav)")
    assert result.errors.count("\n") == 1


def test_our_own_defects_are_not_hidden(command, voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "speak", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(sys, "argv", ["xespeech", "speak", "hello"])
    with pytest.raises(ZeroDivisionError):
        main.run()
