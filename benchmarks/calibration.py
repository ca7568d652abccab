"""Whether each test of inference rejects, and each interval covers, as often as it says.

    python benchmarks/calibration.py [--quick] [--check] [--figure FILE] [--simulations N] [--seed N]

Simulates experiments of 8 subjects and 120 stimuli whose true similarities are known, and puts the project's
own functions to them. With `--check` the exit status is 1 if a rate leaves its range.

The simulated world has Gaussian features. A model has features A; a brain has √r A + √c C + √(1 - r - c) E,
with features C that all subjects share and features E of each subject's own (noise among them). RDMs are
squared Euclidean distances. Over all stimuli of that world the Pearson correlation of brain and model RDM is
exactly r.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

# One thread a process: the simulations themselves run side by side.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
from numpy.typing import NDArray
from report import Figure, machine, print_figures
from scipy.optimize import brentq
from scipy.spatial.distance import pdist
from scipy.stats import binom

from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_counts, draw_stimulus_counts
from tyrosine.rsa.generalisation import PairTerms, generalise
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.significance import Alternative, t_test, wilcoxon_test
from tyrosine.rsa.similarity import compare, jackknifed_ceiling, leave_one_out_similarity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

N_SUBJECTS, N_STIMULI, N_FEATURES = 8, 120, 20
N_BOOTSTRAPS, N_PERMUTATIONS = 400, 399
LEVEL = 0.05
COVERAGE = (0.92, 0.98)
SHARED = 0.3
JITTER = 0.05
# Sets of stimuli for which what holds for all subjects is known, from that many subjects.
STIMULUS_SETS, MANY_SUBJECTS = 25, 1600

EFFECTS = (0.0, 0.02, 0.04, 0.08)
SUBJECTS = (4, 8, 16)
STIMULI = (60, 120, 240)
POWER_EFFECT = 0.03


class Outcome(NamedTuple):
    """What one simulated experiment says of one test."""

    panel: str
    test: str
    happened: bool


def features(rng: np.random.Generator, n_stimuli: int) -> FloatArray:
    """Independent Gaussian features of stimuli, of shape (n_stimuli, N_FEATURES)."""
    return rng.standard_normal((n_stimuli, N_FEATURES))


def brain_rdms(
    rng: np.random.Generator, models: list[FloatArray], shares: FloatArray, shared: FloatArray | None
) -> FloatArray:
    """RDMs of subjects; `shares` of shape (n_subjects, n_models) are their similarities to the models."""
    common = 0.0 if shared is None else SHARED
    rdms = []
    for own in shares:
        x = sum(np.sqrt(share) * model for share, model in zip(own, models))
        if shared is not None:
            x = x + np.sqrt(common) * shared
        rest = 1.0 - common - own.sum()
        rdms.append(pdist(x + np.sqrt(rest) * features(rng, len(models[0])), "sqeuclidean"))
    return np.stack(rdms)


def jittered(
    rng: np.random.Generator, mean: list[float], n_subjects: int, jitter: float = JITTER
) -> FloatArray:
    """Similarities of subjects to models, which differ from subject to subject."""
    return np.clip(mean + rng.uniform(-jitter, jitter, (n_subjects, len(mean))), 0.0, None)


class Tables(NamedTuple):
    """The project's tests and intervals for one simulated experiment."""

    across: dict[str, object]
    over: dict[str, object]


def run_tests(
    rng: np.random.Generator,
    brain: FloatArray,
    models: FloatArray,
    weights: FloatArray,
    alternative: Alternative,
    *,
    stimuli: bool = True,
) -> Tables:
    """Test weighted sums of similarities across subjects and by the three bootstraps."""
    n_subjects, n_stimuli = len(brain), round((1 + np.sqrt(1 + 8 * brain.shape[1])) / 2)
    values = compare(brain, models) @ weights.T
    across = {"t-test": t_test(values, alternative), "Wilcoxon": wilcoxon_test(values, alternative)}
    resampled = pairs = None
    if stimuli:
        counts = draw_stimulus_counts(n_stimuli, N_BOOTSTRAPS, rng)
        resampled = bootstrap_stimuli(brain, models, counts) @ weights.T
        terms = PairTerms(brain, models, "pearson")
        pairs = terms.covariance([[row] for row in range(n_subjects)]).combine(weights)
    over = generalise(
        values, resampled, draw_counts(n_subjects, N_BOOTSTRAPS, rng), pairs, n_stimuli, alternative
    )
    return Tables(across, {f"bootstrap over {name}": table for name, table in over.items()})


