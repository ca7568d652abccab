"""A study that has to be downloaded first, through Kedro: from an address to brain RDMs."""

import hashlib
import shutil

import pytest

from tests.studies.archives import serve, zipped
from tyrosine.errors import ParameterError, StudyError


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def archive(images78):
    """The study of `images78` as one would find it on a server; the folder itself is gone."""
    files = {
        f"78images/{path.relative_to(images78).as_posix()}": path.read_bytes()
        for path in sorted(images78.rglob("*"))
        if path.is_file()
    }
    shutil.rmtree(images78)
    return zipped({**files, "__MACOSX/78images/._stimuli_data": b"mac"})


def test_a_missing_study_is_downloaded_and_read(project, archive):
    with serve(archive) as site:
        project.run("ingestion", env="images78", params={"study": {"url": site.url}})

    project.run("brain_rdm_construction", env="images78")
    rdms = project.load("brain_rdms", env="images78")
    assert rdms.n_rdm == 6
    assert set(rdms.rdm_descriptors["roi"]) == {"EVC", "IT"}
    assert (project.root / "data/01_raw/images78/stimuli_data/image_01.jpg").is_file()
    assert len(site.asked) == 1


def test_parts_and_their_digests_can_be_given_as_words(project, archive):
    parts = {"/a": archive[:1000], "/b": archive[1000:]}
    with serve(parts) as site:
        base = site.url.removesuffix("/study.zip")
        urls = " ".join(base + path for path in parts)
        digests = " ".join(hashlib.sha256(part).hexdigest() for part in parts.values())
        project.run("ingestion", env="images78", params={"study": {"url": urls, "sha256": digests}})

    project.run("brain_rdm_construction", env="images78")
    assert project.load("brain_rdms", env="images78").n_rdm == 6


def test_an_address_that_is_gone_tells_how_to_go_on_without(project):
    with serve(b"", [404]) as site, pytest.raises(StudyError) as caught:
        project.run("ingestion", env="nsd", params={"study": {"url": site.url}})

    message = str(caught.value)
    for part in (
        f"{site.url} answers 404 Not Found",
        str(project.root / "data/01_raw/nsd"),
        "images, metadata_shared.csv",
        "https://naturalscenesdataset.org",
        "study.path",
    ):
        assert part in message
    assert not (project.root / "data/01_raw/nsd").exists()


def test_the_limit_of_unpacking_is_a_parameter(project, archive):
    with serve(archive) as site, pytest.raises(StudyError, match="study.unpacked_limit"):
        project.run("ingestion", env="images78", params={"study": {"url": site.url, "unpacked_limit": 1000}})


def test_without_an_address_a_missing_study_is_refused(project):
    with pytest.raises(StudyError, match="images78 does not exist"):
        project.run("ingestion", env="images78", params={"study": {"url": None}})


@pytest.mark.parametrize(
    ("study", "sentence"),
    [
        ({"url": "ftp://data.example/a.zip"}, "study.url.0 is 'ftp://data.example/a.zip': it is no address"),
        ({"url": "https://"}, "it is no address of the web"),
        ({"sha256": "abc"}, "study.sha256.0 is 'abc': it is no SHA-256"),
        ({"sha256": ["0" * 64] * 2}, "sha256 has 2 values for 1 addresses"),
        ({"unpacked_limit": 0}, "study.unpacked_limit is 0: input should be greater"),
    ],
)
def test_parameters_of_the_download_that_make_no_sense(project, study, sentence):
    with pytest.raises(ParameterError, match=sentence):
        project.run("ingestion", env="images78", params={"study": study})
