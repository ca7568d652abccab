"""Schema of the table of what the miniatures of the simulated study have learnt."""

from __future__ import annotations

import pandera.pandas as pa

from tyrosine.tables import columns
from tyrosine.tables.schema import count, table_schema, text

miniature_metrics = table_schema(
    "miniature_metrics",
    columns.MINIATURE_METRICS,
    miniature=text(unique=True),
    metric=text(),
    value=pa.Column("float64", pa.Check.ge(0)),
    baseline=pa.Column("float64", pa.Check.ge(0)),
    baseline_is=text(),
    higher_is_better=pa.Column(bool),
    n_held_out=count(),
    n_parameters=count(),
    sha256=pa.Column(str, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
)
