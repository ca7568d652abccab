"""A layout that somebody adds: the example of the documentation works, from the folder to brain RDMs."""

import importlib
import sys

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from tests.conftest import write_images
from tests.diffs import changed_files
from tyrosine import studies
from tyrosine.errors import ParameterError, StudyError
from tyrosine.parameters import RDMParameters, StudyParameters, parse
from tyrosine.parameters.layouts import LAYOUTS
from tyrosine.pipelines.brain_rdm_construction.nodes import build_brain_rdms
from tyrosine.pipelines.ingestion.nodes import (
    cover_regions,
    prepare_study,
    read_responses,
    read_stimuli,
)

SHAPES = {(1, "EVC"): ("lh", "rh"), (2, "EVC"): ("rh",), (2, "IT"): ("lh",)}


@pytest.fixture
def documented(tmp_path, monkeypatch):
    """The layout `by_hemisphere` of docs/extending.md, added as the diff there says."""
    changed = changed_files("docs/extending.md", "A new layout")
    assert list(changed) == ["src/tyrosine/studies/by_hemisphere.py", "src/tyrosine/parameters/layouts.py"]
    module, table = changed.values()
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "by_hemisphere.py").write_text(module, encoding="utf-8")
    (folder / "changed_layouts.py").write_text(table, encoding="utf-8")
    monkeypatch.setattr(studies, "__path__", [*studies.__path__, str(folder)])
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(
        LAYOUTS, "by_hemisphere", importlib.import_module("changed_layouts").LAYOUTS["by_hemisphere"]
    )
    yield
    for name in ("tyrosine.studies.by_hemisphere", "changed_layouts"):
        sys.modules.pop(name, None)


@pytest.fixture
def responses():
    """Responses (6, 4) of every subject, region and hemisphere that there is."""
    rng = np.random.default_rng(0)
    return {
        (subject, roi, side): rng.normal(size=(6, 4)).astype(np.float32)
        for (subject, roi), sides in SHAPES.items()
        for side in sides
    }


@pytest.fixture
def study(tmp_path, responses):
    root = tmp_path / "raw"
    write_images(root / "images", [f"{name}.png" for name in "abcdef"])
    for (subject, roi, side), values in responses.items():
        (root / f"subj{subject:02d}").mkdir(exist_ok=True)
        np.save(root / f"subj{subject:02d}" / f"{roi}_{side}.npy", values)
    return StudyParameters.model_construct(
        name="mine", title="Mine", path=root, source="auto", url=(), subjects="all", hemispheres="both",
        regions={"ventral stream": ("EVC", "IT")}, brain_rdms="computed", on_mismatch="refuse",
        coco_path=None, crop_share=0.5,
    )  # fmt: skip


@pytest.mark.usefixtures("documented")
def test_a_layout_is_read_from_the_folder_to_brain_rdms(study, responses):
    raw_study = prepare_study(study)
    stimuli, presentations = read_stimuli(raw_study, study)
    _, recorded = read_responses(raw_study, presentations, study)

    rdms, agreement = build_brain_rdms(recorded, {}, stimuli, study, RDMParameters())

    assert raw_study["layout"] == "by_hemisphere"
    labels = rdms.rdm_descriptors
    for row, (subject, roi) in enumerate(zip(labels["subject"], labels["roi"])):
        voxels = [responses[subject, roi, side].astype(float) for side in SHAPES[subject, roi]]
        expected = pdist(np.hstack(voxels), "correlation")
        np.testing.assert_allclose(rdms.dissimilarities[row], expected, atol=1e-12)
    assert sorted(zip(labels["subject"], labels["roi"])) == sorted(SHAPES)
    assert agreement.empty
    coverage = cover_regions(recorded, {}, study).set_index(["subject", "roi"])
    assert coverage.loc[(1, "EVC"), "n_voxels"] == 8
    assert not coverage.loc[(1, "IT"), "covered"]


@pytest.mark.usefixtures("documented")
def test_a_layout_is_a_value_of_the_parameter(study):
    fields = {"name": "mine", "title": "Mine", "path": study.path, "regions": {"x": ["EVC"]}}

    assert parse(StudyParameters, fields | {"source": "by_hemisphere"}, "study").source == "by_hemisphere"
    with pytest.raises(ParameterError, match="study.source is 'plan': expected 'auto'.* or 'by_hemisphere'"):
        parse(StudyParameters, fields | {"source": "plan"}, "study")


@pytest.mark.usefixtures("documented")
def test_what_the_folder_lacks_is_told_for_the_layout_too(tmp_path, study):
    (tmp_path / "empty").mkdir()

    with pytest.raises(StudyError, match="for by_hemisphere it lacks images, subj01/<ROI>_lh.npy"):
        prepare_study(study.model_copy(update={"path": tmp_path / "empty"}))
