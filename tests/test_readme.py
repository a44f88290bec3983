"""The README and the pages of docs/ say what is true: their commands and programs are run, their links exist.

All run in one folder, the README first, as a reader would type them, with the default voice and a few recordings. What
would take a reader minutes is checked for its existence (make, pip) or made smaller (training).
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "src/xespeech/voices/demo/kathleen.opus"
ELSEWHERE = ("docs/train-from-scratch.md",)  # run by a test of its own, on miniature corpora
PAGES = ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md") if page.name != "log.md")]

# What a page's commands read: copies of one real recording under the names that the pages use.
RECORDINGS = ("source.wav", "target.wav", "angry.wav", "me.wav")
# Lines that set up the environment the tests already run in.
SETUP = ("pip install ", "source ", "pytest", "ruff ")
# The same commands, smaller.
SMALLER = [
    (re.compile(r"--max-minutes \S+"), "--max-steps 2 --set training.batch_frames=200"),
    (re.compile(r"--profile \d+"), "--profile 1 --set training.batch_frames=200"),
    # twelve recordings have no development set to judge an encoder by; tests/evaluation/test_encoder.py runs it
    (re.compile(r"(xespeech evaluate encoder).*"), r"\1 --help"),
    (re.compile(r"--out report\b"), "--out report --set train --limit 2"),  # too few recordings to keep some apart
]


# A page that starts the server goes on talking to it at this address.
SERVE = re.compile(r"^xespeech serve$", re.MULTILINE)
ADDRESS = "http://127.0.0.1:8000"


class Block(NamedTuple):
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page that name a language."""
    found: list[Block] = []
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        found.append(Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2]))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the commands of the README read."""
    import soundfile

    from xespeech.audio import Audio, read

    tmp_path = tmp_path_factory.mktemp("reader")
    clip = read(CLIP)
    for name in RECORDINGS:
        clip.save(tmp_path / name)
    (tmp_path / "chapter.txt").write_text("A short chapter. It has two sentences.", encoding="utf-8")
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    original = ROOT / "tests/fixtures/original"
    (tmp_path / "G_450000.pth").write_bytes(lzma.decompress((original / "tiny.pth.xz").read_bytes()))
    shutil.copy(original / "tiny_config.json", tmp_path / "config.json")
    content = np.random.default_rng(0).standard_normal((len(clip.resample(16_000).samples) // 320, 1280))
    np.save(tmp_path / "source.npy", content.astype(np.float16))

    # Recordings to train on: the clip cut in pieces, since all that matters here is that every step runs.
    (tmp_path / "recordings" / "audio").mkdir(parents=True)
    rows = ["file|language|speaker|style|text"]
    words = ["There", "was", "nothing", "for", "us", "but", "the", "wide"]
    for index in range(12):
        length = int(1.5 * clip.sample_rate)
        first = index * (len(clip.samples) - length) // 12
        piece = Audio(clip.samples[first : first + length], clip.sample_rate)
        soundfile.write(tmp_path / f"recordings/audio/{index}.wav", piece.samples, piece.sample_rate)
        rows.append(f"audio/{index}.wav|en|somebody|neutral|{' '.join(words[index % 5 : index % 5 + 4])}")
    (tmp_path / "recordings" / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def run(arguments: list[str], folder: Path) -> None:
    """Run a program with the tested environment first on the path, and fail with what it said."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments[-1]}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


@contextmanager
def serving(page: str, folder: Path) -> Iterator[str]:
    """The address of the server that a page starts with the line `xespeech serve`, here on a free port."""
    if not any(SERVE.search(block.text) for block in blocks(page)):
        yield ADDRESS
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "xespeech.cli.main", "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen([*command, "--voices", "enrolled"], cwd=folder)
    try:
        deadline = time.monotonic() + 300
        while not _answers(port):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(120) == 0


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def smaller(text: str) -> str:
    """The lines of a shell block that are run here."""
    lines = [line for line in SERVE.sub("", text).splitlines() if not line.startswith((*SETUP, "make "))]
    text = "\n".join(lines).replace("curl ", "curl --silent --show-error --fail ")
    for pattern, replacement in SMALLER:
        text = pattern.sub(replacement, text)
    return text


def run_page(page: str, folder: Path) -> None:
    """Run a page's commands in order, then its programs, which are one program told in pieces."""
    with serving(page, folder) as address:
        for block in blocks(page):
            if block.language == "sh":
                text = smaller(block.text).replace(ADDRESS, address)
                run(["bash", "-euo", "pipefail", "-c", text], folder)
        program = "\n".join(block.text for block in blocks(page) if block.language == "python")
        run([sys.executable, "-c", program.replace(ADDRESS.split("//")[1], address.split("//")[1])], folder)


@pytest.fixture(scope="module")
def after_readme(folder: Path) -> Path:
    """The folder as the README leaves it: with prepared data, a training run and a model of one's own."""
    run_page("README.md", folder)
    return folder


def test_readme_runs(after_readme: Path) -> None:
    for made in ("out.wav", "converted.wav", "hello.wav", "prepared", "runs/mine", "models/mine", "mine.wav", "report"):
        assert (after_readme / made).exists(), made


@pytest.mark.parametrize("page", [page for page in PAGES[1:] if page not in ELSEWHERE])
def test_page_runs(page: str, after_readme: Path) -> None:
    run_page(page, after_readme)


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_make_targets_and_extras_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    optional = project.split("[project.optional-dependencies]\n")[1].split("\n[")[0]
    extras = set(re.findall(r"^([a-z]+) = \[", optional, re.MULTILINE))
    for block in blocks(page):
        assert set(re.findall(r"^make ([a-z]+)", block.text, re.MULTILINE)) <= targets, block
        for names in re.findall(r"(?:\.|xespeech)\[([a-z,]+)\]", block.text):
            assert set(names.split(",")) <= extras, block


def test_the_first_screen_gives_the_two_commands() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:30])
    assert "make demo" in first_screen
    assert "make test" in first_screen


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_and_named_folders_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert ((ROOT / page).parent / link).exists(), link
    for path in re.findall(r"`((?:src|docs|recipes|tests)/[\w./]*)`", text):
        assert (ROOT / path).exists(), path


def test_no_figure_is_left_unmeasured() -> None:
    for page in [*PAGES, "CHANGELOG.md"]:
        assert "<!-- measured:" not in (ROOT / page).read_text(encoding="utf-8"), page
