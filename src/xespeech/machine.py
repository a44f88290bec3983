"""Cores and memory that this process may use, including the limits of containers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores, at least 1: those that the process is bound to, or as many as its control group has time on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder in _control_groups():
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            cores = min(cores, -(-int(quota) // int(period)))
    return max(1, cores)


def usable_memory() -> int:
    """Bytes: of the machine, or less where a control group allows less."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        memory = 8 << 30
    for folder in _control_groups():
        for name in ("memory.max", "memory/memory.limit_in_bytes"):  # of version 2 and 1
            if (limit := _read(folder / name)).isdigit():
                memory = min(memory, int(limit))
    return memory


def _control_groups() -> Iterator[Path]:
    """Folders of the control group of this process and of its ancestors."""
    group = next((line[3:] for line in _read(_MEMBERSHIP).splitlines() if line.startswith("0::")), "/")
    folder = _GROUPS / group.strip("/") if ".." not in group else _GROUPS
    while folder != _GROUPS:
        yield folder
        folder = folder.parent
    yield _GROUPS


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
