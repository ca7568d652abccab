"""What the scripts of this folder share: figures beside their bars, and what the machine can do at best."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MATRIX_SIZE = {"cpu": 2048, "cuda": 8192}
ROUNDS = 8


@dataclass(frozen=True)
class Figure:
    """One measured figure, and the bar that it has to hold, if there is one.

    Attributes
    ----------
    name : str
    value : float
    unit : str
        Printed behind the value; may be empty, as for ratios.
    bar : float, optional
    comparison : {'>=', '<='}
        Whether the value has to be at least or at most the bar.
    note : str
        Printed where a bar would stand, such as why there is none.
    """

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    comparison: Literal[">=", "<="] = ">="
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the bar is held; true without a bar, false for a value that is no number."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.comparison == ">=" else self.value <= self.bar


def print_figures(rows: Sequence[Figure]) -> bool:
    """Print a table of figures, each beside its bar.

    Returns
    -------
    bool
        Whether all bars are held.
    """
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        bar = row.note
        if row.bar is not None:
            wanted = f"{'at least' if row.comparison == '>=' else 'at most'} {_number(row.bar)} {row.unit}"
            bar = wanted.rstrip() + ("" if row.holds else "   MISSED")
        print(f"{row.name:<{width}}  {_number(row.value):>10} {row.unit:<10} {bar}".rstrip())
    return all(row.holds for row in rows)


def add_options(parser: argparse.ArgumentParser, quick: str) -> None:
    """Give a script the options ``--quick`` and ``--check``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    quick : str
        What is smaller with ``--quick``.
    """
    parser.add_argument("--quick", action="store_true", help=f"less than a minute: {quick}")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")


def matmul_peak(dtype: str, device: str = "cpu") -> float:
    """Operations a second of the fastest large matrix product that PyTorch manages here.

    Parameters
    ----------
    dtype : str
        ``float32``, ``bfloat16`` or ``float16``.
    device : str
        ``cpu`` or ``cuda``.

    Returns
    -------
    float
        FLOP/s; a multiplication with its addition counts as two.
    """
    import torch

    size = MATRIX_SIZE[device]
    left, right = (torch.randn(size, size, device=device, dtype=getattr(torch, dtype)) for _ in range(2))
    fastest = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        left @ right
        if device == "cuda":
            torch.cuda.synchronize()
        fastest = min(fastest, time.perf_counter() - start)
    return 2 * size**3 / fastest


def peak_memory(who: int = resource.RUSAGE_SELF) -> int:
    """Bytes that the process held at most so far.

    Parameters
    ----------
    who : int
        ``resource.RUSAGE_SELF``, or ``resource.RUSAGE_CHILDREN`` for the largest child that has ended.
    """
    peak = resource.getrusage(who).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return peak if sys.platform == "darwin" else 1024 * peak


def machine() -> str:
    """Processor, number of cores that this process may use, and GPU, in words."""
    import torch

    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{cores} cores of {name}{gpu}, PyTorch {torch.__version__}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
