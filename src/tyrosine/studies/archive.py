"""Archives from elsewhere, unpacked with suspicion: in place, within bounds, whole or not at all."""

from __future__ import annotations

import bisect
import io
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from tyrosine.errors import StudyError

CHUNK = 2**20
MAX_ENTRIES = 1_000_000
"""Files and folders in an archive; NSD has a few thousand."""
_MARGIN = 100 * 10**6
"""Bytes that are left free on the disk."""


class DamagedArchive(Exception):
    """An archive that cannot be read; the text completes a sentence that opens with its name."""


class UnsafeArchive(Exception):
    """An archive that should not be unpacked; the text completes a sentence that opens with its name."""


class Joined(io.RawIOBase):
    """Files read as one, end to end, without a copy on the disk.

    Parameters
    ----------
    paths : sequence of Path
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self._files = [path.open("rb") for path in paths]
        self._starts = [0, *accumulate(path.stat().st_size for path in paths)]
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in the whole."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        if base + offset < 0:
            raise OSError("negative position in a file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer) -> int:
        """Fill the buffer up to the end of the file that the position is in."""
        number = bisect.bisect_right(self._starts, self._position) - 1
        if number >= len(self._files):
            return 0
        file = self._files[number]
        file.seek(self._position - self._starts[number])
        count = file.readinto(memoryview(buffer)[: self._starts[number + 1] - self._position])
        self._position += count
        return count

    def close(self) -> None:
        """Close every file."""
        for file in self._files:
            file.close()
        super().close()


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raise a `StudyError` if `what`, of `needed` bytes, does not fit on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if needed + _MARGIN > free:
        raise StudyError(
            f"{what} needs {needed / 1e9:.2f} GB in {folder}, where {free / 1e9:.2f} GB are free; make room, "
            "or point study.path to another disk."
        )


def is_web_page(file: io.RawIOBase | BinaryIO) -> bool:
    """Whether a file begins as HTML, which servers send in place of a file that they do not have."""
    return (file.read(512) or b"").lstrip().lower().startswith((b"<!doctype html", b"<html"))


def unpack(archive: io.RawIOBase, root: Path, limit: int) -> None:
    """Unpack a zip archive as the folder `root`, which appears whole or not at all.

    One folder around everything else is taken off; what macOS adds is dropped.

    Parameters
    ----------
    archive : file
        Opened for reading, seekable.
    root : Path
        A folder that is missing or empty.
    limit : int
        Bytes that the unpacked files may have in all.

    Raises
    ------
    DamagedArchive
        If it is no intact zip archive.
    UnsafeArchive
        If it holds a path that leads out of the folder, a link, the same path twice, or more than `limit`
        bytes.
    StudyError
        If there is no room for what it holds.
    """
    # Always the same place, so that the next run clears away what a killed one left.
    scratch = root.with_name(f".{root.name}.unpacking")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        with zipfile.ZipFile(io.BufferedReader(archive, CHUNK)) as zipped:
            entries = _safe_entries(zipped, limit)
            needed = sum(info.file_size for info in entries.values())
            check_room(root.parent, needed, "The unpacked study")
            _extract(zipped, entries, scratch, needed, limit)
        top = list(scratch.iterdir())
        inner = top[0] if len(top) == 1 and top[0].is_dir() else scratch
        if root.exists():
            root.rmdir()
        inner.rename(root)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        archive.seek(0)
        what = (
            "is a web page, not a zip archive"
            if is_web_page(archive)
            else f"is not an intact zip archive ({error})"
        )
        raise DamagedArchive(what) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _safe_entries(zipped: zipfile.ZipFile, limit: int) -> dict[str, zipfile.ZipInfo]:
    """Files of the archive by their path in the folder.

    Raises
    ------
    UnsafeArchive
        If one is not safe to unpack, or together they are too large.
    """
    if len(zipped.infolist()) > MAX_ENTRIES:
        raise UnsafeArchive(f"holds {len(zipped.infolist())} entries, more than the {MAX_ENTRIES} allowed")
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in zipped.infolist():
        # Some programs on Windows write the other slash.
        name = info.filename.replace("\\", "/")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
            raise UnsafeArchive(f"holds the path {info.filename!r}, which leads out of the study's folder")
        # The upper half holds the mode of a Unix file; zero where the archive was made elsewhere.
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UnsafeArchive(f"holds {info.filename!r}, a link or device where only files are expected")
        if info.flag_bits & 1:
            raise UnsafeArchive(f"holds {info.filename!r} encrypted, and there is no password to ask for")
        if name.endswith("/") or _is_litter(parts):
            continue
        path = "/".join(parts)
        if path in entries:
            raise UnsafeArchive(f"holds the path {path!r} twice")
        entries[path] = info
    if not entries:
        raise UnsafeArchive("holds no file")
    for path in entries:
        folder = path
        while folder := folder.rpartition("/")[0]:
            if folder in entries:
                raise UnsafeArchive(f"holds {folder!r} both as a file and as a folder")
    declared = sum(info.file_size for info in entries.values())
    if declared > limit:
        raise UnsafeArchive(_beyond(declared, limit))
    return entries


def _is_litter(parts: Sequence[str]) -> bool:
    return "__MACOSX" in parts or (bool(parts) and (parts[-1] == ".DS_Store" or parts[-1].startswith("._")))


def _beyond(size: int, limit: int) -> str:
    return (
        f"expands to {size / 1e9:.3g} GB or more, beyond the {limit / 1e9:.3g} GB that study.unpacked_limit "
        "allows"
    )


def _extract(
    zipped: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], scratch: Path, needed: int, limit: int
) -> None:
    written = 0
    scratch.mkdir()
    with tqdm(total=needed, unit="B", unit_scale=True, desc="unpacking", disable=None) as bar:
        for path, info in entries.items():
            target = scratch / path
            target.parent.mkdir(parents=True, exist_ok=True)
            source: BinaryIO
            with zipped.open(info) as source, target.open("xb") as file:  # type: ignore[assignment]
                while chunk := source.read(CHUNK):
                    # What is declared may be a lie, so what is written counts too.
                    written += len(chunk)
                    if written > limit:
                        raise UnsafeArchive(_beyond(written, limit))
                    bar.update(file.write(chunk))
