"""How far a contrast holds for other models of the same kinds, of which its models are a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.contrasts import Contrast, contrast_weights
from tyrosine.rsa.generalisation import SamplingVariance

FloatArray = NDArray[np.float64]

ONE_MODEL_EACH = "no side has two models that could be drawn again"


class _Sample(NamedTuple):
    """Units of which a contrast has a mean, and the share that this mean has in the contrast."""

    units: FloatArray
    share: float


def add_model_variance(
    contrast: Contrast,
    models: Sequence[str],
    similarity: FloatArray,
    fixed: SamplingVariance,
    variances_of: Callable[[FloatArray], FloatArray],
) -> SamplingVariance | None:
    """Sampling variance of a contrast over new subjects, new stimuli and new models.

    Parameters
    ----------
    contrast : Contrast
        The models of each of its sides are taken as drawn at random from a kind of models. A side with one
        model is taken as it is. Of several strata, such as architectures, the strata are what is drawn.
    models : sequence of str
    similarity : ndarray of shape (n_models,)
        Mean similarity to each model.
    fixed : SamplingVariance
        Of the contrast over new subjects and new stimuli with these models: a number each.
    variances_of : callable
        Takes weights of models, of shape (m, n_models), and returns the variances of these weighted sums over
        new subjects and new stimuli, of shape (m,).

    Returns
    -------
    SamplingVariance or None
        None where no side has two models.

    Notes
    -----
    A bootstrap that draws n models of a side with replacement gives their mean the variance
    (n - 1) / n times S² / n, where S² is the variance among these models; scaled by n / (n - 1), as for
    subjects and stimuli, it is S² / n. This is what infinitely many resamples give, so none are drawn. S² is
    of *measured* similarities, whose differences are partly due to these subjects and stimuli; that part is
    in the variance over subjects and stimuli already, and half the mean variance of the difference of two
    models is its estimate. It is taken out of S², which is at least zero then. The degrees of freedom are
    Satterthwaite's, of the variance with these models and of the S² / n, and never fewer than those of the
    part with the fewest.

    References
    ----------
    Schütt et al. (2023), eLife 12: e82566 (variances of a bootstrap over several factors); Satterthwaite
    (1946), Biometrics Bull 2(6): 110-114.
    """
    samples = _samples(contrast, models)
    if not samples:
        return None
    variance, freedom = float(fixed.variance), float(fixed.degrees_of_freedom)
    uncertainty, least = variance**2 / freedom, freedom
    for sample in samples:
        n = len(sample.units)
        among = float(np.var(sample.units @ similarity, ddof=1)) * sample.share**2 / n
        differences = np.array([one - other for one, other in combinations(sample.units, 2)])
        of_noise = float(variances_of(differences).mean()) / 2 * sample.share**2 / n
        variance += max(among - of_noise, 0.0)
        uncertainty += among**2 / (n - 1)
        least = min(least, n - 1)
    freedom = max(variance**2 / uncertainty, least) if uncertainty > 0 else least
    return SamplingVariance(np.array(variance), np.array(freedom))


def _samples(contrast: Contrast, models: Sequence[str]) -> list[_Sample]:
    """The samples of at least two units: strata where there are several, else models of a side."""
    if len(contrast.strata) > 1:
        strata = [Contrast(contrast.name, (sides,)) for sides in contrast.strata]
        return [_Sample(contrast_weights(strata, models), 1.0)]
    single = [
        [Contrast(contrast.name, (((model,), ()),)) for model in side] for side in (contrast.a, contrast.b)
    ]
    return [_Sample(contrast_weights(side, models), 1.0) for side in single if len(side) > 1]
