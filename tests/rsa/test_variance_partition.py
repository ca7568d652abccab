"""Commonality analysis against regressions done one by one, and against what null data must give."""

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.spatial.distance import pdist, squareform
from scipy.stats import binomtest, rankdata, ttest_1samp

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.variance_partition import component_names, draw_folds, partition_variance

GROUPS = {"vision": [0, 1], "language": [2], "multimodal": [3, 4]}


def rdms(k, n=30, seed=0, d=4):
    rng = np.random.default_rng(seed)
    return np.stack([pdist(rng.normal(size=(n, d))) for _ in range(k)])


def brain(models, k=3, noise=0.5):
    return 0.6 * models[0] + 0.4 * models[2] + 0.3 * models[3] + noise * rdms(k, seed=5)


def split(rdm, chosen):
    """Centred ranks, as shares, of the pairs among the chosen stimuli."""
    values = squareform(squareform(rdm)[np.ix_(chosen, chosen)])
    ranks = rankdata(values) / len(values)
    return ranks - ranks.mean()


def by_regression(target, models, folds):
    """Cross-validated R² of the models together, by SciPy on whole design matrices; and the predictions."""
    errors = squares = 0.0
    predictions, targets = [], []
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights = nnls(np.stack([split(m, train) for m in models], 1), split(target, train))[0]
        predicted = np.stack([split(m, test) for m in models], 1) @ weights
        errors += ((split(target, test) - predicted) ** 2).sum()
        squares += (split(target, test) ** 2).sum()
        predictions.append(predicted)
        targets.append(split(target, test))
    return 1 - errors / squares, np.concatenate(predictions), np.concatenate(targets)


@pytest.fixture(scope="module")
def case():
    models = rdms(5)
    folds = draw_folds(30, 4, np.random.default_rng(0))
    return brain(models), models, folds, partition_variance(brain(models), models, GROUPS, folds)


def test_total_and_alone_equal_regressions_on_whole_matrices(case):
    targets, models, folds, table = case

    for row, target in enumerate(targets):
        assert table["total", "total"][row] == pytest.approx(
            by_regression(target, models, folds)[0], abs=1e-9
        )
        for group, members in GROUPS.items():
            expected = by_regression(target, models[members], folds)[0]
            assert table["alone", group][row] == pytest.approx(expected, abs=1e-9)


def test_unique_and_shared_equal_the_formulas_for_three_groups(case):
    targets, models, folds, table = case

    for row, target in enumerate(targets):
        r2 = {
            key: by_regression(target, models[[m for g in key for m in GROUPS[g]]], folds)[0]
            for key in [("vision",), ("language",), ("multimodal",), ("vision", "language"),
                        ("vision", "multimodal"), ("language", "multimodal"), tuple(GROUPS)]
        }  # fmt: skip
        v, lang, mm = r2[("vision",)], r2[("language",)], r2[("multimodal",)]
        vl, vm, lm, every = (
            r2[("vision", "language")], r2[("vision", "multimodal")], r2[("language", "multimodal")],
            r2[tuple(GROUPS)],
        )  # fmt: skip
        # Seibold & McPhee (1979), three predictors.
        expected = {
            ("unique", "vision"): every - lm,
            ("unique", "language"): every - vm,
            ("unique", "multimodal"): every - vl,
            ("shared", "vision & language"): lm + vm - mm - every,
            ("shared", "vision & multimodal"): lm + vl - lang - every,
            ("shared", "language & multimodal"): vm + vl - v - every,
            ("shared", "vision & language & multimodal"): v + lang + mm - vl - vm - lm + every,
        }
        for key, value in expected.items():
            assert table[key][row] == pytest.approx(value, abs=1e-9)


def test_parts_add_up_to_the_total(case):
    table = case[3]

    parts = table["unique"].sum(axis=1) + table["shared"].sum(axis=1)

    np.testing.assert_allclose(parts, table["total", "total"], atol=1e-12)


def test_several_draws_of_the_folds_are_averaged(case):
    targets, models, _, _ = case
    draws = np.stack([draw_folds(30, 4, np.random.default_rng(seed)) for seed in range(3)])

    table = partition_variance(targets, models, GROUPS, draws)

    single = [partition_variance(targets, models, GROUPS, folds) for folds in draws]
    np.testing.assert_allclose(table, np.mean(single, axis=0), atol=1e-12)
    assert np.ptp([one["total", "total"][0] for one in single]) > 0.001


def test_what_is_given_is_taken_out_of_every_part(case):
    targets, models, folds, _ = case
    groups, given = {"vision": [0, 1], "language": [2]}, [3]

    table = partition_variance(targets, models, groups, folds, given)

    for row, target in enumerate(targets):
        r2 = {
            rows: by_regression(target, models[list(rows)], folds)[0]
            for rows in [(3,), (0, 1, 3), (2, 3), (0, 1, 2, 3)]
        }
        base = r2[3,]
        assert table["total", "total"][row] == pytest.approx(r2[0, 1, 2, 3] - base, abs=1e-9)
        assert table["alone", "vision"][row] == pytest.approx(r2[0, 1, 3] - base, abs=1e-9)
        assert table["unique", "vision"][row] == pytest.approx(r2[0, 1, 2, 3] - r2[2, 3], abs=1e-9)
        shared = r2[0, 1, 3] + r2[2, 3] - r2[0, 1, 2, 3] - base
        assert table["shared", "vision & language"][row] == pytest.approx(shared, abs=1e-9)


