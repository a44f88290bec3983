"""`batch`, `prepare` and `evaluate` on a Ray cluster of several nodes that this machine plays.

    python benchmarks/cluster.py --nodes 1 2 4 --rows 48 --kill

Every node has one core of its own in Ray's eyes, however many there are: what is measured is whether the work is done
once, and what handing it out costs. With --kill, one node of several is ended in the middle. Exit code 1 tells that
something was lost, done twice, or is not as it is without a cluster. With --relative, commands and nodes have other
working directories, and the commands relative paths.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from xespeech.data.cluster import map_on_ray

_TEXTS = ("Nobody looked up.", "今天天气很好。", "図書館はどこですか。", "She bought two loaves of bread.")
_LONGEST = 900.0  # seconds
_MEMORY = 80 * 2**20  # bytes of a node's object store
_NOTHINGS = 400  # items of no work that the cost of handing out is measured with
_SOON = 2.0  # seconds of work after which a node is ended where no file tells how far it is


class Kind(NamedTuple):
    """A command whose work a cluster can do.

    Attributes:
        arguments: from the folder of all files and the folder to write.
        noted: identifiers of finished items in the folder written, each as often as it stands there.
        files: what is compared with the same command without a cluster; patterns.
    """

    arguments: Callable[[Path, Path], list[str]]
    noted: Callable[[Path], Iterator[str]]
    files: tuple[str, ...]


def _notes(name: str, key: str) -> Callable[[Path], Iterator[str]]:
    """Reads the values of a key from the lines of a journal."""

    def read(out: Path) -> Iterator[str]:
        lines = (out / name).read_text("utf-8").splitlines() if (out / name).is_file() else []
        yield from (note[key] for note in map(json.loads, lines) if key in note)

    return read


def _judged(out: Path) -> Iterator[str]:
    """Names of the recordings that a report has judged."""
    if (out / "results.json").is_file():
        yield from (sample["id"] for sample in json.loads((out / "results.json").read_text("utf-8"))["samples"])


KINDS = {
    "batch": Kind(
        lambda folder, out: ["batch", str(folder / "rows.jsonl"), "-o", str(out)],
        _notes("manifest.jsonl", "output"),
        ("*.wav",),
    ),
    "prepare": Kind(
        lambda folder, out: ["prepare", "folder", str(folder / "corpus"), "-o", str(out)],
        _notes("progress.jsonl", "id"),
        ("audio/*.wav", "cuts_*.jsonl.gz"),
    ),
    "evaluate": Kind(
        lambda folder, out: ["evaluate", "folder", str(folder / "corpus"), "-o", str(out)],
        _judged,
        ("results.json",),
    ),
}


def write_rows(path: Path, count: int) -> None:
    """A list of texts, each with a seed of its own."""
    rows = (json.dumps({"text": _TEXTS[i % len(_TEXTS)], "seed": i}, ensure_ascii=False) for i in range(count))
    path.write_text("\n".join(rows) + "\n", "utf-8")


def write_corpus(folder: Path, spoken: Path, count: int) -> None:
    """The recordings of the list as a corpus that can be prepared and judged."""
    folder.mkdir()
    lines = ["file|language|speaker|style|text"]
    for number in range(count):
        name, language = f"{number + 1}.wav", ("en", "zh", "ja", "en")[number % len(_TEXTS)]
        (folder / name).write_bytes((spoken / name).read_bytes())
        lines.append(f"{name}|{language}|kathleen|neutral|{_TEXTS[number % len(_TEXTS)]}")
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n", "utf-8")


def command(kind: Kind, folder: Path, out: Path, *options: str, relative: bool = False) -> subprocess.Popen[bytes]:
    """The command at work."""
    if relative:
        arguments, where = kind.arguments(Path(), out.relative_to(folder)), folder
    else:
        arguments, where = kind.arguments(folder, out), Path.cwd()
    return subprocess.Popen(
        [sys.executable, "-m", "xespeech.cli.main", *arguments, *options], stdout=subprocess.DEVNULL, cwd=where
    )


def wrong_items(kind: Kind, out: Path, expected: Path) -> list[str]:
    """What is lost, noted twice, or other than without a cluster."""
    noted, wanted = Counter(kind.noted(out)), set(kind.noted(expected))
    found = [f"{name} is noted {times} times" for name, times in noted.items() if times != 1]
    found += [f"{name} is lost" for name in wanted - set(noted)]
    for path in (path for pattern in kind.files for path in expected.glob(pattern)):
        same = out / path.relative_to(expected)
        if not same.is_file() or _content(same) != _content(path):
            found.append(f"{same.relative_to(out)} is lost or another")
    return found


def _content(path: Path) -> Any:
    """What is compared of a file: of a report, the figures of its recordings."""
    if path.suffix != ".json":
        return path.read_bytes()
    samples = json.loads(path.read_text("utf-8"))["samples"]
    return [{**sample, "path": Path(sample["path"]).name} for sample in samples]  # some are relative, others not


@contextmanager
def cluster_of(nodes: int) -> Iterator[Any]:
    """A cluster of so many nodes of one core each."""
    from ray.cluster_utils import Cluster

    settings = {"num_cpus": 1, "object_store_memory": _MEMORY, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=settings)
    try:
        for _ in range(nodes - 1):
            _add_node(cluster)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()


def run(kind: Kind, cluster: Any, folder: Path, out: Path, count: int, kill: bool, relative: bool) -> float:
    """Seconds of a command on a cluster.

    Args:
        kind: of the command.
        cluster: that does its work.
        folder, out: of all files, and to write.
        count: items.
        kill: whether a node is ended when a quarter of the items is done, and another one added afterwards.
        relative: whether paths are relative.
    """
    started = time.perf_counter()
    process = command(kind, folder, out, "--ray", cluster.address, relative=relative)
    busy_since, ended = None, False
    while kill and not ended and process.poll() is None:
        if busy_since is None and _is_busy():
            busy_since = time.perf_counter()
        late = kind is KINDS["evaluate"] and busy_since is not None and time.perf_counter() - busy_since > _SOON
        if late or len(list(kind.noted(out))) >= count // 4:
            cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
            ended = True
        time.sleep(0.05)
    if process.wait(_LONGEST):
        raise SystemExit(f"the command ended with {process.returncode}")
    if kill and not ended:
        raise SystemExit("the command was done before a node was ended: give more --rows")
    seconds = time.perf_counter() - started
    if ended:
        _add_node(cluster)
    return seconds


def _add_node(cluster: Any) -> None:
    cluster.add_node(num_cpus=1, object_store_memory=_MEMORY)


def _is_busy() -> bool:
    """Whether any node works on an item."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::_call"):
                return True
        except OSError:
            continue
    return False


