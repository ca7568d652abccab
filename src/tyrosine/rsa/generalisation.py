"""How far a mean similarity, or a difference of two, holds for new subjects, new stimuli and both."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tyrosine.rsa.bootstrap import bootstrap_means, bootstrap_variances
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS, Alternative, bootstrap_test

OVER = ("subjects", "stimuli", "both")
"""What is resampled."""


def generalise(
    similarity: ArrayLike,
    resampled: ArrayLike | None,
    subject_counts: ArrayLike,
    n_stimuli: int,
    alternative: Alternative = "greater",
    confidence_level: float = 0.95,
) -> dict[str, pd.DataFrame]:
    """Test the mean over subjects with bootstrap variances over subjects, over stimuli, and over both.

    Parameters
    ----------
    similarity : array_like of shape (n_subjects, m)
        Of each subject to each model, or contrasts of them, for all stimuli.
    resampled : array_like of shape (n_resamples, n_subjects, m) or None
        The same in each resample of the stimuli; None where the method of similarity has none.
    subject_counts : array_like of shape (n_resamples, n_subjects)
        How often each subject was drawn.
    n_stimuli : int
    alternative : {"greater", "less", "two-sided"}
    confidence_level : float

    Returns
    -------
    dict of str to DataFrame
        For each of `OVER` the columns of `tyrosine.rsa.significance.bootstrap_test` and `n_resamples`, those
        that enter: resamples in which a similarity is undefined do not. Without two subjects only
        `stimuli` has numbers; without `resampled` only `subjects` has.

    References
    ----------
    Schütt et al. (2023), eLife 12: e82566: the variance over both factors is that of the two-factor
    bootstrap, corrected; intervals and tests are those of t with one degree of freedom less than the smaller
    number of subjects or stimuli, as in rsatoolbox.
    """
    plain = np.asarray(similarity, dtype=np.float64)
    counts = np.asarray(subject_counts)
    n_subjects, n_resamples = plain.shape[0], len(counts)
    given = np.broadcast_to(plain, (n_resamples, *plain.shape)) if resampled is None else resampled
    means = bootstrap_means(plain, given, counts)
    variances = bootstrap_variances(means, n_subjects, n_stimuli)
    freedom = {
        "subjects": n_subjects - 1,
        "stimuli": n_stimuli - 1,
        "both": min(n_subjects, n_stimuli) - 1,
    }
    tables = {}
    for over in OVER:
        table = bootstrap_test(
            plain.mean(axis=0), variances[over], max(freedom[over], 1), alternative, confidence_level
        )
        reason = ""
        if over != "stimuli" and n_subjects < 2:
            reason = TOO_FEW_SUBJECTS
        elif over != "subjects" and resampled is None:
            reason = "no bootstrap over stimuli for this method"
        if reason:
            table.loc[:, table.columns != "undefined"] = np.nan
            table["undefined"] = reason
        table["n_resamples"] = int(np.isfinite(means[over]).all(axis=1).sum())
        tables[over] = table
    return tables
