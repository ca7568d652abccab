"""How far a mean similarity, or a difference of two, holds for new subjects, new stimuli and both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tyrosine.rsa.bootstrap import bootstrap_means
from tyrosine.rsa.jackknife import jackknife_variance, leave_out
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS, Alternative, bootstrap_test
from tyrosine.rsa.similarity import check_rdms, number_of_stimuli, prepare
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI
from tyrosine.rsa.workers import map_in_threads, one_core
from tyrosine.tables.columns import OVER

FloatArray = NDArray[np.float64]

NO_STIMULUS_BOOTSTRAP = "no bootstrap over stimuli for this method"


class PairCovariance(NamedTuple):
    """How much of the sampling covariance of mean similarities is due to stimuli, and to pairs of them.

    Attributes
    ----------
    of_mean : ndarray of shape (m, m), float64
        Covariance over models of the pair terms of the mean over subjects.
    of_subjects : ndarray of shape (m, m), float64
        The part of it that differences among subjects account for; zero for one subject.
    left_out : ndarray of shape (n_drawn, m), float64, or None
        The mean similarities without each stimulus, or without each group of stimuli that is drawn whole.
    surplus : float
        How many times too often the jackknife over stimuli has this covariance; the bootstrap has it twice
        as many times too often.
    """

    of_mean: FloatArray
    of_subjects: FloatArray
    left_out: FloatArray | None = None
    surplus: float = 1.0

    def combine(self, weights: FloatArray) -> PairVariances:
        """Variances of weighted sums of models, weights of shape (n_contrasts, m)."""
        of_mean, of_subjects = (
            np.einsum("cm,mn,cn->c", weights, part, weights) for part in (self.of_mean, self.of_subjects)
        )
        left_out = None if self.left_out is None else self.left_out @ weights.T
        return PairVariances(of_mean, of_subjects, left_out, self.surplus)


class PairVariances(NamedTuple):
    """The diagonals of a `PairCovariance`, of shape (m,), its `left_out` and its `surplus`."""

    of_mean: FloatArray
    of_subjects: FloatArray
    left_out: FloatArray | None = None
    surplus: float = 1.0

    @property
    def draws_groups(self) -> bool:
        """Whether whole groups are drawn: pairs within a group have no surplus."""
        return self.surplus < 1.0

    def of(self, models: NDArray[np.bool_]) -> PairVariances:
        """Those of some models."""
        left_out = None if self.left_out is None else self.left_out[:, models]
        return PairVariances(self.of_mean[models], self.of_subjects[models], left_out, self.surplus)


class PairTerms:
    """What stimuli contribute to similarities, and what single pairs of them do beyond their two stimuli.

    A similarity is a mean over pairs of stimuli, so that its sampling variance has a part that belongs to
    stimuli and one that belongs to pairs (Hoeffding's decomposition of a U-statistic). The bootstrap over
    stimuli draws a pair as often as both its stimuli, and has the second part three times; the jackknife,
    which leaves a pair out with either of its stimuli, has it twice. It is most of the variance of the
    similarity to a model that the brain has nothing to do with. Where whole groups are drawn this holds of
    pairs between groups; pairs within a group count once.

    Parameters
    ----------
    brain_rdms : array_like of shape (k, n_pairs)
        Condensed RDMs.
    model_rdms : array_like of shape (m, n_pairs)
        Condensed RDMs over the same stimuli in the same order.
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `bootstrap`.
    mixtures : array_like of shape (n_mixtures, k, m), optional
        Weights of the models in further similarities of each brain RDM, which are weighted sums of those to
        the models; they count as the models m, m + 1 and so on.
    groups : array_like of shape (n_stimuli,), int, optional
        The group of each stimulus, where the bootstrap draws whole groups.

    Raises
    ------
    RDMError
        If RDMs are not finite, not whole, or have no variance.

    References
    ----------
    Hoeffding (1948), Ann Math Stat 19(3): 293-325; Arcones & Giné (1992), Ann Stat 20(2): 655-674 (the
    bootstrap of U-statistics, and where it fails); Efron & Stein (1981), Ann Stat 9(3): 586-596 (the
    jackknife of U-statistics).
    """

    def __init__(
        self,
        brain_rdms: ArrayLike,
        model_rdms: ArrayLike,
        method: str,
        mixtures: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> None:
        self.brain = prepare(check_rdms(brain_rdms, "brain"), method)
        self.models = prepare(check_rdms(model_rdms, "model"), method)
        with one_core():
            self.similarity = self.brain @ self.models.T
        self._set_mixtures(mixtures, len(self.models))
        self.n_stimuli = number_of_stimuli(self.brain.shape[1])
        self._rows, self._columns = np.triu_indices(self.n_stimuli, k=1)
        members = np.arange(self.n_stimuli) if groups is None else np.asarray(groups, dtype=np.intp)
        ends = members[self._rows], members[self._columns]
        self.surplus = float((ends[0] != ends[1]).mean())
        with one_core():
            self._left_out = leave_out(self.brain, self.models, *ends)

    def _set_mixtures(self, mixtures: ArrayLike | None, n_own: int) -> None:
        none = np.empty((0, *self.similarity.shape))
        self._mixtures = none if mixtures is None else np.asarray(mixtures, dtype=np.float64)
        self._n_own, self.n_models = n_own, n_own + len(self._mixtures)

    def covariance(
        self, members: Sequence[Sequence[int]], models: Sequence[int] | None = None
    ) -> PairCovariance:
        """Covariance over models of the pair terms of a mean over subjects, and the mean without a stimulus.

        Parameters
        ----------
        members : sequence of sequence of int
            Rows of the brain RDMs of each subject, whose mean is the subject's similarity.
        models : sequence of int, optional
            Rows of the model RDMs; all if not given.

        Returns
        -------
        PairCovariance
            Of these models, in their order.
        """
        chosen = np.arange(self.n_models) if models is None else np.asarray(models)
        with one_core():
            return self._covariance(members, chosen)

    def _covariance(self, members: Sequence[Sequence[int]], chosen: NDArray[np.intp]) -> PairCovariance:
        total = np.zeros((len(chosen), self.brain.shape[1]))
        left_out = np.mean([self._without_each(rows, chosen) for rows in members], axis=0)
        single = np.zeros((len(chosen), len(chosen)))
        for rows in members:
            influence = self._influence(rows, chosen)
            single += self._products(influence)
            total += influence
        n_subjects = len(members)
        of_mean = self._products(total / n_subjects)
        if n_subjects < 2:
            return PairCovariance(of_mean, np.zeros_like(of_mean), left_out, self.surplus)
        of_subjects = (single / n_subjects - of_mean) / (n_subjects - 1)
        return PairCovariance(of_mean, of_subjects, left_out, self.surplus)

    def variances(self, members: Sequence[Sequence[int]]) -> PairVariances:
        """The diagonal of `covariance`, with the influences of one model a core at a time in memory."""
        each = map_in_threads(
            lambda model: self._covariance(members, np.array([model])), range(self.n_models)
        )
        return PairVariances(
            np.array([one.of_mean[0, 0] for one in each]),
            np.array([one.of_subjects[0, 0] for one in each]),
            np.concatenate([one.left_out for one in each if one.left_out is not None], axis=1),
            self.surplus,
        )

    def variances_of_each(self, members: Sequence[Sequence[Sequence[int]]]) -> list[PairVariances]:
        """The `variances` of each of several lists of members."""
        return [self.variances(one) for one in members]

    def _without_each(self, rows: Sequence[int], models: NDArray[np.intp]) -> FloatArray:
        """A subject's mean similarity without each stimulus or group, of shape (n_drawn, n_models)."""
        result = np.zeros((len(self._left_out), len(models)))
        own = models < self._n_own
        for row in rows:
            result[:, own] += self._left_out[:, row, models[own]]
            for place in np.flatnonzero(~own):
                weights = self._mixtures[models[place] - self._n_own, row]
                result[:, place] += self._left_out[:, row] @ weights
        return result / len(rows)

    def _influence(self, rows: Sequence[int], models: NDArray[np.intp]) -> FloatArray:
        """Change of a mean similarity with the weight of each pair, of shape (n_models, n_pairs)."""
        result = np.zeros((len(models), self.brain.shape[1]))
        own = models < self._n_own
        for row in rows:
            result[own] += self._influence_of(row, models[own])
            for place in np.flatnonzero(~own):
                weights = self._mixtures[models[place] - self._n_own, row]
                mixed = np.flatnonzero(weights)
                result[place] += weights[mixed] @ self._influence_of(row, mixed)
        return result / len(rows)

    def _influence_of(self, row: int, models: NDArray[np.intp]) -> FloatArray:
        x, y = self.brain[row], self.models[models]
        return x * y - 0.5 * self.similarity[row, models][:, None] * (x**2 + y**2)

    def _products(self, influence: FloatArray) -> FloatArray:
        """Inner products of what stimuli alone do not tell, scaled to the variance of a mean over pairs."""
        n_stimuli, n_pairs = self.n_stimuli, influence.shape[1]
        if n_stimuli < LEAST_STIMULI:
            return np.full((len(influence), len(influence)), np.nan)
        mean = influence.mean(axis=1)
        sums = np.stack(
            [
                np.bincount(self._rows, row, n_stimuli) + np.bincount(self._columns, row, n_stimuli)
                for row in influence
            ]
        )
        by_stimulus = (sums - (n_stimuli - 1) * mean[:, None]) / (n_stimuli - 2)
        products = (
            influence @ influence.T
            - n_pairs * np.outer(mean, mean)
            - (n_stimuli - 2) * by_stimulus @ by_stimulus.T
        )
        return products * n_pairs / (n_pairs - n_stimuli)


class SamplingVariance(NamedTuple):
    """Sampling variances, and how well they are known.

    Attributes
    ----------
    variance, degrees_of_freedom : ndarray of shape (m,), float64
    """

    variance: FloatArray
    degrees_of_freedom: FloatArray


def sampling_variances(
    means: dict[str, FloatArray], pairs: PairVariances, n_subjects: int, n_drawn: int
) -> dict[str, SamplingVariance]:
    """Variances of a mean similarity over new subjects, over new stimuli, and over both.

    Parameters
    ----------
    means : dict of str to ndarray of shape (n_resamples, m)
        `subjects`, `stimuli` and `both`, from `tyrosine.rsa.bootstrap.bootstrap_means`; resamples with NaN
        are left out.
    pairs : PairVariances
    n_subjects : int
    n_drawn : int
        Number of stimuli, or of groups of stimuli where the bootstrap draws whole groups.

    Returns
    -------
    dict of str to SamplingVariance
        For each of `OVER`; NaN for a factor with one member.

    Notes
    -----
    Bootstrap variances are scaled by n / (n - 1), and that over both factors is Schütt's (2023), as
    `tyrosine.rsa.bootstrap.two_factor_variance` has it. It has terms of pairs of stimuli three times, and is
    the upper bound here. The other estimate is the jackknife's over stimuli or groups, less the terms of
    pairs of stimuli that it has once too often; it takes the place of the bootstrap variance over stimuli in
    Schütt's formula. Both err upwards, and the smaller one is taken. The bootstrap variance less the terms
    of pairs that it has too often errs downwards: copies of a stimulus make no pairs, and a resample of
    heavy tails is scaled by its own (`benchmarks/calibration.py`). Without `pairs.left_out` the variances
    are Schütt's alone. Terms of pairs of groups stay in: with 10 to 28 groups the standard error is right or
    up to 13 % too large with them, and up to 5 % too small without (`benchmarks/stimulus_groups.py`).

    The degrees of freedom over stimuli are those of the jackknife variance, which are few where a few
    stimuli decide; over groups they are one less than groups, since the kurtosis of groups tells of their
    sizes, and the variance over them errs upwards. Those over both are Satterthwaite's, of the variance over
    subjects and what stimuli, or groups, add to it.

    References
    ----------
    Schütt et al. (2023), eLife 12: e82566; Efron & Stein (1981), Ann Stat 9(3): 586-596; Satterthwaite
    (1946), Biometrics Bull 2(6): 110-114.
    """
    plain = {}
    for over, values in means.items():
        good = np.isfinite(values).all(axis=1)
        plain[over] = values[good].var(axis=0, ddof=1) if good.sum() > 1 else np.full(values.shape[1], np.nan)
    scale = {
        over: size / (size - 1) if size > 1 else np.nan
        for over, size in (("subjects", n_subjects), ("stimuli", n_drawn))
    }
    subjects = scale["subjects"] * plain["subjects"]
    stimuli = scale["stimuli"] * plain["stimuli"]
    common = scale["subjects"] * scale["stimuli"] * (plain["both"] - plain["subjects"] - plain["stimuli"])
    both, known = np.minimum(subjects + stimuli - common, plain["both"]), np.full_like(stimuli, n_drawn - 1.0)
    if pairs.left_out is not None:
        own = jackknife_variance(pairs.left_out)
        jackknifed = np.maximum(own.variance - pairs.surplus * pairs.of_mean, pairs.of_mean)
        # An estimate that is undefined without one of the stimuli has no jackknife, and keeps the bootstrap.
        stimuli = np.fmin(stimuli, jackknifed)
        if not pairs.draws_groups:
            known = np.fmin(known, own.degrees_of_freedom)
        both = np.fmin(both, subjects + jackknifed - common + 2.0 * pairs.surplus * pairs.of_subjects)
    both = np.maximum(both, np.maximum(subjects, stimuli))
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = both**2 / (subjects**2 / (n_subjects - 1) + (both - subjects) ** 2 / known)
    shape = np.ones_like(both)
    return {
        "subjects": SamplingVariance(subjects, shape * (n_subjects - 1)),
        "stimuli": SamplingVariance(stimuli, known),
        "both": SamplingVariance(both, freedom),
    }


def generalise(
    similarity: ArrayLike,
    resampled: ArrayLike | None,
    subject_counts: ArrayLike,
    pairs: PairVariances | None,
    n_drawn: int,
    alternative: Alternative = "greater",
    confidence_level: float = 0.95,
    no_bootstrap: str = NO_STIMULUS_BOOTSTRAP,
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
    pairs : PairVariances or None
        What single pairs of stimuli contribute, from `PairTerms`; None as for `resampled`.
    n_drawn : int
        Number of stimuli, or of groups of stimuli where the bootstrap draws whole groups.
    alternative : {"greater", "less", "two-sided"}
    confidence_level : float
    no_bootstrap : str
        The reason that rows give where `resampled` is None.

    Returns
    -------
    dict of str to DataFrame
        For each of `OVER` the columns of `tyrosine.rsa.significance.bootstrap_test` and `n_resamples`, those
        that enter: resamples in which a similarity is undefined do not. Without two subjects only
        `stimuli` has numbers; without `resampled` only `subjects` has.
    """
    plain = np.asarray(similarity, dtype=np.float64)
    counts = np.asarray(subject_counts)
    n_subjects, m = plain.shape
    by_stimuli = np.broadcast_to(plain, (len(counts), n_subjects, m)) if resampled is None else resampled
    means = bootstrap_means(plain, by_stimuli, counts)
    nowhere = np.full(m, np.nan)
    variances = sampling_variances(means, pairs or PairVariances(nowhere, nowhere), n_subjects, n_drawn)
    tables = {}
    for over in OVER:
        variance, freedom = variances[over]
        table = bootstrap_test(plain.mean(axis=0), variance, freedom, alternative, confidence_level)
        reason = ""
        if over != "stimuli" and n_subjects < 2:
            reason = TOO_FEW_SUBJECTS
        elif over != "subjects" and (resampled is None or pairs is None):
            reason = no_bootstrap
        elif over != "subjects" and n_drawn < LEAST_STIMULI:
            reason = TOO_FEW_STIMULI
        used = int(np.isfinite(means[over]).all(axis=1).sum())
        if reason:
            table.loc[:, table.columns != "undefined"] = np.nan
            table["undefined"] = reason
        tables[over] = table.assign(n_resamples=pd.array([pd.NA if reason else used] * m, dtype="Int64"))
    return tables
