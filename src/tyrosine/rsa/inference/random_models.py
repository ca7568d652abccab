"""Tests of contrasts whose models are drawn at random too, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.rsa.bootstrap import bootstrap_means
from tyrosine.rsa.contrasts import Contrast, contrast_weights
from tyrosine.rsa.generalisation import (
    NO_STIMULUS_BOOTSTRAP,
    PairCovariance,
    SamplingVariance,
    sampling_variances,
)
from tyrosine.rsa.inference.tabulation import undefined_rows
from tyrosine.rsa.model_sampling import ONE_MODEL_EACH, add_model_variance
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS, Alternative, bootstrap_test
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI
from tyrosine.rsa.workers import one_core


class Sampled(NamedTuple):
    """Similarities of one place, and what is known of how they vary.

    Attributes
    ----------
    similarity : ndarray of shape (n_subjects, n_models)
    resampled : ndarray of shape (n_resamples, n_subjects, n_models) or None
        In each resample of the stimuli.
    subject_counts : ndarray of shape (n_resamples, n_subjects)
    pairs : PairCovariance or None
    n_drawn : int
        Number of stimuli, or of groups of them, that are drawn from.
    """

    similarity: NDArray[np.float64]
    resampled: NDArray[np.float64] | None
    subject_counts: NDArray[np.int64]
    pairs: PairCovariance | None
    n_drawn: int

    def vary(self, weights: NDArray[np.float64]) -> SamplingVariance:
        """Variances of weighted sums of models over new subjects and new stimuli."""
        assert self.resampled is not None and self.pairs is not None
        with one_core():
            similarity, resampled = self.similarity @ weights.T, self.resampled @ weights.T
        means = bootstrap_means(similarity, resampled, self.subject_counts)
        n_subjects = len(self.similarity)
        return sampling_variances(means, self.pairs.combine(weights), n_subjects, self.n_drawn)["both"]


def run_over_models(
    contrasts: Sequence[Contrast],
    models: Sequence[str],
    sampled: Sampled,
    alternative: Alternative,
    confidence_level: float,
) -> pd.DataFrame:
    """Test each contrast with the variance over new subjects, new stimuli and new models.

    Parameters
    ----------
    contrasts : sequence of Contrast
    models : sequence of str
    sampled : Sampled
    alternative : {"greater", "less", "two-sided"}
    confidence_level : float

    Returns
    -------
    DataFrame
        The columns of `tyrosine.rsa.significance.bootstrap_test`, and `n_resamples`. A contrast no side of
        which has two models has no numbers but the reason.
    """
    reason = TOO_FEW_SUBJECTS if len(sampled.similarity) < 2 else ""
    if sampled.n_drawn < LEAST_STIMULI:
        reason = reason or TOO_FEW_STIMULI
    if sampled.resampled is None or sampled.pairs is None:
        reason = reason or NO_STIMULUS_BOOTSTRAP
    if reason or not contrasts:
        return undefined_rows(len(contrasts), reason)
    weights = contrast_weights(contrasts, models)
    similarity, fixed = sampled.similarity.mean(axis=0), sampled.vary(weights)
    parts = []
    for row, contrast in enumerate(contrasts):
        own = SamplingVariance(fixed.variance[row], fixed.degrees_of_freedom[row])
        found = add_model_variance(
            contrast, models, similarity, own, lambda wanted: sampled.vary(wanted).variance
        )
        if found is None:
            parts.append(undefined_rows(1, ONE_MODEL_EACH))
            continue
        estimate = [float(weights[row] @ similarity)]
        parts.append(
            bootstrap_test(
                estimate, [found.variance], [found.degrees_of_freedom], alternative, confidence_level
            ).assign(n_resamples=len(sampled.subject_counts))
        )
    return pd.concat(parts, ignore_index=True)
