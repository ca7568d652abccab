"""How long RSA without RDMs takes at the full size of NSD, and how much memory, beside rsatoolbox.

    python benchmarks/nsd_full.py [--quick] [--check] [--growth FILE]

One subject: 10 000 images, 9 ROIs of 1 000 channels, 10 models of 1 024 features, 1 000 resamples of the
stimuli. All images: one model and one region over 73 000. Each part runs in a process of its own, so that its
memory is its own. rsatoolbox does the work on 2 000 stimuli, in the same run, and its time is scaled by the
square of the number of stimuli. Seconds of cores are what the processor worked: on a machine with other work
the better figure. With `--check` the exit status is 1 if a figure misses its bar. `--growth FILE` draws
seconds against the number of stimuli.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from report import Figure, add_options, machine, peak_memory, print_figures

from tyrosine.rsa.bootstrap import draw_stimulus_counts
from tyrosine.rsa.without_rdms import weighted_stimuli
from tyrosine.rsa.without_rdms.bootstrap import bootstrap_patterns
from tyrosine.rsa.without_rdms.comparison import compare_patterns
from tyrosine.rsa.without_rdms.draws import Draws
from tyrosine.rsa.without_rdms.patterns import Patterns, patterns_of_features
from tyrosine.rsa.without_rdms.products import multiplications_of_dimensions, multiplications_of_stimuli
from tyrosine.rsa.workers import number_of_workers

REGIONS, CHANNELS, MODELS, FEATURES, RESAMPLES = 9, 1_000, 10, 1_024, 1_000
IMAGES, ALL_IMAGES, OF_RSATOOLBOX = 10_000, 73_000, 2_000
GROWTH = (1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 73_000)
GROWTH_RESAMPLED = (1_000, 2_000, 5_000, 10_000)
# Features that brains and models share, so that their RDMs are alike.
SHARED = 50

Result = TypeVar("Result")


class Spent(NamedTuple):
    """What a piece of work took: seconds by the clock, and seconds that cores worked."""

    clock: float
    cores: float


def spend(work: Callable[[], Result]) -> tuple[Result, Spent]:
    """The result of the work, and what it took."""
    clock, cores = time.perf_counter(), time.process_time()
    result = work()
    return result, Spent(time.perf_counter() - clock, time.process_time() - cores)


def make_patterns(n_stimuli: int, n_dimensions: int, number: int) -> NDArray[np.float32]:
    """Made-up responses or features, float32 as a study stores them."""
    shared = np.random.default_rng(0).standard_normal((n_stimuli, SHARED), dtype=np.float32)
    rng = np.random.default_rng([1, number])
    values = rng.standard_normal((n_stimuli, n_dimensions), dtype=np.float32)
    values += 0.3 * shared @ rng.standard_normal((SHARED, n_dimensions), dtype=np.float32)
    return values


def subject(n_stimuli: int, n_regions: int, n_models: int) -> Iterator[tuple[NDArray[np.float32], bool]]:
    """Responses of each region and features of each model, one at a time, and whether it is a region."""
    for number in range(n_regions + n_models):
        is_region = number < n_regions
        yield make_patterns(n_stimuli, CHANNELS if is_region else FEATURES, number), is_region


def peak_of_a_core(dtype: type[np.floating]) -> float:
    """Operations in a second of a core of NumPy's fastest large matrix product; addition counts too."""
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((2048, 2048)).astype(dtype) for _ in range(2))
    return 2 * 2048**3 / min(spend(lambda: left @ right)[1].cores for _ in range(8))


def operations(a: list[Patterns], b: list[Patterns]) -> float:
    """Multiplications and additions of the similarities, in float64."""
    return 2 * min(multiplications_of_dimensions(a, b), multiplications_of_stimuli(a, b))


