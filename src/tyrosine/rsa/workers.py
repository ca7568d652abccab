"""Where the large products of inference run: the cores of this machine, or a GPU through torch."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from tyrosine.errors import ParameterError
from tyrosine.executors import offered

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

DEVICES = ("auto", "cpu", "cuda")
"""What the parameter `device` takes; `auto` is a GPU where torch sees one and the work is worth it."""

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK_VALUES_GPU = 32_000_000
"""Values that a temporary array on a GPU holds at most: 256 MB in float64."""
# Below this many multiplications the start of torch and of the GPU costs more than it saves.
_WORTH_A_GPU = 1e11
# Seconds of one core from which on work is shared with other processes, and that a block of it takes: what
# the work refers to is sent to each of them once, and a block costs some milliseconds.
WORTH_SHARING = 4.0
BLOCK_SECONDS = 1.0
# If two threads limited BLAS at the same time, each would afterwards restore the limit of the other.
_limiting = threading.Lock()


def number_of_workers() -> int:
    """Number of cores that this process may use."""
    if (cores := offered().cores) is not None:
        return cores
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def one_core() -> Iterator[None]:
    """Keep BLAS to one thread: the last bits of a product depend on how many cores share it.

    Whatever is called inside must not limit BLAS again.
    """
    with _limiting, _blas().limit(limits=1, user_api="blas"):
        yield


def map_in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results of `work` on each item, in order, each computed by one core alone.

    Parameters
    ----------
    work : callable
        Spends its time in NumPy calls that let other threads run.
    items : iterable

    Returns
    -------
    results : list
        As many as there are items.

    Notes
    -----
    BLAS keeps to one thread meanwhile. Each core works on an item of its own instead of sharing every item
    with the others, which is faster for products of this size and makes every result the same for any number
    of cores.
    """
    tasks = list(items)
    n_workers = min(number_of_workers(), len(tasks))
    with one_core():
        if n_workers < 2:
            return [work(task) for task in tasks]
        with ThreadPoolExecutor(n_workers) as pool:
            return list(pool.map(work, tasks))


def map_in_blocks(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results of `work` on each item, in order, from other processes too where it pays.

    Parameters
    ----------
    work : callable
        As for `map_in_threads`; changes nothing but what it returns, since another process may call it.
    items : iterable

    Returns
    -------
    results : list
        The same, to the last bit, whoever computes them.

    Notes
    -----
    Where the runner offers an executor, the first item is timed, and the others are shared if they would take
    longer than `WORTH_SHARING`.
    """
    tasks = list(items)
    executor = offered().executor
    if executor is None or len(tasks) < 3:
        return map_in_threads(work, tasks)
    start = time.perf_counter()
    first = map_in_threads(work, tasks[:1])
    seconds = time.perf_counter() - start
    if seconds * (len(tasks) - 1) < WORTH_SHARING:
        return first + map_in_threads(work, tasks[1:])
    step = max(1, round(BLOCK_SECONDS / seconds))
    blocks = [slice(1 + block.start, 1 + block.stop) for block in slices(len(tasks) - 1, step)]

    # The items may be arrays, and go with this function; what an executor sends for each block is a slice.
    def compute(block: slice) -> list[Result]:
        return map_in_threads(work, tasks[block])

    return first + [result for results in executor.map(compute, blocks) for result in results]


@cache
def _blas() -> ThreadpoolController:
    # Looking for the BLAS libraries takes longer than a small test, so the result is kept; NumPy's is loaded
    # by the time of the first call.
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def choose_device(device: str, multiplications: float) -> str:
    """Name of the torch device that does this much work, or `cpu` for NumPy.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
    multiplications : float
        Roughly how many the work takes.

    Returns
    -------
    device : {"cpu", "cuda"}

    Raises
    ------
    ParameterError
        If the device is unknown, or `cuda` is asked for and torch sees no GPU.
    """
    if device not in DEVICES:
        raise ParameterError(f"Device {device!r} is unknown; choose one of {', '.join(DEVICES)}.")
    if device == "cpu" or (device == "auto" and multiplications < _WORTH_A_GPU):
        return "cpu"
    try:
        import torch

        found = torch.cuda.is_available()
    except ImportError:
        found = False
    if device == "cuda" and not found:
        raise ParameterError("Device 'cuda' is asked for, but torch sees no GPU here; choose auto or cpu.")
    return "cuda" if found else "cpu"


def slices(total: int, step: int, start: int = 0) -> list[slice]:
    """Slices of at most `step` that cover what lies from `start` to `total`, in order."""
    return [slice(first, min(first + step, total)) for first in range(start, total, step)]
