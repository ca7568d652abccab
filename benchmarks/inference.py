"""How fast similarities, their bootstrap and their permutation test are, beside rsatoolbox.

    python benchmarks/inference.py [--quick] [--check] [--growth FILE]

Compares 72 brain RDMs with 4 model RDMs of 872 stimuli: plainly, in 1 000 resamples of the stimuli, and under
10 000 permutations of them. rsatoolbox does the same work on a few resamples and permutations, in the same
run, and its time is scaled to all of them. With `--check` the exit status is 1 if a figure misses its bar.
`--growth FILE` also measures more and fewer stimuli and models, and draws them.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from report import Figure, add_options, machine, matmul_peak, peak_memory, print_figures

from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_stimulus_counts
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.similarity import compare

FloatArray = NDArray[np.float64]

BRAINS, MODELS, STIMULI = 72, 4, 872
RESAMPLES, PERMUTATIONS = 1_000, 10_000
GROWTH_STIMULI = (200, 400, 872, 2_000, 5_000)
GROWTH_MODELS = (4, 40, 400)
GROWTH_BRAINS = 8
# rsatoolbox's largest sizes take it minutes, and more memory than most machines have.
LARGEST_FOR_RSATOOLBOX = 2_000


def make_rdms(n_rdms: int, n_stimuli: int, rng: np.random.Generator) -> FloatArray:
    """Made-up RDMs of shape (n_rdms, n_pairs); their values change nothing of the time."""
    return rng.random((n_rdms, n_stimuli * (n_stimuli - 1) // 2))


def seconds(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of either work, done by turns."""
    times = np.array([(seconds(first), seconds(second)) for _ in range(rounds)])
    return tuple(np.median(times, axis=0))


class Rsatoolbox:
    """The same work with rsatoolbox's own functions."""

    def __init__(self, brain: FloatArray, models: FloatArray) -> None:
        from rsatoolbox.rdm import RDMs

        self.brain, self.models = RDMs(brain), RDMs(models)

    def compare(self, method: str) -> FloatArray:
        """Plain similarities."""
        import rsatoolbox.rdm

        return rsatoolbox.rdm.compare(self.brain, self.models, method=method)

    def bootstrap(self, stimuli: NDArray[np.int64], method: str = "corr") -> FloatArray:
        """Similarities in one resample of the stimuli."""
        import rsatoolbox.rdm

        brain, models = (rdms.subsample_pattern("index", stimuli) for rdms in (self.brain, self.models))
        return rsatoolbox.rdm.compare(brain, models, method=method)

    def permute(self, order: NDArray[np.int64]) -> FloatArray:
        """Similarities under one permutation: of the models, which are fewer and so cost less."""
        import rsatoolbox.rdm

        permuted = rsatoolbox.rdm.rdms.permute_rdms(self.models, order)
        return rsatoolbox.rdm.compare(self.brain, permuted, method="corr")


