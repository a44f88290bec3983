"""`xespeech batch` on a Ray cluster of several nodes that this machine plays: cost of an item, and a node that dies.

    python benchmarks/cluster.py --nodes 1 2 4 --rows 48 --kill

Every node has one core of its own in Ray's eyes, however many there are: what is measured is whether the work is done
once, and what handing it out costs. With --kill, one node of several is ended in the middle. Exit code 1 tells that a
row was lost, done twice, or not as it is without a cluster.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

_TEXTS = ("Nobody looked up.", "今天天气很好。", "図書館はどこですか。", "She bought two loaves of bread.")
_LONGEST = 600.0  # seconds


def write_rows(path: Path, count: int) -> None:
    """A list of texts, each with a seed of its own."""
    rows = (json.dumps({"text": _TEXTS[i % len(_TEXTS)], "seed": i}, ensure_ascii=False) for i in range(count))
    path.write_text("\n".join(rows) + "\n", "utf-8")


def batch(rows: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """`xespeech batch` at work."""
    command = [sys.executable, "-m", "xespeech.cli.main", "batch", str(rows), "-o", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def wrong_rows(out: Path, expected: Path, count: int) -> list[str]:
    """What is lost, noted twice, or other than without a cluster."""
    noted = Counter(json.loads(line).get("output") for line in _lines(out / "manifest.jsonl"))
    found = [f"{name} is noted {times} times" for name, times in noted.items() if times != 1]
    for name in (f"{number}.wav" for number in range(1, count + 1)):
        if not (out / name).is_file() or (out / name).read_bytes() != (expected / name).read_bytes():
            found.append(f"{name} is lost or another")
    return found


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def run(nodes: int, rows: Path, out: Path, kill: bool) -> float:
    """Seconds of a batch on a new cluster.

    Args:
        nodes: of the cluster.
        rows: what is spoken.
        out: where to.
        kill: whether the last node is ended when a quarter of the rows is done.
    """
    from ray.cluster_utils import Cluster

    settings = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=settings)
    try:
        others = [cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20) for _ in range(nodes - 1)]
        cluster.wait_for_nodes()
        started = time.perf_counter()
        process = batch(rows, out, "--ray", cluster.address)
        count = len(_lines(rows))
        while kill and others and process.poll() is None:
            if len(list(out.glob("*.wav"))) >= count // 4:
                cluster.remove_node(others.pop(), allow_graceful=False)
            time.sleep(0.05)
        if process.wait(_LONGEST):
            raise SystemExit(f"the batch on {nodes} nodes ended with {process.returncode}")
        return time.perf_counter() - started
    finally:
        cluster.shutdown()


def main() -> int:
    """Run the batch here and on each cluster, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--kill", action="store_true", help="end a node of several in the middle")
    arguments = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows, here = folder / "rows.jsonl", folder / "here"
        write_rows(rows, arguments.rows)
        started = time.perf_counter()
        batch(rows, here, "--workers", "1").wait(_LONGEST)
        alone = time.perf_counter() - started
        print(f"one process: {alone:.1f} s, {1000 * alone / arguments.rows:.0f} ms a row", flush=True)
        for nodes in arguments.nodes:
            out = folder / f"nodes-{nodes}"
            kill = arguments.kill and nodes > 1
            seconds = run(nodes, rows, out, kill)
            wrong = wrong_rows(out, here, arguments.rows)
            failed |= bool(wrong)
            what = ", one killed" if kill else ""
            print(f"{nodes} nodes{what}: {seconds:.1f} s, {len(wrong)} rows wrong {wrong[:3] or ''}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
