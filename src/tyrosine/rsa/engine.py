"""Whether a study is compared by RDMs or by patterns in their place, and how a method gets either."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.labelled import RDMs
from tyrosine.parameters import ComparisonParameters
from tyrosine.parameters.analysis import BY_SIZE, FROM_PATTERNS, FROM_RDMS
from tyrosine.parameters.measures import DISTANCES, METHODS, methods_that
from tyrosine.rsa.rdms import over
from tyrosine.rsa.represented import OfPatterns, OfRDMs, OfSamples, Representations, rdms_made_of
from tyrosine.rsa.without_rdms.labelled import LabelledPatterns, RDMsOrPatterns

TOO_MANY_STIMULI = "more stimuli than comparison.max_stimuli, and no RDM of them"
"""Why there is no number that only RDMs give."""


def choose_engine(comparison: ComparisonParameters, n_stimuli: int, has_responses: bool) -> str:
    """Whether a study is compared by `rdms` or by `patterns`.

    `comparison.engine: auto` takes patterns where there are responses to make them of and more stimuli than
    `comparison.max_stimuli`. With fewer, RDMs cost less than a number of resamples without them, and offer
    all methods.

    Parameters
    ----------
    comparison : ComparisonParameters
    n_stimuli : int
        Of the whole study.
    has_responses : bool
        Whether brain RDMs are computed from responses, and not taken as distributed.

    Raises
    ------
    ParameterError
        If patterns are asked for and there are no responses, or the methods need larger RDMs than there shall
        be.
    """
    engine: str = comparison.engine
    if engine == BY_SIZE:
        engine = FROM_PATTERNS if n_stimuli > comparison.max_stimuli and has_responses else FROM_RDMS
    if engine == FROM_RDMS:
        return engine
    if not has_responses:
        raise ParameterError(
            "comparison.engine is patterns, which are made of responses, and the brain RDMs of this study "
            "are taken as distributed; set it to rdms, or study.brain_rdms to computed."
        )
    large = [name for name in comparison.methods if METHODS[name].of_sums is None]
    if large and n_stimuli > comparison.max_stimuli and not comparison.stimulus_samples:
        raise ParameterError(
            f"Similarity by {large[0]} needs RDMs, and the study has {n_stimuli} stimuli, more than "
            f"comparison.max_stimuli ({comparison.max_stimuli}); set comparison.stimulus_samples to the "
            "number of random subsets that estimate it (20, say), or compare by "
            f"{', '.join(methods_that('of_sums'))}."
        )
    return engine


def represent(
    rdms: RDMsOrPatterns, method: str, ids: Sequence[str], rows: Sequence[int] | None = None
) -> Representations:
    """Representations over some stimuli, as a method compares them.

    Patterns are compared as they are by a method that needs no RDMs. For others RDMs are made of them, over
    all these stimuli where they are no more than `comparison.max_stimuli`, else over random subsets.

    Parameters
    ----------
    rdms : RDMs or LabelledPatterns
    method : str
    ids : sequence of str
        The stimuli wanted.
    rows : sequence of int, optional
        The RDMs wanted, all if not given.
    """
    if not isinstance(rdms, LabelledPatterns):
        return OfRDMs(entries(rdms, method, ids, rows), method)
    chosen = rdms.over(ids, rows)
    if METHODS[method].of_sums is not None:
        return OfPatterns(chosen, method)
    if needs_samples(rdms, method, ids):
        return OfSamples(chosen, method, rdms.limits)
    return rdms_made_of(chosen, method, len(ids))


def needs_samples(rdms: RDMsOrPatterns, method: str, ids: Sequence[str]) -> bool:
    """Whether similarities over these stimuli are estimated from subsets."""
    return (
        isinstance(rdms, LabelledPatterns)
        and METHODS[method].of_sums is None
        and len(ids) > rdms.limits.max_stimuli
    )


def is_beyond_rdms(rdms: RDMsOrPatterns, ids: Sequence[str]) -> bool:
    """Whether no RDM over these stimuli shall be made."""
    return isinstance(rdms, LabelledPatterns) and len(ids) > rdms.limits.max_stimuli


def dissimilarities_over(
    rdms: RDMsOrPatterns, ids: Sequence[str], rows: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Condensed RDMs over some stimuli, which are made of patterns where these stand in their place.

    Parameters
    ----------
    rdms : RDMs or LabelledPatterns
    ids : sequence of str
        Stimuli, of which `is_beyond_rdms` does not hold.
    rows : sequence of int, optional
        The RDMs wanted, all if not given.

    Returns
    -------
    ndarray of shape (n_rdms, n_pairs), float64
    """
    if isinstance(rdms, LabelledPatterns):
        return rdms_made_of(rdms.over(ids, rows), "pearson", len(ids)).rdms
    return over(rdms, ids, rows)


def entries(
    rdms: RDMs, method: str, ids: Sequence[str], rows: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """What a method compares: dissimilarities, or their squares where they are not squared distances.

    A correlation or cosine distance is half the squared distance of patterns of length one, and `cka` wants
    squared distances.

    Parameters
    ----------
    rdms : rsatoolbox.rdm.RDMs
    method : str
    ids : sequence of str
        The stimuli wanted.
    rows : sequence of int, optional
        The RDMs wanted, all if not given.

    Returns
    -------
    ndarray of shape (n_rdms, n_pairs), float64
    """
    distance = DISTANCES.get(rdms.dissimilarity_measure)
    chosen = over(rdms, ids, rows)
    squared = METHODS[method].takes_squared_distances and distance is not None and distance.is_a_length
    return chosen**2 if squared else chosen
