"""Schemas of the tables that describe clusters of stimuli."""

from __future__ import annotations

import pandera.pandas as pa

from tyrosine.tables import columns
from tyrosine.tables.schema import correlation, count, one_of, share, table_schema, text

clusters = table_schema(
    "clusters",
    columns.CLUSTERS,
    unique=["subject", "roi", "stimulus_id"],
    position=count(0),
    cut_by=one_of(columns.CUTS),
)

_ENRICHMENT = {
    "count": count(),
    "n_cluster": count(),
    "n_total": count(),
    "odds_ratio": pa.Column("float64", pa.Check.ge(0), nullable=True),
    "p": share(),
    "q": share(),
}
_ENRICHED = [
    pa.Check(
        lambda table: table["count"] <= table[["n_cluster", "n_total"]].min(axis=1),
        name="a count is at most its cluster and its category",
    ),
    pa.Check(
        lambda table: table[["n_cluster", "n_total"]].max(axis=1) <= table["n_stimuli"],
        name="no cluster or category has more than all stimuli",
    ),
    pa.Check(
        lambda table: (
            table["odds_ratio"].isna() == (table[["n_cluster", "n_total"]].max(axis=1) == table["n_stimuli"])
        ),
        name="an odds ratio is undefined only where cluster or category has all stimuli",
    ),
    pa.Check(lambda table: table["p"] <= table["q"] * (1 + 1e-12), name="q is at least p"),
]

cluster_categories = table_schema(
    "cluster_categories",
    columns.CLUSTER_CATEGORIES,
    unique=["subject", "roi", "cluster", "category_id"],
    checks=_ENRICHED,
    category_id=count(),
    category=text(),
    supercategory=text(),
    **_ENRICHMENT,
)

cluster_supercategories = table_schema(
    "cluster_supercategories",
    columns.CLUSTER_SUPERCATEGORIES,
    unique=["subject", "roi", "cluster", "supercategory"],
    checks=_ENRICHED,
    supercategory=text(),
    **_ENRICHMENT,
)

cluster_summary = table_schema(
    "cluster_summary",
    columns.CLUSTER_SUMMARY,
    unique=["subject", "roi"],
    checks=[
        pa.Check(
            lambda table: table["silhouette"].isna() == (table["silhouette_undefined"] != ""),
            name="a silhouette or the reason why it is undefined",
        )
    ],
    linkage=text(),
    cut_by=one_of(columns.CUTS),
    stability=correlation(nullable=True),
    cut=pa.Column("float64", pa.Check.ge(0)),
    n_clusters=count(),
    n_singletons=count(0),
    silhouette=correlation(nullable=True),
    silhouette_undefined=one_of(["", columns.ONE_CLUSTER, columns.ALL_APART]),
    cophenetic_correlation=correlation(nullable=True),
)

# Estimates from repetitions may be negative.
_MEAN_DISSIMILARITY = pa.Column("float64", nullable=True)

cluster_sizes = table_schema(
    "cluster_sizes",
    columns.CLUSTER_SIZES,
    unique=["subject", "roi", "cluster"],
    checks=[
        pa.Check(
            lambda table: table["mean_dissimilarity"].isna() == (table["size"] == 1),
            name="no mean dissimilarity only in a cluster of one stimulus",
        )
    ],
    size=count(),
    silhouette=correlation(nullable=True),
    mean_dissimilarity=_MEAN_DISSIMILARITY,
)

central_stimuli = table_schema(
    "central_stimuli",
    columns.CENTRAL_STIMULI,
    unique=["subject", "roi", "cluster", "rank"],
    rank=count(),
    mean_dissimilarity=_MEAN_DISSIMILARITY,
)
