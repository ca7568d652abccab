"""RSA and encoding models side by side: what each says of every question, and how each ranks models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.parameters import InferenceParameters
from tyrosine.parameters.measures import DUAL_BOOTSTRAP, T_TEST
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.contrasts import in_common_regions
from tyrosine.tables.columns import (
    ENCODING_ALONE,
    ENCODING_NORMALISED,
    EVERY_REGION,
    EVIDENCE_COMPARED,
    HIGHER,
    IN_NEITHER,
    KINDS_OF_EVIDENCE,
    LOWER,
    MODEL_RANKS,
    NO_EVIDENCE,
    NOT_COMPARED,
    OPPOSITE,
    PAIR,
    REGION,
    RSA_ALONE,
    SAME_DIRECTION,
    UNDEFINED,
)

_RSA, _OF_ENCODING = KINDS_OF_EVIDENCE


def compare_evidence(
    contrasts: pd.DataFrame, encoding_contrasts: pd.DataFrame, inference: InferenceParameters
) -> pd.DataFrame:
    """Put the contrasts and groups of the questions by RSA beside those by encoding models.

    Parameters
    ----------
    contrasts, encoding_contrasts : DataFrame
        As the catalog has them; of RSA the first method counts, of encoding raw scores and normalised ones.
    inference : InferenceParameters
        A q below its `false_discovery_rate` is evidence.

    Returns
    -------
    DataFrame
        A row for each contrast, region, kind of evidence and method, by the bootstrap over subjects and
        stimuli where both kinds have it, and by the t-test across subjects elsewhere. `agreement` says what
        the verdicts by RSA and by raw scores are to each other. No rows without encoding models.
    """
    if encoding_contrasts.empty or contrasts.empty:
        return _typed(pd.DataFrame(columns=list(EVIDENCE_COMPARED)))
    first = contrasts[contrasts["method"] == contrasts["method"].iloc[0]]
    both = pd.concat(
        [first.assign(evidence=_RSA), encoding_contrasts.assign(evidence=_OF_ENCODING)], ignore_index=True
    )
    both = both[(both["kind"] != PAIR) & both["test"].isin([DUAL_BOOTSTRAP, T_TEST])]
    both["verdict"] = np.select(
        [
            both["undefined"] != "",
            (both["q"] < inference.false_discovery_rate) & (both["estimate"] > 0),
            (both["q"] < inference.false_discovery_rate) & (both["estimate"] < 0) & (both["label_b"] != ""),
        ],
        [UNDEFINED, HIGHER, LOWER],
        NO_EVIDENCE,
    )
    parts = []
    for _, rows in both.groupby(["contrast", "roi"], sort=False):
        main = rows[rows["method"] != ENCODING_NORMALISED]
        verdicts = main.pivot(index="test", columns="evidence", values="verdict")
        if set(verdicts.columns) != set(KINDS_OF_EVIDENCE):
            # A region in which no subject has a channel with signal has no scores.
            continue
        defined = verdicts.index[(verdicts != UNDEFINED).all(axis=1) & verdicts.notna().all(axis=1)]
        test = next((one for one in (DUAL_BOOTSTRAP, T_TEST) if one in defined), verdicts.index[-1])
        chosen = verdicts.loc[test]
        parts.append(
            rows[rows["test"] == test].assign(agreement=_agreement(chosen[_RSA], chosen[_OF_ENCODING]))
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(EVIDENCE_COMPARED))
    return _typed(table[list(EVIDENCE_COMPARED)])


def _agreement(by_rsa: str, by_encoding: str) -> str:
    if UNDEFINED in (by_rsa, by_encoding):
        return NOT_COMPARED
    if by_rsa == by_encoding:
        return IN_NEITHER if by_rsa == NO_EVIDENCE else SAME_DIRECTION
    if NO_EVIDENCE in (by_rsa, by_encoding):
        return ENCODING_ALONE if by_rsa == NO_EVIDENCE else RSA_ALONE
    return OPPOSITE


def rank_models(
    similarities: pd.DataFrame, encoding_scores: pd.DataFrame, models: Mapping[str, ModelSpec]
) -> pd.DataFrame:
    """Rank models by their similarity to each region and by how well they predict its responses.

    Parameters
    ----------
    similarities, encoding_scores : DataFrame
        As the catalog has them; the first method and the reported layer of each model count.
    models : mapping of str to ModelSpec
        Untrained twins are left out: that both kinds of evidence put them last says little.

    Returns
    -------
    DataFrame
        A row for each region and model, and for the mean over the regions that all subjects have: the mean
        over subjects of `similarity`, `r` and `r_normalised`, the ranks of `similarity` and of `r`, the best
        model first, and Kendall's tau-b of the two over the `n_models`, with its p. tau is missing with fewer
        than three models. No rows without encoding models.

    References
    ----------
    Kendall (1938), Biometrika 30: 81-93, by `scipy.stats.kendalltau`.
    """
    if encoding_scores.empty:
        return _typed(pd.DataFrame(columns=list(MODEL_RANKS)))
    rsa = similarities[similarities["reported"] & (similarities["method"] == similarities["method"].iloc[0])]
    trained = [
        name
        for name in rsa["model"].unique()
        if models[name].twin_of is None and name in set(encoding_scores["model"])
    ]
    place = ["subject", *REGION, "model"]
    both = rsa[[*place, "label", "modality", "task", "similarity"]].merge(
        encoding_scores[[*place, "r", "r_normalised"]], on=place
    )
    both = both[both["model"].isin(trained)].dropna(subset=["similarity", "r"])
    parts = [_ranked(rows) for _, rows in both.groupby(list(REGION), sort=False)]
    common = both[in_common_regions(both["roi"], both["subject"], both["selectivity"])]
    if len(common):
        parts.insert(0, _ranked(common.assign(selectivity=EVERY_REGION, roi=EVERY_REGION)))
    if not parts:
        return _typed(pd.DataFrame(columns=list(MODEL_RANKS)))
    return _typed(pd.concat(parts, ignore_index=True)[list(MODEL_RANKS)])


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    from scipy.stats import kendalltau

    labels = [*REGION, "model", "label", "modality", "task"]
    values = ["similarity", "r", "r_normalised"]
    means = rows.groupby(labels, sort=False)[values].mean().reset_index()
    tau, p = np.nan, np.nan
    if len(means) > 2:
        found = kendalltau(means["similarity"], means["r"])
        tau, p = float(found.statistic), float(found.pvalue)
    ranks: dict[str, Any] = {
        f"{name}_rank": means[name].rank(ascending=False, method="min") for name in ("similarity", "r")
    }
    return means.assign(**ranks, kendall_tau=tau, p=p, n_models=len(means))


_MAY_BE_MISSING = "n_groups"
_WHOLE = ("n", "n_stimuli", "n_models", "similarity_rank", "r_rank")
_NUMBERS = (
    "estimate", "lower", "upper", "p", "q", "similarity", "r", "r_normalised", "kendall_tau",
)  # fmt: skip


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    kinds = dict.fromkeys(_WHOLE, "int64") | dict.fromkeys(_NUMBERS, "float64")
    kinds |= {_MAY_BE_MISSING: "Int64"}
    return table.astype({column: kinds.get(column, "str") for column in table.columns})
