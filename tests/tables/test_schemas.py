"""Schemas and validators: what the catalog lets through, and what not."""

import numpy as np
import pandas as pd
import pandera.errors
import pytest
from rsatoolbox.data import Dataset

from tyrosine.catalog.validators import ValidFeatures, ValidRDMs
from tyrosine.errors import RDMError, StorageError
from tyrosine.rsa.rdms import label_rdms
from tyrosine.studies.tables import Stimulus, stimuli_table
from tyrosine.tables import schemas

REFUSED = (pandera.errors.SchemaError, pandera.errors.SchemaErrors)


def stimuli():
    return stimuli_table(
        [
            Stimulus("a", "images/a.png", "0" * 64, ["A dog.", "A cat."], 1, 2, [18]),
            Stimulus("b", "images/b.png", "1" * 64, ["A cow."], None, None, []),
        ]
    )


def similarities(**changes):
    row = {
        "subject": 1, "selectivity": "bodies", "roi": "EBA", "model": "vit", "label": "ViT",
        "modality": "vision", "task": "classification", "layer": "layers.3", "reported": True,
        "method": "pearson", "engine": "rdms", "n_stimuli": 120, "similarity": 0.2, "standard_error": np.nan,
        "undefined": "",
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def ceilings(**changes):
    row = {
        "selectivity": "bodies",
        "roi": "EBA",
        "method": "pearson",
        "lower": 0.1,
        "upper": 0.3,
        "n_subjects": 8,
        "n_stimuli": 120,
        "undefined": "",
    }
    return pd.DataFrame([row | changes])


def test_the_stimuli_table_passes_before_and_after_parquet(tmp_path):
    schemas.stimuli.validate(stimuli())
    stimuli().to_parquet(tmp_path / "stimuli.parquet")

    loaded = schemas.stimuli.validate(pd.read_parquet(tmp_path / "stimuli.parquet"))

    assert list(loaded["captions"][0]) == ["A dog.", "A cat."]
    assert loaded["nsd_id"].dtype == "Int64"


@pytest.mark.parametrize(
    "change",
    [
        {"stimulus_id": ["a", "a"]},
        {"stimulus_id": ["a", ""]},
        {"captions": [["A dog."], [3]]},
        {"captions": ["A dog.", "A cat."]},
        {"category_ids": [["dog"], []]},
        {"image_sha256": ["0" * 64, "short"]},
        {"extra": [1, 2]},
    ],
)
def test_broken_stimuli_are_refused(change):
    with pytest.raises(REFUSED):
        schemas.stimuli.validate(stimuli().assign(**change))


@pytest.mark.parametrize(
    "change",
    [{"similarity": 1.2}, {"similarity": np.nan}, {"method": "guess"}, {"modality": "smell"}, {"subject": 0}],
)
def test_broken_similarities_are_refused(change):
    schemas.similarities.validate(similarities())

    with pytest.raises(REFUSED):
        schemas.similarities.validate(similarities(**change))


def test_a_similarity_listed_twice_is_refused():
    with pytest.raises(REFUSED):
        schemas.similarities.validate(pd.concat([similarities(), similarities()], ignore_index=True))


def test_a_ceiling_of_one_subject_has_no_bounds():
    nothing = {"lower": np.nan, "upper": np.nan}
    schemas.noise_ceilings.validate(ceilings(**nothing, n_subjects=1, undefined="one subject"))
    with pytest.raises(REFUSED):
        schemas.noise_ceilings.validate(ceilings(**nothing, n_subjects=1))


def test_a_similarity_of_too_few_stimuli_has_a_reason():
    schemas.similarities.validate(similarities(similarity=np.nan, n_stimuli=2, undefined="too few"))
    with pytest.raises(REFUSED):
        schemas.similarities.validate(similarities(n_stimuli=2, undefined="too few"))


@pytest.mark.parametrize("change", [{"lower": 0.4}, {"lower": np.nan}, {"n_subjects": 1}])
def test_broken_ceilings_are_refused(change):
    schemas.noise_ceilings.validate(ceilings())

    with pytest.raises(REFUSED):
        schemas.noise_ceilings.validate(ceilings(**change))


def enriched(**changes):
    row = {
        "subject": 1, "selectivity": "bodies", "roi": "EBA", "cluster": 0, "category_id": 18,
        "category": "dog", "supercategory": "animal", "count": 3, "n_cluster": 5, "n_total": 4,
        "n_stimuli": 20, "odds_ratio": 21.0, "p": 0.01, "q": 0.04,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


@pytest.mark.parametrize(
    "change",
    [
        {"count": 0},
        {"count": 5},
        {"n_cluster": 21},
        {"odds_ratio": np.nan},
        {"odds_ratio": -1.0},
        {"p": 1.5},
        {"q": 0.001},
        {"q": np.nan},
    ],
)
def test_broken_enrichment_is_refused(change):
    schemas.cluster_categories.validate(enriched())
    schemas.cluster_supercategories.validate(enriched().drop(columns=["category_id", "category"]))

    with pytest.raises(REFUSED):
        schemas.cluster_categories.validate(enriched(**change))


def test_an_odds_ratio_may_be_infinite_and_is_undefined_in_a_cluster_of_everything():
    schemas.cluster_categories.validate(enriched(odds_ratio=np.inf))
    schemas.cluster_categories.validate(enriched(n_cluster=20, odds_ratio=np.nan, p=1.0, q=1.0))
    with pytest.raises(REFUSED):
        schemas.cluster_categories.validate(enriched(n_cluster=20, p=1.0, q=1.0))


def summary(**changes):
    row = {
        "subject": 1, "selectivity": "bodies", "roi": "EBA", "linkage": "average", "cut_by": "threshold",
        "cut": 0.9, "stability": np.nan,
        "n_stimuli": 20, "n_clusters": 3, "n_singletons": 0, "silhouette": 0.1, "silhouette_undefined": "",
        "cophenetic_correlation": 0.5,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def test_a_silhouette_is_missing_only_with_its_reason():
    schemas.cluster_summary.validate(summary())
    schemas.cluster_summary.validate(summary(silhouette=np.nan, silhouette_undefined="one cluster"))
    for change in ({"silhouette": np.nan}, {"silhouette_undefined": "one cluster"}):
        with pytest.raises(REFUSED):
            schemas.cluster_summary.validate(summary(**change))


def rdms(values=(0.1, 0.2, 0.3)):
    return label_rdms(np.array([values]), ["a", "b", "c"], {"subject": [1], "roi": ["EBA"]}, "correlation")


def test_valid_rdms_pass_unchanged():
    given = rdms()

    assert ValidRDMs(["subject", "roi"]).validate(given) is given


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1])
def test_rdms_with_broken_values_are_refused_by_name(value):
    with pytest.raises(RDMError, match="subject 1, roi EBA has NaN, infinite or negative"):
        ValidRDMs(["subject", "roi"]).validate(rdms((0.1, value, 0.3)))


def of_two_regions(*unseen):
    """Two regions of one subject over four stimuli; `unseen` says which of them have NaN in each."""
    rows, columns = np.triu_indices(4, k=1)
    values = np.ones((2, 6))
    for rdm, names in zip(values, unseen):
        rdm[np.isin(rows, names) | np.isin(columns, names)] = np.nan
    labels = {"subject": [1, 1], "roi": ["EBA", "PPA"]}
    return label_rdms(values, list("abcd"), labels, "correlation")


def test_rdms_may_lack_stimuli_that_a_subject_did_not_see():
    given = of_two_regions([1], [1])

    assert ValidRDMs(["subject", "roi"]).validate(given) is given


def test_nan_anywhere_else_is_refused():
    with pytest.raises(RDMError, match="subject 1, roi PPA has NaN"):
        ValidRDMs(["subject", "roi"]).validate(of_two_regions([1], [1, 2]))
    broken = of_two_regions([1], [1])
    broken.dissimilarities[0, 1] = np.nan
    with pytest.raises(RDMError, match="subject 1, roi EBA has NaN"):
        ValidRDMs(["subject", "roi"]).validate(broken)
    with pytest.raises(RDMError, match="roi EBA has NaN"):
        ValidRDMs(["roi"]).validate(of_two_regions([1], [1]))


def test_rdms_without_labels_are_refused():
    with pytest.raises(RDMError, match="lack the descriptors model"):
        ValidRDMs(["model"]).validate(rdms())
    unnamed = rdms()
    unnamed.pattern_descriptors["stimulus_id"] = ["a", "a", "b"]
    with pytest.raises(RDMError, match="name each of their 3 stimuli once"):
        ValidRDMs().validate(unnamed)
    with pytest.raises(RDMError, match="got ndarray"):
        ValidRDMs().validate(np.zeros(3))


def features(values, **descriptors):
    labels = dict.fromkeys(ValidFeatures.descriptors, "x") | descriptors
    return Dataset(np.asarray(values), descriptors=labels, obs_descriptors={"stimulus_id": ["a", "b"]})


def test_valid_features_pass_unchanged():
    given = features([[1.0, 2.0], [3.0, 5.0]])

    assert ValidFeatures().validate(given) is given


@pytest.mark.parametrize(("row", "words"), [([np.nan, 1.0], "not finite"), ([2.0, 2.0], "constant")])
def test_broken_features_are_refused_by_stimulus(row, words):
    with pytest.raises(StorageError, match=f"features of vit are {words} for stimulus b"):
        ValidFeatures().validate(features([[1.0, 2.0], row], model="vit"))


def test_features_without_labels_are_refused():
    with pytest.raises(StorageError, match="lack the descriptors"):
        ValidFeatures().validate(Dataset(np.ones((2, 2)), obs_descriptors={"stimulus_id": ["a", "b"]}))
    with pytest.raises(StorageError, match="got DataFrame"):
        ValidFeatures().validate(pd.DataFrame())


EVIDENCE = {
    "estimate": 0.1, "lower": 0.05, "upper": 0.15, "p": 0.01, "q": 0.02, "family": "all", "undefined": "",
}  # fmt: skip
REGION = {"selectivity": "bodies", "roi": "EBA"}
SINGLE = {"stimulus_groups": "", "n_groups": pd.NA}
MODEL = {
    "model": "vit", "label": "ViT", "modality": "vision", "task": "classification", "layer": "layers.3",
    "reported": True,
}  # fmt: skip
ROWS = {
    "model_tests": {
        "subject": pd.NA, **REGION, **MODEL, "method": "pearson", "question": "above chance",
        "test": "t-test", "n": 8, "n_stimuli": 120, **SINGLE, "n_resamples": pd.NA, "statistic": 3.0,
    },
    "bootstrap_similarities": {
        **REGION, **MODEL, "method": "pearson", "over": "both", "test": "bootstrap over both",
        "n_subjects": 8, "n_stimuli": 120, "stimulus_groups": "category",
        "n_groups": 27, "n_resamples": 1000, "standard_error": 0.02,
    },
    "partial_similarities": {
        **REGION, **MODEL, "method": "pearson", "partial_out": "pixels", "test": "t-test", "n": 8,
        "n_stimuli": 120, "similarity": 0.2, "statistic": 3.0,
    },
    "reweighted_similarities": {
        **REGION, "model": "vit", "label": "ViT", "modality": "vision", "task": "classification",
        "reweighting": "features", "weights": "ridge", "n_weights": 64, "method": "pearson",
        "test": "t-test", "n": 8, "n_stimuli": 120, "n_folds": 5, "n_fold_draws": 20, "similarity": 0.2,
        "ceiling_lower": 0.4, "ceiling_upper": 0.5, "statistic": 3.0,
    },
    "contrasts": {
        "contrast": "vit - bert", "kind": "pair", "question": "", "models_a": "vit", "models_b": "bert",
        "label_a": "ViT", "label_b": "BERT", **REGION, "regions": "EBA", "method": "pearson",
        "test": "t-test", "n": 8, "n_stimuli": 120, **SINGLE, "n_resamples": pd.NA, "effect_size": 1.0,
        "statistic": 3.0,
    },
    "encoding_tests": {
        **REGION, **MODEL, "method": "encoding", "over": "both", "test": "bootstrap over both",
        "n_subjects": 8, "n_stimuli": 120, "stimulus_groups": "category",
        "n_groups": 27, "n_resamples": 1000, "standard_error": 0.02,
    },
    "encoding_contrasts": {
        "contrast": "vit - bert", "kind": "pair", "question": "", "models_a": "vit", "models_b": "bert",
        "label_a": "ViT", "label_b": "BERT", **REGION, "regions": "EBA", "method": "encoding_normalised",
        "test": "t-test", "n": 8, "n_stimuli": 120, **SINGLE, "n_resamples": pd.NA, "effect_size": 1.0,
        "statistic": 3.0,
    },
    "encoding_variance_partition": {
        **REGION, "component": "vision", "kind": "unique", "method": "banded ridge", "test": "t-test",
        "n": 8, "n_stimuli": 120, "n_folds": 5, "n_fold_draws": 1,
        "partial_out": "", "statistic": 3.0,
    },
    "variance_partition": {
        **REGION, "component": "vision", "kind": "unique", "method": "rank regression", "test": "t-test",
        "n": 8, "n_stimuli": 120, "n_folds": 5, "n_fold_draws": 20,
        "partial_out": "", "statistic": 3.0,
    },
}  # fmt: skip


def inferred(name, **changes):
    table = pd.DataFrame([ROWS[name] | EVIDENCE | changes])
    whole = [column for column in ("subject", "n_groups", "n_resamples") if column in table]
    return table.astype(dict.fromkeys(whole, "Int64"))


@pytest.mark.parametrize("name", list(ROWS))
@pytest.mark.parametrize(
    "change",
    [
        {"p": 1.5},
        {"q": 0.001},
        {"p": np.nan},
        {"estimate": np.nan},
        {"undefined": "no reason"},
        {"lower": 0.2},
        {"family": ""},
        {"extra": 1},
    ],
)
def test_a_test_has_numbers_or_the_reason_why_not(name, change):
    schema = getattr(schemas, name)
    schema.validate(inferred(name))
    nothing = dict.fromkeys(("estimate", "lower", "upper", "p", "q"), np.nan)
    schema.validate(inferred(name, **nothing, undefined="one subject"))

    with pytest.raises(REFUSED):
        schema.validate(inferred(name, **change))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("model_tests", {"subject": 1}),
        ("model_tests", {"test": "stimulus permutation"}),
        ("model_tests", {"question": "why"}),
        ("bootstrap_similarities", {"over": "voxels"}),
        ("bootstrap_similarities", {"standard_error": 0.0}),
        ("contrasts", {"question": "task"}),
        ("contrasts", {"method": "encoding"}),
        ("encoding_contrasts", {"method": "pearson"}),
        ("encoding_tests", {"method": "pearson"}),
        ("contrasts", {"label_b": ""}),
        ("variance_partition", {"kind": "common"}),
        ("variance_partition", {"n_folds": 1}),
        ("variance_partition", {"n_fold_draws": 0}),
    ],
)
def test_broken_tables_of_inference_are_refused(name, change):
    with pytest.raises(REFUSED):
        getattr(schemas, name).validate(inferred(name, **change))


@pytest.mark.parametrize("name", list(ROWS))
def test_a_test_listed_twice_is_refused(name):
    with pytest.raises(REFUSED):
        getattr(schemas, name).validate(pd.concat([inferred(name)] * 2, ignore_index=True))
