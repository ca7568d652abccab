"""Similarities and noise ceilings against rsatoolbox and SciPy."""

import warnings

import numpy as np
import pytest
from rsatoolbox.inference import boot_noise_ceiling
from rsatoolbox.rdm import RDMs
from rsatoolbox.rdm import compare as rsatoolbox_compare
from scipy import stats
from scipy.spatial.distance import pdist

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import METHODS
from tyrosine.rsa.cka import cka
from tyrosine.rsa.similarity import (
    compare,
    jackknifed_ceiling,
    leave_one_out_similarity,
    noise_ceiling,
)

RSATOOLBOX = {
    "pearson": "corr",
    "spearman": "spearman",
    "cosine": "cosine",
    "kendall_tau_a": "tau-a",
    "pearson_whitened": "corr_cov",
    "cosine_whitened": "cosine_cov",
}


def rdms(k, n_pairs=190, seed=0, ties=False):
    drawn = np.random.default_rng(seed).random((k, n_pairs))
    return np.round(drawn, 1) if ties else drawn


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("k", "m"), [(1, 1), (4, 3)])
@pytest.mark.parametrize("method", list(RSATOOLBOX))
def test_equals_rsatoolbox(method, k, m, ties):
    a, b = rdms(k, ties=ties), rdms(m, seed=1, ties=ties)

    expected = rsatoolbox_compare(RDMs(a), RDMs(b), RSATOOLBOX[method])

    np.testing.assert_allclose(compare(a, b, method), expected, atol=1e-6)


