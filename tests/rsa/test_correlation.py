"""Ranks and correlations of many rows at once, against SciPy and NumPy."""

import numpy as np
import pytest
from scipy.stats import rankdata

from tyrosine.errors import RDMError
from tyrosine.rsa import correlation
from tyrosine.rsa.correlation import correlate, rank
from tyrosine.rsa.similarity import compare


def values_of_every_kind(rng):
    close = 1.0 + rng.integers(0, 40, 700) * np.finfo(np.float64).eps
    return {
        "normal": rng.standard_normal(700),
        "positive": rng.random(700),
        "whole numbers": rng.integers(-5, 5, 700).astype(float),
        "differing in the last bits": close,
        "negative and differing in the last bits": -close,
        "both zeros": rng.permutation(np.r_[np.zeros(300), -np.zeros(300), rng.standard_normal(100)]),
        "tiny and huge": rng.standard_normal(700) * 10.0 ** rng.integers(-300, 300, 700),
        "sorted": np.arange(700.0),
        "falling": -np.arange(700.0),
        "constant": np.full(700, 0.1),
        "float32": rng.standard_normal(700).astype(np.float32).astype(float),
    }


def test_ranks_are_scipys():
    values = np.stack(list(values_of_every_kind(np.random.default_rng(2)).values()))
    np.testing.assert_array_equal(rank(values), rankdata(values, axis=1))


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 16, 17, 64, 65, 1000])
def test_rows_of_any_length_are_ranked(length):
    values = np.random.default_rng(length).standard_normal((1, length))
    np.testing.assert_array_equal(rank(values)[0, np.argsort(values[0])], np.arange(1, length + 1))


def test_a_row_that_is_not_finite_has_no_ranks():
    values = np.random.default_rng(0).standard_normal((4, 10))
    values[0, 3], values[1, 4], values[2, 5] = np.nan, np.inf, -np.inf
    assert np.isnan(rank(values)).all(axis=1).tolist() == [True, True, True, False]


@pytest.mark.parametrize("n", [2, 7, 254, 255, 256, 3000])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_correlations_are_numpys_in_any_chunks(n, offset, monkeypatch):
    monkeypatch.setattr(correlation, "_CHUNK_ENTRIES", 50)
    monkeypatch.setattr(correlation, "_CHUNKS_AT_ONCE", 3)
    rng = np.random.default_rng(n)
    a, b = rng.standard_normal((5, n)) + offset, rng.standard_normal((3, n)) + offset
    expected = np.corrcoef(a, b)[:5, 5:]
    np.testing.assert_allclose(correlate(a, b, centred=True), expected, atol=1e-9 if offset else 1e-12)


def test_a_row_whose_first_values_lie_far_off_keeps_its_digits():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 100_000)), rng.standard_normal((2, 100_000))
    a[0, ::392] += 1e4
    np.testing.assert_allclose(correlate(a, b, centred=True), np.corrcoef(a, b)[:2, 2:], atol=1e-13)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-200, 7.0])
def test_a_constant_row_has_no_variance(value):
    a = np.random.default_rng(0).standard_normal((3, 5000))
    a[1] = value
    with pytest.raises(RDMError, match="RDM 1 has no variance"):
        correlate(a, a, centred=True)


@pytest.mark.parametrize("method", ["pearson", "spearman", "cosine", "kendall_tau_a"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("error")
def test_values_that_are_not_finite_are_named(method, value):
    rng = np.random.default_rng(0)
    good, bad = rng.random((3, 45)), rng.random((3, 45))
    bad[2, 7] = value
    with pytest.raises(RDMError, match="RDM 2 of the second set has NaN or infinite values"):
        compare(good, bad, method)
    with pytest.raises(RDMError, match="RDM 2 of the first set has NaN or infinite values"):
        compare(bad, good, method)


def test_sums_that_overflow_are_refused():
    rdms = np.random.default_rng(0).random((2, 45)) * 1e200
    with pytest.raises(RDMError, match="overflow"):
        compare(rdms, rdms, "cosine")
