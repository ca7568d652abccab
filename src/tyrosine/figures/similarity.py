"""The similarity plot: how alike every model is to every region, over subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from tyrosine.errors import ParameterError
from tyrosine.figures import style

METHODS = {
    "pearson": "Pearson r",
    "spearman": "Spearman ρ",
    "cosine": "cosine",
    "kendall_tau_a": "Kendall τ-a",
    "pearson_whitened": "whitened Pearson r",
    "cosine_whitened": "whitened cosine",
}
"""How an axis calls a method; any other is called by its own name."""

_ROI_WIDTH = 0.8


def plot_similarities(
    similarities: pd.DataFrame,
    *,
    regions: Mapping[str, Sequence[str]],
    models: Mapping[str, str],
    title: str,
    method: str = "pearson",
    noise_ceilings: pd.DataFrame | None = None,
    simulated: bool = False,
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw mean and standard error over subjects of the similarity of each model to each region.

    Parameters
    ----------
    similarities : DataFrame
        Columns `subject, selectivity, roi, model, label, modality, task, layer, method, similarity`, one
        row for each subject, region and model. Regions and models that are not in `regions` and `models`
        are not drawn.
    regions : mapping of str to sequence of str
        ROIs by selectivity: a panel each, in this order. A region without rows keeps its place.
    models : mapping of str to str
        Label of each model. Pass the full roster, in its order, also when `similarities` has a part of
        it: the order decides on the colours, and models without rows are left out.
    title : str
        Name of the study.
    method : str
        Rows of other methods are ignored.
    noise_ceilings : DataFrame, optional
        Columns `selectivity, roi, method, lower, upper, n_subjects`; drawn as a band behind each region,
        except where the bounds are undefined.
    simulated : bool
        Whether to mark the figure as simulated.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        One axes a selectivity. Small dots are subjects; the standard error has n − 1 in its variance, and
        a region that one subject has gets no error bar. `n=` stands under regions that some subjects lack.

    Raises
    ------
    ParameterError
        If there is nothing to draw, or a model has similarities of several layers.
    """
    rows = _select(similarities, models, method)
    present = [name for name in models if name in set(rows["model"])]
    modalities = dict(rows[["model", "modality"]].drop_duplicates().itertuples(index=False))
    colours = style.model_colours(models, modalities)
    markers = style.model_markers(models, modalities)
    ceilings = None
    if noise_ceilings is not None and method in set(noise_ceilings["method"]):
        ceilings = (
            noise_ceilings[noise_ceilings["method"] == method].set_index(["selectivity", "roi"]).dropna()
        )
    panels = {selectivity: list(rois) for selectivity, rois in regions.items() if len(rois)}
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colours[name], marker=markers[name], ms=4.5, ls="", label=models[name])
        for name in present
    ]
    if ceilings is not None:
        handles.append(Patch(color=style.BAND, label=_name_ceilings(panels, ceilings)))
    names = [str(handle.get_label()) for handle in handles]
    n_columns = style.legend_columns(names, width - 0.3)
    crowded = (width - 0.6) / sum(map(len, panels.values())) < 0.5
    n_legend_rows = -(-len(handles) // n_columns)

    with style.paper_style():
        figure = style.new_figure(width, 2.9 + 0.16 * n_legend_rows + 0.3 * crowded, title, simulated)
        grid = figure.subplots(
            1, len(panels), sharey=True, squeeze=False, width_ratios=[len(rois) for rois in panels.values()]
        )[0]
        n_subjects = rows["subject"].nunique()
        for axes, (selectivity, rois) in zip(grid, panels.items()):
            here = rows[rows["selectivity"] == selectivity]
            if ceilings is not None:
                _draw_ceilings(axes, rois, selectivity, ceilings)
            axes.axhline(0, color=style.RULE, linewidth=0.6, zorder=0.5)
            for number, name in enumerate(present):
                dodge = _ROI_WIDTH * ((number + 0.5) / len(present) - 0.5)
                of_model = here[here["model"] == name]
                _draw_model(
                    axes, of_model, rois, dodge, models[name], colours[name], markers[name], len(present)
                )
            axes.set_title(style.panel_title(selectivity))
            axes.set_xlim(-0.5, len(rois) - 0.5)
            axes.set_xticks(range(len(rois)), rois, rotation=45 if crowded else 0)
            _note_missing_subjects(axes, here, rois, n_subjects, crowded)
            axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        grid[0].set_ylabel(f"Similarity to brain RDM ({METHODS.get(method, method)})")
        for axes in grid[1:]:
            axes.tick_params(left=False)
            axes.spines["left"].set_visible(False)
        figure.legend(handles=handles, loc="outside lower center", ncols=n_columns)
    return figure


def _select(similarities: pd.DataFrame, models: Mapping[str, str], method: str) -> pd.DataFrame:
    rows = similarities[(similarities["method"] == method) & similarities["model"].isin(list(models))]
    if rows.empty:
        methods = ", ".join(sorted(similarities["method"].unique())) or "none"
        raise ParameterError(
            f"No similarities of the method {method} to draw for {', '.join(models) or 'no model'}; "
            f"the table has the methods: {methods}."
        )
    layers = rows.groupby("model", sort=False)["layer"].unique()
    for name, found in layers.items():
        if len(found) > 1:
            raise ParameterError(
                f"Model {name} has similarities of {len(found)} layers ({', '.join(found)}); "
                "choose one layer to draw."
            )
    return rows


def _name_ceilings(panels: Mapping[str, Sequence[str]], ceilings: pd.DataFrame) -> str:
    """Entry of the legend; it says which regions have no ceiling, as those of one subject have none."""
    without = [roi for part, rois in panels.items() for roi in rois if (part, roi) not in ceilings.index]
    if not without:
        return "Noise ceiling"
    named = ", ".join(without) if len(without) <= 3 else f"{len(without)} regions"
    return f"Noise ceiling (undefined for {named})"


def _draw_ceilings(axes: Axes, rois: Sequence[str], selectivity: str, ceilings: pd.DataFrame) -> None:
    for place, roi in enumerate(rois):
        if (selectivity, roi) not in ceilings.index:
            continue
        lower, upper = ceilings.loc[(selectivity, roi), ["lower", "upper"]]
        # A line of its own colour keeps a ceiling without width visible.
        band = Rectangle(
            (place - 0.46, lower), 0.92, upper - lower, facecolor=style.BAND, edgecolor=style.BAND, zorder=0.2
        )
        axes.add_patch(band)


def _draw_model(
    axes: Axes,
    rows: pd.DataFrame,
    rois: Sequence[str],
    dodge: float,
    label: str,
    colour: str,
    marker: str,
    n_models: int,
) -> None:
    places = rows["roi"].map({roi: place for place, roi in enumerate(rois)})
    size = min(4.0, 24 / n_models + 0.8)
    axes.plot(
        places + dodge,
        rows["similarity"],
        "o",
        color=colour,
        markersize=min(2.2, 0.55 * size),
        markeredgewidth=0,
        alpha=0.35,
        zorder=1.5,
    )
    summary = (
        rows.groupby("roi")["similarity"]
        .agg(["mean", "sem"])
        .reindex([r for r in rois if r in set(rows["roi"])])
    )
    axes.errorbar(
        np.array([rois.index(roi) for roi in summary.index]) + dodge,
        summary["mean"],
        yerr=summary["sem"],
        fmt=marker,
        color=colour,
        markersize=size,
        markeredgewidth=0.4,
        markeredgecolor="white",
        elinewidth=1,
        capsize=0,
        label=label,
        zorder=2,
    )


def _note_missing_subjects(
    axes: Axes, rows: pd.DataFrame, rois: Sequence[str], n_subjects: int, crowded: bool
) -> None:
    have = rows.groupby("roi")["subject"].nunique()
    for place, roi in enumerate(rois):
        n_here = int(have.get(roi, 0))
        if n_here < n_subjects:
            axes.annotate(
                f"n={n_here}",
                (place, 0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, -29 if crowded else -14),
                textcoords="offset points",
                ha="center",
                va="top",
                size=style.NOTE_SIZE,
                color=style.FAINT_INK,
            )