def rejects(table: object, row: int = 0) -> bool:
    return bool(table["p"].iloc[row] <= LEVEL)


def covers(table: object, truth: float, row: int = 0) -> bool:
    return bool(table["lower"].iloc[row] <= truth <= table["upper"].iloc[row])


ABOVE_CHANCE = np.eye(1)
CONTRAST = np.array([[1.0, -1.0]])


def unrelated_brains(rng: np.random.Generator) -> Iterator[Outcome]:
    """Brains that have nothing to do with the model, nor with each other."""
    model = features(rng, N_STIMULI)
    brain = brain_rdms(rng, [model], np.zeros((N_SUBJECTS, 1)), None)
    rdms = pdist(model, "sqeuclidean")[None]
    panel = "above chance, brains of their own"
    tables = run_tests(rng, brain, rdms, ABOVE_CHANCE, "greater")
    for test, table in {**tables.across, **tables.over}.items():
        yield Outcome(panel, test, rejects(table))
    for method in ("pearson", "spearman"):
        _, p = permute_stimuli(brain[:1], rdms, N_PERMUTATIONS, rng, method)
        yield Outcome(panel, f"stimulus permutation, {method}", bool(p.item() <= LEVEL))


def unrelated_shared_brains(rng: np.random.Generator) -> Iterator[Outcome]:
    """Brains that have nothing to do with the model but much with each other."""
    model, shared = features(rng, N_STIMULI), features(rng, N_STIMULI)
    brain = brain_rdms(rng, [model], np.zeros((N_SUBJECTS, 1)), shared)
    rdms = pdist(model, "sqeuclidean")[None]
    tables = run_tests(rng, brain, rdms, ABOVE_CHANCE, "greater")
    panel = "above chance, brains alike"
    for test in ("bootstrap over stimuli", "bootstrap over both"):
        yield Outcome(panel, test, rejects(tables.over[test]))
    _, p = permute_stimuli(brain[:1], rdms, N_PERMUTATIONS, rng)
    yield Outcome(panel, "stimulus permutation, pearson", bool(p.item() <= LEVEL))
    # Across subjects a test is about these stimuli, for which the shared features are like the model by luck.
    for test in ("t-test", "Wilcoxon"):
        yield Outcome("no claim: " + panel, test, rejects(tables.across[test]))


def equal_models_same_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """Two models that are equally similar to the brain for these very stimuli.

    The second is the first with stimuli exchanged in pairs, and a subject has as much of either by chance.
    """
    half = N_STIMULI // 2
    exchanged = np.r_[half:N_STIMULI, :half]
    first = features(rng, N_STIMULI)
    models = [first, first[exchanged]]
    brain = brain_rdms(rng, models, jittered(rng, [0.15, 0.15], N_SUBJECTS, 0.1), None)
    rdms = np.stack([pdist(model, "sqeuclidean") for model in models])
    tables = run_tests(rng, brain, rdms, CONTRAST, "two-sided", stimuli=False)
    for test, table in {
        **tables.across,
        "bootstrap over subjects": tables.over["bootstrap over subjects"],
    }.items():
        yield Outcome("model against model, same stimuli", test, rejects(table))


def equal_models_new_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """Two models that are equally similar to the brain for all stimuli of the world."""
    models, shared = [features(rng, N_STIMULI) for _ in range(2)], features(rng, N_STIMULI)
    rdms = np.stack([pdist(model, "sqeuclidean") for model in models])
    shares = jittered(rng, [0.15, 0.15], N_SUBJECTS)
    tables = run_tests(rng, brain_rdms(rng, models, shares, shared), rdms, CONTRAST, "two-sided")
    panel = "model against model, new stimuli"
    yield Outcome(panel, "bootstrap over both", rejects(tables.over["bootstrap over both"]))
    # For the very subjects the mean difference must be zero too.
    shares[1::2] = shares[::2, ::-1]
    tables = run_tests(rng, brain_rdms(rng, models, shares, shared), rdms, CONTRAST, "two-sided")
    yield Outcome(panel, "bootstrap over stimuli", rejects(tables.over["bootstrap over stimuli"]))
    for test in ("t-test", "Wilcoxon"):
        yield Outcome("no claim: " + panel, test, rejects(tables.across[test]))


