"""What the figure of models by RSA and by encoding shows."""

import numpy as np
import pandas as pd

from tests.figures.drawn import MODALITIES, MODELS, REGIONS, VIEW, overhang, smallest_type, texts
from tyrosine.figures import style
from tyrosine.figures.evidence import plot_model_ranks_if_any

ROIS = [(selectivity, roi) for selectivity, rois in REGIONS.items() for roi in rois]


def ranks():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {
                "selectivity": selectivity, "roi": roi, "model": model, "label": label, "modality": modality,
                "similarity": rng.random(), "r": rng.random(), "kendall_tau": tau,
            }
            for (selectivity, roi), tau in zip([("all", "all"), *ROIS], np.linspace(-0.9, 0.9, 10))
            for (model, label), modality in zip(MODELS.items(), MODALITIES)
        ]
    )  # fmt: skip


def test_each_model_stands_at_its_means_and_each_region_at_its_tau():
    table = ranks()
    (figure,) = plot_model_ranks_if_any(table, view=VIEW).values()
    left, right = figure.axes

    drawn = {(line.get_color(), line.get_marker()): line.get_xydata()[0] for line in left.lines}
    for row in table[table["roi"] == "all"].itertuples():
        np.testing.assert_array_equal(
            drawn[VIEW.colours[row.model], VIEW.markers[row.model]], [row.similarity, row.r]
        )
    taus = table.drop_duplicates("roi").set_index("roi")["kendall_tau"]
    points = [line.get_xydata()[0] for line in right.lines if line.get_marker() == "D"]
    np.testing.assert_array_equal(points, list(enumerate(taus[[roi for _, roi in ROIS]])))
    (dashed,) = [line for line in right.lines if line.get_linestyle() == "--"]
    assert dashed.get_ydata()[0] == taus["all"]


def test_everything_can_be_read_and_lies_on_the_page():
    (figure,) = plot_model_ranks_if_any(ranks(), view=VIEW).values()
    assert overhang(figure) < 0.01
    assert smallest_type(figure) >= style.NOTE_SIZE
    assert set(MODELS.values()) <= set(texts(figure))


def test_a_study_without_encoding_models_has_no_figure():
    assert plot_model_ranks_if_any(ranks().iloc[:0], view=VIEW) == {}
