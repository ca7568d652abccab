"""How much of a brain RDM groups of models explain, alone and together: commonality analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.nonnegative import nonnegative_weights
from tyrosine.rsa.similarity import check_rdms, number_of_stimuli
from tyrosine.rsa.workers import map_in_blocks
from tyrosine.tables.columns import ALONE, SHARED, TOTAL, UNIQUE

FloatArray = NDArray[np.float64]

# Fewer stimuli in a fold have fewer than three pairs.
LEAST_STIMULI_OF_A_FOLD = 3


def draw_folds(n_stimuli: int, n_folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal the stimuli to folds of equal size.

    Parameters
    ----------
    n_stimuli, n_folds : int
    rng : numpy.random.Generator

    Returns
    -------
    folds : ndarray of shape (n_stimuli,), int64
        Number of the fold of each stimulus; sizes differ by one at most.

    Raises
    ------
    ParameterError
        If there are fewer than two folds, or than three stimuli for each.
    """
    if n_folds < 2 or n_stimuli < LEAST_STIMULI_OF_A_FOLD * n_folds:
        raise ParameterError(
            f"{n_stimuli} stimuli do not make {n_folds} folds; there must be at least two folds, each of at "
            f"least {LEAST_STIMULI_OF_A_FOLD} stimuli."
        )
    return rng.permutation(np.arange(n_stimuli, dtype=np.int64) % n_folds)


def component_names(groups: Sequence[str]) -> list[tuple[str, str]]:
    """Kind and name of every component, in the order in which tables show them.

    Parameters
    ----------
    groups : sequence of str
        Names of the groups of models.

    Returns
    -------
    list of (str, str)
        `total`; `alone` for each group; `unique` for each; `shared` by exactly these, for each two or more,
        joined by an ampersand.
    """
    joined = [" & ".join(part) for size in range(2, len(groups) + 1) for part in combinations(groups, size)]
    return [
        (TOTAL, TOTAL),
        *((ALONE, group) for group in groups),
        *((UNIQUE, group) for group in groups),
        *((SHARED, name) for name in joined),
    ]