def measure_subject(n_stimuli: int, n_regions: int, n_models: int) -> dict[str, float]:
    """Everything for one subject."""
    a: list[Patterns] = []
    b: list[Patterns] = []
    arranged = [0.0, 0.0]
    for values, is_region in subject(n_stimuli, n_regions, n_models):
        patterns, spent = spend(lambda values=values: patterns_of_features(values))
        (a if is_region else b).append(patterns)
        arranged = [before + more for before, more in zip(arranged, spent)]
    counts = draw_stimulus_counts(n_stimuli, RESAMPLES, np.random.default_rng(0))
    _, plain = spend(lambda: compare_patterns(a, b, device="cpu"))
    resampled, bootstrap = spend(lambda: bootstrap_patterns(a, b, counts, device="cpu"))
    memory = peak_memory()
    # The same of one pair and a few resamples without float32.
    weighted_stimuli._LEAST_FOR_FLOAT32 = n_stimuli + 1
    exact = bootstrap_patterns(a[:1], b[:1], counts[:8], device="cpu")
    # A few large dimensions, as networks have them, are what rounding of points changes most by.
    large = [make_patterns(n_stimuli, d, 0) * np.where(np.arange(d) < 3, 50, 1) for d in (CHANNELS, FEATURES)]
    wide, narrow = (
        compare_patterns(*([patterns_of_features(x, precision=kept)] for x in large), device="cpu")
        for kept in ("float64", "float32")
    )
    draws = Draws.of(counts, None, n_stimuli)
    all_of_it = 2 * weighted_stimuli.multiplications(a, b, draws)
    dissimilarities = 2 * weighted_stimuli.multiplications(a, b, draws.part(slice(0, 0)))
    return {
        "arranging": arranged[0],
        "arranging_cores": arranged[1],
        "plain": plain.clock,
        "plain_cores": plain.cores,
        "bootstrap": bootstrap.clock,
        "bootstrap_cores": bootstrap.cores,
        "memory": memory,
        "difference": float(np.abs(resampled[:8, :1, :1] - exact).max()),
        "kept": float(np.abs(wide - narrow).max()),
        "wide": operations(a, b) + dissimilarities,
        "narrow": all_of_it - dissimilarities,
        "wide_peak": peak_of_a_core(np.float64),
        "narrow_peak": peak_of_a_core(np.float32),
    }


def measure_pair(n_stimuli: int) -> dict[str, float]:
    """One Pearson similarity of one model and one region."""
    x, y = make_patterns(n_stimuli, FEATURES, 1), make_patterns(n_stimuli, CHANNELS, 0)
    before = peak_memory()
    (a, b), arranging = spend(lambda: ([patterns_of_features(x)], [patterns_of_features(y)]))
    similarity, spent = spend(lambda: compare_patterns(a, b, device="cpu"))
    return {
        "clock": arranging.clock + spent.clock,
        "cores": arranging.cores + spent.cores,
        "input": x.nbytes + y.nbytes,
        "before": before,
        "memory": peak_memory(),
        "similarity": float(similarity[0, 0]),
        "wide": operations(a, b),
        "wide_peak": peak_of_a_core(np.float64),
    }


def measure_resampled(n_stimuli: int) -> dict[str, float]:
    """1 000 resamples of one model and one region."""
    a, b = ([patterns_of_features(make_patterns(n_stimuli, d, d))] for d in (CHANNELS, FEATURES))
    counts = draw_stimulus_counts(n_stimuli, RESAMPLES, np.random.default_rng(0))
    _, spent = spend(lambda: bootstrap_patterns(a, b, counts, device="cpu"))
    return {"clock": spent.clock, "cores": spent.cores, "memory": peak_memory()}


