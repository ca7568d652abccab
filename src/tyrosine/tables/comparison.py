"""Schemas of the tables of similarities, of noise ceilings, and of regions and models among each other."""

from __future__ import annotations

import pandera.pandas as pa

from tyrosine.parameters.analysis import FROM_PATTERNS, FROM_RDMS
from tyrosine.tables import columns
from tyrosine.tables.schema import (
    correlation,
    count,
    number,
    numbers_or_a_reason,
    one_of,
    table_schema,
    text,
)

_LAYER_OF_A_MODEL = ["subject", "roi", "model", "layer", "method"]

_ENGINE = {
    "engine": one_of([FROM_RDMS, FROM_PATTERNS]),
    "standard_error": pa.Column("float64", pa.Check.ge(0), nullable=True),
}

similarities, true_similarities = (
    table_schema(
        name,
        columns.SIMILARITIES,
        unique=_LAYER_OF_A_MODEL,
        checks=numbers_or_a_reason("similarity"),
        similarity=correlation(nullable=True),
        **_ENGINE,
    )
    for name in ("similarities", "true_similarities")
)

population_similarities = table_schema(
    "population_similarities",
    columns.POPULATION_SIMILARITIES,
    unique=[*_LAYER_OF_A_MODEL, "part"],
    checks=numbers_or_a_reason("similarity"),
    similarity=correlation(nullable=True),
    part=count(0),
    **_ENGINE,
)

layer_choices = table_schema(
    "layer_choices",
    columns.LAYER_CHOICES,
    unique=["subject", "roi", "model", "method", "draw", "fold"],
    checks=[
        *numbers_or_a_reason("similarity"),
        pa.Check(
            lambda table: (table["layer"] == "") == (table["undefined"] != ""),
            name="layer or the reason why there is none",
        ),
    ],
    draw=count(),
    fold=count(),
    layer=pa.Column(str),
    n_choosing=count(0),
    similarity=correlation(nullable=True),
    jackknifed=pa.Column("float64", nullable=True),
)

noise_ceilings = table_schema(
    "noise_ceilings",
    columns.NOISE_CEILINGS,
    unique=["roi", "method"],
    checks=[
        pa.Check(
            lambda table: (table["lower"] <= table["upper"]) | (table["undefined"] != ""),
            name="lower is at most upper",
        ),
        pa.Check(
            lambda table: (table["undefined"] != "") | (table["n_subjects"] > 1),
            name="no ceiling where one subject has the region",
        ),
        *numbers_or_a_reason("lower", "upper"),
    ],
    lower=correlation(nullable=True),
    upper=correlation(nullable=True),
)

ceiling_shares = table_schema(
    "ceiling_shares",
    columns.CEILING_SHARES,
    unique=["contrast", "roi", "method"],
    checks=[
        pa.Check(
            lambda table: (table["undefined"] != "") | (table["ceiling_lower"] > 0),
            name="no share where the interval of the ceiling reaches down to zero",
        ),
        pa.Check(
            lambda table: (table["undefined"] != "") | table["share"].between(table["lower"], table["upper"]),
            name="a share lies within its interval",
        ),
        *numbers_or_a_reason("share", "lower", "upper"),
    ],
    contrast=text(),
    share=number(),
    ceiling=correlation(nullable=True),
    ceiling_lower=number(),
    ceiling_upper=number(),
)

second_order_rdm = table_schema(
    "second_order_rdm",
    columns.SECOND_ORDER_RDM,
    unique=["kind_a", "a", "kind_b", "b"],
    checks=[
        pa.Check(
            lambda table: (
                (table["dissimilarity"].fillna(0) == 0)
                | (table["kind_a"] != table["kind_b"])
                | (table["a"] != table["b"])
            ),
            name="nothing is dissimilar to itself",
        ),
        pa.Check(
            lambda table: len(table) == len(table[["kind_a", "a"]].drop_duplicates()) ** 2,
            name="every region and model with every other",
        ),
        *numbers_or_a_reason("dissimilarity"),
    ],
    kind_a=one_of(columns.KINDS),
    a=text(),
    kind_b=one_of(columns.KINDS),
    b=text(),
    dissimilarity=pa.Column("float64", pa.Check.in_range(0, 2), nullable=True),
)
