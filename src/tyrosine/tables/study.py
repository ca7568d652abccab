"""Schemas of the tables that describe a study: its stimuli, its regions, and how well its files agree."""

from __future__ import annotations

import numpy as np
import pandera.pandas as pa

from tyrosine.tables import columns
from tyrosine.tables.schema import (
    correlation,
    count,
    list_of,
    numbers_or_a_reason,
    one_of,
    share,
    table_schema,
    text,
)

_WHOLE = (int, np.integer)

stimuli = table_schema(
    "stimuli",
    columns.STIMULI,
    checks=[pa.Check(lambda table: len(table) >= 2, name="at least two stimuli")],
    stimulus_id=text(unique=True),
    image=text(),
    image_sha256=pa.Column(str, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
    nsd_id=pa.Column("Int64", nullable=True),
    coco_id=pa.Column("Int64", nullable=True),
    captions=list_of(str),
    category_ids=list_of(_WHOLE),
    uncropped_category_ids=list_of(_WHOLE),
    categories=list_of(str),
    supercategories=list_of(str),
    main_category=pa.Column("string", nullable=True),
    main_supercategory=pa.Column("string", nullable=True),
    coco_split=pa.Column("string", nullable=True),
    crop_box=list_of((float, np.floating)),
    row_source=one_of(columns.ROW_SOURCES),
    **{name: pa.Column("Int64", pa.Check.ge(0), nullable=True) for name in columns.ORDERS},
)

stimuli_metadata = pa.DataFrameSchema(
    {
        name: pa.Column(nullable=True)
        if name in ("caption", "category_id")
        else pa.Column(
            "Int64", pa.Check.ge(0) if name in columns.ORDERS else None, nullable=True, coerce=True
        )
        for name in columns.STIMULI_METADATA
    },
    strict=True,
    ordered=True,
    name="stimuli_metadata",
)

presentations = table_schema(
    "presentations",
    columns.PRESENTATIONS,
    unique=["subject", "stimulus_id", "repetition", "session"],
    repetition=pa.Column("Int64", pa.Check.ge(1), nullable=True),
    session=pa.Column("Int64", pa.Check.ge(1), nullable=True),
    n_presentations=pa.Column("Int64", pa.Check.ge(1), nullable=True),
)

region_coverage = table_schema(
    "region_coverage",
    columns.REGION_COVERAGE,
    unique=["subject", "roi"],
    n_voxels=pa.Column("Int64", pa.Check.ge(0), nullable=True),
    covered=pa.Column(bool),
)

reliability = table_schema(
    "reliability",
    columns.RELIABILITY,
    unique=["subject", "roi"],
    checks=numbers_or_a_reason("split_half", "reliability", "ceiling", "ncsnr", "trial_ceiling"),
    n_channels=count(0),
    n_repetitions=count(0),
    distance=pa.Column(str),
    n_splits=count(0),
    split_half=correlation(nullable=True),
    reliability=correlation(nullable=True),
    ceiling=share(nullable=True),
    ncsnr=pa.Column("float64", pa.Check.ge(0), nullable=True),
    trial_ceiling=share(nullable=True),
)

rdm_agreement = table_schema(
    "rdm_agreement",
    columns.RDM_AGREEMENT,
    unique=["subject", "roi", "hemisphere"],
    hemisphere=one_of(columns.HEMISPHERES),
    correlation=correlation(nullable=True),
    max_difference=pa.Column("float64", pa.Check.ge(0)),
)
