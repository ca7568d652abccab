"""What RDMs, features and responses must satisfy on every load and save."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import RDMError, StorageError
from tyrosine.parameters.measures import DISTANCES
from tyrosine.parameters.models import STIMULUS
from tyrosine.rsa.rdms import STIMULUS_ID, seen_stimuli
from tyrosine.rsa.responses import CHANNEL, OBSERVATION

if TYPE_CHECKING:
    # rsatoolbox takes a second to import, and a run looks at the catalog before its first node.
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import RDMs

UNKNOWN = "unknown"
"""The measure of RDMs in files that do not name it."""


class ValidRDMs:
    """RDMs are finite, over named stimuli, and carry the descriptors `requires`.

    They are not negative, unless their distance is an estimate from repetitions, which may be, or unknown.

    A condensed RDM is symmetric with zero diagonal by its form. RDMs of subjects may have NaN for the pairs
    of which the subject did not see both stimuli, and for no other: a stimulus has dissimilarities to all
    others that the subject saw, or to none, in every region of the subject alike.
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
        whole = ~np.isnan(data.dissimilarities)
        if "subject" in self.requires:
            whole |= _unseen_pairs(data)
        finite = whole & ~np.isinf(data.dissimilarities)
        measure = str(data.dissimilarity_measure)
        # Files of other tools do not say what their dissimilarities are.
        signed = measure == UNKNOWN or (measure in DISTANCES and DISTANCES[measure].needs_repetitions)
        broken = ~finite.all(axis=1) | ((data.dissimilarities < 0).any(axis=1) & (not signed))
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            name = ", ".join(f"{key} {data.rdm_descriptors[key][row]}" for key in self.requires)
            raise RDMError(
                f"The RDM of {name or row} has NaN, infinite{'' if signed else ' or negative'} "
                "dissimilarities; compute it again."
            )
        return data


def _unseen_pairs(rdms: RDMs) -> NDArray[np.bool_]:
    """Pairs of which the subject of an RDM saw one stimulus at most, in none of its regions."""
    seen = seen_stimuli(rdms)
    if seen.all():
        return np.zeros(rdms.dissimilarities.shape, dtype=bool)
    subjects = np.asarray(rdms.rdm_descriptors["subject"])
    for subject in np.unique(subjects):
        seen[subjects == subject] = seen[subjects == subject].any(axis=0)
    rows, columns = np.triu_indices(rdms.n_cond, k=1)
    return ~(seen[:, rows] & seen[:, columns])


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
        # Features of stimuli, such as categories, may all be zero: their RDM is of Euclidean distances.
        may_be_constant = data.descriptors.get("modality") == STIMULUS or measurements.shape[1] == 1
        varies = may_be_constant | (np.ptp(measurements, axis=1) > 0)
        for good, what in ((finite, "not finite"), (varies, "constant")):
            if not good.all():
                stimulus = data.obs_descriptors[STIMULUS_ID][int(np.flatnonzero(~good)[0])]
                raise StorageError(
                    f"The features of {data.descriptors['model']} are {what} for stimulus {stimulus}; "
                    "look at the stimulus, or choose another layer or precision."
                )
        return data


class ValidResponses:
    """Responses are finite, their stimuli are named, and each channel has its region."""

    def validate(self, data: Any) -> Dataset:
        """Return `data`, or raise a `StorageError` that names subject, region and stimulus."""
        from rsatoolbox.data import Dataset

        if not isinstance(data, Dataset):
            raise StorageError(f"Expected responses as an rsatoolbox Dataset, got {type(data).__name__}.")
        found = {"descriptors": data.descriptors, "obs_descriptors": data.obs_descriptors}
        found["channel_descriptors"] = data.channel_descriptors
        needed = {"descriptors": ("subject",), "obs_descriptors": OBSERVATION, "channel_descriptors": CHANNEL}
        lacking = [
            f"{key} in {where}" for where in needed for key in needed[where] if key not in found[where]
        ]
        if lacking:
            raise StorageError(f"The responses lack {', '.join(lacking)}; run the pipeline ingestion again.")
        subject = f"The responses of subject {data.descriptors['subject']}"
        names, rois = (
            np.asarray(labels, dtype=str)
            for labels in (data.obs_descriptors[STIMULUS_ID], data.channel_descriptors["roi"])
        )
        if (names == "").any():
            raise StorageError(
                f"{subject} name no stimulus in row {int(np.flatnonzero(names == '')[0])}; expected a "
                f"{STIMULUS_ID} in every row."
            )
        if (rois == "").any():
            raise StorageError(
                f"{subject} have no region for channel {int(np.flatnonzero(rois == '')[0])}; expected the "
                "ROI of every channel."
            )
        broken = ~np.isfinite(data.measurements)
        if broken.any():
            row, channel = (int(place[0]) for place in np.nonzero(broken))
            raise StorageError(
                f"{subject} are not finite in {rois[channel]} for stimulus {names[row]}; run the pipeline "
                "ingestion again, with an intact copy of the study."
            )
        return data
