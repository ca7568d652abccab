"""The download of a study from a server on this machine that behaves in every bad way."""

import hashlib
import random
import re
import shutil
import socket
from collections import namedtuple

import pytest
from filelock import FileLock

from tests.studies.archives import STUDY, serve, zipped
from tyrosine.errors import StudyError
from tyrosine.studies import download
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


def test_a_missing_study_is_downloaded_and_unpacked(root):
    with serve(zipped(STUDY)) as site:
        assert fetch(root, site.url) is True

    assert contents(root) == STUDY
    assert beside(root) == {"study", "study.zip", "study.zip.sha256"}


def test_the_digest_is_written_as_sha256sum_writes_it(root):
    body = zipped(STUDY)
    with serve(body) as site:
        fetch(root, site.url)

    expected = f"{hashlib.sha256(body).hexdigest()}  study.zip\n"
    assert (root.parent / "study.zip.sha256").read_text() == expected


def test_a_study_that_is_there_is_left_alone(root):
    root.mkdir(parents=True)
    (root / "mine.txt").write_text("mine")

    assert fetch(root, "http://127.0.0.1:1/never") is False
    assert contents(root) == {"mine.txt": b"mine"}


def test_an_empty_folder_is_filled(root):
    root.mkdir(parents=True)
    with serve(zipped(STUDY)) as site:
        fetch(root, site.url)

    assert contents(root) == STUDY


def test_a_link_that_leads_nowhere_is_not_written_over(root):
    root.parent.mkdir(exist_ok=True)
    root.symlink_to("unmounted")

    assert fetch(root, "http://127.0.0.1:1/never") is False
    assert root.is_symlink()


def test_an_archive_put_there_by_hand_needs_no_network(root):
    root.parent.mkdir(exist_ok=True)
    (root.parent / "study.zip").write_bytes(zipped(STUDY))

    fetch(root, "http://127.0.0.1:1/never")

    assert contents(root) == STUDY


def test_parts_are_joined(root):
    parts = {"/a": BODY[:300_000], "/b": BODY[300_000:300_001], "/c": BODY[300_001:]}
    with serve(parts) as site:
        base = site.url.removesuffix("/study.zip")
        fetch(root, *(base + path for path in parts), sha256=[hashlib.sha256(BODY).hexdigest()])

    assert set(contents(root)) == {*STUDY, "subj01/rois/large.npy"}
    digests = (root.parent / "study.zip.sha256").read_text()
    assert digests.split()[1::2] == ["study.zip.001", "study.zip.002", "study.zip.003"]


def test_each_part_can_have_a_digest_to_insist_on(root):
    parts = {"/a": BODY[:300_000], "/b": BODY[300_000:]}
    right = [hashlib.sha256(part).hexdigest() for part in parts.values()]
    with serve(parts) as site:
        urls = [site.url.removesuffix("/study.zip") + path for path in parts]
        assert "study.sha256" in refusal(root, *urls, sha256=[right[0], "0" * 64])
        fetch(root, *urls, sha256=right)

    assert root.is_dir()


def test_the_progress_bar_counts_what_was_there_before(root, monkeypatch):
    bars = []

    class Bar(download.tqdm):
        def __init__(self, **options):
            bars.append((options["initial"], options["total"]))
            super().__init__(**options)

    monkeypatch.setattr(download, "tqdm", Bar)
    with serve(BODY, [{"cut": EARLY}, {}]) as site:
        fetch(root, site.url)

    assert bars == [(0, len(BODY)), (EARLY, len(BODY))]


# --- connections that break


def test_a_cut_download_goes_on_where_it_ended(root):
    with serve(BODY, [{"cut": EARLY}, {"cut": LATER - EARLY}, {}]) as site:
        fetch(root, site.url)

    assert [asked.get("Range") for asked in site.asked] == [None, f"bytes={EARLY}-", f"bytes={LATER}-"]
    assert (root.parent / "study.zip").read_bytes() == BODY


def test_a_later_run_goes_on_where_the_last_one_ended(root):
    with serve(BODY, [{"cut": EARLY}, {"cut": 0}]) as site:
        message = refusal(root, site.url)
        assert f"broke off after {EARLY} of {len(BODY)} bytes (the connection was cut)" in message
        assert beside(root) == {"study.zip.part", "study.zip.part.json"}

        site.steps = [{}]
        fetch(root, site.url)

    assert site.asked[-1]["Range"] == f"bytes={EARLY}-"
    assert beside(root) == {"study", "study.zip", "study.zip.sha256"}


def test_retries_start_over_when_a_try_got_further(root):
    with serve(BODY, [{"cut": CHUNK}] * 8 + [{}]) as site:
        fetch(root, site.url)

    assert len(site.asked) == 9 > PATIENT.retries + 1
    assert (root.parent / "study.zip").read_bytes() == BODY


