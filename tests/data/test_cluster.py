"""`prepare --ray`: the same work on a cluster, also when a worker is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from xespeech.audio import Audio
from xespeech.data.cluster import map_on_ray
from xespeech.data.features import prepare_features
from xespeech.data.folder import prepare_folder
from xespeech.data.work import chunk_size
from xespeech.errors import DataError
from xespeech.evaluation.samples import Sample
from xespeech.evaluation.scoring import Scorer, score_all
from xespeech.processes import Workers

ray = pytest.importorskip("ray")

N_RECORDINGS = 128
os.environ.setdefault("RAY_worker_niceness", "0")  # else a busy machine leaves its workers hardly any time


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Address of a Ray cluster of two workers on this machine."""
    context = ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield context.address_info["gcs_address"]
    ray.shutdown()


@pytest.fixture
def recordings(tmp_path: Path, voice: Callable[..., Audio]) -> Path:
    """Recordings of numbers."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    lines = ["file|language|speaker|style|text"]
    for index in range(N_RECORDINGS):
        soundfile.write(folder / f"{index:03d}.flac", voice(4.0, 100 + index).samples, 24_000)
        lines.append(f"{index:03d}.flac|zh|a|neutral|{'一二三四五六七八九十'[index % 10]}")
    lines.append("missing.flac|zh|a|neutral|零")
    (folder / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def busy_workers() -> list[int]:
    """Process ids of the cluster's workers that have a task."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::_call"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="workers are found in /proc")
def test_a_lost_worker_changes_nothing(cluster: str, recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "cluster"
    command = [sys.executable, "-m", "xespeech.cli.main", "prepare", "folder", str(recordings)]
    process = subprocess.Popen([*command, "--out", str(out), "--ray", cluster], stderr=subprocess.PIPE, text=True)
    journal = out / "progress.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_text().count("\n") > N_RECORDINGS // 8):
        time.sleep(0.05)
    victims = busy_workers()
    assert victims, "no worker is at work"
    os.kill(victims[0], signal.SIGKILL)
    noted = journal.read_text().count("\n") - 1
    assert noted < N_RECORDINGS, "the worker was killed too late"
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors

    prepare_folder(recordings, tmp_path / "here")
    for name in ("cuts_train.jsonl.gz", "cuts_dev.jsonl.gz", "recordings.jsonl.gz", "supervisions.jsonl.gz"):
        assert (out / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    names = sorted(os.listdir(out / "audio"))
    assert names == sorted(os.listdir(tmp_path / "here" / "audio"))
    for name in names:
        assert (out / "audio" / name).read_bytes() == (tmp_path / "here" / "audio" / name).read_bytes()
    reports = [json.loads((folder / "report.json").read_text()) for folder in (out, tmp_path / "here")]
    assert reports[0]["skipped"] == reports[1]["skipped"] != []


def test_a_run_begun_here_goes_on_there(cluster: str, corpus: Path, tmp_path: Path) -> None:
    prepare_folder(corpus, tmp_path / "out")
    changed = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "audio").glob("*.wav")}
    (tmp_path / "out" / "audio" / "en0.wav").unlink()
    assert prepare_folder(corpus, tmp_path / "out", workers=Workers(ray=cluster)).clips == 9
    again = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "audio").glob("*.wav")}
    assert {name for name in changed if again[name] != changed[name]} == {"en0.wav"}


def test_content_features_are_the_same_on_a_cluster(
    cluster: str, corpus: Path, tiny_voice: Path, tmp_path: Path
) -> None:
    prepare_folder(corpus, tmp_path / "prepared")
    for name, address in (("here", None), ("there", cluster)):
        prepare_features(tmp_path / "prepared", tmp_path / name, str(tiny_voice), workers=Workers(ray=address))
    names = sorted(path.name for path in (tmp_path / "here").glob("*.npy"))
    assert len(names) == 9
    for name in names:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_recordings_are_judged_alike_on_a_cluster(cluster: str, recordings: Path) -> None:
    pytest.importorskip("resemblyzer")
    samples = [Sample(f"{index}", "natural", "zh", "", "a", recordings / f"{index:03d}.flac") for index in range(3)]
    here = list(score_all(samples, Scorer()))
    assert list(score_all(samples, Scorer(), Workers(ray=cluster))) == here
    assert len({scores.pitch_median for scores in here}) == 3


def test_an_error_of_the_work_is_the_callers(cluster: str) -> None:
    def up_to_six(number: int) -> list[int]:
        if number == 7:
            raise DataError("seven is one too many.")
        return [number]

    with pytest.raises(DataError, match=r"^seven is one too many\.$"):
        list(map_on_ray(range(20), up_to_six, cluster))


def test_a_cluster_gets_larger_portions_of_millions() -> None:
    """One process hands out some 200 portions a second: eight recordings each would feed 25 cores."""
    assert chunk_size(10_000, Workers(ray="auto")) == chunk_size(8_000_000, Workers(jobs=64)) == 8
    assert chunk_size(1_000_000, Workers(ray="auto")) == 50
    assert chunk_size(80_000_000, Workers(ray="auto")) == 500


def test_no_cluster_is_one_sentence(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)

    def refuse(**_: object) -> None:
        raise ConnectionError("Could not find any running Ray instance.\nMore.")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(DataError, match=r"no Ray cluster answers at auto \(Could not find any running Ray instance.\)"):
        prepare_folder(corpus, tmp_path / "out", workers=Workers(ray="auto"))


def test_a_batch_survives_a_node_that_dies() -> None:
    """Nothing is lost, nothing is noted twice, and every recording is as it is without a cluster, where relative paths
    are those of the command, not of the nodes."""
    program = Path(__file__).parents[2] / "benchmarks" / "cluster.py"
    command = [sys.executable, str(program), "--nodes", "2", "--rows", "12", "--kinds", "batch", "--kill", "--relative"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 nodes, one killed" in done.stdout
