"""How well the bootstrap over groups of stimuli knows its standard error, beside two other ways to reckon it.

    python benchmarks/stimulus_groups.py [--simulations N] [--seed N]

Two equally good models, categories drawn anew for each study of 8 subjects: the standard deviation of the
difference of their similarities over studies, and what the bootstrap over subjects and categories says of it.
"""

from __future__ import annotations

import argparse
import os
from typing import NamedTuple

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
from numpy.typing import NDArray
from simulated_experiments import CONTRAST, LEVEL, N_BOOTSTRAPS, rdm
from worlds import N_FEATURES, SHARED, jittered

from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_counts, draw_stimulus_counts
from tyrosine.rsa.generalisation import PairTerms, PairVariances, generalise
from tyrosine.rsa.similarity import centred_unit, compare

FloatArray = NDArray[np.float64]

N_SUBJECTS = 8
UNEQUAL = [32, 9, 8, 7, *[4] * 6, *[3] * 8, *[2] * 6, *[1] * 4]
WAYS = ("as here", "pairs of groups taken out too", "copies of a group paired")


class Case(NamedTuple):
    """Sizes of the categories, and the share of the variance of features that is theirs."""

    name: str
    sizes: list[int]
    share: float


CASES = [
    Case("10 of 12 stimuli, 50 %", [12] * 10, 0.5),
    Case("10 of 12 stimuli, 80 %", [12] * 10, 0.8),
    Case("10 of 12 stimuli, 95 %", [12] * 10, 0.95),
    Case("20 of 6 stimuli, 80 %", [6] * 20, 0.8),
    Case("28 of 1 to 32 stimuli, 80 %", UNEQUAL, 0.8),
]


def draw_study(rng: np.random.Generator, case: Case) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
    """Brain RDMs, the RDMs of two models that are equally good, and the category of each stimulus."""
    groups = np.repeat(np.arange(len(case.sizes)), case.sizes)

    def features() -> FloatArray:
        centres = rng.standard_normal((len(case.sizes), N_FEATURES))[groups]
        own = rng.standard_normal((len(groups), N_FEATURES))
        return np.sqrt(case.share) * centres + np.sqrt(1.0 - case.share) * own

    first, second, shared = features(), features(), features()
    brain = []
    for a, b in jittered(rng, [0.15, 0.15], N_SUBJECTS):
        noise = np.sqrt(1.0 - SHARED - a - b) * rng.standard_normal(first.shape)
        brain.append(rdm(np.sqrt(a) * first + np.sqrt(b) * second + np.sqrt(SHARED) * shared + noise))
    return np.stack(brain), np.stack([rdm(first), rdm(second)]), groups


def variance_of_pairs_of_groups(
    brain: FloatArray, models: FloatArray, groups: NDArray[np.intp]
) -> PairVariances:
    """The part of the variance of the difference that belongs to pairs of groups (Hoeffding 1948)."""
    x, y = centred_unit(brain), centred_unit(models)
    rows, columns = np.triu_indices(len(groups), k=1)
    n_groups = int(groups.max()) + 1

    def residual(influence: FloatArray) -> float:
        matrix = np.zeros((n_groups, n_groups))
        np.add.at(matrix, (groups[rows], groups[columns]), influence)
        matrix = matrix + matrix.T
        np.fill_diagonal(matrix, 0.0)
        pairs = matrix[np.triu_indices(n_groups, k=1)]
        mean = pairs.mean()
        alone = (matrix.sum(axis=1) - (n_groups - 1) * mean) / (n_groups - 2)
        squares = (pairs**2).sum() - len(pairs) * mean**2 - (n_groups - 2) * (alone**2).sum()
        return float(squares) * len(pairs) / (len(pairs) - n_groups)

    similarity = x @ y.T
    of_models = x[:, None] * y[None] - 0.5 * similarity[..., None] * (x[:, None] ** 2 + y[None] ** 2)
    influence = of_models[:, 0] - of_models[:, 1]
    of_mean = residual(influence.mean(axis=0))
    single = float(np.mean([residual(one) for one in influence]))
    return PairVariances(np.array([of_mean]), np.array([(single - of_mean) / (len(brain) - 1)]))


def simulate(rng: np.random.Generator, case: Case) -> tuple[float, list[float], list[bool]]:
    """The difference, and for each of `WAYS` its standard error and whether the test rejects."""
    brain, models, groups = draw_study(rng, case)
    values = compare(brain, models) @ CONTRAST.T
    counts = draw_stimulus_counts(len(case.sizes), N_BOOTSTRAPS, rng)[:, groups]
    subjects = draw_counts(N_SUBJECTS, N_BOOTSTRAPS, rng)
    resampled = bootstrap_stimuli(brain, models, counts, groups=groups) @ CONTRAST.T
    paired = bootstrap_stimuli(brain, models, counts) @ CONTRAST.T
    terms = PairTerms(brain, models, "pearson", groups=groups)
    of_stimuli = terms.covariance([[row] for row in range(N_SUBJECTS)]).combine(CONTRAST)
    # The jackknife over groups has the terms of pairs of groups once too often.
    of_groups = variance_of_pairs_of_groups(brain, models, groups)
    of_groups = of_groups._replace(left_out=of_stimuli.left_out)
    found = [
        generalise(values, drawn, subjects, pairs, len(case.sizes), "two-sided")["both"].iloc[0]
        for drawn, pairs in ((resampled, of_stimuli), (resampled, of_groups), (paired, of_stimuli))
    ]
    return (
        float(values.mean()),
        [float(row["standard_error"]) for row in found],
        [bool(row["p"] <= LEVEL) for row in found],
    )


def main() -> None:
    """Simulate, and print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--simulations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("categories, share of variance | standard deviation | " + " | ".join(WAYS))
    for place, case in enumerate(CASES):
        studies = [
            simulate(np.random.default_rng([options.seed, place, number]), case)
            for number in range(options.simulations)
        ]
        differences, errors, rejected = (np.array(part) for part in zip(*studies))
        told = [
            f"{error:.3f}, {100 * share:.1f} %"
            for error, share in zip(np.sqrt((errors**2).mean(axis=0)), rejected.mean(axis=0))
        ]
        print(f"{case.name} | {differences.std():.3f} | " + " | ".join(told), flush=True)


if __name__ == "__main__":
    main()
