"""q-values against the definition of Benjamini and Hochberg, family by family."""

import numpy as np

from tyrosine.rsa.multiple_comparisons import benjamini_hochberg


def by_definition(p):
    """The smallest rate at which the step-up procedure rejects each test."""
    return np.array([min(1, min(q * len(p) / np.sum(p <= q) for q in p if q >= own)) for own in p])


def test_each_family_is_adjusted_by_itself():
    p = np.random.default_rng(0).random(40) ** 3
    families = np.where(np.arange(40) % 3 == 0, "a", "b")

    found = benjamini_hochberg(p, families)

    for family in "ab":
        np.testing.assert_allclose(found[families == family], by_definition(p[families == family]))


def test_undefined_tests_belong_to_no_family():
    p = np.array([0.01, np.nan, 0.04, np.nan])

    found = benjamini_hochberg(p, ["a", "a", "a", "only undefined"])

    np.testing.assert_allclose(found, [0.02, np.nan, 0.04, np.nan])


def test_no_tests_have_no_q():
    assert benjamini_hochberg([], []).shape == (0,)
