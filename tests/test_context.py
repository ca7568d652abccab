"""Who takes part in a run: experiments, the rosters of the studies, and the check of every model first."""

import json

import pytest
import yaml

from tests.projects import roster
from tyrosine.errors import ModelError, ParameterError
from tyrosine.models import ModelSpec

PUBLISHED = [
    *("vit", "vit_mae", "dpt_segmentation", "dpt_depth", "dinov2"),
    *("bert", "gpt2", "mpnet", "clip_vision", "clip_language"),
]
CONFOUNDS = {"pixels", "colour_and_contrast", "gabor_energy", "categories", "word_count", "bag_of_words"}
REAL_MODELS = ["efficientnet_lite0", "minilm", "efficientnet_lite0_untrained", "minilm_untrained"]
BOTH = {"vit", "bert", "clip_vision", "clip_language"}


@pytest.mark.parametrize("env", ["nsd", "nsd_full", "images78"])
def test_real_studies_take_the_published_models_and_no_miniature(project, env):
    names, models, _ = roster(project, env)

    assert sorted(names) == sorted(PUBLISHED)
    file = project.root / "conf/published/parameters_models.yml"
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    for name in names:
        # Nothing of the miniature of the same name is left over.
        assert models[name] == ModelSpec(**declared[name], name=name)


def test_a_study_without_captions_takes_the_published_vision_models(project):
    names, models, _ = roster(project, "images92")

    assert names == [name for name in PUBLISHED if models[name].modality == "vision"]
    assert set(models) - CONFOUNDS == {*PUBLISHED, *REAL_MODELS}
    assert roster(project, "images92", roster="all")[0] == [name for name in models if name not in CONFOUNDS]


def test_features_of_stimuli_are_declared_everywhere_and_take_part_where_they_are_named(project):
    every, models, _ = roster(project, "simulated")
    named, _, registered = roster(project, "simulated", roster="all pixels word_count")

    equal = {"noisy_categories_a", "noisy_categories_b"}
    assert {name for name, spec in models.items() if spec.modality == "stimulus"} == CONFOUNDS | equal
    assert not set(every) & CONFOUNDS
    assert named == [*(name for name in every if name not in equal), "pixels", "word_count"]
    assert "pixels.extract_features" in {node.name for node in registered["__default__"].nodes}


def test_five_published_models_share_an_architecture_and_differ_in_the_task(project):
    _, models, _ = roster(project, "nsd")

    same = [
        name for name in PUBLISHED if models[name].architecture == "ViT-L" and not models[name].multimodal
    ]
    assert same == ["vit", "vit_mae", "dpt_segmentation", "dpt_depth", "dinov2"]
    assert len({models[name].task for name in same}) == 5


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"experiment": "modality"}, BOTH),
        ({"experiment": "task"}, set(PUBLISHED)),
        ({"experiment": "modality", "roster": "gpt2 vit bert"}, {"vit", "bert"}),
        ({"models": {"gpt2": {"experiment": "modality"}}, "experiment": "modality"}, BOTH | {"gpt2"}),
    ],
)
def test_an_experiment_chooses_from_the_roster(project, params, expected):
    assert set(roster(project, "nsd", **params)[0]) == expected


def test_a_checkpoint_may_be_another_in_a_run(project):
    _, models, _ = roster(project, "nsd", models={"bert": {"checkpoint": str(project.root)}})

    assert models["bert"].checkpoint == str(project.root)
    assert models["bert"].layer == "encoder.layer.11"


def test_a_twin_of_nobody_is_refused(project):
    with pytest.raises(ModelError, match=r"models\.vit\.twin_of is 'resnet', which is no other model"):
        roster(project, models={"vit": {"twin_of": "resnet"}})


def test_a_name_that_is_not_in_the_roster_is_refused_with_those_that_are(project):
    with pytest.raises(ModelError, match=r"'resnet'.*vit, bert, clip_vision, clip_language"):
        project.run(params={"roster": "bert resnet"})