def draw(n_stimuli: int, n_resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """How often each stimulus was drawn."""
    return draw_stimulus_counts(n_stimuli, n_resamples, rng)


def measure(quick: bool) -> list[Figure]:
    """All figures of the table."""
    rng = np.random.default_rng(0)
    brain, models = make_rdms(BRAINS, STIMULI, rng), make_rdms(MODELS, STIMULI, rng)
    counts = draw(STIMULI, RESAMPLES, rng)
    n_permutations = 600 if quick else PERMUTATIONS
    few, rounds = (1, 3) if quick else (3, 7)

    compare(brain, models), compare(brain, models, "spearman")
    # The first product of a process is slower than all others.
    bootstrap_stimuli(brain[:, :4950], models[:, :4950], draw(100, 10, rng))
    bootstrap = seconds(lambda: bootstrap_stimuli(brain, models, counts))
    permute = seconds(lambda: permute_stimuli(brain, models, n_permutations, rng))
    permute *= PERMUTATIONS / n_permutations
    ranks = seconds(lambda: bootstrap_stimuli(brain, models, counts[:few], "spearman")) / few
    # So far nothing of rsatoolbox is in it.
    memory = peak_memory()
    peak = matmul_peak("float64")

    other = Rsatoolbox(brain, models)
    drawn = [np.repeat(np.arange(STIMULI), count) for count in counts[:few]]
    orders = [rng.permutation(STIMULI) for _ in range(few)]
    found: list[FloatArray] = []
    other_bootstrap = seconds(lambda: found.extend(other.bootstrap(each) for each in drawn)) / few
    other_permute = seconds(lambda: [other.permute(order) for order in orders]) / few
    plain, other_plain = paired(lambda: compare(brain, models), lambda: other.compare("corr"), rounds)
    rank_rounds, part = (1, 24) if quick else (3, BRAINS)
    ranked = Rsatoolbox(brain[:part], models)
    spearman, other_spearman = paired(
        lambda: compare(brain[:part], models, "spearman"), lambda: ranked.compare("spearman"), rank_rounds
    )
    difference = max(
        np.abs(bootstrap_stimuli(brain, models, counts[:few]) - np.stack(found)).max(),
        np.abs(compare(brain, models) - other.compare("corr")).max(),
    )
    rows = [
        Figure(f"{RESAMPLES} resamples of stimuli", bootstrap, "s"),
        Figure("  rsatoolbox, resample and compare", other_bootstrap * RESAMPLES, "s", note=scaled(few)),
        Figure("  faster", other_bootstrap * RESAMPLES / bootstrap, "times", 200),
        Figure(
            "  share of the peak of matrix products", 100 * operations(RESAMPLES) / bootstrap / peak, "%",
            note=f"of {peak / 1e9:.0f} GFLOP/s in float64",
        ),
        Figure(
            f"{PERMUTATIONS} permutations", permute, "s", 120, "<=",
            note="" if n_permutations == PERMUTATIONS else scaled(n_permutations),
        ),
        Figure("  rsatoolbox, permute and compare", other_permute * PERMUTATIONS, "s", note=scaled(few)),
        Figure("  faster", other_permute * PERMUTATIONS / permute, "times", 20),
        Figure("comparison by Pearson's correlation", 1000 * plain, "ms"),
        Figure("  rsatoolbox", 1000 * other_plain, "ms"),
        Figure("  faster", other_plain / plain, "times", 5),
        Figure(f"comparison by Spearman's, {part} brain RDMs", 1000 * spearman, "ms"),
        Figure("  rsatoolbox", 1000 * other_spearman, "ms"),
        Figure("  faster", other_spearman / spearman, "times", 3),
        Figure(f"{RESAMPLES} resamples, Spearman's", ranks * RESAMPLES, "s", note=scaled(few)),
    ]  # fmt: skip
    if not quick:
        other_ranks = seconds(lambda: other.bootstrap(drawn[0], "spearman"))
        rows.append(Figure("  rsatoolbox", other_ranks * RESAMPLES, "s", note=scaled(1)))
        rows.append(Figure("  faster", other_ranks / ranks, "times"))
    rows += [
        Figure("largest difference from rsatoolbox", difference, "", 1e-9, "<="),
        Figure("peak memory without rsatoolbox", memory / 1e9, "GB", 3, "<="),
    ]
    return rows


def scaled(subset: int) -> str:
    """A note that a figure is not of all the work."""
    return f"scaled from {subset}"


def operations(n_resamples: int) -> float:
    """Multiplications and additions of the bootstrap: one matrix product of all moments and all weights."""
    n_terms = 2 * (BRAINS + MODELS) + BRAINS * MODELS
    return 2.0 * n_terms * STIMULI * (STIMULI - 1) / 2 * n_resamples


GROWTH_WORK = ("comparison", "1 000 resamples", "10 000 permutations")


def grow(n_stimuli: int, n_models: int, rsatoolbox: bool) -> tuple[list[float], list[float]]:
    """Seconds of each of `GROWTH_WORK` here and with rsatoolbox, scaled from a part of the work."""
    rng = np.random.default_rng(0)
    brain, models = make_rdms(GROWTH_BRAINS, n_stimuli, rng), make_rdms(n_models, n_stimuli, rng)
    n_resamples, n_permutations = 100, 128
    counts = draw(n_stimuli, n_resamples, rng)
    compare(brain, models)
    here = [
        min(seconds(lambda: compare(brain, models)) for _ in range(3)),
        seconds(lambda: bootstrap_stimuli(brain, models, counts)) * RESAMPLES / n_resamples,
        seconds(lambda: permute_stimuli(brain, models, n_permutations, rng)) * PERMUTATIONS / n_permutations,
    ]
    if not rsatoolbox:
        return here, [np.nan] * 3
    other = Rsatoolbox(brain, models)
    drawn, order = np.repeat(np.arange(n_stimuli), counts[0]), rng.permutation(n_stimuli)
    there = [
        min(seconds(lambda: other.compare("corr")) for _ in range(2)),
        seconds(lambda: other.bootstrap(drawn)) * RESAMPLES,
        seconds(lambda: other.permute(order)) * PERMUTATIONS,
    ]
    return here, there


def measure_growth() -> dict[str, dict[str, Any]]:
    """Seconds for each number of stimuli and of models, printed on the way."""
    found: dict[str, dict[str, Any]] = {}
    for axis, sizes in (("stimuli", GROWTH_STIMULI), ("models", GROWTH_MODELS)):
        here, there = [], []
        for size in sizes:
            n_stimuli, n_models = (size, MODELS) if axis == "stimuli" else (STIMULI, size)
            ours, others = grow(n_stimuli, n_models, n_stimuli <= LARGEST_FOR_RSATOOLBOX)
            here.append(ours)
            there.append(others)
            for work, own, other in zip(GROWTH_WORK, ours, others):
                print(
                    f"{size:>5} {axis:<8} {work:<20} {own:>9.3g} s   rsatoolbox {other:>9.3g} s", flush=True
                )
        found[axis] = {"sizes": sizes, "here": np.array(here), "rsatoolbox": np.array(there)}
    return found


def draw_growth(growth: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw seconds against stimuli and models, on logarithmic axes."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    from tyrosine.figures.style import COOL, DOUBLE_COLUMN, SMALL_SIZE, WARM, new_figure, paper_style

    with paper_style():
        title = f"Seconds for {GROWTH_BRAINS} brain RDMs: here (solid) and with rsatoolbox (dashed)"
        figure = new_figure(DOUBLE_COLUMN, 2.9, title, simulated=False)
        axes = figure.subplots(1, 2, sharey=True)
        for axis, (what, rates) in zip(axes, growth.items()):
            for work, colour, marker in zip(range(3), (COOL[1], WARM[0], COOL[0]), "osD"):
                style = {"color": colour, "marker": marker, "ms": 3.5, "lw": 1.0}
                axis.plot(rates["sizes"], rates["here"][:, work], label=GROWTH_WORK[work], **style)
                axis.plot(rates["sizes"], rates["rsatoolbox"][:, work], ls="--", mfc="white", **style)
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.xaxis.set_major_locator(FixedLocator(rates["sizes"]))
            axis.xaxis.set_major_formatter(
                FixedFormatter([f"{size:,}".replace(",", " ") for size in rates["sizes"]])
            )
            axis.xaxis.set_minor_locator(NullLocator())
            fixed = f"{MODELS} models" if what == "stimuli" else f"{STIMULI} stimuli"
            axis.set_xlabel(f"number of {what} ({fixed})")
        axes[0].set_ylabel("seconds")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
                      fontsize=SMALL_SIZE)  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=200)


def main() -> None:
    """Measure, print the table, and draw growth if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_options(parser, "600 permutations, one resample by rsatoolbox")
    parser.add_argument("--growth", type=Path, metavar="FILE", help="measure growth, and draw it here")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", module="rsatoolbox")
    print(f"{machine()}\n{BRAINS} brain RDMs, {MODELS} model RDMs, {STIMULI} stimuli\n")
    held = print_figures(measure(options.quick))
    if options.growth:
        print()
        draw_growth(measure_growth(), options.growth)
    sys.exit(1 if options.check and not held else 0)


if __name__ == "__main__":
    main()
