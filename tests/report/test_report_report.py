"""What the report holds."""

import base64
import io
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tyrosine.figures.illustrations import Illustration, Picture
from tyrosine.report.first_screen import Line, ShortAnswer
from tyrosine.report.page import Report
from tyrosine.report.sections import Gallery, Note, Table, as_gallery, flatten_sections

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


def _gallery(*captions, **options):
    return Gallery(tuple(map(_picture, captions)), **options)


def _pictures():
    return [_gallery("One figure"), _gallery("Another")]


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
    folder = options.pop("folder", None)
    return Report(**{**arguments, **options}).render(folder)


@pytest.fixture(scope="module")
def page():
    return Page(_render(sections=[*_pictures(), SIMILARITY, NOTE, MODELS]))


def test_every_tag_is_closed(page):
    assert page.open == []


def test_every_figure_is_embedded_as_a_picture_with_its_caption(page):
    assert [image["alt"] for image in page.images] == ["One figure", "Another"]
    for image in page.images:
        head, data = image["src"].split(",")
        assert head == "data:image/webp;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (300, 150)
    assert page.found["figcaption"] == ["Figure 1. One figure", "Figure 2. Another"]


def test_a_picture_that_is_drawn_already_looks_the_same_in_the_report():
    colours = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], dtype=np.uint8)
    drawn = io.BytesIO()
    Image.fromarray(colours).save(drawn, format="png")

    page = Page(_render(sections=as_gallery(Picture.captioned(drawn.getvalue(), "Drawn"))))

    embedded = Image.open(io.BytesIO(base64.b64decode(page.images[0]["src"].split(",")[1])))
    np.testing.assert_array_equal(np.asarray(embedded.convert("RGB")), colours)


def test_a_picture_of_photographs_keeps_its_colours_in_half_of_the_bytes():
    colours = np.random.default_rng(0).integers(0, 150, (20, 20, 3), dtype=np.uint8)
    grain = np.random.default_rng(1).integers(0, 105, (320, 320, 1), dtype=np.uint8)
    photograph = colours.repeat(16, 0).repeat(16, 1) + grain
    buffer = io.BytesIO()
    Image.fromarray(photograph).save(buffer, format="png")

    page = Page(_render(sections=as_gallery(Picture.captioned(buffer.getvalue(), "Photographs"))))

    data = base64.b64decode(page.images[0]["src"].split(",")[1])
    assert len(data) < len(buffer.getvalue()) / 2
    embedded = np.asarray(Image.open(io.BytesIO(data))).astype(float)
    patches = (embedded - photograph).reshape(20, 16, 20, 16, 3).mean(axis=(1, 3))
    assert np.abs(patches).mean() < 4


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
        {"sections": [_gallery('"><script>', "<script>")]},
        {"tables": {"<script>": Path("<script>.csv")}, "sections": [_gallery("A", tables=("<script>",))]},
    ],
)
def test_values_are_escaped(options):
    html = _render(**options, folder=Path())
    # The page has scripts of its own, with nothing in their tags.
    assert html.count("<script") == _render().count("<script")
    assert "&lt;script&gt;" in html


def test_answers_stand_before_everything_else():
    page = Page(_render(answers="<h3>Which?</h3>\n<p>This one.</p>"))

    assert page.open == []
    assert page.found["h2"][:3] == ["Answers in full", "Notes", "Tables"]
    assert page.found["h3"][0] == "Which?"
    assert "#answers" in page.references


def test_without_answers_there_is_no_section_for_them(page):
    assert "Answers in full" not in page.found["h2"]
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
    assert page.found["h2"] == ["Notes", "Tables", "Figures", "Models", "Parameters", "Versions"]
    later = Table("Later", pd.DataFrame({"a": [1]}))
    page = Page(_render(sections=[_gallery("Third"), SIMILARITY, MODELS, later, NOTE, _gallery("First")]))
    assert page.found["h3"] == ["Similarity", "Later"]
    assert page.found["figcaption"] == ["Figure 1. Third", "Figure 2. First"]
    assert page.found["li"] == ["Subject 3 lacks FFA-2."]


def test_sections_lie_in_lists():
    found = flatten_sections([NOTE, [], (SIMILARITY, [MODELS, as_gallery(_picture("First"))])])
    assert [type(one).__name__ for one in found] == ["Note", "Table", "Table", "Gallery"]


def test_of_a_folder_of_figures_the_first_is_shown_and_the_others_are_named():
    drawn = {name: _picture(f"Clusters: {name}") for name in ("EBA", "FFA-1", "PPA")}

    page = Page(_render(sections=as_gallery(drawn)))

    assert [image["alt"] for image in page.images] == ["Clusters: EBA"]
    assert page.found["li"] == ["Clusters: FFA-1", "Clusters: PPA"]
    assert as_gallery({}) == []


def test_a_figure_has_links_to_its_files_and_its_data_from_where_the_page_lies(tmp_path):
    picture = _picture("One")
    picture.files = (tmp_path / "figures" / "a b.png", tmp_path / "figures" / "a b.pdf")
    sections = as_gallery(picture, tables=("similarities", "raw_study"))

    page = Page(
        _render(sections=sections, tables={"similarities": tmp_path / "s.csv"}, folder=tmp_path / "report")
    )

    assert [link for link in page.references if not link.startswith(("#", "data:"))] == [
        "../figures/a%20b.png",
        "../figures/a%20b.pdf",
        "../s.csv",
    ]


def test_figures_with_images_of_stimuli_stay_out_of_a_page_without_images():
    sections = [_gallery("Plot"), _gallery("Sheet", shows_images=True)]

    page = Page(_render(sections=sections, images=False))

    assert [image["alt"] for image in page.images] == ["Plot"]
    assert "report.images" in page.found["li"][0]
    assert [image["alt"] for image in Page(_render(sections=sections)).images] == ["Plot", "Sheet"]


def test_the_main_figure_stands_beside_the_short_answers_and_nowhere_else():
    line = Line("A − B", "", "better", "higher", "0.1", "0.0 to 0.2", "0.01", 50.0, 25.0, 75.0)
    short = ShortAnswer("Which?", "This one.", "Holds for all.", "Pearson r", "95 % CI", (line,), 25.0)

    page = Page(_render(sections=[SIMILARITY, *_pictures()], short_answers=[short]))

    assert page.open == []
    assert page.found["figcaption"] == ["Figure 1. One figure", "Figure 2. Another"]
    assert page.found["h2"][:2] == ["Which?", "Tables"]
    assert page.found["td"][:5] == ["", "0.1", "0.0 to 0.2", "0.01", "better"]
