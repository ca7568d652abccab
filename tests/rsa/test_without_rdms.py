"""Comparison without RDMs against the RDMs themselves, rsatoolbox and direct computations."""

import numpy as np
import pytest
import rsatoolbox
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr, spearmanr

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import DISTANCES, methods_that
from tyrosine.rsa.cka import cka
from tyrosine.rsa.crossvalidation import Trials, compute_rdm_of_trials
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.similarity import compare, leave_one_out_similarity, noise_ceiling
from tyrosine.rsa.without_rdms import comparison, products
from tyrosine.rsa.without_rdms.ceilings import ceiling_of_similarities
from tyrosine.rsa.without_rdms.comparison import compare_patterns
from tyrosine.rsa.without_rdms.patterns import patterns_of_features, patterns_of_trials
from tyrosine.rsa.without_rdms.subsets import estimate_over_subsets, rdms_of_patterns

OF_FEATURES = [name for name, one in DISTANCES.items() if one.points and not one.needs_repetitions]
OF_TRIALS = [name for name, one in DISTANCES.items() if one.points and one.needs_repetitions]
# Fewer stimuli than dimensions, more, and one dimension more than a tile holds.
SIZES = [(12, 40, 30), (60, 7, 5), (40, 100, 3), (90, 513, 20)]


def features(n, d, seed=0):
    drawn = np.random.default_rng(seed)
    return drawn.normal(size=(n, d)) + drawn.normal(size=(n, 1)) + 3


def trials(n=14, n_channels=6, n_folds=3, per_fold=1, seed=0, shared=None):
    drawn = np.random.default_rng(seed)
    stimulus = np.tile(np.repeat(np.arange(n), per_fold), n_folds)
    fold = np.repeat(np.arange(n_folds), n * per_fold)
    signal = drawn.normal(size=(n, n_channels)) * 3 if shared is None else shared
    order = drawn.permutation(len(stimulus))
    values = signal[stimulus] + drawn.normal(size=(len(stimulus), n_channels))
    names = [f"picture {i}" for i in range(n)]
    return Trials(values[order], stimulus[order], fold[order], names)


def pairs_of_sets(n, p, d, distance):
    """Features of two regions and three models that have something of the first in common, and their RDMs."""
    a, b = [features(n, p, seed) for seed in (0, 1)], [features(n, d, seed) for seed in (2, 3, 4)]
    for model in b:
        model[:, :3] += a[0][:, :3]
    rdms = (np.stack([compute_rdm(one, distance) for one in every]) for every in (a, b))
    return a, b, *rdms


@pytest.fixture(params=["stimuli", "dimensions"])
def way(request, monkeypatch):
    """Both ways to the sums, whichever is cheaper."""
    chosen = getattr(products, f"_inner_products_of_{request.param}")
    for name in ("stimuli", "dimensions"):
        monkeypatch.setattr(products, f"_inner_products_of_{name}", chosen)
    return request.param


@pytest.mark.parametrize("method", methods_that("of_sums"))
@pytest.mark.parametrize("distance", OF_FEATURES)
@pytest.mark.parametrize(("n", "p", "d"), SIZES)
def test_similarities_are_those_of_the_rdms(way, n, p, d, distance, method):
    a, b, rdms_a, rdms_b = pairs_of_sets(n, p, d, distance)

    found = compare_patterns(
        [patterns_of_features(one, distance) for one in a],
        [patterns_of_features(one, distance) for one in b],
        method,
    )

    np.testing.assert_allclose(found, compare(rdms_a, rdms_b, method), atol=1e-13)


