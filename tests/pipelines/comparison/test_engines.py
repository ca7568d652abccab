"""The pipeline by patterns against the pipeline by RDMs: the same tables, for every distance and method."""

import pandas as pd
import pytest

from tests.projects import FEW_REGIONS, SMALL, Project, merged
from tyrosine.parameters.measures import METHODS

# Every stimulus is shown in every session, so that sessions are folds for patterns too.
EVEN = {
    "simulation": {"n_stimuli": 20, "unique_stimuli": 4, "sessions": 3},
    "roster": "vit bert clip_vision word_count",
    "models": {"vit": {"layer": "best"}},
    "inference": {"n_bootstraps": 50, "n_permutations": 50, "n_folds": 2, "n_fold_draws": 2},
}
TABLES = [
    "similarities", "layer_choices", "noise_ceilings", "model_tests", "bootstrap_similarities", "contrasts",
    "ceiling_shares", "contrast_robustness", "variance_partition", "partial_similarities",
    "reweighted_similarities", "second_order_rdm",
]  # fmt: skip


@pytest.fixture(scope="module")
def small_study(tmp_path_factory):
    """A project whose features and RDMs are made."""
    project = Project.create(tmp_path_factory.mktemp("engines"), merged(SMALL, FEW_REGIONS, EVEN))
    for pipeline in ("ingestion", "brain_rdm_construction", "feature_extraction", "rdm_construction"):
        project.run(pipeline)
    return project


def hold_equal(found, expected):
    for name, table in found.items():
        other = expected[name].drop(columns="engine", errors="ignore")
        pd.testing.assert_frame_equal(
            table.drop(columns="engine", errors="ignore"), other, rtol=1e-9, atol=1e-9
        )


WITHOUT_RDMS = [name for name, method in METHODS.items() if method.of_sums is not None]
# Word counts have equal dissimilarities, which rounding tells apart in an RDM, and ranks with it.
ALL = {"methods": " ".join(METHODS), "partial_out": "clip_vision", "reweighting": "layers"}
SOME = {"methods": " ".join(WITHOUT_RDMS)}
THREE = {"roster": "vit bert clip_vision"}


@pytest.mark.parametrize(
    ("brain_distance", "model_distance", "comparison", "roster"),
    [
        ("crossnobis", "correlation", ALL, THREE),
        ("correlation", "cosine", SOME, {}),
        ("cosine", "squared_euclidean", SOME, {}),
        ("squared_euclidean", "correlation", SOME, {}),
    ],
)
def test_every_table_is_the_same_by_patterns_and_by_rdms(
    small_study, brain_distance, model_distance, comparison, roster
):
    rdm = {"rdm": {"brain_distance": brain_distance, "model_distance": model_distance}}
    tables = {}
    for engine in ("rdms", "patterns"):
        changed = merged(rdm, roster, {"comparison": {"engine": engine, **comparison}})
        for pipeline in ("brain_rdm_construction", "rdm_construction", "comparison"):
            small_study.run(pipeline, params=changed)
        tables[engine] = {name: small_study.load(name).reset_index(drop=True) for name in TABLES}

    assert set(tables["patterns"]["similarities"]["engine"]) == {"patterns"}
    assert set(tables["patterns"]["similarities"]["n_stimuli"]) == {24}
    assert len(tables["patterns"]["partial_similarities"]) == (0 if comparison is SOME else 7 * 5 * 4)
    assert set(tables["patterns"]["noise_ceilings"]["n_stimuli"]) == {20}
    hold_equal(tables["patterns"], tables["rdms"])
