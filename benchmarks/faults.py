"""What a flipped bit does to files of the catalog: `python benchmarks/faults.py [--quick] [--check]`.

A bit is flipped 200 times (20 with `--quick`) in a file of RDMs, a table and a JSON record, each time another
one, drawn from a seed. Each file is then loaded as the project loads it; what comes of it is a sentence (an
error of the project's own), the right value, another value without a word, or another error. With `--check`
the script exits with 1 unless all are refused by a sentence or load with the right value.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.catalog.datasets import JSONRecord, ParquetTable, RDMsFile
from tyrosine.errors import TyrosineError
from tyrosine.rsa.rdms import label_rdms

OUTCOMES = ("sentence", "right value", "other value", "other error")


def content(data: Any) -> str:
    """What a loaded dataset holds, as text that is the same for the same values only."""
    if isinstance(data, pd.DataFrame):
        return data.to_json(double_precision=15)
    if isinstance(data, dict):
        return repr(data)
    return repr(
        {
            key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in data.to_dict().items()
        }
    )


def main() -> int:
    """Flip the bits and print a line for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 bits of each file instead of 200")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a changed file is not refused")
    asked = parser.parse_args()
    random = np.random.default_rng(0)
    names = [f"scene{number}" for number in range(40)]
    saved = {
        "rdms.h5": (RDMsFile, label_rdms(random.random((4, 780)), names, {"roi": list("abcd")}, "cosine")),
        "table.parquet": (ParquetTable, pd.DataFrame({"name": names, "value": random.random(40)})),
        "record.json": (JSONRecord, {"title": "A study", "values": random.random(40).tolist()}),
    }
    print(f"{'':16}" + "".join(f"{outcome:>14}" for outcome in OUTCOMES))
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        for name, (kind, data) in saved.items():
            path = Path(folder) / name
            dataset = kind(filepath=str(path))
            dataset.save(data)
            whole, right = path.read_bytes(), content(dataset.load())
            found = Counter[str]()
            for _ in range(20 if asked.quick else 200):
                flipped = bytearray(whole)
                flipped[random.integers(len(whole))] ^= 1 << int(random.integers(8))
                path.write_bytes(flipped)
                try:
                    same = content(dataset.load()) == right
                    found["right value" if same else "other value"] += 1
                except Exception as error:
                    known = isinstance(error, TyrosineError) or isinstance(error.__cause__, TyrosineError)
                    found["sentence" if known else "other error"] += 1
            print(f"{name:16}" + "".join(f"{found[outcome]:14}" for outcome in OUTCOMES))
            passed &= not (found["other value"] or found["other error"])
    return int(asked.check and not passed)


if __name__ == "__main__":
    sys.exit(main())
