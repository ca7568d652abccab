"""What the report is made of: notes, tables and pictures, each for one part of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tyrosine.figures.illustrations import Picture

PARTS = {"notes": "Notes", "results": "Results", "figures": "Figures", "models": "Models"}
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


Section = Note | Table | Picture


def flatten_sections(sections: Any) -> Iterator[Section]:
    """Go through sections that may lie in lists, or in dicts as a folder of figures gives them.

    Parameters
    ----------
    sections : Section, mapping or iterable
        The values of a mapping and the members of any other iterable are sections, or such collections.

    Yields
    ------
    Section
        In the order in which they are found.
    """
    if isinstance(sections, Note | Table | Picture):
        yield sections
        return
    for one in sections.values() if isinstance(sections, Mapping) else sections:
        yield from flatten_sections(one)
