"""The bootstrap against resampled RDMs, and its variances against rsatoolbox."""

import itertools

import numpy as np
import pytest
from rsatoolbox.inference import eval_dual_bootstrap
from rsatoolbox.model import ModelFixed
from rsatoolbox.rdm import RDMs
from scipy.spatial.distance import squareform
from scipy.stats import pearsonr, rankdata, spearmanr

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import methods_that
from tyrosine.rsa import bootstrap, rank_bootstrap, weighted_sums
from tyrosine.rsa.bootstrap import (
    bootstrap_means,
    bootstrap_stimuli,
    bootstrap_variances,
    draw_counts,
    draw_stimulus_counts,
    two_factor_variance,
)
from tyrosine.rsa.similarity import compare


def rdms(k, n=12, seed=0, ties=False):
    drawn = np.random.default_rng(seed).random((k, n * (n - 1) // 2)) + 2
    return np.round(drawn, 1) if ties else drawn


def resampled(rdm, indices):
    """The condensed RDM of the drawn stimuli, without pairs of a stimulus with itself."""
    rows, columns = np.triu_indices(len(indices), k=1)
    i, j = indices[rows], indices[columns]
    return squareform(rdm)[i[i != j], j[i != j]]


def brute_force(a, b, indices, method):
    result = np.empty((len(indices), len(a), len(b)))
    for resample, drawn in enumerate(indices):
        for k, x in enumerate(a):
            for m, y in enumerate(b):
                u, v = resampled(x, drawn), resampled(y, drawn)
                if method == "spearman":
                    u, v = rankdata(u), rankdata(v)
                if method != "cosine":
                    u, v = u - u.mean(), v - v.mean()
                result[resample, k, m] = u @ v / np.sqrt((u @ u) * (v @ v))
    return result


def counts_of(indices, n):
    return np.stack([np.bincount(drawn, minlength=n) for drawn in indices])


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("k", "m"), [(1, 1), (3, 2), (2, 5)])
@pytest.mark.parametrize("method", methods_that("bootstrap"))
def test_equals_resampled_rdms(method, k, m, ties):
    a, b = rdms(k, ties=ties), rdms(m, seed=1, ties=ties)
    indices = np.random.default_rng(2).integers(0, 12, (20, 12))

    found = bootstrap_stimuli(a, b, counts_of(indices, 12), method)

    np.testing.assert_allclose(found, brute_force(a, b, indices, method), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", methods_that("bootstrap"))
def test_each_stimulus_once_is_the_plain_similarity(method):
    a, b = rdms(3), rdms(2, seed=1)

    found = bootstrap_stimuli(a, b, np.ones((1, 12)), method)[0]

    np.testing.assert_allclose(found, compare(a, b, method), atol=1e-12)


@pytest.mark.parametrize("values", [1, 200, 2000])
def test_the_size_of_chunks_does_not_matter(monkeypatch, values):
    a, b = rdms(3, n=30), rdms(2, n=30, seed=1)
    counts = draw_stimulus_counts(30, 25, np.random.default_rng(0))
    whole = bootstrap_stimuli(a, b, counts)
    monkeypatch.setattr(weighted_sums, "_CHUNK_VALUES", values)

    np.testing.assert_allclose(bootstrap_stimuli(a, b, counts), whole, rtol=1e-12)


def test_more_products_than_fit_one_block_are_the_same():
    a, b = rdms(700), rdms(7, seed=1)
    counts = draw_stimulus_counts(12, 4, np.random.default_rng(0))

    found = bootstrap_stimuli(a, b, counts)

    np.testing.assert_allclose(found[:, 5:9], bootstrap_stimuli(a[5:9], b, counts), rtol=1e-10)


def test_a_large_offset_costs_no_digits():
    a, b = rdms(2), rdms(2, seed=1)
    counts = draw_stimulus_counts(12, 10, np.random.default_rng(0))

    np.testing.assert_allclose(
        bootstrap_stimuli(a + 1e5, b, counts), bootstrap_stimuli(a, b, counts), atol=1e-9
    )


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_a_resample_without_variance_is_nan(method):
    a, b = rdms(1), rdms(1, seed=1)
    square = squareform(a[0])
    square[:3, :3] = 2.5 * (1 - np.eye(3))
    counts = np.zeros((1, 12))
    counts[0, :3] = 4

    assert np.isnan(bootstrap_stimuli(squareform(square)[None], b, counts, method)).all()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("method", methods_that("bootstrap"))
def test_a_resample_of_one_stimulus_is_nan(method, ties):
    a = rdms(3, ties=ties)
    counts = np.zeros((1, 12))
    counts[0, 4] = 12

    assert np.isnan(bootstrap_stimuli(a, a, counts, method)).all()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("method", methods_that("bootstrap"))
def test_torch_gives_the_same(monkeypatch, method, ties):
    a, b = rdms(4, n=25, ties=ties), rdms(3, n=25, seed=1, ties=ties)
    counts = draw_stimulus_counts(25, 10, np.random.default_rng(0))
    expected = bootstrap_stimuli(a, b, counts, method, device="cpu")
    monkeypatch.setattr(bootstrap, "choose_device", lambda device, work: "cuda")
    for module in (weighted_sums, rank_bootstrap):
        monkeypatch.setattr(module, "CHUNK_VALUES_GPU", 700)
    # Torch's own CPU stands in for a GPU.
    for function in (weighted_sums.sum_over_pairs_on_gpu, rank_bootstrap.correlate_ranks_on_gpu):
        monkeypatch.setattr(function, "__defaults__", ("cpu",))

    np.testing.assert_allclose(bootstrap_stimuli(a, b, counts, method), expected, rtol=1e-9, atol=1e-13)


def test_the_number_of_cores_does_not_matter(monkeypatch):
    a, b = rdms(5, n=40), rdms(3, n=40, seed=1)
    counts = draw_stimulus_counts(40, 20, np.random.default_rng(0))
    for method in methods_that("bootstrap"):
        results = []
        for n_workers in (1, 2, 5):
            monkeypatch.setattr("tyrosine.rsa.workers.number_of_workers", lambda n=n_workers: n)
            results.append(bootstrap_stimuli(a, b, counts, method))
        np.testing.assert_array_equal(results[0], results[1])
        np.testing.assert_array_equal(results[0], results[2])


def test_draws_are_of_the_right_number_and_never_of_too_few_stimuli():
    counts = draw_stimulus_counts(4, 500, np.random.default_rng(0))

    assert (counts.sum(axis=1) == 4).all()
    assert (np.count_nonzero(counts, axis=1) >= 3).all()


@pytest.mark.filterwarnings("ignore")
def test_variances_equal_those_of_rsatoolbox_on_the_same_resamples(monkeypatch):
    n, n_subjects, n_resamples = 12, 5, 40
    brain, models = rdms(n_subjects, n), rdms(2, n, seed=1)
    brain += models[0]
    rng = np.random.default_rng(3)
    # rsatoolbox draws subjects, then stimuli, for each resample.
    draws = [rng.integers(0, size, size) for _ in range(n_resamples) for size in (n_subjects, n)]
    # It also regards a stimulus that was drawn twice as dissimilar by NaN, as this bootstrap does.
    remaining = iter(draws)
    monkeypatch.setattr(np.random, "randint", lambda *args, **kwargs: next(remaining))
    fixed = [ModelFixed(f"model {i}", RDMs(rdm[None])) for i, rdm in enumerate(models)]
    result = eval_dual_bootstrap(fixed, RDMs(brain), method="corr", N=n_resamples, use_correction=False)

    resampled_similarity = bootstrap_stimuli(brain, models, counts_of(draws[1::2], n))
    means = bootstrap_means(compare(brain, models), resampled_similarity, counts_of(draws[::2], n_subjects))

    for column, name in enumerate(["both", "subjects", "stimuli"]):
        np.testing.assert_allclose(means[name], result.evaluations[:, :, 0, 0, column], atol=1e-9)
    np.testing.assert_allclose(bootstrap_variances(means, n_subjects, n)["both"], result.model_var, rtol=1e-9)
    difference = {name: values[:, :1] - values[:, 1:] for name, values in means.items()}
    np.testing.assert_allclose(
        bootstrap_variances(difference, n_subjects, n)["both"], result.diff_var, rtol=1e-9
    )


def test_a_single_subject_has_no_variance_over_subjects():
    means = {name: np.random.default_rng(0).random((9, 2)) for name in ("both", "subjects", "stimuli")}

    variances = bootstrap_variances(means, 1, 12)

    assert np.isnan(variances["subjects"]).all()
    assert np.isnan(variances["both"]).all()
    np.testing.assert_allclose(variances["stimuli"], means["stimuli"].var(axis=0, ddof=1) * 12 / 11)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: draw_counts(5, 0, np.random.default_rng()), ParameterError, "at least one resample, got 0"),
        (lambda: draw_stimulus_counts(2, 9, np.random.default_rng()), ParameterError, "at least 3 items"),
        (lambda: bootstrap_stimuli(rdms(1), rdms(1), np.ones((2, 11))), ParameterError, "12 stimuli"),
        (
            lambda: bootstrap_stimuli(rdms(1), rdms(1), np.ones((2, 12)), "kendall_tau_a"),
            ParameterError,
            "no st",
        ),
        (lambda: bootstrap_stimuli(rdms(1), rdms(1, n=9), np.ones((2, 12))), RDMError, "66 and of 36 pairs"),
        (lambda: two_factor_variance(1, 1, 1, 1, 9), ParameterError, "got 1 subjects"),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def resampled_groups(rdm, groups, drawn):
    """The condensed RDM of the drawn groups, without pairs of one copy of a group with another."""
    copies = [
        (copy, group, stimulus)
        for copy, group in enumerate(drawn)
        for stimulus in np.flatnonzero(groups == group)
    ]
    pairs = [
        (first[2], second[2])
        for first, second in itertools.combinations(copies, 2)
        if first[0] == second[0] or first[1] != second[1]
    ]
    rows, columns = np.array(pairs).T
    return squareform(rdm)[rows, columns]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("method", methods_that("bootstrap"))
def test_groups_equal_resampled_groups(method, ties):
    a, b = rdms(3, ties=ties), rdms(2, seed=1, ties=ties)
    groups = np.array([2, 0, 1, 1, 3, 3, 3, 0, 4, 2, 2, 2])
    indices = np.random.default_rng(2).integers(0, 5, (20, 5))
    indices = indices[[len(set(drawn)) > 1 for drawn in indices]]

    found = bootstrap_stimuli(a, b, counts_of(indices, 5)[:, groups], method, groups=groups)

    for resample, drawn in enumerate(indices):
        x = np.stack([resampled_groups(rdm, groups, drawn) for rdm in a])
        y = np.stack([resampled_groups(rdm, groups, drawn) for rdm in b])
        np.testing.assert_allclose(found[resample], compare_plainly(x, y, method), rtol=1e-9, atol=1e-12)


def compare_plainly(a, b, method):
    """Similarities of vectors of any length."""
    expected = np.empty((len(a), len(b)))
    for k, x in enumerate(a):
        for m, y in enumerate(b):
            if method == "cosine":
                expected[k, m] = x @ y / np.sqrt((x @ x) * (y @ y))
            else:
                expected[k, m] = {"pearson": pearsonr, "spearman": spearmanr}[method](x, y)[0]
    return expected


@pytest.mark.parametrize("method", methods_that("bootstrap"))
def test_groups_of_one_stimulus_are_the_bootstrap_of_stimuli(method):
    a, b = rdms(3), rdms(2, seed=1)
    counts = draw_stimulus_counts(12, 10, np.random.default_rng(0))

    found = bootstrap_stimuli(a, b, counts, method, groups=np.random.default_rng(1).permutation(12))

    np.testing.assert_allclose(found, bootstrap_stimuli(a, b, counts, method), rtol=1e-9, atol=1e-13)


def test_groups_in_chunks_are_the_same(monkeypatch):
    a, b, groups = rdms(3), rdms(2, seed=1), np.arange(12) % 5
    counts = draw_counts(5, 10, np.random.default_rng(0), least=2)[:, groups]
    whole = bootstrap_stimuli(a, b, counts, groups=groups)
    monkeypatch.setattr(weighted_sums, "_CHUNK_VALUES_OF_GROUPS", 20)

    np.testing.assert_allclose(bootstrap_stimuli(a, b, counts, groups=groups), whole, rtol=1e-12)


def test_ranks_of_groups_are_the_same_on_a_torch_device():
    torch = pytest.importorskip("torch")
    assert torch.get_default_device().type == "cpu"
    a, b, groups = rdms(3, ties=True), rdms(2, seed=1), np.arange(12) % 5
    counts = draw_counts(5, 10, np.random.default_rng(0), least=2)[:, groups].astype(float)

    found = rank_bootstrap.correlate_ranks_on_gpu(a, b, counts, device="cpu", groups=groups)

    expected = bootstrap_stimuli(a, b, counts, "spearman", groups=groups, device="cpu")
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13)


def test_counts_that_differ_within_a_group_are_refused():
    counts = np.ones((2, 12))
    counts[0, 3] = 2

    with pytest.raises(ParameterError, match="as many draws of each stimulus as of its group"):
        bootstrap_stimuli(rdms(1), rdms(1), counts, groups=np.arange(12) // 2)
