"""Sections of the report that put RSA and encoding models side by side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import method_label
from tyrosine.report.answers import ABSENT
from tyrosine.report.robustness import name_sides
from tyrosine.report.sections import Note, Section, Table
from tyrosine.report.sentences import Terms, capitalised, number, numbers_of, tell
from tyrosine.tables.columns import (
    AGREEMENTS,
    ALONE,
    BANDED_NORMALISED,
    ENCODING_ALONE,
    ENCODING_NORMALISED,
    EVERY_REGION,
    KINDS_OF_EVIDENCE,
    OPPOSITE,
    RSA_ALONE,
    UNIQUE,
)

DISAGREEMENTS = (OPPOSITE, RSA_ALONE, ENCODING_ALONE)


def show_encoding(
    encoding_scores: pd.DataFrame,
    evidence_compared: pd.DataFrame,
    model_ranks: pd.DataFrame,
    encoding_variance_partition: pd.DataFrame,
    study_view: StudyView,
) -> list[Section]:
    """Show how well encoding models predict, and what they and RSA say of each question and of all models.

    Parameters
    ----------
    encoding_scores, evidence_compared, model_ranks, encoding_variance_partition : DataFrame
        As the catalog has them.
    study_view : StudyView

    Returns
    -------
    list of Section
        None for a study without encoding models.
    """
    if encoding_scores["r"].notna().sum() == 0:
        return []
    return [
        _tell_design(encoding_scores),
        _tabulate_scores(encoding_scores, study_view.twins),
        *_tabulate_answers(evidence_compared, study_view),
        *_tabulate_ranks(model_ranks),
        *_tabulate_partition(encoding_variance_partition, study_view.max_q),
    ]


def _tell_design(scores: pd.DataFrame) -> Note:
    first = scores[scores["r"].notna()].iloc[0]
    per_model = scores[scores["model"] == first["model"]]
    n_channels = per_model["n_channels"].sum()
    n_counted = n_channels - per_model["n_masked"].sum()
    where = (
        f"each of {first['n_stimuli']} images once, by weights fitted to {first['n_training']} others"
        if first["split"] == "folds"
        else f"{first['n_stimuli']} images that all subjects saw, by weights fitted to each subject's own"
    )
    return Note(
        f"Encoding models predict the response of each channel to {where}. "
        f"{n_counted} of {n_channels} channels of all subjects have signal and count in means."
    )


def _tabulate_scores(scores: pd.DataFrame, twins: Mapping[str, str]) -> Table:
    """Raw and normalised correlation of each model in each region, without untrained twins."""
    shown = scores[~scores["model"].isin(list(twins))]
    means = shown.groupby(["roi", "label"], sort=False)[["r", "r_normalised"]].mean().reset_index()
    means["cell"] = [
        ABSENT
        if pd.isna(row.r)
        else number(row.r)
        if pd.isna(row.r_normalised)
        else f"{number(row.r)} ({number(row.r_normalised)})"
        for row in means.itertuples()
    ]
    table = means.pivot(index="roi", columns="label", values="cell")
    table = table.loc[list(shown["roi"].unique()), list(shown["label"].unique())].reset_index(names="ROI")
    table.columns.name = None
    normalised = shown["r_normalised"].notna().any()
    return Table(
        "Correlation of measured and predicted responses to held-out images, mean over channels and subjects"
        + (" (divided by the noise ceiling of each channel)" if normalised else ""),
        table,
    )


def _tabulate_answers(evidence: pd.DataFrame, view: StudyView) -> list[Section]:
    """Each group and contrast by both kinds of evidence, and where they disagree."""
    if evidence.empty:
        return []
    rows = []
    for _, here in evidence.groupby("contrast", sort=False):
        overall = here[here["roi"] == EVERY_REGION]
        if overall.empty or (overall["undefined"] != "").all():
            continue
        short, _ = name_sides(overall.iloc[0].to_dict(), view.labels)
        told = {}
        for row in overall.to_dict("records"):
            terms = Terms(method_label(row["method"]), None, view.confidence_level, view.max_q)
            # Of normalised scores the numbers alone: the sentence would be that of the raw ones again.
            told[row["method"]] = (
                f"{capitalised(numbers_of(row, short, terms))}."
                if row["method"] == ENCODING_NORMALISED
                else tell(row, short, "the regions", terms)
            )
        kinds = dict(zip(overall["method"], overall["evidence"]))
        by_rsa, by_encoding = (
            " ".join(text for method, text in told.items() if kinds[method] == kind)
            for kind in KINDS_OF_EVIDENCE
        )
        regions = here[(here["roi"] != EVERY_REGION) & (here["method"] != ENCODING_NORMALISED)]
        regions = regions.drop_duplicates("roi")
        where = [
            f"{one}: {', '.join(regions.loc[regions['agreement'] == one, 'roi'])}"
            for one in DISAGREEMENTS
            if (regions["agreement"] == one).any()
        ]
        rows.append(
            {
                "comparison": f"{short.a} against {short.b or 'chance'}",
                "by RSA": by_rsa,
                "by encoding models": by_encoding,
                "evidence over all regions": overall["agreement"].iloc[0],
                "regions in which they disagree": "; ".join(where) or "none",
            }
        )
    counted = evidence[(evidence["roi"] != EVERY_REGION) & (evidence["method"] != ENCODING_NORMALISED)]
    counted = counted.drop_duplicates(["contrast", "roi"])["agreement"].value_counts()
    tally = ", ".join(f"{one} in {counted[one]}" for one in AGREEMENTS if one in counted)
    return [
        Table("The questions by RSA and by encoding models", pd.DataFrame(rows)),
        Note(
            f"RSA and encoding models, region by region and comparison by comparison: {tally}. Evidence is "
            "q below the threshold, in families of its own for each kind of evidence."
        ),
    ]


def _tabulate_ranks(ranks: pd.DataFrame) -> list[Section]:
    """Ranks of models over all regions, and how well ranks agree in each region."""
    overall = ranks[ranks["roi"] == EVERY_REGION].sort_values("similarity_rank", kind="stable")
    if overall.empty:
        return []
    first = overall.iloc[0]
    agreement = (
        ""
        if pd.isna(first["kendall_tau"])
        else f" (Kendall's τ {number(first['kendall_tau'])}, p = {first['p']:.3g})"
    )
    table = pd.DataFrame(
        {
            "model": overall["label"].tolist(),
            "similarity of RDMs": overall["similarity"].map(number).tolist(),
            "rank by RSA": overall["similarity_rank"].tolist(),
            "encoding r": overall["r"].map(number).tolist(),
            "normalised": [ABSENT if pd.isna(value) else number(value) for value in overall["r_normalised"]],
            "rank by encoding": overall["r_rank"].tolist(),
        }
    )
    by_region = ranks[ranks["roi"] != EVERY_REGION].drop_duplicates("roi").dropna(subset="kendall_tau")
    told = ", ".join(f"{row.roi} {number(row.kendall_tau)}" for row in by_region.itertuples())
    sections: list[Section] = [Table(f"Models by RSA and by encoding, mean over regions{agreement}", table)]
    if told:
        sections.append(
            Note(
                f"Kendall's τ of the ranks of {first['n_models']} models, without untrained "
                f"twins, by the two kinds of evidence: {told}."
            )
        )
    return sections


def _tabulate_partition(partition: pd.DataFrame, max_q: float) -> list[Section]:
    """What groups of models predict alone and together, as the share of the variance of responses."""
    defined = partition[partition["undefined"] == ""]
    if defined.empty:
        return []
    # Normalised shares where there are any: those of averages are raw.
    method = defined["method"].iloc[-1]
    shown = defined[(defined["method"] == method) & (defined["kind"] != ALONE)]
    cells = shown.assign(
        part=[row.component if row.kind != UNIQUE else f"{row.component} only" for row in shown.itertuples()],
        cell=[f"{number(row.estimate)}{'*' if row.q < max_q else ''}" for row in shown.itertuples()],
    )
    table = cells.pivot(index="roi", columns="part", values="cell")
    table = table.loc[list(shown["roi"].unique()), list(cells["part"].unique())].fillna(ABSENT)
    table = table.reset_index(names="ROI")
    table.columns.name = None
    of = "the signal in responses" if method == BANDED_NORMALISED else "the variance of responses"
    return [
        Table(
            f"Share of {of} to held-out images that groups of models predict (banded ridge), mean over "
            f"subjects; * q < {max_q:g} by the t-test across subjects",
            table,
        )
    ]
