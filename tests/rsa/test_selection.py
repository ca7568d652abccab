"""Questions about attributes: which models they select, and what they refuse."""

import pytest

from tyrosine.errors import ParameterError
from tyrosine.models import ModelSpec
from tyrosine.parameters import QuestionParameters, parse
from tyrosine.rsa.inference.selection import select_contrasts


def spec(name, modality="vision", task="classification", **options):
    pooling = "cls"
    fields = {"label": name, "modality": modality, "task": task, "checkpoint": "x", "layer": "l"}
    return ModelSpec(name=name, pooling=pooling, **fields, **options)


def roster(*specs):
    return {one.name: one for one in specs}


MODELS = roster(
    spec("vit", architecture="ViT-L"),
    spec("resnet", architecture="ResNet", experiment=("task",)),
    spec("mae", task="autoencoding", architecture="ViT-L"),
    spec("bert", "language", "masked-token prediction"),
    spec("clip_vision", task="contrastive", multimodal=True),
    spec("vit_untrained", architecture="ViT-L", twin_of="vit"),
)


def select(models=MODELS, **question):
    found = select_contrasts(
        QuestionParameters.model_validate({"one": {"ask": "Which?", **question}}), models
    )
    assert len(found) == 1
    return found[0]


def group(**attributes):
    return {"groups": {"them": {"label": "them all", "select": attributes}}}


def contrast(a, b, **options):
    return {"contrasts": {"two": {"a": a, "b": b, "labels": ["first", "second"], **options}}}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"modality": "vision", "multimodal": False}, ("vit", "resnet", "mae")),
        ({"multimodal": True}, ("clip_vision",)),
        ({"task": "classification"}, ("vit", "resnet")),
        ({"architecture": "ViT-L"}, ("vit", "mae")),
        ({"experiment": "modality", "task": "classification"}, ("vit",)),
        ({"trained": False}, ("vit_untrained",)),
        ({}, ("vit", "resnet", "mae", "bert", "clip_vision")),
    ],
)
def test_a_selection_has_the_models_with_every_attribute(attributes, expected):
    found = select(**group(**attributes))

    assert found.contrast.a == expected
    assert (found.kind, found.question, found.label_a, found.label_b) == ("group", "one", "them all", "")


def test_a_contrast_has_two_sides():
    found = select(**contrast({"modality": "vision", "multimodal": False}, {"modality": "language"}))

    assert found.contrast.strata == ((("vit", "resnet", "mae"), ("bert",)),)
    assert (found.kind, found.label_a, found.label_b) == ("named", "first", "second")


def test_within_pairs_models_of_one_architecture():
    found = select(**contrast({"task": "autoencoding"}, {"task": "classification"}, within="architecture"))

    # ResNet has no autoencoder beside it.
    assert found.contrast.strata == ((("mae",), ("vit",)),)


def test_models_that_do_not_say_their_architecture_share_none():
    found = select(**contrast({"multimodal": True}, {"modality": "language"}, within="architecture"))

    assert found.contrast is None
    assert found.undefined == (
        "no model with multimodal true shares its architecture with one that has modality language"
    )


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_side_without_models_is_undefined_and_says_which(side):
    sides = {"a": {"modality": "vision"}, "b": {"modality": "language"}}
    sides[side] = {"task": "segmentation", "multimodal": False}

    found = select(**contrast(**sides))

    assert found.contrast is None
    assert found.undefined == "no model of the roster has multimodal false, task segmentation"


def test_a_group_without_models_is_undefined():
    assert select(roster(spec("vit")), **group(modality="language")).undefined == (
        "no model of the roster has modality language"
    )


def test_the_same_model_on_both_sides_is_refused_by_name():
    with pytest.raises(
        ParameterError, match=r"questions.one.contrasts.two selects vit, resnet on both sides"
    ):
        select(**contrast({"task": "classification"}, {"modality": "vision"}))


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ({"one": {"ask": "Which?"}}, "questions.one: it has neither groups nor contrasts"),
        ({"one": {"groups": {}}}, "questions.one.ask is missing"),
        ({"one": {"ask": "Which?", **group(colour="red")}}, "groups.them.select.colour is unknown"),
        ({"one": {"ask": "Which?", **group(modality="smell")}}, "select.modality is 'smell'"),
        (
            {"one": {"ask": "Which?", **group()}, "two": {"ask": "Which?", **group()}},
            "share the name them",
        ),
        ({"one": {"ask": "Which?", **contrast({}, {}, within="size")}}, "within is 'size'"),
    ],
)
def test_questions_that_make_no_sense_are_refused(questions, words):
    with pytest.raises(ParameterError, match=words):
        parse(QuestionParameters, questions, "questions")


def test_features_of_stimuli_are_in_no_group_that_does_not_ask_for_them():
    pixels = ModelSpec(label="Pixels", backend="features", factory="tyrosine.models.confounds:pixels")
    vit = ModelSpec(label="ViT", modality="vision", task="none", checkpoint="a/b", layer=1.0, pooling="cls")
    asked = {
        "ask": "?",
        "groups": {
            "task": {"label": "any", "select": {"task": "none"}},
            "every": {"label": "every", "select": {}},
            "surface": {"label": "surface", "select": {"modality": "stimulus"}},
        },
    }

    found = select_contrasts(QuestionParameters({"q": asked}), {"pixels": pixels, "vit": vit})

    assert [one.contrast.strata for one in found] == [
        ((("vit",), ()),), ((("vit",), ()),), ((("pixels",), ()),)
    ]  # fmt: skip
