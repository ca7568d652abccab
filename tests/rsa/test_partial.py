"""Partial similarity against least squares, the formulas of textbooks, and what must come out as zero."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import pdist

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.partial import partial_similarity


def rdms(k, n=14, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([pdist(rng.normal(size=(n, 4))) for _ in range(k)])


def residuals(values, given):
    design = np.column_stack([np.ones(len(values)), *given])
    return values - design @ np.linalg.lstsq(design, values)[0]


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("n_given", [1, 3])
def test_partial_similarity_is_the_correlation_of_least_squares_residuals(method, n_given):
    given = rdms(n_given, seed=2)
    brain, models = rdms(3, seed=0) + given.sum(axis=0), rdms(2, seed=1) + given[0]

    found = partial_similarity(brain, models, given, method)

    ranked = (lambda rows: rows) if method == "pearson" else (lambda rows: stats.rankdata(rows, axis=1))
    for row, one in enumerate(ranked(brain)):
        for column, other in enumerate(ranked(models)):
            left = [residuals(values, ranked(given)) for values in (one, other)]
            assert found[row, column] == pytest.approx(stats.pearsonr(*left).statistic, abs=1e-12)


def test_one_rdm_taken_out_gives_the_formula_of_first_order():
    x, y, z = rdms(3)
    (rxy, rxz, ryz) = (stats.pearsonr(*two).statistic for two in ((x, y), (x, z), (y, z)))

    expected = (rxy - rxz * ryz) / np.sqrt((1 - rxz**2) * (1 - ryz**2))

    assert partial_similarity([x], [y], [z])[0, 0] == pytest.approx(expected, abs=1e-12)


def test_several_rdms_taken_out_give_the_formula_of_the_inverse_covariance():
    rows = rdms(5)
    precision = np.linalg.inv(np.cov(rows))

    expected = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])

    assert partial_similarity(rows[:1], rows[1:2], rows[2:])[0, 0] == pytest.approx(expected, abs=1e-12)


def test_what_is_alike_only_by_a_confound_has_no_partial_similarity():
    confound = rdms(1, n=60, seed=7)
    brain, models = confound + rdms(8, n=60, seed=8), confound + rdms(8, n=60, seed=9)

    found = partial_similarity(brain, models, confound)

    # 64 values, of RDMs that share nothing else, and each with a standard deviation of about 0.06.
    assert abs(found.mean()) < 0.03
    assert np.corrcoef(brain, models)[:8, 8:].min() > 0.2


def test_what_is_a_linear_function_of_the_given_rdms_has_none():
    given = rdms(2, seed=3)

    found = partial_similarity(rdms(1), [3 + 2 * given[0] - given[1], *rdms(1, seed=4)], given)

    assert np.isnan(found[0, 0])
    assert np.isfinite(found[0, 1])


def test_an_rdm_that_is_given_twice_or_is_flat_changes_nothing():
    given = rdms(1, seed=3)
    brain, models = rdms(2, seed=0), rdms(2, seed=1)

    once = partial_similarity(brain, models, given)

    np.testing.assert_allclose(partial_similarity(brain, models, [*given, *given]), once, atol=1e-12)
    flat = np.full_like(given, 0.1)
    np.testing.assert_allclose(partial_similarity(brain, models, [*given, *flat]), once, atol=1e-12)


def test_bad_input_is_refused():
    with pytest.raises(
        ParameterError, match="kendall_tau_a has no partial similarity; choose one of pearson"
    ):
        partial_similarity(rdms(1), rdms(1), rdms(1), "kendall_tau_a")
    with pytest.raises(RDMError, match="91, 91 and 45 pairs cannot be compared"):
        partial_similarity(rdms(1), rdms(1), rdms(1, n=10))
