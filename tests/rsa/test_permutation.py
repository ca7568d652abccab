"""The permutation test against permuting whole RDMs one by one, and against exact counts."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import rsatoolbox
from scipy.spatial.distance import squareform
from scipy.stats import permutation_test

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import methods_that
from tyrosine.rsa import permutation
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.similarity import compare

RSATOOLBOX = {
    "pearson": "corr",
    "spearman": "spearman",
    "cosine": "cosine",
    "pearson_whitened": "corr_cov",
    "cosine_whitened": "cosine_cov",
}


def draw_rdms(rng, n_rdms, n_stimuli, common=0.5):
    points = rng.standard_normal((n_rdms, n_stimuli, 3)) + common * rng.standard_normal((n_stimuli, 3))
    rows, columns = np.triu_indices(n_stimuli, k=1)
    return np.linalg.norm(points[:, rows] - points[:, columns], axis=2)


def permutations_of(seed, n_stimuli, n_permutations):
    """The permutations that a generator of this seed gives: rows of stimuli, shuffled in turn."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(n_stimuli) for _ in range(n_permutations)]


def brute_force(a, b, permutations, method):
    """p by rsatoolbox's compare on RDMs whose rows and columns are permuted together."""

    def similarities(first):
        return rsatoolbox.rdm.compare(
            rsatoolbox.rdm.RDMs(first), rsatoolbox.rdm.RDMs(b), method=RSATOOLBOX[method]
        )

    observed = similarities(a)
    reached = np.zeros(observed.shape)
    for order in permutations:
        shuffled = np.stack([squareform(squareform(rdm)[order][:, order]) for rdm in a])
        reached += similarities(shuffled) >= observed - 1e-9
    return observed, (reached + 1) / (len(permutations) + 1)


