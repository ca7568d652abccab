"""Whether each test of inference rejects, and each interval covers, as often as it says.

    python benchmarks/calibration.py [--quick] [--check] [--figure FILE] [--simulations N] [--seed N]

Simulates experiments whose true similarities are known, in three worlds (`worlds.py`) and of three sizes, and
puts the project's own functions to them. With `--check` the exit status is 1 if a rate leaves its range.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

# One thread a process: the simulations themselves run side by side.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
from report import Figure, machine, print_figures
from scipy.stats import binom
from simulated_experiments import (
    LEVEL,
    N_BOOTSTRAPS,
    N_PERMUTATIONS,
    POWERS,
    Outcome,
    experiments_of,
)
from worlds import DESIGNS, SIZES, WORLDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COVERAGE = (0.92, 0.98)
# With more stimuli a tenth of the simulations.
MANY_STIMULI = 500


def start_process(processes: object) -> None:
    """Keep each process to one core, so that the project's own threads do not crowd the others."""
    if hasattr(os, "sched_setaffinity"):
        with processes.get_lock():
            cores = sorted(os.sched_getaffinity(0))
            core = cores[processes.value % len(cores)]
            processes.value += 1
        os.sched_setaffinity(0, {core})


def simulate(job: tuple[int, int, int, int]) -> Counter[tuple[str, str, bool]]:
    """Outcomes of a few simulations of one design, or of one setting of power, counted."""
    seed, place, first, last = job
    counts: Counter[tuple[str, str, bool]] = Counter()
    for number in range(first, last):
        counts.update(experiments_of(np.random.default_rng([seed, place, number]), place))
    return counts


class Rate(NamedTuple):
    """How often something happened."""

    happened: int
    total: int

    @property
    def share(self) -> float:
        """Share of the simulations."""
        return self.happened / self.total


