"""A study to download from a server on this machine, for the tests of downloads."""

import random
import socket

import pytest

from tests.studies.archives import STUDY, zipped
from tyrosine.errors import StudyError
from tyrosine.studies.download import CHUNK, Patience, fetch_study

PATIENT = Patience(retries=3, backoff=0.0, connect=2.0, read=0.3)
# Large enough that a connection can be cut in its middle.
BODY = zipped({**STUDY, "subj01/rois/large.npy": random.Random(1).randbytes(1_000_000)})
# Whole chunks, as what is less than one is lost with the connection.
EARLY, LATER = 10 * CHUNK, 30 * CHUNK


@pytest.fixture(autouse=True)
def this_machine_only(monkeypatch):
    """No proxy, and no way out."""
    monkeypatch.setenv("NO_PROXY", "*")
    connect = socket.socket.connect

    def local(self, address):
        assert address[0] == "127.0.0.1", f"a test reached for {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw" / "study"


def fetch(root, *urls, **options):
    options = {"contents": "images, metadata.csv", "limit": 10**8, "patience": PATIENT} | options
    return fetch_study(root, urls, **options)


def contents(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def beside(root):
    """Names beside the study's folder, but for the lock."""
    return {path.name for path in root.parent.iterdir()} - {"study.zip.lock"}


def refusal(root, *urls, **options):
    with pytest.raises(StudyError) as caught:
        fetch(root, *urls, **options)
    assert not root.exists()
    assert not (root.parent / ".study.unpacking").exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what comes when all is well
