"""Pandera schemas of the tables of the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandera.pandas as pa

from tyrosine.parameters.measures import (
    DUAL_BOOTSTRAP,
    METHODS,
    STIMULUS_PERMUTATION,
    tests_across_subjects,
)
from tyrosine.rsa.clustering import ALL_APART, ONE_CLUSTER
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


def _known(names: Callable[[], Iterable[str]]) -> pa.Column:
    """A column of names of entries of a table of measures, as they are when a table is checked."""
    return pa.Column(
        str, pa.Check(lambda column: column.isin(list(names())), name="is in the table of measures")
    )


_METHOD = _known(lambda: METHODS)

_SIMILARITIES: dict[str, Any] = {
    "columns": {
        "subject": _SUBJECT,
        **_REGION,
        "model": _text(),
        "label": _text(),
        "modality": pa.Column(str, pa.Check.isin(["vision", "language"])),
        "task": _text(),
        "layer": _text(),
        "reported": pa.Column(bool),
        "method": _METHOD,
        "similarity": pa.Column("float64", pa.Check.in_range(-1, 1)),
    },
    "unique": ["subject", "roi", "model", "layer", "method"],
    "strict": True,
}
similarities = pa.DataFrameSchema(**_SIMILARITIES, name="similarities")
true_similarities = pa.DataFrameSchema(**_SIMILARITIES, name="true_similarities")

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

# Tables of inference: a row is a test, and has numbers or the reason why not.
_NUMBER = pa.Column("float64", nullable=True)
_CORRELATION = pa.Column("float64", pa.Check.in_range(-1, 1), nullable=True)
_COUNT = pa.Column("int64", pa.Check.ge(1))
_RESAMPLES = pa.Column("Int64", pa.Check.ge(0), nullable=True)
_MODEL = {
    "model": _text(),
    "label": _text(),
    "modality": pa.Column(str, pa.Check.isin(["vision", "language"])),
    "task": _text(),
    "layer": _text(),
    "reported": pa.Column(bool),
}
_INTERVAL = {"lower": _NUMBER, "upper": _NUMBER}
_EVIDENCE = {
    "p": pa.Column("float64", _SHARE, nullable=True),
    "q": pa.Column("float64", _SHARE, nullable=True),
    "family": _text(),
    "undefined": pa.Column(str),
}
_NUMBERS_OR_A_REASON = [
    *(
        pa.Check(
            lambda table, column=column: table[column].isna() == (table["undefined"] != ""),
            name=f"{column} or the reason why there is none",
        )
        for column in ("estimate", "p", "q")
    ),
    pa.Check(lambda table: ~(table["q"] < table["p"] * (1 - 1e-12)), name="q is at least p"),
    pa.Check(
        lambda table: ~((table["lower"] > table["estimate"]) | (table["upper"] < table["estimate"])),
        name="the estimate lies in its interval",
    ),
]

model_tests = pa.DataFrameSchema(
    {
        "subject": pa.Column("Int64", pa.Check.ge(1), nullable=True),
        **_REGION,
        **_MODEL,
        "method": _METHOD,
        "question": pa.Column(str, pa.Check.isin(["above chance", "below ceiling"])),
        "test": _known(lambda: [*tests_across_subjects(), STIMULUS_PERMUTATION]),
        "n": _COUNT,
        "n_resamples": _RESAMPLES,
        "estimate": _NUMBER,
        **_INTERVAL,
        "statistic": _NUMBER,
        **_EVIDENCE,
    },
    checks=[
        *_NUMBERS_OR_A_REASON,
        pa.Check(
            lambda table: table["subject"].notna() == (table["test"] == STIMULUS_PERMUTATION),
            name="a subject only where a test is within one",
        ),
    ],
    unique=["subject", "roi", "model", "layer", "method", "question", "test"],
    strict=True,
    name="model_tests",
)

bootstrap_similarities = pa.DataFrameSchema(
    {
        **_REGION,
        **_MODEL,
        "method": _METHOD,
        "over": pa.Column(str, pa.Check.isin(["subjects", "stimuli", "both"])),
        "test": _text(),
        "n_subjects": _COUNT,
        "n_stimuli": _COUNT,
        "n_resamples": _RESAMPLES,
        "estimate": _CORRELATION,
        "standard_error": pa.Column("float64", pa.Check.gt(0), nullable=True),
        **_INTERVAL,
        **_EVIDENCE,
    },
    checks=_NUMBERS_OR_A_REASON,
    unique=["roi", "model", "layer", "method", "over"],
    strict=True,
    name="bootstrap_similarities",
)

contrasts = pa.DataFrameSchema(
    {
        "contrast": _text(),
        "kind": pa.Column(str, pa.Check.isin(["pair", "named", "group"])),
        "question": pa.Column(str),
        "models_a": pa.Column(str),
        "models_b": pa.Column(str),
        "label_a": _text(),
        "label_b": pa.Column(str),
        **_REGION,
        "method": _METHOD,
        "test": _known(lambda: [*tests_across_subjects(), DUAL_BOOTSTRAP]),
        "n": _COUNT,
        "n_resamples": _RESAMPLES,
        "estimate": _NUMBER,
        **_INTERVAL,
        "effect_size": _NUMBER,
        "statistic": _NUMBER,
        **_EVIDENCE,
    },
    checks=[
        *_NUMBERS_OR_A_REASON,
        pa.Check(
            lambda table: (table["question"] == "") == (table["kind"] == "pair"),
            name="pairs, and only they, belong to no question",
        ),
        pa.Check(
            lambda table: (table["label_b"] == "") == (table["kind"] == "group"),
            name="groups, and only they, have one side",
        ),
    ],
    unique=["contrast", "roi", "method", "test"],
    strict=True,
    name="contrasts",
)

variance_partition = pa.DataFrameSchema(
    {
        **_REGION,
        "component": _text(),
        "kind": pa.Column(str, pa.Check.isin(["total", "alone", "unique", "shared", "partial correlation"])),
        "method": pa.Column(str, pa.Check.isin(["rank regression", "partial rank correlation"])),
        "test": pa.Column(str, pa.Check.isin(["t-test"])),
        "n": _COUNT,
        "n_folds": pa.Column("int64", pa.Check.ge(2)),
        "estimate": _NUMBER,
        **_INTERVAL,
        "statistic": _NUMBER,
        **_EVIDENCE,
    },
    checks=_NUMBERS_OR_A_REASON,
    unique=["roi", "component", "kind"],
    strict=True,
    name="variance_partition",
)

_KIND = pa.Column(str, pa.Check.isin(["region", "model"]))

second_order_rdm = pa.DataFrameSchema(
    {
        "kind_a": _KIND,
        "a": _text(),
        "kind_b": _KIND,
        "b": _text(),
        "method": _METHOD,
        "dissimilarity": pa.Column("float64", pa.Check.in_range(0, 2)),
    },
    checks=[
        pa.Check(
            lambda table: (
                (table["dissimilarity"] == 0)
                | (table["kind_a"] != table["kind_b"])
                | (table["a"] != table["b"])
            ),
            name="nothing is dissimilar to itself",
        ),
        pa.Check(
            lambda table: len(table) == len(table[["kind_a", "a"]].drop_duplicates()) ** 2,
            name="every region and model with every other",
        ),
    ],
    unique=["kind_a", "a", "kind_b", "b"],
    strict=True,
    name="second_order_rdm",
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
