"""One measurement in a process of its own: `python benchmarks/worker.py '{"system": "xespeech", ...}'` prints JSON.

The process is confined to as many cores as threads are asked for.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any


def main() -> None:
    """Run the measurement that the first argument asks for."""
    wanted = json.loads(sys.argv[1])
    threads = wanted["threads"]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if wanted["task"] in _ALONE:
        print(json.dumps(_ALONE[wanted["task"]](wanted)))
        return
    before = time.perf_counter()
    from systems import SYSTEMS

    system = SYSTEMS[wanted["system"]][1](threads)
    loaded = time.perf_counter() - before
    call = _call(system, wanted)
    before = time.perf_counter()
    sound = call()
    first = time.perf_counter() - before
    times = []
    for _ in range(wanted.get("repeats", 5)):
        before = time.perf_counter()
        sound = call()
        times.append(time.perf_counter() - before)
        if sum(times) > wanted.get("most_seconds", 60.0):
            break
    print(
        json.dumps({"load": loaded, "first": first, "times": times or [first], "sound": sound, "peak_mb": _peak_mb()})
    )


def _peak_mb() -> float:
    """Most memory of this process, MB. On Linux getrusage would count the parent's too, from before this one began."""
    status = Path("/proc/self/status")
    if status.exists():
        return (
            next(float(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def _call(system: Any, wanted: dict[str, Any]) -> Callable[[], float]:
    """What is timed; it returns seconds of sound."""
    text, task = wanted.get("text", ""), wanted["task"]
    if task == "speak":
        return lambda: system.speak(text, wanted["symbols"], wanted["seconds"], wanted.get("batch", 1))
    if task == "convert":
        return lambda: system.convert(wanted["seconds"])
    if task == "first":
        return lambda: system.first_chunk(text)
    assert task == "narrate", task
    return lambda: system.narrate(text)


def _cold(wanted: dict[str, Any]) -> dict[str, Any]:
    """A command, from its start to its end, again and again; the first time warms the disk's cache."""
    times, peak = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(wanted["repeats"] + 1):
            before = time.perf_counter()
            process = subprocess.Popen(wanted["command"], stdout=subprocess.DEVNULL, cwd=folder)
            _, status, usage = os.wait4(process.pid, 0)
            times.append(time.perf_counter() - before)
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0, wanted["command"]
            peak = max(peak, usage.ru_maxrss / 1024)
    return {"first": times[0], "times": times[1:], "sound": 0.0, "peak_mb": peak}


def _install(wanted: dict[str, Any]) -> dict[str, Any]:
    """Packages into a fresh virtual environment: seconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        before = time.perf_counter()
        command = [*pip, "-c", wanted["constraints"], *wanted["packages"]]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - before
        (site,) = Path(folder).glob("lib/python*/site-packages")
        size = sum(path.lstat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
    return {"seconds": seconds, "mb": size}


def _alike(wanted: dict[str, Any]) -> dict[str, Any]:
    """The same sentences: from nothing to ready, each until its first sound, and all of them; what is said is kept."""
    before = time.perf_counter()
    from systems import ALIKE

    system = ALIKE[wanted["system"]][1](wanted["threads"])
    first_language, first_text = wanted["sentences"][0]
    system.say(first_text, first_language, 0)
    ready = time.perf_counter() - before
    for language, text in dict(wanted["sentences"]).items():  # rules and dictionaries of each language are loaded
        system.say(text, language, 0)
    firsts, seconds, sound = [], 0.0, 0.0
    for number, (language, text) in enumerate(wanted["sentences"]):
        before = time.perf_counter()
        audio = system.say(text, language, wanted["seed"])
        firsts.append(time.perf_counter() - before)
        seconds += firsts[-1]
        sound += audio.duration
        if hasattr(system, "first_sound"):
            before = time.perf_counter()
            system.first_sound(text, language)
            firsts[-1] = time.perf_counter() - before
        if wanted.get("folder"):
            audio.save(Path(wanted["folder"]) / f"{language}-{number:02}.wav")
    return {"ready": ready, "first": median(firsts), "seconds": seconds, "sound": sound, "peak_mb": _peak_mb()}


def _judge(wanted: dict[str, Any]) -> dict[str, Any]:
    """What judges say of a folder of sentences, by language; what is not installed judges nothing."""
    from xespeech.evaluation.judges import find_judges
    from xespeech.evaluation.scoring import score_folder
    from xespeech.evaluation.summary import figures

    numbered = enumerate(wanted["sentences"])
    texts = {f"{language}-{number:02}.wav": text for number, (language, text) in numbered}
    results = score_folder(wanted["folder"], texts, find_judges(None, wanted.get("whisper")))
    found = {"all": figures(results)}
    for language in sorted({sample.language for sample, _ in results}):
        found[language] = figures([result for result in results if result[0].language == language])
    return {"judged": found}


_ALONE = {"cold": _cold, "install": _install, "alike": _alike, "judge": _judge}


if __name__ == "__main__":
    main()
