"""Which stimuli RDMs are over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from tyrosine.labelled import Dataset
from tyrosine.parameters import ComparisonParameters, StudyParameters
from tyrosine.parameters.analysis import FROM_PATTERNS
from tyrosine.rsa.engine import choose_engine
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI

logger = logging.getLogger(__name__)


def choose_rdm_stimuli(
    stimuli: pd.DataFrame,
    presentations: pd.DataFrame,
    responses: dict[str, Callable[[], Dataset]],
    study: StudyParameters,
    comparison: ComparisonParameters,
) -> pd.DataFrame:
    """Choose the stimuli that RDMs, clusters and the figures of both are over.

    Returns
    -------
    DataFrame
        The rows of `stimuli`: all of them, but where patterns are compared in place of RDMs and there are
        more than `comparison.max_stimuli`. Then they are so many at random of those that all subjects saw,
        or all of these if they are fewer; where subjects share fewer than four, of all stimuli. The choice
        is the same for every seed of a run, as figures and clusters of a study should be.
    """
    engine = choose_engine(comparison, len(stimuli), computes_rdms(responses, study))
    if engine != FROM_PATTERNS or len(stimuli) <= comparison.max_stimuli:
        return stimuli
    seen = presentations.groupby("subject")["stimulus_id"].agg(set)
    shared = stimuli["stimulus_id"].isin(set.intersection(*seen)).to_numpy()
    places = np.flatnonzero(shared) if shared.sum() >= LEAST_STIMULI else np.arange(len(stimuli))
    if len(places) > comparison.max_stimuli:
        stream = random_stream(0, "stimuli", "of RDMs")
        places = np.sort(stream.choice(places, comparison.max_stimuli, replace=False))
    logger.info(
        "The study has %d stimuli, more than comparison.max_stimuli, and is compared by patterns; RDMs and "
        "clusters are of %d of them",
        len(stimuli),
        len(places),
    )
    return stimuli.iloc[places].reset_index(drop=True)


def computes_rdms(responses: Mapping[str, Callable[[], Dataset]], study: StudyParameters) -> bool:
    """Whether brain RDMs are computed from responses, where there are some, and not taken as distributed."""
    return bool(responses) and study.brain_rdms == "computed"