def test_lists_may_be_words(project):
    project.run(
        params={
            "roster": "vit",
            "clustering": {"subjects": "1 3"},
            "comparison": {"methods": "spearman cosine"},
            "study": {"regions": {"bodies": "EBA", "faces": "OFA", "places": "PPA RSC", "control": ""}},
        },
        to_outputs=["similarities", "clusters"],
    )

    assert set(project.load("clusters")["subject"]) == {1, 3}
    assert set(project.load("similarities")["method"]) == {"spearman", "cosine"}
    assert list(project.load("similarities")["roi"].unique()) == ["EBA", "OFA", "PPA", "RSC"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"rdm": {"model_distance": "manhattan"}},
            "rdm.model_distance is 'manhattan'.*'correlation', 'cosine', 'euclidean' or 'squared_euclidean'",
        ),
        ({"rdm": {"model_distance": "crossnobis"}}, "rdm.model_distance is 'crossnobis'"),
        ({"rdm": {"distance": "cosine"}}, "distance is two parameters: brain_distance, .* model_distance"),
        ({"comparison": {"methods": "kendall"}}, "comparison.methods.0 is 'kendall'.*'pearson'"),
        (
            {"clustering": {"subjects": "9"}},
            "Subject 9 in clustering.subjects has no brain RDM; choose from 1, 2, 3",
        ),
        (
            {"clustering": {"n_clusters": 25}},
            "clustering.n_clusters is 25, but there are 24 stimuli",
        ),
        ({"clustering": {"n_clusters": 0}}, "clustering.n_clusters is 0"),
        ({"clustering": {"false_discovery_rate": 5}}, "clustering.false_discovery_rate is 5"),
        ({"clustering": {"linkage": "ward"}}, "clustering.linkage is 'ward'"),
        ({"figures": {"cmap": "inferno", "colour": "red"}}, "figures.colour is unknown"),
        ({"study": {"regions": {"faces": "EBA"}}}, "regions names EBA more than once"),
        ({"figures": {"cmap": "infernal"}}, "figures.cmap is 'infernal'"),
        ({"figures": {"main_models": "vit vti"}}, "figures.main_models names vti, which models does not"),
        (
            {"figures": {"question": "tsak"}},
            "figures.question is tsak, .*choose from unimodal, multimodal, task",
        ),
        ({"report": {"image": False}}, "report.image is unknown"),
        ({"report": {"max_stimuli": 2}}, "report.max_stimuli is 2"),
        ({"simulation": {"population": 10}}, "population is 10, too few scenes .* give it 80 at least, or 0"),
        ({"simulation": {"equal_models": "nobody"}}, "equal_models names nobody, which models does not"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(copy, params, words):
    with pytest.raises(ParameterError, match=words):
        copy.run("rdm_clustering", params=params)


def test_a_pooling_that_makes_no_sense_is_refused(project):
    with pytest.raises(ModelError, match="models.vit.*'eos'"):
        project.run(params={"models": {"vit": {"pooling": "eos"}}})


def test_a_field_of_a_miniature_does_not_reach_the_published_model_of_its_name(project):
    file = project.root / "conf/simulated/parameters_models.yml"
    text = file.read_text(encoding="utf-8")
    assert "  vit:\n" in text
    file.write_text(text.replace("  vit:\n", "  vit:\n    batch_size: 3\n"), encoding="utf-8")

    assert roster(project)[1]["vit"].batch_size == 3
    assert roster(project, "nsd")[1]["vit"].batch_size == "auto"


def test_a_users_own_values_reach_every_study(project):
    (project.root / "conf/local/parameters.yml").write_text(
        "models:\n  vit:\n    batch_size: 3\ninference:\n  n_bootstraps: 77\n", encoding="utf-8"
    )

    for env in (None, "nsd", "nsd_full", "images78", "images92"):
        assert roster(project, env)[1]["vit"].batch_size == 3
        given = {"models": {"vit": {"batch_size": 4}}}
        assert roster(project, env, **given)[1]["vit"].batch_size == 4
        with project.session(env) as session:
            assert session.load_context().params["inference"].n_bootstraps == 77


def test_a_model_beside_the_published_ones_takes_part(project):
    twin = {"label": "twin", "column": "twin", "modality": "vision", "task": "none", "pooling": "cls",
            "layer": 1.0, "checkpoint": "data/06_models/random/vit", "twin_of": "vit"}  # fmt: skip
    params = {"models": {"twin": twin}}

    assert roster(project, "nsd", **params)[0] == [*PUBLISHED, "twin"]
    assert roster(project, "nsd", **params, roster="vit twin")[0] == ["vit", "twin"]
    assert "twin" in roster(project, **{**params, "roster": "all"})[0]


def test_the_twin_of_a_published_model_has_its_checkpoint_and_random_weights(project):
    models = roster(project, "nsd", models={"vit": {"untrained_twin": True}})[1]

    assert models["vit"].weights_seed is None
    twin = models["vit_untrained"]
    assert (twin.checkpoint, twin.weights_seed) == ("google/vit-large-patch16-224-in21k", 0)
    seeded = {"vit": {"untrained_twin": True}, "vit_untrained": {"weights_seed": 7}}
    assert roster(project, "nsd", models=seeded)[1]["vit_untrained"].weights_seed == 7


def test_random_weights_are_refused_where_the_back_end_draws_none(project):
    with pytest.raises(
        ModelError, match=r"models\.own\.untrained_twin is true, but .*backend transformers alone"
    ):
        roster(
            project,
            "images92",
            models={
                "own": {
                    "label": "own", "modality": "vision", "task": "any", "backend": "torch", "factory": "a:b",
                    "checkpoint": "c", "layer": 1.0, "pooling": "mean", "untrained_twin": True,
                }
            },
            roster="own own_untrained",
        )  # fmt: skip


@pytest.mark.parametrize("env", ["images78", "images92"])
def test_the_small_real_studies_declare_networks_that_need_no_hub(project, env):
    names, models, _ = roster(project, env, roster=REAL_MODELS)

    assert names == REAL_MODELS
    for name in ("efficientnet_lite0", "minilm"):
        twin = models[f"{name}_untrained"]
        assert twin.twin_of == name
        same = {"modality", "architecture", "backend", "factory", "layer", "pooling", "captions"}
        assert twin.model_dump(include=same) == models[name].model_dump(include=same)
    assert models["minilm_untrained"].weights_seed == 0
    assert models["minilm_untrained"].checkpoint == models["minilm"].checkpoint


def test_models_keep_their_order_whatever_a_run_changes_of_them(project):
    names, models, _ = roster(project, "nsd", models={"gpt2": {"device": "cpu"}})

    assert names == PUBLISHED
    assert list(models) == [*PUBLISHED, *list(models)[-len(CONFOUNDS) :]]
    assert models["gpt2"].device == "cpu"


def test_an_entry_of_a_study_adds_a_model_to_the_published_ones(project):
    entry = {
        "label": "Mine", "modality": "vision", "task": "any", "checkpoint": "lab/mine", "layer": 1.0,
        "pooling": "cls",
    }  # fmt: skip
    file = project.root / "conf/nsd/parameters_models.yml"
    file.write_text(f"models:\n  mine: {json.dumps(entry)}\n", encoding="utf-8")

    names, models, registered = roster(project, "nsd", roster="all")

    assert names[-1] == "mine"
    assert models["mine"].experiment == ("modality", "task")
    assert "mine.extract_features" in {node.name for node in registered["__default__"].nodes}
