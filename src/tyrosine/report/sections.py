"""What the report is made of: notes, tables and galleries of figures, each for one part of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tyrosine.figures.illustrations import Picture

PARTS = {"notes": "Notes", "results": "Tables", "figures": "Figures", "models": "Models"}
"""Heading of each part of the page that sections belong to, in the order of the page."""


@dataclass(frozen=True)
class Note:
    """A sentence that a reader of the results should know."""

    text: str
    part: str = "notes"


@dataclass(frozen=True)
class Table:
    """A table with its title.

    Attributes
    ----------
    title : str
        Stands over the table; may be empty where the heading of the part says enough.
    rows : DataFrame
        As the report shows them.
    part : str
        A key of `PARTS`.
    """

    title: str
    rows: pd.DataFrame
    part: str = "results"


@dataclass(frozen=True)
class Gallery:
    """A figure, or several of a kind, of which the page shows the first and names the others.

    Attributes
    ----------
    pictures : tuple of Picture
        At least one.
    tables : tuple of str
        Names of the tables that the figures were drawn from.
    shows_images : bool
        Whether images of stimuli can be made out in the figures.
    part : str
        A key of `PARTS`.
    """

    pictures: tuple[Picture, ...]
    tables: tuple[str, ...] = ()
    shows_images: bool = False
    part: str = "figures"


Section = Note | Table | Gallery


def flatten_sections(sections: Any) -> Iterator[Section]:
    """Go through sections that may lie in lists.

    Parameters
    ----------
    sections : Section or iterable
        Its members are sections, or such collections.

    Yields
    ------
    Section
        In the order in which they are found.
    """
    if isinstance(sections, Note | Table | Gallery):
        yield sections
        return
    for one in sections:
        yield from flatten_sections(one)


def as_gallery(
    drawn: Picture | Mapping[str, Picture], tables: tuple[str, ...] = (), shows_images: bool = False
) -> list[Section]:
    """Put what one plot function drew into a gallery; nothing if it drew nothing.

    Parameters
    ----------
    drawn : Picture or mapping of str to Picture
        One figure, or a folder of figures.
    tables : tuple of str
        Names of the tables that the figures were drawn from.
    shows_images : bool
        Whether images of stimuli can be made out in the figures.

    Returns
    -------
    list of Gallery
        One, or none.
    """
    pictures = (drawn,) if isinstance(drawn, Picture) else tuple(drawn.values())
    return [Gallery(pictures, tables, shows_images)] if pictures else []
