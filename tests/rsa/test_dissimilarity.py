"""RDMs against SciPy and rsatoolbox."""

import numpy as np
import pytest
from rsatoolbox.data import Dataset
from rsatoolbox.rdm import calc_rdm
from scipy.spatial.distance import pdist, squareform

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import distances_of_features
from tyrosine.rsa import dissimilarity
from tyrosine.rsa.dissimilarity import compute_rdm, condense

TOLERANCE = {np.float64: 1e-6, np.float32: 1e-4}


def features(n, d, dtype, seed=0, offset=0.0):
    return (np.random.default_rng(seed).normal(size=(n, d)) + offset).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(2, 2), (3, 500), (40, 7), (60, 1000)])
@pytest.mark.parametrize("distance", distances_of_features())
def test_equals_scipy(distance, shape, dtype):
    x = features(*shape, dtype, offset=3.0)

    rdm = compute_rdm(x, distance)

    assert rdm.dtype == np.float64
    expected = pdist(x.astype(np.float64), distance.removeprefix("squared_"))
    if distance == "squared_euclidean":
        expected = expected**2 / x.shape[1]
    np.testing.assert_allclose(rdm, expected, atol=TOLERANCE[dtype])


@pytest.mark.parametrize(("distance", "method"), [("correlation", "correlation"), ("euclidean", "euclidean")])
def test_equals_rsatoolbox(distance, method):
    x = features(25, 80, np.float64)
    expected = calc_rdm(Dataset(x), method=method).dissimilarities[0]
    if distance == "euclidean":
        # rsatoolbox's is squared and per channel.
        expected = np.sqrt(expected * x.shape[1])

    np.testing.assert_allclose(compute_rdm(x, distance), expected, atol=1e-6)


@pytest.mark.parametrize("distance", distances_of_features())
def test_columns_in_chunks_give_the_same(distance, monkeypatch):
    x = features(20, 333, np.float32)
    whole = compute_rdm(x, distance)
    monkeypatch.setattr(dissimilarity, "_CHUNK_VALUES", 20 * 50)

    np.testing.assert_allclose(compute_rdm(x, distance), whole, atol=1e-12)


def test_float16_features_are_accumulated_in_float64():
    x = (features(10, 4000, np.float64) * 100).astype(np.float16)

    np.testing.assert_allclose(compute_rdm(x), pdist(x.astype(np.float64), "correlation"), atol=1e-9)


def test_nearly_equal_rows_keep_their_euclidean_distance():
    x = np.vstack([np.full(50, 1e4), np.full(50, 1e4), np.zeros(50)])
    x[1, 0] += 1e-3

    np.testing.assert_allclose(compute_rdm(x, "euclidean"), pdist(x), rtol=1e-6)


@pytest.mark.parametrize("distance", distances_of_features())
def test_duplicated_rows_are_at_distance_zero(distance):
    x = np.repeat(features(5, 30, np.float64), 2, axis=0)

    rdm = squareform(compute_rdm(x, distance))

    assert rdm.min() >= 0
    np.testing.assert_allclose(rdm[::2, 1::2].diagonal(), 0, atol=1e-7)


@pytest.mark.parametrize(
    ("row", "distance", "words"),
    [
        (np.full(6, 0.1), "correlation", "dog.*constant"),
        (np.zeros(6), "cosine", "dog.*all zero"),
        (np.array([1, 2, np.nan, 4, 5, 6]), "euclidean", "dog.*not finite"),
        (np.array([1, 2, np.inf, 4, 5, 6]), "correlation", "dog.*not finite"),
    ],
)
def test_a_stimulus_without_direction_is_named(row, distance, words):
    x = np.vstack([features(2, 6, np.float64), row])

    with pytest.raises(RDMError, match=words):
        compute_rdm(x, distance, ["cat", "cow", "dog"])


def test_unknown_distance_is_refused_with_those_that_exist():
    with pytest.raises(ParameterError, match="'manhattan' is unknown.*correlation, cosine, euclidean"):
        compute_rdm(features(3, 3, np.float64), "manhattan")


@pytest.mark.parametrize("shape", [(3,), (1, 5), (2, 3, 4)])
def test_features_of_another_shape_are_refused(shape):
    with pytest.raises(RDMError, match="n_stimuli, n_features"):
        compute_rdm(np.ones(shape))


def test_condense_orders_pairs_as_scipy():
    squares = np.stack([squareform(pdist(features(6, 3, np.float64, seed))) for seed in range(3)])

    np.testing.assert_array_equal(condense(squares), [squareform(square) for square in squares])
