"""Work that is shared with other processes gives the same bits as work on the cores of one."""

from concurrent.futures import Executor, Future

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from tyrosine.executors import offered, offering
from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_stimulus_counts
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.reweighting import layer_entries, reweighted_similarity
from tyrosine.rsa.variance_partition import draw_folds, partition_variance
from tyrosine.rsa.without_rdms import weighted_dimensions, weighted_stimuli
from tyrosine.rsa.without_rdms.draws import Draws
from tyrosine.rsa.without_rdms.patterns import patterns_of_features
from tyrosine.rsa.without_rdms.permutation import permute_patterns
from tyrosine.rsa.workers import map_in_blocks, number_of_workers


class Elsewhere(Executor):
    """Calls copies of functions and arguments, as they arrive in another process."""

    def __init__(self):
        self.blocks = []

    def submit(self, function, /, *arguments):
        self.blocks.append(arguments)
        future = Future()
        function, arguments = cloudpickle.loads(cloudpickle.dumps((function, arguments)))
        with offering(cores=1):
            future.set_result(function(*arguments))
        return future


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.setattr("tyrosine.rsa.workers.WORTH_SHARING", 0)
    monkeypatch.setattr("tyrosine.rsa.workers.BLOCK_SECONDS", 0)
    return Elsewhere()


def permuted(brain, models):
    return permute_stimuli(brain, models, n_permutations=300, rng=np.random.default_rng(1))


def resampled(brain, models):
    counts = draw_stimulus_counts(30, 50, np.random.default_rng(1))
    return bootstrap_stimuli(brain, models, counts, device="cpu")


def partitioned(brain, models):
    folds = draw_folds(30, 5, np.random.default_rng(1))
    return partition_variance(brain, models, {"one": [0, 1], "other": [2]}, folds)


def reweighted(brain, models):
    folds = np.stack([draw_folds(30, 5, np.random.default_rng(seed)) for seed in range(4)])
    return reweighted_similarity(layer_entries(models), brain, folds)


def patterns(n_stimuli):
    rng = np.random.default_rng(0)
    return [[patterns_of_features(rng.random((n_stimuli, 8))) for _ in range(n)] for n in (2, 3)]


def permuted_patterns(*_):
    return permute_patterns(*patterns(30), n_permutations=50, rng=np.random.default_rng(1), device="cpu")


def summed_by_stimuli(*_):
    counts = draw_stimulus_counts(900, 20, np.random.default_rng(1))
    return weighted_stimuli.sum_products(*patterns(900), Draws.of(counts, None, 900))


def summed_by_dimensions(*_):
    counts = draw_stimulus_counts(30, 20, np.random.default_rng(1))
    return weighted_dimensions.sum_products(*patterns(30), Draws.of(counts, None, 30))


def parts(result):
    """The numbers of a result as arrays."""
    if isinstance(result, pd.DataFrame):
        return [result.select_dtypes("number").to_numpy()]
    return result if isinstance(result, tuple) else [result]


@pytest.mark.parametrize(
    "analysis",
    [
        permuted,
        resampled,
        partitioned,
        reweighted,
        permuted_patterns,
        summed_by_stimuli,
        summed_by_dimensions,
    ],
)
def test_blocks_elsewhere_give_the_same_bits(elsewhere, analysis):
    rng = np.random.default_rng(0)
    brain, models = rng.random((2, 435)), rng.random((3, 435))

    alone = analysis(brain, models)
    with offering(elsewhere):
        shared = analysis(brain, models)

    assert len(elsewhere.blocks) > 1
    for one, other in zip(parts(shared), parts(alone), strict=True):
        assert one.tobytes() == other.tobytes()
    # What is sent for each block says which block it is, and no more.
    assert all(isinstance(argument, slice) for (argument,) in elsewhere.blocks)


def test_blocks_keep_the_order_of_the_items(elsewhere):
    with offering(elsewhere):
        assert map_in_blocks(lambda number: number**2, range(20)) == [number**2 for number in range(20)]
    assert len(elsewhere.blocks) == 19


def test_short_work_stays_here():
    elsewhere = Elsewhere()
    with offering(elsewhere):
        assert map_in_blocks(lambda number: -number, range(20)) == [-number for number in range(20)]
    assert elsewhere.blocks == []


def test_an_offer_says_how_many_cores_there_are_and_ends_with_its_context():
    before = number_of_workers()
    with offering(Elsewhere(), cores=7):
        assert number_of_workers() == 7
        with offering(cores=1):
            assert number_of_workers() == 1
            assert offered().executor is None
        assert isinstance(offered().executor, Elsewhere)
    assert number_of_workers() == before
    assert offered().executor is None
