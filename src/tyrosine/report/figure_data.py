"""The data of figures as tables that people open elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tyrosine.labelled import RDMs
from tyrosine.rsa.rdms import stimulus_ids

MOST_CELLS = 2_000_000
"""Dissimilarities that are written as text at most; more are read from the HDF5 file that the catalog has."""

_NAMES = ("subject", "roi", "model", "layer")


def join_lists(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each list as one text, its members separated by semicolons."""
    listed = [
        name
        for name in table
        if table[name].dtype == object
        and table[name].map(lambda cell: isinstance(cell, list | np.ndarray)).any()
    ]
    return table.assign(**{name: table[name].map(lambda cell: "; ".join(map(str, cell))) for name in listed})


def tabulate_pairs(rdms: RDMs) -> pd.DataFrame:
    """RDMs as a table.

    Parameters
    ----------
    rdms : rsatoolbox.rdm.RDMs
        Brain RDMs or model RDMs as the catalog has them.

    Returns
    -------
    DataFrame
        A row for each pair of stimuli: `stimulus_a`, `stimulus_b`, and a column for each RDM, named by
        subject and ROI or by model and layer.
    """
    ids = np.array(stimulus_ids(rdms))
    first, second = np.triu_indices(len(ids), k=1)
    described = [rdms.rdm_descriptors[name] for name in _NAMES if name in rdms.rdm_descriptors]
    columns = [" ".join(map(str, parts)) for parts in zip(*described)]
    return pd.DataFrame(
        {"stimulus_a": ids[first], "stimulus_b": ids[second]} | dict(zip(columns, rdms.dissimilarities))
    )
