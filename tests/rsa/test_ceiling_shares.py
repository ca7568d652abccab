"""Shares of the noise ceiling against Fieller's interval as SciPy's t-test bounds it, and by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import pdist

from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.inference.ceiling_shares import measure_ceiling_shares, ratio_of_means
from tyrosine.rsa.rdms import label_rdms
from tyrosine.tables import schemas

IDS = [f"{number:02d}" for number in range(20)]


@pytest.fixture
def rng():
    return np.random.default_rng(4)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_bounds_are_the_ratios_that_a_t_test_just_does_not_reject(rng, level):
    top, bottom = rng.normal(0.3, 0.1, size=12), rng.normal(0.6, 0.15, size=12)

    ratio, lower, upper = ratio_of_means(top, bottom, level)

    assert lower < ratio < upper
    assert ratio == pytest.approx(top.mean() / bottom.mean())
    for bound in (lower, upper):
        assert stats.ttest_1samp(top - bound * bottom, 0).pvalue == pytest.approx(1 - level)


@pytest.mark.parametrize("mean", [0.02, -0.6])
def test_there_is_no_ratio_to_a_mean_that_may_be_zero(rng, mean):
    bottom = rng.normal(size=12)
    bottom = mean + 0.1 * (bottom - bottom.mean()) / bottom.std()

    assert np.isnan(ratio_of_means(rng.normal(size=12), bottom)).all()


def test_ratios_are_covered_as_often_as_the_level_says(rng):
    held = 0
    for _ in range(1000):
        top, bottom = rng.multivariate_normal([0.2, 0.5], [[0.02, 0.01], [0.01, 0.02]], size=10).T
        _, lower, upper = ratio_of_means(top, bottom)
        held += lower <= 0.4 <= upper

    assert 0.93 <= held / 1000 <= 0.97


@pytest.mark.parametrize(("shared", "defined"), [(1.0, True), (0.0, False)])
def test_noise_has_no_share_and_a_reliable_region_has_one(rng, shared, defined):
    signal = rng.normal(size=(20, 10))
    patterns = [shared * signal + rng.normal(size=(20, 10)) for _ in range(6)]
    brain = label_rdms(
        np.stack([pdist(one, "correlation") for one in patterns]),
        IDS,
        {"subject": [1, 2, 3, 4, 5, 6], "selectivity": ["bodies"] * 6, "roi": ["EBA"] * 6},
        "correlation",
    )
    named = {"model": ["a", "b"], "label": ["A", "B"], "modality": ["vision"] * 2, "task": ["none"] * 2}
    models = label_rdms(
        np.stack([pdist(signal + spread * rng.normal(size=(20, 10)), "correlation") for spread in (1, 2)]),
        IDS,
        named | {"layer": ["last"] * 2, "reported": [True] * 2},
        "correlation",
    )
    similarities = compare_rdms(brain, models, ComparisonParameters())
    contrasts = pd.DataFrame(
        {"contrast": ["vision", "a - b"], "kind": ["group", "pair"], "models_a": ["a b", "a"]}
    )

    table = measure_ceiling_shares(brain, models, similarities, contrasts, InferenceParameters())

    (row,) = schemas.ceiling_shares.validate(table).itertuples()
    assert (row.contrast, row.roi, row.n_subjects, row.n_stimuli) == ("vision", "EBA", 6, 20)
    assert np.isnan(row.share) != defined
    assert (row.ceiling_lower > 0) == defined
    if defined:
        z = [(one - one.mean()) / one.std() for one in brain.dissimilarities]
        others = [np.mean(np.delete(z, s, axis=0), axis=0) for s in range(6)]
        ceiling = np.mean([np.corrcoef(z[s], others[s])[0, 1] for s in range(6)])
        assert row.ceiling == pytest.approx(ceiling)
        assert row.share == pytest.approx(similarities["similarity"].mean() / ceiling)
