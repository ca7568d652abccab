"""Contrasts of models: differences of mean similarities, as weights of the models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError
from tyrosine.tables.columns import CONTROL

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Contrast:
    """The mean over some models, minus the mean over others if there are any.

    Attributes
    ----------
    name : str
    strata : tuple of (tuple of str, tuple of str)
        Names of the models of both sides. Of several strata, such as architectures, each has its own
        difference, and the contrast is their mean. A stratum whose second side is empty is a mean over
        models against zero.

    Raises
    ------
    ParameterError
        If there is no model on the first side, or the same one on both.
    """

    name: str
    strata: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def __post_init__(self) -> None:
        if not self.strata or not all(a for a, _ in self.strata):
            raise ParameterError(
                f"Contrast {self.name} has no model on its first side; give it at least one."
            )
        shared = sorted(set(self.a) & set(self.b))
        if shared:
            raise ParameterError(
                f"Contrast {self.name} has {', '.join(shared)} on both sides; choose sides that exclude each "
                "other."
            )

    @property
    def a(self) -> tuple[str, ...]:
        """Models of the first side."""
        return tuple(dict.fromkeys(model for a, _ in self.strata for model in a))

    @property
    def b(self) -> tuple[str, ...]:
        """Models of the second side."""
        return tuple(dict.fromkeys(model for _, b in self.strata for model in b))


def contrast_weights(contrasts: Sequence[Contrast], models: Sequence[str]) -> FloatArray:
    """Weights that turn similarities to models into contrasts.

    Parameters
    ----------
    contrasts : sequence of Contrast
    models : sequence of str
        Names of the models, one a column of similarities.

    Returns
    -------
    weights : ndarray of shape (n_contrasts, n_models), float64
        ``similarities @ weights.T`` are the contrasts.

    Raises
    ------
    ParameterError
        If a contrast names a model that is not there.
    """
    column = {model: place for place, model in enumerate(models)}
    weights = np.zeros((len(contrasts), len(models)))
    for row, contrast in zip(weights, contrasts):
        for sides in contrast.strata:
            for side, sign in zip(sides, (1.0, -1.0)):
                for model in side:
                    if model not in column:
                        raise ParameterError(
                            f"Contrast {contrast.name} names the model {model}, which has no similarities; "
                            f"there are {', '.join(models)}."
                        )
                    row[column[model]] += sign / len(side) / len(contrast.strata)
    return weights


def mean_over_regions(values: ArrayLike, subjects: Sequence[int]) -> tuple[FloatArray, list[int]]:
    """Each subject's mean over its brain RDMs, which `in_common_regions` chooses.

    Parameters
    ----------
    values : array_like of shape (..., n_rdms, m)
        One row a brain RDM.
    subjects : sequence of int of length n_rdms
        Whose RDM it is.

    Returns
    -------
    means : ndarray of shape (..., n_subjects, m), float64
    subjects : list of int
        In the order of `means`, which is that of their first RDMs.
    """
    names = list(dict.fromkeys(int(subject) for subject in subjects))
    shares = (np.asarray(subjects) == np.array(names)[:, None]).astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares @ np.asarray(values, dtype=np.float64), names


def in_common_regions(
    regions: Sequence[str], subjects: Sequence[int], selectivities: Sequence[str]
) -> NDArray[np.bool_]:
    """Choose the brain RDMs of the regions that all subjects have, without control regions.

    A mean over other regions for another subject would mix differences between regions with differences
    between subjects. A subject counts for more than a region, because tests generalise to new subjects; only
    if no region is common to all is the subject with the fewest regions left out, until one is.

    Parameters
    ----------
    regions : sequence of str of length n_rdms
    subjects : sequence of int of length n_rdms
        Whose RDM it is.
    selectivities : sequence of str of length n_rdms
        A region whose selectivity is `control` is left out unless there is no other.

    Returns
    -------
    ndarray of shape (n_rdms,), bool
    """
    only_controls = all(selectivity == CONTROL for selectivity in selectivities)
    has: dict[int, set[str]] = {}
    for subject, region, selectivity in zip(subjects, regions, selectivities):
        counted = {region} if only_controls or selectivity != CONTROL else set()
        has.setdefault(int(subject), set()).update(counted)
    while has and not set.intersection(*has.values()):
        # Of several with as few, the last.
        del has[min(reversed(list(has)), key=lambda subject: len(has[subject]))]
    common = set.intersection(*has.values()) if has else set()
    return np.array(
        [int(subject) in has and region in common for subject, region in zip(subjects, regions)], dtype=bool
    )
