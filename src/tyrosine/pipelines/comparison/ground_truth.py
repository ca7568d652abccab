"""What the models would be compared with if the simulated brain had no noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.parameters import ComparisonParameters, RDMParameters, StudyParameters
from tyrosine.pipelines.comparison.nodes import compare_rdms
from tyrosine.pipelines.comparison.tables import BRAIN, MODEL
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import RDMs, label_rdms
from tyrosine.studies.ground_truth import noise_free_recordings


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
        The columns and rows of `similarities`; no rows for a study that is not simulated, since nobody knows
        its ground truth.

    Raises
    ------
    StudyError
        If the ground truth is missing or broken, or lacks a region that was measured.
    """
    if not raw_study["simulated"]:
        columns = [*BRAIN, *MODEL, "method", "similarity"]
        # The types that the schema asks for.
        types = dict.fromkeys(columns, "str") | {"subject": "int64", "similarity": "float64"}
        return pd.DataFrame(columns=columns).astype(types)
    root, ids = raw_study["root_folder"], list(stimuli["stimulus_id"])
    recordings = {
        (recording.subject, recording.selectivity, recording.roi): np.asarray(recording.responses)
        for recording in noise_free_recordings(root, stimuli["nsd_id"].tolist(), study.hemispheres)
    }
    # Region by region, as brain RDMs are ordered.
    measured = [
        (row.subject, row.selectivity, row.roi)
        for _, subjects in region_coverage.groupby(["selectivity", "roi"], sort=False)
        for row in subjects[subjects["covered"]].itertuples()
    ]
    lacking = [region for region in measured if region not in recordings]
    if lacking:
        subject, _, roi = lacking[0]
        raise StudyError(
            f"The ground truth in {root} has no {roi} of subject {subject}; delete the folder, and the next "
            "run simulates it anew."
        )
    noise_free = label_rdms(
        np.stack([compute_rdm(recordings[region], rdm.distance, ids) for region in measured]),
        ids,
        dict(zip(BRAIN, zip(*measured))),
        rdm.distance,
    )
    return compare_rdms(noise_free, model_rdms, comparison)
