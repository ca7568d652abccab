"""The answer of one group or contrast: rows of the tables of inference in, sentences and a table of text out.

The headline of an answer is taken from the test that generalises furthest. That is the bootstrap over
subjects and stimuli, whose results hold for new subjects and new stimuli. Where this bootstrap is undefined,
the headline is taken from a test across subjects, whose results hold for new subjects and the same stimuli.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tyrosine.parameters.measures import DUAL_BOOTSTRAP, T_TEST, TESTS, TRIPLE_BOOTSTRAP
from tyrosine.report.ground_truth import Truth, compare_with_truth, judge, truth_for
from tyrosine.report.robustness import Robustness, Twins, name_sides, tell_robustness
from tyrosine.report.sentences import (
    DEPENDS,
    HIGHER,
    LOWER,
    NO_EVIDENCE,
    UNDEFINED,
    Row,
    Sides,
    Terms,
    capitalised,
    direction,
    interval_of,
    number,
    numbers_of,
    probability,
    reason,
    tell,
    verdict,
)
from tyrosine.tables.columns import ABOVE_CHANCE, CONTROL, EVERY_REGION

ABSENT = "–"


@dataclass(frozen=True)
class Gist:
    """What a headline is made from.

    Attributes
    ----------
    row : mapping
        The row of `contrasts` on all regions together.
    sides : Sides
        What the sides are called in short.
    terms : Terms
    twins : str
        For how many models of a group the trained one is above its untrained twin; empty if none has one.
    """

    row: Row
    sides: Sides
    terms: Terms
    twins: str = ""

    @property
    def found(self) -> str:
        """What `sentences.direction` says of it."""
        return direction(self.row, self.sides, self.terms.max_q)


@dataclass(frozen=True)
class Answer:
    """What the tables say about one group or contrast of a question.

    Attributes
    ----------
    headline : str
        A sentence on all regions together.
    remarks : tuple of str
        What qualifies the headline, a sentence or two each.
    title : str
        Of `regions`.
    regions : DataFrame of str
        A row a region.
    gist : Gist, optional
        What the headline is made from; None where the tables have no row.
    """

    headline: str
    remarks: tuple[str, ...] = ()
    title: str = ""
    regions: pd.DataFrame | None = None
    gist: Gist | None = None


def answer(
    rows: pd.DataFrame,
    labels: Mapping[str, str],
    terms: Mapping[str, Terms],
    ceilings: Mapping[str, Row],
    truth: Truth,
    robustness: Robustness | None = None,
    twins: Twins | None = None,
) -> Answer:
    """Tell what the rows of one contrast or group say.

    Parameters
    ----------
    rows : DataFrame
        Those of `contrasts` for it: all regions, tests and methods.
    labels : mapping of str to str
        What the models are called.
    terms : mapping of str to Terms
        By method; the first makes the headline and the table.
    ceilings : mapping of str to mapping
        The row of `ceiling_shares` of each ROI for a group, by the first method; empty for a contrast.
    truth : Truth
        Empty for a real study.
    robustness : mapping, optional
        From `robustness_by_row`. A direction that it says to depend on some models is not told as one.
    twins : Twins, optional
        What the headline of a group says of untrained twins.

    Returns
    -------
    Answer
    """
    robust = robustness or {}
    records: list[Row] = [
        row
        | {"depends_on": robust.get((row["contrast"], row["roi"], row["method"]), {}).get("depends_on", "")}
        for row in rows.to_dict("records")
    ]
    first, method = records[0], next(iter(terms))
    sides, named = name_sides(first, labels)
    # Every part of the answer takes these two arguments.
    told_by = sides, terms[method]
    tests = {roi: _tests(records, method, roi) for roi in rows.loc[rows["method"] == method, "roi"].unique()}
    chosen = {roi: _choose(here) for roi, here in tests.items()}
    head = chosen.pop(
        EVERY_REGION,
        {
            **first,
            "method": method,
            "roi": EVERY_REGION,
            "undefined": "the tables have no row for all regions",
        },
    )
    if head["undefined"] and {row["undefined"] for row in chosen.values()} == {head["undefined"]}:
        # If all regions are undefined for one and the same reason, the headline alone says so.
        chosen = {}
    remarks = [
        _left_out(head, chosen),
        *_reservations(head, tests.get(EVERY_REGION, []), *told_by),
        *_disagreements(head, records, sides, terms),
        _tally(chosen, *told_by),
        *tell_robustness(robust.get((first["contrast"], EVERY_REGION, method)), head, *told_by),
        twins.by_region(head, terms[method].max_q) if twins and not sides.b else "",
        "" if sides.b else _reached(chosen, ceilings, terms[method].interval),
        *compare_with_truth(head, chosen, *told_by, truth),
    ]
    effects = {
        roi: row["effect_size"] for roi, here in tests.items() for row in here if row["test"] == T_TEST
    }
    headline = tell(head, named, "the regions", terms[method])
    clause = twins.clause(head, terms[method].max_q) if twins and not sides.b else ""
    if clause:
        headline = f"{headline.removesuffix('.')}; {clause}."
    return Answer(
        headline,
        tuple(remark for remark in remarks if remark),
        f"{capitalised(sides.a)} against {sides.b or 'chance'}, by region",
        pd.DataFrame(
            [
                _line(row, head["test"], effects.get(roi, np.nan), *told_by)
                | ({} if sides.b else _ceiling_of(ceilings.get(roi, {}), terms[method].interval))
                | (_truth_of(row, *told_by, truth) if truth else {})
                for roi, row in chosen.items()
            ]
        ),
        Gist(head, *told_by, clause),
    )


def _tests(records: Sequence[Row], method: str, roi: str) -> list[Row]:
    return [row for row in records if row["method"] == method and row["roi"] == roi]


def _choose(tests: Sequence[Row]) -> Row:
    """The test that generalises furthest among those that are defined, or among all if none is defined."""
    furthest = {"models": 0, "both": 1}
    order = sorted(TESTS, key=lambda name: furthest.get(TESTS[name].over, len(furthest)))
    ranked = sorted(tests, key=lambda row: order.index(row["test"]))
    return next((row for row in ranked if not row["undefined"]), ranked[0])


def _reservations(head: Row, tests: Sequence[Row], sides: Sides, terms: Terms) -> list[str]:
    """Say what a reader has to know about the test from which the headline is taken."""
    found = verdict(head, sides, terms.max_q)
    if found == UNDEFINED:
        return []
    told = []
    for row in tests:
        if row["test"] == TRIPLE_BOOTSTRAP and row["undefined"]:
            told.append(
                f"The {TESTS[TRIPLE_BOOTSTRAP].sentence} has no answer ({reason(row)}), so this speaks of "
                "these models and not of others of their kinds."
            )
    if head["test"] not in (DUAL_BOOTSTRAP, TRIPLE_BOOTSTRAP):
        why = "".join(f" ({reason(row)})" for row in tests if row["test"] == DUAL_BOOTSTRAP)
        told.append(
            f"The {TESTS[DUAL_BOOTSTRAP].sentence} has no answer{why}, so this speaks of new subjects and "
            "not of new stimuli."
        )
    if found == NO_EVIDENCE and (head["lower"] > 0 or (head["upper"] < 0 and sides.b)):
        told.append(
            "The interval excludes zero, but it is of this comparison alone; q is corrected for all of the "
            f"family “{head['family']}”."
        )
    if found == HIGHER and not sides.b and head["lower"] <= 0:
        told.append("The interval, which is two-sided, includes zero; the test is one-sided.")
    return told


def _disagreements(head: Row, records: Sequence[Row], sides: Sides, terms: Mapping[str, Terms]) -> list[str]:
    """Tell the other tests, and the other methods, whose verdict on all regions differs from the headline."""
    found = direction(head, sides, terms[head["method"]].max_q)
    otherwise = "Another {} says otherwise"
    test = (
        "For new subjects and the same stimuli"
        if head["test"] == DUAL_BOOTSTRAP
        else otherwise.format("test")
    )
    others = [
        (test, row) for row in _tests(records, head["method"], EVERY_REGION) if row["test"] != head["test"]
    ] + [
        (otherwise.format("measure"), _choose(_tests(records, method, EVERY_REGION)))
        for method in terms
        if method != head["method"] and _tests(records, method, EVERY_REGION)
    ]
    told = []
    for start, row in others:
        other = direction(row, sides, terms[row["method"]].max_q)
        if other not in (found, UNDEFINED):
            told.append(f"{start}: {_word(other, sides)}, {numbers_of(row, sides, terms[row['method']])}.")
    return told


def _word(found: str, sides: Sides) -> str:
    if found == HIGHER:
        return "better" if sides.b else ABOVE_CHANCE
    return {LOWER: "worse"}.get(found, found)


def _left_out(head: Row, regions: Mapping[str, Row]) -> str:
    """Say over which regions the mean of the headline is, where it is not over all that the table has."""
    named = str(head.get("regions", "")).split()
    lacking = [roi for roi in regions if roi not in named]
    if not named or not lacking:
        return ""
    controls = any(regions[roi]["selectivity"] == CONTROL for roi in lacking)
    return (
        f"“The regions” are those that every subject has{', without controls' if controls else ''}: "
        f"{', '.join(named)}. Left out: {', '.join(lacking)}."
    )


def _tally(regions: Mapping[str, Row], sides: Sides, terms: Terms) -> str:
    """Say in which regions there is evidence of a difference, and in which direction."""
    if len(regions) < 2:
        return ""
    found = {roi: direction(row, sides, terms.max_q) for roi, row in regions.items()}
    parts = []
    for each in (HIGHER, LOWER, DEPENDS, NO_EVIDENCE, UNDEFINED):
        where = [roi for roi in found if found[roi] == each]
        if len(where) == len(found):
            return f"By region: {_word(each, sides)} in all {len(found)}."
        if where:
            parts.append(f"{_word(each, sides)} in {len(where)} of {len(regions)} ({', '.join(where)})")
    return f"By region: {'; '.join(parts)}."


def _reached(regions: Mapping[str, Row], ceilings: Mapping[str, Row], interval: str) -> str:
    """Say which share of the lower noise ceiling the mean similarity reaches, and where there is no share."""
    here = [
        (roi, ceilings[roi])
        for roi, row in regions.items()
        if not row["undefined"] and not pd.isna(ceilings.get(roi, {}).get("ceiling", np.nan))
    ]
    shares = sorted((row["share"], roi, row) for roi, row in here if not row["undefined"])
    # With one region, the smallest and the largest share are the same.
    ends = dict.fromkeys(f"{_share(row)} ({roi})" for _, roi, row in shares[:1] + shares[-1:])
    told = []
    if ends:
        told.append(
            "Share of the lower noise ceiling that the mean reaches, "
            f"with its {interval}: {' to '.join(ends)}."
        )
    reasons: dict[str, list[str]] = {}
    for roi, row in here:
        if row["undefined"]:
            reasons.setdefault(row["undefined"], []).append(roi)
    told += [f"No share of the noise ceiling in {', '.join(where)}: {why}." for why, where in reasons.items()]
    return " ".join(told)


def _share(row: Row) -> str:
    """`10 % [4 %, 17 %]`."""
    share, lower, upper = (f"{100 * row[name]:.0f} %" for name in ("share", "lower", "upper"))
    return f"{share} [{lower}, {upper}]"


def _ceiling_of(row: Row, interval: str) -> dict[str, str]:
    """Cells of a region on the lower noise ceiling and the share of it that is reached."""
    bound, lower, upper = (_text(row.get(name)) for name in ("ceiling", "ceiling_lower", "ceiling_upper"))
    ceiling = bound if ABSENT in (lower, upper) else f"{bound} [{lower}, {upper}]"
    share = ABSENT if not row or row["undefined"] else _share(row)
    return {f"lower noise ceiling [{interval}]": ceiling, f"share of it [{interval}]": share}


def _line(row: Row, usual_test: str, effect_size: float, sides: Sides, terms: Terms) -> dict[str, str]:
    """The cells of a region."""
    found = direction(row, sides, terms.max_q)
    told = f"undefined: {reason(row)}" if found == UNDEFINED else _word(found, sides)
    if found != UNDEFINED and row["test"] != usual_test:
        told += f" ({TESTS[row['test']].sentence})"
    return {
        "region": row["roi"],
        "answer": told,
        f"{'difference in' if sides.b else 'mean'} {terms.measure}": _text(row["estimate"]),
        terms.interval: ABSENT if found == UNDEFINED else interval_of(row),
        **{
            name: ABSENT
            if found == UNDEFINED
            else probability(name, row[name], terms.max_q).removeprefix(f"{name} ").removeprefix("= ")
            for name in ("p", "q")
        },
        "Cohen's d": ABSENT if pd.isna(effect_size) else f"{effect_size:.2f}",
        "subjects": ABSENT if pd.isna(row["n"]) else str(int(row["n"])),
    }


def _truth_of(row: Row, sides: Sides, terms: Terms, truth: Truth) -> dict[str, str]:
    """Cells of a region in the columns that a study with a known ground truth has."""
    true = truth_for(row, truth)
    found = direction(row, sides, terms.max_q)
    judged = ABSENT if true is None or found == UNDEFINED else judge(found, true, sides)
    return {"without noise": _text(true.value if true else None), "answer against the ground truth": judged}


def _text(value: float | None) -> str:
    return ABSENT if value is None or pd.isna(value) else number(value)
