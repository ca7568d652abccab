"""Similarities without each stimulus against RDMs that are cut, and their variance against closed forms."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from tyrosine.rsa.jackknife import jackknife_variance, leave_out
from tyrosine.rsa.similarity import prepare

ROWS, COLUMNS = np.triu_indices(12, k=1)
SINGLE = np.arange(12)
GROUPS = np.array([0, 0, 0, 0, 0, 1, 1, 2, 3, 3, 2, 4])


def rdms(k, seed):
    rng = np.random.default_rng(seed)
    return np.stack([pdist(rng.normal(size=(12, 4))) for _ in range(k)])


def cut(condensed, kept):
    return squareform(squareform(condensed)[np.ix_(kept, kept)])


def cosine(x, y):
    return x @ y / np.sqrt((x @ x) * (y @ y))


def pearson(x, y):
    return stats.pearsonr(x, y).statistic


@pytest.mark.parametrize("members", [SINGLE, GROUPS], ids=["stimuli", "groups"])
@pytest.mark.parametrize(("method", "similarity"), [("pearson", pearson), ("cosine", cosine)])
def test_similarities_are_those_of_rdms_without_the_stimulus_or_group(method, similarity, members):
    brain, models = rdms(3, 0), rdms(2, 1)

    found = leave_out(prepare(brain, method), prepare(models, method), members[ROWS], members[COLUMNS])

    expected = [
        [[similarity(cut(x, members != one), cut(y, members != one)) for y in models] for x in brain]
        for one in range(members.max() + 1)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_ranks_stay_those_among_all_pairs():
    brain, models = rdms(1, 0), rdms(1, 1)

    found = leave_out(prepare(brain, "spearman"), prepare(models, "spearman"), SINGLE[ROWS], SINGLE[COLUMNS])

    ranks = [stats.rankdata(rdm) for rdm in (brain[0], models[0])]
    expected = [pearson(*(cut(rank, one != SINGLE) for rank in ranks)) for one in SINGLE]
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-9)


def test_a_similarity_is_undefined_where_one_stimulus_has_all_the_variance():
    distances = np.where((ROWS == 3) | (COLUMNS == 3), 1.0, 0.0)

    found = leave_out(
        prepare(distances[None], "pearson"), prepare(rdms(1, 0), "pearson"), SINGLE[ROWS], SINGLE[COLUMNS]
    ).ravel()

    assert np.flatnonzero(np.isnan(found)).tolist() == [3]


def test_the_variance_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(0).normal(size=(20, 3))
    without = (values.sum(axis=0) - values) / 19

    found = jackknife_variance(without)

    np.testing.assert_allclose(found.variance, stats.sem(values) ** 2, rtol=1e-9)


def test_degrees_of_freedom_are_fewer_where_tails_are_heavy():
    even = np.linspace(-1, 1, 40)
    heavy = np.r_[even[:-1], 30.0]

    found = jackknife_variance(np.stack([even, heavy], axis=1)).degrees_of_freedom

    assert found[0] == 39
    assert found[1] == pytest.approx(80 / (stats.kurtosis(heavy, fisher=False) - 1))
    assert 2 < found[1] < 3


def test_degrees_of_freedom_are_those_of_the_variance_of_heavy_tails():
    values = np.random.default_rng(0).laplace(size=(400, 4000))

    found = jackknife_variance(values).degrees_of_freedom.mean()

    # A scaled χ² has the squared coefficient of variation 2 / degrees of freedom; the kurtosis of so many
    # values is a little smaller than that of all.
    variances = values.var(axis=0, ddof=1)
    assert found == pytest.approx(2 * variances.mean() ** 2 / variances.var(), rel=0.15)
