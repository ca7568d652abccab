"""`kedro tyrosine new-study`: from a folder of images to a report, and what is refused."""

import numpy as np
import pytest
import yaml
from scipy.spatial.distance import pdist

from tests.conftest import write_images
from tests.projects import kedro
from tyrosine.errors import ProjectFolderError, StudyError
from tyrosine.new_study import make_study

NAMES = [f"im{number}" for number in range(10)]


def write_study(root, kind):
    """Ten images and three subjects; returns responses by subject and region, which RDMs are of."""
    write_images(root / "images", [f"{name}.png" for name in NAMES])
    (root / kind).mkdir()
    rng, made = np.random.default_rng(0), {}
    for subject in (1, 2, 3):
        for roi in ("IT", "V1"):
            made[subject, roi] = rng.normal(size=(10, 20))
            array = made[subject, roi] if kind == "responses" else pdist(made[subject, roi], "correlation")
            np.save(root / kind / f"subj{subject:02d}_{roi}.npy", array)
    return made


@pytest.fixture
def folder(tmp_path):
    """A folder with RDMs, and beside it what is a project to the command."""
    write_study(tmp_path / "mine", "rdms")
    (tmp_path / "conf" / "base").mkdir(parents=True)
    return tmp_path / "mine"


@pytest.mark.parametrize("kind", ["rdms", "responses"])
def test_a_folder_becomes_a_report(project, kind):
    made = write_study(project.root / "mine", kind)

    told = kedro(project, "tyrosine", "new-study", "mine")
    ran = kedro(project, "run", "--env", "mine", "--params", "roster=pixels gabor_energy")

    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[-1] == "Next: kedro run --env mine"
    assert ran.returncode == 0, ran.stderr
    assert (project.root / "data/08_reporting/mine/report.html").is_file()
    rdms = project.load("brain_rdms", env="mine", roster="pixels gabor_energy")
    labels = rdms.rdm_descriptors
    for row, key in enumerate(zip(labels["subject"], labels["roi"])):
        np.testing.assert_allclose(rdms.dissimilarities[row], pdist(made[key], "correlation"), atol=1e-5)


def test_what_is_written_follows_the_files(folder, tmp_path):
    (folder / "regions.csv").write_text("roi,selectivity\nV1,early\nIT,late\n", encoding="utf-8")
    captions = "".join(f"{name},A picture.\n" for name in NAMES)
    (folder / "captions.csv").write_text(f"stimulus,caption\n{captions}", encoding="utf-8")

    make_study(folder, tmp_path)

    written = yaml.safe_load((tmp_path / "conf/mine/parameters_study.yml").read_text(encoding="utf-8"))
    regions = {"early": ["V1"], "late": ["IT"]}
    assert written == {"study": {"title": "mine", "source": "plain", "path": "mine", "regions": regions}}


@pytest.mark.parametrize("name", ["a/b", "a.b", "a b", "..", "base", ""])
def test_a_name_that_cannot_be_is_refused(folder, tmp_path, name):
    with pytest.raises(ProjectFolderError, match="--name"):
        make_study(folder, tmp_path, name)


def test_an_unknown_folder_is_refused(folder, tmp_path):
    with pytest.raises(StudyError, match="does not exist"):
        make_study(tmp_path / "nowhere", tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("stimuli.csv", "\n".join(["stimulus", *NAMES, "other"]), "lists stimuli without an image"),
        ("stimuli.csv", "\n".join(["stimulus", *NAMES[1:]]), "does not list .im0"),
        ("stimuli.csv", "\n".join(["stimulus", *NAMES, "im0"]), "im0 is listed twice"),
        ("captions.csv", "stimulus,caption\nother,A cat.\n", "captions of stimuli that have no image"),
        ("rdms/subj01_V1.npy", np.ones(44), "has shape"),
        ("rdms/subj01_V1.npy", np.full(45, np.nan), "is not finite"),
        ("rdms/subj01_V1.npy", np.ones(45, dtype=int), "expected floating-point"),
        ("rdms/subj01_V1.npy", np.array([{}], dtype=object), "cannot be read"),
        ("rdms/V1.npy", np.ones(45), "name without subject and region"),
    ],
)
def test_a_broken_file_is_one_sentence_and_nothing_is_written(folder, tmp_path, file, content, sentence):
    if isinstance(content, str):
        (folder / file).write_text(content, encoding="utf-8")
    else:
        np.save(folder / file, content, allow_pickle=True)

    with pytest.raises(StudyError, match=sentence):
        make_study(folder, tmp_path)

    assert [path.name for path in (tmp_path / "conf").iterdir()] == ["base"]


def test_rows_are_those_of_the_file_of_presentations(folder, tmp_path):
    (folder / "responses").mkdir()
    rows = [f"{subject},{name},{k}" for subject in (1, 2, 3) for k in (1, 2) for name in NAMES]
    (folder / "presentations.csv").write_text("\n".join(["subject,stimulus,repetition", *rows]))
    np.save(folder / "responses/subj01_V1.npy", np.random.default_rng(0).normal(size=(19, 4)))
    with pytest.raises(StudyError, match="expected .20, n_voxels"):
        make_study(folder, tmp_path)
    np.save(folder / "responses/subj01_V1.npy", np.random.default_rng(0).normal(size=(20, 4)))

    assert "rdms and responses" in make_study(folder, tmp_path).told[1]
