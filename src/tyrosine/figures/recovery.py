"""The figure of model recovery: which model wins when brains are simulated from each in turn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tyrosine.figures import style
from tyrosine.figures.view import StudyView

_CELL = 0.3


def plot_model_recovery(confusion: pd.DataFrame, *, view: StudyView) -> Figure:
    """Draw the confusion matrix of model recovery.

    Parameters
    ----------
    confusion : DataFrame of shape (n_models, n_candidates)
        Share of the runs, between 0 and 1, in which the candidate (column) was the most similar to brains
        that were simulated from the model (row); labels as they shall be shown.
    view : StudyView
        The title of the figure and its colour map.

    Returns
    -------
    Figure
        One axes; the shares are written into the cells that are not empty, in percent.
    """
    n_rows, n_columns = confusion.shape
    rows, columns = [str(name) for name in confusion.index], [str(name) for name in confusion.columns]
    left = max(style.text_width(name, style.SMALL_SIZE) for name in rows) + 0.4
    below = max(style.text_width(name, style.SMALL_SIZE) for name in columns) + 0.4
    with style.paper_style():
        figure = style.new_figure(
            max(style.SINGLE_COLUMN, _CELL * n_columns + left + 0.9),
            _CELL * n_rows + below + 0.6,
            view.title,
            view.simulated,
        )
        axes = figure.add_subplot()
        shares = 100 * confusion.to_numpy(float)
        image = axes.imshow(shares, cmap=view.cmap, vmin=0, vmax=100)
        red, green, blue, _ = np.moveaxis(image.to_rgba(shares), -1, 0)
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
        axes.set_xticks(range(n_columns), columns, rotation=90)
        axes.set_yticks(range(n_rows), rows)
        axes.set_xlabel("Most similar model")
        axes.set_ylabel("Brains simulated from")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        for row, column in zip(*shares.nonzero()):
            # Dark on the light end of the colour map, white on the dark end.
            axes.text(
                column, row, f"{shares[row, column]:.0f}", ha="center", va="center",
                size=style.NOTE_SIZE, color=style.INK if light[row, column] else "white",
            )  # fmt: skip
        bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03, label="Share of runs (%)")
        bar.outline.set_visible(False)
    return figure
