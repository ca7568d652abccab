"""The interactive plots of the report, drawn with Bokeh: two RDMs, similarity by region, a map of stimuli.

Bokeh, because it draws an RDM as an image of one byte a cell, which Vega-Altair would draw as a mark a cell;
and because its script is inlined from the installed package in 1.3 MB, where Plotly's takes 4.5 MB, nearly
all that the page may have.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.figures import style
from tyrosine.figures.similarity import select_rows
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import method_label
from tyrosine.report.explorer import STEPS, Explorer

_MARKERS = {"vision": "circle", "language": "square", "stimulus": "hex"}
_WIDTH = 0.8


@dataclass(frozen=True)
class Plots:
    """The interactive part of the report.

    Attributes
    ----------
    explorer : Explorer
    items : dict of str to dict
        The plots `rdms`, `similarities` and `map`, each as `Bokeh.embed.embed_item` takes it.
    models : list of dict
        Which models the plot of similarities shows, as from `draw_similarities`.
    """

    explorer: Explorer
    items: dict[str, Any]
    models: list[dict[str, Any]]


def bokeh_script() -> str:
    """The script of Bokeh that draws plots, from the installed package; its widgets are not needed."""
    script = files("bokeh").joinpath("server", "static", "js", "bokeh.min.js").read_text(encoding="utf-8")
    # No text of a script may end the element that it stands in.
    return script.replace("</script", "<\\/script")


def draw_rdm_pair(explorer: Explorer, view: StudyView) -> dict[str, Any]:
    """Two empty RDMs side by side, which the script of the page fills.

    Returns
    -------
    dict
        As `Bokeh.embed.embed_item` takes it. The sources of data have the names `left` and `right`, those of
        the chosen cells `left-cell` and `right-cell`, of the bounds of clusters `left-bounds` and
        `right-bounds`, and the bars of colours `left-bar` and `right-bar`.
    """
    from bokeh.layouts import row

    return _as_item(row(*(_draw_rdm(side, explorer, view) for side in ("left", "right")), spacing=12))


def _draw_rdm(side: str, explorer: Explorer, view: StudyView) -> Any:
    import matplotlib
    from bokeh.models import (
        BoxSelectTool,
        ColorBar,
        ColumnDataSource,
        CustomJS,
        FixedTicker,
        LinearColorMapper,
        Range1d,
    )
    from bokeh.plotting import figure

    n = len(explorer.ids)
    plot = figure(
        frame_width=390,
        frame_height=390,
        x_range=Range1d(0, n, bounds="auto"),
        y_range=Range1d(n, 0, bounds="auto"),
        tools=[BoxSelectTool(persistent=True), "wheel_zoom", "reset"],
        toolbar_location="above",
    )
    plot.toolbar.logo = None
    plot.axis.visible = plot.grid.visible = False
    plot.outline_line_color = None
    colours = matplotlib.colormaps[view.cmap](np.linspace(0, 1, STEPS + 1))
    palette = [matplotlib.colors.to_hex(colour) for colour in colours]
    mapper = LinearColorMapper(palette=palette, low=0, high=STEPS)
    # The first row of the image lies at y = 0, which is the top, as the axis runs downwards.
    codes = ColumnDataSource({"image": [np.zeros((n, n), dtype=np.uint8)]}, name=side)
    plot.image("image", x=0, y=0, dw=n, dh=n, color_mapper=mapper, source=codes)
    bounds = ColumnDataSource({"x0": [], "x1": [], "y0": [], "y1": []}, name=f"{side}-bounds")
    plot.segment("x0", "y0", "x1", "y1", source=bounds, line_color="#ffffff", line_width=0.7)
    cell = ColumnDataSource({"x": [], "y": []}, name=f"{side}-cell")
    plot.rect("x", "y", width=1, height=1, source=cell, fill_alpha=0, line_color="#00e0ff", line_width=2)
    bar = ColorBar(
        color_mapper=mapper,
        ticker=FixedTicker(ticks=[0, STEPS // 2, STEPS]),
        height=8,
        location=(0, 0),
        name=f"{side}-bar",
    )
    plot.add_layout(bar, "below")
    plot.js_on_event("mousemove", CustomJS(code="tyrosine.pointAt(cb_obj.x, cb_obj.y)"))
    plot.js_on_event("selectiongeometry", CustomJS(code="tyrosine.selectBlock(cb_obj.geometry)"))
    return plot


def draw_map(explorer: Explorer) -> dict[str, Any]:
    """An empty map of the stimuli, which the script of the page fills.

    Returns
    -------
    dict
        As for `draw_rdm_pair`; the source of data has the name `map`.
    """
    from bokeh.models import ColumnDataSource, CustomJS, Range1d
    from bokeh.plotting import figure

    n = len(explorer.ids)
    plot = figure(
        width=640,
        height=560,
        x_range=Range1d(-20, 275),
        y_range=Range1d(275, -20),
        match_aspect=True,
        tools="pan,wheel_zoom,reset",
        toolbar_location="above",
    )
    plot.toolbar.logo = None
    plot.axis.visible = plot.grid.visible = False
    columns = {
        "x": [0.0] * n,
        "y": [0.0] * n,
        "colour": ["#888888"] * n,
        "url": list(explorer.images) or [""] * n,
    }
    source = ColumnDataSource(columns, name="map")
    # Without images the points have the colour of their cluster; with them, a frame of this colour.
    if explorer.images:
        plot.scatter("x", "y", marker="square", size=32, color="colour", source=source)
        plot.image_url(
            "url", "x", "y", w=28, h=28, w_units="screen", h_units="screen", anchor="center", source=source
        )
    else:
        plot.scatter("x", "y", size=10, color="colour", source=source)
    plot.js_on_event("mousemove", CustomJS(code="tyrosine.nearTo(cb_obj.x, cb_obj.y)"))
    return _as_item(plot)


def draw_similarities(
    similarities: pd.DataFrame,
    noise_ceilings: pd.DataFrame,
    bootstrap_similarities: pd.DataFrame,
    *,
    view: StudyView,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The mean similarity of every model to every region, with tooltips.

    Parameters
    ----------
    similarities, noise_ceilings, bootstrap_similarities : DataFrame
        As the catalog has them; the first method counts, and the reported layer of each model.
    view : StudyView

    Returns
    -------
    item : dict
        As for `draw_rdm_pair`; what is drawn of a model has the names `mean:<model>` and `interval:<model>`.
    models : list of dict
        `name`, `label`, `colour` and `shown`: untrained twins are not shown at first.
    """
    from bokeh.models import ColumnDataSource, FactorRange, HoverTool
    from bokeh.plotting import figure

    rows = select_rows(similarities, view)
    method = str(rows["method"].iloc[0])
    factors = [(selectivity, roi) for selectivity, rois in view.panels.items() for roi in rois]
    plot = figure(
        width=1100,
        height=430,
        x_range=FactorRange(*factors),
        tools="ypan,ywheel_zoom,reset",
        toolbar_location="above",
        sizing_mode="scale_width",
        y_axis_label=f"Similarity to brain RDM ({method_label(method)})",
    )
    plot.toolbar.logo = None
    plot.xgrid.visible = False
    ceilings = noise_ceilings[noise_ceilings["method"] == method].dropna(subset=["lower", "upper"])
    ceilings = ceilings[[pair in set(factors) for pair in zip(ceilings["selectivity"], ceilings["roi"])]]
    plot.vbar(
        x="x", bottom="lower", top="upper", width=0.96, color=style.BAND, level="underlay",
        source=ColumnDataSource(
            {
                "x": list(zip(ceilings["selectivity"], ceilings["roi"])),
                "lower": ceilings["lower"].tolist(),
                "upper": ceilings["upper"].tolist(),
            }
        ),
    )  # fmt: skip
    tested = bootstrap_similarities[
        (bootstrap_similarities["over"] == "both") & (bootstrap_similarities["method"] == method)
    ].set_index(["model", "layer", "selectivity", "roi"])
    present = [name for name in view.models if name in set(rows["model"])]
    trained = [name for name in present if view.twins.get(name) not in present]
    models, means = [], []
    for name in present:
        place = trained.index(view.twins[name] if name not in trained else name)
        offset = _WIDTH * ((place + 0.5) / len(trained) - 0.5)
        here = rows[rows["model"] == name].groupby(["selectivity", "roi", "layer"], sort=False)["similarity"]
        points = [
            (
                selectivity,
                roi,
                float(values.mean()),
                len(values),
                tested.loc[key] if key in tested.index else None,
            )
            for (selectivity, roi, layer), values in here
            if (selectivity, roi) in factors and (key := (name, layer, selectivity, roi))
        ]
        source = ColumnDataSource(
            {
                "x": [(selectivity, roi, offset) for selectivity, roi, *_ in points],
                "label": [view.labels[name]] * len(points),
                "region": [roi for _, roi, *_ in points],
                "mean": [mean for _, _, mean, *_ in points],
                "n": [n for *_, n, _ in points],
                "lower": [np.nan if test is None else float(test["lower"]) for *_, test in points],
                "upper": [np.nan if test is None else float(test["upper"]) for *_, test in points],
                "q": [
                    "undefined" if test is None or np.isnan(test["q"]) else f"{test['q']:.3f}"
                    for *_, test in points
                ],
            }
        )
        shown, colour = name in trained, view.colours[name]
        plot.segment(
            "x", "lower", "x", "upper", source=source, color=colour, line_width=1.5, alpha=0.6,
            name=f"interval:{name}", visible=shown,
        )  # fmt: skip
        means.append(
            plot.scatter(
                "x",
                "mean",
                source=source,
                marker=_MARKERS.get(view.modalities[name], "diamond"),
                size=9,
                line_color=colour,
                fill_color=colour if shown else "white",
                name=f"mean:{name}",
                visible=shown,
            )
        )
        models.append({"name": name, "label": view.labels[name], "colour": colour, "shown": shown})
    level = f"{100 * view.confidence_level:g} % CI"
    tips = [
        ("model", "@label"),
        ("region", "@region"),
        ("mean", "@mean{0.000}"),
        (level, "@lower{0.000} to @upper{0.000}"),
        ("q", "@q"),
        ("subjects", "@n"),
    ]
    plot.add_tools(HoverTool(renderers=means, tooltips=tips))
    return _as_item(plot), models


def _as_item(model: Any) -> dict[str, Any]:
    """What is drawn as JSON, with identifiers that are the same in every run."""
    from bokeh.embed import json_item

    item = json_item(model)
    numbers: dict[str, str] = {}

    def renumbered(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: numbers.setdefault(one, f"p{len(numbers)}")
                if key in ("id", "root_id") and isinstance(one, str)
                else renumbered(one)
                for key, one in value.items()
            }
        return [renumbered(one) for one in value] if isinstance(value, list) else value

    return renumbered({key: item[key] for key in ("doc", "root_id", "version")} | {"target_id": None})
