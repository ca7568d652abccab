"""The figure of models by RSA and by encoding, and of how well the two rank models alike in each region."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tyrosine.figures import style
from tyrosine.figures.view import StudyView
from tyrosine.tables.columns import EVERY_REGION


def plot_model_ranks_if_any(
    model_ranks: pd.DataFrame, *, view: StudyView, width: float = style.DOUBLE_COLUMN
) -> dict[str, Figure]:
    """Draw models by RSA and by encoding, if the study has encoding models.

    Parameters
    ----------
    model_ranks : DataFrame
        As the catalog has it.
    view : StudyView
    width : float
        Width of the figure in inches.

    Returns
    -------
    dict of str to Figure
        None, or one: each model by its mean similarity and its mean encoding correlation over the regions
        that all subjects have, and Kendall's tau of the two in each region, with that over all as a line.
    """
    overall = model_ranks[model_ranks["roi"] == EVERY_REGION]
    if overall.empty:
        return {}
    taus = model_ranks[model_ranks["roi"].isin(view.rois)].drop_duplicates("roi").set_index("roi")
    rois = [roi for roi in view.rois if roi in taus.index]
    with style.paper_style():
        figure = style.new_figure(width, 2.75, view.title, view.simulated)
        left, right = figure.subplots(1, 2, width_ratios=[1, 1.2])
        for row in overall.itertuples():
            left.plot(
                [row.similarity], [row.r], view.markers[row.model], color=view.colours[row.model], ms=5, ls=""
            )
        left.set_xlabel("Similarity of RDMs")
        left.set_ylabel("Encoding r")
        left.set_title("Mean over regions")
        colours = view.selectivity_colours
        for place, roi in enumerate(rois):
            tau = float(taus.loc[roi, "kendall_tau"])
            right.plot([place], [tau], "D", ms=4, color=colours[str(taus.loc[roi, "selectivity"])])
        right.axhline(0, color=style.INK, linewidth=0.6)
        whole = float(overall["kendall_tau"].iloc[0])
        right.axhline(whole, color=style.FAINT_INK, linewidth=0.8, linestyle="--")
        right.set_xticks(range(len(rois)), rois, rotation=45)
        right.set_xlim(-0.5, len(rois) - 0.5)
        right.set_ylim(-1.05, 1.05)
        right.set_ylabel("Kendall's τ of ranks")
        right.set_title("By region")
        handles = [
            Line2D(
                [],
                [],
                marker=view.markers[row.model],
                color=view.colours[row.model],
                ls="",
                ms=5,
                label=row.label,
            )
            for row in overall.itertuples()
        ]
        note = (
            f"{len(overall)} models, without untrained twins. Dashed: τ of the means over the regions that "
            "all subjects have. With so few models a τ of single regions is uncertain."
        )
        style.write_below(figure, handles, note)
    return {"model_ranks": figure}