def measure_rsatoolbox(n_stimuli: int, n_regions: int, n_models: int) -> dict[str, float]:
    """The work of one subject with rsatoolbox's own functions, and how far its similarities are from ours."""
    import rsatoolbox

    warnings.filterwarnings("ignore", module="rsatoolbox")
    everything = list(subject(n_stimuli, n_regions, n_models))
    rdms, making = spend(
        lambda: [rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(x), "correlation") for x, _ in everything]
    )
    brain, models = (rsatoolbox.rdm.concat(part) for part in (rdms[:n_regions], rdms[n_regions:]))
    found, comparing = spend(lambda: rsatoolbox.rdm.compare(brain, models, "corr"))
    drawn = np.random.default_rng(0).integers(0, n_stimuli, n_stimuli)

    def resample() -> NDArray[np.float64]:
        first, second = (rdms.subsample_pattern("index", drawn) for rdms in (brain, models))
        return rsatoolbox.rdm.compare(first, second, "corr")

    in_resample, resampling = spend(resample)
    a, b = (
        [patterns_of_features(x) for x, is_region in everything if is_region == wanted]
        for wanted in (True, False)
    )
    counts = np.bincount(drawn, minlength=n_stimuli)[None]
    differences = [compare_patterns(a, b) - found, bootstrap_patterns(a, b, counts)[0] - in_resample]
    return {
        "plain": making.clock + comparing.clock,
        "plain_cores": making.cores + comparing.cores,
        "resample": resampling.clock,
        "resample_cores": resampling.cores,
        "difference": float(np.abs(differences).max()),
    }


PARTS = {
    "subject": measure_subject,
    "pair": measure_pair,
    "resampled": measure_resampled,
    "rsatoolbox": measure_rsatoolbox,
}


def in_own_process(part: str, *sizes: int) -> dict[str, float]:
    """What a part measures, in a new process."""
    command = [sys.executable, __file__, "--part", part, *map(str, sizes)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout.splitlines()[-1])


def measure(quick: bool) -> list[Figure]:
    """All figures of the table."""
    n, n_regions, n_models = (4_000, 2, 2) if quick else (IMAGES, REGIONS, MODELS)
    few = 1_000 if quick else OF_RSATOOLBOX
    n_cores = number_of_workers()
    own = in_own_process("subject", n, n_regions, n_models)
    other = in_own_process("rsatoolbox", few, n_regions, n_models)
    pair = in_own_process("pair", ALL_IMAGES)
    other_pair = in_own_process("rsatoolbox", few, 1, 1)
    scale = (n / few) ** 2
    clock, cores = (
        own["arranging" + of] + own["plain" + of] + own["bootstrap" + of] for of in ("", "_cores")
    )
    others = {of: scale * (other["plain" + of] + RESAMPLES * other["resample" + of]) for of in ("", "_cores")}
    others_of_pair = {of: (ALL_IMAGES / few) ** 2 * other_pair["plain" + of] for of in ("", "_cores")}
    best = (own["wide"] / own["wide_peak"] + own["narrow"] / own["narrow_peak"]) / cores
    of_pair = pair["wide"] / pair["wide_peak"] / pair["cores"]
    speed = {of: own["arranging" + of] + own["plain" + of] for of in ("", "_cores")}
    return [
        Figure(f"{n} images, {n_regions} ROIs, {n_models} models, {RESAMPLES} resamples", clock / 60, "min",
               10, "<="),
        Figure(f"  cores worked, over {n_cores}", cores / n_cores / 60, "min"),
        Figure("  patterns and similarities", speed[""], "s"),
        Figure(f"  {RESAMPLES} resamples", own["bootstrap"], "s"),
        Figure("  peak memory", own["memory"] / 1e9, "GB", 4, "<="),
        Figure("  share of the peak of matrix products", 100 * best, "%", None if quick else 60),
        Figure("    of a core in float64", own["wide_peak"] / 1e9, "GFLOP/s"),
        Figure("    of a core in float32", own["narrow_peak"] / 1e9, "GFLOP/s"),
        Figure("  largest difference by float32", own["difference"], "", 1e-9, "<="),
        Figure("  by points kept in float32", own["kept"], "", 1e-9, "<="),
        Figure("  rsatoolbox", others[""] / 3600, "h", note=f"scaled from {few} stimuli"),
        Figure("  faster, by seconds of cores", others["_cores"] / cores, "times", 50),
        Figure("  faster, similarities alone", scale * other["plain_cores"] / speed["_cores"], "times"),
        Figure(f"{ALL_IMAGES} images, one model and one region", pair["clock"], "s", 20, "<="),
        Figure(f"  cores worked, over {n_cores}", pair["cores"] / n_cores, "s"),
        Figure("  peak memory", pair["memory"] / 1e9, "GB", 3, "<="),
        Figure("  share of the peak of matrix products", 100 * of_pair, "%", 60),
        Figure("  rsatoolbox", others_of_pair[""] / 3600, "h", note=f"scaled from {few} stimuli"),
        Figure("  faster, by seconds of cores", others_of_pair["_cores"] / pair["cores"], "times", 50),
        Figure("largest difference from rsatoolbox", other["difference"], "", 1e-9, "<="),
        growth_figure(quick),
    ]  # fmt: skip