def _nothing(item: int) -> list[int]:
    return [item]


def cost_of_an_item(address: str) -> float:
    """Processor milliseconds of handing out an item and taking its result, of all processes of the cluster.

    By the clock it would be, on a busy machine, a figure of its neighbours.
    """
    spent = []
    for count in (_NOTHINGS, 3 * _NOTHINGS):  # their difference holds neither connecting nor the start of workers
        before = _processor_seconds()
        assert len(list(map_on_ray(range(count), _nothing, address))) == count
        spent.append(_processor_seconds() - before)
    return 1000 * (spent[1] - spent[0]) / (2 * _NOTHINGS)


def _processor_seconds() -> float:
    """Of this process and all that it started, those that ended included."""
    parents: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    own = {os.getpid()}
    while more := {pid for pid, (parent, _) in parents.items() if parent in own} - own:
        own |= more
    return sum(parents[pid][1] for pid in own)


def main() -> int:
    """Run each command here and on each cluster, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--kill", action="store_true", help="end a node of several in the middle")
    parser.add_argument("--relative", action="store_true", help="other working directories, relative paths")
    parser.add_argument("--cost", action="store_true", help="measure what handing out an item costs")
    arguments = parser.parse_args()
    os.environ.setdefault("RAY_worker_niceness", "0")  # else a busy machine leaves its workers hardly any time
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).resolve().parents[1] / "src"))
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.jsonl", arguments.rows)
        here = {kind: folder / f"{kind}-here" for kind in ("batch", *arguments.kinds)}
        for kind, out in here.items():
            started = time.perf_counter()
            if command(KINDS[kind], folder, out, *_one(kind)).wait(_LONGEST):
                raise SystemExit(f"{kind} ended with an error")
            alone = time.perf_counter() - started
            if kind == "batch":
                write_corpus(folder / "corpus", out, arguments.rows)
            print(f"{kind}, one process: {alone:.1f} s, {1000 * alone / arguments.rows:.0f} ms an item", flush=True)
        for nodes in arguments.nodes:
            with cluster_of(nodes) as cluster:
                if arguments.cost:
                    cost = cost_of_an_item(cluster.address)
                    print(f"{nodes} nodes: {cost:.2f} ms of the processor to hand out an item", flush=True)
                for kind in arguments.kinds:
                    kill, out = arguments.kill and nodes > 1, folder / f"{kind}-{nodes}"
                    seconds = run(KINDS[kind], cluster, folder, out, arguments.rows, kill, arguments.relative)
                    wrong = wrong_items(KINDS[kind], out, here[kind])
                    failed |= bool(wrong)
                    what = f"{nodes} nodes{', one killed' if kill else ''}"
                    print(f"{kind}, {what}: {seconds:.1f} s, {len(wrong)} wrong {wrong[:3] or ''}", flush=True)
    return int(failed)


def _one(kind: str) -> tuple[str, ...]:
    """Options of one process on this machine."""
    return ("--workers", "1") if kind == "batch" else ("--jobs", "1")


if __name__ == "__main__":
    sys.exit(main())
