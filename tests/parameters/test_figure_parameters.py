"""Which formats figures can be saved in."""

import pytest
from pydantic import ValidationError

from tyrosine.parameters import FigureParameters


@pytest.mark.parametrize(
    ("given", "formats"),
    [
        ("png svg", ("png", "svg")),
        ("png", ("png",)),
        (["pdf", "png", "pdf"], ("pdf", "png")),
    ],
)
def test_formats_are_a_list_or_words(given, formats):
    assert FigureParameters(formats=given).formats == formats


def test_figures_are_saved_as_png_and_pdf_by_default():
    assert FigureParameters().formats == ("png", "pdf")


@pytest.mark.parametrize(
    ("given", "message"),
    [("pdf", "list png too"), ("png gif", "'png', 'pdf' or 'svg'"), ("", "list png too")],
)
def test_a_format_that_cannot_be_and_a_missing_png_are_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        FigureParameters(formats=given)
