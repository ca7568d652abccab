"""The first screen of the report: each question with one short sentence, and its numbers beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tyrosine.figures.claims import holds_for
from tyrosine.report.answers import Gist
from tyrosine.report.questions import Findings, Question
from tyrosine.report.robustness import joined
from tyrosine.report.sentences import (
    DEPENDS,
    HIGHER,
    LOWER,
    NO_EVIDENCE,
    UNDEFINED,
    capitalised,
    interval_of,
    number,
    probability,
)

MOST_WORDS = 20
"""Words of a short answer, at most."""

_WORDS = {HIGHER: "better", LOWER: "worse", DEPENDS: "depends on models", NO_EVIDENCE: "no evidence"}
_NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Line:
    """The numbers of one group or contrast.

    Attributes
    ----------
    sides : str
        What is compared.
    kind_of_first : str
        What the question calls the first side, where both are single models; else empty.
    found : str
        What the test says, in a word or two.
    kind : str
        `higher`, `lower` or `open`, for its colour.
    estimate, interval, q : str
        As text; empty where the test is undefined.
    place, low, high : float or None
        Where estimate and ends of the interval lie on an axis that all lines of the question share, from 0 to
        100; None where there is none.
    """

    sides: str
    kind_of_first: str
    found: str
    kind: str
    estimate: str = ""
    interval: str = ""
    q: str = ""
    place: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ShortAnswer:
    """One question of the first screen.

    Attributes
    ----------
    ask : str
    sentence : str
        At most `MOST_WORDS` words.
    depends : str
        What the answer depends on, in one line.
    measure, interval : str
        What the estimates and their intervals are.
    lines : tuple of Line
    zero : float
        Where zero lies on the axis of the lines, from 0 to 100.
    """

    ask: str
    sentence: str
    depends: str
    measure: str
    interval: str
    lines: tuple[Line, ...]
    zero: float = 0.0


def shorten(findings: Findings) -> list[ShortAnswer]:
    """Say each answer in one short sentence.

    Parameters
    ----------
    findings : Findings
        As `answer_questions` gives it.

    Returns
    -------
    list of ShortAnswer
        One a question, in their order.
    """
    return [_shorten_question(question) for question in findings.questions]


def _shorten_question(question: Question) -> ShortAnswer:
    gists = [answer.gist for answer in question.answers if answer.gist]
    if not gists:
        return ShortAnswer(question.ask, "No answer: the table of contrasts has none.", "", "", "", ())
    drawn = [gist for gist in gists if gist.found != UNDEFINED and interval_of(gist.row) != "unbounded"]
    ends = [0.0, *(float(gist.row[end]) for gist in drawn for end in ("lower", "upper", "estimate"))]
    low, high = min(ends), max(ends)
    margin = 0.04 * (high - low) or 1.0
    low, high = low - margin, high + margin

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    lines = tuple(_line(gist, place if gist in drawn else None) for gist in gists)
    terms = gists[0].terms
    return ShortAnswer(
        question.ask,
        _sentence(gists),
        _depends(gists),
        terms.measure,
        terms.interval,
        lines,
        place(0.0),
    )


def _line(gist: Gist, place: Callable[[float], float] | None) -> Line:
    row, sides, found = gist.row, gist.sides, gist.found
    name = f"{sides.a} − {sides.b}" if sides.b else sides.a
    same = row["label_a"].lower() == sides.a.lower()
    kind_of_first = "" if same or not sides.two_models else str(row["label_a"])
    if found == UNDEFINED:
        return Line(name, kind_of_first, "no answer", "open")
    word = "above chance" if found == HIGHER and not sides.b else _WORDS[found]
    kind = {HIGHER: "higher", LOWER: "lower"}.get(found, "open")
    q = probability("q", row["q"], gist.terms.max_q).removeprefix("q ").removeprefix("= ")
    line = Line(name, kind_of_first, word, kind, number(row["estimate"]), interval_of(row), q)
    if place is None:
        return line
    return replace(line, place=place(row["estimate"]), low=place(row["lower"]), high=place(row["upper"]))


def _sentence(gists: Sequence[Gist]) -> str:
    """One sentence of at most `MOST_WORDS` words: it names what is compared, or else counts comparisons."""
    sentence = ""
    for clauses in (_named(gists), _counted(gists)):
        sentence = capitalised("; ".join(clauses)) + "."
        if len(sentence.split()) <= MOST_WORDS:
            break
    return sentence


def _named(gists: Sequence[Gist]) -> list[str]:
    groups = [gist for gist in gists if not gist.sides.b]
    pairs = [gist for gist in gists if gist.sides.b]
    clauses = []
    above = [gist.sides.a for gist in groups if gist.found == HIGHER]
    if above:
        one = len(above) == 1 and len(groups) > 1
        clauses.append(f"{'only ' if one else ''}{joined(above)} are above chance")
    elif groups:
        clauses.append("no evidence that any group is above chance")
    for word, wanted in (("better", HIGHER), ("worse", LOWER)):
        clauses += [
            f"alignment is {word} for {gist.sides.a} than for {gist.sides.b}"
            for gist in pairs
            if gist.found == wanted
        ]
    clauses += [
        f"{gist.sides.a} against {gist.sides.b} depends on single models"
        for gist in pairs
        if gist.found == DEPENDS
    ]
    silent = [gist.sides for gist in pairs if gist.found == NO_EVIDENCE]
    if silent and len(silent) == len(pairs) == 1:
        between = "the two" if groups else f"{silent[0].a} and {silent[0].b}"
        clauses.append(f"no evidence of a difference between {between}")
    elif len(silent) == 1:
        clauses.append(f"no evidence for {silent[0].a}")
    elif silent:
        clauses.append(f"no evidence of a difference in {_count(len(silent), 'comparison')}")
    if unanswered := sum(gist.found == UNDEFINED for gist in gists):
        clauses.append(f"no answer to {_count(unanswered, 'comparison')}")
    return clauses


def _counted(gists: Sequence[Gist]) -> list[str]:
    """Clauses without names, which are short however many comparisons there are."""
    found = [(gist.found, bool(gist.sides.b)) for gist in gists]
    counted = (
        (found.count((HIGHER, False)), "{} above chance"),
        (found.count((NO_EVIDENCE, False)) + found.count((DEPENDS, False)), "{} not above chance"),
        (found.count((HIGHER, True)), "{} better"),
        (found.count((LOWER, True)), "{} worse"),
        (found.count((DEPENDS, True)), "{} depending on single models"),
        (found.count((NO_EVIDENCE, True)), "{} without evidence of a difference"),
        (found.count((UNDEFINED, True)) + found.count((UNDEFINED, False)), "{} without an answer"),
    )
    parts = [text.format(_spelled(count)) for count, text in counted if count]
    return [f"of {_count(len(gists), 'comparison')}, {joined(parts)}"]


def _count(n: int, noun: str) -> str:
    return f"{_spelled(n)} {noun}{'' if n == 1 else 's'}"


def _spelled(n: int) -> str:
    return _NUMERALS[n] if n < len(_NUMERALS) else str(n)


def _depends(gists: Sequence[Gist]) -> str:
    """What the answers hold for, and what speaks against taking them further."""
    made = [gist.row for gist in gists if gist.found != UNDEFINED]
    claims = dict.fromkeys(holds_for(row["test"], row.get("stimulus_groups", "")) for row in made)
    told = [f"holds for {claim}" for claim in claims]
    models = dict.fromkeys(gist.row["depends_on"] for gist in gists if gist.found == DEPENDS)
    if models:
        told.append(f"a direction depends on {joined(list(models))}")
    # The models that are not above their twins are named in the full answer.
    told += [f"of {gist.sides.a}, {gist.twins.partition(' (')[0]}" for gist in gists if gist.twins]
    return capitalised("; ".join(told)) + "." if told else ""