def test_pearson_is_that_of_scipy_distances_and_scipy_correlation(way):
    x, y = features(30, 8), features(30, 11, 1)
    y[:, :8] += x

    found = compare_patterns([patterns_of_features(x)], [patterns_of_features(y)])

    expected = pearsonr(pdist(x, "correlation"), pdist(y, "correlation")).statistic
    assert found[0, 0] == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize(
    ("method", "theirs"), [("pearson", "corr"), ("cosine", "cosine"), ("cosine_whitened", "cosine_cov")]
)
@pytest.mark.parametrize(
    ("distance", "measure"), [("correlation", "correlation"), ("squared_euclidean", "euclidean")]
)
def test_similarities_are_those_of_rsatoolbox(distance, measure, method, theirs):
    x, y = features(25, 8), features(25, 11, 1)
    y[:, :8] += x

    found = compare_patterns([patterns_of_features(x, distance)], [patterns_of_features(y, distance)], method)

    first, second = (rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(one), measure) for one in (x, y))
    assert found[0, 0] == pytest.approx(rsatoolbox.rdm.compare(first, second, theirs)[0, 0], abs=1e-7)


def test_cka_is_that_of_the_features(way):
    x, y = features(30, 8), features(30, 50, 1)
    y[:, :8] += x

    found = compare_patterns(
        [patterns_of_features(x, "squared_euclidean")], [patterns_of_features(y, "squared_euclidean")], "cka"
    )

    assert found[0, 0] == pytest.approx(cka(x, y), abs=1e-13)


@pytest.mark.parametrize("method", methods_that("of_sums"))
@pytest.mark.parametrize("distance", OF_TRIALS)
@pytest.mark.parametrize(("n_folds", "per_fold"), [(2, 1), (3, 1), (4, 2)])
def test_similarities_of_trials_are_those_of_cross_validated_rdms(way, n_folds, per_fold, distance, method):
    shared = features(14, 6)
    regions = [trials(n_folds=n_folds, per_fold=per_fold, seed=seed, shared=3 * shared) for seed in (0, 1)]
    model = shared[:, :3] + features(14, 3, 9)

    found = compare_patterns(
        [patterns_of_trials(one, distance) for one in regions], [patterns_of_features(model)], method
    )

    rdms = np.stack([compute_rdm_of_trials(one, distance) for one in regions])
    np.testing.assert_allclose(found, compare(rdms, compute_rdm(model)[None], method), atol=1e-12)


@pytest.mark.parametrize("distance", OF_FEATURES)
def test_blocks_of_dissimilarities_are_the_rdm_less_its_mean(distance):
    x = features(20, 9)
    rdm = compute_rdm(x, distance)
    patterns = patterns_of_features(x, distance)

    found = patterns.dissimilarities(slice(3, 8), np.array([10, 2, 19]))

    expected = squareform(rdm)[3:8][:, [10, 2, 19]] - rdm.mean()
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert patterns.mean_dissimilarity == pytest.approx(rdm.mean(), abs=1e-13)


def test_blocks_of_rows_do_not_matter(monkeypatch, way):
    x, y = features(50, 8), features(50, 11, 1)
    whole = compare_patterns([patterns_of_features(x)], [patterns_of_features(y)])
    monkeypatch.setattr("tyrosine.rsa.without_rdms.patterns._CHUNK_VALUES", 30)
    sizes = {"TILE_DIMENSIONS": 3, "TILE_STIMULI": 7, "BLOCK_STIMULI": 9, "BLOCK_COLUMNS": 4}
    for name, size in sizes.items():
        monkeypatch.setattr(products, name, size)

    found = compare_patterns([patterns_of_features(x)], [patterns_of_features(y)])

    np.testing.assert_allclose(found, whole, atol=1e-14)


def test_the_cheaper_way_is_taken(monkeypatch):
    taken = []
    for name in ("stimuli", "dimensions"):
        own = getattr(products, f"_inner_products_of_{name}")
        monkeypatch.setattr(
            products,
            f"_inner_products_of_{name}",
            lambda a, b, device, own=own, name=name: taken.append(name) or own(a, b, device),
        )

    for n, d in ((10, 300), (300, 10)):
        compare_patterns([patterns_of_features(features(n, d))], [patterns_of_features(features(n, d, 1))])

    assert taken == ["stimuli", "dimensions"]


