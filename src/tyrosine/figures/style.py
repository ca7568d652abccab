"""How every figure looks: sizes, type, colours, and the note that marks a simulated study."""

from __future__ import annotations

import math
import textwrap
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib.style
from matplotlib.artist import Artist
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
WARM = ("#D55E00", "#CC79A7", "#E69F00", "#882255", "#F0A58F", "#994F00", "#AA4499", "#661100")
COOL = ("#009E73", "#0072B2", "#332288", "#56B4E9", "#117733", "#6699CC", "#44AA99", "#5B6C8F")
PLAIN = ("#4D4D4D", "#8C8C8C", "#B3A16B", "#7A6A53", "#A9A9A9", "#5E6B5E", "#C2B280", "#6F6F6F")
"""Colours of features of stimuli, which no network makes."""
FAMILIES = {"vision": WARM, "language": COOL, "stimulus": PLAIN}
MARKERS = {
    "vision": ("o", "D", "v", "p", "<"),
    "language": ("s", "^", "P", "X", "*"),
    "stimulus": ("h", ">", "d", "H", "8"),
}

# Paul Tol's bright scheme without its grey, which the smaller clusters take.
CLUSTERS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
OTHER_CLUSTERS = "#b9b9b9"

# Paul Tol's muted scheme and ink: apart from each other, and from the first warm and cool colours, for
# colour-blind readers too.
SELECTIVITIES = ("#882255", "#44AA99", INK, "#66CCEE", "#DDCC77", "#661100")
ROI_LINES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"), ((0, (5, 1)), "v"), ((0, (1, 1)), "P"))
"""Line and marker of the first ROI of a selectivity, of the second ROI, and so on."""

GROUPS = {"vision": WARM[0], "language": COOL[1], "multimodal": "#44AA99", "stimulus": PLAIN[0]}
"""Colour of a modality, or of a group of models, where single models are not told apart."""

_LEGEND_KEY = 0.42
"""Width in inches of the marker and the gaps beside the label of a legend."""

_SETTINGS: dict[str, Any] = {
    # The one family that matplotlib brings along, so that figures are the same on every machine.
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
    # Names of elements would otherwise be random, and two runs give different files.
    "svg.hashsalt": "tyrosine",
}

# matplotlib's settings are global and pipelines may draw in several threads.
_DRAWING = threading.RLock()


@contextmanager
def paper_style() -> Iterator[None]:
    """Draw with this project's settings in place of the user's, in one thread at a time."""
    with _DRAWING, matplotlib.style.context(["default", _SETTINGS]):
        yield


class PaperFigure(Figure):
    """A figure that is drawn and saved with the project's settings.

    Matplotlib reads the settings of fonts again when a figure is saved, after `paper_style` has ended.
    """

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
    """Estimate of the width in inches of a line of text, by which layouts are planned."""
    return 0.54 * size / 72 * len(text)


def wrap(text: str, width: float, size: float) -> str:
    """Break text into lines of at most `width` inches."""
    return textwrap.fill(text, max(8, int(width / text_width("x", size))), break_long_words=False)


def panel_title(text: str) -> str:
    """The text with a capital first letter and all other letters unchanged (`EVC` stays `EVC`)."""
    return text[:1].upper() + text[1:]


def model_colours(
    names: Iterable[str], modalities: Mapping[str, str], twins: Mapping[str, str]
) -> dict[str, str]:
    """Colour of each model: warm for vision, cool for language, greyish for features of stimuli.

    Parameters
    ----------
    names : iterable of str
        All models of the study, in their order. Each model takes the colour at its place in the family of its
        modality; if other models of that family already have this colour more often than another one, the
        model takes the next colour that the fewest have.
    modalities : mapping of str to str
        `vision`, `language` or `stimulus` for each model.
    twins : mapping of str to str
        The trained model of each untrained twin. A twin has the colour of its trained model and takes no
        place; a twin whose trained model is not among `names` is treated as any other model.

    Returns
    -------
    dict of str to str
        Colours as hexadecimal RGB.
    """
    names = list(names)
    colours: dict[str, str] = {}
    for place, name in enumerate(_without_twins(names, twins)):
        family = FAMILIES[modalities[name]]
        start = place % len(family)
        colours[name] = min(family[start:] + family[:start], key=list(colours.values()).count)
    return {name: colours[_drawn_as(name, colours, twins)] for name in names}


