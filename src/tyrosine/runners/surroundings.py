"""What a worker must have in common with the process that started a run: code, libraries and files."""

from __future__ import annotations

import hashlib
import platform
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tyrosine.errors import ClusterError

# Libraries whose versions may show in the last digits of a result, or in what a file holds.
LIBRARIES = ("kedro", "numpy", "scipy", "pandas", "pyarrow", "h5py", "torch", "transformers", "scikit-learn")


@dataclass(frozen=True)
class Surroundings:
    """What a run was started in.

    Attributes
    ----------
    versions : dict of str to str
        Versions of Python and of libraries; of this package the hash of its code.
    proof : Path
        A file in the project that the run has written, which only those who share the file system see.
    """

    versions: dict[str, str]
    proof: Path

    def refuse_others(self) -> None:
        """Refuse to work for the run in other surroundings than its own.

        Raises
        ------
        ClusterError
            If this machine does not see the file, or has another version of anything.
        """
        if not self.proof.is_file():
            raise ClusterError(
                f"The Dask worker on {socket.gethostname()} does not see {self.proof}, which this run has "
                "written; start workers where the project's folder lies on a shared file system under the "
                "same path."
            )
        here = versions()
        for name, expected in self.versions.items():
            if here.get(name) != expected:
                raise ClusterError(
                    f"The Dask worker on {socket.gethostname()} has {name} {here.get(name)}, and this run "
                    f"was started with {name} {expected}; start workers in the same environment."
                )


@cache
def versions() -> dict[str, str]:
    """Versions of what computes here; of this package the hash of its code."""
    found = {"Python": platform.python_version(), "tyrosine": _code()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@contextmanager
def shown_to_workers(folder: Path) -> Iterator[Surroundings]:
    """The surroundings of this process; the file in `folder` is there as long as the context lasts."""
    with tempfile.NamedTemporaryFile(prefix=".dask-run-", dir=folder) as file:
        yield Surroundings(versions(), Path(file.name))


def _code() -> str:
    digest = hashlib.blake2b(digest_size=8)
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
