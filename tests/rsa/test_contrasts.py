"""Contrasts against differences of means computed one by one."""

import numpy as np
import pandas as pd
import pytest

from tyrosine.errors import ParameterError
from tyrosine.rsa.contrasts import Contrast, contrast_weights, in_common_regions, mean_over_regions

MODELS = ["vit", "mae", "bert", "clip", "resnet", "resnet_mae"]


def similarities():
    return pd.DataFrame(np.random.default_rng(0).random((8, len(MODELS))), columns=MODELS)


def test_a_contrast_is_a_difference_of_means():
    s = similarities()
    contrasts = [
        Contrast("pair", ((("vit",), ("bert",)),)),
        Contrast("named", ((("vit", "mae", "resnet"), ("bert", "clip")),)),
        Contrast("group", ((("bert", "clip"), ()),)),
    ]

    found = s.to_numpy() @ contrast_weights(contrasts, MODELS).T

    np.testing.assert_allclose(found[:, 0], s["vit"] - s["bert"])
    np.testing.assert_allclose(
        found[:, 1], s[["vit", "mae", "resnet"]].mean(axis=1) - s[["bert", "clip"]].mean(axis=1)
    )
    np.testing.assert_allclose(found[:, 2], s[["bert", "clip"]].mean(axis=1))


def test_strata_count_alike_however_many_models_they_have():
    s = similarities()
    contrast = Contrast("task", ((("mae", "clip"), ("vit",)), (("resnet_mae",), ("resnet",))))

    found = s.to_numpy() @ contrast_weights([contrast], MODELS)[0]

    expected = (s[["mae", "clip"]].mean(axis=1) - s["vit"] + s["resnet_mae"] - s["resnet"]) / 2
    np.testing.assert_allclose(found, expected)
    assert contrast.a == ("mae", "clip", "resnet_mae")
    assert contrast.b == ("vit", "resnet")


@pytest.mark.parametrize(
    ("strata", "words"),
    [
        ((), "no model on its first side"),
        ((((), ("vit",)),), "no model on its first side"),
        (((("vit", "mae"), ("bert", "vit")),), "has vit on both sides"),
        (((("vit",), ("bert",)), (("mae",), ("vit",))), "has vit on both sides"),
    ],
)
def test_a_contrast_of_nothing_or_of_a_model_with_itself_is_refused(strata, words):
    with pytest.raises(ParameterError, match=words):
        Contrast("task", strata)


def test_a_model_without_similarities_is_refused():
    with pytest.raises(ParameterError, match="names the model gpt2, which has no similarities"):
        contrast_weights([Contrast("pair", ((("gpt2",), ("vit",)),))], MODELS)


def test_each_subject_counts_by_the_mean_of_the_regions_it_has():
    subjects = [2, 1, 2, 2, 1]
    values = np.random.default_rng(0).random((3, 5, 4))

    means, order = mean_over_regions(values, subjects)

    assert order == [2, 1]
    for resample, found in zip(values, means):
        expected = pd.DataFrame(resample).groupby(np.array(subjects), sort=False).mean()
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    ("has", "kept"),
    [
        ({1: "ABC", 2: "ABC"}, {1: "ABC", 2: "ABC"}),
        ({1: "ABC", 2: "BC", 3: "AB"}, {1: "B", 2: "B", 3: "B"}),
        ({1: "ABC", 2: "AB", 3: "C"}, {1: "AB", 2: "AB"}),
        ({1: "A", 2: "B"}, {1: "A"}),
        ({1: "XA", 2: "AX"}, {1: "A", 2: "A"}),
        ({1: "X", 2: "AX"}, {2: "A"}),
        ({1: "X", 2: "X"}, {1: "X", 2: "X"}),
        ({}, {}),
    ],
)
def test_the_regions_are_those_that_all_subjects_have(has, kept):
    rows = [(region, subject) for subject, regions in has.items() for region in regions]

    regions, subjects = [region for region, _ in rows], [subject for _, subject in rows]
    kinds = ["control" if region == "X" else "faces" for region in regions]
    chosen = in_common_regions(regions, subjects, kinds)

    found = [row for row, here in zip(rows, chosen) if here]
    assert found == [(region, subject) for subject, regions in kept.items() for region in regions]


def test_a_difference_between_regions_is_none_between_subjects():
    # The regions differ by one, the subjects by nothing; subject 2 lacks the region that is higher.
    rows = [("A", 1, 0.0), ("B", 1, 1.0), ("A", 2, 0.0)]
    regions, subjects, values = zip(*rows)
    chosen = in_common_regions(regions, subjects, ["faces"] * 3)

    means, _ = mean_over_regions(np.array(values)[chosen, None], np.array(subjects)[chosen])

    np.testing.assert_array_equal(means, [[0.0], [0.0]])
