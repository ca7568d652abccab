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
    of_subject,
    over,
    seen_stimuli,
    shared_stimuli,
    spread,
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


UNION = ["c", "a", "x", "e", "b", "d"]


@pytest.fixture
def two_subjects():
    """One who saw all of a to e, and one who saw c, x, e and d; the union in another order than either."""
    first, second = pdist(np.random.default_rng(1).normal(size=(5, 3))), np.arange(1.0, 7.0)
    wide = np.stack([spread(first, IDS, UNION), spread(second, ["d", "x", "e", "c"], UNION)])
    return label_rdms(wide, UNION, {"subject": [1, 2]}, "euclidean"), first, second


def test_an_rdm_over_the_union_has_nan_where_a_stimulus_was_not_seen(two_subjects):
    rdms, first, _ = two_subjects

    wide = squareform(rdms.dissimilarities[0], checks=False)
    kept = [UNION.index(name) for name in IDS]
    np.testing.assert_array_equal(wide[np.ix_(kept, kept)], squareform(first))
    assert np.isnan(np.delete(wide[2], 2)).all()
    assert seen_stimuli(rdms).tolist() == [
        [True, True, False, True, True, True],
        [True, False, True, True, False, True],
    ]


def test_an_rdm_of_a_subject_is_over_its_own_stimuli(two_subjects):
    rdms, _, second = two_subjects

    rdm, ids = of_subject(rdms, 1)

    assert ids == ["c", "x", "e", "d"]
    back = [["d", "x", "e", "c"].index(name) for name in ids]
    np.testing.assert_array_equal(squareform(rdm), squareform(second)[np.ix_(back, back)])


def test_shared_stimuli_are_those_that_all_saw(two_subjects):
    rdms, first, second = two_subjects

    assert shared_stimuli(rdms) == ["c", "e", "d"]
    assert shared_stimuli(rdms, [0]) == ["c", "a", "e", "b", "d"]
    # Of a to e: d-c, e-d, e-c; of d, x, e, c likewise.
    both = over(rdms, ["d", "c", "e"])
    np.testing.assert_array_equal(both[0], squareform(first)[[3, 3, 2], [2, 4, 4]])
    np.testing.assert_array_equal(both[1], squareform(second)[[0, 0, 3], [3, 2, 2]])


def test_stimuli_that_a_subject_did_not_see_give_no_numbers(two_subjects):
    rdms = two_subjects[0]

    with pytest.raises(RDMError, match="its subject did not see"):
        over(rdms, ["c", "a", "e"])
    assert np.isfinite(over(rdms, ["c", "a", "e"], [0])).all()
    with pytest.raises(RDMError, match="not over the stimuli y"):
        over(rdms, ["c", "y"])