@pytest.mark.parametrize("method", methods_that("prepare"))
@pytest.mark.parametrize(("k", "m"), [(5, 3), (2, 7), (1, 1)])
def test_p_is_that_of_permuting_rows_and_columns_one_by_one(method, k, m):
    rng = np.random.default_rng(3)
    a, b = draw_rdms(rng, k, 9), draw_rdms(rng, m, 9)
    similarity, p = permute_stimuli(a, b, 60, np.random.default_rng(11), method)
    expected, expected_p = brute_force(a, b, permutations_of(11, 9, 60), method)
    np.testing.assert_allclose(similarity, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(p, expected_p)
    assert len(np.unique(p)) > 1 or p.size == 1


@pytest.mark.parametrize("shape", [(3, 2), (2, 3)])
def test_permutations_that_change_nothing_count_as_reaching_the_observed(shape):
    """RDMs of zeros and ones tie often; fractions tell a tie from rounding."""
    rng = np.random.default_rng(5)
    a, b = (rng.integers(0, 2, (n_rdms, 15)).astype(float) for n_rdms in shape)
    _, p = permute_stimuli(a, b, 200, np.random.default_rng(7))
    reached = np.zeros((len(a), len(b)), dtype=int)
    for order in permutations_of(7, 6, 200):
        for i, j in itertools.product(range(len(a)), range(len(b))):
            shuffled = squareform(squareform(a[i])[order][:, order])
            # Means and norms do not change, so the sums of products decide.
            permuted, observed = (
                sum(Fraction(x) * Fraction(y) for x, y in zip(first, b[j])) for first in (shuffled, a[i])
            )
            reached[i, j] += permuted >= observed
    np.testing.assert_array_equal(p, (reached + 1) / 201)


def test_an_rdm_that_no_permutation_changes_has_p_one():
    a = draw_rdms(np.random.default_rng(0), 1, 12)
    _, p = permute_stimuli(a, np.ones((1, 66)), 50, np.random.default_rng(0), "cosine")
    assert p.item() == 1.0


def test_the_distribution_is_that_of_scipys_permutation_test():
    rng = np.random.default_rng(2)
    a, b = draw_rdms(rng, 1, 5, common=1.0), draw_rdms(rng, 1, 5, common=1.0)
    matrix = squareform(a[0])

    def statistic(order):
        order = np.asarray(order, dtype=int)
        return np.corrcoef(squareform(matrix[order][:, order]), b[0])[0, 1]

    exact = permutation_test(
        (np.arange(5),),
        statistic,
        permutation_type="pairings",
        alternative="greater",
        vectorized=False,
        n_resamples=np.inf,
    )
    _, p = permute_stimuli(a, b, 20_000, np.random.default_rng(1))
    assert p.item() == pytest.approx(exact.pvalue, abs=4 * np.sqrt(0.25 / 20_000))


def test_p_is_uniform_for_unrelated_rdms():
    rng = np.random.default_rng(8)
    p = [
        permute_stimuli(draw_rdms(rng, 1, 10, 0.0), draw_rdms(rng, 1, 10, 0.0), 99, rng)[1].item()
        for _ in range(400)
    ]
    # 99 permutations: p <= 0.05 is one in twenty exactly.
    assert 0.025 <= np.mean(np.array(p) <= 0.05) <= 0.08
    assert np.mean(p) == pytest.approx(0.5, abs=0.05)


def test_chunks_and_cores_change_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    a, b = draw_rdms(rng, 6, 30), draw_rdms(rng, 3, 30)
    whole = permute_stimuli(a, b, 150, np.random.default_rng(0), "spearman")
    monkeypatch.setattr(permutation, "_CHUNK_PERMUTATIONS", 7)
    monkeypatch.setattr(permutation, "_CHUNK_ENTRIES", 40)
    monkeypatch.setattr("tyrosine.rsa.workers.number_of_workers", lambda: 3)
    parts = permute_stimuli(a, b, 150, np.random.default_rng(0), "spearman")
    np.testing.assert_array_equal(whole[1], parts[1])


@pytest.mark.parametrize("method", ["pearson", "cosine_whitened"])
def test_torch_counts_the_same(method, monkeypatch):
    rng = np.random.default_rng(6)
    a, b = draw_rdms(rng, 5, 20), draw_rdms(rng, 3, 20)
    expected = permute_stimuli(a, b, 100, np.random.default_rng(0), method, device="cpu")
    monkeypatch.setattr(permutation, "choose_device", lambda device, work: "cuda")
    monkeypatch.setattr(permutation, "_CHUNK_VALUES_GPU", 5_000)
    # The default of the function's last parameter; torch's own CPU stands in for a GPU.
    monkeypatch.setattr(permutation._count_on_gpu, "__defaults__", ("cpu",))
    found = permute_stimuli(a, b, 100, np.random.default_rng(0), method)
    np.testing.assert_array_equal(found[1], expected[1])


def test_the_observed_similarity_is_that_of_compare():
    rng = np.random.default_rng(9)
    a, b = draw_rdms(rng, 4, 15), draw_rdms(rng, 2, 15)
    for method in methods_that("prepare"):
        similarity, _ = permute_stimuli(a, b, 1, rng, method)
        np.testing.assert_allclose(similarity, compare(a, b, method), rtol=1e-12)


def test_what_cannot_be_tested_is_refused():
    rng = np.random.default_rng(0)
    a = draw_rdms(rng, 2, 6)
    with pytest.raises(ParameterError, match="'kendall_tau_a' has no permutation test; choose one of"):
        permute_stimuli(a, a, 10, rng, "kendall_tau_a")
    with pytest.raises(ParameterError, match="at least one permutation, got 0"):
        permute_stimuli(a, a, 0, rng)
    with pytest.raises(RDMError, match="15 and of 14 pairs"):
        permute_stimuli(a, a[:, 1:], 10, rng)
    with pytest.raises(RDMError, match="14 pairs are not the upper triangle"):
        permute_stimuli(a[:, 1:], a[:, 1:], 10, rng)
    with pytest.raises(RDMError, match="has no variance"):
        permute_stimuli(a, np.ones((1, 15)), 10, rng)
    with pytest.raises(ParameterError, match="'gpu' is unknown; choose one of auto, cpu, cuda"):
        permute_stimuli(a, a, 10, rng, device="gpu")


def test_within_groups_only_stimuli_of_one_group_change_places():
    """Of two groups of three stimuli there are 36 arrangements; p over many draws is their share."""
    rng = np.random.default_rng(4)
    a, b, groups = draw_rdms(rng, 1, 6), draw_rdms(rng, 1, 6), np.array([0, 1, 0, 1, 1, 0])
    matrix, reached = squareform(a[0]), []
    for first, second in itertools.product(
        itertools.permutations([0, 2, 5]), itertools.permutations([1, 3, 4])
    ):
        order = np.arange(6)
        order[[0, 2, 5]], order[[1, 3, 4]] = first, second
        reached.append(np.corrcoef(squareform(matrix[order][:, order]), b[0])[0, 1])

    similarity, p = permute_stimuli(a, b, 20_000, np.random.default_rng(1), groups=groups)

    exact = np.mean(np.array(reached) >= similarity.item() - 1e-9)
    assert p.item() == pytest.approx(exact, abs=4 * np.sqrt(0.25 / 20_000))


def test_groups_of_other_stimuli_are_refused():
    a = draw_rdms(np.random.default_rng(0), 1, 6)

    with pytest.raises(ParameterError, match="do not fit RDMs over 6 stimuli"):
        permute_stimuli(a, a, 10, np.random.default_rng(0), groups=[0, 1])
