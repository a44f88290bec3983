"""Parallel work on a Ray cluster instead of processes of this machine."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

from xespeech.errors import DataError

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_PER_CORE = 4  # chunks handed out ahead for each core
_PATIENCE = 10.0  # seconds until a cluster must answer
_RETRIES = 10  # times that a chunk is repeated when its worker is lost


def map_on_ray(chunks: Sequence[_In], work: Callable[[_In], _Out], address: str, gpu: bool = False) -> Iterator[_Out]:
    """Results of the chunks as they get ready, in any order.

    A chunk whose worker or machine is lost is repeated by another one, so work must be repeatable. Few chunks are
    handed out ahead, so that errors and Ctrl-C stop it soon and machines that join later get work. Work is done in this
    process's folder where a machine has it: relative paths are the same ones.

    Args:
        chunks: what to do.
        work: function that every machine can import or unpickle.
        address: "auto" for the cluster that this machine belongs to, else HOST:PORT or ray://HOST:PORT.
        gpu: whether each chunk gets a GPU where the cluster has some.

    Raises:
        DataError: no cluster answers at the address, or chunks were lost again and again.
        Exception: what the work raises.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise DataError("--ray needs Ray, which is not installed: pip install 'xespeech[cluster]'.") from error

    joined = not ray.is_initialized()
    if joined:
        try:
            _knock(address)
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            message = getattr(error, "strerror", None) or str(error).strip()
            reason = (message.splitlines() or [type(error).__name__])[0]
            raise DataError(f"no Ray cluster answers at {address} ({reason}): start one with `ray start`.") from error
    try:
        on_gpu = gpu and ray.cluster_resources().get("GPU", 0) >= 1
        remote: Any = ray.remote(max_retries=_RETRIES, num_cpus=1, num_gpus=int(on_gpu))(_call)
        shared, folder = ray.put(work), os.getcwd()
        waiting = iter(chunks)
        flying: list[Any] = []
        while True:
            room = _PER_CORE * max(1, int(ray.cluster_resources().get("CPU", 1))) - len(flying)
            flying += [remote.remote(shared, folder, chunk) for chunk in islice(waiting, max(0, room))]
            if not flying:
                return
            ready, flying = ray.wait(flying, num_returns=1)
            try:
                yield from ray.get(ready)
            except ray.exceptions.RayTaskError as error:
                raise error.cause or error from None
            except ray.exceptions.WorkerCrashedError as error:
                raise DataError(
                    f"the cluster lost the same recordings {_RETRIES + 1} times: look at its machines' memory, then "
                    "run the command again; it goes on where it stopped."
                ) from error
    finally:
        if joined:
            ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError where nothing listens at HOST:PORT: Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        with socket.create_connection((host, int(port)), timeout=_PATIENCE):
            pass


def _call(work: Callable[[_In], _Out], folder: str, chunk: _In) -> _Out:
    with suppress(OSError):  # a worker begins where its machine joined the cluster
        os.chdir(folder)
    return work(chunk)