def run(n_simulations: int, n_power: int, seed: int) -> dict[int, dict[tuple[str, str], Rate]]:
    """Rates of each panel and test, for each design and then for each setting of power."""
    import multiprocessing

    jobs = []
    for place in range(len(DESIGNS) + len(POWERS)):
        total, size = n_power, 10
        if place < len(DESIGNS):
            many = DESIGNS[place].n_stimuli > MANY_STIMULI
            total, size = (n_simulations // 10, 2) if many else (n_simulations, 10)
        jobs += [(seed, place, first, min(first + size, total)) for first in range(0, total, size)]
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    context = multiprocessing.get_context("spawn")
    counts: dict[int, Counter[tuple[str, str, bool]]] = defaultdict(Counter)
    with ProcessPoolExecutor(n_cores, context, start_process, (context.Value("i", 0),)) as pool:
        for job, found in zip(jobs, pool.map(simulate, jobs)):
            counts[job[1]].update(found)
    return {
        place: {
            (panel, test): Rate(
                found[Outcome(panel, test, True)],
                found[Outcome(panel, test, True)] + found[Outcome(panel, test, False)],
            )
            for panel, test, _ in found
        }
        for place, found in counts.items()
    }


def rejection_bar(total: int) -> float:
    """Largest share of rejections in the central 95 % of a binomial distribution at the level."""
    return float(binom.ppf(0.975, total, LEVEL)) / total


def coverage_bars(total: int) -> tuple[float, float]:
    """92 and 98 %; wider for few simulations, by what chance alone does to 95 %."""
    low, high = binom.interval(0.99, total, 1.0 - LEVEL)
    return min(COVERAGE[0], low / total), max(COVERAGE[1], high / total)


def rows(rates: dict[int, dict[tuple[str, str], Rate]]) -> list[Figure]:
    """The table: shares of rejections and of coverage beside their bars, and power."""
    found: list[Figure] = []
    for place, design in enumerate(DESIGNS):
        for (panel, test), rate in rates[place].items():
            name = f"{design.label}: {panel}: {test}"
            percent = 100 * rate.share
            if panel.startswith("interval"):
                low, high = coverage_bars(rate.total)
                found.append(Figure(name, percent, "% cover", 100 * low))
                found.append(Figure(name, percent, "% cover", 100 * high, "<="))
            elif panel.startswith("no claim"):
                found.append(Figure(name, percent, "% reject", note="beyond its claim"))
            else:
                found.append(Figure(name, percent, "% reject", 100 * rejection_bar(rate.total), "<="))
    for axis, curves in power_curves(rates).items():
        for test, points in curves.items():
            # A test within one subject does not get stronger with more of them.
            level = axis == "subjects" and test == "stimulus permutation"
            (_, first), (_, last) = points[0], points[-1]
            noise = 2 * np.sqrt(sum(r.share * (1 - r.share) / r.total for r in (first, last)))
            rise = 100 * (last.share - first.share)
            shares = ", ".join(f"{100 * rate.share:.0f}" for _, rate in points)
            name = f"power with more {axis}: {test}, {shares} %, rise"
            bar = None if level else min(100 * noise, 100 * (0.98 - first.share))
            found.append(Figure(name, rise, "points", bar))
    return found


def power_curves(
    rates: dict[int, dict[tuple[str, str], Rate]],
) -> dict[str, dict[str, list[tuple[float, Rate]]]]:
    """For each axis and test the points (value on the axis, rate)."""
    curves: dict[str, dict[str, list[tuple[float, Rate]]]] = {}
    for number, (axis, effect, n_subjects, n_stimuli) in enumerate(POWERS):
        value = {"effect": effect, "subjects": n_subjects, "stimuli": n_stimuli}[axis]
        for (_, test), rate in rates[len(DESIGNS) + number].items():
            curves.setdefault(axis, {}).setdefault(test, []).append((value, rate))
    return curves


Merged = dict[tuple[str, str], dict[int, Rate]]
"""Rates by panel and test, and then by the place of the design."""


def draw(rates: dict[int, dict[tuple[str, str], Rate]], path: Path) -> None:
    """Draw rejections, coverage and power."""
    from tyrosine.figures.style import DOUBLE_COLUMN, SMALL_SIZE, new_figure, paper_style

    merged: Merged = {}
    for place in range(len(DESIGNS)):
        for key, rate in rates[place].items():
            merged.setdefault(key, {})[place] = rate
    kinds = [{key: found for key, found in merged.items() if key[0].startswith("interval") == kind}
             for kind in (False, True)]  # fmt: skip
    rows_of = [len(kind) + len({panel for panel, _ in kind}) for kind in kinds]
    heights = [0.2 * rows_of[0] + 0.5, 0.2 * rows_of[1] + 0.7, 2.3]
    with paper_style():
        figure = new_figure(DOUBLE_COLUMN, sum(heights), "Calibration", simulated=False)
        *upper, lower = figure.subfigures(3, 1, height_ratios=heights)
        axes = [part.subplots() for part in upper]
        for axis, kind, intervals in zip(axes, kinds, (False, True)):
            draw_rates(axis, kind, intervals)
        axes[0].set_xlabel("true null hypotheses rejected at 5 % (%)")
        axes[0].set_xscale("symlog", linthresh=10, linscale=1.5)
        axes[0].set_xlim(0, 105)
        axes[0].set_xticks([0, 2, 4, 6, 8, 10, 20, 50, 100], [0, 2, 4, 6, 8, 10, 20, 50, 100])
        axes[1].set_xlabel("intervals that cover the truth (%)")
        upper[1].legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=5,
                        fontsize=SMALL_SIZE - 1, handlelength=1.0, columnspacing=1.2)  # fmt: skip
        panels = lower.subplots(1, 3, sharey=True)
        for axis, (what, curves) in zip(panels, power_curves(rates).items()):
            draw_power(axis, what, curves)
        panels[0].set_ylabel("power (%)")
        lower.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5,
                     fontsize=SMALL_SIZE - 1, handlelength=1.6, columnspacing=1.2)  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=200)


