"""What the report says of the noise in brain RDMs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tyrosine.labelled import RDMs
from tyrosine.parameters import StudyParameters
from tyrosine.parameters.layouts import LAYOUTS
from tyrosine.parameters.measures import DISTANCES, PUBLISHED
from tyrosine.report.sections import Note, Section, Table

OF_AVERAGES = (
    "Brain RDMs are correlation distances of averaged responses. Noise changes them in its own way: it "
    "enters the length that each pattern is divided by, so that stimuli to which a region responds weakly "
    "have dissimilarities nearer to 1, and models are compared with a brain in which such stimuli count "
    "less. In simulations with a known truth 3.5 % of the significant differences of two models had the "
    "wrong sign, and more data do not help. A study with single trials can have rdm.brain_distance: "
    "crossnobis, which has no such bias."
)
OF_NSD = (
    "Brain RDMs are cross-validated over repetitions, which takes their noise as independent. The responses "
    "that NSD distributes (betas_fithrf_GLMdenoise_RR) were estimated with regressors and a regularisation "
    "that were chosen on all repetitions together, so that their noise may not be independent."
)
FILTERED = (
    "Channels with an ncsnr below {} were left out (study.min_ncsnr). It was computed on stimuli that a "
    "subject alone saw where there are such, and otherwise on the stimuli that are analysed, so that their "
    "noise had a part in the choice."
)
FILTERED_BY_THE_STUDY = (
    "Channels with an ncsnr below {} were left out (study.min_ncsnr). Where the study has it for the "
    "sessions that are analysed, it is the study's own, of all images that were shown again, so that the "
    "noise of the responses that are analysed had a part in the choice; otherwise it was computed, on "
    "stimuli that a subject alone saw where there are such."
)


def show_reliability(
    reliability: pd.DataFrame, brain_rdms: RDMs, raw_study: dict[str, Any], study: StudyParameters
) -> list[Section]:
    """Tabulate how reliable the brain RDMs of each region are, and note what their distance does with noise.

    Parameters
    ----------
    reliability : DataFrame
        As the catalog has it.
    brain_rdms : rsatoolbox.rdm.RDMs
    raw_study : dict
        With `layout` and `simulated`.
    study : StudyParameters

    Returns
    -------
    list of Section
        Notes, and a table if stimuli were repeated.
    """
    sections: list[Section] = []
    measure = str(brain_rdms.dissimilarity_measure)
    known = reliability[reliability["undefined"] == ""]
    of_nsd = raw_study["layout"].startswith("nsd") and not raw_study["simulated"]
    if known.empty and measure in (PUBLISHED, "as distributed"):
        sections.append(Note(OF_AVERAGES))
    elif measure in DISTANCES and DISTANCES[measure].needs_repetitions and of_nsd:
        sections.append(Note(OF_NSD))
    if study.min_ncsnr is not None:
        filtered = FILTERED_BY_THE_STUDY if LAYOUTS[raw_study["layout"]].ncsnr else FILTERED
        sections.append(Note(filtered.format(study.min_ncsnr)))
    if not known.empty:
        columns = ["split_half", "reliability", "ceiling", "ncsnr", "trial_ceiling"]
        means = known.groupby("roi", sort=False)[columns].mean().reset_index()
        table = pd.DataFrame(
            {
                "ROI": means["roi"],
                "correlation of halves": means["split_half"].map("{:.3f}".format),
                "reliability": means["reliability"].map("{:.3f}".format),
                "ceiling within subject": means["ceiling"].map("{:.3f}".format),
                "median ncsnr": means["ncsnr"].map("{:.3f}".format),
                "signal in mean responses": means["trial_ceiling"].map("{:.0%}".format),
            }
        )
        sections.append(Table("Reliability of brain RDMs and channels, mean over subjects", table))
    return sections
