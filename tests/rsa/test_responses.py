"""Responses with labels: channels of a region, stimuli in the order asked for, repetitions averaged."""

import numpy as np

from tyrosine.rsa.responses import label_responses, regions_of, responses_of_region

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
