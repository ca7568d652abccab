"""Tests across subjects against SciPy and rsatoolbox; intervals against the tests they belong to."""

import numpy as np
import pytest
from rsatoolbox.inference import eval_fixed
from rsatoolbox.model import ModelFixed
from rsatoolbox.rdm import RDMs
from scipy import stats

from tyrosine.errors import ParameterError
from tyrosine.rsa.significance import bootstrap_test, t_test, wilcoxon_test
from tyrosine.rsa.similarity import compare

ALTERNATIVES = ["greater", "less", "two-sided"]


def values(n=8, m=5, seed=0):
    return np.random.default_rng(seed).normal(0.03, 0.05, size=(n, m))


@pytest.mark.parametrize("level", [0.95, 0.8])
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_t_test_equals_scipy(alternative, level):
    table = t_test(values(), alternative, level)

    for row, column in zip(table.itertuples(), values().T):
        expected = stats.ttest_1samp(column, 0, alternative=alternative)
        interval = stats.ttest_1samp(column, 0).confidence_interval(level)
        assert (row.statistic, row.p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)
        assert (row.lower, row.upper) == pytest.approx(interval, rel=1e-12)
        assert row.estimate == pytest.approx(column.mean())
        assert row.effect_size == pytest.approx(expected.statistic / np.sqrt(8))
        assert (row.n, row.undefined) == (8, "")


@pytest.mark.filterwarnings("ignore")
def test_t_test_equals_rsatoolbox_for_models_and_their_differences():
    rng = np.random.default_rng(1)
    models = rng.random((3, 66))
    brain = rng.random((7, 66)) + 0.3 * models[0]
    result = eval_fixed(
        [ModelFixed(str(i), RDMs(rdm[None])) for i, rdm in enumerate(models)], RDMs(brain), method="corr"
    )
    similarity = compare(brain, models)

    np.testing.assert_allclose(t_test(similarity)["p"], result.test_zero(), atol=1e-9)
    differences = similarity[:, :1] - similarity[:, 1:]
    np.testing.assert_allclose(
        t_test(differences, "two-sided")["p"], result.test_pairwise()[0, 1:], atol=1e-9
    )


@pytest.mark.parametrize("n", [3, 8, 15, 60])
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_wilcoxon_equals_scipy_column_by_column(alternative, n):
    given = values(n)
    # Ties and zeros in some columns must not change how the others are tested.
    given[:2, 0] = 0.02
    given[2, 1] = 0.0

    table = wilcoxon_test(given, alternative)

    for row, column in zip(table.itertuples(), given.T):
        expected = stats.wilcoxon(column, alternative=alternative)
        assert (row.statistic, row.p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)


@pytest.mark.parametrize(("n", "level"), [(6, 0.95), (8, 0.95), (15, 0.95), (8, 0.9)])
def test_wilcoxon_interval_has_what_the_test_does_not_reject(n, level):
    row = wilcoxon_test(values(n, 1), "two-sided", level).iloc[0]

    def p(shift):
        return stats.wilcoxon(values(n, 1)[:, 0] - shift, method="exact").pvalue

    for bound, outwards in ((row["lower"], -1e-9), (row["upper"], 1e-9)):
        assert p(bound + outwards) <= 1 - level < p(bound - outwards)
    assert row["lower"] < row["estimate"] < row["upper"]


def test_wilcoxon_estimate_is_the_median_of_the_means_of_two():
    column = values(7, 1)[:, 0]

    expected = np.median([(a + b) / 2 for i, a in enumerate(column) for b in column[i:]])

    assert wilcoxon_test(column[:, None])["estimate"].item() == pytest.approx(expected, rel=1e-12)


def test_with_five_subjects_the_wilcoxon_interval_has_no_bounds():
    row = wilcoxon_test(values(5, 1)).iloc[0]

    assert (row["lower"], row["upper"]) == (-np.inf, np.inf)
    assert np.isfinite(row["p"])


@pytest.mark.parametrize("test", [t_test, wilcoxon_test])
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (values(1, 1), "fewer than two subjects"),
        (np.zeros((8, 1)), "the same in every subject"),
        (np.full((8, 1), 0.1) + 1e-17, "the same in every subject"),
    ],
)
def test_what_cannot_be_tested_says_why(test, given, reason):
    table = test(np.hstack([given, given]))

    assert set(table["undefined"]) == {reason}
    assert table[["estimate", "lower", "upper", "effect_size", "statistic", "p"]].isna().all(axis=None)


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(ParameterError, match="finite values of shape"):
        t_test([[0.1, np.nan], [0.2, 0.3]])


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_a_bootstrap_test_with_the_variance_of_a_mean_is_the_t_test(alternative):
    variance = values().var(axis=0, ddof=1) / 8

    found = bootstrap_test(values().mean(axis=0), variance, 7, alternative)

    for row, column in zip(found.itertuples(), values().T):
        expected = stats.ttest_1samp(column, 0, alternative=alternative)
        assert row.p == pytest.approx(expected.pvalue, rel=1e-9)
        assert (row.lower, row.upper) == pytest.approx(stats.ttest_1samp(column, 0).confidence_interval(0.95))
        assert row.standard_error == pytest.approx(stats.sem(column))


def test_a_bootstrap_without_variance_says_so():
    found = bootstrap_test([0.1, 0.2], [0.0, np.nan], 7)

    assert set(found["undefined"]) == {"the same in every resample"}
    assert found[["estimate", "standard_error", "lower", "upper", "p"]].isna().all(axis=None)
