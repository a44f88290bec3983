"""Nothing leaves: every command runs where each attempt to reach a network is seen, and there is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import xespeech
from xespeech.silence import VARIABLES

HERE = Path(__file__).parent
SPACES = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
XESPEECH = [sys.executable, "-m", "xespeech.cli.main"]
RECIPE = """
task: content
content: {hidden_channels: 16, content_channels: 16, n_layers: 1}
training: {batch_frames: 200, max_steps: 2, precision: 32-true, warmup_steps: 1}
"""


def watch(folder: Path, *commands: list[object]) -> dict[str, Any]:
    """What is seen of commands that run in a folder: names asked for, packets without a route, codes, output."""
    listed = folder / "commands.json"
    listed.write_text(json.dumps([[str(word) for word in command] for command in commands]))
    plain = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment = {**plain, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    inside = [*SPACES, sys.executable, str(HERE / "watched.py"), str(listed)]
    done = subprocess.run(inside, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module", autouse=True)
def spaces() -> None:
    """Where namespaces are forbidden, as in many containers, nothing can be seen."""
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        pytest.skip("network namespaces need Linux and util-linux")
    tried = subprocess.run([*SPACES, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this system permits no network namespaces: {tried.stderr.strip()}")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six recordings of a buzz."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = ["file|language|speaker|style|text"]
    for number in range(6):
        times = np.arange(24_000 + 6_000 * number) / 24_000
        buzz = sum(np.sin(2 * np.pi * (120 + number) * k * times) / k for k in range(1, 30))
        soundfile.write(folder / f"{number}.wav", 0.1 * buzz * np.sin(np.pi * 4 * times) ** 2, 24_000)
        lines.append(f"{number}.wav|en|kathleen|neutral|Where is {'the old ' * number} house?")
    (folder / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_attempts_are_seen(tmp_path: Path) -> None:
    ask = "import socket\ntry: socket.getaddrinfo('telemetry.example.org', 443)\nexcept OSError: pass"
    reach = "import socket\ntry: socket.create_connection(('192.0.2.1', 443))\nexcept OSError: pass"
    seen = watch(tmp_path, [sys.executable, "-c", ask], [sys.executable, "-c", reach])
    assert "telemetry.example.org" in seen["names"]
    assert seen["without_route"] > 0


def test_nothing_leaves(tiny_voice: Path, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    commands: list[list[object]] = [
        [*XESPEECH, "demo", "--output", "demo"],
        [*XESPEECH, "speak", "Hello. 你好。こんにちは。", "-o", "a.wav", "--model", tiny_voice],
        [*XESPEECH, "convert", corpus / "0.wav", "--voice", "mei", "-o", "b.wav", "--model", tiny_voice],
        [sys.executable, HERE / "visit.py", tiny_voice, tmp_path / "voices"],
        [*XESPEECH, "prepare", "folder", corpus, "--out", "data"],
        [*XESPEECH, "train", "recipe.yaml", "--data", "data", "--out", "run", "--threads", "1"],
        [*XESPEECH, "evaluate", "lengths", tiny_voice, "--data", "data", "--limit", "1", "--out", "report"],
    ]
    seen = watch(tmp_path, *commands)
    assert seen["names"] == []
    assert seen["without_route"] == 0
    assert seen["codes"] == [0] * len(commands), seen["output"]
    told = [path for path in tmp_path.rglob("*") if path.name in ("deviceid", "Microsoft") or "telemetry" in path.name]
    assert not told


def test_what_is_set_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "mine")
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    xespeech.keep_silent()
    assert (os.environ["ORT_DISABLE_TELEMETRY"], os.environ["RAY_USAGE_STATS_ENABLED"]) == ("mine", "0")