def draw_rates(axis: Axes, merged: Merged, intervals: bool) -> None:
    """A row for each test, below a heading for each panel, with the range that it has to keep to.

    A mark is a design: its colour the world, its shape the size.
    """
    from matplotlib.lines import Line2D

    from tyrosine.figures.style import BAND, COOL, FAINT_INK, RULE, SMALL_SIZE, WARM

    colours = dict(zip(WORLDS, (COOL[1], COOL[3], WARM[0])))
    markers = dict(zip(SIZES, "osD"))
    total = max(rate.total for found in merged.values() for rate in found.values())
    bars = coverage_bars(total) if intervals else (0.0, rejection_bar(total))
    axis.axvspan(*(100 * bar for bar in bars), color=BAND, lw=0)
    axis.axvline(100 * (1 - LEVEL if intervals else LEVEL), color=RULE, lw=0.6)
    labels: list[tuple[str, bool]] = []
    panels: set[str] = set()
    for (panel, test), found in merged.items():
        if panel not in panels:
            panels.add(panel)
            heading = panel.removeprefix("interval of a ").replace("no claim: ", "beyond their claim: ")
            labels.append((heading, True))
        for place, rate in found.items():
            design = DESIGNS[place]
            y = len(labels) + 0.08 * (place - (len(DESIGNS) - 1) / 2)
            ends = 100 * np.array(binom.interval(0.95, rate.total, rate.share)) / rate.total
            colour = colours[design.world]
            axis.plot(ends, [y, y], color=colour, lw=0.4)
            marker = markers[design.n_stimuli, design.n_subjects]
            axis.plot(100 * rate.share, y, marker, color=colour, ms=2.2, mew=0)
        labels.append((test, False))
    axis.set_yticks([])
    for y, (label, heading) in enumerate(labels):
        axis.annotate(
            label, (0, y), (-4, 0), axis.get_yaxis_transform(), "offset points", ha="right", va="center",
            fontsize=SMALL_SIZE - 1, color=FAINT_INK if heading else None,
            fontstyle="italic" if heading else None, annotation_clip=False,
        )  # fmt: skip
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.spines["left"].set_visible(False)
    for world, colour in colours.items():
        axis.add_line(Line2D([], [], color=colour, lw=2, label=world))
    for size, marker in markers.items():
        label = f"{size[0]} stimuli × {size[1]} subjects"
        axis.add_line(Line2D([], [], color=FAINT_INK, marker=marker, ls="", ms=3, label=label))


def draw_power(axis: Axes, what: str, curves: dict[str, list[tuple[float, Rate]]]) -> None:
    """Power of each test against effect, subjects or stimuli."""
    from tyrosine.figures.style import COOL, WARM

    for colour, marker, (test, points) in zip((*COOL[:3], *WARM[:2]), "osDv^", curves.items()):
        x = [value for value, _ in points]
        y = [100 * rate.share for _, rate in points]
        axis.plot(x, y, marker=marker, ms=3, lw=0.9, color=colour, label=test)
    axis.set_xticks(x)
    axis.set_ylim(0, 102)
    axis.set_xlabel({"effect": "true similarity"}.get(what, f"number of {what}"))


def main() -> None:
    """Simulate, print the table, and draw the figure if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less than two minutes: 40 simulations")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a rate leaves its range")
    parser.add_argument("--simulations", type=int, help="1000 unless told; a tenth with 872 stimuli")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--figure", type=Path, help="where to draw the rates")
    options = parser.parse_args()
    n_simulations = options.simulations or (40 if options.quick else 1000)
    start = time.perf_counter()
    rates = run(n_simulations, max(60, n_simulations // 4), options.seed)
    print(
        f"{n_simulations} simulations of each design ({n_simulations // 10} with 872 stimuli), "
        f"{N_BOOTSTRAPS} resamples, {N_PERMUTATIONS} permutations"
    )
    print(f"{machine()}; {time.perf_counter() - start:.0f} s\n")
    held = print_figures(rows(rates))
    if options.figure:
        draw(rates, options.figure)
    sys.exit(1 if options.check and not held else 0)


if __name__ == "__main__":
    main()
