"""What the figures of a run are drawn from."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.figures.drawn import MODELS, VIEW
from tests.figures.made_up import LAYERS, make_similarities
from tyrosine.figures.series import plot_layer_profiles_if_any
from tyrosine.parameters import ComparisonParameters
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.representations import compare_representations


def _model_rdms(layers, depths=None):
    """Random RDMs of every model in these layers."""
    rng = np.random.default_rng(0)
    names = [name for name in MODELS for _ in layers]
    labels = {"model": names, "layer": list(layers) * len(MODELS)}
    labels |= {key: ["vision"] * len(names) for key in ("label", "modality", "task")}
    labels["reported"] = [layer == layers[-1] for layer in layers] * len(MODELS)
    if depths is not None:
        labels["depth"] = list(depths) * len(MODELS)
    return label_rdms(rng.random((len(names), 15)), list("abcdef"), labels, "correlation")


def test_the_second_order_rdm_holds_regions_over_subjects_and_the_reported_layer_of_models():
    rng = np.random.default_rng(1)
    brain = rng.random((5, 15))
    brain_rdms = label_rdms(
        brain,
        list("abcdef"),
        {
            "subject": [1, 2, 3, 1, 2],
            "selectivity": ["bodies"] * 3 + ["places"] * 2,
            "roi": ["EBA"] * 3 + ["PPA"] * 2,
        },
        "correlation",
    )
    model_rdms = _model_rdms(["layers.0", "layers.1"])

    table = compare_representations(brain_rdms, model_rdms, ComparisonParameters(methods=("pearson",)))

    standard = (brain - brain.mean(axis=1, keepdims=True)) / brain.std(axis=1, keepdims=True)
    rdms = [standard[:3].mean(axis=0), standard[3:].mean(axis=0), *model_rdms.dissimilarities[1::2]]
    wide = table.pivot(index=["kind_a", "a"], columns=["kind_b", "b"], values="dissimilarity")
    order = [("region", "EBA"), ("region", "PPA"), *(("model", name) for name in MODELS)]
    np.testing.assert_allclose(wide.loc[order, order], 1 - np.corrcoef(rdms), atol=1e-12)
    assert (np.diag(wide.loc[order, order]) == 0).all()
    assert len(table) == 36


def test_layer_profiles_are_drawn_where_a_model_has_several_layers():
    similarities = make_similarities(4, LAYERS)
    depths = np.linspace(0, 1, len(LAYERS) + 1)[1:]

    drawn = plot_layer_profiles_if_any(similarities, _model_rdms(LAYERS, depths), view=VIEW)

    (figure,) = drawn.values()
    assert [axes.get_title() for axes in figure.axes] == list(MODELS.values())
    line = next(line for line in figure.axes[0].lines if line.get_label() == "EBA")
    rows = similarities[(similarities["model"] == "vit") & (similarities["roi"] == "EBA")]
    means = rows.groupby("layer")["similarity"].mean().loc[list(LAYERS)]
    np.testing.assert_allclose(line.get_xydata(), np.column_stack([depths, means]))


@pytest.mark.parametrize("depths", [None, [1.0]])
def test_no_layer_profile_is_drawn_of_one_layer(depths):
    similarities = make_similarities(4)
    assert plot_layer_profiles_if_any(similarities, _model_rdms(["last"], depths), view=VIEW) == {}


def test_a_run_draws_what_its_tables_hold(finished):
    table = finished.load("second_order_rdm")
    names = table[["kind_a", "a"]].drop_duplicates()
    assert names["kind_a"].value_counts().to_dict() == {"region": 10, "model": 4}
    figures = finished.root / "data/08_reporting/simulated/figures"
    vectors = (
        "similarities",
        "similarity_heatmap",
        "second_order_matrix",
        "second_order_map",
        "variance_partition",
    )
    for name in vectors:
        assert (figures / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    for name in ("similarity_heatmap", "second_order_matrix", "second_order_map", "variance_partition_plot"):
        pixels = np.asarray(Image.open(BytesIO(finished.load(name))).convert("L"))
        # Neither blank nor all ink.
        assert 0.02 < np.mean(pixels < 250) < 0.9
    assert finished.load("layer_profile_figures") == {}
    report = finished.load("report")
    assert "Map of regions and models" in report
    assert "relative depth" not in report


def test_the_second_order_rdm_agrees_with_the_rdms_of_the_run(finished):
    rdms = finished.load("model_rdms")
    table = finished.load("second_order_rdm").set_index(["kind_a", "a", "kind_b", "b"])["dissimilarity"]
    names = rdms.rdm_descriptors["model"]
    expected = 1 - pd.DataFrame(rdms.dissimilarities.T, columns=names).corr()
    for one in names:
        for other in names:
            assert table["model", one, "model", other] == pytest.approx(expected.loc[one, other], abs=1e-9)


@pytest.mark.parametrize(
    "name",
    ["clustered_rdm_figures", "brain_and_model_figures", "contact_sheet_figures", "dendrogram_figures"],
)
def test_each_region_of_the_clustered_subject_has_a_figure_of_its_own(finished, name):
    figures, clusters = finished.load(name), finished.load("clusters")

    regions = {f"subj01_{roi}" for roi in clusters["roi"]}
    assert set(figures) == ({"subj01"} if name == "dendrogram_figures" else regions)
    sizes = [Image.open(BytesIO(picture)).size for picture in figures.values()]
    assert min(min(size) for size in sizes) > 300
    assert len(set(figures.values())) == len(figures)
