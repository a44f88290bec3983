"""Processor seconds and bytes that an hour of audio takes at every stage: the figures of docs/scale.md.

    python benchmarks/costs.py --data prepared

Each stage is run on some recordings and on three times as many, spoken by the default voice: the difference is the cost
of the audio, without that of starting a process. A recipe's step is timed by the profiler on the prepared folders of
--data, 1 step and 4. All in one process on one thread; what the machine does besides hardly changes processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
_RECIPES = ("vocoder", "autoencoder", "latent", "compact", "vocoder-tuning")
_STEPS = (1, 4)


class Stage(NamedTuple):
    """What is run: a name, the arguments from a folder of one size, and what it writes there."""

    name: str
    arguments: Callable[[Path], list[str]]
    out: str


_STAGES = (
    Stage("speak, `batch`", lambda at: ["batch", f"{at}/rows.jsonl", "-o", f"{at}/spoken", "--workers", "1"], "spoken"),
    Stage("`prepare folder`", lambda at: ["prepare", "folder", f"{at}/corpus", "-o", f"{at}/data", "-j", "1"], "data"),
    Stage(
        "`prepare features`",
        lambda at: ["prepare", "features", f"{at}/data", "--content-encoder", "default", "-o", f"{at}/known", "-j1"],
        "known",
    ),
    Stage("`convert`", lambda at: ["convert", f"{at}/all.flac", "--voice", "mei", "-o", f"{at}/mei.flac"], "mei.flac"),
    Stage("`evaluate folder`", lambda at: ["evaluate", "folder", f"{at}/corpus", "-o", f"{at}/report"], "report"),
)


def processor_seconds(arguments: list[str]) -> tuple[float, str]:
    """Of a command and all processes that it starts, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "xespeech.cli.main", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def write_corpus(folder: Path) -> float:
    """What was spoken as a corpus and as one recording; returns its hours."""
    import numpy as np

    from xespeech.audio import Audio, read

    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text("utf-8").splitlines()]
    (folder / "corpus").mkdir()
    lines, samples = ["file|language|speaker|style|text"], []
    for number, row in enumerate(rows, 1):
        audio = read(folder / "spoken" / f"{number}.wav")
        audio.save(folder / "corpus" / f"{number}.wav")
        samples.append(audio.samples)
        lines.append(f"{number}.wav|{row['language']}|kathleen|neutral|{row['text']}")
    (folder / "corpus" / "metadata.csv").write_text("\n".join(lines) + "\n", "utf-8")
    whole = Audio(np.concatenate(samples), audio.sample_rate)
    whole.save(folder / "all.flac")
    return whole.duration / 3600


def size(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    return path.stat().st_size if path.is_file() else sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def main() -> None:
    """Measure all stages and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=20, help="of the small corpus; the large one has three times")
    parser.add_argument("--data", type=Path, action="append", default=[], help="prepared folder to train with")
    parser.add_argument("--recipes", nargs="*", default=list(_RECIPES))
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    sentences = [line.split("\t") for line in (HERE / "sentences.tsv").read_text("utf-8").splitlines()]
    print("| stage | processor seconds an hour | MB an hour |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / "small", Path(name) / "large"]
        for folder, count in zip(folders, (arguments.sentences, 3 * arguments.sentences), strict=True):
            folder.mkdir()
            said = [(number, *sentences[number % len(sentences)]) for number in range(count)]
            rows = (json.dumps({"text": text, "language": code, "seed": number}) for number, code, text in said)
            (folder / "rows.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
        hours = [0.0, 0.0]
        for stage in _STAGES:
            seconds = [processor_seconds(stage.arguments(folder))[0] for folder in folders]
            if stage is _STAGES[0]:
                hours = [write_corpus(folder) for folder in folders]
            written = [size(folder / stage.out) for folder in folders]
            more = hours[1] - hours[0]
            per_hour = (seconds[1] - seconds[0]) / more, (written[1] - written[0]) / more / 1e6
            print(f"| {stage.name} | {per_hour[0]:.0f} | {per_hour[1]:.0f} |", flush=True)
    for recipe in arguments.recipes if arguments.data else []:
        given = ["train", str(HERE.parent / "recipes" / f"{recipe}.yaml"), "--content-encoder", "default"]
        given += [f"--data={folder}" for folder in arguments.data] + ["--threads", "1"]
        found = [processor_seconds([*given, "--profile", str(steps)]) for steps in _STEPS]
        step = (found[1][0] - found[0][0]) / (_STEPS[1] - _STEPS[0])
        audio = float(re.findall(r"audio per batch: +([\d.]+)", found[1][1])[0])
        print(f"| a step of `{recipe}.yaml`, {audio:.0f} s of audio: {step:.2f} s | {step / audio * 3600:.0f} | |")


if __name__ == "__main__":
    main()
