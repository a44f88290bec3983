"""Work for several processes: it comes back, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from xespeech.errors import DataError
from xespeech.files import is_alive
from xespeech.processes import map_unordered


def square(number: int) -> int:
    return number * number


def die(number: int) -> int:
    os._exit(9)


def note_and_sleep(folder: str, number: int) -> int:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)
    return number


def test_results_come_back() -> None:
    assert sorted(map_unordered(square, range(20), 2)) == sorted(map(square, range(20)))
    assert list(map_unordered(square, range(3), 1)) == [0, 1, 4]


def test_a_killed_process_is_told() -> None:
    with pytest.raises(DataError, match="was killed"):
        list(map_unordered(die, range(3), 2))


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from functools import partial; from test_processes import *\n"
        "if __name__ == '__main__': list(map_unordered(partial(note_and_sleep, sys.argv[1]), range(4), 2))"
    )
    program = tmp_path / "program.py"
    program.write_text(code)
    (tmp_path / "pids").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    parent = subprocess.Popen([sys.executable, str(program), str(tmp_path / "pids")], env=environment)
    deadline = time.monotonic() + 300
    while len(workers := [int(path.name) for path in (tmp_path / "pids").iterdir()]) < 2:
        assert parent.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while any(is_alive(pid) and not is_zombie(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_zombie(pid: int) -> bool:
    """Dead, but nobody has asked how: in a container nobody may."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


assert partial  # for the program above
