"""The table of reweighted similarities: models, pairs and ceilings that its rows are of, and reasons."""

import numpy as np
import pandas as pd
import pytest
from rsatoolbox.data import Dataset
from scipy import stats
from scipy.spatial.distance import pdist

from tests.projects import roster as run_roster
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.inference.reweighted_comparison import reweight_models
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.reweighting import (
    feature_entries,
    held_out_ceiling,
    held_out_similarity,
    layer_entries,
    reweighted_similarity,
)
from tyrosine.rsa.variance_partition import draw_folds
from tyrosine.tables import schemas

IDS = [f"s{number:02}" for number in range(20)]
INFERENCE = InferenceParameters(n_folds=4, n_fold_draws=3)
RNG = np.random.default_rng(0)
# Two layers of the model vit, one of bert, and a feature of stimuli.
LAYERS = [RNG.normal(size=(len(IDS), 5)) for _ in range(4)]
FOLDS = np.stack(
    [draw_folds(len(IDS), 4, stream) for stream in [random_stream(3, "folds", "stimuli")] for _ in range(3)]
)


def brains(ids=IDS):
    rows = [IDS.index(name) for name in ids]
    rng = np.random.default_rng(1)
    signal = LAYERS[1] * [2.0, 1.0, 0.5, 0.0, 0.0]
    rdms = np.stack([pdist((signal + rng.normal(size=signal.shape))[rows]) for _ in range(5)])
    labels = {"subject": [1, 2, 3, 1, 2], "selectivity": ["x"] * 5, "roi": ["EBA"] * 3 + ["PPA"] * 2}
    return label_rdms(rdms, ids, labels, "correlation")


def models(ids=IDS):
    rows = [IDS.index(name) for name in ids]
    labels = {
        "model": ["vit", "vit", "bert", "pixels"], "label": ["ViT", "ViT", "BERT", "Pixels"],
        "modality": ["vision", "vision", "language", "stimulus"], "task": ["any"] * 4,
        "layer": ["low", "high", "top", "pixels"], "reported": [False, True, True, True],
    }  # fmt: skip
    return label_rdms(np.stack([compute_rdm(one[rows]) for one in LAYERS]), ids, labels, "correlation")


def features(name, layers, numbers):
    """The features of a model, its stimuli in the reverse order of the RDMs."""
    return Dataset(
        np.hstack([LAYERS[number] for number in numbers])[::-1].astype(np.float32),
        descriptors={"model": name},
        obs_descriptors={"stimulus_id": IDS[::-1]},
        channel_descriptors={"layer": np.repeat(layers, 5).tolist()},
    )


def reweight(reweighting, *given, **options):
    ids = options.pop("ids", IDS)
    inference = INFERENCE.model_copy(update=options)
    table = reweight_models(
        brains(ids), models(ids), ComparisonParameters(reweighting=reweighting), inference, 3, *given
    )
    schemas.reweighted_similarities.validate(table)
    return table


def check(table, entries, rdm, roi, rows):
    """Hold a row of the table against the functions of `tyrosine.rsa.reweighting`."""
    weights = {"layers": "non-negative", "features": "ridge"}[table["reweighting"].iloc[0]]
    chosen = brains().dissimilarities[rows]
    expected = reweighted_similarity(entries, chosen, FOLDS, weights)
    row = table.set_index(["model", "roi"]).loc["vit", roi]
    assert row["estimate"] == pytest.approx(expected.mean())
    assert row["p"] == pytest.approx(stats.ttest_1samp(expected, 0, alternative="greater").pvalue)
    assert row["similarity"] == pytest.approx(held_out_similarity(rdm, chosen, FOLDS).mean())
    ceiling = held_out_ceiling(chosen, FOLDS)
    assert (row["ceiling_lower"], row["ceiling_upper"]) == pytest.approx(ceiling)


@pytest.mark.parametrize(("roi", "rows"), [("EBA", [0, 1, 2]), ("PPA", [3, 4])])
def test_layers_are_weighted_for_each_subject_of_a_region(roi, rows):
    table = reweight("layers")

    rdms = models().dissimilarities
    check(table, layer_entries(rdms[:2]), rdms[1], roi, rows)
    reasons = table.set_index(["model", "roi"])["undefined"]
    assert reasons["bert", roi] == "the model has one layer"
    assert set(table["model"]) == {"vit", "bert"}


@pytest.mark.parametrize(("roi", "rows"), [("EBA", [0, 1, 2]), ("PPA", [3, 4])])
def test_features_of_the_reported_layer_are_weighted(roi, rows):
    table = reweight("features", features("vit", ["low", "high"], [0, 1]), features("bert", ["top"], [2]))

    kept = LAYERS[1].astype(np.float32)
    check(table, feature_entries(kept, "correlation"), models().dissimilarities[1], roi, rows)
    assert set(table["n_weights"]) == {5}
    assert set(table["undefined"]) == {""}


@pytest.mark.parametrize("what", ["layers", "features"])
def test_a_model_whose_layer_is_chosen_in_folds_counts_by_its_last_one(what):
    given = [features("vit", ["low", "high"], [0, 1]), features("bert", ["top"], [2])]
    expected = reweight(what, *given)
    chooses = models()
    chooses.rdm_descriptors["reported"] = [False, False, True, True]

    table = reweight_models(brains(), chooses, ComparisonParameters(reweighting=what), INFERENCE, 3, *given)

    pd.testing.assert_frame_equal(table, expected)


def test_rows_without_numbers_say_why():
    few = reweight("layers", ids=IDS[:11])
    two = reweight("features", features("vit", ["low", "high"], [0, 1]), n_folds=2)

    assert set(few["undefined"]) == {"11 stimuli are too few for 4 folds"}
    assert set(two["undefined"]) == {"fewer than 3 folds"}


def test_where_nothing_is_reweighted_the_table_is_empty():
    assert reweight("none").empty


def test_the_comparison_reads_features_where_they_are_weighted_alone(project):
    def inputs(**params):
        pipelines = run_roster(project, "simulated", **params)[2]
        (node,) = [node for node in pipelines["comparison"].nodes if node.name == "reweight_models"]
        return [name for name in node.inputs if name.endswith(".features")]

    chosen = {"roster": "vit pixels bert"}
    assert inputs(**chosen) == inputs(**chosen, comparison={"reweighting": "layers"}) == []
    assert inputs(**chosen, comparison={"reweighting": "features"}) == ["vit.features", "bert.features"]
