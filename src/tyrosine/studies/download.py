"""The download of a study: an archive at a published address becomes the study's raw folder.

The archive stays beside the folder as `<folder>.zip` (`<folder>.zip.001` and so on where it comes in
parts), with its SHA-256 in `<folder>.zip.sha256`. A download that was cut lies there as `….part`, and goes
on where it ended. HTTP, redirects, time-outs and retries are those of requests and urllib3. Pooch was weighed
and left: it deletes what a cut download leaves behind, and its waits between tries cannot be set.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock, Timeout
from tqdm import tqdm

from tyrosine.errors import StudyError
from tyrosine.studies.archive import DamagedArchive, Joined, UnsafeArchive, check_room, is_web_page, unpack

if TYPE_CHECKING:
    from requests import Response, Session
    from urllib3.util.retry import Retry

logger = logging.getLogger(__name__)

CHUNK = 2**14
"""Bytes written at a time, and so the most that a cut connection loses."""


_PAGE = "is a web page, not an archive: perhaps the link has expired or asks for a login"


class Patience(NamedTuple):
    """How long a download waits, and how often it tries."""

    retries: int = 5
    """Further tries after one that failed without having got any further than those before it."""
    backoff: float = 1.0
    """Seconds; the waits between tries are 0, 2, 4, 8 … times this."""
    connect: float = 10.0
    """Seconds until a server must have accepted the connection."""
    read: float = 60.0
    """Seconds until a server must have sent the next bytes."""

    def policy(self) -> Retry:
        """The same as urllib3 has it."""
        from urllib3.util.retry import Retry

        return Retry(
            total=self.retries,
            # A machine that is offline should say so in seconds.
            connect=min(self.retries, 2),
            backoff_factor=self.backoff,
            status_forcelist=(429, 500, 502, 503, 504),
            raise_on_status=False,
            # A server could ask for hours, and nobody would see why the run stands still.
            respect_retry_after_header=False,
        )


class _Failed(Exception):
    """A download that failed for good; the text completes a sentence that opens with the address."""


class _Cut(_Failed):
    """A download that ended early; another try may go on."""


def fetch_study(
    root: Path,
    urls: Sequence[str],
    *,
    contents: str,
    sha256: Sequence[str] = (),
    terms: str | None = None,
    limit: int,
    patience: Patience | None = None,
) -> bool:
    """Download and unpack a study, unless its folder is there.

    The folder appears whole or not at all. An archive that lies beside it already, from an earlier download
    or put there by hand, is unpacked without any network.

    Parameters
    ----------
    root : Path
        The raw folder.
    urls : sequence of str
        Address of the archive, or of the parts that make it up when joined.
    contents : str
        What the folder is expected to hold, for the message.
    sha256 : sequence of str
        Hexadecimal digests to insist on: one of the whole archive, or one for each part.
    terms : str, optional
        Where the terms of use are, for the message.
    limit : int
        Bytes that the unpacked study may have.
    patience : Patience, optional

    Returns
    -------
    bool
        Whether anything was unpacked.

    Raises
    ------
    StudyError
        If the archive cannot be had, is not the one that is expected, or is not safe to unpack; nothing but
        the archive is left behind.
    """
    if not _is_vacant(root):
        return False
    if not root.parent.is_dir():
        # More likely a misspelt path to data that are there than a place to download gigabytes to.
        raise StudyError(
            f"There is no folder {root.parent} to download {root.name} into; correct study.path, or make the "
            "folder first."
        )
    archive = root.with_name(f"{root.name}.zip")
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{archive}.lock", timeout=0):
            return _is_vacant(root) and _fetch(
                root, archive, urls, contents, sha256, terms, limit, patience or Patience()
            )
    except Timeout:
        raise StudyError(
            f"Another run is downloading the study to {root}; wait until it has finished, then run again."
        ) from None
    except OSError as error:
        raise StudyError(
            f"The study cannot be written to {root} ({error}); make room or give the permission there, or "
            "point study.path elsewhere."
        ) from error


def _is_vacant(root: Path) -> bool:
    # A link that leads nowhere is a mistake of its own, which nothing should be written over.
    if root.is_symlink() and not root.exists():
        return False
    return not root.exists() or (root.is_dir() and not any(root.iterdir()))


def _fetch(
    root: Path,
    archive: Path,
    urls: Sequence[str],
    contents: str,
    sha256: Sequence[str],
    terms: str | None,
    limit: int,
    patience: Patience,
) -> bool:
    paths = (
        [archive]
        if len(urls) == 1
        else [archive.with_name(f"{archive.name}.{k:03d}") for k in range(1, len(urls) + 1)]
    )
    for url, path in zip(urls, paths):
        if path.exists():
            continue
        logger.info("Downloading %s to %s%s", url, path, f"; terms of use: {terms}" if terms else "")
        try:
            download(url, path, patience)
        except _Failed as error:
            raise StudyError(
                f"The study could not be downloaded: {url} {error}. Put an unpacked copy into {root}, which "
                f"is expected to hold {contents}, or point study.path at one, or study.url at another address"
                + (f"; terms of use and access to the data: {terms}." if terms else ".")
            ) from error
    _check_digests(paths, archive, sha256)
    try:
        with Joined(paths) as joined:
            unpack(joined, root, limit)
    except (DamagedArchive, UnsafeArchive) as error:
        remedy = ""
        if isinstance(error, DamagedArchive):
            # The next download need not be equal to this one. The archive stays: it may have taken hours, and
            # another program may be able to read it.
            _digest_file(archive).unlink()
            remedy = f"delete {', '.join(path.name for path in paths)} and run again to download it anew, or "
        raise StudyError(
            f"The archive {archive} {error}; {remedy}put an unpacked copy into {root}, which is expected to "
            f"hold {contents}."
        ) from error
    return True


def download(url: str, target: Path, patience: Patience) -> None:
    """Download a file, going on from `<target>.part` where the server can tell that it has not changed.

    Raises
    ------
    _Failed
        If it cannot be had; a part that is of use for another try stays.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import MaxRetryError

    part = target.with_name(f"{target.name}.part")
    policy = patience.policy()
    furthest = _size(part)
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=policy))
        session.mount("https://", HTTPAdapter(max_retries=policy))
        # As it lies on the server: a length and a range are of no use in any other coding.
        session.headers["Accept-Encoding"] = "identity"
        while True:
            try:
                _attempt(session, url, part, patience)
                break
            except _Cut as error:
                if _size(part) > furthest:
                    furthest = _size(part)
                    policy = patience.policy()
                try:
                    policy = policy.increment("GET", url, error=error)
                except MaxRetryError:
                    raise _Failed(str(error)) from error
                policy.sleep()
            except requests.RequestException as error:
                raise _Failed(_reason(error, patience)) from error
    with part.open("rb") as file:
        page = is_web_page(file)
    if page:
        part.unlink()
    _note(part).unlink(missing_ok=True)
    if page:
        raise _Failed(_PAGE)
    part.replace(target)


