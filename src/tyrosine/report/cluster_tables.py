"""The tables of clusters that the report shows."""

from __future__ import annotations

import math

import pandas as pd

from tyrosine.rsa.enrichment import characterising

_NONE = "–"
_CLUSTER = ["subject", "roi", "cluster"]


def tabulate_clusters(cluster_summary: pd.DataFrame, cluster_sizes: pd.DataFrame) -> pd.DataFrame:
    """Say how many clusters each region has, how good and how large they are.

    Parameters
    ----------
    cluster_summary, cluster_sizes : DataFrame
        As the catalog has them.

    Returns
    -------
    DataFrame
        One row for each subject and region.
    """
    sizes = cluster_sizes.groupby(["subject", "roi"], sort=False)["size"].agg(
        lambda column: ", ".join(map(str, column))
    )
    return pd.DataFrame(
        {
            "subject": cluster_summary["subject"],
            "ROI": cluster_summary["roi"],
            "clusters": cluster_summary["n_clusters"],
            "number by": cluster_summary["cut_by"],
            "of one stimulus": cluster_summary["n_singletons"],
            "silhouette": [
                f"undefined ({row.silhouette_undefined})"
                if row.silhouette_undefined
                else _decimals(row.silhouette)
                for row in cluster_summary.itertuples()
            ],
            "cophenetic correlation": [_decimals(r) for r in cluster_summary["cophenetic_correlation"]],
            "stability": [_decimals(r) for r in cluster_summary["stability"]],
            "sizes": [sizes[row.subject, row.roi] for row in cluster_summary.itertuples()],
        }
    )


def tabulate_characteristics(
    cluster_sizes: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    cluster_supercategories: pd.DataFrame,
    max_q: float = 0.05,
) -> pd.DataFrame:
    """Say which categories characterise each cluster.

    Parameters
    ----------
    cluster_sizes, cluster_categories, cluster_supercategories : DataFrame
        As the catalog has them.
    max_q : float
        Categories with a `q` below it are over-represented.

    Returns
    -------
    DataFrame
        One row a cluster of at least two stimuli, the largest of a region first: at most three categories
        and supercategories with their odds ratios, the largest first; `–` if none is over-represented.
    """
    clusters = cluster_sizes[cluster_sizes["size"] > 1]
    keys = list(clusters[_CLUSTER].itertuples(index=False, name=None))
    columns = {
        f"{name} (odds ratio)": _listed(characterising(table, max_q), column)
        for name, column, table in (
            ("categories", "category", cluster_categories),
            ("supercategories", "supercategory", cluster_supercategories),
        )
    }
    return pd.DataFrame(
        {
            "subject": clusters["subject"].to_numpy(),
            "ROI": clusters["roi"].to_numpy(),
            "cluster": clusters["cluster"].to_numpy(),
            "stimuli": clusters["size"].to_numpy(),
            "silhouette": [_decimals(silhouette) for silhouette in clusters["silhouette"]],
            **{name: [listed.get(key, _NONE) for key in keys] for name, listed in columns.items()},
        }
    )


def _listed(chosen: pd.DataFrame, name: str) -> dict[tuple, str]:
    """Categories of each cluster with their odds ratios, as text."""
    listed: dict[tuple, list[str]] = {}
    for row in chosen.to_dict("records"):
        ratio = "∞" if math.isinf(row["odds_ratio"]) else f"{row['odds_ratio']:.3g}"
        listed.setdefault(tuple(row[key] for key in _CLUSTER), []).append(f"{row[name]} ({ratio})")
    return {cluster: ", ".join(entries) for cluster, entries in listed.items()}


def _decimals(value: float) -> str:
    # Adding zero after rounding turns minus zero into zero.
    return "undefined" if math.isnan(value) else f"{round(value, 3) + 0.0:.3f}"