def growth_figure(quick: bool) -> Figure:
    """How time grows with many stimuli: as their number to the power of this."""
    sizes = (10_000, 40_000) if quick else (10_000, ALL_IMAGES)
    first, last = (min(in_own_process("pair", size)["cores"] for _ in range(2)) for size in sizes)
    exponent = np.log(last / first) / np.log(sizes[1] / sizes[0])
    return Figure(f"growth from {sizes[0]} to {sizes[1]} images, exponent", exponent, "", 1.1, "<=")


def draw_growth(path: Path) -> None:
    """Measure and draw seconds of cores against the number of stimuli, on logarithmic axes."""
    from tyrosine.figures.style import COOL, SINGLE_COLUMN, SMALL_SIZE, WARM, new_figure, paper_style

    plain = [in_own_process("pair", n)["cores"] for n in GROWTH]
    resampled = [in_own_process("resampled", n)["cores"] for n in GROWTH_RESAMPLED]
    small = [n for n in GROWTH if n <= OF_RSATOOLBOX]
    others = [in_own_process("rsatoolbox", n, 1, 1)["plain_cores"] for n in small]
    for label, sizes, seconds in (
        ("similarity", GROWTH, plain),
        ("1 000 resamples", GROWTH_RESAMPLED, resampled),
        ("rsatoolbox, similarity", small, others),
    ):
        for size, spent in zip(sizes, seconds):
            print(f"{size:>6} stimuli  {label:<24} {spent:>8.3g} s of cores", flush=True)
    with paper_style():
        figure = new_figure(SINGLE_COLUMN, 2.9, "One region and one model without RDMs", simulated=False)
        axis = figure.subplots()
        axis.loglog(GROWTH, plain, "o-", color=COOL[1], ms=3.5, lw=1.0, label="similarity")
        axis.loglog(GROWTH_RESAMPLED, resampled, "s-", color=COOL[0], ms=3.5, lw=1.0, label="1 000 resamples")
        axis.loglog(
            small, others, "D--", color=WARM[0], ms=3.5, lw=1.0, mfc="white", label="rsatoolbox, similarity"
        )
        ends = np.array([10_000, ALL_IMAGES])
        axis.loglog(ends, plain[-1] * ends / ALL_IMAGES * 2, ":", color="0.4", lw=1.0, label="linear growth")
        axis.set_xlabel(f"number of stimuli ({CHANNELS} channels, {FEATURES} features)")
        axis.set_ylabel("seconds of cores")
        axis.legend(fontsize=SMALL_SIZE)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=200)


def main() -> None:
    """Measure, print the table, and draw growth if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_options(parser, "4 000 images, 2 ROIs, 2 models; rsatoolbox on 1 000")
    parser.add_argument("--growth", type=Path, metavar="FILE", help="measure growth, and draw it here")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("sizes", nargs="*", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](*options.sizes)))
        return
    load = f", load {os.getloadavg()[0]:.1f} from other work" if hasattr(os, "getloadavg") else ""
    print(f"{machine()}{load}\n")
    held = print_figures(measure(options.quick))
    if options.growth:
        print()
        draw_growth(options.growth)
    sys.exit(1 if options.check and not held else 0)


if __name__ == "__main__":
    main()
