"""The figure of model recovery shows the shares that it is given, and only those that are not zero."""

import numpy as np
import pandas as pd

from tests.figures.drawn import overhang, texts
from tyrosine.figures.recovery import plot_model_recovery
from tyrosine.figures.view import StudyView

VIEW = StudyView("Model recovery", simulated=True)
CONFUSION = pd.DataFrame(
    [[0.97, 0.03, 0.0], [0.0, 1.0, 0.0]], index=["ViT", "BERT"], columns=["ViT", "BERT", "BERT (untrained)"]
)


def test_cells_hold_the_shares_in_percent():
    figure = plot_model_recovery(CONFUSION, view=VIEW)
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), 100 * CONFUSION.to_numpy())
    written = {(text.get_position()): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "97", (1, 0): "3", (1, 1): "100"}


def test_rows_and_columns_are_named_and_nothing_leaves_the_page():
    figure = plot_model_recovery(CONFUSION, view=VIEW)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == list(CONFUSION.columns)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(CONFUSION.index)
    assert "SIMULATED" in texts(figure)
    assert overhang(figure) <= 0.01
