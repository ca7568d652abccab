"""Splits of images: nothing that is tested is fitted to, whoever saw it and however often."""

import numpy as np
import pytest

from tests.encoding.made_up import ENCODING, loading, names_of, respond
from tyrosine.encoding.design import (
    FOLDS,
    OWN_IMAGES,
    TOO_FEW_GROUPS_OF_FOLDS,
    TOO_FEW_IMAGES,
    design_encoding,
    split_images,
)
from tyrosine.parameters import InferenceParameters
from tyrosine.rsa.stimulus_groups import NO_GROUPS, StimulusGroups

SHARED = names_of(20)


def own(subject, n):
    return [f"of {subject} {number}" for number in range(n)]


def sides_of(split):
    for fold in split.folds:
        yield {split.ids[place] for place in fold.test}, {split.ids[place] for place in fold.train}


def test_every_image_is_tested_once_by_weights_of_all_others():
    design = split_images({1: SHARED, 2: SHARED}, NO_GROUPS, ENCODING, seed=0)

    assert design.kind == FOLDS
    split = design.splits[1]
    assert sorted(split.tested) == list(range(20))
    for tested, fitted in sides_of(split):
        assert tested | fitted == set(SHARED) and not tested & fitted
    assert [len(fold.test) for fold in split.folds] == [7, 7, 6]
    assert design.splits[2].ids == split.ids
    assert design.shared == tuple(split.ids[place] for place in split.tested)
    # 20 tested images, and 13 or 14 that are fitted to.
    assert design.surplus == pytest.approx(1 + 20 / np.mean([13, 13, 14]))


def test_inner_folds_are_those_of_the_images_that_are_fitted_to():
    split = split_images({1: SHARED}, NO_GROUPS, ENCODING, seed=0).splits[1]
    for fold in split.folds:
        assert len(fold.inner) == len(fold.train)
        assert np.ptp(np.bincount(fold.inner)) <= 1 and fold.inner.max() == 2


def test_images_of_one_subject_are_fitted_to_in_every_fold_and_never_tested():
    seen = {1: SHARED + own(1, 5), 2: SHARED + own(2, 9)}

    design = split_images(seen, NO_GROUPS, ENCODING, seed=0)

    assert set(design.shared) == set(SHARED)
    for subject, split in design.splits.items():
        for tested, fitted in sides_of(split):
            assert tested <= set(SHARED)
            assert set(seen[subject]) - set(SHARED) <= fitted
    # The folds of what is tested are the same for all.
    folds = [[tested for tested, _ in sides_of(split)] for split in design.splits.values()]
    assert folds[0] == folds[1]


def test_as_many_own_images_as_shared_ones_are_all_that_is_fitted_to():
    seen = {1: SHARED + own(1, 20), 2: own(2, 30) + SHARED}

    design = split_images(seen, NO_GROUPS, ENCODING, seed=0)

    assert design.kind == OWN_IMAGES
    for subject, n_own in ((1, 20), (2, 30)):
        ((tested, fitted),) = sides_of(design.splits[subject])
        assert tested == set(SHARED) and fitted == set(own(subject, n_own))
    assert set(design.shared) == set(SHARED)


def test_subjects_who_share_too_little_are_tested_on_all_that_they_saw():
    seen = {1: SHARED[:3] + own(1, 20), 2: SHARED[:3] + own(2, 20)}

    design = split_images(seen, NO_GROUPS, ENCODING.model_copy(update={"n_folds": 5}), seed=0)

    assert design.shared == ()
    assert all(len(split.tested) == 23 for split in design.splits.values())


def test_groups_are_whole_in_folds_also_those_of_images_that_are_only_fitted_to():
    kinds = {one: f"kind {number % 7}" for number, one in enumerate(SHARED + own(1, 6))}
    groups = StimulusGroups("category", kinds)

    design = split_images({1: SHARED + own(1, 6), 2: SHARED}, groups, ENCODING, seed=0)

    for split in design.splits.values():
        for tested, fitted in sides_of(split):
            assert not {kinds[one] for one in tested} & {kinds[one] for one in fitted}
        for fold in split.folds:
            of_kind = {}
            for place, inner in zip(fold.train, fold.inner):
                of_kind.setdefault(kinds[split.ids[place]], set()).add(inner)
            assert all(len(inner) == 1 for inner in of_kind.values())


@pytest.mark.parametrize(
    ("ids", "kinds", "reason"),
    [(SHARED[:11], {}, TOO_FEW_IMAGES), (SHARED, dict.fromkeys(SHARED, "one"), TOO_FEW_GROUPS_OF_FOLDS)],
)
def test_what_cannot_be_split_says_why(ids, kinds, reason):
    groups = StimulusGroups("category", kinds) if kinds else NO_GROUPS

    design = split_images({1: ids}, groups, ENCODING, seed=0)

    assert design.splits[1].undefined == reason
    assert design.splits[1].folds == () and design.shared == ()


def test_the_design_knows_each_image_once_whatever_its_repetitions(stimuli):
    signal = np.random.default_rng(0).standard_normal((20, 4))
    responses = loading(respond(signal, 0, 1, n_repetitions=3), respond(signal, 0, 2, n_repetitions=3))

    design = design_encoding(responses, stimuli, ENCODING, InferenceParameters(stimulus_groups="kind"), 0)

    assert design.splits[1].ids == tuple(SHARED)
    assert sorted(design.splits[1].tested) == list(range(20))
    assert design.groups.count(design.shared) == 5
    # Folds are of single images all the same.
    first, second, _ = (
        {design.groups.group_of[one] for one in tested} for tested, _ in sides_of(design.splits[1])
    )
    assert first & second
    assert design_encoding({}, stimuli, ENCODING, InferenceParameters(), 0).splits == {}
