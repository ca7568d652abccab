"""Experiments whose true similarities are known, put to the project's own tests; `calibration.py` runs them.

The worlds are those of `worlds.py`, and each experiment is a study of one design: a world, and numbers of
stimuli and subjects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.spatial.distance import pdist
from worlds import DESIGNS, JITTER, Design, Stimuli, jittered

from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_counts, draw_stimulus_counts
from tyrosine.rsa.generalisation import PairTerms, generalise
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.significance import Alternative, t_test, wilcoxon_test
from tyrosine.rsa.similarity import compare, jackknifed_ceiling, leave_one_out_similarity

FloatArray = NDArray[np.float64]

N_BOOTSTRAPS, N_PERMUTATIONS = 400, 399
LEVEL = 0.05
USUAL = Design("gaussian", 120, 8)
# Sets of stimuli for which what holds for all subjects is known, from that many subjects.
STIMULUS_SETS, MANY_SUBJECTS = 25, 1600

EFFECTS = (0.0, 0.02, 0.04, 0.08)
SUBJECTS = (4, 8, 16)
STIMULI = (60, 120, 240)
POWER_EFFECT = 0.03
# Correlation of the features of neighbours in an ordered study, and how many stimuli a block of it has.
NEIGHBOURS, BLOCK = 0.9, 12


class Outcome(NamedTuple):
    """What one simulated experiment says of one test."""

    panel: str
    test: str
    happened: bool


def rdm(features: FloatArray) -> FloatArray:
    return pdist(features, "sqeuclidean")


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
    groups: NDArray[np.intp] | None = None,
) -> Tables:
    """Test weighted sums of similarities across subjects and by the three bootstraps."""
    n_subjects, n_drawn = len(brain), round((1 + np.sqrt(1 + 8 * brain.shape[1])) / 2)
    values = compare(brain, models) @ weights.T
    across = {"t-test": t_test(values, alternative), "Wilcoxon": wilcoxon_test(values, alternative)}
    resampled = pairs = None
    if stimuli:
        if groups is None:
            counts = draw_stimulus_counts(n_drawn, N_BOOTSTRAPS, rng)
        else:
            n_drawn = int(groups.max()) + 1
            counts = draw_stimulus_counts(n_drawn, N_BOOTSTRAPS, rng)[:, groups]
        resampled = bootstrap_stimuli(brain, models, counts, groups=groups) @ weights.T
        terms = PairTerms(brain, models, "pearson", groups=groups)
        pairs = terms.covariance([[row] for row in range(n_subjects)]).combine(weights)
    over = generalise(
        values, resampled, draw_counts(n_subjects, N_BOOTSTRAPS, rng), pairs, n_drawn, alternative
    )
    return Tables(across, {f"bootstrap over {name}": table for name, table in over.items()})


def rejects(table: object, row: int = 0) -> bool:
    return bool(table["p"].iloc[row] <= LEVEL)


def covers(table: object, truth: float, row: int = 0) -> bool:
    return bool(table["lower"].iloc[row] <= truth <= table["upper"].iloc[row])


ABOVE_CHANCE = np.eye(1)
CONTRAST = np.array([[1.0, -1.0]])


def unrelated_brains(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """Brains that have nothing to do with the model, nor with each other."""
    stimuli = Stimuli(design)
    model = stimuli.features(rng)
    brain = stimuli.brains(rng, [model], np.zeros((design.n_subjects, 1)), None)
    panel = "above chance, brains of their own"
    tables = run_tests(rng, brain, rdm(model)[None], ABOVE_CHANCE, "greater", groups=stimuli.groups)
    for test, table in {**tables.across, **tables.over}.items():
        yield Outcome(panel, test, rejects(table))
    for method in ("pearson", "spearman"):
        _, p = permute_stimuli(brain[:1], rdm(model)[None], N_PERMUTATIONS, rng, method)
        yield Outcome(panel, f"stimulus permutation, {method}", bool(p.item() <= LEVEL))


def unrelated_shared_brains(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """Brains that have nothing to do with the model but much with each other.

    In the categorical world the brains know the categories and the model does not: two that know the same
    categories are alike.
    """
    stimuli = Stimuli(design)
    model, shared = stimuli.features(rng, of_categories=False), stimuli.features(rng)
    brain = stimuli.brains(rng, [model], np.zeros((design.n_subjects, 1)), shared)
    tables = run_tests(rng, brain, rdm(model)[None], ABOVE_CHANCE, "greater", groups=stimuli.groups)
    panel = "above chance, brains alike"
    for test in ("bootstrap over stimuli", "bootstrap over both"):
        yield Outcome(panel, test, rejects(tables.over[test]))
    _, p = permute_stimuli(brain[:1], rdm(model)[None], N_PERMUTATIONS, rng)
    yield Outcome(panel, "stimulus permutation, pearson", bool(p.item() <= LEVEL))
    # Across subjects a test is about these stimuli, for which the shared features are like the model by luck.
    for test in ("t-test", "Wilcoxon"):
        yield Outcome("no claim: " + panel, test, rejects(tables.across[test]))


def equal_models_same_stimuli(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """Two models that are equally similar to the brain for these very stimuli.

    The second is the first with stimuli exchanged in pairs, and a subject has as much of either by chance.
    """
    stimuli = Stimuli(design)
    half = design.n_stimuli // 2
    exchanged = np.r_[half : design.n_stimuli, :half]
    first = stimuli.features(rng)
    models = [first, first[exchanged]]
    brain = stimuli.brains(rng, models, jittered(rng, [0.15, 0.15], design.n_subjects, 0.1), None)
    rdms = np.stack([rdm(model) for model in models])
    tables = run_tests(rng, brain, rdms, CONTRAST, "two-sided", stimuli=False)
    for test, table in {
        **tables.across,
        "bootstrap over subjects": tables.over["bootstrap over subjects"],
    }.items():
        yield Outcome("model against model, same stimuli", test, rejects(table))


def equal_models_new_stimuli(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """Two models that are equally similar to the brain for all stimuli of the world."""
    stimuli = Stimuli(design)
    models, shared = [stimuli.features(rng) for _ in range(2)], stimuli.features(rng)
    rdms = np.stack([rdm(model) for model in models])
    shares = jittered(rng, [0.15, 0.15], design.n_subjects)
    brain = stimuli.brains(rng, models, shares, shared)
    tables = run_tests(rng, brain, rdms, CONTRAST, "two-sided", groups=stimuli.groups)
    panel = "model against model, new stimuli"
    yield Outcome(panel, "bootstrap over both", rejects(tables.over["bootstrap over both"]))
    if stimuli.groups is not None:
        singly = run_tests(rng, brain, rdms, CONTRAST, "two-sided").over["bootstrap over both"]
        yield Outcome("no claim: " + panel, "bootstrap over both, single stimuli", rejects(singly))
    for test in ("t-test", "Wilcoxon"):
        yield Outcome("no claim: " + panel, test, rejects(tables.across[test]))
    # For the very subjects the mean difference must be zero too.
    half = design.n_subjects // 2
    shares[half : 2 * half], shares[2 * half :] = shares[:half, ::-1], 0.15
    tables = run_tests(
        rng, stimuli.brains(rng, models, shares, shared), rdms, CONTRAST, "two-sided", groups=stimuli.groups
    )
    yield Outcome(panel, "bootstrap over stimuli", rejects(tables.over["bootstrap over stimuli"]))


def within_categories(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """A brain and a model that both know the categories, and nothing else of each other."""
    stimuli = Stimuli(design)
    if stimuli.groups is None:
        return
    brain, model = rdm(stimuli.features(rng))[None], rdm(stimuli.features(rng))[None]
    panel = "above chance, beyond the categories"
    _, p = permute_stimuli(brain, model, N_PERMUTATIONS, rng, groups=stimuli.groups)
    yield Outcome(panel, "permutation within groups", bool(p.item() <= LEVEL))
    _, p = permute_stimuli(brain, model, N_PERMUTATIONS, rng)
    yield Outcome("no claim: " + panel, "stimulus permutation, free", bool(p.item() <= LEVEL))


def ordered_stimuli(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """A brain and a model that both change slowly along the order of the stimuli, each in its own way."""
    if design != USUAL:
        return
    rdms = []
    for _ in range(2):
        x = Stimuli(design).features(rng)
        for place in range(1, len(x)):
            x[place] = NEIGHBOURS * x[place - 1] + np.sqrt(1.0 - NEIGHBOURS**2) * x[place]
        rdms.append(rdm(x)[None])
    panel = "no claim: above chance, ordered stimuli"
    blocks = np.arange(design.n_stimuli) // BLOCK
    for test, groups in (("stimulus permutation, free", None), ("permutation within blocks", blocks)):
        _, p = permute_stimuli(*rdms, N_PERMUTATIONS, rng, groups=groups)
        yield Outcome(panel, test, bool(p.item() <= LEVEL))


class StimulusSet(NamedTuple):
    """Stimuli, and what all subjects that could be drawn would show for them.

    Attributes
    ----------
    models : list of ndarray of shape (n_stimuli, n_features)
    shared : ndarray of shape (n_stimuli, n_features)
    truth : ndarray of shape (2,), float64
        Mean similarity over subjects to each model.
    at_ceiling : ndarray of shape (n_pairs,), float64
        RDM whose mean similarity to subjects is that of the mean RDM of all others but one in a study.
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
    stimuli = Stimuli(USUAL)
    models, shared = [stimuli.features(rng) for _ in range(2)], stimuli.features(rng)
    everyone = stimuli.brains(rng, models, jittered(rng, UNEQUAL, MANY_SUBJECTS), shared)
    truth = compare(everyone, np.stack([rdm(model) for model in models])).mean(axis=0)
    ceiling = np.mean(
        [
            leave_one_out_similarity(group).mean()
            for group in np.split(everyone, MANY_SUBJECTS // USUAL.n_subjects)
        ]
    )
    # The truth is above the ceiling that noisy subjects set, and unrelated distances bring it down.
    # Half of the subjects make the model and the others are held against it: it knows nobody's noise.
    half = MANY_SUBJECTS // 2
    best, noise = everyone[:half].mean(axis=0), rdm(stimuli.features(rng))
    best, noise = (values - values.mean() for values in (best, noise))
    noise *= np.linalg.norm(best) / np.linalg.norm(noise)
    centred = everyone[half:] - everyone[half:].mean(axis=1, keepdims=True)
    mean = (centred / np.linalg.norm(centred, axis=1, keepdims=True)).mean(axis=0)

    def above_ceiling(amount: float) -> float:
        model = best + amount * noise
        return float(mean @ model / np.linalg.norm(model)) - ceiling

    amount = brentq(above_ceiling, 0.0, 20.0)
    return StimulusSet(models, shared, truth, best + amount * noise)


def known_stimuli(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """New subjects for stimuli of which all is known: ceilings, and intervals across subjects."""
    if design != USUAL:
        return
    known = stimulus_set(int(rng.integers(STIMULUS_SETS)))
    shares = jittered(rng, UNEQUAL, design.n_subjects)
    brain = Stimuli(design).brains(rng, known.models, shares, known.shared)
    distance = compare(brain, known.at_ceiling[None]) - jackknifed_ceiling(brain)[:, None]
    for test, run in (("t-test", t_test), ("Wilcoxon", wilcoxon_test)):
        yield Outcome("below ceiling", test, rejects(run(distance, "less")))
    rdms = np.stack([rdm(model) for model in known.models])
    for what, weights in (("similarity", np.array([[1.0, 0.0]])), ("difference", CONTRAST)):
        tables = run_tests(rng, brain, rdms, weights, "two-sided", stimuli=False)
        truth = float((known.truth @ weights.T).item())
        for test, table in {
            **tables.across,
            "bootstrap over subjects": tables.over["bootstrap over subjects"],
        }.items():
            yield Outcome(f"interval of a {what}, same stimuli", test, covers(table, truth))


def new_stimuli(rng: np.random.Generator, design: Design) -> Iterator[Outcome]:
    """New subjects and new stimuli: intervals of the bootstraps."""
    stimuli = Stimuli(design)
    models, shared = [stimuli.features(rng) for _ in range(2)], stimuli.features(rng)
    shares = jittered(rng, UNEQUAL, design.n_subjects)
    brain = stimuli.brains(rng, models, shares, shared)
    rdms = np.stack([rdm(model) for model in models])
    weights = np.array([[1.0, 0.0], [1.0, -1.0]])
    tables = run_tests(rng, brain, rdms, weights, "two-sided", groups=stimuli.groups).over
    truths = {
        "bootstrap over stimuli": weights @ np.mean([stimuli.truth(own) for own in shares], axis=0),
        "bootstrap over both": weights @ mean_truth(design),
    }
    for row, what in enumerate(("similarity", "difference")):
        for test, truth in truths.items():
            yield Outcome(
                f"interval of a {what}, new stimuli", test, covers(tables[test], float(truth[row]), row)
            )


@cache
def mean_truth(design: Design) -> FloatArray:
    """True similarities to two models, over all subjects that could be drawn."""
    steps = JITTER * (np.arange(10) + 0.5 - 5) / 5
    points = [np.array(UNEQUAL) + step for step in product(steps, steps)]
    return np.mean([Stimuli(design).truth(shares) for shares in points], axis=0)


def power(rng: np.random.Generator, effect: float, n_subjects: int, n_stimuli: int) -> Iterator[Outcome]:
    """A brain that has a little of the model, in the Gaussian world."""
    stimuli = Stimuli(Design("gaussian", n_stimuli, n_subjects))
    model, shared = stimuli.features(rng), stimuli.features(rng)
    brain = stimuli.brains(rng, [model], np.full((n_subjects, 1), effect), shared)
    tables = run_tests(rng, brain, rdm(model)[None], ABOVE_CHANCE, "greater")
    for test, table in {**tables.across, **tables.over}.items():
        if test != "bootstrap over subjects":
            yield Outcome("power", test, rejects(table))
    _, p = permute_stimuli(brain[:1], rdm(model)[None], N_PERMUTATIONS, rng)
    yield Outcome("power", "stimulus permutation", bool(p.item() <= LEVEL))


EXPERIMENTS: tuple[Callable[[np.random.Generator, Design], Iterator[Outcome]], ...] = (
    unrelated_brains,
    unrelated_shared_brains,
    equal_models_same_stimuli,
    equal_models_new_stimuli,
    within_categories,
    ordered_stimuli,
    known_stimuli,
    new_stimuli,
)
POWERS = (
    [("effect", effect, USUAL.n_subjects, USUAL.n_stimuli) for effect in EFFECTS]
    + [("subjects", POWER_EFFECT, n_subjects, USUAL.n_stimuli) for n_subjects in SUBJECTS]
    + [("stimuli", POWER_EFFECT, USUAL.n_subjects, n_stimuli) for n_stimuli in STIMULI]
)


def experiments_of(rng: np.random.Generator, place: int) -> Iterator[Outcome]:
    """All experiments of a design, or, after the designs, that of a setting of power."""
    if place >= len(DESIGNS):
        yield from power(rng, *POWERS[place - len(DESIGNS)][1:])
        return
    for experiment in EXPERIMENTS:
        yield from experiment(rng, DESIGNS[place])
