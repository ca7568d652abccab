"""What a model may be declared as, and what a wrong declaration is told."""

import subprocess
import sys

import pydantic
import pytest

from tyrosine.errors import ModelError
from tyrosine.models import ModelSpec, parse_roster, refuse_lone_twins, select_models

VIT = {
    "label": "ViT",
    "modality": "vision",
    "task": "classification",
    "checkpoint": "google/vit-large-patch16-224-in21k",
    "layer": "layers.23",
    "pooling": "cls",
}
NET2BRAIN = {"backend": "net2brain", "checkpoint": "Timm/resnet50"}
BERT = {**VIT, "label": "BERT", "modality": "language", "layer": "encoder.layer.11"}


def test_declaring_models_imports_no_heavy_library():
    code = (
        "import sys, tyrosine.models; tyrosine.models.ModelSpec; heavy = "
        "'torch', 'transformers', 'rsatoolbox', 'pandas', 'kedro'; "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unknown_attribute_of_the_package_is_an_attribute_error():
    import tyrosine.models

    with pytest.raises(AttributeError, match="no attribute 'extract_everything'"):
        tyrosine.models.extract_everything  # noqa: B018


def test_defaults_are_those_of_the_published_experiment():
    spec = ModelSpec(**VIT)
    assert (spec.backend, spec.precision, spec.captions, spec.device) == (
        "transformers",
        "float32",
        "mean",
        "auto",
    )
    assert spec.revision is None
    assert not spec.multimodal


def test_column_is_the_label_unless_given():
    assert ModelSpec(**VIT).column == "ViT"
    assert ModelSpec(**VIT, column=None).column == "ViT"
    assert ModelSpec(**VIT, column="ViT_L").column == "ViT_L"


def test_specification_cannot_be_changed():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        ModelSpec(**VIT).pooling = "mean"


def test_roster_keeps_names_and_order():
    roster = parse_roster({"bert": BERT, "vit": VIT})
    assert list(roster) == ["bert", "vit"]
    assert roster["vit"] == ModelSpec(**VIT, name="vit")
    assert parse_roster(roster) == roster


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pooling": "max"}, r"models.vit.pooling is 'max'; expected 'cls', 'eos', .* or 'none'\."),
        (
            {"modality": "audio"},
            r"models.vit.modality is 'audio'; expected 'vision', 'language' or 'stimulus'\.",
        ),
        ({"precision": "int8"}, r"models.vit.precision is 'int8'; expected 'float32', "),
        ({"batch_size": 0}, r"models.vit.batch_size is 0; expected greater than 0\."),
        ({"batch_size": "many"}, r"models.vit.batch_size is 'many'; expected a valid integer"),
        ({"layer": " "}, r"models.vit.layer is ' '; expected the name of a module, a relative depth such as"),
        ({"layer": True}, r"models.vit.layer is True; expected the name of a module"),
        ({"layer": []}, r"models.vit.layer is \[\]; expected the name of a module"),
        ({"layer": 0}, r"models.vit.layer is 0; relative depth 0 is out of range; expected more than 0 and"),
        ({"layer": 23}, r"models.vit.layer is 23; relative depth 23 is out of range"),
        ({"layer": [0.5, 1.5]}, r"models.vit.layer is \[0.5, 1.5\]; relative depth 1.5 is out of range"),
        ({"layer": "best 0.5"}, r"models.vit.layer is 'best 0.5'; `best` chooses among .* and there is one"),
        ({"layer": "0.5 nan"}, r"models.vit.layer is '0.5 nan'; relative depth nan is out of range"),
        (
            {"experiment": "modality taste"},
            r"models.vit.experiment is 'taste'; expected 'modality' or 'task'",
        ),
        (
            {"batch_size": "auto", "precision": "auto", "compile": "perhaps"},
            r"models.vit.compile is 'perhaps'",
        ),
        ({**NET2BRAIN, "compile": True}, r"models.vit: the backend net2brain compiles nothing"),
        ({"revision": 12}, r"models.vit.revision is 12; expected a valid string\."),
        (
            {"backend": "net2brain", "checkpoint": "resnet50"},
            r"models.vit: checkpoint 'resnet50' .*Timm/resnet50",
        ),
        ({"backend": "net2brain", "revision": "v2"}, r"models.vit: .* has no revisions; take revision out\."),
        (
            {"backend": "net2brain", "precision": "float16"},
            r"models.vit: .* computes in float32; take precision",
        ),
        ({"poolling": "cls"}, r"models.vit.poolling is not an option of a model; did you mean pooling\?"),
        ({"zzz": 1}, r"models.vit.zzz is not an option of a model; the options are label, .* and device\."),
        ({"pooling": "eos"}, r"models.vit: pooling 'eos' makes no sense for a vision model, .* cls, mean,"),
        ({"pooling": "last"}, r"'last' makes no sense for a vision model"),
    ],
)
def test_wrong_field_is_named_with_what_was_given_and_expected(changes, message):
    with pytest.raises(ModelError, match=message) as caught:
        parse_roster({"vit": {**VIT, **changes}})
    assert "\n" not in str(caught.value)


