"""Data that carry their labels: what this project reads of rsatoolbox's RDMs and of its data sets.

rsatoolbox takes seconds to import, which listing the pipelines must not, and has no types. A name that exists
for type checkers alone will not do for nodes: Kedro resolves the hints of a node's function at run time, and
where one of them is unknown it validates none of the node's parameters.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class RDMs(Protocol):
    """`rsatoolbox.rdm.RDMs`."""

    dissimilarities: NDArray[np.float64]
    """(n_rdms, n_pairs), condensed."""
    dissimilarity_measure: Any
    """Name of the distance."""
    n_rdm: int
    n_cond: int
    """Number of stimuli."""
    descriptors: dict[str, Any]
    rdm_descriptors: dict[str, Any]
    """Labels of each RDM, by name."""
    pattern_descriptors: dict[str, Any]
    """Labels of each stimulus, by name."""

    def subset(self, by: str, value: Any) -> RDMs:
        """The RDMs with this label."""
        ...

    def subset_pattern(self, by: str, value: Any) -> RDMs:
        """The RDMs over the stimuli with these labels."""
        ...


class Dataset(Protocol):
    """`rsatoolbox.data.Dataset`: responses of a subject, or features of a model."""

    measurements: NDArray[np.float32]
    """(n_observations, n_channels)."""
    n_obs: int
    n_channel: int
    descriptors: dict[str, Any]
    obs_descriptors: dict[str, Any]
    """Labels of each observation, by name."""
    channel_descriptors: dict[str, Any]
    """Labels of each channel, by name."""
