"""The first screen: short sentences whose direction is that of the tables, and their numbers beside them."""

import pytest

from tests.figures.inference import BETTER, NO_EVIDENCE, WORSE, contrast, undefined
from tests.report.test_report_questions import find
from tyrosine.report.first_screen import MOST_WORDS, shorten


def the_answer(*rows):
    (short,) = shorten(find(*rows))
    return short


@pytest.mark.parametrize(
    ("row", "said", "found"),
    [
        (BETTER, "Alignment is better for CLIP vision than for unimodal vision models.", "better"),
        (WORSE, "Alignment is worse for CLIP vision than for unimodal vision models.", "worse"),
        (
            NO_EVIDENCE,
            "No evidence of a difference between CLIP vision and unimodal vision models.",
            "no evidence",
        ),
        (undefined("too few subjects"), "No answer to one comparison.", "no answer"),
    ],
)
def test_a_sentence_has_the_direction_of_the_table_and_no_number(row, said, found):
    short = the_answer(contrast(row))

    assert short.sentence == said
    assert not any(character.isdigit() for character in short.sentence)
    assert [line.found for line in short.lines] == [found]


def test_the_numbers_stand_beside_the_sentence_and_on_an_axis_with_zero():
    short = the_answer(contrast(BETTER))

    (line,) = short.lines
    assert (line.sides, line.estimate, line.interval, line.q) == (
        "CLIP vision − unimodal vision models",
        "0.031",
        "0.012 to 0.050",
        "0.004",
    )
    assert (short.measure, short.interval) == ("Pearson r", "95 % CI")
    # The axis is linear: distances from zero are in the proportion of the numbers.
    places = [place - short.zero for place in (line.low, line.place, line.high)]
    scale = places[2] / 0.05
    assert places == pytest.approx([0.012 * scale, 0.031 * scale, 0.05 * scale], abs=0.02)
    assert 0 < short.zero < line.low < line.place < line.high < 100


def test_what_an_answer_holds_for_is_one_line():
    assert the_answer(contrast(BETTER)).depends == "Holds for new subjects and new stimuli of these kinds."
    assert the_answer(contrast(undefined("none"))).depends == ""


def test_without_a_row_there_is_no_answer():
    (short,) = shorten(find(contrast(BETTER, question="another")))
    assert short.sentence.startswith("No answer")
    assert short.lines == ()


def test_an_interval_without_ends_is_told_and_not_drawn():
    line = the_answer(contrast(BETTER, lower=float("-inf"), upper=float("inf"))).lines[0]
    assert (line.interval, line.place) == ("unbounded", None)


def test_many_comparisons_are_counted_rather_than_named():
    asks = {"multimodal": "Which?"}
    rows = [contrast(BETTER), contrast(WORSE, contrast="another")]
    (short,) = shorten(find(*rows, asks=asks))

    assert short.sentence == "Of two comparisons, one better and one worse."
    assert len(short.sentence.split()) <= MOST_WORDS
