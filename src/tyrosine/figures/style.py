"""How every figure looks: sizes, type, colours, and the note that marks a simulated study."""

from __future__ import annotations

import math
import textwrap
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib.style
from matplotlib.figure import Figure

SINGLE_COLUMN = 3.5
"""Width in inches of a figure that fills one column of a page."""
DOUBLE_COLUMN = 7.2
"""Width in inches of a figure that fills both columns of a page."""

TITLE_SIZE = 9
TEXT_SIZE = 8
SMALL_SIZE = 7
NOTE_SIZE = 6

INK = "#222222"
FAINT_INK = "#6b6b6b"
RULE = "#b5b5b5"
BAND = "#dcdcdc"

# Okabe and Ito (2008) and Paul Tol's muted scheme. A model takes the colour at its place in the roster, so
# that neighbours of either modality are well apart for colour-blind readers too.
WARM = ("#D55E00", "#CC79A7", "#E69F00", "#882255", "#F0A58F", "#994F00", "#AA4499", "#C9A227")
COOL = ("#009E73", "#0072B2", "#332288", "#56B4E9", "#117733", "#6699CC", "#44AA99", "#5B6C8F")
MARKERS = {"vision": ("o", "D", "v", "p", "<"), "language": ("s", "^", "P", "X", "*")}

# Paul Tol's bright scheme without its grey, which the smaller clusters take.
CLUSTERS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
OTHER_CLUSTERS = "#b9b9b9"

_SETTINGS: dict[str, Any] = {
    # The one family that matplotlib brings along: the same figure on every machine.
    "font.family": "DejaVu Sans",
    "font.size": TEXT_SIZE,
    "axes.titlesize": TEXT_SIZE,
    "axes.labelsize": TEXT_SIZE,
    "figure.titlesize": TITLE_SIZE,
    "legend.fontsize": SMALL_SIZE,
    "xtick.labelsize": SMALL_SIZE,
    "ytick.labelsize": SMALL_SIZE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "axes.unicode_minus": True,
    "figure.dpi": 150,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
}

# matplotlib's settings are global and pipelines may draw in several threads.
_DRAWING = threading.RLock()


@contextmanager
def paper_style() -> Iterator[None]:
    """Draw with this project's settings, whatever the user's are; one thread at a time."""
    with _DRAWING, matplotlib.style.context(["default", _SETTINGS]):
        yield


class PaperFigure(Figure):
    """A figure that is also saved with the project's settings: matplotlib reads those for fonts on saving."""

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """Save as `matplotlib.figure.Figure.savefig` does."""
        with paper_style():
            super().savefig(*args, **kwargs)


def new_figure(
    width: float,
    height: float,
    title: str,
    simulated: bool,
    layout: Literal["constrained", "compressed"] = "constrained",
) -> PaperFigure:
    """Make an empty figure with its heading.

    Parameters
    ----------
    width, height : float
        Size in inches.
    title : str
        Heading, wrapped to the width.
    simulated : bool
        Whether to mark the figure as made from simulated data.
    layout : {"constrained", "compressed"}
        How matplotlib makes room for labels; `compressed` keeps panels of fixed aspect together.

    Returns
    -------
    PaperFigure
        Without axes; the layout leaves room for the heading.
    """
    figure = PaperFigure(figsize=(width, height), layout=layout)
    pads = figure.get_layout_engine().get()  # type: ignore[union-attr]
    left, top = pads["w_pad"] / width, pads["h_pad"] / height
    room = width - 2 * pads["w_pad"] - (0.8 if simulated else 0)
    figure.suptitle(wrap(title, room, TITLE_SIZE), x=left, ha="left")
    if simulated:
        figure.text(
            1 - left,
            1 - top,
            "SIMULATED",
            ha="right",
            va="top",
            size=SMALL_SIZE,
            weight="bold",
            color="#8a8a8a",
        )
    return figure


def text_width(text: str, size: float) -> float:
    """Width in inches that a line of text takes, near enough to plan a layout with."""
    return 0.54 * size / 72 * len(text)


def wrap(text: str, width: float, size: float) -> str:
    """Break text into lines of at most `width` inches."""
    return textwrap.fill(text, max(8, int(width / text_width("x", size))), break_long_words=False)


def panel_title(text: str) -> str:
    """The text with a capital first letter, the rest as it is (`EVC` stays `EVC`)."""
    return text[:1].upper() + text[1:]


def model_colours(names: Iterable[str], modalities: Mapping[str, str] | None = None) -> dict[str, str]:
    """Colour of each model: warm for vision, cool for language.

    Parameters
    ----------
    names : iterable of str
        All models of the roster, in its order. A model's colour follows from its place here and its own
        modality alone: whoever draws a part of the roster passes all of it and has the same colours.
    modalities : mapping of str to str, optional
        `vision` or `language` for a model; without an entry the two families of colours alternate.

    Returns
    -------
    dict of str to str
        Colours as hexadecimal RGB.
    """
    return {
        name: _family(place, name, modalities, {"vision": WARM, "language": COOL})[place % len(WARM)]
        for place, name in enumerate(names)
    }


def model_markers(names: Iterable[str], modalities: Mapping[str, str] | None = None) -> dict[str, str]:
    """Marker of each model; it differs by modality, and between models that share a colour."""
    return {
        name: _family(place, name, modalities, MARKERS)[place // len(WARM) % len(MARKERS["vision"])]
        for place, name in enumerate(names)
    }


def _family(
    place: int, name: str, modalities: Mapping[str, str] | None, families: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    modality = (modalities or {}).get(name) or ("vision", "language")[place % 2]
    return families[modality]


def cluster_colours(sizes: Mapping[int, int]) -> dict[int, str]:
    """Colour of each cluster of a region, the same in every figure: one each for the six largest, else grey.

    Parameters
    ----------
    sizes : mapping of int to int
        Number of stimuli of each cluster.

    Returns
    -------
    dict of int to str
        The largest cluster first, of equal ones the one with the smallest number.
    """
    ranked = sorted(sizes, key=lambda cluster: (-sizes[cluster], cluster))
    return {
        cluster: CLUSTERS[rank] if rank < len(CLUSTERS) else OTHER_CLUSTERS
        for rank, cluster in enumerate(ranked)
    }


def legend_columns(labels: Iterable[str], width: float) -> int:
    """How many columns of a legend with these labels fit into `width` inches, evenly filled."""
    entries = list(labels)
    column = 0.42 + max(text_width(label, SMALL_SIZE) for label in entries)
    rows = math.ceil(len(entries) / max(1, int(width / column)))
    return math.ceil(len(entries) / rows)
