"""What is done with representations over the same stimuli, be they RDMs or patterns in their place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.rsa import bootstrap, permutation, similarity
from tyrosine.rsa.generalisation import PairTerms
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.second_order import average_rdm, second_order_similarity
from tyrosine.rsa.without_rdms.bootstrap import bootstrap_patterns
from tyrosine.rsa.without_rdms.ceilings import (
    ceiling_of_similarities,
    similarities_and_lengths,
    similarities_of_means,
)
from tyrosine.rsa.without_rdms.comparison import compare_patterns
from tyrosine.rsa.without_rdms.labelled import RDMLimits
from tyrosine.rsa.without_rdms.pair_terms import PairTermsOfPatterns
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.without_rdms.subsets import rdms_of_patterns

FloatArray = NDArray[np.float64]


class Representations(ABC):
    """Representations of several regions or models over the same stimuli, as one method compares them.

    Attributes
    ----------
    method : str
    """

    def __init__(self, method: str) -> None:
        self.method = method

    @abstractmethod
    def compare(self, others: Representations) -> tuple[FloatArray, FloatArray]:
        """Similarities to others of the same kind, (k, m), and their standard errors, NaN if exact."""

    @abstractmethod
    def bootstrap(
        self, others: Representations, counts: NDArray[np.int64], groups: NDArray[np.intp] | None
    ) -> FloatArray:
        """Similarities in resamples of the stimuli, as `tyrosine.rsa.bootstrap.bootstrap_stimuli` does."""

    @abstractmethod
    def permute(
        self,
        others: Representations,
        n_permutations: int,
        rng: np.random.Generator,
        groups: NDArray[np.intp] | None,
    ) -> tuple[FloatArray, FloatArray]:
        """Similarities and p, as `tyrosine.rsa.permutation.permute_stimuli` has them."""

    @abstractmethod
    def pair_terms(
        self, others: Representations, mixtures: FloatArray | None, groups: NDArray[np.intp] | None
    ) -> PairTerms:
        """What stimuli and pairs of them contribute to similarities to others."""

    @abstractmethod
    def noise_ceiling(self) -> tuple[float, float]:
        """As `tyrosine.rsa.similarity.noise_ceiling`, of all of them."""

    @abstractmethod
    def leave_one_out(self) -> FloatArray:
        """As `tyrosine.rsa.similarity.leave_one_out_similarity`."""

    @abstractmethod
    def jackknifed_ceiling(self) -> FloatArray:
        """As `tyrosine.rsa.similarity.jackknifed_ceiling`."""

    @abstractmethod
    def second_order(self, others: Representations, members: Sequence[NDArray[np.intp]]) -> FloatArray:
        """Similarity of means over `members`, then of others, to each other, (r + m, r + m)."""


class OfRDMs(Representations):
    """RDMs.

    Parameters
    ----------
    rdms : ndarray of shape (k, n_pairs)
        Condensed, finite.
    method : str
    """

    def __init__(self, rdms: FloatArray, method: str) -> None:
        super().__init__(method)
        self.rdms = rdms

    def compare(self, others: Representations) -> tuple[FloatArray, FloatArray]:
        found = similarity.compare(self.rdms, _rdms(others), self.method)
        return found, np.full_like(found, np.nan)

    def bootstrap(
        self, others: Representations, counts: NDArray[np.int64], groups: NDArray[np.intp] | None
    ) -> FloatArray:
        return bootstrap.bootstrap_stimuli(self.rdms, _rdms(others), counts, self.method, groups=groups)

    def permute(
        self,
        others: Representations,
        n_permutations: int,
        rng: np.random.Generator,
        groups: NDArray[np.intp] | None,
    ) -> tuple[FloatArray, FloatArray]:
        return permutation.permute_stimuli(
            self.rdms, _rdms(others), n_permutations, rng, self.method, groups=groups
        )

    def pair_terms(
        self, others: Representations, mixtures: FloatArray | None, groups: NDArray[np.intp] | None
    ) -> PairTerms:
        return PairTerms(self.rdms, _rdms(others), self.method, mixtures, groups)

    def noise_ceiling(self) -> tuple[float, float]:
        return similarity.noise_ceiling(self.rdms, self.method)

    def leave_one_out(self) -> FloatArray:
        return similarity.leave_one_out_similarity(self.rdms, self.method)

    def jackknifed_ceiling(self) -> FloatArray:
        return similarity.jackknifed_ceiling(self.rdms, self.method)

    def second_order(self, others: Representations, members: Sequence[NDArray[np.intp]]) -> FloatArray:
        regions = np.stack([average_rdm(self.rdms[rows], self.method) for rows in members])
        return second_order_similarity(regions, _rdms(others), self.method)


class OfPatterns(Representations):
    """Patterns, whose similarities are those of the RDMs that are never made.

    Parameters
    ----------
    patterns : sequence of Patterns
    method : str
        One that needs no RDMs.
    """

    def __init__(self, patterns: Sequence[Patterns], method: str) -> None:
        super().__init__(method)
        self.patterns = patterns

    def compare(self, others: Representations) -> tuple[FloatArray, FloatArray]:
        found = compare_patterns(self.patterns, _patterns(others), self.method)
        return found, np.full_like(found, np.nan)

    def bootstrap(
        self, others: Representations, counts: NDArray[np.int64], groups: NDArray[np.intp] | None
    ) -> FloatArray:
        return bootstrap_patterns(self.patterns, _patterns(others), counts, self.method, groups=groups)

    def permute(
        self,
        others: Representations,
        n_permutations: int,
        rng: np.random.Generator,
        groups: NDArray[np.intp] | None,
    ) -> tuple[FloatArray, FloatArray]:
        # Few stimuli: rearranging RDMs is faster than shuffling points.
        n = self.patterns[0].n_stimuli
        small = [rdms_made_of(one, self.method, n) for one in (self.patterns, _patterns(others))]
        return small[0].permute(small[1], n_permutations, rng, groups)

    def pair_terms(
        self, others: Representations, mixtures: FloatArray | None, groups: NDArray[np.intp] | None
    ) -> PairTerms:
        return PairTermsOfPatterns(self.patterns, _patterns(others), self.method, mixtures, groups)

    def noise_ceiling(self) -> tuple[float, float]:
        lower, upper = ceiling_of_similarities(*similarities_and_lengths(self.patterns, self.method))
        return float(min(lower.mean(), upper.mean())), float(upper.mean())

    def leave_one_out(self) -> FloatArray:
        return ceiling_of_similarities(*similarities_and_lengths(self.patterns, self.method))[0]

    def jackknifed_ceiling(self) -> FloatArray:
        similarities, lengths = similarities_and_lengths(self.patterns, self.method)
        n = len(lengths)
        kept = [np.delete(np.arange(n), subject) for subject in range(n)]
        without = np.array(
            [ceiling_of_similarities(similarities[np.ix_(k, k)], lengths[k])[0].mean() for k in kept]
        )
        whole = ceiling_of_similarities(similarities, lengths)[0].mean()
        return whole + (n - 1) * (without.mean() - without)

    def second_order(self, others: Representations, members: Sequence[NDArray[np.intp]]) -> FloatArray:
        models = _patterns(others)
        similarities, lengths = similarities_and_lengths([*self.patterns, *models], self.method)
        k, r = len(self.patterns), len(members)
        weights = np.zeros((r + len(models), len(lengths)))
        for region, rows in enumerate(members):
            weights[region, rows] = 1.0
        weights[r + np.arange(len(models)), k + np.arange(len(models))] = 1.0
        return similarities_of_means(similarities, lengths, weights)


class OfSamples(Representations):
    """Patterns of many stimuli that a method compares which needs RDMs: means over random subsets of them.

    Parameters
    ----------
    patterns : sequence of Patterns
    method : str
    limits : RDMLimits
        How many stimuli a subset has, and how many subsets there are.
    """

    def __init__(self, patterns: Sequence[Patterns], method: str, limits: RDMLimits) -> None:
        super().__init__(method)
        self.patterns, self.limits = patterns, limits

    def compare(self, others: Representations) -> tuple[FloatArray, FloatArray]:
        found = self._over_samples(lambda own, other: own.compare(other)[0], others)
        return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))

    def bootstrap(
        self, others: Representations, counts: NDArray[np.int64], groups: NDArray[np.intp] | None
    ) -> FloatArray:
        raise self._refusal("bootstrap over stimuli")

    def permute(
        self,
        others: Representations,
        n_permutations: int,
        rng: np.random.Generator,
        groups: NDArray[np.intp] | None,
    ) -> tuple[FloatArray, FloatArray]:
        raise self._refusal("permutation test")

    def pair_terms(
        self, others: Representations, mixtures: FloatArray | None, groups: NDArray[np.intp] | None
    ) -> PairTerms:
        raise self._refusal("jackknife over stimuli")

    def noise_ceiling(self) -> tuple[float, float]:
        lower, upper = self._over_samples(lambda own, _: np.array(own.noise_ceiling()), self).mean(axis=0)
        return float(lower), float(upper)

    def leave_one_out(self) -> FloatArray:
        return self._over_samples(lambda own, _: own.leave_one_out(), self).mean(axis=0)

    def jackknifed_ceiling(self) -> FloatArray:
        return self._over_samples(lambda own, _: own.jackknifed_ceiling(), self).mean(axis=0)

    def second_order(self, others: Representations, members: Sequence[NDArray[np.intp]]) -> FloatArray:
        return self._over_samples(lambda own, other: own.second_order(other, members), others).mean(axis=0)

    def _over_samples(
        self, ask: Callable[[OfRDMs, OfRDMs], FloatArray], others: Representations
    ) -> FloatArray:
        """The answer of each subset: the same subsets for whatever is asked of the same stimuli."""
        stream = random_stream(self.limits.seed, "similarity", "stimulus samples")
        makers = [rdms_of_patterns(one) for one in (self.patterns, _patterns(others))]
        n, found = self.patterns[0].n_stimuli, []
        for _ in range(self.limits.n_samples):
            chosen = np.sort(stream.choice(n, self.limits.max_stimuli, replace=False))
            own, other = (OfRDMs(make(chosen), self.method) for make in makers)
            found.append(ask(own, other))
        return np.stack(found)

    def _refusal(self, what: str) -> ParameterError:
        return ParameterError(
            f"There is no {what} by {self.method} over more than comparison.max_stimuli "
            f"({self.limits.max_stimuli}) stimuli; raise it, or choose another of comparison.methods."
        )


def rdms_made_of(patterns: Sequence[Patterns], method: str, n_stimuli: int) -> OfRDMs:
    """RDMs of patterns, over all of their stimuli."""
    return OfRDMs(rdms_of_patterns(patterns)(np.arange(n_stimuli)), method)


def _rdms(others: Representations) -> FloatArray:
    assert isinstance(others, OfRDMs)
    return others.rdms


def _patterns(others: Representations) -> Sequence[Patterns]:
    assert isinstance(others, OfPatterns | OfSamples)
    return others.patterns