def test_flattened_captions_make_no_sense():
    with pytest.raises(ModelError, match="'flatten' makes no sense for a language model"):
        parse_roster({"bert": {**BERT, "pooling": "flatten"}})


def test_missing_field_is_named():
    with pytest.raises(
        ModelError, match=r"models\.vit\.layer is missing; every model needs label, modality, "
    ):
        parse_roster({"vit": {name: value for name, value in VIT.items() if name != "layer"}})


@pytest.mark.parametrize("models", [["vit"], "vit", None])
def test_models_that_are_no_mapping_are_refused(models):
    with pytest.raises(ModelError, match="expected a mapping from names to models"):
        parse_roster(models)


def test_entry_that_is_no_mapping_is_refused():
    with pytest.raises(ModelError, match=r"models\.vit is 'google/vit'; expected a mapping with the fields"):
        parse_roster({"vit": "google/vit"})


@pytest.mark.parametrize("name", ["all", "clip vision", "2vit", "a.b", ""])
def test_name_that_cannot_be_a_namespace_is_refused(name):
    with pytest.raises(ModelError, match="cannot name a model"):
        parse_roster({name: VIT})


@pytest.mark.parametrize("field", ["label", "column"])
def test_two_models_of_one_label_or_column_are_refused(field):
    twin = {**BERT, "column": "other"} if field == "label" else {**BERT, "column": "ViT"}
    with pytest.raises(ModelError, match=f"Models vit and twin have the same {field}, 'ViT'"):
        parse_roster({"vit": VIT, "twin": {**twin, "label": "ViT"} if field == "label" else twin})


