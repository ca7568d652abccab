"""One sentence for whatever a missing or broken file raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kedro.io import DatasetError

from tyrosine.errors import StorageError


@contextmanager
def readable(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a missing or broken file raises into one sentence.

    Raises
    ------
    StorageError
        If the file does not exist, or reading it fails.
    """
    if not path.exists():
        raise StorageError(f"{path} does not exist; run the pipeline that makes it first (kedro run).")
    try:
        yield
    except StorageError:
        raise
    except (DatasetError, OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        # Kedro puts an error of its own around what a dataset raises.
        if isinstance(error.__cause__, StorageError):
            raise error.__cause__ from None
        reason = str(error).strip().splitlines()[-1]
        raise StorageError(
            f"{path} is truncated or not {what} ({reason}); delete it and run its pipeline again."
        ) from error
