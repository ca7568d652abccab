"""Batches side by side on a processor, each on one core."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import torch

Given = TypeVar("Given")
Made = TypeVar("Made")


class Lanes:
    """Threads that compute one batch each, with one core each.

    All cores on one batch wait for each other after every layer, and for those operations that use one core
    only; cores on batches of their own do not. What is computed does not depend on how many there are.

    Parameters
    ----------
    number : int
        How many; one is a lane too, with one core.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._seconds: float | None = None

    def pace(self) -> float | None:
        """Seconds from one batch to the next, as the latest one says; nothing before one is done."""
        return None if self._seconds is None else self._seconds / self._number

    def map(self, compute: Callable[[Given], Made], batches: Iterable[Given]) -> Iterator[Made]:
        """What `compute` makes of the batches, in order; one more than there are lanes is fetched ahead."""
        waiting: deque[Future[Made]] = deque()
        cores = torch.get_num_threads()
        pool = ThreadPoolExecutor(self._number, initializer=_use_one_core)
        try:
            all_started = Barrier(self._number + 1)
            for _ in range(self._number):
                pool.submit(all_started.wait)
            all_started.wait()
            # Threads that begin later take the number that was set last, in whichever thread that was.
            torch.set_num_threads(cores)
            for batch in batches:
                waiting.append(pool.submit(self._timed, compute, batch))
                if len(waiting) > self._number:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _timed(self, compute: Callable[[Given], Made], batch: Given) -> Made:
        start = time.perf_counter()
        made = compute(batch)
        self._seconds = time.perf_counter() - start
        return made


def _use_one_core() -> None:
    # A thread takes over the number of the process when it first asks; one that was set before is lost then.
    torch.get_num_threads()
    torch.set_num_threads(1)
