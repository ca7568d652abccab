"""Downloads that cannot be had, and what is said of them."""

import hashlib
import re
import shutil
import socket
from collections import namedtuple

import pytest
from filelock import FileLock

from tests.studies.archives import STUDY, serve, zipped
from tests.studies.downloading import BODY, PATIENT, beside, contents, fetch, refusal
from tyrosine.errors import StudyError
from tyrosine.studies.download import fetch_study


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
