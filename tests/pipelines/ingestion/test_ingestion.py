"""Ingestion: the same results from either layout, and distributed RDMs held against responses."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

from tests.projects import FEW_REGIONS, SMALL, Project, merged
from tyrosine.errors import ParameterError, StudyError
from tyrosine.parameters import RDMParameters, StudyParameters, parse
from tyrosine.pipelines.brain_rdm_construction.nodes import build_brain_rdms
from tyrosine.pipelines.ingestion.nodes import cover_regions, read_responses, read_stimuli
from tyrosine.studies import layouts
from tyrosine.tables import schemas

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}
TABLES = (
    "02_intermediate/simulated/stimuli_metadata.csv",
    "03_primary/simulated/region_coverage.parquet",
    "07_model_output/simulated/clusters.parquet",
    "07_model_output/simulated/cluster_categories.parquet",
    "07_model_output/simulated/similarities.parquet",
    "07_model_output/simulated/noise_ceilings.parquet",
)


@pytest.fixture(scope="module")
def both_layouts(tmp_path_factory):
    """Two projects that have ingested and clustered the simulated study, each in one layout."""
    projects = {}
    for layout in ("algonauts_shared", "nsd_872"):
        projects[layout] = Project.create(tmp_path_factory.mktemp(layout), merged(SMALL, FEW_REGIONS))
        params = {
            "simulation": {"layout": layout, "n_stimuli": 16, "n_subjects": 2, "lacking": {2: "EBA"}},
            "roster": "bert vit",
        }
        for pipeline in (
            "ingestion",
            "brain_rdm_construction",
            "feature_extraction",
            "rdm_construction",
            "rdm_clustering",
            "comparison",
        ):
            projects[layout].run(pipeline, params=params)
    return projects["algonauts_shared"], projects["nsd_872"]


@pytest.mark.parametrize("table", TABLES)
def test_tables_do_not_depend_on_the_layout(both_layouts, table):
    read = pd.read_parquet if table.endswith(".parquet") else pd.read_csv
    newer, former = (read(project.root / "data" / table) for project in both_layouts)

    # What a table was made with, which is recorded beside it, has the layout.
    newer.attrs = former.attrs = {}
    pd.testing.assert_frame_equal(newer, former, check_exact=True)


def test_stimuli_differ_between_layouts_only_in_where_they_lie(both_layouts):
    newer, former = (project.load("stimuli") for project in both_layouts)

    apart = ["image", "row_source"]
    pd.testing.assert_frame_equal(newer.drop(columns=apart), former.drop(columns=apart))
    assert set(newer["row_source"]) == {"metadata row order"}
    assert set(former["row_source"]) == {"sorted file names"}


def test_brain_rdms_do_not_depend_on_the_layout(both_layouts):
    newer, former = (project.load("brain_rdms") for project in both_layouts)

    np.testing.assert_array_equal(newer.dissimilarities, former.dissimilarities)
    assert list(newer.rdm_descriptors["roi"]) == list(former.rdm_descriptors["roi"])


def test_agreement_is_recorded_for_each_distributed_rdm(both_layouts):
    newer, former = (project.load("rdm_agreement") for project in both_layouts)

    # Four ROIs of two subjects, one of whom lacks EBA; the newer layout has an RDM for each hemisphere.
    assert len(former) == 7
    assert len(newer) == 14
    assert set(newer["hemisphere"]) == {"lh", "rh"}
    for table in (newer, former):
        assert table["correlation"].min() > 1 - 1e-9
        assert table["max_difference"].max() < 1e-9


def study(root, **options):
    return parse(
        StudyParameters, {"name": "x", "title": "X", "path": root, "regions": REGIONS} | options, "study"
    )


def build(root, distance="correlation", **options):
    found = layouts.open_study(root, "auto")
    raw = {"root_folder": found.root, "layout": found.layout, "simulated": False}
    chosen = study(root, **options)
    stimuli, presentations = read_stimuli(raw, chosen)
    distributed, responses = (
        {name: promised for name, promised in promises.items() if promised() is not None}
        for promises in read_responses(raw, presentations, chosen)
    )
    coverage = cover_regions(responses, distributed, chosen)
    rdms, agreement = build_brain_rdms(
        responses, distributed, stimuli, chosen, RDMParameters(brain_distance=distance)
    )
    return rdms, coverage, agreement


@pytest.fixture
def with_rdms(algonauts):
    """The small study in the newer layout, with the RDMs of its responses."""
    for path in algonauts.glob("subj*/rois/*.npy"):
        folder = path.parents[1] / "rdms"
        folder.mkdir(exist_ok=True)
        np.save(folder / path.name, pdist(np.load(path).astype(float), "correlation"))
    return algonauts


def reorder(root):
    """Distribute the RDM of one region over the stimuli in reverse."""
    path = root / "subj01/rdms/EBA_rh_subj01.npy"
    square = squareform(np.load(path))
    np.save(path, squareform(square[::-1, ::-1]))


def test_rdms_of_another_row_order_are_refused(with_rdms):
    reorder(with_rdms)

    with pytest.raises(StudyError, match=r"1 of 6 .* below 0.99 \(subject 1 EBA rh at .*on_mismatch to warn"):
        build(with_rdms)


def test_a_condensed_rdm_read_down_its_columns_is_refused(with_rdms):
    path = with_rdms / "subj01/rdms/EBA_rh_subj01.npy"
    square = squareform(np.load(path))
    np.save(path, square.T[np.tril_indices(6, -1)])

    with pytest.raises(StudyError, match="another row order"):
        build(with_rdms)


def test_a_constant_rdm_is_refused(with_rdms):
    np.save(with_rdms / "subj01/rdms/EBA_rh_subj01.npy", np.ones(15))

    with pytest.raises(StudyError, match="subject 1 EBA rh at nan"):
        build(with_rdms)


def test_a_mismatch_may_be_recorded_instead(with_rdms, caplog):
    reorder(with_rdms)

    rdms, _, agreement = build(with_rdms, on_mismatch="warn")

    schemas.rdm_agreement.validate(agreement)
    worst = agreement.loc[agreement["correlation"].idxmin()]
    assert (worst["subject"], worst["roi"], worst["hemisphere"]) == (1, "EBA", "rh")
    stored = np.load(with_rdms / "subj01/rdms/EBA_rh_subj01.npy")
    ours = pdist(np.load(with_rdms / "subj01/rois/EBA_rh_subj01.npy").astype(float), "correlation")
    assert worst["correlation"] == pytest.approx(np.corrcoef(stored, ours)[0, 1])
    assert worst["max_difference"] == pytest.approx(np.abs(stored - ours).max())
    assert "going on with the RDMs as computed" in caplog.text
    assert rdms.n_rdm == 3


def test_the_check_uses_correlation_distance_whatever_is_computed(with_rdms):
    rdms, _, agreement = build(with_rdms, distance="euclidean")

    assert rdms.dissimilarity_measure == "euclidean"
    assert agreement["correlation"].min() > 1 - 1e-9


def test_distributed_rdms_can_be_asked_for(nsd_872):
    path = nsd_872 / "NSD_872_RDMs/floc-bodies/subject_1_merged_EBA_both.npz"
    with np.load(path) as loaded:
        rdm = loaded["rdm"] * 2
    np.savez(path, rdm=rdm)

    rdms, coverage, agreement = build(nsd_872, brain_rdms="distributed")

    np.testing.assert_allclose(rdms.dissimilarities[0], squareform(rdm, checks=False))
    assert rdms.dissimilarity_measure == "as distributed"
    assert coverage["n_voxels"].tolist() == [7, 7, 7, 0]
    assert agreement["max_difference"].max() == pytest.approx(rdm.max() / 2)


def test_a_distance_that_only_some_rdms_can_have_is_refused(nsd_872):
    for path in (nsd_872 / "NSD_872_fmri/floc-places/PPA").iterdir():
        path.unlink()

    assert build(nsd_872)[0].n_rdm == 3
    with pytest.raises(StudyError, match="Of PPA of subject 1 there is only the RDM as distributed"):
        build(nsd_872, distance="euclidean")


def test_fewer_regions_are_taken_and_others_asked_for_again(algonauts):
    found = layouts.open_study(algonauts, "auto")
    raw = {"root_folder": found.root, "layout": found.layout, "simulated": False}
    stimuli, presentations = read_stimuli(raw, study(algonauts))
    _, responses = read_responses(raw, presentations, study(algonauts))

    rdms, _ = build_brain_rdms(
        responses, {}, stimuli, study(algonauts, regions={"places": ["PPA"]}), RDMParameters()
    )

    assert rdms.rdm_descriptors["roi"] == ["PPA"]
    with pytest.raises(StudyError, match="nor RDMs of region OFA; run the pipeline ingestion"):
        build_brain_rdms(
            responses, {}, stimuli, study(algonauts, regions={"faces": ["OFA"]}), RDMParameters()
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r + np.triu(np.ones((6, 6))), "diagonal"),
        (lambda r: r + np.triu(np.ones((6, 6)), 1), "not symmetric"),
        (lambda r: -r, "negative"),
        (lambda r: np.where(np.eye(6), 0, np.nan), "not finite"),
    ],
    ids=["similarities", "asymmetric", "negative", "NaN"],
)
def test_distributed_rdms_that_are_none_are_refused(nsd_872, change, words):
    path = nsd_872 / "NSD_872_RDMs/floc-bodies/subject_1_merged_EBA_both.npz"
    with np.load(path) as loaded:
        rdm = change(loaded["rdm"])
    np.savez(path, rdm=rdm)

    with pytest.raises(ValueError, match=words):
        build(nsd_872)


SETS = {"floc": {"bodies": ["EBA"]}, "words": {"words": ["VWFA-1"]}}


def test_regions_can_be_named_by_one_word():
    chosen = study("x", regions="words floc", region_sets=SETS)

    assert chosen.regions == {"words": ("VWFA-1",), "bodies": ("EBA",)}


def test_an_unknown_set_of_regions_is_refused():
    with pytest.raises(ParameterError, match="'early' in regions is not one of region_sets: floc, words"):
        study("x", regions="early", region_sets=SETS)


@pytest.mark.parametrize(
    ("name", "expected"), [(None, "places"), ("early_visual", "early visual"), ("words", "words")]
)
def test_the_regions_of_nsd_are_one_word_on_the_command_line(project, name, expected):
    params = {"study": {"regions": name}} if name else {}
    with project.session("nsd", **params) as session:
        regions = session.load_context().params["study"].regions

    assert expected in regions
    assert ("FBA-1" in regions.get("bodies", ())) == (name is None)
