"""What the tables and notes of the report say, against tables made by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import sem

from tests.figures.drawn import MODELS, VIEW
from tests.figures.made_up import make_ceilings, make_similarities
from tyrosine.parameters.roster import parse_roster
from tyrosine.report.result_tables import (
    note_missing_regions,
    note_profile_peaks,
    show_clusters,
    show_partial_similarities,
    show_published,
    show_reweighted_similarities,
    tabulate_layer_choices,
    tabulate_mean_similarities,
    tabulate_models,
)
from tyrosine.report.sections import Note, Table
from tyrosine.rsa.rdms import label_rdms

SUMMARY = pd.DataFrame(
    {
        "subject": [1],
        "roi": ["EBA"],
        "n_clusters": [2],
        "n_singletons": [0],
        "silhouette": [0.25],
        "silhouette_undefined": [""],
        "cut_by": ["null"],
        "stability": [0.5],
        "cophenetic_correlation": [0.7],
    }
)
SIZES = pd.DataFrame(
    {"subject": [1, 1], "roi": ["EBA"] * 2, "cluster": [2, 1], "size": [6, 3], "silhouette": [0.3, 0.1]}
)


def _enrichment(name):
    return pd.DataFrame(
        {
            "subject": [1],
            "roi": ["EBA"],
            "cluster": [2],
            name: ["dog"],
            "odds_ratio": [4.5],
            "p": [0.001],
            "q": [0.01],
            "count": [3],
        }
    )


def test_each_region_that_a_subject_lacks_is_noted():
    coverage = pd.DataFrame(
        {"subject": [1, 3, 3], "roi": ["EBA", "early_visual", "EBA"], "covered": [True, False, True]}
    )
    assert note_missing_regions(coverage) == [Note("Subject 3 lacks early_visual and is left out of it.")]


def _profile(values, q_values, reported="layers.3"):
    """Similarities of two subjects to the layers of a model in EVC, and the t-test of each layer."""
    layers = pd.DataFrame(
        {"model": "net", "label": "Net", "roi": "EVC", "layer": list(values), "method": "pearson"}
    ).assign(reported=lambda table: table["layer"] == reported)
    similarities = pd.concat(
        [
            layers.assign(subject=subject, similarity=[value + change for value in values.values()])
            for subject, change in ((1, 0.002), (2, -0.002))
        ]
    )
    tests = layers.assign(question="above chance", test="t-test", q=q_values)
    return similarities, tests, VIEW


def test_a_reported_layer_without_evidence_beside_a_peak_with_evidence_is_pointed_out():
    (note,) = note_profile_peaks(
        *_profile({"layers.0": 0.02, "layers.1": 0.045, "layers.3": 0.01}, [0.2, 0.012, 0.4])
    )

    assert "in EVC: the reported layer layers.3 has a mean similarity of 0.010 (q = 0.400)" in note.text
    assert "the most similar layer layers.1 has a mean similarity of 0.045 (q = 0.012)" in note.text
    assert "looked for in the same data" in note.text


@pytest.mark.parametrize(
    ("values", "q_values", "reported"),
    [
        ({"layers.1": 0.045, "layers.3": 0.04}, [0.012, 0.01], "layers.3"),
        ({"layers.1": 0.045, "layers.3": 0.01}, [0.3, 0.4], "layers.3"),
        ({"layers.1": 0.045, "best": 0.01}, [0.012, 0.4], "best"),
    ],
    ids=["near the peak", "no peak above chance", "chosen in folds"],
)
def test_no_other_reported_layer_is_pointed_out(values, q_values, reported):
    assert note_profile_peaks(*_profile(values, q_values, reported)) == []


def test_shares_of_chosen_layers_are_counted_over_subjects_and_folds():
    spec = {
        "label": "ViT",
        "modality": "vision",
        "task": "x",
        "checkpoint": "x",
        "layer": "best",
        "pooling": "cls",
    }
    choices = pd.DataFrame(
        {
            "model": "vit",
            "roi": "EVC",
            "method": "pearson",
            "layer": ["layers.1", "layers.1", "layers.2", "layers.1"],
        }
    )

    (table,) = tabulate_layer_choices(choices, parse_roster({"vit": spec}))

    assert table.rows.to_dict("records") == [{"model": "ViT", "EVC": "layers.1 (75%), layers.2 (25%)"}]
    assert tabulate_layer_choices(choices.iloc[:0], {}) == []


def test_cells_are_mean_and_standard_error_over_subjects():
    similarities = make_similarities(4)
    table = tabulate_mean_similarities(similarities, make_ceilings())

    assert table.title == "Similarity to brain RDMs (pearson), mean ± standard error over subjects"
    assert list(table.rows.columns) == ["ROI", "subjects", *MODELS.values(), "noise ceiling"]
    rows = table.rows.set_index("ROI")
    values = similarities.query("roi == 'FFA-2' and model == 'bert'")["similarity"]
    assert rows.loc["FFA-2", "BERT"] == f"{values.mean():.3f} ± {sem(values):.3f}"
    assert rows.loc["FBA-1", "noise ceiling"] == "undefined"
    assert rows.loc["FBA-2", "noise ceiling"] == "0.250 to 0.305"


def test_one_subject_has_a_mean_without_standard_error_and_other_layers_have_no_cell():
    similarities = make_similarities(4, ("layers.0", "last"))
    similarities["reported"] = similarities["layer"] == "last"
    alone = similarities[similarities["subject"] == 1]
    rows = tabulate_mean_similarities(alone, make_ceilings()).rows.set_index("ROI")
    (value,) = alone.query("roi == 'EBA' and model == 'vit' and layer == 'last'")["similarity"]
    assert rows.loc["EBA", "ViT"] == f"{value:.3f}"


def test_clusters_are_tabulated_with_the_categories_that_characterise_them():
    clusters, characteristics = show_clusters(
        SUMMARY, SIZES, _enrichment("category"), _enrichment("supercategory"), VIEW
    )
    assert clusters.title == "Clusters of stimuli"
    assert clusters.rows.loc[0, ["clusters", "sizes"]].tolist() == [2, "6, 3"]
    assert "q < 0.05" in characteristics.title
    assert characteristics.rows["categories (odds ratio)"].tolist() == ["dog (4.5)", "–"]


def test_a_study_without_categories_has_a_note_in_place_of_their_table():
    none = _enrichment("category").iloc[:0]
    clusters, note = show_clusters(SUMMARY, SIZES, none, none, VIEW)
    assert isinstance(clusters, Table)
    assert note == Note("The stimuli have no categories, so none characterises a cluster.")


@pytest.mark.parametrize("n_rows", [0, 2])
def test_published_similarities_are_shown_where_there_are_any(n_rows):
    table = pd.DataFrame({"model": ["vit"] * n_rows, "published": [0.1] * n_rows})
    assert [one.title for one in show_published(table)] == ["Mean similarity here and as published"] * (
        n_rows > 0
    )


def test_models_are_told_with_what_they_were_read_with():
    rdms = label_rdms(
        np.ones((1, 3)),
        list("abc"),
        {"model": ["vit"], "label": ["ViT"], "modality": ["vision"], "task": ["none"], "layer": ["last"]},
        "correlation",
    )
    entry = {"checkpoint": "some/vit", "pooling": "cls", "layer": 1.0, "modality": "vision", "task": "none"}
    models = parse_roster({"vit": {**entry, "label": "unused"}, "other": {**entry, "label": "Other"}})
    table = tabulate_models(rdms, models)
    assert table.part == "models"
    assert table.rows.to_dict("records") == [
        {
            "model": "vit",
            "label": "ViT",
            "modality": "vision",
            "task": "none",
            "layer": "last",
            "checkpoint": "some/vit",
            "pooling": "cls",
            "precision": "float32",
        }
    ]
    # Facts of training and size have a column where a model states them.
    facts = {"training_data": "ImageNet-21k", "n_training_samples": 14_000_000}
    stated = {name: spec.model_copy(update=facts) for name, spec in models.items()}
    row = tabulate_models(rdms, stated).rows.iloc[0]
    assert (row["training data"], row["training samples"]) == ("ImageNet-21k", "14 000 000")
    assert "parameters" not in row


def test_partial_similarities_have_a_table_where_something_is_taken_out():
    rows = [
        ("EBA", "ViT", 0.123456, 0.2, 0.00001, ""),
        ("EBA", "BERT", np.nan, 0.1, np.nan, "nothing is left of its RDM"),
        ("PPA", "ViT", -0.0314, 0.05, 0.25, ""),
        ("PPA", "BERT", np.nan, 0.1, np.nan, "nothing is left of its RDM"),
    ]
    names = ["roi", "label", "estimate", "similarity", "q", "undefined"]
    table = pd.DataFrame(rows, columns=names).assign(
        method="pearson", reported=True, partial_out="pixels word_count"
    )

    shown, note = show_partial_similarities(table)

    assert "with pixels, word_count taken out" in shown.title
    assert shown.rows.columns.tolist() == ["ROI", "ViT", "BERT"]
    assert shown.rows["ViT"].tolist() == ["0.123 (q < 0.001; 0.200)", "-0.031 (q = 0.250; 0.050)"]
    assert shown.rows["BERT"].tolist() == ["undefined"] * 2
    assert note == Note("The partial similarity of BERT is undefined: nothing is left of its RDM.")
    assert show_partial_similarities(table.iloc[:0]) == []


def test_reweighted_similarities_stand_beside_those_without_weights_and_the_ceiling():
    rows = [
        ("EBA", "ViT", 0.25, 0.2, 0.0004, 0.4, 0.55, ""),
        ("EBA", "BERT", np.nan, np.nan, np.nan, 0.4, 0.55, "the model has one layer"),
        ("PPA", "ViT", 0.1, 0.12, 0.04, np.nan, np.nan, ""),
        ("PPA", "BERT", np.nan, np.nan, np.nan, np.nan, np.nan, "the model has one layer"),
    ]
    names = ["roi", "label", "estimate", "similarity", "q", "ceiling_lower", "ceiling_upper", "undefined"]
    table = pd.DataFrame(rows, columns=names).assign(
        reweighting="layers", weights="non-negative", method="pearson"
    )

    shown, note = show_reweighted_similarities(table)

    assert "reweighted layers (non-negative weights, pearson)" in shown.title
    assert shown.rows.columns.tolist() == ["ROI", "ViT", "BERT", "noise ceiling"]
    assert shown.rows["ViT"].tolist() == ["0.250 (q < 0.001; 0.200)", "0.100 (q = 0.040; 0.120)"]
    assert shown.rows["noise ceiling"].tolist() == ["0.400 to 0.550", "undefined"]
    assert "BERT" in note.text
    assert "the model has one layer" in note.text
    assert show_reweighted_similarities(table.iloc[:0]) == []