def _attempt(session: Session, url: str, part: Path, patience: Patience) -> None:
    """One request, and what it brings appended to `part`."""
    import requests

    offset, headers = _resumption(url, part)
    with session.get(
        url, headers=headers, stream=True, timeout=(patience.connect, patience.read)
    ) as response:
        if response.status_code == 416 and offset:
            part.unlink()
            raise _Cut("does not have the range that is missing (416)")
        if response.status_code not in (200, 206):
            raise _Failed(f"answers {response.status_code} {response.reason}".rstrip())
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise _Failed(_PAGE)
        length = _length(response)
        total = None if length is None else offset + length
        if response.status_code == 206:
            if not _continues(response, offset, headers.get("If-Range")):
                part.unlink(missing_ok=True)
                raise _Cut("sends another range than the one that was asked for")
        else:
            offset, total = 0, length
            _write_note(part, url, response)
        check_room(part.parent, length or 0, f"The download of {url}")
        try:
            with (
                part.open("ab" if offset else "wb") as file,
                # Nothing is drawn where nobody looks, such as in a log.
                tqdm(
                    total=total, initial=offset, unit="B", unit_scale=True, desc=part.stem, disable=None
                ) as bar,
            ):
                for chunk in response.iter_content(CHUNK):
                    bar.update(file.write(chunk))
        except requests.RequestException as error:
            of = "" if total is None else f" of {total}"
            raise _Cut(f"broke off after {_size(part)}{of} bytes ({_reason(error, patience)})") from error


