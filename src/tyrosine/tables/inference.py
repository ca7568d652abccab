"""Schemas of the tables of inference: a row is a test, and has numbers or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence

import pandera.pandas as pa

from tyrosine.parameters.measures import (
    DUAL_BOOTSTRAP,
    STIMULUS_PERMUTATION,
    T_TEST,
    TRIPLE_BOOTSTRAP,
    tests_across_subjects,
)
from tyrosine.tables import columns
from tyrosine.tables.schema import (
    correlation,
    count,
    measure,
    numbers_or_a_reason,
    one_of,
    table_schema,
    text,
)

_NUMBERS_OR_A_REASON = [
    *numbers_or_a_reason("estimate", "p", "q"),
    pa.Check(lambda table: ~(table["q"] < table["p"] * (1 - 1e-12)), name="q is at least p"),
    pa.Check(
        lambda table: ~((table["lower"] > table["estimate"]) | (table["upper"] < table["estimate"])),
        name="the estimate lies in its interval",
    ),
]

model_tests = table_schema(
    "model_tests",
    columns.MODEL_TESTS,
    unique=["subject", "roi", "model", "layer", "method", "question", "test"],
    checks=[
        *_NUMBERS_OR_A_REASON,
        pa.Check(
            lambda table: table["subject"].notna() == (table["test"] == STIMULUS_PERMUTATION),
            name="a subject only where a test is within one",
        ),
    ],
    subject=pa.Column("Int64", pa.Check.ge(1), nullable=True),
    question=one_of([columns.ABOVE_CHANCE, columns.BELOW_CEILING]),
    test=measure(lambda: [*tests_across_subjects(), STIMULUS_PERMUTATION]),
)


def scores_over_schema(name: str, of: Sequence[str], **own: pa.Column) -> pa.DataFrameSchema:
    """Schema of a table of means over subjects with bootstraps over subjects, over stimuli and over both."""
    return table_schema(
        name,
        of,
        unique=["roi", "model", "layer", "method", "over"],
        checks=_NUMBERS_OR_A_REASON,
        over=one_of(columns.OVER),
        test=text(),
        standard_error=pa.Column("float64", pa.Check.gt(0), nullable=True),
        **own,
    )


bootstrap_similarities = scores_over_schema(
    "bootstrap_similarities", columns.BOOTSTRAP_SIMILARITIES, estimate=correlation(nullable=True)
)

partial_similarities = table_schema(
    "partial_similarities",
    columns.PARTIAL_SIMILARITIES,
    unique=["roi", "model", "layer", "method"],
    checks=_NUMBERS_OR_A_REASON,
    partial_out=text(),
    test=one_of([T_TEST]),
    similarity=correlation(nullable=True),
    estimate=correlation(nullable=True),
)

reweighted_similarities = table_schema(
    "reweighted_similarities",
    columns.REWEIGHTED_SIMILARITIES,
    unique=["roi", "model"],
    checks=_NUMBERS_OR_A_REASON,
    reweighting=one_of(["layers", "features"]),
    weights=one_of(["non-negative", "ridge"]),
    n_weights=count(),
    test=one_of([T_TEST]),
    n_folds=count(2),
    n_fold_draws=count(),
    similarity=correlation(nullable=True),
    ceiling_lower=correlation(nullable=True),
    ceiling_upper=correlation(nullable=True),
    estimate=correlation(nullable=True),
)


def contrasts_schema(name: str, of: Sequence[str], **own: pa.Column) -> pa.DataFrameSchema:
    """Schema of a table of contrasts of models, whatever is contrasted."""
    return table_schema(
        name,
        of,
        unique=["contrast", "roi", "method", "test"],
        checks=[
            *_NUMBERS_OR_A_REASON,
            pa.Check(
                lambda table: (table["question"] == "") == (table["kind"] == columns.PAIR),
                name="pairs, and only they, belong to no question",
            ),
            pa.Check(
                lambda table: (table["label_b"] == "") == (table["kind"] == columns.GROUP),
                name="groups, and only they, have one side",
            ),
        ],
        contrast=text(),
        kind=one_of([columns.PAIR, columns.NAMED, columns.GROUP]),
        question=pa.Column(str),
        models_a=pa.Column(str),
        models_b=pa.Column(str),
        label_a=text(),
        label_b=pa.Column(str),
        regions=pa.Column(str),
        test=measure(lambda: [*tests_across_subjects(), DUAL_BOOTSTRAP, TRIPLE_BOOTSTRAP]),
        **own,
    )


contrasts = contrasts_schema("contrasts", columns.CONTRASTS)

contrast_robustness = table_schema(
    "contrast_robustness",
    columns.CONTRAST_ROBUSTNESS,
    unique=["contrast", "roi", "method"],
    checks=[
        *numbers_or_a_reason("estimate"),
        pa.Check(
            lambda table: (
                ~((table["lowest"] > table["highest"]) | (table["n_pairs_agree"] > table["n_pairs"]))
            ),
            name="the lowest is at most the highest, and no more pairs agree than there are",
        ),
        pa.Check(
            lambda table: (
                table["best"].isna() == ((table["best_undefined"] != "") | (table["undefined"] != ""))
            ),
            name="best or the reason why there is none",
        ),
        pa.Check(
            lambda table: ~(table["holds"] & (table["n_pairs_agree"] < table["n_pairs"])),
            name="no direction holds if a pair says otherwise",
        ),
        pa.Check(
            lambda table: (table["holds"] == (table["depends_on"] == "")) | (table["undefined"] != ""),
            name="a direction holds, or depends on some models",
        ),
    ],
    contrast=text(),
    kind=one_of([columns.NAMED, columns.GROUP]),
    question=text(),
    label_a=text(),
    **{name: pa.Column("float64", nullable=True) for name in ("lowest", "highest")},
    **{name: pa.Column("float64", nullable=True) for name in ("best", "best_lower", "best_upper")},
    **{name: count(0) for name in ("n", "n_pairs", "n_pairs_agree")},
    **{
        name: pa.Column(str)
        for name in (
            "models_a",
            "models_b",
            "label_b",
            "lowest_without",
            "highest_without",
            "best_a",
            "best_b",
        )
    },
    **{name: pa.Column(str) for name in ("best_undefined", "pairs_otherwise", "depends_on", "also_differs")},
    holds=pa.Column(bool),
)


def partition_schema(
    name: str, of: Sequence[str], methods: Sequence[str], least_folds: int = 2
) -> pa.DataFrameSchema:
    """Schema of a table of components of variance, whatever is explained."""
    return table_schema(
        name,
        of,
        unique=["roi", "component", "kind", "method"],
        checks=_NUMBERS_OR_A_REASON,
        component=text(),
        kind=one_of(columns.COMPONENTS),
        method=one_of(methods),
        test=one_of([T_TEST]),
        n_folds=count(least_folds),
        n_fold_draws=count(),
        partial_out=pa.Column(str),
    )


variance_partition = partition_schema(
    "variance_partition", columns.VARIANCE_PARTITION, [columns.RANK_REGRESSION]
)
