"""Similarities as labelled matrices, and results of tests as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.rsa.comparison import compare_over
from tyrosine.rsa.multiple_comparisons import benjamini_hochberg
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import BRAIN, MODEL, REGION

_NUMBERS = [
    "similarity", "ceiling_lower", "ceiling_upper", "estimate", "standard_error", "effect_size", "lower",
    "upper", "statistic", "p", "q",
]  # fmt: skip

NOT_DRAWN: dict[str, object] = {"stimulus_groups": "", "n_groups": pd.NA}
"""The columns `DRAWN` of a row whose test draws no groups of stimuli."""


@dataclass(frozen=True)
class Region:
    """One region, and which brain RDMs are of it."""

    selectivity: str
    roi: str
    rows: NDArray[np.intp]
    subjects: list[int]


@dataclass(frozen=True)
class Similarities:
    """The table `similarities` as a matrix a method.

    Attributes
    ----------
    brain : DataFrame
        Columns `BRAIN`, one row a brain RDM.
    models : DataFrame
        Columns `MODEL`, one row a layer of a model.
    values : dict of str to ndarray of shape (n_brain_rdms, n_layers)
    """

    brain: pd.DataFrame
    models: pd.DataFrame
    values: dict[str, NDArray[np.float64]]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Similarities:
        """Read the table, whose rows may have any order; brain RDMs and models keep that of their first."""
        brain = table[list(BRAIN)].drop_duplicates(ignore_index=True)
        models = table[list(MODEL)].drop_duplicates(ignore_index=True)
        values = {}
        for method, rows in table.groupby("method", sort=False):
            wide = rows.set_index([*BRAIN, *MODEL])["similarity"].unstack(list(MODEL))
            wide = wide.reindex(pd.MultiIndex.from_frame(brain))
            values[str(method)] = wide[list(models.itertuples(index=False, name=None))].to_numpy()
        return cls(brain, models, values)

    @property
    def reported(self) -> NDArray[np.bool_]:
        """Which row of `models` is the layer that a model is reported by."""
        return self.models["reported"].to_numpy(bool)

    def regions(self) -> Iterator[Region]:
        """Every region, in the order of the table."""
        for (selectivity, roi), members in self.brain.groupby(list(REGION), sort=False):
            yield Region(
                selectivity, roi, members.index.to_numpy(), [int(subject) for subject in members["subject"]]
            )


def similarity_over(
    brain_rdms: RDMsOrPatterns,
    models: RDMsOrPatterns,
    wanted: Sequence[tuple[str, ...]],
    own: Sequence[tuple[str, ...]],
    values: NDArray[np.float64],
    method: str,
) -> NDArray[np.float64]:
    """Similarities over the stimuli `wanted`, which are `values` where each subject's own are these.

    Where they are others, layers that were chosen in folds have none.
    """
    if list(wanted) == list(own):
        return values
    found = np.full_like(values, np.nan)
    found[:, : models.n_rdm] = compare_over(brain_rdms, models, wanted, method)
    return found


def undefined_rows(n_rows: int, reason: str) -> pd.DataFrame:
    """Rows without numbers, and why."""
    return pd.DataFrame({"undefined": [reason] * n_rows})


def no_rows(columns: Sequence[str]) -> pd.DataFrame:
    """A table of inference without rows, whose columns have the types that rows would give them."""
    whole = [column for column in columns if column.startswith("n_") or column == "n"]
    row: dict[str, object] = {"reported": True, **dict.fromkeys(_NUMBERS, np.nan), **dict.fromkeys(whole, 1)}
    table = pd.DataFrame([{column: row.get(column, "") for column in columns}])
    return join_rows([table], columns).iloc[:0]


def join_rows(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """All rows under each other, with q by family, and exactly these columns.

    A column that a part lacks is empty there. Whole numbers that may be missing are `Int64`.
    """
    table = pd.concat(parts, ignore_index=True)
    table = table.reindex(columns=[column for column in columns if column != "q"])
    table["q"] = benjamini_hochberg(table["p"].astype("float64"), table["family"])
    for column in table.columns.intersection(_NUMBERS):
        table[column] = table[column].astype("float64")
    for column in table.columns.intersection(["subject", "n_groups", "n_resamples"]):
        table[column] = table[column].astype("Int64")
    return table[list(columns)]
