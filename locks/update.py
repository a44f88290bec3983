"""Writes the lock files again: `python locks/update.py` (needs uv: pip install uv).

    base.txt    speaking and converting: make demo
    serve.txt   the server and its page: the container
    docs.txt    the documentation site
    test.txt    everything but the benchmarks' peers: continuous integration

Each holds every package with its hashes, for Python 3.10 to 3.13 and all systems, so that
`pip install --no-deps --require-hashes -r` takes nothing else. The versions are those of constraints.txt; where one of
them does not know Python 3.10, another is found for that. PyTorch and what it brings stand outside: its builds differ
by machine, and which index has them is for each machine to say.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = {
    "base": (),
    "serve": ("serve", "ui", "formats"),
    "docs": ("docs",),
    "test": ("train", "evaluate", "original", "whisper", "cluster", "hub", "formats", "serve", "ui", "docs", "dev"),
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+==[^;\s]+)$", re.MULTILINE)


def main() -> None:
    """Compile all of them."""
    with tempfile.TemporaryDirectory() as folder:
        constraints, override = Path(folder, "constraints.txt"), Path(folder, "override.txt")
        pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
        constraints.write_text(_PIN.sub(r'\1; python_version >= "3.11"', pins), encoding="utf-8")
        override.write_text('torch; python_version < "3"\n', encoding="utf-8")
        for name, extras in EXTRAS.items():
            command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.10"]
            command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--upgrade"]
            command += ["--constraint", str(constraints), "--override", str(override)]
            command += [f"--extra={extra}" for extra in extras]
            subprocess.run([*command, "--output-file", f"locks/{name}.txt"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
