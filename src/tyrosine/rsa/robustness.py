"""How far the direction of a contrast rests on single models of its sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.rsa.contrasts import Contrast, contrast_weights

FloatArray = NDArray[np.float64]
Pair = tuple[str, str]
"""A model of the first side and one of the second, which is empty where models are held against zero."""


def leave_out_models(contrast: Contrast, models: Sequence[str], similarity: ArrayLike) -> dict[str, float]:
    """The contrast without each of its models in turn.

    Parameters
    ----------
    contrast : Contrast
    models : sequence of str
        Names of the models, one an entry of `similarity`.
    similarity : array_like of shape (n_models,)
        Mean similarity to each model.

    Returns
    -------
    dict of str to float
        By the model that is left out. A stratum that would lose its only model of a side is left out with
        it. A model without which no stratum remains has no entry: there is no contrast without it.
    """
    values = np.asarray(similarity, dtype=np.float64)
    found = {}
    for left_out in (*contrast.a, *contrast.b):
        strata = []
        for a, b in contrast.strata:
            rest_a, rest_b = (tuple(model for model in side if model != left_out) for side in (a, b))
            if rest_a and (rest_b or not b):
                strata.append((rest_a, rest_b))
        if strata:
            weights = contrast_weights([Contrast(contrast.name, tuple(strata))], models)[0]
            found[left_out] = float(weights @ values)
    return found


def pair_differences(contrast: Contrast, models: Sequence[str], similarity: ArrayLike) -> dict[Pair, float]:
    """The difference of every model of the first side to every model of the second.

    Parameters
    ----------
    contrast, models, similarity
        As for `leave_out_models`.

    Returns
    -------
    dict of (str, str) to float
        Pairs are of the same stratum. Without a second side, each model has its similarity itself.
    """
    values = dict(zip(models, np.asarray(similarity, dtype=np.float64).tolist(), strict=True))
    return {
        (first, second): values[first] - (values[second] if second else 0.0)
        for a, b in contrast.strata
        for first in a
        for second in b or ("",)
    }


def fewest_models(pairs: Sequence[Pair], spared: Sequence[str] = ()) -> list[str]:
    """A small set of models without which none of the pairs remains.

    Parameters
    ----------
    pairs : sequence of (str, str)
    spared : sequence of str
        Models that are chosen only where a pair has no other, as there is no contrast without them.

    Returns
    -------
    list of str
        Always the model that most of the remaining pairs have is taken next, so that the set is small but
        not always the smallest.
    """
    remaining, chosen = list(pairs), []
    while remaining:
        counts = Counter(model for pair in remaining for model in pair if model)
        model = min(counts, key=lambda name: (name in spared, -counts[name]))
        chosen.append(model)
        remaining = [pair for pair in remaining if model not in pair]
    return chosen


class BestAgainstBest(NamedTuple):
    """The difference between the best models of both sides, on stimuli and subjects that did not choose them.

    Attributes
    ----------
    values : ndarray of shape (n_subjects,), float64
        Mean over folds.
    a, b : list of str
        Models of either side that were chosen, those that were chosen most often first.
    """

    values: FloatArray
    a: list[str]
    b: list[str]


def best_against_best(
    contrast: Contrast, models: Sequence[str], choosing: ArrayLike, tested: ArrayLike
) -> BestAgainstBest:
    """Choose the best model of each side on some stimuli and subjects, and compare them on others.

    Parameters
    ----------
    contrast : Contrast
    models : sequence of str
    choosing, tested : array_like of shape (n_folds, n_subjects, n_models)
        Similarity of each subject to each model, over the stimuli outside each fold and over those inside.

    Returns
    -------
    BestAgainstBest
        For each fold and subject, the model of a side with the highest mean over the *other* subjects
        outside the fold is chosen, and this subject's similarity inside the fold is taken. A single subject
        chooses for itself, on other stimuli. Strata choose on their own.
    """
    outside, inside = np.asarray(choosing, dtype=np.float64), np.asarray(tested, dtype=np.float64)
    n_subjects = outside.shape[1]
    by_others = outside
    if n_subjects > 1:
        by_others = (outside.sum(axis=1, keepdims=True) - outside) / (n_subjects - 1)
    column = {model: place for place, model in enumerate(models)}
    total = np.zeros(inside.shape[:2])
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for sides in contrast.strata:
        for side, sign, chosen in zip(sides, (1.0, -1.0), counts):
            if not side:
                continue
            places = np.array([column[model] for model in side])
            best = places[by_others[:, :, places].argmax(axis=2)]
            total += sign * np.take_along_axis(inside, best[:, :, None], axis=2)[:, :, 0]
            chosen.update(models[place] for place in best.ravel().tolist())
    values = total.mean(axis=0) / len(contrast.strata)
    return BestAgainstBest(values, *([model for model, _ in chosen.most_common()] for chosen in counts))
