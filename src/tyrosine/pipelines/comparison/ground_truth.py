"""What the models would be compared with if the simulated brain had no noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.parameters import ComparisonParameters, RDMParameters, StudyParameters
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import RDMs, align
from tyrosine.rsa.similarity import METHODS, compare
from tyrosine.studies.ground_truth import noise_free_recordings

_REGION = ["subject", "selectivity", "roi"]
_MODEL = ["model", "label", "modality", "task", "layer"]


def compare_with_ground_truth(
    raw_study: dict[str, Any],
    stimuli: pd.DataFrame,
    region_coverage: pd.DataFrame,
    model_rdms: RDMs,
    study: StudyParameters,
    rdm: RDMParameters,
    comparison: ComparisonParameters,
) -> pd.DataFrame:
    """Compare the RDM of every region without noise with every model RDM, by every method.

    Returns
    -------
    DataFrame
        The columns of `similarities`, a row for each subject, ROI, model, layer and method that compares
        RDMs; no rows for a study that is not simulated, since nobody knows its ground truth.

    Raises
    ------
    StudyError
        If the ground truth is missing or broken, or lacks a region that was measured.
    """
    if not raw_study["simulated"]:
        return _table([])
    models = align(model_rdms, list(stimuli["stimulus_id"]))
    descriptors = model_rdms.rdm_descriptors
    labels = list(zip(*(descriptors[key] for key in _MODEL)))
    # Region by region, as brain RDMs are ordered.
    measured = [
        (row.subject, row.selectivity, row.roi)
        for _, subjects in region_coverage.groupby(["selectivity", "roi"], sort=False)
        for row in subjects[subjects["covered"]].itertuples()
    ]
    true_rdms = {
        (recording.subject, recording.selectivity, recording.roi): compute_rdm(
            np.asarray(recording.responses), rdm.distance, list(stimuli["stimulus_id"])
        )
        for recording in noise_free_recordings(
            raw_study["root_folder"], stimuli["nsd_id"].tolist(), study.hemispheres
        )
    }
    rows: list[tuple] = []
    for method in (name for name in comparison.methods if name in METHODS):
        for region in measured:
            if region not in true_rdms:
                raise StudyError(
                    f"The ground truth in {raw_study['root_folder']} has no {region[2]} of subject "
                    f"{region[0]}; delete the folder, and the next run simulates it anew."
                )
            found = compare(true_rdms[region][None], models, method)[0]
            rows += [(*region, *label, method, value) for label, value in zip(labels, found)]
    return _table(rows)


def _table(rows: list[tuple]) -> pd.DataFrame:
    columns = [*_REGION, *_MODEL, "method", "similarity"]
    # An empty table has the types that the schema asks for, too.
    types = dict.fromkeys(columns, "str") | {"subject": "int64", "similarity": "float64"}
    return pd.DataFrame(rows, columns=columns).astype(types)
