"""What the report holds."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tyrosine.figures.illustrations import Illustration, Picture
from tyrosine.report.page import render_report
from tyrosine.report.sections import Note, Table, flatten_sections

VOID = {"meta", "img", "br", "hr", "link"}


class Page(HTMLParser):
    """Images, texts by tag, and whether every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.images, self.found, self.references = [], [], {}, []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.references += [attributes[key] for key in ("src", "href") if key in attributes]
        if tag == "img":
            self.images.append(attributes)
        if tag not in VOID:
            self.open.append((tag, attributes))
            self.found.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for tag in {tag for tag, _ in self.open}:
            self.found[tag][-1] += data


def _picture(caption):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1])
    return Picture.captioned(Illustration(caption, figure).render(150)["png"], caption)


def _pictures():
    return [_picture("One figure"), _picture("Another")]


MODELS = Table("", pd.DataFrame({"model": ["vit", "bert"], "label": ["ViT", "BERT"]}), part="models")
SIMILARITY = Table(
    "Similarity",
    pd.DataFrame(
        {"ROI": ["EBA", "PPA"], "n": [8, 7], "value": [0.12345, np.nan], "ViT": ["0.100 ± 0.010", "0.200"]}
    ),
)
NOTE = Note("Subject 3 lacks FFA-2.")


def _render(**options):
    arguments = {
        "study": {"title": "A study", "simulated": False, "n_stimuli": 120, "date": None},
        "parameters": {"rdm": {"distance": "correlation"}, "clustering": {"subjects": [1, 2]}, "path": None},
        "versions": {"numpy": "2.4.0"},
        "sections": [MODELS, SIMILARITY, NOTE],
    }
    return render_report(**{**arguments, **options})


@pytest.fixture(scope="module")
def page():
    return Page(_render(sections=[*_pictures(), SIMILARITY, NOTE, MODELS]))


def test_every_tag_is_closed(page):
    assert page.open == []


def test_every_figure_is_embedded_as_a_picture_with_its_caption(page):
    assert [image["alt"] for image in page.images] == ["One figure", "Another"]
    for image in page.images:
        head, data = image["src"].split(",")
        assert head == "data:image/png;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (300, 150)
    assert page.found["figcaption"] == ["Figure 1. One figure", "Figure 2. Another"]


def test_a_picture_that_is_drawn_already_looks_the_same_in_the_report():
    colours = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], dtype=np.uint8)
    drawn = io.BytesIO()
    Image.fromarray(colours).save(drawn, format="png")

    page = Page(_render(sections=[Picture.captioned(drawn.getvalue(), "Drawn")]))

    embedded = Image.open(io.BytesIO(base64.b64decode(page.images[0]["src"].split(",")[1])))
    np.testing.assert_array_equal(np.asarray(embedded.convert("RGB")), colours)


def test_a_picture_of_photographs_keeps_its_colours():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    noisy = pixels // 2 + np.random.default_rng(1).integers(0, 128, pixels.shape, dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noisy).save(buffer, format="png")
    page = Page(_render(sections=[Picture.captioned(buffer.getvalue(), "Photographs")]))
    head, data = page.images[0]["src"].split(",")
    assert head == "data:image/jpeg;base64"
    embedded = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert abs(embedded.astype(float) - noisy).mean() < 8


def test_nothing_is_loaded_from_elsewhere(page):
    assert all(reference.startswith(("data:", "#")) for reference in page.references)


@pytest.mark.parametrize("simulated", [True, False])
def test_only_a_simulated_study_has_the_banner(simulated):
    html = _render(study={"title": "A study", "simulated": simulated})
    assert ("SIMULATED" in html) is simulated


@pytest.mark.parametrize(
    "options",
    [
        {"parameters": {"models": {"vit": {"label": "<script>alert(1)</script>"}}}},
        {"study": {"title": "<script>", "simulated": True}},
        {"sections": [Note("<script>")]},
        {"sections": [Table("<script>", pd.DataFrame({"<script>": ["<script>"]}))]},
        {"sections": [_picture('"><script>')]},
    ],
)
def test_values_are_escaped(options):
    html = _render(**options)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_answers_stand_before_everything_else():
    page = Page(_render(answers="<h3>Which?</h3>\n<p>This one.</p>"))

    assert page.open == []
    assert page.found["h2"][:3] == ["Answers", "Notes", "Results"]
    assert page.found["h3"][0] == "Which?"
    assert "#answers" in page.references


def test_without_answers_there_is_no_section_for_them(page):
    assert "Answers" not in page.found["h2"]
    assert "#answers" not in page.references


def test_equal_input_gives_equal_text():
    assert _render(sections=[*_pictures(), SIMILARITY, NOTE, MODELS]) == _render(
        sections=[*_pictures(), SIMILARITY, NOTE, MODELS]
    )


def test_the_heading_lists_the_facts_that_are_known(page):
    assert page.found["h1"] == ["A study"]
    assert page.found["dt"][0] == "Stimuli"
    assert page.found["dd"][0] == "120"
    assert "Date" not in page.found["dt"]


def test_numbers_have_three_decimals_and_stand_right(page):
    cells = page.found["td"]
    assert cells[:8] == ["EBA", "8", "0.123", "0.100 ± 0.010", "PPA", "7", "–", "0.200"]
    html = _render()
    assert '<td class="number">0.123</td>' in html
    assert '<th scope="col" class="number">ViT</th>' in html
    assert '<td class="short">EBA</td>' in html


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.00012, "1.2e-04"), (0.0, "0.000"), (-0.0341, "-0.034"), (np.float32(0.5), "0.500"), (None, "–")],
)
def test_small_numbers_do_not_round_to_nothing(value, text):
    page = Page(_render(sections=[Table("One", pd.DataFrame({"p": [value]}))]))
    assert page.found["td"][0] == text


def test_a_tables_index_is_shown_if_it_names_the_rows():
    table = pd.DataFrame({"sizes": [[3, 2]]}, index=pd.Index(["EBA"], name="ROI"))
    page = Page(_render(sections=[Table("One", table)]))
    assert page.found["th"][:2] == ["ROI", "sizes"]
    assert page.found["td"][:2] == ["EBA", "3, 2"]


def test_parameters_are_an_outline_of_what_was_given(page):
    assert page.found["pre"] == ["rdm:\n  distance: correlation\nclustering:\n  subjects: [1, 2]\npath: null"]


def test_a_page_with_nothing_to_show_still_names_models_and_versions():
    page = Page(_render(sections=[MODELS]))
    assert page.found["h2"] == ["Models", "Parameters", "Versions"]


def test_sections_stand_in_their_parts_in_the_order_in_which_they_come(page):
    assert page.found["h2"] == ["Notes", "Results", "Figures", "Models", "Parameters", "Versions"]
    later = Table("Later", pd.DataFrame({"a": [1]}))
    page = Page(_render(sections=[_picture("Third"), SIMILARITY, MODELS, later, NOTE, _picture("First")]))
    assert page.found["h3"] == ["Similarity", "Later"]
    assert page.found["figcaption"] == ["Figure 1. Third", "Figure 2. First"]
    assert page.found["li"] == ["Subject 3 lacks FFA-2."]


def test_sections_lie_in_lists_and_folders_of_figures():
    third = _picture("Third")
    found = flatten_sections([NOTE, [], {"a": _picture("First"), "b": third}, (SIMILARITY, [MODELS])])
    assert [getattr(one, "caption", None) for one in found] == [None, "First", "Third", None, None]
