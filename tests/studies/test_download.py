"""The download of a study from a server on this machine that behaves in every bad way."""

import hashlib
import random

import pytest

from tests.studies.archives import STUDY, serve, zipped
from tests.studies.downloading import (
    BODY,
    EARLY,
    LATER,
    PATIENT,
    beside,
    contents,
    fetch,
    refusal,
)
from tyrosine.studies import download
from tyrosine.studies.download import CHUNK, Patience


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
