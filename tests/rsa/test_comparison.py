"""Tables of similarities and of noise ceilings, where RDMs hardly differ."""

import numpy as np
import pytest

from tyrosine.errors import RDMError
from tyrosine.parameters import ComparisonParameters
from tyrosine.parameters.measures import METHODS
from tyrosine.rsa.comparison import compare_rdms, compute_noise_ceilings
from tyrosine.rsa.rdms import label_rdms
from tyrosine.tables import schemas

IDS = [f"image_{number:02d}" for number in range(1, 13)]


def brain(dissimilarities):
    n = len(dissimilarities)
    labels = {"subject": list(range(1, n + 1)), "selectivity": ["ventral stream"] * n, "roi": ["IT"] * n}
    return label_rdms(dissimilarities, IDS, labels, "correlation")


def model(dissimilarities):
    labels = {"model": "vit", "label": "ViT", "modality": "vision", "task": "classification",
              "layer": "layers.1", "depth": 1.0, "reported": True}  # fmt: skip
    return label_rdms(dissimilarities, IDS, {key: [value] for key, value in labels.items()}, "correlation")


def drawn(n, seed=0):
    return np.random.default_rng(seed).random((n, 66))


def nearly_constant():
    return np.where(drawn(1) < 0.5, 1.0, np.nextafter(1.0, 2))


def test_subjects_with_equal_rdms_have_a_ceiling_that_fits_the_schema():
    subjects = brain(np.repeat(drawn(1), 3, axis=0))

    ceilings = compute_noise_ceilings(subjects, ComparisonParameters(methods=list(METHODS)))

    schemas.noise_ceilings.validate(ceilings)
    assert ceilings["lower"].tolist() == pytest.approx([1.0] * len(METHODS))


def test_a_region_that_varies_by_rounding_alone_is_refused_by_name():
    subjects = brain(np.vstack([drawn(1), nearly_constant()]))

    with pytest.raises(RDMError, match="subject 2, .*roi IT has the same dissimilarity.*study.regions"):
        compare_rdms(subjects, model(drawn(1, seed=1)), ComparisonParameters())


def test_a_model_that_varies_by_rounding_alone_is_refused_by_name():
    with pytest.raises(RDMError, match="model vit, layer layers.1 has the same dissimilarity.*roster"):
        compare_rdms(brain(drawn(2)), model(nearly_constant()), ComparisonParameters())
