"""Features of stimuli from the roster to the report: their RDMs, and what is left when they are taken out."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

ROSTER = {
    "roster": "vit bert word_count categories",
    "comparison": {"partial_out": "word_count categories", "reweighting": "features"},
    "inference": {"n_folds": 3, "n_fold_draws": 2, "n_permutations": 49, "n_bootstraps": 20},
}


@pytest.fixture
def compared(copy):
    for pipeline in ("feature_extraction", "rdm_construction", "comparison"):
        copy.run(pipeline, params=ROSTER)
    return copy


def test_confounds_are_taken_out_and_never_grouped_with_models(compared):
    rdms, stimuli = compared.load("model_rdms"), compared.load("stimuli")

    place = list(rdms.rdm_descriptors["model"]).index("word_count")
    counts = [[np.mean([len(text.split()) for text in texts])] for texts in stimuli["captions"]]
    assert list(rdms.pattern_descriptors["stimulus_id"]) == stimuli["stimulus_id"].tolist()
    # Beside correlation distances, which are squared distances of normalised patterns.
    np.testing.assert_allclose(rdms.dissimilarities[place], pdist(counts, "sqeuclidean"), rtol=1e-5)

    similarities = compared.load("similarities")
    assert set(similarities["modality"][similarities["model"].isin(["word_count", "categories"])]) == {
        "stimulus"
    }
    contrasts = compared.load("contrasts")
    sides = contrasts["models_a"] + " " + contrasts["models_b"]
    assert not sides.str.contains("word_count|categories").any()
    partial = compared.load("partial_similarities")
    assert set(partial["model"]) == {"vit", "bert"}
    assert set(partial["partial_out"]) == {"word_count categories"}
    assert set(compared.load("variance_partition")["partial_out"]) == {"word_count categories"}
    reweighted = compared.load("reweighted_similarities")
    assert set(reweighted["model"]) == {"vit", "bert"}
    assert set(reweighted["n_weights"]) == {96}


def test_the_report_shows_what_is_left_and_what_weights_gain(compared):
    for pipeline in ("rdm_clustering", "encoding"):
        compared.run(pipeline, params=ROSTER)
    compared.run("reporting", params=ROSTER, to_nodes=["write_report"])

    report = compared.load("report")
    assert "with word_count, categories taken out of brain and model RDMs" in report
    assert "Similarity with reweighted features (ridge weights, pearson)" in report
