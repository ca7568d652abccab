"""Streams of random numbers: the same for the same name and seed, independent otherwise."""

import numpy as np
import pytest

from tyrosine.rsa.randomness import random_stream


def test_a_stream_depends_on_seed_and_name_alone():
    first = random_stream(3, "bootstrap", "stimuli").random(5)
    random_stream(3, "permutation").random(100)

    np.testing.assert_array_equal(random_stream(3, "bootstrap", "stimuli").random(5), first)


@pytest.mark.parametrize(
    "other", [(4, "bootstrap", "stimuli"), (3, "bootstrap", "subjects"), (3, "bootstrapstimuli")]
)
def test_other_seeds_and_names_draw_something_else(other):
    first, second = random_stream(3, "bootstrap", "stimuli").random(4000), random_stream(*other).random(4000)

    assert abs(np.corrcoef(first, second)[0, 1]) < 0.08
