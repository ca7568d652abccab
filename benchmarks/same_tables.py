"""Whether two runs gave the same tables: `python benchmarks/same_tables.py BEFORE AFTER [TABLE …]`.

BEFORE and AFTER are folders `data/` of two projects. Numbers may differ by 1e-12, anything else must be the
same. Columns that only one side has are named and left out. Exits with 1 if a table differs or is missing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

TOLERANCE = 1e-12


def difference(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """What differs in the columns that both have, or how much numbers differ at most."""
    if len(before) != len(after):
        return f"DIFFERS: {len(before)} rows before, {len(after)} after"
    common = [column for column in before.columns if column in after.columns]
    largest = 0.0
    for column in common:
        if pd.api.types.is_float_dtype(before[column]):
            old, new = before[column].to_numpy(float), after[column].to_numpy(float)
            if (np.isnan(old) != np.isnan(new)).any():
                return f"DIFFERS: {column} is undefined in other rows"
            # An infinite bound is the same as itself.
            unequal = (old != new) & ~np.isnan(old)
            largest = max(largest, float(np.abs(old[unequal] - new[unequal]).max(initial=0.0)))
        elif before[column].astype(str).tolist() != after[column].astype(str).tolist():
            return f"DIFFERS: {column}"
    told = f"same, {len(before)} rows, numbers differ by {largest:.1g} at most"
    other = sorted(set(before.columns) ^ set(after.columns))
    told += f" (only on one side: {', '.join(other)})" if other else ""
    return told if largest <= TOLERANCE else f"DIFFERS: {told}"


def main() -> int:
    """Compare the tables of two folders and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("tables", nargs="*", help="names of tables; all of BEFORE if none is given")
    asked = parser.parse_args()
    files = sorted(asked.before.rglob("*.parquet"))
    if asked.tables:
        files = [file for file in files if file.stem in asked.tables]
    if not files:
        parser.error(f"{asked.before} has no such tables")
    failed = False
    for file in files:
        found = sorted(asked.after.rglob(file.name))
        told = difference(pd.read_parquet(file), pd.read_parquet(found[0])) if found else "DIFFERS: missing"
        failed |= told.startswith("DIFFERS")
        print(f"{file.stem:26} {told}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