@pytest.mark.parametrize("method", ["pearson", "cosine_whitened"])
def test_a_torch_device_gives_the_same(monkeypatch, way, method):
    a = [patterns_of_trials(trials(n=40, seed=seed), "crossnobis") for seed in (0, 1)]
    b = [patterns_of_features(features(40, 9, seed)) for seed in (2, 3, 4)]
    expected = compare_patterns(a, b, method, device="cpu")
    # Torch's own CPU stands in for a GPU.
    own = {name: getattr(products, name) for name in ("_squares_on_gpu", "_blocks_on_gpu")}
    for name, function in own.items():
        monkeypatch.setattr(products, name, lambda x, y, device, of=function: of(x, y, "cpu"))
    monkeypatch.setattr(comparison, "choose_device", lambda device, work: "cuda")
    monkeypatch.setattr(products, "TILE_STIMULI", 7)

    np.testing.assert_allclose(compare_patterns(a, b, method), expected, atol=1e-13)


def test_the_number_of_cores_does_not_matter(monkeypatch, way):
    x, y = features(600, 8), features(600, 11, 1)
    results = []
    for n_workers in (1, 2, 5):
        monkeypatch.setattr("tyrosine.rsa.workers.number_of_workers", lambda n=n_workers: n)
        results.append(compare_patterns([patterns_of_features(x)], [patterns_of_features(y)]))

    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_points_in_float32_take_half_the_memory_and_change_little(way):
    x, y = features(300, 40), features(300, 30, 1)
    y[:, :10] += x[:, :10]
    a, b = (patterns_of_features(one, precision="float32") for one in (x, y))

    found = compare_patterns([a], [b])[0, 0]

    assert a.points.nbytes == x.nbytes / 2
    expected = compare(compute_rdm(x)[None], compute_rdm(y)[None])[0, 0]
    assert found == pytest.approx(expected, abs=1e-8)
    assert found != expected


@pytest.mark.parametrize("distance", OF_FEATURES)
@pytest.mark.parametrize(
    "spoil", [lambda x: np.nan, lambda x: np.inf, lambda x: 4.0, lambda x: 0.0], ids=["nan", "inf", "4", "0"]
)
def test_broken_features_are_refused_as_their_rdm_is(distance, spoil):
    x = features(12, 5)
    x[[3, 7]] = spoil(x)
    names = [f"picture {i}" for i in range(12)]
    try:
        compute_rdm(x, distance, names)
    except RDMError as error:
        with pytest.raises(RDMError) as refused:
            patterns_of_features(x, distance, names)
        assert str(refused.value) == str(error)
    else:
        patterns_of_features(x, distance, names)


@pytest.mark.parametrize("shape", [(1, 5), (5, 0), (5,)])
def test_features_of_another_shape_are_refused_as_their_rdm_is(shape):
    with pytest.raises(RDMError) as expected:
        compute_rdm(np.ones(shape))

    with pytest.raises(RDMError) as refused:
        patterns_of_features(np.ones(shape))

    assert str(refused.value) == str(expected.value)


@pytest.mark.parametrize(
    "method", [name for name in methods_that("of_sums") if not name.startswith("cosine")]
)
def test_patterns_that_are_all_equally_far_apart_are_refused_as_their_rdm_is(way, method):
    x, simplex = features(12, 5), np.eye(12)
    with pytest.raises(RDMError) as expected:
        compare(compute_rdm(x)[None], compute_rdm(simplex)[None], method)

    with pytest.raises(RDMError) as refused:
        compare_patterns([patterns_of_features(x)], [patterns_of_features(simplex)], method)

    assert str(refused.value) == str(expected.value)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda x: patterns_of_features(x, "euclidean"),
            ParameterError,
            "'euclidean' cannot be compared without",
        ),
        (
            lambda x: patterns_of_features(x, "crossnobis"),
            ParameterError,
            "of features; choose one of correlation",
        ),
        (lambda x: patterns_of_trials(trials(), "cosine"), ParameterError, "choose one of crossnobis"),
        (
            lambda x: compare_patterns([patterns_of_features(x)], [patterns_of_features(x)], "spearman"),
            ParameterError,
            "'spearman' needs RDMs",
        ),
        (
            lambda x: compare_patterns([patterns_of_features(x)], [patterns_of_features(x[:9])]),
            RDMError,
            "Patterns of 9 and of 12 stimuli",
        ),
        (lambda x: compare_patterns([], [patterns_of_features(x)]), RDMError, "Patterns of 12 stimuli"),
        (
            lambda x: compare_patterns(*[[patterns_of_features(x[:3])]] * 2, "cka"),
            RDMError,
            "at least four stimuli, got 3",
        ),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(features(12, 5))


