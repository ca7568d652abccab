"""Experiments whose true similarities are known, put to the project's own tests; `calibration.py` runs them.

The simulated world has Gaussian features. A model has features A; a brain has √r A + √c C + √(1 - r - c) E,
with features C that all subjects share and features E of each subject's own (noise among them). RDMs are
squared Euclidean distances. Over all stimuli of that world the Pearson correlation of brain and model RDM is
exactly r.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.spatial.distance import pdist

from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_counts, draw_stimulus_counts
from tyrosine.rsa.generalisation import PairTerms, generalise
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.significance import Alternative, t_test, wilcoxon_test
from tyrosine.rsa.similarity import compare, jackknifed_ceiling, leave_one_out_similarity

FloatArray = NDArray[np.float64]

N_SUBJECTS, N_STIMULI, N_FEATURES = 8, 120, 20
N_BOOTSTRAPS, N_PERMUTATIONS = 400, 399
LEVEL = 0.05
SHARED = 0.3
JITTER = 0.05
# Sets of stimuli for which what holds for all subjects is known, from that many subjects.
STIMULUS_SETS, MANY_SUBJECTS = 25, 1600

EFFECTS = (0.0, 0.02, 0.04, 0.08)
SUBJECTS = (4, 8, 16)
STIMULI = (60, 120, 240)
POWER_EFFECT = 0.03


class Outcome(NamedTuple):
    """What one simulated experiment says of one test."""

    panel: str
    test: str
    happened: bool


def features(rng: np.random.Generator, n_stimuli: int) -> FloatArray:
    """Independent Gaussian features of stimuli, of shape (n_stimuli, N_FEATURES)."""
    return rng.standard_normal((n_stimuli, N_FEATURES))


def brain_rdms(
    rng: np.random.Generator, models: list[FloatArray], shares: FloatArray, shared: FloatArray | None
) -> FloatArray:
    """RDMs of subjects; `shares` of shape (n_subjects, n_models) are their similarities to the models."""
    common = 0.0 if shared is None else SHARED
    rdms = []
    for own in shares:
        x = sum(np.sqrt(share) * model for share, model in zip(own, models))
        if shared is not None:
            x = x + np.sqrt(common) * shared
        rest = 1.0 - common - own.sum()
        rdms.append(pdist(x + np.sqrt(rest) * features(rng, len(models[0])), "sqeuclidean"))
    return np.stack(rdms)


def jittered(
    rng: np.random.Generator, mean: list[float], n_subjects: int, jitter: float = JITTER
) -> FloatArray:
    """Similarities of subjects to models, which differ from subject to subject."""
    return np.clip(mean + rng.uniform(-jitter, jitter, (n_subjects, len(mean))), 0.0, None)


class Tables(NamedTuple):
    """The project's tests and intervals for one simulated experiment."""

    across: dict[str, object]
    over: dict[str, object]


def run_tests(
    rng: np.random.Generator,
    brain: FloatArray,
    models: FloatArray,
    weights: FloatArray,
    alternative: Alternative,
    *,
    stimuli: bool = True,
) -> Tables:
    """Test weighted sums of similarities across subjects and by the three bootstraps."""
    n_subjects, n_stimuli = len(brain), round((1 + np.sqrt(1 + 8 * brain.shape[1])) / 2)
    values = compare(brain, models) @ weights.T
    across = {"t-test": t_test(values, alternative), "Wilcoxon": wilcoxon_test(values, alternative)}
    resampled = pairs = None
    if stimuli:
        counts = draw_stimulus_counts(n_stimuli, N_BOOTSTRAPS, rng)
        resampled = bootstrap_stimuli(brain, models, counts) @ weights.T
        terms = PairTerms(brain, models, "pearson")
        pairs = terms.covariance([[row] for row in range(n_subjects)]).combine(weights)
    over = generalise(
        values, resampled, draw_counts(n_subjects, N_BOOTSTRAPS, rng), pairs, n_stimuli, alternative
    )
    return Tables(across, {f"bootstrap over {name}": table for name, table in over.items()})


def rejects(table: object, row: int = 0) -> bool:
    return bool(table["p"].iloc[row] <= LEVEL)


def covers(table: object, truth: float, row: int = 0) -> bool:
    return bool(table["lower"].iloc[row] <= truth <= table["upper"].iloc[row])


ABOVE_CHANCE = np.eye(1)
CONTRAST = np.array([[1.0, -1.0]])


