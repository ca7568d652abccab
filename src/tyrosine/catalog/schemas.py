"""Pandera schemas of the tables of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandera.pandas as pa

from tyrosine.rsa.clustering import ALL_APART, ONE_CLUSTER
from tyrosine.rsa.similarity import METHODS
from tyrosine.studies.tables import ORDER_COLUMNS, ROW_SOURCES


def _list_of(kinds: type | tuple[type, ...]) -> pa.Check:
    def every_entry(value: Any) -> bool:
        return isinstance(value, Sequence | np.ndarray) and all(isinstance(entry, kinds) for entry in value)

    return pa.Check(every_entry, element_wise=True, name="list entries have the right type")


def _text(**options: Any) -> pa.Column:
    return pa.Column(str, pa.Check.str_length(min_value=1), **options)


_SUBJECT = pa.Column("int64", pa.Check.ge(1))
_CLUSTER = pa.Column("int64", pa.Check.ge(0))
_REGION = {"selectivity": _text(), "roi": _text()}

_ORDERS = {column: pa.Column("Int64", pa.Check.ge(0), nullable=True) for column in ORDER_COLUMNS}

stimuli = pa.DataFrameSchema(
    {
        "stimulus_id": _text(unique=True),
        "image": _text(),
        "image_sha256": pa.Column(str, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
        "nsd_id": pa.Column("Int64", nullable=True),
        "coco_id": pa.Column("Int64", nullable=True),
        "captions": pa.Column(object, _list_of(str)),
        "category_ids": pa.Column(object, _list_of((int, np.integer))),
        "uncropped_category_ids": pa.Column(object, _list_of((int, np.integer))),
        "categories": pa.Column(object, _list_of(str)),
        "supercategories": pa.Column(object, _list_of(str)),
        "coco_split": pa.Column("string", nullable=True),
        "crop_box": pa.Column(object, _list_of((float, np.floating))),
        "row_source": pa.Column(str, pa.Check.isin(ROW_SOURCES)),
        **_ORDERS,
    },
    checks=pa.Check(lambda table: len(table) >= 2, name="at least two stimuli"),
    strict=True,
    name="stimuli",
)

clusters = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "stimulus_id": _text(),
        "cluster": _CLUSTER,
        "position": pa.Column("int64", pa.Check.ge(0)),
    },
    unique=["subject", "roi", "stimulus_id"],
    strict=True,
    name="clusters",
)

_SHARE = pa.Check.in_range(0, 1)
_ENRICHMENT = {
    "count": pa.Column("int64", pa.Check.ge(1)),
    "n_cluster": pa.Column("int64", pa.Check.ge(1)),
    "n_total": pa.Column("int64", pa.Check.ge(1)),
    "n_stimuli": pa.Column("int64", pa.Check.ge(2)),
    "odds_ratio": pa.Column("float64", pa.Check.ge(0), nullable=True),
    "p": pa.Column("float64", _SHARE),
    "q": pa.Column("float64", _SHARE),
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

cluster_categories = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "cluster": _CLUSTER,
        "category_id": pa.Column("int64", pa.Check.ge(1)),
        "category": _text(),
        "supercategory": _text(),
        **_ENRICHMENT,
    },
    checks=_ENRICHED,
    unique=["subject", "roi", "cluster", "category_id"],
    strict=True,
    name="cluster_categories",
)

cluster_supercategories = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "cluster": _CLUSTER,
        "supercategory": _text(),
        **_ENRICHMENT,
    },
    checks=_ENRICHED,
    unique=["subject", "roi", "cluster", "supercategory"],
    strict=True,
    name="cluster_supercategories",
)

_SILHOUETTE = pa.Column("float64", pa.Check.in_range(-1, 1), nullable=True)

cluster_summary = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "linkage": _text(),
        "cut": pa.Column("float64", pa.Check.ge(0)),
        "n_stimuli": pa.Column("int64", pa.Check.ge(2)),
        "n_clusters": pa.Column("int64", pa.Check.ge(1)),
        "n_singletons": pa.Column("int64", pa.Check.ge(0)),
        "silhouette": _SILHOUETTE,
        "silhouette_undefined": pa.Column(str, pa.Check.isin(["", ONE_CLUSTER, ALL_APART])),
        "cophenetic_correlation": pa.Column("float64", pa.Check.in_range(-1, 1), nullable=True),
    },
    checks=pa.Check(
        lambda table: table["silhouette"].isna() == (table["silhouette_undefined"] != ""),
        name="a silhouette or the reason why it is undefined",
    ),
    unique=["subject", "roi"],
    strict=True,
    name="cluster_summary",
)

cluster_sizes = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "cluster": _CLUSTER,
        "size": pa.Column("int64", pa.Check.ge(1)),
        "silhouette": _SILHOUETTE,
        "mean_dissimilarity": pa.Column("float64", pa.Check.ge(0), nullable=True),
    },
    checks=pa.Check(
        lambda table: table["mean_dissimilarity"].isna() == (table["size"] == 1),
        name="no mean dissimilarity only in a cluster of one stimulus",
    ),
    unique=["subject", "roi", "cluster"],
    strict=True,
    name="cluster_sizes",
)

central_stimuli = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "cluster": _CLUSTER,
        "rank": pa.Column("int64", pa.Check.ge(1)),
        "stimulus_id": _text(),
        "mean_dissimilarity": pa.Column("float64", pa.Check.ge(0), nullable=True),
    },
    unique=["subject", "roi", "cluster", "rank"],
    strict=True,
    name="central_stimuli",
)

_METHOD = pa.Column(str, pa.Check.isin(list(METHODS)))

similarities = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "model": _text(),
        "label": _text(),
        "modality": pa.Column(str, pa.Check.isin(["vision", "language"])),
        "task": _text(),
        "layer": _text(),
        "method": _METHOD,
        "similarity": pa.Column("float64", pa.Check.in_range(-1, 1)),
    },
    unique=["subject", "roi", "model", "layer", "method"],
    strict=True,
    name="similarities",
)

noise_ceilings = pa.DataFrameSchema(
    {
        **_REGION,
        "method": _METHOD,
        "lower": pa.Column("float64", pa.Check.in_range(-1, 1), nullable=True),
        "upper": pa.Column("float64", pa.Check.in_range(-1, 1), nullable=True),
        "n_subjects": _SUBJECT,
    },
    checks=[
        pa.Check(
            lambda table: (table["lower"] <= table["upper"]) | (table["n_subjects"] < 2),
            name="lower is at most upper",
        ),
        pa.Check(
            lambda table: table["lower"].isna() == (table["n_subjects"] < 2),
            name="no ceiling only where one subject has the region",
        ),
    ],
    unique=["roi", "method"],
    strict=True,
    name="noise_ceilings",
)

region_coverage = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "n_voxels": pa.Column("Int64", pa.Check.ge(0), nullable=True),
        "covered": pa.Column(bool),
    },
    unique=["subject", "roi"],
    strict=True,
    name="region_coverage",
)

rdm_agreement = pa.DataFrameSchema(
    {
        "subject": _SUBJECT,
        **_REGION,
        "hemisphere": pa.Column(str, pa.Check.isin(["lh", "rh", "both"])),
        "correlation": pa.Column("float64", pa.Check.in_range(-1, 1), nullable=True),
        "max_difference": pa.Column("float64", pa.Check.ge(0)),
    },
    unique=["subject", "roi", "hemisphere"],
    strict=True,
    name="rdm_agreement",
)

stimuli_metadata = pa.DataFrameSchema(
    {
        "coco_id": pa.Column("Int64", nullable=True, coerce=True),
        "nsd_id": pa.Column("Int64", nullable=True, coerce=True),
        "caption": pa.Column(nullable=True),
        "category_id": pa.Column(nullable=True),
        **{
            column: pa.Column("Int64", pa.Check.ge(0), nullable=True, coerce=True) for column in ORDER_COLUMNS
        },
    },
    strict=True,
    ordered=True,
    name="stimuli_metadata",
)

miniature_metrics = pa.DataFrameSchema(
    {
        "miniature": _text(unique=True),
        "task": _text(),
        "metric": _text(),
        "value": pa.Column("float64", pa.Check.ge(0)),
        "baseline": pa.Column("float64", pa.Check.ge(0)),
        "baseline_is": _text(),
        "higher_is_better": pa.Column(bool),
        "n_held_out": pa.Column("int64", pa.Check.ge(1)),
        "n_parameters": pa.Column("int64", pa.Check.ge(1)),
        "sha256": pa.Column(str, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
    },
    strict=True,
    name="miniature_metrics",
)
