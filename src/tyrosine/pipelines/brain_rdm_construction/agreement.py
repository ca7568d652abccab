"""Whether the RDMs that a study distributes are those of its responses."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.parameters import StudyParameters
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.tables.columns import RDM_AGREEMENT
from tyrosine.wording import first_three

logger = logging.getLogger(__name__)

SAME_RDM = 0.99
"""Least correlation of two RDMs that can be of the same responses in the same order."""


def compare_distributed(
    theirs: NDArray[np.float64], responses: NDArray[np.floating], ids: Sequence[str]
) -> dict[str, Any]:
    """Hold a distributed RDM against the responses that it is of.

    Parameters
    ----------
    theirs : ndarray of shape (n_pairs,)
        The distributed RDM, condensed.
    responses : ndarray of shape (n_stimuli, n_channels)
    ids : sequence of str of length n_stimuli

    Returns
    -------
    dict
        `n_stimuli`, `correlation` (Pearson, missing if one of the two is constant) and `max_difference`.
    """
    # What NSD's distributions hold is correlation distance, whatever distance this run computes.
    ours = compute_rdm(responses, "correlation", ids)
    varies = np.ptp(ours) > 0 and np.ptp(theirs) > 0
    return {
        "n_stimuli": len(ids),
        "correlation": float(np.clip(np.corrcoef(ours, theirs)[0, 1], -1, 1)) if varies else np.nan,
        "max_difference": float(np.abs(ours - theirs).max()),
    }


def agreement_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The table `rdm_agreement`, with its types even where it has no rows."""
    numbers = {
        "subject": "int64",
        "n_stimuli": "int64",
        "correlation": "float64",
        "max_difference": "float64",
    }
    kinds = {column: numbers.get(column, "str") for column in RDM_AGREEMENT}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def check_agreement(rdm_agreement: pd.DataFrame, study: StudyParameters) -> None:
    """Refuse a study whose distributed RDMs are not those of its responses, or only say so.

    Raises
    ------
    StudyError
        If a correlation is below `SAME_RDM` and `study.on_mismatch` is `refuse`.
    """
    poor = rdm_agreement[~(rdm_agreement["correlation"] >= SAME_RDM)]
    if poor.empty:
        return
    told = first_three(
        f"subject {row.subject} {row.roi} {row.hemisphere} at {row.correlation:.3f}"
        for row in poor.itertuples()
    )
    sentence = (
        f"{len(poor)} of {len(rdm_agreement)} distributed RDMs correlate with those computed from the "
        f"responses in {study.path} below {SAME_RDM} ({told}), which is how another row order shows"
    )
    if study.on_mismatch == "refuse":
        raise StudyError(
            f"{sentence}; get files of one distribution, or set study.on_mismatch to warn to go on with the "
            f"RDMs as {study.brain_rdms}."
        )
    logger.warning("%s; going on with the RDMs as %s.", sentence, study.brain_rdms)
