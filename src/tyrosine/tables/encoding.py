"""Schemas of the tables of encoding models."""

from __future__ import annotations

import pandera.pandas as pa

from tyrosine.parameters.measures import METHODS, tests_of_figures
from tyrosine.tables import columns
from tyrosine.tables.inference import contrasts_schema, partition_schema, scores_over_schema
from tyrosine.tables.schema import (
    correlation,
    count,
    measure,
    number,
    numbers_or_a_reason,
    one_of,
    share,
    table_schema,
    text,
)

_SPLITS = one_of(["folds", "own images"])

encoding_scores = table_schema(
    "encoding_scores",
    columns.ENCODING_SCORES,
    unique=["subject", "roi", "model"],
    checks=[
        *numbers_or_a_reason("r", "r2", "median_penalty"),
        pa.Check(lambda table: table["n_masked"] <= table["n_channels"], name="no more masked than channels"),
        pa.Check(
            lambda table: table["r_normalised"].isna() == table["r2_normalised"].isna(),
            name="both scores are normalised or none",
        ),
        pa.Check(lambda table: ~(table["r2"] > 1), name="no more variance is predicted than there is"),
    ],
    split=_SPLITS,
    n_training=count(0),
    n_repetitions=pa.Column("float64", pa.Check.ge(1), nullable=True),
    n_channels=count(),
    n_masked=count(0),
    median_penalty=pa.Column("float64", pa.Check.gt(0), nullable=True),
    r=correlation(nullable=True),
    r2=number(),
    r_normalised=number(),
    r2_normalised=number(),
    predicted_rdm_similarity=correlation(nullable=True),
)

encoding_channels = table_schema(
    "encoding_channels",
    columns.ENCODING_CHANNELS,
    unique=["subject", "roi", "hemisphere", "channel", "model"],
    hemisphere=text(),
    channel=count(0),
    ncsnr=pa.Column("float64", pa.Check.ge(0), nullable=True),
    ceiling=share(nullable=True),
    masked=pa.Column(bool),
    penalty=pa.Column("float64", pa.Check.gt(0), nullable=True),
    r=correlation(nullable=True),
    r2=number(),
    r_normalised=number(),
    r2_normalised=number(),
)

encoding_tests = scores_over_schema(
    "encoding_tests", columns.ENCODING_TESTS, method=one_of(columns.ENCODING_METHODS), estimate=number()
)

encoding_contrasts = contrasts_schema(
    "encoding_contrasts", columns.ENCODING_CONTRASTS, method=one_of(columns.ENCODING_METHODS)
)

evidence_compared = table_schema(
    "evidence_compared",
    columns.EVIDENCE_COMPARED,
    unique=["contrast", "roi", "method"],
    checks=[
        *numbers_or_a_reason("estimate", "p", "q"),
        pa.Check(
            lambda table: (table["verdict"] == columns.UNDEFINED) == (table["undefined"] != ""),
            name="a verdict or the reason why there is none",
        ),
        pa.Check(
            lambda table: (table["evidence"] == "encoding") == table["method"].isin(columns.ENCODING_METHODS),
            name="methods of encoding are evidence of that kind",
        ),
    ],
    question=text(),
    contrast=text(),
    kind=one_of([columns.NAMED, columns.GROUP]),
    models_a=pa.Column(str),
    models_b=pa.Column(str),
    label_a=text(),
    label_b=pa.Column(str),
    evidence=one_of(columns.KINDS_OF_EVIDENCE),
    method=measure(lambda: [*METHODS, *columns.ENCODING_METHODS]),
    test=measure(tests_of_figures),
    verdict=one_of([columns.HIGHER, columns.LOWER, columns.NO_EVIDENCE, columns.UNDEFINED]),
    agreement=one_of(columns.AGREEMENTS),
)

model_ranks = table_schema(
    "model_ranks",
    columns.MODEL_RANKS,
    unique=["roi", "model"],
    similarity=correlation(),
    similarity_rank=count(),
    r=correlation(),
    r_normalised=number(),
    r_rank=count(),
    kendall_tau=correlation(nullable=True),
    n_models=count(),
)

# Weights that are fitted to each subject's own images are tested in one fold.
encoding_variance_partition = partition_schema(
    "encoding_variance_partition",
    columns.ENCODING_VARIANCE_PARTITION,
    [columns.BANDED_RIDGE, columns.BANDED_NORMALISED],
    least_folds=0,
)
