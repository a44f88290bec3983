"""Pools of worker processes: fresh interpreters, which end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait as wait_for
from threading import Thread
from typing import Any, TypeVar

from xespeech.errors import DataError

_AHEAD = 4  # items handed out ahead for each process
_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True)
class Workers:
    """Workers: processes on this machine, or a Ray cluster.

    Attributes:
        jobs: processes.
        ray: address of a Ray cluster, such as "auto" or "HOST:6379"; None for this machine.
    """

    jobs: int = 1
    ray: str | None = None


def process_pool(processes: int, prepare: Callable[..., Any] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """Fresh interpreters: forking one that runs threads can lock up.

    They end with this process, even when it is killed.

    Args:
        processes: how many.
        prepare: called with the arguments in each of them first.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, context, _begin, (prepare, *arguments))


def _begin(prepare: Callable[..., Any] | None, *arguments: Any) -> None:
    """Prepare this process, which ends as soon as its parent is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=lambda: (wait_for([parent.sentinel]), os._exit(1)), daemon=True).start()
    if prepare is not None:
        prepare(*arguments)


def map_unordered(work: Callable[[_In], _Out], items: Iterable[_In], processes: int) -> Iterator[_Out]:
    """Results as they get ready; few items are in flight, so that errors and Ctrl-C stop it at once.

    Args:
        work: module-level function, or a partial of one.
        items: arguments of the calls.
        processes: 1 for this process.

    Raises:
        DataError: a process was killed, say for want of memory.
    """
    if processes == 1:
        yield from map(work, items)
        return
    with process_pool(processes) as pool:
        waiting = iter(items)
        flying: set[Future[_Out]] = set()
        try:
            while True:
                flying |= {pool.submit(work, item) for item in islice(waiting, _AHEAD * processes - len(flying))}
                if not flying:
                    return
                ready, flying = wait(flying, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ready)
        except BrokenProcessPool as error:
            raise DataError(
                "a process was killed, perhaps for want of memory: use fewer; the same command goes on."
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