def partition_variance(
    brain_rdms: ArrayLike,
    model_rdms: ArrayLike,
    groups: Mapping[str, Sequence[int]],
    folds: ArrayLike,
    given: Sequence[int] = (),
) -> pd.DataFrame:
    """Partition the variance of each brain RDM among groups of models.

    Parameters
    ----------
    brain_rdms : array_like of shape (k, n_pairs)
        Condensed RDMs.
    model_rdms : array_like of shape (m, n_pairs)
        Condensed RDMs over the same stimuli in the same order.
    groups : mapping of str to sequence of int
        Rows of `model_rdms` that belong to each group: at least one group, each with at least one row.
    folds : array_like of shape (n_draws, n_stimuli) or (n_stimuli,), int
        For each draw of the folds, the fold that each stimulus belongs to.
    given : sequence of int
        Rows of `model_rdms` that are predictors in every fit. All components are then of the variance that
        these leave: the R² of groups is that of their models and these, less the R² of these alone.

    Returns
    -------
    DataFrame
        One row a brain RDM, one column a component (kind, name) of `component_names`, each the mean over the
        draws of the folds. `total` and `alone` are cross-validated shares of variance (R²) of all groups and
        of one; `unique` and `shared` add up to the total, and are negative where held-out pairs are predicted
        worse with a group than without it, or where groups suppress each other.

    Raises
    ------
    ParameterError
        If a group has no model, or the folds do not fit the RDMs.
    RDMError
        If the RDMs differ in length, are not finite, or a brain RDM has no variance in any fold.

    Notes
    -----
    For each fold, the model RDMs of each of the subsets of groups are fitted to the brain RDM with weights
    of at least zero, on the pairs of stimuli outside the fold; the fit is tested on the pairs of stimuli
    inside, which share no stimulus with the former. Entries are ranked within either set, and centred, so
    that the offset of a brain RDM plays no role. R² is one minus the squared error over the squares of the
    brain RDM, both summed over the folds of a draw: a predictor that says nothing about new stimuli wins
    nothing. Which stimuli share a fold is chance, and one draw can show a part of the variance that the next
    does not; the mean over many draws depends on it less, with the square root of their number.

    References
    ----------
    Seibold & McPhee (1979), Hum Commun Res 5(4): 355-365 (commonality analysis); Groen et al. (2018), eLife
    7: e32962, and Hebart et al. (2018), eLife 7: e32816 (of RDMs); Khaligh-Razavi & Kriegeskorte (2014),
    PLoS Comput Biol 10(11): e1003915 (non-negative weights, cross-validated over stimuli).
    """
    brain, models = check_rdms(brain_rdms, "brain"), check_rdms(model_rdms, "model")
    if brain.shape[1] != models.shape[1]:
        raise RDMError(
            f"RDMs of {brain.shape[1]} and of {models.shape[1]} pairs cannot be compared; align them first."
        )
    empty = [name for name, rows in groups.items() if not len(rows)]
    if empty or not groups:
        raise ParameterError(f"The group {(empty or ['of models'])[0]} is empty; give it at least one model.")
    draws = np.atleast_2d(np.asarray(folds))
    if draws.ndim != 2 or not draws.size or draws.shape[1] != number_of_stimuli(brain.shape[1]):
        raise ParameterError(f"Folds of shape {draws.shape} do not fit RDMs of {brain.shape[1]} pairs.")
    names = list(groups)
    subsets = [part for size in range(1, len(names) + 1) for part in combinations(names, size)]
    members = {
        part: np.array([row for name in part for row in groups[name]] + list(given)) for part in subsets
    }
    if len(given):
        members[()] = np.array(given)
    sorted_brain, sorted_models = ([_Sorted(rdm) for rdm in rdms] for rdms in (brain, models))
    rows, columns = np.triu_indices(draws.shape[1], k=1)

    def cross_validate(task: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
        """Squared errors (subsets, brain RDMs) and squares (brain RDMs) of the pairs of one fold."""
        draw, fold = task
        inside = draws[draw] == fold
        train, test = (
            _Products(sorted_brain, sorted_models, chosen[rows] & chosen[columns])
            for chosen in (~inside, inside)
        )
        return np.stack([test.error(part, train.fit(part)) for part in members.values()]), test.squares

    tasks = [(draw, int(fold)) for draw, labels in enumerate(draws) for fold in np.unique(labels)]
    errors = np.zeros((len(draws), len(members), len(brain)))
    squares = np.zeros((len(draws), 1, len(brain)))
    for (draw, _), (error, square) in zip(tasks, map_in_blocks(cross_validate, tasks)):
        errors[draw] += error
        squares[draw] += square
    if not squares.all():
        raise RDMError(
            f"RDM {int(np.flatnonzero((squares == 0).any(axis=(0, 1)))[0])} of the brain set has no variance "
            "in any fold; leave it out."
        )
    explained = dict(zip(members, (1.0 - errors / squares).mean(axis=0)))
    of_the_given = explained.pop((), 0.0)
    explained = {part: value - of_the_given for part, value in explained.items()}
    table = pd.DataFrame(commonalities(explained, names))
    table.columns = pd.MultiIndex.from_tuples(table.columns, names=["kind", "component"])
    return table[component_names(names)]


def commonalities(
    explained: Mapping[tuple[str, ...], FloatArray], names: Sequence[str]
) -> dict[tuple[str, str], FloatArray]:
    """Components of the variance that groups explain, from what each subset of groups explains.

    Parameters
    ----------
    explained : mapping of tuple of str to ndarray
        Of every subset of the groups but the empty one, in their order.
    names : sequence of str
        Names of the groups.

    Returns
    -------
    dict of (str, str) to ndarray
        By kind and name of each of `component_names`.
    """
    found = {(TOTAL, TOTAL): explained[tuple(names)]}
    for name in names:
        found[ALONE, name] = explained[(name,)]
    for part, value in _exactly_shared(explained, names).items():
        found[UNIQUE if len(part) == 1 else SHARED, " & ".join(part)] = value
    return found


def _exactly_shared(
    explained: Mapping[tuple[str, ...], FloatArray], names: Sequence[str]
) -> dict[tuple[str, ...], FloatArray]:
    """What exactly the groups of each subset explain: inclusion and exclusion over what subsets explain."""
    shared = {}
    for part in explained:
        others = tuple(name for name in names if name not in part)
        total: FloatArray | float = 0.0
        for size in range(len(part) + 1):
            for added in combinations(part, size):
                union = tuple(name for name in names if name in others or name in added)
                if union:
                    total = total - (-1.0) ** size * explained[union]
        shared[part] = np.asarray(total)
    return shared


class _Sorted:
    """A condensed RDM, sorted once, so that ranks within any of its pairs need no further sorting."""

    def __init__(self, rdm: FloatArray) -> None:
        self._order = np.argsort(rdm, kind="stable")
        values = rdm[self._order]
        differs = values[1:] != values[:-1]
        # Entries that are equal have the same number; there is none where no two entries are equal.
        self._ties = None if differs.all() else np.concatenate([[0], np.cumsum(differs)])

    def centred_ranks(self, chosen: NDArray[np.bool_]) -> FloatArray:
        """Ranks among the chosen pairs, in the order of pairs, and centred.

        They are divided by the number of chosen pairs, so that parts of any size are on one scale. Equal
        entries have the mean of their ranks, as SciPy's `rankdata` gives them.
        """
        place = np.cumsum(chosen) - 1
        there = chosen[self._order]
        kept = place[self._order[there]]
        n = len(kept)
        sorted_ranks = np.arange(1.0, n + 1.0)
        if self._ties is not None:
            _, group, sizes = np.unique(self._ties[there], return_inverse=True, return_counts=True)
            sorted_ranks = (np.cumsum(sizes) - (sizes - 1) / 2.0)[group]
        ranks = np.empty(n)
        ranks[kept] = (sorted_ranks - (n + 1) / 2.0) / n
        return ranks


class _Products:
    """Inner products of ranked and centred RDMs over some pairs, from which every fit follows."""

    def __init__(
        self, brain: Sequence[_Sorted], models: Sequence[_Sorted], chosen: NDArray[np.bool_]
    ) -> None:
        ranked = np.stack([rdm.centred_ranks(chosen) for rdm in models])
        self.among_models = ranked @ ranked.T
        self.with_brain = np.empty((len(brain), len(models)))
        self.squares = np.empty(len(brain))
        for row, rdm in enumerate(brain):
            target = rdm.centred_ranks(chosen)
            self.with_brain[row] = ranked @ target
            self.squares[row] = target @ target

    def fit(self, columns: NDArray[np.intp]) -> FloatArray:
        """Non-negative weights of the models of these columns, a row a brain RDM."""
        return nonnegative_weights(self.among_models[np.ix_(columns, columns)], self.with_brain[:, columns])

    def error(self, columns: NDArray[np.intp], weights: FloatArray) -> FloatArray:
        """Squared error of the predictions with these weights, for each brain RDM."""
        among = self.among_models[np.ix_(columns, columns)]
        return (
            self.squares
            - 2.0 * (weights * self.with_brain[:, columns]).sum(axis=1)
            + np.einsum("ki,ij,kj->k", weights, among, weights)
        )
