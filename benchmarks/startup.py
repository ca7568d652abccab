"""Seconds from `kedro run` to its first node, in which every model of the roster is checked.

    python benchmarks/startup.py

Runs the simulated study from an empty folder of data, three times in a copy of its configuration, and stops
each run as soon as the log names its first node. Seconds of the processor are printed too: they say more on a
machine that does something else besides.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
KEDRO = Path(sys.executable).with_name("kedro")
RUNS = 3
BAR = 5.0


def seconds_to_first_node(project: Path) -> tuple[float, float]:
    """Seconds by the clock and of the processor until the first node of a run has begun."""
    start = time.monotonic()
    with subprocess.Popen(
        [KEDRO, "run"], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        told = []
        for line in run.stdout:
            told.append(line)
            # The runner says this right before the first node.
            if re.search(r"Using (synchronous|asynchronous) mode|Completed node", line):
                elapsed = time.monotonic() - start
                times = Path(f"/proc/{run.pid}/stat").read_text().rsplit(")", 1)[1].split()
                run.kill()
                return elapsed, sum(map(int, times[11:13])) / os.sysconf("SC_CLK_TCK")
    raise SystemExit("The run ended before its first node:\n" + "".join(told))


def main() -> None:
    """Print the seconds of each run and their median."""
    measured = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            shutil.copytree(PROJECT / "conf", project / "conf", ignore=shutil.ignore_patterns("local"))
            shutil.copy(PROJECT / "pyproject.toml", project)
            (project / "src").mkdir()
            (project / "data").mkdir()
            measured.append(seconds_to_first_node(project))
        print(f"{measured[-1][0]:6.1f} s to the first node, {measured[-1][1]:.1f} s of the processor")
    seconds, processor = (statistics.median(column) for column in zip(*measured))
    print(
        f"{seconds:6.1f} s median of {RUNS} (bar: at most {BAR:.0f} s), {processor:.1f} s of the processor: "
        f"{'met' if seconds <= BAR else 'not met'}"
    )


if __name__ == "__main__":
    main()
