"""A simulated study's tables and RDMs, as figures take them."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

from tests.figures.drawn import COLUMNS, MODALITIES, MODELS, REGIONS

N_STIMULI = 120
CATEGORIES = [
    (1, "person", "person"),
    (3, "car", "vehicle"),
    (18, "dog", "animal"),
    (17, "cat", "animal"),
    (5, "airplane", "vehicle"),
]


@pytest.fixture(scope="session")
def similarities():
    """Eight subjects, nine ROIs, four models; subject 3 lacks FFA-2."""
    rng = np.random.default_rng(0)
    rows = [
        (subject, selectivity, roi, name, label, modality, "task", "last", True, method, rng.uniform(0, 0.3))
        for subject in range(1, 9)
        for selectivity, rois in REGIONS.items()
        for roi in rois
        if (subject, roi) != (3, "FFA-2")
        for (name, label), modality in zip(MODELS.items(), MODALITIES)
        for method in ("pearson", "spearman")
    ]
    return pd.DataFrame(rows, columns=COLUMNS["similarities"])


@pytest.fixture(scope="session")
def noise_ceilings():
    """Ceilings well above the similarities; FBA-1 has one subject and none."""
    rows = [
        (selectivity, roi, "pearson", np.nan, np.nan, 1)
        if roi == "FBA-1"
        else (selectivity, roi, "pearson", 0.5, 0.62, 8)
        for selectivity, rois in REGIONS.items()
        for roi in rois
    ]
    return pd.DataFrame(rows, columns=COLUMNS["noise_ceilings"])


@pytest.fixture(scope="session")
def labels():
    """Cluster of each stimulus, in no order."""
    return np.random.default_rng(1).integers(0, 6, N_STIMULI)


@pytest.fixture(scope="session")
def rdm(labels):
    """Square RDM in which stimuli of a cluster are alike."""
    rng = np.random.default_rng(2)
    features = rng.normal(size=(6, 20))[labels] + rng.normal(size=(N_STIMULI, 20))
    return squareform(pdist(features, "correlation"))


@pytest.fixture(scope="session")
def cluster_categories():
    """Two subjects with two ROIs, each with eight clusters of five categories; dogs mark two clusters."""
    rng = np.random.default_rng(3)
    rows = [
        (subject, selectivity, roi, cluster, *category, int(rng.integers(1, 9)))
        for subject in (1, 2)
        for selectivity, roi in (("faces", "FFA-1"), ("bodies", "EBA"))
        for cluster in range(8)
        for category in CATEGORIES
        if rng.random() < 0.8
    ]
    table = pd.DataFrame(rows, columns=COLUMNS["cluster_categories"][:8])
    # As if every stimulus had one category.
    table["n_cluster"] = table.groupby(["subject", "roi", "cluster"])["count"].transform("sum")
    table["q"] = np.where((table["category"] == "dog") & table["cluster"].isin([2, 5]), 0.01, 0.2)
    return table
