"""Regions and models compared with each other, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tyrosine.parameters import ComparisonParameters
from tyrosine.rsa.comparison import align_models, entries
from tyrosine.rsa.rdms import RDMs
from tyrosine.rsa.second_order import average_rdm, second_order_similarity
from tyrosine.tables.columns import KINDS, SECOND_ORDER_RDM


def compare_representations(
    brain_rdms: RDMs, model_rdms: RDMs, comparison: ComparisonParameters
) -> pd.DataFrame:
    """Compare regions, averaged over subjects, and models with each other by the first method.

    Returns
    -------
    DataFrame
        Columns `kind_a, a, kind_b, b, method, dissimilarity` (one less the similarity): a row for each
        ordered pair of regions and models, the latter by their reported layer. What is
        compared with itself has dissimilarity zero.
    """
    method = comparison.methods[0]
    models = entries(align_models(model_rdms, brain_rdms), method)
    names = pd.Series(model_rdms.rdm_descriptors["model"])
    reported = np.asarray(model_rdms.rdm_descriptors["reported"], dtype=bool)
    rois = pd.Series(brain_rdms.rdm_descriptors["roi"])
    brains = entries(brain_rdms, method)
    regions = {
        roi: average_rdm(brains[members.index], method) for roi, members in rois.groupby(rois, sort=False)
    }
    dissimilarities = 1 - second_order_similarity(np.stack(list(regions.values())), models[reported], method)
    np.fill_diagonal(dissimilarities, 0)
    labels = pd.DataFrame(
        [(KINDS[0], roi) for roi in regions] + [(KINDS[1], name) for name in names[reported]],
        columns=["kind", "name"],
    )
    first = labels.rename(columns={"kind": "kind_a", "name": "a"})
    table = first.merge(labels.rename(columns={"kind": "kind_b", "name": "b"}), how="cross")
    table = table.assign(method=method, dissimilarity=dissimilarities.ravel())
    return table[list(SECOND_ORDER_RDM)]
