"""Schemas of the tables of similarities, of noise ceilings, and of regions and models among each other."""

from __future__ import annotations

import pandera.pandas as pa

from tyrosine.tables import columns
from tyrosine.tables.schema import correlation, one_of, table_schema, text

_LAYER_OF_A_MODEL = ["subject", "roi", "model", "layer", "method"]

similarities = table_schema(
    "similarities", columns.SIMILARITIES, unique=_LAYER_OF_A_MODEL, similarity=correlation()
)
true_similarities = table_schema(
    "true_similarities", columns.SIMILARITIES, unique=_LAYER_OF_A_MODEL, similarity=correlation()
)

noise_ceilings = table_schema(
    "noise_ceilings",
    columns.NOISE_CEILINGS,
    unique=["roi", "method"],
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
    lower=correlation(nullable=True),
    upper=correlation(nullable=True),
)

second_order_rdm = table_schema(
    "second_order_rdm",
    columns.SECOND_ORDER_RDM,
    unique=["kind_a", "a", "kind_b", "b"],
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
    kind_a=one_of(columns.KINDS),
    a=text(),
    kind_b=one_of(columns.KINDS),
    b=text(),
    dissimilarity=pa.Column("float64", pa.Check.in_range(0, 2)),
)
