"""How the schemas of all tables are made, and what columns of one name may hold in most of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

import numpy as np
import pandera.pandas as pa

from tyrosine.parameters.measures import METHODS
from tyrosine.parameters.models import Modality


def list_of(kinds: type | tuple[type, ...]) -> pa.Column:
    """A column of lists whose entries have one of the types."""

    def every_entry(value: Any) -> bool:
        return isinstance(value, Sequence | np.ndarray) and all(isinstance(entry, kinds) for entry in value)

    check = pa.Check(every_entry, element_wise=True, name="list entries have the right type")
    return pa.Column(object, check)


def text(**options: Any) -> pa.Column:
    """A column of text that is never empty."""
    return pa.Column(str, pa.Check.str_length(min_value=1), **options)


def one_of(labels: Sequence[str]) -> pa.Column:
    """A column of labels."""
    return pa.Column(str, pa.Check.isin(list(labels)))


def measure(names: Callable[[], Iterable[str]]) -> pa.Column:
    """A column of names of entries of a table of measures, as they are when a table is checked."""
    return pa.Column(
        str, pa.Check(lambda column: column.isin(list(names())), name="is in the table of measures")
    )


def count(least: int = 1) -> pa.Column:
    """A column of whole numbers that are never missing."""
    return pa.Column("int64", pa.Check.ge(least))


def share(**options: Any) -> pa.Column:
    """A column of numbers from zero to one."""
    return pa.Column("float64", pa.Check.in_range(0, 1), **options)


def correlation(**options: Any) -> pa.Column:
    """A column of numbers from minus one to one."""
    return pa.Column("float64", pa.Check.in_range(-1, 1), **options)


def number() -> pa.Column:
    """A column of numbers that may be missing."""
    return pa.Column("float64", nullable=True)


_COLUMNS: dict[str, pa.Column] = {
    "subject": count(),
    **{name: text() for name in ("selectivity", "roi", "model", "label", "task", "layer", "family")},
    "modality": one_of(get_args(Modality)),
    "reported": pa.Column(bool),
    "method": measure(lambda: METHODS),
    "stimulus_id": text(),
    "cluster": count(0),
    "n": count(),
    "n_subjects": count(),
    "n_stimuli": count(0),
    "stimulus_groups": pa.Column(str),
    "n_groups": pa.Column("Int64", pa.Check.ge(1), nullable=True),
    "n_resamples": pa.Column("Int64", pa.Check.ge(0), nullable=True),
    **{name: number() for name in ("estimate", "lower", "upper", "effect_size", "statistic")},
    "p": share(nullable=True),
    "q": share(nullable=True),
    "undefined": pa.Column(str),
}


def table_schema(
    name: str,
    columns: Sequence[str],
    unique: Sequence[str] = (),
    checks: Sequence[pa.Check] = (),
    **own: pa.Column,
) -> pa.DataFrameSchema:
    """Schema of a table that has exactly these columns.

    Parameters
    ----------
    name : str
    columns : sequence of str
        From `tyrosine.tables.columns`.
    unique : sequence of str
        Columns that together name a row.
    checks : sequence of pandera.Check
        Of the table as a whole.
    **own : pandera.Column
        What columns may hold of which no other table has the like.
    """
    return pa.DataFrameSchema(
        {column: own[column] if column in own else _COLUMNS[column] for column in columns},
        checks=list(checks),
        unique=list(unique) or None,
        strict=True,
        name=name,
    )


def numbers_or_a_reason(*columns: str) -> list[pa.Check]:
    """Checks that a row has all of these numbers, or the reason in `undefined` why it has none of them."""
    return [
        pa.Check(
            lambda table, column=column: table[column].isna() == (table["undefined"] != ""),
            name=f"{column} or the reason why there is none",
        )
        for column in columns
    ]