def test_a_server_that_ignores_ranges_starts_over(root):
    with serve(BODY, [{"cut": EARLY}, {"ranges": False}]) as site:
        fetch(root, site.url)

    assert site.asked[1]["Range"] == f"bytes={EARLY}-"
    assert (root.parent / "study.zip").read_bytes() == BODY


def test_a_range_that_is_refused_starts_over(root):
    with serve(BODY, [{"cut": EARLY}, 416, {}]) as site:
        fetch(root, site.url)

    assert [asked.get("Range") for asked in site.asked] == [None, f"bytes={EARLY}-", None]
    assert (root.parent / "study.zip").read_bytes() == BODY


def test_a_range_that_starts_elsewhere_starts_over(root):
    with serve(BODY, [{"cut": EARLY}, {"start": 5}, {}]) as site:
        fetch(root, site.url)

    assert (root.parent / "study.zip").read_bytes() == BODY


def test_a_file_that_changes_between_two_tries_starts_over(root):
    other = zipped({**STUDY, "subj01/rois/large.npy": random.Random(2).randbytes(1_000_000)})
    with serve(BODY, [{"cut": EARLY}, {"body": other, "etag": '"v2"'}]) as site:
        fetch(root, site.url)

    assert site.asked[1]["If-Range"] == '"v1"'
    assert (root.parent / "study.zip").read_bytes() == other


def test_a_server_that_sends_the_end_of_another_file_is_noticed(root):
    other = zipped({**STUDY, "subj01/rois/large.npy": random.Random(3).randbytes(1_000_000)})
    changed = {"body": other, "etag": '"v2"'}
    with serve(BODY, [{"cut": EARLY}, {**changed, "careless": True}, changed]) as site:
        fetch(root, site.url)

    assert (root.parent / "study.zip").read_bytes() == other


@pytest.mark.parametrize("tag", [None, 'W/"v1"'])
def test_without_a_strong_validator_a_cut_download_starts_over(root, tag):
    with serve(BODY, [{"cut": EARLY, "etag": tag}, {"etag": tag}]) as site:
        fetch(root, site.url)

    assert [asked.get("Range") for asked in site.asked] == [None, None]
    assert (root.parent / "study.zip").read_bytes() == BODY


def test_a_date_serves_where_there_is_no_tag(root):
    date = "Sun, 19 Apr 2026 18:16:29 GMT"
    step = {"etag": None, "modified": date}
    with serve(BODY, [{**step, "cut": EARLY}, step]) as site:
        fetch(root, site.url)

    assert site.asked[1]["If-Range"] == date
    assert (root.parent / "study.zip").read_bytes() == BODY


def test_part_of_another_address_is_not_gone_on_with(root):
    with serve(BODY, [{"cut": EARLY}, {"cut": 0}]) as site:
        refusal(root, site.url)
        site.steps = [{}]
        fetch(root, site.url.replace("study.zip", "other.zip"))

    assert "Range" not in site.asked[-1]
    assert (root.parent / "study.zip").read_bytes() == BODY


def test_an_error_of_the_server_that_passes_is_waited_for_but_not_for_an_hour(root):
    with serve(BODY, [500, 503, {}]) as site:
        fetch(root, site.url)

    assert len(site.asked) == 3
    assert root.is_dir()


def test_waits_grow():
    policy = Patience(backoff=1.0).policy()
    waits = []
    for _ in range(4):
        policy = policy.increment("GET", "/", error=OSError())
        waits.append(policy.get_backoff_time())

    assert waits == [0, 2, 4, 8]


# --- downloads that fail for good, each with one sentence


@pytest.mark.parametrize(("status", "phrase"), [(404, "Not Found"), (403, "Forbidden"), (410, "Gone")])
def test_an_address_that_is_gone_is_asked_once(root, status, phrase):
    with serve(b"", [status]) as site:
        message = refusal(root, site.url, terms="https://terms.example")

    assert len(site.asked) == 1
    assert f"{site.url} answers {status} {phrase}" in message
    assert str(root) in message
    assert "expected to hold images, metadata.csv" in message
    assert "https://terms.example" in message
    assert beside(root) == set()


def test_an_error_of_the_server_that_stays(root):
    with serve(b"", [500]) as site:
        message = refusal(root, site.url)

    assert len(site.asked) == 1 + PATIENT.retries
    assert "answers 500 Internal Server Error" in message


def test_a_refused_connection(root):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        message = refusal(root, f"http://127.0.0.1:{taken.getsockname()[1]}/study.zip", terms="the terms")

    assert "refuses the connection, or this machine is offline" in message
    assert "the terms" in message


