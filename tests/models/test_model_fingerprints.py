"""The fingerprint follows everything that changes a number, and nothing else."""

import pytest

from tyrosine.errors import ModelError
from tyrosine.models import fingerprint


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("vit", {"checkpoint": "other"}),
        ("vit", {"revision": "v2"}),
        ("vit", {"layer": "layers.2"}),
        ("vit", {"pooling": "mean"}),
        ("vit", {"precision": "bfloat16"}),
        ("bert", {"captions": "first"}),
        ("bert", {"pooling": "last"}),
    ],
)
def test_what_determines_the_numbers_changes_it(make_spec, stimuli, model, changes):
    assert fingerprint(make_spec(model), stimuli) != fingerprint(make_spec(model, **changes), stimuli)


def test_the_backend_changes_it(make_spec, stimuli):
    named = {"checkpoint": "Timm/resnet18"}
    there = make_spec("vit", **named, backend="net2brain")
    assert fingerprint(make_spec("vit", **named), stimuli) != fingerprint(there, stimuli)


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "Another"},
        {"column": "Another"},
        {"task": "another"},
        {"multimodal": True},
        {"batch_size": 1},
        {"device": "auto"},
    ],
)
def test_what_determines_no_number_does_not(make_spec, stimuli, changes):
    assert fingerprint(make_spec("vit"), stimuli) == fingerprint(make_spec("vit", **changes), stimuli)


@pytest.mark.parametrize("changes", [{"on_long_caption": "refuse"}, {"allow_pickle_weights": True}])
def test_what_is_refused_or_allowed_does_not(make_spec, stimuli, changes):
    assert fingerprint(make_spec("bert"), stimuli) == fingerprint(make_spec("bert", **changes), stimuli)


def test_layers_count_as_they_were_found(make_spec, stimuli):
    names = ["layers.1", "layers.3"]
    found = fingerprint(make_spec("vit", layer=[0.5, 1.0]), stimuli, layers=names)
    assert fingerprint(make_spec("vit", layer=names), stimuli) == found
    assert fingerprint(make_spec("vit", layer="all"), stimuli, layers=names) == found
    assert fingerprint(make_spec("vit", layer=names[0]), stimuli) != found


def test_precision_counts_as_it_was_chosen(make_spec, stimuli):
    auto = make_spec("vit", precision="auto")
    for precision in ("float32", "bfloat16"):
        expected = fingerprint(make_spec("vit", precision=precision), stimuli)
        assert fingerprint(auto, stimuli, precision=precision) == expected


def test_captions_option_is_ignored_for_vision(make_spec, stimuli):
    assert fingerprint(make_spec("vit"), stimuli) == fingerprint(make_spec("vit", captions="first"), stimuli)


def test_it_is_64_hexadecimal_digits_and_the_same_for_lists_and_arrays(make_spec, stimuli):
    value = fingerprint(make_spec("bert"), stimuli)
    assert len(value) == 64
    assert int(value, 16) >= 0
    as_lists = stimuli.assign(captions=[list(texts) for texts in stimuli["captions"]])
    assert fingerprint(make_spec("bert"), as_lists) == value


@pytest.mark.parametrize("model", ["vit", "bert"])
def test_order_and_names_of_stimuli_change_it(make_spec, stimuli, model):
    value = fingerprint(make_spec(model), stimuli)
    assert fingerprint(make_spec(model), stimuli.iloc[::-1]) != value
    assert fingerprint(make_spec(model), stimuli.iloc[:-1]) != value
    renamed = stimuli.assign(stimulus_id=[f"x{name}" for name in stimuli["stimulus_id"]])
    assert fingerprint(make_spec(model), renamed) != value


def test_vision_follows_image_content_and_neither_path_nor_captions(make_spec, stimuli):
    value = fingerprint(make_spec("vit"), stimuli)
    assert fingerprint(make_spec("vit"), stimuli.assign(image="elsewhere.png")) == value
    assert fingerprint(make_spec("vit"), stimuli.drop(columns="captions")) == value
    changed = stimuli.assign(image_sha256=["0" * 64, *stimuli["image_sha256"][1:]])
    assert fingerprint(make_spec("vit"), changed) != value


def test_language_follows_the_captions_that_are_read(make_spec, stimuli):
    captions = [list(texts) for texts in stimuli["captions"]]
    captions[0][1] = "another second caption"
    changed = stimuli.assign(captions=captions)
    every, first = make_spec("bert"), make_spec("bert", captions="first")
    assert fingerprint(every, changed) != fingerprint(every, stimuli)
    assert fingerprint(first, changed) == fingerprint(first, stimuli)
    assert fingerprint(every, stimuli.assign(image_sha256="0")) == fingerprint(every, stimuli)


def test_missing_column_is_named(make_spec, stimuli):
    with pytest.raises(ModelError, match="no column image_sha256, which a vision model needs"):
        fingerprint(make_spec("vit"), stimuli.drop(columns="image_sha256"))
    with pytest.raises(ModelError, match="no column captions, which a language model needs"):
        fingerprint(make_spec("bert"), stimuli.drop(columns="captions"))


def test_stimulus_listed_twice_is_named(make_spec, stimuli):
    twice = stimuli.assign(stimulus_id=["a", "b", "a", *stimuli["stimulus_id"][3:]])
    with pytest.raises(ModelError, match="listed twice: a; each needs"):
        fingerprint(make_spec("vit"), twice)


def test_no_stimuli_are_refused(make_spec, stimuli):
    with pytest.raises(ModelError, match="no stimulus to show to vit"):
        fingerprint(make_spec("vit"), stimuli.iloc[:0])


@pytest.mark.parametrize("empty", ["", "  \n", None, 3.5])
def test_empty_caption_is_named_with_its_stimulus(make_spec, stimuli, empty):
    captions = [list(texts) for texts in stimuli["captions"]]
    captions[2][1] = empty
    with pytest.raises(ModelError, match="Caption 2 of stimulus stim2 is empty"):
        fingerprint(make_spec("bert"), stimuli.assign(captions=captions))


@pytest.mark.parametrize("none", [[], None])
def test_stimulus_without_captions_is_named(make_spec, stimuli, none):
    captions = [list(texts) for texts in stimuli["captions"]]
    captions[4] = none
    with pytest.raises(ModelError, match="Stimulus stim4 has no caption"):
        fingerprint(make_spec("bert"), stimuli.assign(captions=captions))


def test_resolved_revision_counts_in_place_of_where_a_folder_lies(make_spec, stimuli):
    here, there = make_spec("vit", checkpoint="/here/vit"), make_spec("vit", checkpoint="/there/vit")
    value = fingerprint(here, stimuli, "sha256:0")
    assert fingerprint(there, stimuli, "sha256:0") == value
    assert fingerprint(here, stimuli, "sha256:1") != value
    assert fingerprint(here, stimuli) != fingerprint(there, stimuli)
