"""An executor of further processes, where the runner offers one to the node that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Offer(NamedTuple):
    """What a node may use.

    Attributes
    ----------
    executor : Executor or None
        Runs functions in other processes, on other machines perhaps; None inside of such a function, and
        where the runner has no processes to offer.
    cores : int or None
        Cores that this process may use itself; None for all that the operating system lets it use.
    """

    executor: Executor | None = None
    cores: int | None = None


NOTHING = Offer()
_present: ContextVar[Offer] = ContextVar("offer", default=NOTHING)


def offered() -> Offer:
    """What is offered to the code that asks."""
    return _present.get()


@contextmanager
def offering(executor: Executor | None = None, cores: int | None = None) -> Iterator[None]:
    """Offer an executor, and a number of cores, to the code in the context and to no other thread."""
    before = _present.set(Offer(executor, cores))
    try:
        yield
    finally:
        _present.reset(before)