def test_a_name_that_cannot_be_resolved(root, monkeypatch):
    def offline(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    message = refusal(root, "https://data.example/study.zip")

    assert "https://data.example/study.zip cannot be reached: its name is unknown here" in message


def test_a_connection_that_is_not_answered(root, monkeypatch):
    def silent(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", silent)
    assert "does not answer within 2 s" in refusal(root, "http://127.0.0.1:9/study.zip")


def test_a_server_that_stops_sending(root):
    with serve(BODY, [{"stall": 1.5}]) as site:
        message = refusal(root, site.url, patience=PATIENT._replace(retries=1))

    assert "sends nothing for 0.3 s" in message


def test_a_length_that_is_too_large(root):
    with serve(BODY, [{"longer": 7}]) as site:
        message = refusal(root, site.url)

    assert re.search(rf"broke off after \d+ of {len(BODY) + 7} bytes", message)
    assert len(site.asked) < 10


def test_a_length_that_is_too_small(root):
    with serve(BODY, [{"longer": -7}]) as site:
        message = refusal(root, site.url)

    assert "is not an intact zip archive" in message


def test_a_web_page_in_place_of_an_archive(root):
    with serve(b"<!DOCTYPE html><p>Log in", [{"type": "text/html; charset=utf-8"}]) as site:
        assert "is a web page, not an archive" in refusal(root, site.url)


def test_a_web_page_that_is_called_an_archive(root):
    with serve(b"\n<!DOCTYPE html><p>Log in") as site:
        assert "is a web page, not an archive" in refusal(root, site.url)

    assert beside(root) == set()


def test_a_damaged_archive_is_kept_and_can_be_had_anew(root):
    broken = BODY[:500_000] + bytes(10) + BODY[500_010:]
    with serve(broken) as site:
        message = refusal(root, site.url)
        assert "is not an intact zip archive (Bad CRC-32" in message
        assert "delete study.zip and run again to download it anew" in message
        assert beside(root) == {"study.zip"}

        (root.parent / "study.zip").unlink()
        site.body = BODY
        fetch(root, site.url)

    assert root.is_dir()


def test_a_digest_to_insist_on(root):
    with serve(BODY) as site:
        message = refusal(root, site.url, sha256=["0" * 64])

    assert f"has the SHA-256 {hashlib.sha256(BODY).hexdigest()}, but study.sha256 is {'0' * 64}" in message


def test_an_archive_that_changes_on_the_disk_is_refused(root):
    with serve(BODY) as site:
        fetch(root, site.url)
    shutil.rmtree(root)
    (root.parent / "study.zip").write_bytes(zipped(STUDY))

    message = refusal(root, site.url)

    assert "study.zip has changed since its first download" in message
    assert hashlib.sha256(BODY).hexdigest() in message


def test_an_archive_that_changes_on_the_server_is_refused(root):
    with serve(BODY) as site:
        fetch(root, site.url)
        shutil.rmtree(root)
        (root.parent / "study.zip").unlink()
        site.body = zipped(STUDY)

        assert "has changed since its first download" in refusal(root, site.url)

        (root.parent / "study.zip.sha256").unlink()
        fetch(root, site.url)
    assert contents(root) == STUDY


def test_a_file_of_digests_that_is_none(root):
    root.parent.mkdir(exist_ok=True)
    (root.parent / "study.zip").write_bytes(BODY)
    (root.parent / "study.zip.sha256").write_text("garbage\n")

    assert "is not a list of SHA-256 sums" in refusal(root, "http://127.0.0.1:1/never")


def free_bytes(monkeypatch, free):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - free, free))


def test_a_disk_too_full_for_the_download(root, monkeypatch):
    free_bytes(monkeypatch, 100 * 10**6 + len(BODY) - 1)
    with serve(BODY) as site:
        message = refusal(root, site.url)

    assert "0.10 GB are free; make room" in message
    assert not (root.parent / "study.zip").exists()


def test_a_disk_too_full_to_unpack_keeps_the_archive(root, monkeypatch):
    body = zipped({"zeros.bin": bytes(5_000_000)}, 8)
    free_bytes(monkeypatch, 100 * 10**6 + 1_000_000)
    with serve(body) as site:
        assert "The unpacked study needs 0.01 GB" in refusal(root, site.url)

    assert (root.parent / "study.zip").read_bytes() == body


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "raw").write_text("a file where a folder should be")

    with pytest.raises(StudyError, match="There is no folder .*study.path"):
        fetch(tmp_path / "raw" / "study", "http://127.0.0.1:1/never")


def test_two_runs_do_not_write_one_file(root):
    root.parent.mkdir(exist_ok=True)
    with FileLock(root.parent / "study.zip.lock"):
        assert "Another run is downloading" in refusal(root, "http://127.0.0.1:1/never")


def test_an_unsafe_archive_is_kept_and_named(root):
    body = zipped({"../evil.txt": b"evil"})
    with serve(body) as site:
        message = refusal(root, site.url)

    assert "holds the path '../evil.txt', which leads out" in message
    assert beside(root) == {"study.zip", "study.zip.sha256"}


def test_a_misspelt_path_downloads_nothing(tmp_path):
    with pytest.raises(StudyError, match="There is no folder .*/nowhere to download study into"):
        fetch_study(
            tmp_path / "nowhere" / "study", ["http://127.0.0.1:9/study.zip"], contents="images", limit=10
        )
