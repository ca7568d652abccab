"""The similarity plot: how similar the RDM of each model is to the RDMs of each region, over subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from tyrosine.errors import ParameterError
from tyrosine.figures import significance, style
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import method_label

_ROI_WIDTH = 0.8
_TWIN_BESIDE = 0.45
"""How far to the right of its trained model a twin is drawn, as a share of the room of a model."""
_NARROWEST = 6.0
"""Width in points that each model should have, and a twin too; with less room each panel has its own row."""


def plot_similarities(
    similarities: pd.DataFrame,
    noise_ceilings: pd.DataFrame | None = None,
    model_tests: pd.DataFrame | None = None,
    contrasts: pd.DataFrame | None = None,
    bootstrap_similarities: pd.DataFrame | None = None,
    contrast_robustness: pd.DataFrame | None = None,
    *,
    view: StudyView,
    method: str | None = None,
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw mean and standard error over subjects of the similarity of each model to each region.

    Parameters
    ----------
    similarities : DataFrame
        Columns `subject, selectivity, roi, model, layer, reported, method, similarity`, one row for each
        subject, region, model and layer. Each model is drawn by its reported layer.
    noise_ceilings : DataFrame, optional
        Columns `selectivity, roi, method, lower, upper, n_subjects`; drawn as a band behind each region,
        except where the bounds are undefined.
    model_tests : DataFrame, optional
        The table `model_tests`: models above chance get a star over the panel, in their colour.
    contrasts : DataFrame, optional
        The table `contrasts`: the named contrasts that are significant get a bracket, at most three a region;
        the figure's small print says what the letter of each bracket stands for and how many contrasts there
        was no room for.
    bootstrap_similarities : DataFrame, optional
        The table `bootstrap_similarities`, from which stars are where the view's test is the dual bootstrap.
    contrast_robustness : DataFrame, optional
        The table `contrast_robustness`: a contrast whose direction depends on single models gets no bracket,
        and the small print says how many these are.
    view : StudyView
        Stars and brackets show its `test`, where q is below its `max_q`. Models without rows are left out; a
        region without rows keeps its place.
    method : str, optional
        The method whose rows are drawn; by default that of the first row.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        One axes a selectivity, side by side, or one above the other where models would be too narrow. Small
        dots are subjects; the standard error has n − 1 in its variance, and a region that one subject has
        gets no error bar. `n=` stands under regions that some subjects lack. An untrained twin is drawn
        hollow, beside its trained model and in its colour, without dots for subjects.

    Raises
    ------
    ParameterError
        If there is nothing to draw, or a model has similarities of several reported layers.
    """
    rows = select_rows(similarities, view, method)
    method = str(rows["method"].iloc[0])
    present = [name for name in view.models if name in set(rows["model"])]
    labels, colours, markers, panels = view.labels, view.colours, view.markers, view.panels
    hollow = {name for name in present if view.twins.get(name) in present}
    dodges = _places([name for name in present if name not in hollow])
    # Beside its trained model, which it would otherwise hide.
    beside = _TWIN_BESIDE * _ROI_WIDTH / max(1, len(present) - len(hollow))
    dodges |= {twin: dodges[view.twins[twin]] + beside for twin in hollow}
    ceilings = None
    if noise_ceilings is not None and method in set(noise_ceilings["method"]):
        ceilings = (
            noise_ceilings[noise_ceilings["method"] == method].set_index(["selectivity", "roi"]).dropna()
        )
    n_places = len(present) - len(hollow)
    stacked, pitch = _arrange(panels, n_places, width, _NARROWEST * (2 if hollow else 1))

    starred = None
    notes: list[str] = []
    marked = significance.above_chance(model_tests, bootstrap_similarities, rows, view)
    if marked is not None:
        # Without a single test the small print says why, and the legend has no star.
        starred = marked.table.query("above") if len(marked.table) else None
        notes = [marked.explanation]
    brackets: list[significance.Bracket] = []
    if contrasts is not None:
        chosen = significance.choose_brackets(contrasts, dodges, method, view, contrast_robustness)
        brackets = chosen.brackets
        notes = [significance.explain_brackets(chosen, view), *notes]
    # A letter and a sign, in units of a region's width.
    letter_width = 8.5 * _ROI_WIDTH / (pitch * n_places)
    levels = significance.stack_brackets(brackets, letter_width)
    star_rows = 0 if starred is None or starred.empty else 1 + bool(hollow & set(starred["model"]))
    above = significance.star_height(star_rows) + significance.bracket_height(levels)

    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colours[name], marker=markers[name], ms=4.5, ls="", label=labels[name])
        for name in present
        if name not in hollow
    ]
    if hollow:
        handles.append(style.twin_handle())
    if ceilings is not None:
        handles.append(Patch(color=style.BAND, label=_name_ceilings(panels, ceilings)))
    if starred is not None:
        label = f"Above chance, q < {view.max_q:g} ({view.test})"
        if starred.empty:
            label = f"None above chance, q ≥ {view.max_q:g} ({view.test})"
        handles.append(Line2D([], [], color=style.INK, marker="*", ms=5, ls="", label=label))
    crowded = (width - 0.6) / max(_per_row(panels, stacked)) < 0.5
    n_rows = len(panels) if stacked else 1
    height = (0.5 + 1.6 * n_rows if stacked else 2.75) + n_rows * (0.3 * crowded + above / 72)

    with style.paper_style():
        figure = style.new_figure(width, height, view.title, view.simulated)
        grid = figure.subplots(
            n_rows,
            1 if stacked else len(panels),
            sharey=True,
            squeeze=False,
            width_ratios=None if stacked else [len(rois) for rois in panels.values()],
        ).ravel()
        n_subjects = rows["subject"].nunique()
        for axes, (selectivity, rois) in zip(grid, panels.items()):
            here = rows[rows["selectivity"] == selectivity]
            if ceilings is not None:
                _draw_ceilings(axes, rois, selectivity, ceilings)
            axes.axhline(0, color=style.RULE, linewidth=0.6, zorder=0.5)
            for name in present:
                _draw_model(
                    axes,
                    here[here["model"] == name],
                    rois,
                    dodges[name],
                    labels[name],
                    colours[name],
                    markers[name],
                    _marker_size(pitch, bool(hollow)),
                    name in hollow,
                )
            axes.set_title(style.panel_title(selectivity), pad=4 + above)
            axes.set_xlim(-0.5, len(rois) - 0.5)
            axes.set_xticks(range(len(rois)), rois, rotation=45 if crowded else 0)
            _note_missing_subjects(axes, here, rois, n_subjects, crowded)
            axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
            if starred is not None:
                for star in starred[starred["selectivity"] == selectivity].itertuples():
                    if star.roi in rois:
                        x = rois.index(star.roi) + dodges[star.model]
                        twin = star.model in hollow
                        significance.draw_star(axes, x, int(twin), colours[star.model], twin)
            for bracket, level in zip(brackets, levels):
                if bracket.roi in rois:
                    significance.draw_bracket(
                        axes, bracket, rois.index(bracket.roi), level, significance.star_height(star_rows)
                    )
        label = f"Similarity to brain RDM ({method_label(method)})"
        # A stacked panel is too low for the label, which therefore stands at the middle one of the panels.
        grid[n_rows // 2].set_ylabel(label)
        if not stacked:
            for axes in grid[1:]:
                axes.tick_params(left=False)
                axes.spines["left"].set_visible(False)
        style.write_below(figure, handles, " ".join(note for note in notes if note))
    return figure


def plot_main_similarities(
    similarities: pd.DataFrame, *tables: pd.DataFrame, view: StudyView, **options: Any
) -> Figure:
    """Draw the similarity of the view's main models, as `plot_similarities` does, for a paper.

    Parameters
    ----------
    similarities : DataFrame
        As the catalog has it.
    *tables, **options
        Further arguments of `plot_similarities`.
    view : StudyView

    Returns
    -------
    Figure
        Where none of the main models has rows, all models are drawn.
    """
    main = similarities[similarities["model"].isin(view.main_models)]
    return plot_similarities(similarities if main.empty else main, *tables, view=view, **options)


def plot_all_similarities(
    similarities: pd.DataFrame, *tables: pd.DataFrame, view: StudyView
) -> dict[str, Figure]:
    """Draw the similarity of all models with their untrained twins, if there are others than the main models.

    Parameters
    ----------
    similarities : DataFrame
        As the catalog has it.
    *tables
        Further arguments of `plot_similarities`.
    view : StudyView

    Returns
    -------
    dict of str to Figure
        The figure `similarities_of_all_models`, or nothing.
    """
    present = set(similarities["model"]) & set(view.models)
    if present <= set(view.main_models) or not present & set(view.main_models):
        return {}
    return {"similarities_of_all_models": plot_similarities(similarities, *tables, view=view)}


def _marker_size(pitch: float, with_twins: bool) -> float:
    """Size in points of a marker where each model has `pitch` points, which a twin beside it shares."""
    return min(5.0, (0.42 if with_twins else 0.8) * pitch + (0.1 if with_twins else 0.3))


def _places(names: Sequence[str]) -> dict[str, float]:
    """Where each model is drawn, relative to the middle of its region."""
    return {name: _ROI_WIDTH * ((number + 0.5) / len(names) - 0.5) for number, name in enumerate(names)}


def _per_row(panels: Mapping[str, Sequence[str]], stacked: bool) -> list[int]:
    """Number of regions in each row of panels."""
    sizes = [len(rois) for rois in panels.values()]
    return sizes if stacked else [sum(sizes)]


def _arrange(
    panels: Mapping[str, Sequence[str]], n_places: int, width: float, narrowest: float
) -> tuple[bool, float]:
    """Decide whether the panels are stacked, and say how many points each model then has at least."""
    stacked = False
    for stacked in (False, True):
        pitch = 72 * _ROI_WIDTH * (width - 0.6) / max(_per_row(panels, stacked)) / n_places
        if pitch >= narrowest or len(panels) == 1:
            break
    return stacked, pitch


def select_rows(similarities: pd.DataFrame, view: StudyView, method: str | None = None) -> pd.DataFrame:
    """Choose the rows of `similarities` that a figure draws.

    Parameters
    ----------
    similarities : DataFrame
        With the columns `model`, `layer`, `reported` and `method`.
    view : StudyView
        Rows of models that it does not have are left out.
    method : str, optional
        The method to choose; by default that of the first row.

    Returns
    -------
    DataFrame
        The rows of one method, with the reported layer of each model.

    Raises
    ------
    ParameterError
        If there are none, or a model has similarities of several reported layers.
    """
    if method is None and len(similarities):
        method = str(similarities["method"].iloc[0])
    of_method = similarities[similarities["reported"] & (similarities["method"] == method)]
    rows = of_method[of_method["model"].isin(list(view.models))]
    if rows.empty:
        methods = ", ".join(sorted(similarities["method"].unique())) or "none"
        raise ParameterError(
            f"No similarities of the method {method} to draw for {', '.join(view.models) or 'no model'}; "
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
    """Entry of the legend, which names the regions without a ceiling: those that one subject alone has."""
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
        # An edge in the same colour keeps a ceiling visible whose two bounds are equal.
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
    size: float,
    hollow: bool,
) -> None:
    if not hollow:
        places = rows["roi"].map({roi: place for place, roi in enumerate(rois)})
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
        markersize=0.8 * size if hollow else size,
        markerfacecolor="white" if hollow else colour,
        markeredgewidth=0.7 if hollow else 0.4,
        markeredgecolor=colour if hollow else "white",
        elinewidth=0.7 if hollow else 1,
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