class StimulusSet(NamedTuple):
    """Stimuli, and what all subjects that could be drawn would show for them.

    Attributes
    ----------
    models : list of ndarray of shape (n_stimuli, N_FEATURES)
    shared : ndarray of shape (n_stimuli, N_FEATURES)
    truth : ndarray of shape (2,), float64
        Mean similarity over subjects to each model.
    at_ceiling : ndarray of shape (n_pairs,), float64
        RDM whose mean similarity to subjects is that of the mean RDM of `N_SUBJECTS` - 1 others.
    """

    models: list[FloatArray]
    shared: FloatArray
    truth: FloatArray
    at_ceiling: FloatArray


UNEQUAL = [0.25, 0.15]


@cache
def stimulus_set(number: int) -> StimulusSet:
    """Draw stimuli and very many subjects."""
    rng = np.random.default_rng([77, number])
    models, shared = [features(rng, N_STIMULI) for _ in range(2)], features(rng, N_STIMULI)
    everyone = brain_rdms(rng, models, jittered(rng, UNEQUAL, MANY_SUBJECTS), shared)
    truth = compare(everyone, np.stack([pdist(model, "sqeuclidean") for model in models])).mean(axis=0)
    ceiling = np.mean(
        [leave_one_out_similarity(group).mean() for group in np.split(everyone, MANY_SUBJECTS // N_SUBJECTS)]
    )
    # The truth is above the ceiling that noisy subjects set, and unrelated distances bring it down.
    # Half of the subjects make the model and the others are held against it: it knows nobody's noise.
    half = MANY_SUBJECTS // 2
    best, noise = everyone[:half].mean(axis=0), pdist(features(rng, N_STIMULI), "sqeuclidean")
    best, noise = (rdm - rdm.mean() for rdm in (best, noise))
    noise *= np.linalg.norm(best) / np.linalg.norm(noise)
    centred = everyone[half:] - everyone[half:].mean(axis=1, keepdims=True)
    mean = (centred / np.linalg.norm(centred, axis=1, keepdims=True)).mean(axis=0)

    def above_ceiling(amount: float) -> float:
        model = best + amount * noise
        return float(mean @ model / np.linalg.norm(model)) - ceiling

    amount = brentq(above_ceiling, 0.0, 20.0)
    return StimulusSet(models, shared, truth, best + amount * noise)


def known_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """New subjects for stimuli of which all is known: ceilings, and intervals across subjects."""
    known = stimulus_set(int(rng.integers(STIMULUS_SETS)))
    brain = brain_rdms(rng, known.models, jittered(rng, UNEQUAL, N_SUBJECTS), known.shared)
    distance = compare(brain, known.at_ceiling[None]) - jackknifed_ceiling(brain)[:, None]
    for test, run in (("t-test", t_test), ("Wilcoxon", wilcoxon_test)):
        yield Outcome("below ceiling", test, rejects(run(distance, "less")))
    rdms = np.stack([pdist(model, "sqeuclidean") for model in known.models])
    for what, weights in (("similarity", np.array([[1.0, 0.0]])), ("difference", CONTRAST)):
        tables = run_tests(rng, brain, rdms, weights, "two-sided", stimuli=False)
        truth = float((known.truth @ weights.T).item())
        for test, table in {
            **tables.across,
            "bootstrap over subjects": tables.over["bootstrap over subjects"],
        }.items():
            yield Outcome(f"interval of a {what}, same stimuli", test, covers(table, truth))


def new_stimuli(rng: np.random.Generator) -> Iterator[Outcome]:
    """New subjects and new stimuli: intervals of the bootstraps."""
    models, shared = [features(rng, N_STIMULI) for _ in range(2)], features(rng, N_STIMULI)
    shares = jittered(rng, UNEQUAL, N_SUBJECTS)
    brain = brain_rdms(rng, models, shares, shared)
    rdms = np.stack([pdist(model, "sqeuclidean") for model in models])
    weights = np.array([[1.0, 0.0], [1.0, -1.0]])
    tables = run_tests(rng, brain, rdms, weights, "two-sided").over
    truths = {
        "bootstrap over stimuli": shares.mean(axis=0) @ weights.T,
        "bootstrap over both": weights @ UNEQUAL,
    }
    for row, what in enumerate(("similarity", "difference")):
        for test, truth in truths.items():
            yield Outcome(
                f"interval of a {what}, new stimuli", test, covers(tables[test], float(truth[row]), row)
            )


def power(rng: np.random.Generator, effect: float, n_subjects: int, n_stimuli: int) -> Iterator[Outcome]:
    """A brain that has a little of the model."""
    model, shared = features(rng, n_stimuli), features(rng, n_stimuli)
    brain = brain_rdms(rng, [model], np.full((n_subjects, 1), effect), shared)
    rdms = pdist(model, "sqeuclidean")[None]
    tables = run_tests(rng, brain, rdms, ABOVE_CHANCE, "greater")
    for test, table in {**tables.across, **tables.over}.items():
        if test != "bootstrap over subjects":
            yield Outcome("power", test, rejects(table))
    _, p = permute_stimuli(brain[:1], rdms, N_PERMUTATIONS, rng)
    yield Outcome("power", "stimulus permutation", bool(p.item() <= LEVEL))


SCENARIOS: tuple[Callable[[np.random.Generator], Iterator[Outcome]], ...] = (
    unrelated_brains,
    unrelated_shared_brains,
    equal_models_same_stimuli,
    equal_models_new_stimuli,
    known_stimuli,
    new_stimuli,
)
POWERS = (
    [("effect", effect, N_SUBJECTS, N_STIMULI) for effect in EFFECTS]
    + [("subjects", POWER_EFFECT, n_subjects, N_STIMULI) for n_subjects in SUBJECTS]
    + [("stimuli", POWER_EFFECT, N_SUBJECTS, n_stimuli) for n_stimuli in STIMULI]
)


def start_process(processes: object) -> None:
    """Keep each process to one core, so that the project's own threads do not crowd the others."""
    if hasattr(os, "sched_setaffinity"):
        with processes.get_lock():
            cores = sorted(os.sched_getaffinity(0))
            core = cores[processes.value % len(cores)]
            processes.value += 1
        os.sched_setaffinity(0, {core})


def simulate(job: tuple[int, int, int, int]) -> Counter[tuple[str, str, bool]]:
    """Outcomes of a few simulations of one scenario, counted."""
    seed, scenario, first, last = job
    counts: Counter[tuple[str, str, bool]] = Counter()
    for number in range(first, last):
        rng = np.random.default_rng([seed, scenario, number])
        if scenario < len(SCENARIOS):
            counts.update(SCENARIOS[scenario](rng))
        else:
            counts.update(power(rng, *POWERS[scenario - len(SCENARIOS)][1:]))
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
    """Rates of each panel and test, for each scenario and then for each setting of power."""
    import multiprocessing

    size = 10
    jobs = [
        (seed, scenario, first, min(first + size, total))
        for scenario in range(len(SCENARIOS) + len(POWERS))
        for total in (n_simulations if scenario < len(SCENARIOS) else n_power,)
        for first in range(0, total, size)
    ]
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    context = multiprocessing.get_context("spawn")
    counts: dict[int, Counter[tuple[str, str, bool]]] = defaultdict(Counter)
    with ProcessPoolExecutor(n_cores, context, start_process, (context.Value("i", 0),)) as pool:
        for job, found in zip(jobs, pool.map(simulate, jobs)):
            counts[job[1]].update(found)
    return {
        scenario: {
            (panel, test): Rate(
                found[Outcome(panel, test, True)],
                found[Outcome(panel, test, True)] + found[Outcome(panel, test, False)],
            )
            for panel, test, _ in found
        }
        for scenario, found in counts.items()
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
    for scenario in range(len(SCENARIOS)):
        for (panel, test), rate in rates[scenario].items():
            name = f"{panel}: {test}"
            percent = 100 * rate.share
            if panel.startswith("interval"):
                low, high = coverage_bars(rate.total)
                found.append(Figure(name, percent, "% cover", 100 * low))
                found.append(Figure(name, percent, "% cover", 100 * high, "<="))
            elif panel.startswith("no claim"):
                found.append(Figure(name, percent, "% reject", note="about these stimuli alone"))
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
        for (_, test), rate in rates[len(SCENARIOS) + number].items():
            curves.setdefault(axis, {}).setdefault(test, []).append((value, rate))
    return curves


def draw(rates: dict[int, dict[tuple[str, str], Rate]], path: Path) -> None:
    """Draw rejections, coverage and power."""
    from tyrosine.figures.style import DOUBLE_COLUMN, SMALL_SIZE, new_figure, paper_style

    merged = {key: rate for number in range(len(SCENARIOS)) for key, rate in rates[number].items()}
    height = 0.15 * (len(merged) + len({panel for panel, _ in merged})) / 1.5 + 0.7
    with paper_style():
        title = f"Calibration with {N_SUBJECTS} subjects and {N_STIMULI} stimuli"
        figure = new_figure(DOUBLE_COLUMN, height + 2.3, title, simulated=False)
        upper, lower = figure.subfigures(2, 1, height_ratios=(height, 2.2))
        axes = upper.subplots(1, 2)
        for axis, kind in zip(axes, (False, True)):
            chosen = {key: rate for key, rate in merged.items() if key[0].startswith("interval") == kind}
            draw_rates(axis, chosen, kind)
        axes[0].set_xlabel("true null hypotheses rejected at 5 % (%)")
        axes[0].set_xlim(0, None)
        axes[1].set_xlabel("intervals that cover the truth (%)")
        panels = lower.subplots(1, 3, sharey=True)
        for axis, (what, curves) in zip(panels, power_curves(rates).items()):
            draw_power(axis, what, curves)
        panels[0].set_ylabel("power (%)")
        lower.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5,
                     fontsize=SMALL_SIZE - 1, handlelength=1.6, columnspacing=1.2)  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=200)


def draw_rates(axis: Axes, rates: dict[tuple[str, str], Rate], intervals: bool) -> None:
    """A row for each test, below a heading for each panel, with the range that it has to keep to."""
    from tyrosine.figures.style import BAND, COOL, FAINT_INK, RULE, SMALL_SIZE, WARM

    total = next(iter(rates.values())).total
    bars = coverage_bars(total) if intervals else (0.0, rejection_bar(total))
    axis.axvspan(*(100 * bar for bar in bars), color=BAND, lw=0)
    axis.axvline(100 * (1 - LEVEL if intervals else LEVEL), color=RULE, lw=0.6)
    labels, panels = [], set()
    for (panel, test), rate in rates.items():
        if panel not in panels:
            panels.add(panel)
            labels.append(panel.removeprefix("interval of a ").replace("no claim: ", "beyond their claim: "))
        y = len(labels)
        labels.append(test)
        colour = WARM[0] if panel.startswith("no claim") else COOL[1]
        ends = 100 * np.array(binom.interval(0.95, rate.total, rate.share)) / rate.total
        axis.plot(ends, [y, y], color=colour, lw=0.9)
        axis.plot(100 * rate.share, y, "o", color=colour, ms=3)
    axis.set_yticks([])
    for y, label in enumerate(labels):
        heading = label not in {test for _, test in rates}
        axis.annotate(
            label, (0, y), (-4, 0), axis.get_yaxis_transform(), "offset points", ha="right", va="center",
            fontsize=SMALL_SIZE - 1, color=FAINT_INK if heading else None,
            fontstyle="italic" if heading else None, annotation_clip=False,
        )  # fmt: skip
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.spines["left"].set_visible(False)


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
    parser.add_argument("--quick", action="store_true", help="less than a minute: 40 simulations")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a rate leaves its range")
    parser.add_argument("--simulations", type=int, help="1000 unless told")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--figure", type=Path, help="where to draw the rates")
    options = parser.parse_args()
    n_simulations = options.simulations or (40 if options.quick else 1000)
    start = time.perf_counter()
    rates = run(n_simulations, max(20, n_simulations // 4), options.seed)
    print(
        f"{n_simulations} simulations of each null, {N_BOOTSTRAPS} resamples, {N_PERMUTATIONS} permutations"
    )
    print(f"{machine()}; {time.perf_counter() - start:.0f} s\n")
    held = print_figures(rows(rates))
    if options.figure:
        draw(rates, options.figure)
    sys.exit(1 if options.check and not held else 0)


if __name__ == "__main__":
    main()