def unrelated_brains(rng: np.random.Generator) -> Iterator[Outcome]:
    """Brains that have nothing to do with the model, nor with each other."""
    model = features(rng, N_STIMULI)
    brain = brain_rdms(rng, [model], np.zeros((N_SUBJECTS, 1)), None)
    rdms = pdist(model, "sqeuclidean")[None]
    panel = "above chance, brains of their own"
    tables = run_tests(rng, brain, rdms, ABOVE_CHANCE, "greater")
    for test, table in {**tables.across, **tables.over}.items():
        yield Outcome(panel, test, rejects(table))
    for method in ("pearson", "spearman"):
        _, p = permute_stimuli(brain[:1], rdms, N_PERMUTATIONS, rng, method)
        yield Outcome(panel, f"stimulus permutation, {method}", bool(p.item() <= LEVEL))


def unrelated_shared_brains(rng: np.random.Generator) -> Iterator[Outcome]:
    """Brains that have nothing to do with the model but much with each other."""
    model, shared = features(rng, N_STIMULI), features(rng, N_STIMULI)
    brain = brain_rdms(rng, [model], np.zeros((N_SUBJECTS, 1)), shared)
    rdms = pdist(model, "sqeuclidean")[None]
    tables = run_tests(rng, brain, rdms, ABOVE_CHANCE, "greater")
    panel = "above chance, brains alike"
    for test in ("bootstrap over stimuli", "bootstrap over both"):
        yield Outcome(panel, test, rejects(tables.over[test]))
    _, p = permute_stimuli(brain[:1], rdms, N_PERMUTATIONS, rng)
    yield Outcome(panel, "stimulus permutation, pearson", bool(p.item() <= LEVEL))
    # Across subjects a test is about these stimuli, for which the shared features are like the model by luck.
    for test in ("t-test", "Wilcoxon"):
        yield Outcome("no claim: " + panel, test, rejects(tables.across[test]))


def equal_models_same_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """Two models that are equally similar to the brain for these very stimuli.

    The second is the first with stimuli exchanged in pairs, and a subject has as much of either by chance.
    """
    half = N_STIMULI // 2
    exchanged = np.r_[half:N_STIMULI, :half]
    first = features(rng, N_STIMULI)
    models = [first, first[exchanged]]
    brain = brain_rdms(rng, models, jittered(rng, [0.15, 0.15], N_SUBJECTS, 0.1), None)
    rdms = np.stack([pdist(model, "sqeuclidean") for model in models])
    tables = run_tests(rng, brain, rdms, CONTRAST, "two-sided", stimuli=False)
    for test, table in {
        **tables.across,
        "bootstrap over subjects": tables.over["bootstrap over subjects"],
    }.items():
        yield Outcome("model against model, same stimuli", test, rejects(table))


def equal_models_new_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """Two models that are equally similar to the brain for all stimuli of the world."""
    models, shared = [features(rng, N_STIMULI) for _ in range(2)], features(rng, N_STIMULI)
    rdms = np.stack([pdist(model, "sqeuclidean") for model in models])
    shares = jittered(rng, [0.15, 0.15], N_SUBJECTS)
    tables = run_tests(rng, brain_rdms(rng, models, shares, shared), rdms, CONTRAST, "two-sided")
    panel = "model against model, new stimuli"
    yield Outcome(panel, "bootstrap over both", rejects(tables.over["bootstrap over both"]))
    # For the very subjects the mean difference must be zero too.
    shares[1::2] = shares[::2, ::-1]
    tables = run_tests(rng, brain_rdms(rng, models, shares, shared), rdms, CONTRAST, "two-sided")
    yield Outcome(panel, "bootstrap over stimuli", rejects(tables.over["bootstrap over stimuli"]))
    for test in ("t-test", "Wilcoxon"):
        yield Outcome("no claim: " + panel, test, rejects(tables.across[test]))


class StimulusSet(NamedTuple):
    """Stimuli, and what all subjects that could be drawn would show for them.

    Attributes
    ----------
    models : list of ndarray of shape (n_stimuli, N_FEATURES)
    shared : ndarray of shape (n_stimuli, N_FEATURES)
    truth : ndarray of shape (2,), float64
        Mean similarity over subjects to each model.
    at_ceiling : ndarray of shape (n_pairs,), float64
        RDM whose mean similarity to subjects is that of the mean RDM of `N_SUBJECTS` - 1 others.
    """

    models: list[FloatArray]
    shared: FloatArray
    truth: FloatArray
    at_ceiling: FloatArray


UNEQUAL = [0.25, 0.15]