def test_stimuli_that_were_repeated_unequally_are_refused():
    whole = trials(n_folds=3)
    kept = ~((whole.stimulus == 4) & (whole.fold == 1))
    less = whole._replace(
        responses=whole.responses[kept], stimulus=whole.stimulus[kept], fold=whole.fold[kept]
    )

    with pytest.raises(RDMError, match="does not hold for picture 4; leave out"):
        patterns_of_trials(less, "crossnobis")


def test_trials_that_are_not_finite_are_refused_as_their_rdm_is():
    broken = trials()
    broken.responses[5, 2] = np.nan
    with pytest.raises(RDMError) as expected:
        compute_rdm_of_trials(broken, "crossnobis")

    with pytest.raises(RDMError) as refused:
        patterns_of_trials(broken, "crossnobis")

    assert str(refused.value) == str(expected.value)


@pytest.mark.parametrize("method", ["pearson", "cosine", "cka"])
def test_ceilings_of_similarities_are_those_of_the_rdms(method):
    shared = features(30, 6)
    subjects = [shared + features(30, 6, seed) for seed in range(1, 6)]
    rdms = np.stack([compute_rdm(one) for one in subjects])
    patterns = [patterns_of_features(one) for one in subjects]

    lower, upper = ceiling_of_similarities(compare_patterns(patterns, patterns, method))

    np.testing.assert_allclose(lower, leave_one_out_similarity(rdms, method), atol=1e-12)
    assert (lower.mean(), upper.mean()) == pytest.approx(noise_ceiling(rdms, method), abs=1e-12)


def test_a_ceiling_of_one_subject_is_refused():
    with pytest.raises(RDMError, match="at least two subjects, got 1"):
        ceiling_of_similarities([[1.0]])


@pytest.mark.parametrize("method", ["spearman", "kendall_tau_a", "pearson"])
def test_estimates_from_subsets_are_within_their_error_of_the_whole(method):
    """Of 40 estimates none is five standard errors off, and four fifths are within two."""
    x, y = features(120, 8), features(120, 11, 1)
    y[:, :8] += x
    a, b = (rdms_of_patterns([patterns_of_features(one)]) for one in (x, y))
    whole = compare(compute_rdm(x)[None], compute_rdm(y)[None], method)[0, 0]

    off = []
    for seed in range(40):
        mean, error = estimate_over_subsets(a, b, 120, 60, 12, np.random.default_rng(seed), method)
        off.append(abs(mean[0, 0] - whole) / error[0, 0])

    assert max(off) < 5
    assert np.mean(np.array(off) < 2) > 0.8


def test_subsets_of_all_stimuli_are_the_whole_without_error():
    x, y = features(20, 8), features(20, 11, 1)
    a, b = (rdms_of_patterns([patterns_of_features(one)]) for one in (x, y))

    mean, error = estimate_over_subsets(a, b, 20, 20, 3, np.random.default_rng(0))

    assert mean[0, 0] == pytest.approx(spearmanr(pdist(x, "correlation"), pdist(y, "correlation")).statistic)
    assert error[0, 0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("size", "number", "words"), [(2, 5, "of 2 of 20"), (21, 5, "of 21 of 20"), (9, 1, "got 1")]
)
def test_subsets_that_cannot_be_drawn_are_refused(size, number, words):
    rdms = rdms_of_patterns([patterns_of_features(features(20, 8))])

    with pytest.raises(ParameterError, match=words):
        estimate_over_subsets(rdms, rdms, 20, size, number, np.random.default_rng(0))