@pytest.mark.parametrize(("method", "function"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_equals_scipy(method, function):
    a, b = rdms(3), rdms(2, seed=1)

    expected = [[function(x, y).statistic for y in b] for x in a]

    np.testing.assert_allclose(compare(a, b, method), expected, atol=1e-12)


def test_float32_rdms_are_compared_in_float64():
    a, b = rdms(2).astype(np.float32), rdms(2, seed=1).astype(np.float32)

    np.testing.assert_allclose(
        compare(a, b), compare(a.astype(np.float64), b.astype(np.float64)), rtol=0, atol=0
    )


@pytest.mark.parametrize("method", list(METHODS))
def test_an_rdm_is_as_similar_as_can_be_to_itself(method):
    a = rdms(1)

    assert compare(a, a, method)[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("method", list(RSATOOLBOX))
def test_noise_ceiling_equals_rsatoolbox(method, ties):
    shared = rdms(1, seed=9)
    subjects = rdms(5, ties=ties) + shared
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = boot_noise_ceiling(RDMs(subjects), RSATOOLBOX[method])

    np.testing.assert_allclose(noise_ceiling(subjects, method), expected, atol=1e-9)


@pytest.mark.parametrize("n_subjects", [2, 3, 4, 5, 7])
@pytest.mark.parametrize("method", list(METHODS))
def test_the_noise_ceiling_of_equal_rdms_is_one_and_not_upside_down(method, n_subjects):
    for seed in range(10):
        lower, upper = noise_ceiling(np.repeat(rdms(1, seed=seed), n_subjects, axis=0), method)

        assert lower <= upper <= 1
        assert lower == pytest.approx(1.0)


@pytest.mark.parametrize("method", ["pearson_whitened", "cosine_whitened"])
def test_whitening_equals_the_dense_covariance_of_the_entries(method):
    a, b = rdms(2, n_pairs=15), rdms(3, n_pairs=15, seed=1)
    contrast = np.zeros((15, 6))
    for pair, (i, j) in enumerate(zip(*np.triu_indices(6, k=1))):
        contrast[pair, [i, j]] = 1, -1
    # Diedrichsen et al. (2021): under the null, cov(d) is proportional to (C C')² elementwise.
    whitener = np.linalg.inv((contrast @ contrast.T) ** 2)
    x, y = (r - r.mean(axis=1, keepdims=True) if method[0] == "p" else r for r in (a, b))

    norms = [np.sqrt(np.einsum("ip,pq,iq->i", z, whitener, z)) for z in (x, y)]

    np.testing.assert_allclose(compare(a, b, method), x @ whitener @ y.T / np.outer(*norms), atol=1e-12)


def test_whitening_of_a_part_of_an_rdm_is_refused():
    with pytest.raises(RDMError, match="14 pairs are not the upper triangle"):
        compare(rdms(1, n_pairs=14), rdms(1, n_pairs=14), "cosine_whitened")


def features(d, seed):
    return np.random.default_rng(seed).normal(size=(20, d))


def on_sphere(features):
    """Each stimulus's features, centred and scaled to length one."""
    centred = features - features.mean(axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def test_cka_of_squared_distances_is_that_of_the_features():
    x, y = features(8, 0), features(5, 1)
    y += x[:, :5]

    found = compare(pdist(x, "sqeuclidean")[None], pdist(y, "sqeuclidean")[None], "cka")

    assert found[0, 0] == pytest.approx(cka(x, y), abs=1e-12)


def test_cka_of_correlation_distances_is_that_of_normalised_features():
    x, y = features(8, 0), features(5, 1)
    y += x[:, :5]

    found = compare(pdist(x, "correlation")[None], pdist(y, "correlation")[None], "cka")

    assert found[0, 0] == pytest.approx(cka(on_sphere(x), on_sphere(y)), abs=1e-12)


def test_cka_ceiling_is_the_cka_with_the_mean_kernel_of_the_others():
    subjects = [on_sphere(features(6, 0) + features(6, seed)) for seed in (1, 2, 3)]
    distances = np.stack([pdist(x, "sqeuclidean") for x in subjects])
    centred = [u_centred(x @ x.T) for x in subjects]
    unit = [kernel / np.linalg.norm(kernel) for kernel in centred]

    expected = []
    for s in range(3):
        others = np.mean([unit[o] for o in range(3) if o != s], axis=0)
        expected.append(np.vdot(unit[s], others) / np.linalg.norm(others))

    np.testing.assert_allclose(leave_one_out_similarity(distances, "cka"), expected, atol=1e-12)


def u_centred(kernel):
    n = len(kernel)
    off = kernel - np.diag(np.diag(kernel))
    sums = off.sum(axis=0)
    result = off - np.add.outer(sums, sums) / (n - 2) + sums.sum() / ((n - 1) * (n - 2))
    return result - np.diag(np.diag(result))


def test_cka_needs_four_stimuli():
    with pytest.raises(RDMError, match="at least four stimuli, got 3"):
        compare(rdms(1, n_pairs=3), rdms(1, n_pairs=3), "cka")


def test_leave_one_out_similarity_is_to_the_mean_of_the_others():
    subjects = rdms(4) + rdms(1, seed=9)
    standard = stats.zscore(subjects, axis=1)

    expected = [
        stats.pearsonr(subjects[s], np.delete(standard, s, axis=0).mean(axis=0)).statistic for s in range(4)
    ]

    np.testing.assert_allclose(leave_one_out_similarity(subjects), expected, atol=1e-12)


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall_tau_a"])
def test_a_jackknifed_ceiling_has_the_variance_of_a_jackknife(method):
    subjects = rdms(5, n_pairs=45) + rdms(1, n_pairs=45, seed=9)
    lower = noise_ceiling(subjects, method)[0]
    # The closed form of the jackknife's variance of any statistic.
    without = [noise_ceiling(np.delete(subjects, s, axis=0), method)[0] for s in range(5)]
    expected = 4 / 5 * np.sum((without - np.mean(without)) ** 2)

    values = jackknifed_ceiling(subjects, method)

    assert values.mean() == pytest.approx(lower, abs=1e-12)
    assert values.var(ddof=1) / 5 == pytest.approx(expected, rel=1e-9)


def test_a_jackknifed_ceiling_needs_three_subjects():
    with pytest.raises(RDMError, match="at least three subjects, got 2"):
        jackknifed_ceiling(rdms(2))


def test_noise_ceiling_of_one_subject_is_refused():
    with pytest.raises(RDMError, match="at least two subjects, got 1"):
        noise_ceiling(rdms(1))


def test_unknown_method_is_refused_with_those_that_exist():
    with pytest.raises(
        ParameterError, match="'kendall' is unknown.*pearson, spearman, cosine, kendall_tau_a"
    ):
        compare(rdms(1), rdms(1), "kendall")


def test_rdms_of_different_length_are_refused():
    with pytest.raises(RDMError, match="190 and of 45 pairs"):
        compare(rdms(1), rdms(1, n_pairs=45))


@pytest.mark.parametrize("method", list(METHODS))
def test_an_rdm_without_variance_is_refused(method):
    flat = np.zeros((1, 190)) if method.startswith("cosine") else np.full((1, 190), 0.1)

    with pytest.raises(RDMError, match="no variance"):
        compare(rdms(1), flat, method)


@pytest.mark.parametrize("method", [name for name in METHODS if not name.startswith("cosine")])
def test_an_rdm_that_varies_by_rounding_alone_is_refused(method):
    # A constant RDM as arithmetic leaves it: entries are 0.1 or the next number above.
    nearly = np.where(rdms(1) < 0.5, 0.1, np.nextafter(0.1, 1))
    assert 0 < np.ptp(nearly) < 2e-16

    for pair in ((rdms(1), nearly), (nearly, rdms(1))):
        with pytest.raises(RDMError, match="no variance"):
            compare(*pair, method)


def test_an_rdm_that_varies_in_few_digits_is_compared():
    a = rdms(1)

    assert compare(a, 1.0 + 1e-9 * a)[0, 0] == pytest.approx(1.0, abs=1e-6)


def test_an_rdm_with_nan_is_refused():
    broken = rdms(2)
    broken[1, 3] = np.nan

    with pytest.raises(RDMError, match="RDM 1 of the first set"):
        compare(broken, rdms(1))
