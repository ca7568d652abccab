"""Wording that messages share: lists that are cut short, and what an error of a library says."""

import pytest

from tyrosine.wording import first_line, first_three


@pytest.mark.parametrize(
    ("offenders", "told"),
    [
        ([], ""),
        (["a"], "a"),
        ((1, 2, 3), "1, 2, 3"),
        ("abcd", "a, b, c and 1 more"),
        (range(10), "0, 1, 2 and 7 more"),
    ],
)
def test_of_many_offenders_three_are_named_and_the_others_counted(offenders, told):
    assert first_three(offenders) == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("broken."), "broken"),
        (OSError("\n\n  no such file: \nmore of it"), "no such file"),
        (KeyError(), "KeyError"),
        (RuntimeError(" \n "), "RuntimeError"),
    ],
)
def test_of_an_error_the_first_line_is_told_without_its_full_stop(error, told):
    assert first_line(error) == told