def _resumption(url: str, part: Path) -> tuple[int, dict[str, str]]:
    """Where to go on, and the headers that ask for it; zero and none for a clean start."""
    try:
        note = json.loads(_note(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0, {}
    # Without a validator, the beginning and the end could come from two versions of the file.
    if not _size(part) or note.get("url") != url or not note.get("validator"):
        return 0, {}
    return _size(part), {"Range": f"bytes={_size(part)}-", "If-Range": note["validator"]}


def _write_note(part: Path, url: str, response: Response) -> None:
    """Record what tells whether the file on the server is still the one that `part` began with."""
    part.unlink(missing_ok=True)
    validator = _validator(response)
    # A length in another coding is not that of the file, and neither would be an offset.
    if response.headers.get("Content-Encoding", "identity") != "identity":
        validator = None
    _note(part).write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")


def _validator(response: Response) -> str | None:
    tag = response.headers.get("ETag", "")
    # A weak tag promises the same meaning, not the same bytes (RFC 9110, section 13.1.5).
    return tag if tag.startswith('"') else response.headers.get("Last-Modified")


def _continues(response: Response, offset: int, validator: str | None) -> bool:
    """Whether a partial answer starts at `offset`, of the same version of the file."""
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return bool(offset and match and int(match[1]) == offset) and _validator(response) in (None, validator)


def _length(response: Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    return int(length) if length.isdigit() and not encoded else None


def _reason(error: Exception, patience: Patience) -> str:
    """What went wrong, as the end of a sentence that opens with the address."""
    from requests import exceptions
    from urllib3 import exceptions as causes

    cause: object = error.args[0] if error.args else None
    # requests hands on what urllib3 met in wrappers of two kinds.
    while isinstance(cause, causes.MaxRetryError):
        cause = cause.reason
    if isinstance(cause, causes.NameResolutionError):
        return "cannot be reached: its name is unknown here, perhaps because this machine is offline"
    if isinstance(error, exceptions.ConnectTimeout):
        return f"does not answer within {patience.connect:g} s"
    if isinstance(error, exceptions.ReadTimeout) or isinstance(cause, causes.ReadTimeoutError):
        return f"sends nothing for {patience.read:g} s"
    if isinstance(error, exceptions.SSLError):
        return "has a certificate that cannot be trusted"
    if isinstance(error, exceptions.ProxyError):
        return "cannot be reached through the proxy that this machine is set to use"
    if isinstance(cause, causes.IncompleteRead | causes.ProtocolError):
        return "the connection was cut"
    if isinstance(cause, causes.NewConnectionError):
        return "refuses the connection, or this machine is offline"
    if isinstance(error, exceptions.TooManyRedirects):
        return "leads from one address to the next without end"
    return f"cannot be had ({error})"


def _check_digests(paths: Sequence[Path], archive: Path, insisted: Sequence[str]) -> None:
    """Compare the archive with the digests to insist on and with those of the first download.

    Raises
    ------
    StudyError
        If one differs.
    """
    digests = {path.name: _digest([path]) for path in paths}
    found = list(digests.values()) if len(insisted) == len(paths) else [_digest(paths)]
    for have, wanted in zip(found, insisted):
        if have != wanted:
            raise StudyError(
                f"The archive {archive} has the SHA-256 {have}, but study.sha256 is {wanted}; delete the "
                "archive to download it anew, or correct study.sha256."
            )
    record = _digest_file(archive)
    try:
        lines = [line.split("  ", 1) for line in record.read_text(encoding="utf-8").splitlines()]
        before = {name: digest for digest, name in lines}
    except FileNotFoundError:
        before = {}
    except ValueError:
        raise StudyError(
            f"{record} is not a list of SHA-256 sums; delete it to accept the archive as it is now."
        ) from None
    for name, have in digests.items():
        if before.get(name, have) != have:
            raise StudyError(
                f"{archive.with_name(name)} has changed since its first download: its SHA-256 is {have}, and "
                f"was {before[name]}; delete it to download it anew, or {record.name} if the change is meant."
            )
    record.write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()), encoding="utf-8")


def _digest(paths: Sequence[Path]) -> str:
    with Joined(paths) as joined:
        return hashlib.file_digest(joined, "sha256").hexdigest()


def _digest_file(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.sha256")


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
