"""A book through `xespeech speak` and `xespeech batch`: memory, time, and a kill in the middle.

    python benchmarks/book.py --characters 500000

Told are memory at the end over memory at 1 %, seconds of work for each second of speech in both halves, and whether a
run that was killed and called again gives the same bytes. With --voices, a batch of so many voices is measured too.
Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

_PARAGRAPH = (
    "Chapter {number}. It was a bright cold day in April, and the clocks were striking thirteen. Nobody in the street "
    "looked up, for they had heard them do so before, and there was work to be done before the evening came. "
    "At number {number}, somebody opened a window.\n\n"
)
_SENTENCE = "Nobody in the street looked up."
_STRANGER = "This is the voice of somebody whom the model does not know by name, and it is long enough to hear it."
_INTERVAL = 0.1  # seconds
_SETTLED = 0.01  # part of the book after which memory must not grow


class Moment(NamedTuple):
    """What was seen of a run: processor seconds, resident megabytes and bytes of speech so far."""

    seconds: float
    megabytes: float
    spoken: int


def write_book(path: Path, characters: int) -> None:
    """A text of so many characters, no two paragraphs of it alike."""
    with path.open("w", encoding="utf-8") as file:
        written = number = 0
        while written < characters:
            number += 1
            written += file.write(_PARAGRAPH.format(number=number)[: characters - written])


def speak(book: Path, out: Path) -> subprocess.Popen[bytes]:
    """`xespeech speak` at work."""
    command = [sys.executable, "-m", "xespeech.cli.main", "speak", "--file", str(book), "-o", str(out)]
    return subprocess.Popen([*command, "--threads", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def watch(process: subprocess.Popen[bytes], out: Path, kill_at: int | None = None) -> list[Moment]:
    """Moments of a run until its end, or until so many bytes are spoken, when it is killed."""
    spoken, moments = out.with_name(f".{out.name}.progress") / "samples.s16", []
    while process.poll() is None:
        try:
            size = spoken.stat().st_size
            moments.append(Moment(_cpu(process.pid), _resident(process.pid), size))
            if kill_at is not None and size > kill_at:
                process.kill()
                process.wait()
                return moments
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(_INTERVAL)
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}")
    return moments


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def _cpu(pid: int) -> float:
    """Seconds of the processor: on a busy machine time by the clock tells about its neighbours."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def growth(moments: list[Moment]) -> tuple[float, float]:
    """Memory at the end over that at 1 %, and work for a second half over that for a first."""
    total = moments[-1].spoken
    settled = next(moment for moment in moments if moment.spoken >= _SETTLED * total and moment.spoken)
    half = next(moment for moment in moments if moment.spoken >= total / 2)
    first = (half.seconds - settled.seconds) / max(1, half.spoken - settled.spoken)
    second = (moments[-1].seconds - half.seconds) / max(1, total - half.spoken)
    return moments[-1].megabytes / settled.megabytes, second / first


def main() -> int:
    """Speak the book whole, then with a kill, and a batch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=500_000)
    parser.add_argument("--voices", type=int, default=0, help="of a batch, a sentence each")
    parser.add_argument("--once", action="store_true", help="without the run that is killed")
    arguments = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_book(folder / "book.txt", arguments.characters)
        whole = folder / "whole.flac"
        moments = watch(speak(folder / "book.txt", whole), whole)
        memory, work = growth(moments)
        speech = moments[-1].spoken / 2 / 24_000
        factor = moments[-1].seconds / speech
        print(f"{arguments.characters:,} characters, {speech / 60:.0f} min of speech, {factor:.4f} of real time,")
        print(f"{moments[-1].megabytes:.0f} MB at the end, {memory:.3f} times that at 1 %; second half {work:.2f} ×")
        if not arguments.once:
            killed = folder / "killed.flac"
            watch(speak(folder / "book.txt", killed), killed, kill_at=moments[-1].spoken // 2)
            resumed = watch(speak(folder / "book.txt", killed), killed)
            same = killed.read_bytes() == whole.read_bytes()
            part = resumed[-1].seconds / moments[-1].seconds
            print(f"killed in the middle and called again: {'the same bytes' if same else 'OTHER BYTES'},")
            print(f"the second call took {part:.2f} of the whole run's work")
            failed |= not same
        if arguments.voices:
            failed |= batch(folder, arguments.voices) > 0
    return int(failed or memory > 1.05)


def batch(folder: Path, n_voices: int) -> int:
    """A sentence in each of so many voices, those of the model and others heard in recordings; how many are lost."""
    import xespeech

    model = xespeech.load(threads=1)
    known = [voice.name for voice in model.voices][:n_voices]
    rows = [{"text": _SENTENCE, "voice": name, "output": f"{name}.wav"} for name in known]
    for number in range(n_voices - len(rows)):  # strangers: the same voices at other pitches
        name = f"stranger-{number}.wav"
        semitones = 1 + number // len(known)
        model.speak(_STRANGER, voice=known[number % len(known)], pitch=semitones).save(folder / name)
        rows.append({"text": _SENTENCE, "reference": name, "output": name})
    names = [Path(row["output"]).stem for row in rows]
    (folder / "voices.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    command = [sys.executable, "-m", "xespeech.cli.main", "batch", str(folder / "voices.jsonl"), "-o", f"{folder}/out"]
    process = subprocess.Popen([*command, "--workers", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started, most, busy = time.perf_counter(), 0.0, 0.0
    while process.poll() is None:
        try:
            most, busy = max(most, _resident(process.pid)), _cpu(process.pid)
        except (FileNotFoundError, ProcessLookupError):
            break
        time.sleep(_INTERVAL)
    lost = sum(not (folder / "out" / f"{name}.wav").is_file() for name in names)
    elapsed = time.perf_counter() - started
    print(
        f"{len(names)} voices in one batch: {elapsed:.1f} s, {busy:.1f} s of work, at most {most:.0f} MB, {lost} lost"
    )
    return lost


if __name__ == "__main__":
    sys.exit(main())
