"""The pipeline by patterns against the pipeline by RDMs: the same tables, for every distance and method."""

import shutil

import numpy as np
import pandas as pd
import pytest

from tests.projects import FEW_REGIONS, PIPELINES, SMALL, Project, merged
from tyrosine.errors import ParameterError
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
        for pipeline in ("ingestion", "brain_rdm_construction", "rdm_construction", "comparison"):
            small_study.run(pipeline, params=changed)
        tables[engine] = {name: small_study.load(name).reset_index(drop=True) for name in TABLES}

    assert set(tables["patterns"]["similarities"]["engine"]) == {"patterns"}
    assert set(tables["patterns"]["similarities"]["n_stimuli"]) == {24}
    assert len(tables["patterns"]["partial_similarities"]) == (0 if comparison is SOME else 7 * 5 * 4)
    assert set(tables["patterns"]["noise_ceilings"]["n_stimuli"]) == {20}
    hold_equal(tables["patterns"], tables["rdms"])


@pytest.fixture(scope="module")
def large(finished_few, tmp_path_factory):
    """A finished project that is run again as if its 24 stimuli were too many for RDMs."""
    root = shutil.copytree(finished_few.root, tmp_path_factory.mktemp("large") / "project")
    changed = {
        "comparison": {"max_stimuli": 12, "methods": "pearson spearman", "stimulus_samples": 5},
        "clustering": {"n_clusters": 3},
        "inference": {"n_bootstraps": 50},
    }
    project = Project(root, merged(finished_few.params, changed))
    for pipeline in PIPELINES[:2] + PIPELINES[3:]:
        project.run(pipeline)
    return project


def test_a_study_of_many_stimuli_has_rdms_of_some_and_similarities_of_all(large, finished_few):
    chosen = large.load("rdm_stimuli")["stimulus_id"].tolist()
    every = large.load("stimuli")["stimulus_id"].tolist()
    assert len(chosen) == 12 and [name for name in every if name in chosen] == chosen
    for name in ("brain_rdms", "model_rdms"):
        assert list(large.load(name).pattern_descriptors["stimulus_id"]) == chosen
    assert set(large.load("clusters")["stimulus_id"]) == set(chosen)

    keys = ["subject", "roi", "model", "layer"]
    found = large.load("similarities").set_index(keys)
    assert set(found["engine"]) == {"patterns"} and set(found["n_stimuli"]) == {24}
    by_pearson, by_spearman = (found[found["method"] == name] for name in ("pearson", "spearman"))
    assert by_pearson["standard_error"].isna().all() and (by_spearman["standard_error"] > 0).all()
    # In the simulated study stimuli are shown in sessions of their own, and patterns have repetitions for
    # folds, so that crossnobis distances differ a little.
    expected = finished_few.load("similarities").set_index(keys)["similarity"]
    assert np.corrcoef(by_pearson["similarity"], expected[by_pearson.index])[0, 1] > 0.9
    assert np.corrcoef(by_spearman["similarity"], expected[by_spearman.index])[0, 1] > 0.7


def test_what_needs_rdms_of_all_stimuli_says_why_it_is_missing(large):
    reason = "more stimuli than comparison.max_stimuli, and no RDM of them"
    permuted = large.load("model_tests").query("test == 'stimulus permutation'")
    assert set(permuted["undefined"]) == {reason}
    assert set(large.load("variance_partition")["undefined"]) == {reason}
    assert large.load("contrasts").query("method == 'pearson' and kind == 'pair'")["p"].notna().all()


def test_report_and_captions_name_the_stimuli_of_rdms(large):
    report = large.load("report")
    report = report if isinstance(report, str) else report.decode()
    assert "RDMs are of 12 of the 24 stimuli (comparison.max_stimuli)" in report
    figures = large.load("clustered_rdm_figures")
    assert all("of 12 stimuli chosen from 24" in figure.caption for figure in figures.values())
    assert "chosen from" not in large.load("similarity_plot").caption


def test_a_rank_correlation_of_many_stimuli_is_refused(large):
    with pytest.raises(ParameterError, match=r"comparison\.stimulus_samples"):
        large.run("ingestion", params={"comparison": {"stimulus_samples": 0}})
