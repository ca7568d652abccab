"""Centred kernel alignment against other formulas of the same quantity."""

from itertools import permutations

import numpy as np
import pytest

from tyrosine.errors import RDMError
from tyrosine.rsa.cka import cka


def features(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def unbiased_hsic(x, y):
    """Song et al. (2012), equation 5."""
    k, l_ = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l_, 0)
    n = len(k)
    return (np.trace(k @ l_) + k.sum() * l_.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k @ l_).sum()) / (
        n * (n - 3)
    )


def hsic_of_all_quadruples(x, y):
    """The U-statistic that the unbiased estimator is, written out."""
    k, l_ = x @ x.T, y @ y.T
    terms = [k[i, j] * (l_[i, j] + l_[q, r] - 2 * l_[i, q]) for i, j, q, r in permutations(range(len(k)), 4)]
    return np.mean(terms)


@pytest.mark.parametrize("hsic", [unbiased_hsic, hsic_of_all_quadruples])
def test_equals_the_unbiased_estimator(hsic):
    x, y = features(7, 5) + 3, features(7, 9, seed=1)
    y[:, :5] += x

    expected = hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))

    assert cka(x, y) == pytest.approx(expected, abs=1e-12)


def test_rotation_scale_and_offset_do_not_matter():
    x = features(30, 6)
    rotation = np.linalg.qr(features(6, 6, seed=2))[0]

    assert cka(x, 3 * x @ rotation + 5) == pytest.approx(1.0)


def test_unrelated_features_have_none_however_many_there_are():
    values = [cka(features(40, 400, seed=s), features(40, 300, seed=1000 + s)) for s in range(50)]

    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(50)


def test_other_numbers_of_stimuli_are_refused():
    with pytest.raises(RDMError, match="8 and of 9 stimuli"):
        cka(features(8, 3), features(9, 3))


def test_too_few_stimuli_are_refused():
    with pytest.raises(RDMError, match="at least four stimuli"):
        cka(features(3, 3), features(3, 3))


def test_constant_features_are_refused():
    with pytest.raises(RDMError, match="second features do not vary"):
        cka(features(8, 3), np.ones((8, 3)))