def test_equal_dissimilarities_share_the_mean_of_their_ranks():
    models = np.round(rdms(5), 0)
    targets = np.round(brain(models), 1)
    folds = draw_folds(30, 4, np.random.default_rng(0))

    table = partition_variance(targets, models, GROUPS, folds)

    for row, target in enumerate(targets):
        expected = by_regression(target, models, folds)[0]
        assert table["total", "total"][row] == pytest.approx(expected, abs=1e-9)


def test_draws_of_the_folds_hardly_matter_when_there_are_many():
    models, targets = rdms(5, seed=3), brain(rdms(5, seed=3), k=1, noise=3.0)

    def unique(n_draws, seed):
        rng = np.random.default_rng(seed)
        draws = np.stack([draw_folds(30, 5, rng) for _ in range(n_draws)])
        return partition_variance(targets, models, GROUPS, draws)["unique", "vision"][0]

    one, many = (np.std([unique(n_draws, seed) for seed in range(12)]) for n_draws in (1, 30))

    # Draws are independent, so that the spread of their mean is smaller by the square root of 30, 5.5.
    assert many < one / 3


@pytest.mark.parametrize("distance", ["sqeuclidean", "correlation"])
def test_a_noisy_copy_of_another_group_has_no_variance_of_its_own(distance):
    n_studies, rejected = 60, 0
    for seed in range(n_studies):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=(40, 12))
        copied = truth + rng.normal(size=truth.shape)
        weights = rng.normal(size=(8, 12, 30))
        patterns = truth @ weights + 6.0 * rng.normal(size=(8, 40, 30))
        brains = np.stack([pdist(subject, distance) for subject in patterns])
        models = np.stack([pdist(one, distance) for one in (truth, copied)])
        draws = np.stack([draw_folds(40, 5, rng) for _ in range(4)])
        table = partition_variance(brains, models, {"model": [0], "copy": [1]}, draws)
        rejected += ttest_1samp(table["unique", "copy"], 0, alternative="greater").pvalue < 0.05
        assert table["unique", "model"].mean() > 0

    assert binomtest(rejected, n_studies, 0.05, alternative="greater").pvalue > 0.025


def test_on_null_data_more_predictors_win_nothing():
    totals = []
    for n_models in (3, 9):
        models = rdms(n_models, n=24, seed=1)
        groups = {name: list(range(start, n_models, 3)) for start, name in enumerate(GROUPS)}
        null = rdms(200, n=24, seed=2)
        table = partition_variance(null, models, groups, draw_folds(24, 4, np.random.default_rng(0)))
        for key in (("total", "total"), ("unique", "vision"), ("unique", "multimodal")):
            values = table[key]
            assert values.mean() < 2 * values.std() / np.sqrt(len(values))
        totals.append(table["total", "total"].mean())
    assert totals[1] <= totals[0]


def test_the_same_model_in_two_groups_is_shared_and_not_unique():
    models = rdms(2)
    both = np.stack([models[0], models[0], models[1]])
    target = models[:1] + 0.3 * rdms(1, seed=9)

    table = partition_variance(
        target, both, {"a": [0], "b": [1], "c": [2]}, draw_folds(30, 5, np.random.default_rng(1))
    )

    assert abs(table["unique", "a"][0]) < 1e-9
    assert abs(table["unique", "b"][0]) < 1e-9
    assert table["shared", "a & b"][0] > 0.5


def test_one_group_is_all_there_is():
    models = rdms(2)
    table = partition_variance(
        brain(rdms(5)), models, {"vision": [0, 1]}, draw_folds(30, 3, np.random.default_rng(0))
    )

    assert list(table.columns) == component_names(["vision"])
    np.testing.assert_allclose(table["unique", "vision"], table["total", "total"])


def test_folds_are_of_equal_size_and_every_stimulus_is_in_one():
    folds = draw_folds(23, 5, np.random.default_rng(0))

    assert sorted(np.bincount(folds)) == [4, 4, 5, 5, 5]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: draw_folds(14, 5, np.random.default_rng()),
            ParameterError,
            "14 stimuli do not make 5 folds",
        ),
        (lambda: draw_folds(14, 1, np.random.default_rng()), ParameterError, "at least two folds"),
        (
            lambda: partition_variance(rdms(1), rdms(1), {"a": []}, np.zeros(30)),
            ParameterError,
            "group a is empty",
        ),
        (
            lambda: partition_variance(rdms(1), rdms(1), {"a": [0]}, np.zeros(29)),
            ParameterError,
            "do not fit",
        ),
        (
            lambda: partition_variance(rdms(1), rdms(1, n=20), {"a": [0]}, np.zeros(30)),
            RDMError,
            "align them",
        ),
        (
            lambda: partition_variance(
                np.ones((1, 435)), rdms(1), {"a": [0]}, draw_folds(30, 3, np.random.default_rng(0))
            ),
            RDMError,
            "RDM 0 of the brain set has no variance",
        ),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