@pytest.mark.parametrize(
    ("layer", "layers"),
    [
        ("layers.1", ("layers.1",)),
        ("all", ("all",)),
        (0.5, (0.5,)),
        (1, (1.0,)),
        ("0.5", (0.5,)),
        ("layers.1  0.5 1", ("layers.1", 0.5, 1.0)),
        (["layers.1", 0.5], ("layers.1", 0.5)),
        (["all", "layernorm"], ("all", "layernorm")),
        ("best", ("all",)),
        ("best 0.5 1", (0.5, 1.0)),
    ],
)
def test_layer_is_a_name_a_depth_or_several_in_a_list_or_a_string(layer, layers):
    spec = ModelSpec(**{**VIT, "layer": layer})
    assert spec.layers == layers
    # Kedro hands a checked entry over as plain values, which are checked again.
    assert ModelSpec.model_validate(spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize(
    ("pooling", "poolings"),
    [
        ("cls", ("cls",)),
        ("mean cls", ("mean", "cls")),
        (["cls", "mean"], ("cls", "mean")),
        (["cls", "cls"], ("cls",)),
    ],
)
def test_pooling_is_one_or_several_beside_the_best_layer(pooling, poolings):
    spec = ModelSpec(**{**VIT, "layer": "best", "pooling": pooling})
    assert spec.poolings == poolings
    assert ModelSpec.model_validate(spec.model_dump(mode="json")) == spec
    expected = ["a", "b"] if len(poolings) == 1 else [f"{a}:{b}" for a in "ab" for b in poolings]
    assert spec.readouts(["a", "b"]) == expected


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"pooling": "cls mean"},
            "pooling lists cls, mean, and nothing chooses among them; set layer to best",
        ),
        ({"pooling": ["cls", "mean"], "layer": "all"}, "nothing chooses among them"),
        ({"pooling": "cls eos", "layer": "best"}, "pooling 'eos' makes no sense for a vision model"),
        (
            {"pooling": "mean none", "layer": "best"},
            "pooling 'none' takes layers that put out a vector already",
        ),
        ({"pooling": ["cls", "max"], "layer": "best"}, "models.vit.pooling is "),
        ({"pooling": [], "layer": "best"}, "models.vit.pooling is "),
        (
            {
                "backend": "torch",
                "factory": "a:b",
                "modality": "language",
                "pooling": "mean eos",
                "layer": "best",
            },
            "pooling 'eos' is not known to the backend torch",
        ),
    ],
)
def test_several_poolings_that_make_no_sense_are_refused(changes, told):
    with pytest.raises(ModelError, match=told):
        parse_roster({"vit": {**VIT, **changes}})


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [("task", ("task",)), (["modality"], ("modality",)), ("modality task", ("modality", "task"))],
)
def test_experiments_are_words_or_a_list(experiment, expected):
    assert ModelSpec(**VIT, experiment=experiment).experiment == expected


def test_a_model_takes_part_in_both_experiments_unless_it_says_otherwise():
    assert ModelSpec(**VIT).experiment == ("modality", "task")


@pytest.mark.parametrize("twin_of", ["vit", "nobody"])
def test_a_twin_needs_another_model_to_be_the_twin_of(twin_of):
    roster = parse_roster({"bert": BERT, "vit": {**VIT, "twin_of": twin_of}})
    with pytest.raises(ModelError, match=rf"models\.vit\.twin_of is '{twin_of}', .* expected one of bert"):
        refuse_lone_twins(roster)
    refuse_lone_twins(parse_roster({"bert": BERT, "vit": {**VIT, "twin_of": "bert"}}))


EXPERIMENTAL = parse_roster(
    {
        "vit": VIT,
        "bert": {**BERT, "experiment": "modality"},
        "mae": {**VIT, "label": "MAE", "experiment": "task"},
    }
)


@pytest.mark.parametrize(
    ("experiment", "roster", "names"),
    [
        ("all", "all", ["vit", "bert", "mae"]),
        ("modality task", "all", ["vit", "bert", "mae"]),
        ("task", "all", ["vit", "mae"]),
        (["modality"], "all", ["vit", "bert"]),
        ("task", "mae bert vit", ["mae", "vit"]),
    ],
)
def test_an_experiment_restricts_the_roster(experiment, roster, names):
    assert select_models(EXPERIMENTAL, roster, experiment) == names


@pytest.mark.parametrize("experiment", ["", "tasks", ["task", "taste"], None, 3, {"task": 1}])
def test_an_unknown_experiment_is_refused(experiment):
    with pytest.raises(ModelError, match=r"`experiment` is .*; expected `all` or modality or task\."):
        select_models(EXPERIMENTAL, "all", experiment)


def test_an_experiment_without_any_of_the_roster_is_refused():
    with pytest.raises(ModelError, match="None of the models bert takes part in the experiment task;"):
        select_models(EXPERIMENTAL, "bert", "task")


def test_a_roster_of_no_models_is_refused():
    with pytest.raises(ModelError, match="`models` declares no model; expected an entry for each"):
        select_models({}, "all")


TRAINED = {
    **VIT,
    "column": "ViT_L",
    "architecture": "ViT-L",
    "multimodal": True,
    "experiment": "task",
    "checkpoint": "data/miniatures/vit",
    "layer": [0.5, 1.0],
    "untrained_twin": True,
}


