"""Labelled RDMs: checks, alignment by stimulus and concatenation."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from tyrosine.errors import RDMError
from tyrosine.rsa.rdms import (
    align,
    at_reported_layer,
    check_condensed,
    concatenate,
    condense_checked,
    label_rdms,
    stimulus_ids,
)

IDS = ["a", "b", "c", "d", "e"]


def square(seed=0, n=5):
    return squareform(pdist(np.random.default_rng(seed).normal(size=(n, 3))))


def labelled(order, seed=0):
    reordered = square(seed)[np.ix_(order, order)]
    return label_rdms(squareform(reordered)[None], [IDS[i] for i in order], {"model": ["m"]}, "euclidean")


def test_a_permuted_rdm_is_aligned_by_id():
    order = [3, 0, 4, 2, 1]

    np.testing.assert_array_equal(align(labelled(order), IDS)[0], squareform(square()))


def test_alignment_agrees_with_rsatoolbox():
    rdms = labelled([0, 1, 2, 3, 4])
    wanted = ["d", "a", "e", "c", "b"]
    by_rsatoolbox = labelled([0, 1, 2, 3, 4])
    by_rsatoolbox.reorder(np.array([IDS.index(stimulus_id) for stimulus_id in wanted]))

    np.testing.assert_array_equal(align(rdms, wanted), by_rsatoolbox.dissimilarities)


def test_other_stimuli_are_refused_with_both_lists_named():
    with pytest.raises(RDMError, match=r"5 stimuli \(e only there\).*5 stimuli \(f only there\)"):
        align(labelled([0, 1, 2, 3, 4]), ["a", "b", "c", "d", "f"])


def test_fewer_stimuli_are_refused():
    with pytest.raises(RDMError, match="5 stimuli.*4 stimuli"):
        align(labelled([0, 1, 2, 3, 4]), IDS[:4])


def test_concatenation_takes_the_order_of_the_first():
    both = concatenate([labelled([4, 3, 2, 1, 0]), labelled([0, 1, 2, 3, 4], seed=1)])

    assert stimulus_ids(both) == IDS[::-1]
    assert both.rdm_descriptors["model"] == ["m", "m"]
    np.testing.assert_array_equal(both.dissimilarities[1], squareform(square(1)[::-1, ::-1]))


def test_a_stimulus_listed_twice_is_refused():
    with pytest.raises(RDMError, match="Stimulus a is listed twice"):
        label_rdms(np.ones((1, 3)), ["a", "b", "a"], {}, "correlation")


def test_wrong_number_of_pairs_is_refused():
    with pytest.raises(RDMError, match="5 stimuli have 10 pairs"):
        label_rdms(np.ones((1, 9)), IDS, {}, "correlation")


def test_a_valid_square_is_condensed_as_scipy_does():
    np.testing.assert_array_equal(condense_checked(square(), "RDM"), squareform(square()))


def broken(change):
    rdm = square()
    return change(rdm)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r[:, :4], r"not square but has shape \(5, 4\)"),
        (lambda r: r[:4, :4], "4 rows for 5 stimuli"),
        (lambda r: np.triu(r), "not symmetric"),
        (lambda r: r + np.eye(5), "on its diagonal"),
        (lambda r: np.where(r == r.max(), np.nan, r), "not finite"),
        (lambda r: r - 2 * (r == r.max()) * r, "negative"),
        (lambda r: r.astype(str), "expected numbers"),
    ],
)
def test_what_is_no_rdm_is_refused_by_name(change, words):
    with pytest.raises(RDMError, match=f"IT of subject 3.*{words}"):
        condense_checked(broken(change), "IT of subject 3", 5)


def test_rounding_below_zero_becomes_zero():
    np.testing.assert_array_equal(check_condensed(np.array([-1e-9, 0.5]), "RDM"), [0.0, 0.5])


MODELS = ["vit", "vit", "bert", "vit", "bert", "clip"]
LAYERS = ["low", "high", "low", "top", "high", "low"]


def test_the_reported_layer_of_a_model_is_the_one_that_says_so():
    values = np.random.default_rng(0).random((6, 6))
    reported = [False, True, False, False, True, True]
    labels = {"model": MODELS, "layer": LAYERS, "reported": reported}
    rdms = label_rdms(values, list("abcd"), labels, "correlation")

    chosen = at_reported_layer(rdms)

    assert chosen.rdm_descriptors["model"] == [MODELS[1], MODELS[4], MODELS[5]]
    assert chosen.rdm_descriptors["layer"] == [LAYERS[1], LAYERS[4], LAYERS[5]]
    np.testing.assert_array_equal(chosen.dissimilarities, values[reported])
    assert list(chosen.pattern_descriptors["stimulus_id"]) == list("abcd")
