"""The executor that a node on a Dask worker is offered: blocks of its work become tasks of the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from distributed import worker_client
from kedro.validation import DataValidationError

from tyrosine.errors import TyrosineError
from tyrosine.executors import offering
from tyrosine.runners.surroundings import Surroundings


class BlockExecutor(Executor):
    """Runs functions as tasks of the cluster that the calling task belongs to.

    While it waits, the task that calls it leaves its place to others, so that a cluster of one thread does
    not wait for itself. A function and all that it refers to, such as arrays, stays with the worker that
    calls, and passes from worker to worker; the scheduler sees the items alone.

    Parameters
    ----------
    surroundings : Surroundings
        What workers must have in common with the run.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function once; what it returns, or raises, is there when this method returns."""
        future: Future[Any] = Future()
        try:
            (result,) = self.map(lambda given: fn(*given, **kwargs), [args])
            future.set_result(result)
        except Exception as error:
            future.set_exception(error)
        return future

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[Any]:
        """What a function returns for each item, in order.

        Raises
        ------
        Exception
            What the function has raised for the first item for which it has.
        """
        with worker_client() as client:
            held = client.scatter(_Work(fn, self._surroundings), hash=False)
            # Blocks come before nodes that have not begun, each of which would take memory of its own.
            tasks = [client.submit(_compute, held, item, pure=False, priority=1) for item in zip(*iterables)]
            try:
                results = client.gather(tasks)
            finally:
                # A block of a node that has failed is of no more use.
                client.cancel(tasks)
        return iter(results)


class _Work:
    """A function on its way to workers."""

    def __init__(self, function: Callable[..., Any], surroundings: Surroundings) -> None:
        self.function, self.surroundings = function, surroundings


def _compute(work: _Work, item: tuple[Any, ...]) -> Any:
    work.surroundings.refuse_others()
    with offering(cores=1), sendable():
        return work.function(*item)


@contextmanager
def sendable() -> Iterator[None]:
    """Let expected trouble leave a worker without the chain of errors behind it, which may not be sent."""
    try:
        yield
    except Exception as error:
        causes = list(_chain(error))
        for cause in causes:
            if isinstance(cause, TyrosineError):
                raise type(cause)(str(cause)) from None
        for cause in causes:
            if isinstance(cause, DataValidationError):
                # What has led to this error may be one of pandera's errors.
                cause.__cause__ = cause.__context__ = None
                raise cause from None
        raise


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