def test_untrained_twins_come_behind_all_models_and_differ_in_what_training_makes():
    bert, mae = {**BERT, "untrained_twin": True}, {**VIT, "label": "MAE"}
    roster = parse_roster({"vit": TRAINED, "bert": bert, "mae": mae})

    assert list(roster) == ["vit", "bert", "mae", "vit_untrained", "bert_untrained"]
    assert roster["vit_untrained"] == ModelSpec(
        name="vit_untrained",
        label="ViT (untrained)",
        column="ViT_L_untrained",
        experiment="task",
        modality="vision",
        task="none",
        multimodal=False,
        architecture="ViT-L",
        twin_of="vit",
        checkpoint="data/miniatures/untrained/vit",
        layer=(0.5, 1.0),
        pooling="cls",
    )
    assert parse_roster(roster) == roster


def test_an_entry_of_a_twins_name_changes_fields_of_the_twin():
    changed = {"checkpoint": "my/random/weights", "label": "Random"}
    roster = parse_roster({"vit_untrained": changed, "vit": TRAINED})

    assert list(roster) == ["vit", "vit_untrained"]
    plain = parse_roster({"vit": TRAINED})["vit_untrained"]
    assert roster["vit_untrained"] == plain.model_copy(update=changed)
    with pytest.raises(ModelError, match=r"models\.vit_untrained\.lable is not an option .* label\?"):
        parse_roster({"vit": TRAINED, "vit_untrained": {"lable": "Random"}})
    with pytest.raises(ModelError, match=r"models\.vit_untrained is 'random'; expected a mapping"):
        parse_roster({"vit": TRAINED, "vit_untrained": "random"})


MODELS = {"vit": 1, "bert": 2, "clip_vision": 3}


@pytest.mark.parametrize(
    ("roster", "names"),
    [
        ("all", ["vit", "bert", "clip_vision"]),
        (["all"], ["vit", "bert", "clip_vision"]),
        ("bert", ["bert"]),
        (" clip_vision  bert ", ["clip_vision", "bert"]),
        (["bert", "vit", "bert"], ["bert", "vit"]),
        (["bert vit"], ["bert", "vit"]),
        (("vit",), ["vit"]),
    ],
)
def test_roster_is_all_or_names_in_a_list_or_a_string(roster, names):
    assert select_models(MODELS, roster) == names


@pytest.mark.parametrize("roster", ["", " ", []])
def test_empty_roster_is_refused(roster):
    with pytest.raises(
        ModelError, match="names no model; expected `all` or names among vit, bert, clip_vision"
    ):
        select_models(MODELS, roster)


@pytest.mark.parametrize("roster", ["vitt", ["bert", "vitt"], "all vitt"])
def test_unknown_model_is_refused_with_those_that_exist(roster):
    with pytest.raises(ModelError, match="does not declare; it declares vit, bert, clip_vision"):
        select_models(MODELS, roster)


@pytest.mark.parametrize("roster", [None, 3, {"vit": 1}])
def test_roster_of_another_type_is_refused(roster):
    with pytest.raises(ModelError, match="expected `all` or names among"):
        select_models(MODELS, roster)


def test_facts_for_the_record_suit_the_model():
    facts = {"training_data": "ImageNet-21k", "n_training_samples": 14_000_000, "n_parameters": 304_000_000}
    spec = parse_roster({"vit": {**VIT, **facts, "resolution": 224, "untrained_twin": True}})["vit"]

    twin = spec.untrained()
    assert (twin["training_data"], twin["n_training_samples"]) == (None, None)
    assert (twin["resolution"], twin["n_parameters"]) == (224, 304_000_000)
    with pytest.raises(ModelError, match="resolution 224 makes no sense for a language model"):
        parse_roster({"bert": {**BERT, "resolution": 224}})
    twin = {**VIT, "label": "twin", "column": "twin", "twin_of": "vit", "training_data": "x"}
    with pytest.raises(ModelError, match=r"models\.twin\.training_data is 'x', but twin is the untrained"):
        refuse_lone_twins(parse_roster({"vit": VIT, "twin": twin}))
    with pytest.raises(ModelError, match="n_parameters"):
        parse_roster({"vit": {**VIT, "n_parameters": 0}})
