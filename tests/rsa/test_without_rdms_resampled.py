"""Bootstrap and permutation test without RDMs against those of the RDMs, and against resampled RDMs."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr

from tests.rsa.test_bootstrap import counts_of, resampled, resampled_groups
from tests.rsa.test_without_rdms import features, trials
from tyrosine.errors import ParameterError
from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_counts, draw_stimulus_counts
from tyrosine.rsa.crossvalidation import compute_rdm_of_trials
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.similarity import compare
from tyrosine.rsa.without_rdms import bootstrap, permutation, weighted_dimensions, weighted_stimuli
from tyrosine.rsa.without_rdms.bootstrap import bootstrap_patterns
from tyrosine.rsa.without_rdms.patterns import patterns_of_features, patterns_of_trials
from tyrosine.rsa.without_rdms.permutation import permute_patterns

RESAMPLED = ["pearson", "cosine"]
DISTANCES = ["correlation", "cosine", "squared_euclidean"]


@pytest.fixture(params=[weighted_stimuli, weighted_dimensions], ids=["stimuli", "dimensions"])
def way(request, monkeypatch):
    """Both ways to the sums, whichever is cheaper."""
    for name in ("weighted_stimuli", "weighted_dimensions"):
        monkeypatch.setattr(bootstrap, name, request.param)
    return request.param


def sets(n=12, p=6, d=20):
    a, b = [features(n, p, seed) for seed in (0, 1)], [features(n, d, seed) for seed in (2, 3, 4)]
    for model in b:
        model[:, :3] += a[0][:, :3]
    return a, b


def patterns(every, distance="correlation"):
    return [patterns_of_features(one, distance) for one in every]


def rdms(every, distance="correlation"):
    return np.stack([compute_rdm(one, distance) for one in every])


def test_resamples_equal_the_correlation_of_resampled_rdms(way):
    a, b = sets()
    indices = np.random.default_rng(2).integers(0, 12, (20, 12))

    found = bootstrap_patterns(patterns(a), patterns(b), counts_of(indices, 12))

    for resample, drawn in enumerate(indices):
        for k, x in enumerate(a):
            for m, y in enumerate(b):
                first, second = (resampled(pdist(one, "correlation"), drawn) for one in (x, y))
                expected = pearsonr(first, second).statistic
                assert found[resample, k, m] == pytest.approx(expected, abs=1e-12)


def test_resamples_of_groups_equal_the_correlation_of_resampled_rdms(way):
    a, b = sets()
    groups = np.array([2, 0, 1, 1, 3, 3, 3, 0, 4, 2, 2, 2])
    indices = np.random.default_rng(2).integers(0, 5, (20, 5))
    indices = indices[[len(set(drawn)) > 1 for drawn in indices]]

    found = bootstrap_patterns(patterns(a), patterns(b), counts_of(indices, 5)[:, groups], groups=groups)

    for resample, drawn in enumerate(indices):
        first, second = (resampled_groups(pdist(x[0], "correlation"), groups, drawn) for x in (a, b))
        assert found[resample, 0, 0] == pytest.approx(pearsonr(first, second).statistic, abs=1e-12)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("method", RESAMPLED)
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("n", "p", "d"), [(12, 30, 20), (90, 4, 6), (300, 9, 5)])
def test_resamples_are_those_of_the_rdms(way, n, p, d, distance, method, grouped):
    a, b = sets(n, p, d)
    drawn, groups = np.random.default_rng(0), None
    counts = draw_stimulus_counts(n, 15, drawn)
    if grouped:
        groups = drawn.permutation(np.arange(n) % 7)
        counts = draw_counts(7, 15, drawn, least=3)[:, groups]

    found = bootstrap_patterns(patterns(a, distance), patterns(b, distance), counts, method, groups=groups)

    expected = bootstrap_stimuli(rdms(a, distance), rdms(b, distance), counts, method, groups=groups)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("grouped", [False, True])
def test_resamples_of_crossnobis_are_those_of_the_rdms(way, grouped):
    regions, (_, models) = [trials(n=30, seed=seed) for seed in (0, 1)], sets(30)
    drawn, groups = np.random.default_rng(0), np.arange(30) % 8 if grouped else None
    counts = draw_counts(8, 9, drawn, 3)[:, groups] if grouped else draw_stimulus_counts(30, 9, drawn)
    a = [patterns_of_trials(one, "crossnobis") for one in regions]

    found = bootstrap_patterns(a, patterns(models), counts, groups=groups)

    of_rdms = np.stack([compute_rdm_of_trials(one, "crossnobis") for one in regions])
    np.testing.assert_allclose(
        found, bootstrap_stimuli(of_rdms, rdms(models), counts, groups=groups), atol=1e-12
    )


def test_products_in_float32_hold_their_bound(monkeypatch):
    """From 1 500 stimuli here, which are too few for it: errors fall with the number of stimuli."""
    a, b = sets(1_500, 60, 40)
    counts = draw_stimulus_counts(1_500, 20, np.random.default_rng(0))
    exact = bootstrap_patterns(patterns(a), patterns(b), counts)
    monkeypatch.setattr(weighted_stimuli, "_LEAST_FOR_FLOAT32", 1_000)
    monkeypatch.setattr(bootstrap, "weighted_dimensions", weighted_stimuli)

    found = bootstrap_patterns(patterns(a), patterns(b), counts)

    assert 0 < np.abs(found - exact).max() < 1e-9


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("size", [1, 5, 16])
def test_the_size_of_blocks_does_not_matter(monkeypatch, way, size, grouped):
    a, b = sets(40)
    groups = np.arange(40) % 9 if grouped else None
    counts = draw_stimulus_counts(40, 10, np.random.default_rng(0))
    counts = counts[:, :9][:, groups] if grouped else counts
    whole = bootstrap_patterns(patterns(a), patterns(b), counts, groups=groups)
    monkeypatch.setattr(bootstrap, "_CHUNK_RESAMPLES", 3)
    for name in ("_BLOCK_ROWS", "_BLOCK_COLUMNS", "_PRODUCTS", "_SUMMED_IN_FLOAT32"):
        monkeypatch.setattr(weighted_stimuli, name, size)
    monkeypatch.setattr(weighted_dimensions, "_CHUNK_VALUES", 30 * size)
    monkeypatch.setattr(weighted_dimensions, "_CHUNK_SUMS", 300 * size)
    monkeypatch.setattr("tyrosine.rsa.without_rdms.draws._CHUNK_VALUES", 40 * size)

    found = bootstrap_patterns(patterns(a), patterns(b), counts, groups=groups)

    np.testing.assert_allclose(found, whole, atol=1e-12)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_torch_device_gives_the_same_resamples(monkeypatch, way, grouped):
    a, b = sets(40)
    groups = np.arange(40) % 9 if grouped else None
    counts = draw_stimulus_counts(40, 10, np.random.default_rng(0))
    counts = counts[:, :9][:, groups] if grouped else counts
    expected = bootstrap_patterns(patterns(a), patterns(b), counts, groups=groups)
    # Torch's own CPU stands in for a GPU.
    own = way.sum_products_on_gpu
    monkeypatch.setattr(way, "sum_products_on_gpu", lambda x, y, draws, device: own(x, y, draws, "cpu"))
    monkeypatch.setattr(bootstrap, "choose_device", lambda device, work: "cuda")
    monkeypatch.setattr(weighted_stimuli, "_BLOCK_ROWS_GPU", 7)

    found = bootstrap_patterns(patterns(a), patterns(b), counts, groups=groups)

    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_number_of_cores_does_not_matter(monkeypatch, way):
    a, b = sets(700)
    counts = draw_stimulus_counts(700, 5, np.random.default_rng(0))
    results = []
    for n_workers in (1, 2, 5):
        monkeypatch.setattr("tyrosine.rsa.workers.number_of_workers", lambda n=n_workers: n)
        results.append(bootstrap_patterns(patterns(a), patterns(b), counts))

    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize(
    ("n", "p", "d", "chosen"), [(30, 40, 50, weighted_stimuli), (900, 3, 2, weighted_dimensions)]
)
def test_the_cheaper_way_is_taken(monkeypatch, n, p, d, chosen):
    taken = []
    for one in (weighted_stimuli, weighted_dimensions):
        own = one.sum_products
        monkeypatch.setattr(
            one, "sum_products", lambda x, y, draws, one=one, own=own: taken.append(one) or own(x, y, draws)
        )
    a, b = sets(n, p, d) if d > 2 else ([features(n, p)], [features(n, d)])

    bootstrap_patterns(patterns(a), patterns(b), draw_stimulus_counts(n, 100, np.random.default_rng(0)))

    assert taken == [chosen]


@pytest.mark.parametrize("method", RESAMPLED)
def test_a_resample_of_one_stimulus_is_nan(way, method):
    a, b = sets()
    counts = np.zeros((1, 12))
    counts[0, 4] = 12

    assert np.isnan(bootstrap_patterns(patterns(a), patterns(b), counts, method)).all()


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("method", ["pearson", "cosine", "pearson_whitened", "cosine_whitened"])
@pytest.mark.parametrize(("n_regions", "n_models"), [(2, 3), (3, 1)])
def test_permutations_are_those_of_the_rdms(method, grouped, n_regions, n_models):
    drawn = np.random.default_rng(5)
    a = [drawn.normal(size=(30, 5)) for _ in range(n_regions)]
    b = [drawn.normal(size=(30, 7)) for _ in range(n_models)]
    b[0][:, :5] += 0.4 * a[0]
    groups = np.arange(30) % 3 if grouped else None

    similarity, p = permute_patterns(
        patterns(a), patterns(b), 150, np.random.default_rng(1), method, groups=groups
    )

    np.testing.assert_allclose(similarity, compare(rdms(a), rdms(b), method), atol=1e-12)
    orders = drawn_orders(150, groups)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            reached = sum(
                permuted_similarity(x, y, order, method) >= similarity[i, j] - 1e-12 for order in orders
            )
            assert p[i, j] == (reached + 1) / 151


def drawn_orders(n, groups):
    rng = np.random.default_rng(1)
    chunks = [permutation.draw_permutations(30, size, rng, groups) for size in (64, 64, n - 128)]
    return np.concatenate(chunks)


def permuted_similarity(x, y, order, method):
    rdm = squareform(compute_rdm(x))[np.ix_(order, order)]
    return compare(squareform(rdm, checks=False)[None], compute_rdm(y)[None], method)[0, 0]


def test_p_is_that_of_the_rdms_for_the_same_permutations():
    drawn = np.random.default_rng(5)
    a, b = [drawn.normal(size=(25, 5)) for _ in range(2)], [drawn.normal(size=(25, 7)) for _ in range(2)]

    found = permute_patterns(patterns(a), patterns(b), 300, np.random.default_rng(1))

    expected = permute_stimuli(rdms(a), rdms(b), 300, np.random.default_rng(1))
    np.testing.assert_allclose(found[0], expected[0], atol=1e-12)
    np.testing.assert_array_equal(found[1], expected[1])


def test_permutations_on_a_torch_device_are_the_same(monkeypatch):
    a = [patterns_of_trials(trials(n=25, seed=seed), "crossnobis") for seed in (0, 1)]
    b = patterns(sets(25)[1])
    expected = permute_patterns(a, b, 30, np.random.default_rng(1))
    own, observed = permutation._inner_products_on_gpu, permutation.observe
    monkeypatch.setattr(
        permutation, "_inner_products_on_gpu", lambda x, y, orders, device: own(x, y, orders, "cpu")
    )
    monkeypatch.setattr(permutation, "choose_device", lambda device, work: "cuda")
    monkeypatch.setattr(permutation, "observe", lambda x, y, method, device: observed(x, y, method, "cpu"))

    found = permute_patterns(a, b, 30, np.random.default_rng(1))

    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a, b: bootstrap_patterns(a, b, np.ones((2, 11))), "do not fit patterns of 12 stimuli"),
        (lambda a, b: bootstrap_patterns(a, b, -np.ones((2, 12))), "zero or larger"),
        (lambda a, b: bootstrap_patterns(a, b, np.ones((2, 12)), "cka"), "'cka' needs RDMs"),
        (lambda a, b: bootstrap_patterns(a, b, np.ones((2, 12)), groups=np.zeros(5)), "Groups of shape"),
        (lambda a, b: permute_patterns(a, b, 9, np.random.default_rng(), "cka"), "'cka' needs RDMs"),
        (lambda a, b: permute_patterns(a, b, 0, np.random.default_rng()), "at least one permutation, got 0"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ParameterError, match=words):
        call(*(patterns(every) for every in sets()))


def test_counts_that_differ_within_a_group_are_refused():
    counts = np.ones((2, 12))
    counts[0, 3] = 2

    with pytest.raises(ParameterError, match="as many draws of each stimulus as of its group"):
        bootstrap_patterns(*(patterns(every) for every in sets()), counts, groups=np.arange(12) // 2)
