"""Hints of labelled data: rsatoolbox has what they say, and Kedro can resolve those of every node."""

from typing import get_type_hints

import numpy as np
import pytest
from rsatoolbox.data import Dataset as RsatoolboxDataset
from rsatoolbox.rdm import RDMs as RsatoolboxRDMs

from tyrosine import pipeline_registry
from tyrosine.labelled import Dataset, RDMs
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns


@pytest.mark.parametrize(
    ("protocol", "made"),
    [(RDMs, RsatoolboxRDMs(np.ones((1, 3)))), (Dataset, RsatoolboxDataset(np.ones((2, 3))))],
    ids=["RDMs", "Dataset"],
)
def test_rsatoolbox_has_what_the_hint_says(protocol, made):
    for name in get_type_hints(protocol):
        assert hasattr(made, name)


@pytest.mark.parametrize("simulated", [True, False])
def test_every_hint_of_every_node_resolves(monkeypatch, simulated):
    composition = pipeline_registry.Composition({"vit": ("modality",)}, (), simulated)
    monkeypatch.setattr(pipeline_registry, "_composition", composition)

    functions = {
        node.func for pipeline in pipeline_registry.register_pipelines().values() for node in pipeline.nodes
    }

    for function in functions:
        hints = get_type_hints(function)
        assert hints.get("brain_rdms", RDMs) in (RDMs, RDMsOrPatterns)
        assert hints.get("features", Dataset) is Dataset