def model_markers(
    names: Iterable[str], modalities: Mapping[str, str], twins: Mapping[str, str]
) -> dict[str, str]:
    """Marker of each model, so that colour is never all that tells models apart.

    Parameters
    ----------
    names, modalities, twins
        As for `model_colours`. Each model takes the next marker of its modality, and a twin that of its
        trained model.

    Returns
    -------
    dict of str to str
        Markers as matplotlib names them.
    """
    names = list(names)
    markers: dict[str, str] = {}
    for name in _without_twins(names, twins):
        family = MARKERS[modalities[name]]
        markers[name] = family[sum(marker in family for marker in markers.values()) % len(family)]
    return {name: markers[_drawn_as(name, markers, twins)] for name in names}


def _without_twins(names: Sequence[str], twins: Mapping[str, str]) -> list[str]:
    return [name for name in names if twins.get(name) not in names or twins[name] in twins]


def _drawn_as(name: str, trained: Mapping[str, str], twins: Mapping[str, str]) -> str:
    return name if name in trained else twins[name]


def selectivity_colours(selectivities: Iterable[str]) -> dict[str, str]:
    """Colour of the regions of each selectivity, in the order of the study; after six they repeat."""
    return {name: SELECTIVITIES[place % len(SELECTIVITIES)] for place, name in enumerate(selectivities)}


def shade(colour: str, place: int, count: int) -> str:
    """One of several shades of a colour, as hexadecimal RGB.

    Parameters
    ----------
    colour : str
        The first shade. The others are lighter, or darker if the colour is light already, so that all can be
        seen on white.
    place, count : int
        Which shade of how many.
    """
    part = 0.0 if count < 2 else 0.5 * place / (count - 1)
    towards = 0.0 if _luminance(to_rgb(colour)) > 0.25 else 1.0
    red, green, blue = ((1 - part) * channel + part * towards for channel in to_rgb(colour))
    return to_hex((red, green, blue))


def cluster_colours(sizes: Mapping[int, int]) -> dict[int, str]:
    """Colour of each cluster of a region, which is the same in every figure.

    The six largest clusters have a colour each; all others are grey.

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


def twin_handle() -> Line2D:
    """Entry of a legend for the untrained twins of models."""
    return Line2D([], [], color=INK, marker="o", mfc="white", ms=4, ls="", label="Untrained twin (hollow)")


def ink_on(background: Sequence[float]) -> str:
    """Colour of text that can be read on a background, chosen by the luminance of the background (WCAG 2)."""
    return INK if _luminance(background) > 0.3 else "white"


def _luminance(colour: Sequence[float]) -> float:
    """Relative luminance of red, green and blue from 0 to 1 (WCAG 2)."""
    linear = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in colour[:3]]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear))


def legend_columns(labels: Iterable[str], width: float) -> int:
    """How many columns of a legend with these labels fit into `width` inches, evenly filled."""
    entries = list(labels)
    longest = max(len(line) for label in entries for line in label.splitlines())
    column = _LEGEND_KEY + text_width("x" * longest, SMALL_SIZE)
    rows = math.ceil(len(entries) / max(1, int(width / column)))
    return math.ceil(len(entries) / rows)


def write_below(figure: Figure, handles: Sequence[Artist] = (), note: str = "") -> None:
    """Put a legend and small print under a figure, which grows by their height.

    Parameters
    ----------
    figure : Figure
        As `new_figure` makes it, with all else drawn.
    handles : sequence of Artist
        Entries of the legend; a label that is wider than half of the figure is wrapped. May be empty.
    note : str
        Small print, wrapped to the width; may be empty.
    """
    width, height = figure.get_size_inches()
    layout: Any = figure.get_layout_engine()
    pads = layout.get()
    small_print, legend = None, None
    if note:
        text = wrap(note, width - 2 * pads["w_pad"], NOTE_SIZE)
        small_print = figure.text(0, 0, text, va="bottom", size=NOTE_SIZE, color=FAINT_INK, linespacing=1.2)
    if handles:
        for handle in handles:
            handle.set_label(wrap(str(handle.get_label()), (width - 0.3) / 2 - _LEGEND_KEY, SMALL_SIZE))
        labels = [str(handle.get_label()) for handle in handles]
        n_columns = legend_columns(labels, width - 0.3)
        legend = figure.legend(handles=handles, loc="lower center", ncols=n_columns, borderaxespad=0)
    bottom = 0.0
    heights = []
    for artist in (small_print, legend):
        if artist is not None:
            artist.set_in_layout(False)
            bottom += pads["h_pad"]
            heights.append(bottom)
            bottom += artist.get_window_extent().height / figure.dpi
    bottom += pads["h_pad"]
    figure.set_size_inches(width, height + bottom)
    layout.set(rect=(0, bottom / (height + bottom), 1, height / (height + bottom)))
    if small_print is not None:
        small_print.set_position((pads["w_pad"] / width, heights[0] / (height + bottom)))
    if legend is not None:
        legend.set_bbox_to_anchor((0, heights[-1] / (height + bottom), 1, 1), figure.transFigure)
