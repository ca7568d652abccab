"""What RDMs and features must satisfy on every load and save."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tyrosine.errors import RDMError, StorageError
from tyrosine.rsa.rdms import STIMULUS_ID

if TYPE_CHECKING:
    # rsatoolbox takes a second to import, and a run looks at the catalog before its first node.
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import RDMs


class ValidRDMs:
    """RDMs are finite, non-negative, over named stimuli, and carry the descriptors `requires`.

    A condensed RDM is symmetric with zero diagonal by its form.
    """

    def __init__(self, requires: Sequence[str] = ()) -> None:
        self.requires = tuple(requires)

    def validate(self, data: Any) -> RDMs:
        """Return `data`, or raise an `RDMError` that names the RDM."""
        from rsatoolbox.rdm import RDMs

        if not isinstance(data, RDMs):
            raise RDMError(f"Expected rsatoolbox RDMs, got {type(data).__name__}.")
        ids = data.pattern_descriptors.get(STIMULUS_ID)
        if ids is None or len(set(ids)) != data.n_cond:
            raise RDMError(
                f"The RDMs must name each of their {data.n_cond} stimuli once in the pattern descriptor "
                f"{STIMULUS_ID}."
            )
        lacking = [key for key in self.requires if key not in data.rdm_descriptors]
        if lacking:
            raise RDMError(f"The RDMs lack the descriptors {', '.join(lacking)}.")
        broken = ~np.isfinite(data.dissimilarities).all(axis=1) | (data.dissimilarities < 0).any(axis=1)
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            name = ", ".join(f"{key} {data.rdm_descriptors[key][row]}" for key in self.requires)
            raise RDMError(
                f"The RDM of {name or row} has NaN, infinite or negative dissimilarities; compute it again."
            )
        return data


class ValidFeatures:
    """Features are two-dimensional, finite, named by stimulus, and no stimulus has constant ones."""

    descriptors = ("model", "checkpoint", "layer", "pooling", "fingerprint")

    def validate(self, data: Any) -> Dataset:
        """Return `data`, or raise a `StorageError`."""
        from rsatoolbox.data import Dataset

        if not isinstance(data, Dataset):
            raise StorageError(f"Expected features as an rsatoolbox Dataset, got {type(data).__name__}.")
        lacking = [key for key in self.descriptors if key not in data.descriptors]
        if lacking or STIMULUS_ID not in data.obs_descriptors:
            raise StorageError(f"The features lack the descriptors {', '.join(lacking) or STIMULUS_ID}.")
        measurements = data.measurements
        finite = np.isfinite(measurements).all(axis=1)
        varies = np.ptp(measurements, axis=1) > 0 if measurements.shape[1] > 1 else np.ones(len(finite), bool)
        for good, what in ((finite, "not finite"), (varies, "constant")):
            if not good.all():
                stimulus = data.obs_descriptors[STIMULUS_ID][int(np.flatnonzero(~good)[0])]
                raise StorageError(
                    f"The features of {data.descriptors['model']} are {what} for stimulus {stimulus}; "
                    "look at the stimulus, or choose another layer or precision."
                )
        return data
