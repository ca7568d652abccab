"""Two models that are equally good by construction."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from tyrosine.models.backends.protocol import Material
from tyrosine.simulation.equal_models import noisy_categories_a, noisy_categories_b


def shown(names, categories):
    return Material(names, [], [], [[""]] * len(names), categories)


def test_the_noise_of_a_stimulus_depends_on_its_name_alone():
    names, categories = ["00001", "00002", "00003"], [["dog"], ["cat"], ["dog", "cat"]]
    features = noisy_categories_a(shown(names, categories))

    turned = noisy_categories_a(shown(names[::-1], categories[::-1]))

    np.testing.assert_array_equal(turned, features[::-1])
    assert not np.isclose(features, noisy_categories_b(shown(names, categories))).any()


def test_over_many_stimuli_both_are_as_similar_to_what_they_know():
    rng = np.random.default_rng(0)
    kinds = ["dog", "cat", "bus", "cup", "bed"]
    categories = [[kind for kind in kinds if rng.random() < 0.4] for _ in range(1500)]
    names = [f"{number:05d}" for number in range(1500)]
    truth = pdist(np.array([[kind in one for kind in kinds] for one in categories], float), "sqeuclidean")

    similarity = [
        np.corrcoef(truth, pdist(model(shown(names, categories)), "sqeuclidean"))[0, 1]
        for model in (noisy_categories_a, noisy_categories_b)
    ]

    assert similarity[0] == pytest.approx(similarity[1], abs=0.02)
    assert 0.2 < min(similarity) < 0.8
