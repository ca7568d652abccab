"""Writes that leave the old file or the new one, never half of either."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a scratch path of the same name to write to; on success it replaces `target`.

    Parameters
    ----------
    target : Path
        A file or a folder; what lies there is kept until the new one is complete.

    Yields
    ------
    Path
        In a scratch folder beside `target`, so that the final step is a rename on one file system.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    written = scratch / target.name
    try:
        yield written
        if target.is_dir() or (target.exists() and written.is_dir()):
            # A folder cannot be renamed over another that is not empty.
            target.rename(scratch / "replaced")
        written.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class AtomicSave:
    """Mixin that makes the `save` of a file dataset of kedro-datasets atomic."""

    def save(self, data: Any) -> None:
        """Save `data` beside the final place, then move it there."""
        with replacing(Path(self._get_save_path())) as written:  # type: ignore[attr-defined]
            twin = copy.copy(self)
            twin._filepath = PurePosixPath(written.as_posix())  # type: ignore[attr-defined]
            super(AtomicSave, twin).save(data)  # type: ignore[misc]
