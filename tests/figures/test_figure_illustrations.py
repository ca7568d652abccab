"""Captions, file names and formats of what is drawn, and what the view of a study derives."""

import pickle

import pytest

from tests.figures.drawn import REGIONS, VIEW
from tests.figures.made_up import make_view, roster
from tyrosine.figures import style
from tyrosine.figures.illustrations import Illustration, Picture, Place, illustrate, illustrate_part
from tyrosine.figures.view import StudyView


def _figure(view):
    with style.paper_style():
        return style.new_figure(2, 1, view.title, view.simulated)


def test_a_figure_gets_its_caption_and_the_formats_of_the_view():
    def plot(table, *, view):
        assert table == "a table"
        return _figure(view)

    view = make_view(4, formats=("png", "svg"))
    illustration = illustrate(plot, "A caption", "a table", view)

    assert isinstance(illustration, Illustration)
    assert illustration.caption == "A caption"
    assert illustration.formats == ("png", "svg")
    assert illustration.figure.get_suptitle() == "A study"


@pytest.mark.parametrize(
    ("key", "name", "caption"),
    [
        (Place(1, "EBA"), "subj01_EBA", "Clusters: subject 1, EBA"),
        (Place(12, "early_visual"), "subj12_early_visual", "Clusters: subject 12, early_visual"),
        (Place(3), "subj03", "Clusters: subject 3"),
        ("layer_profiles", "layer_profiles", "Clusters"),
    ],
)
def test_figures_of_a_series_have_their_place_in_name_and_caption(key, name, caption):
    drawn = illustrate(lambda *, view: {key: _figure(view)}, "Clusters", VIEW)
    assert [(found, one.caption) for found, one in drawn.items()] == [(name, caption)]


def test_the_first_of_a_series_has_the_formats_of_single_figures_too():
    view = make_view(4, formats=("png", "pdf"), series_formats=("png",))
    places = [Place(1, "RSC"), Place(1, "EBA")]

    drawn = illustrate(lambda *, view: {place: _figure(view) for place in places}, "Clusters", view)

    saved = {name: sorted(one.render(50)) for name, one in drawn.items()}
    assert saved == {"subj01_RSC": ["pdf", "png"], "subj01_EBA": ["png"]}


def test_a_series_may_be_empty():
    assert illustrate(lambda *, view: {}, "Clusters", VIEW) == {}


def test_a_picture_keeps_its_caption_between_processes():
    picture = pickle.loads(pickle.dumps(Picture.captioned(b"bytes of a PNG", "A caption")))
    assert (bytes(picture), picture.caption) == (b"bytes of a PNG", "A caption")


def test_a_view_gives_every_model_a_look_and_twins_that_of_their_model():
    view, known = make_view(18), roster(18)
    assert view.labels == known["models"]
    assert view.modalities == known["modalities"]
    assert view.twins == known["twins"]
    for looks in (view.colours, view.markers):
        assert looks.keys() == known["models"].keys()
        assert all(looks[twin] == looks[trained] for twin, trained in known["twins"].items())
    for name, modality in view.modalities.items():
        assert view.colours[name] in {"vision": style.WARM, "language": style.COOL}[modality]


def test_selectivities_without_regions_are_no_panels():
    view = StudyView("A study", regions={"none": (), **REGIONS})
    assert view.panels == REGIONS
    assert view.rois == [roi for rois in REGIONS.values() for roi in rois]


def test_a_view_that_has_been_used_can_go_to_another_process():
    view = make_view(9)
    assert pickle.loads(pickle.dumps(view)).colours == view.colours
    assert pickle.loads(pickle.dumps(view)) == make_view(9)


def test_a_caption_says_which_part_of_the_stimuli_is_drawn():
    def draw(*, view):
        return _figure(view)

    assert illustrate_part(draw, "Clusters", VIEW, range(5), range(9)).caption == (
        "Clusters, of 5 stimuli chosen from 9"
    )
    assert illustrate_part(draw, "Clusters", VIEW, range(9), range(9)).caption == "Clusters"
