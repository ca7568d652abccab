"""Responses with labels: channels of a region, stimuli in the order asked for, repetitions averaged."""

import numpy as np
import pytest
import scipy.stats

from tyrosine.errors import RDMError
from tyrosine.rsa.responses import label_responses, regions_of, responses_of_region, z_score_in_sessions

CHANNELS = {
    "selectivity": ["bodies", "places", "bodies", "places"],
    "roi": ["EBA", "PPA", "EBA", "PPA"],
    "hemisphere": ["lh", "lh", "rh", "rh"],
    "channel": [0, 0, 1, 1],
}
VALUES = np.arange(16, dtype=np.float32).reshape(4, 4)


def labelled(names, **options):
    return label_responses(VALUES, 3, names, CHANNELS, **options)


def test_a_region_has_its_channels_in_the_order_that_is_asked_for():
    values, names = responses_of_region(labelled(list("abcd")), "EBA", ["d", "x", "a"])

    assert names == ["d", "a"]
    np.testing.assert_array_equal(values, [[12, 14], [0, 2]])


def test_one_hemisphere_of_a_region():
    values, _ = responses_of_region(labelled(list("abcd")), "PPA", list("abcd"), "rh")

    np.testing.assert_array_equal(values, VALUES[:, 3:])


def test_repetitions_are_averaged():
    responses = labelled(list("abba"), repetitions=[1, 1, 2, 2], sessions=[1, 1, 1, 2])

    values, names = responses_of_region(responses, "EBA", ["b", "a"])

    assert names == ["b", "a"]
    np.testing.assert_array_equal(
        values, [VALUES[1:3, [0, 2]].mean(axis=0), VALUES[[0, 3]][:, [0, 2]].mean(axis=0)]
    )
    assert responses.obs_descriptors["session"] == [1, 1, 1, 2]


def test_regions_are_listed_once():
    assert regions_of(labelled(list("abcd"))) == [("bodies", "EBA"), ("places", "PPA")]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_channels_are_z_scored_over_the_trials_of_each_session(dtype):
    values = np.random.default_rng(0).normal(3, 2, (12, 5)).astype(dtype)
    sessions = np.array([2, 1, 2, 1, 3, 3, 3, 2, 1, 1, 2, 3])
    expected = np.empty(values.shape)
    for session in (1, 2, 3):
        expected[sessions == session] = scipy.stats.zscore(values[sessions == session].astype(float), axis=0)

    np.testing.assert_allclose(z_score_in_sessions(values, sessions, 1), expected, rtol=1e-5, atol=1e-6)
    assert values.dtype == dtype


def test_a_channel_with_one_value_in_a_session_cannot_be_z_scored():
    values = np.random.default_rng(0).normal(size=(6, 3))
    values[3:, 1] = 7

    with pytest.raises(RDMError, match="Channel 1 of subject 4 has one value in all 3 trials of session 9"):
        z_score_in_sessions(values, [8, 8, 8, 9, 9, 9], 4)