@cache
def stimulus_set(number: int) -> StimulusSet:
    """Draw stimuli and very many subjects."""
    rng = np.random.default_rng([77, number])
    models, shared = [features(rng, N_STIMULI) for _ in range(2)], features(rng, N_STIMULI)
    everyone = brain_rdms(rng, models, jittered(rng, UNEQUAL, MANY_SUBJECTS), shared)
    truth = compare(everyone, np.stack([pdist(model, "sqeuclidean") for model in models])).mean(axis=0)
    ceiling = np.mean(
        [leave_one_out_similarity(group).mean() for group in np.split(everyone, MANY_SUBJECTS // N_SUBJECTS)]
    )
    # The truth is above the ceiling that noisy subjects set, and unrelated distances bring it down.
    # Half of the subjects make the model and the others are held against it: it knows nobody's noise.
    half = MANY_SUBJECTS // 2
    best, noise = everyone[:half].mean(axis=0), pdist(features(rng, N_STIMULI), "sqeuclidean")
    best, noise = (rdm - rdm.mean() for rdm in (best, noise))
    noise *= np.linalg.norm(best) / np.linalg.norm(noise)
    centred = everyone[half:] - everyone[half:].mean(axis=1, keepdims=True)
    mean = (centred / np.linalg.norm(centred, axis=1, keepdims=True)).mean(axis=0)

    def above_ceiling(amount: float) -> float:
        model = best + amount * noise
        return float(mean @ model / np.linalg.norm(model)) - ceiling

    amount = brentq(above_ceiling, 0.0, 20.0)
    return StimulusSet(models, shared, truth, best + amount * noise)


def known_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """New subjects for stimuli of which all is known: ceilings, and intervals across subjects."""
    known = stimulus_set(int(rng.integers(STIMULUS_SETS)))
    brain = brain_rdms(rng, known.models, jittered(rng, UNEQUAL, N_SUBJECTS), known.shared)
    distance = compare(brain, known.at_ceiling[None]) - jackknifed_ceiling(brain)[:, None]
    for test, run in (("t-test", t_test), ("Wilcoxon", wilcoxon_test)):
        yield Outcome("below ceiling", test, rejects(run(distance, "less")))
    rdms = np.stack([pdist(model, "sqeuclidean") for model in known.models])
    for what, weights in (("similarity", np.array([[1.0, 0.0]])), ("difference", CONTRAST)):
        tables = run_tests(rng, brain, rdms, weights, "two-sided", stimuli=False)
        truth = float((known.truth @ weights.T).item())
        for test, table in {
            **tables.across,
            "bootstrap over subjects": tables.over["bootstrap over subjects"],
        }.items():
            yield Outcome(f"interval of a {what}, same stimuli", test, covers(table, truth))


def new_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """New subjects and new stimuli: intervals of the bootstraps."""
    models, shared = [features(rng, N_STIMULI) for _ in range(2)], features(rng, N_STIMULI)
    shares = jittered(rng, UNEQUAL, N_SUBJECTS)
    brain = brain_rdms(rng, models, shares, shared)
    rdms = np.stack([pdist(model, "sqeuclidean") for model in models])
    weights = np.array([[1.0, 0.0], [1.0, -1.0]])
    tables = run_tests(rng, brain, rdms, weights, "two-sided").over
    truths = {
        "bootstrap over stimuli": shares.mean(axis=0) @ weights.T,
        "bootstrap over both": weights @ UNEQUAL,
    }
    for row, what in enumerate(("similarity", "difference")):
        for test, truth in truths.items():
            yield Outcome(
                f"interval of a {what}, new stimuli", test, covers(tables[test], float(truth[row]), row)
            )


def power(rng: np.random.Generator, effect: float, n_subjects: int, n_stimuli: int) -> Iterator[Outcome]:
    """A brain that has a little of the model."""
    model, shared = features(rng, n_stimuli), features(rng, n_stimuli)
    brain = brain_rdms(rng, [model], np.full((n_subjects, 1), effect), shared)
    rdms = pdist(model, "sqeuclidean")[None]
    tables = run_tests(rng, brain, rdms, ABOVE_CHANCE, "greater")
    for test, table in {**tables.across, **tables.over}.items():
        if test != "bootstrap over subjects":
            yield Outcome("power", test, rejects(table))
    _, p = permute_stimuli(brain[:1], rdms, N_PERMUTATIONS, rng)
    yield Outcome("power", "stimulus permutation", bool(p.item() <= LEVEL))


SCENARIOS: tuple[Callable[[np.random.Generator], Iterator[Outcome]], ...] = (
    unrelated_brains,
    unrelated_shared_brains,
    equal_models_same_stimuli,
    equal_models_new_stimuli,
    known_stimuli,
    new_stimuli,
)
POWERS = (
    [("effect", effect, N_SUBJECTS, N_STIMULI) for effect in EFFECTS]
    + [("subjects", POWER_EFFECT, n_subjects, N_STIMULI) for n_subjects in SUBJECTS]
    + [("stimuli", POWER_EFFECT, N_SUBJECTS, n_stimuli) for n_stimuli in STIMULI]
)
