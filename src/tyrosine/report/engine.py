"""What the report says where patterns were compared in place of RDMs."""

from __future__ import annotations

import pandas as pd

from tyrosine.parameters.analysis import FROM_PATTERNS
from tyrosine.report.sections import Note, Section


def note_patterns(
    similarities: pd.DataFrame, stimuli: pd.DataFrame, rdm_stimuli: pd.DataFrame
) -> list[Section]:
    """Say which numbers are of all stimuli, which of some of them, and what is missing.

    Parameters
    ----------
    similarities, stimuli, rdm_stimuli : DataFrame
        As the catalog has them.

    Returns
    -------
    list of Note
        None where RDMs of all stimuli were compared.
    """
    notes: list[Section] = []
    by_patterns = similarities[similarities["engine"] == FROM_PATTERNS]
    if by_patterns.empty:
        return notes
    notes.append(
        Note(
            "Regions and models were compared by patterns in place of RDMs (comparison.engine), which gives "
            "the same similarities, noise ceilings, bootstraps and contrasts."
        )
    )
    if len(rdm_stimuli) < len(stimuli):
        notes.append(
            Note(
                f"RDMs are of {len(rdm_stimuli)} of the {len(stimuli)} stimuli (comparison.max_stimuli), and "
                "so are clusters, reliability and, in a simulated study, the truth. Over more stimuli there "
                "is no permutation test, variance partition, partial or reweighted similarity; with a larger "
                "comparison.max_stimuli, or comparison.engine: rdms, there are all of these."
            )
        )
    estimated = by_patterns.loc[by_patterns["standard_error"].notna(), "method"].unique()
    if len(estimated):
        notes.append(
            Note(
                f"Similarities by {', '.join(estimated)} are estimated from comparison.stimulus_samples "
                "random subsets of the stimuli; similarities has their standard errors."
            )
        )
    return notes
