"""Schema of the table of the pipeline `sensitivity`."""

from __future__ import annotations

import pandera.pandas as pa

from tyrosine.parameters.measures import DUAL_BOOTSTRAP, METHODS, REWEIGHTED, T_TEST
from tyrosine.tables import columns
from tyrosine.tables.schema import measure, numbers_or_a_reason, one_of, table_schema, text

answer_survival = table_schema(
    "answer_survival",
    columns.ANSWER_SURVIVAL,
    unique=["contrast", "brain_distance", "method", "stimulus_groups", "captions", "layer", "left_out"],
    checks=[
        *numbers_or_a_reason("estimate", "p", "q"),
        pa.Check(
            lambda table: table["main"] == ~table.duplicated("contrast"),
            name="the first row of each contrast, and only it, is that of the run",
        ),
        pa.Check(
            lambda table: (table["verdict"] == columns.UNDEFINED) == (table["undefined"] != ""),
            name="a verdict, or the reason why there is none",
        ),
    ],
    question=text(),
    contrast=text(),
    kind=one_of([columns.NAMED, columns.GROUP]),
    label_a=text(),
    label_b=pa.Column(str),
    models_a=text(),
    models_b=pa.Column(str),
    brain_distance=text(),
    method=measure(lambda: [*METHODS, REWEIGHTED]),
    stimulus_groups=text(),
    captions=text(),
    left_out=text(),
    main=pa.Column(bool),
    test=one_of([DUAL_BOOTSTRAP, T_TEST]),
    verdict=one_of([columns.HIGHER, columns.LOWER, columns.NO_EVIDENCE, columns.UNDEFINED]),
    stands=pa.Column(bool),
)
