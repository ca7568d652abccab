"""Who takes part in a run: experiments, the rosters of the studies, and the check of every model first."""

import json

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro.runner import ParallelRunner, ThreadRunner

from tests.pipelines.test_command_line import kedro
from tyrosine.cli import cli
from tyrosine.errors import ModelError, ParameterError, StorageError
from tyrosine.models import ModelSpec

PUBLISHED = [
    *("vit", "vit_mae", "dpt_segmentation", "dpt_depth", "dinov2"),
    *("bert", "gpt2", "mpnet", "clip_vision", "clip_language"),
]
BOTH = {"vit", "bert", "clip_vision", "clip_language"}
# Models of each kind of experiment, without extracting from more than two.
ONE_EACH = {
    "roster": "vit bert clip_vision",
    "models": {"vit": {"experiment": "modality"}, "bert": {"experiment": "task"}, "clip_vision": {}},
}


def roster(project, env=None, **params):
    with project.session(env, **params) as session:
        context = session.load_context()
        return context.params["roster"], dict(context.params["models"]), dict(pipelines)


@pytest.mark.parametrize("env", ["nsd", "images78"])
def test_real_studies_take_the_published_models_and_no_miniature(project, env):
    names, models, _ = roster(project, env)

    assert sorted(names) == sorted(PUBLISHED)
    file = project.root / "conf/published/parameters_models.yml"
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    for name in names:
        # Nothing of the miniature of the same name is left over.
        assert models[name] == ModelSpec(**declared[name], name=name)


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

    for env in (None, "nsd", "images78"):
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


def test_random_weights_of_a_published_model_are_refused(project):
    with pytest.raises(ModelError, match=r"models\.vit\.untrained_twin is true, but .* google/vit.* is none"):
        roster(project, "nsd", models={"vit": {"untrained_twin": True}})


def test_models_keep_their_order_whatever_a_run_changes_of_them(project):
    names, models, _ = roster(project, "nsd", models={"gpt2": {"device": "cpu"}})

    assert names == list(models) == PUBLISHED
    assert models["gpt2"].device == "cpu"


def test_a_checkpoint_may_be_another_in_a_run(project):
    _, models, _ = roster(project, "nsd", models={"bert": {"checkpoint": str(project.root)}})

    assert models["bert"].checkpoint == str(project.root)
    assert models["bert"].layer == "encoder.layer.11"


def test_a_twin_of_nobody_is_refused(project):
    with pytest.raises(ModelError, match=r"models\.vit\.twin_of is 'resnet', which is no other model"):
        roster(project, models={"vit": {"twin_of": "resnet"}})


def test_nodes_carry_the_experiments_of_their_model(project):
    _, _, registered = roster(project, **ONE_EACH)

    for name, pipeline in registered.items():
        if name == "miniature_training":
            continue
        for node in pipeline.nodes:
            expected = {"vit": {"modality"}, "bert": {"task"}}.get(node.namespace, {"modality", "task"})
            assert node.tags & {"modality", "task"} == expected, node.name


def test_a_tag_on_the_command_line_is_the_parameter(project, monkeypatch):
    taken = {}
    monkeypatch.setattr("tyrosine.cli.kedro_run.callback", lambda **options: taken.update(options))

    for arguments, experiment in (
        (["--tags", "task"], "task"),
        (["--tags", "modality,task"], "modality task"),
        (["--tags", "task", "--params", "experiment=task,roster=vit"], "task"),
        (["--tags", "reporting"], None),
    ):
        result = CliRunner().invoke(cli, ["run", *arguments])
        assert result.exit_code == 0, result.output
        assert (taken["params"] or {}).get("experiment") == experiment
        assert sorted(taken["tags"]) == sorted(arguments[1].split(","))
    refused = CliRunner().invoke(cli, ["run", "--tags", "task", "--params", "experiment=modality"])
    assert "--tags asks for the experiment task, but --params for experiment=modality" in refused.output


def test_tag_and_parameter_run_the_same_models(project, monkeypatch):
    given = [
        *("simulation.n_stimuli=24", "simulation.n_subjects=3", "simulation.n_voxels=20"),
        *("roster=vit bert clip_vision", "models.vit.experiment=modality"),
    ]
    monkeypatch.chdir(project.root)
    bootstrap_project(project.root)
    run = ["run", "--tags", "task", "--to-outputs", "model_rdms", "--params", ",".join(given)]
    ended = CliRunner().invoke(cli, run)
    assert ended.exit_code == 0, ended.output
    by_tag = project.load("model_rdms")
    assert list(by_tag.rdm_descriptors["model"]) == ["bert", "clip_vision"]
    assert not (project.root / "data/04_feature/simulated/vit.h5").exists()

    params = {
        "experiment": "task",
        "roster": "vit bert clip_vision",
        "models": {"vit": {"experiment": "modality"}},
    }
    project.run(params=params, to_outputs=["model_rdms"])

    by_parameter = project.load("model_rdms")
    assert by_parameter.rdm_descriptors == by_tag.rdm_descriptors
    np.testing.assert_array_equal(by_parameter.dissimilarities, by_tag.dissimilarities)


def test_several_layers_are_rows_of_every_table(project):
    params = {"roster": "vit bert", "models": {"vit": {"layer": "all"}, "bert": {"layer": [0.5, 1.0]}}}
    project.run(params=params, to_outputs=["similarities_table", "similarity_plot"])

    features, rdms = project.load("vit.features"), project.load("vit.rdm")
    assert list(rdms.rdm_descriptors["layer"]) == [f"layers.{block}" for block in range(4)]
    assert list(rdms.rdm_descriptors["depth"]) == [0.25, 0.5, 0.75, 1.0]
    layer_of_feature = np.array(features.channel_descriptors["layer"])
    for layer, rdm in zip(rdms.rdm_descriptors["layer"], rdms.dissimilarities, strict=True):
        expected = np.corrcoef(features.measurements[:, layer_of_feature == layer].astype(float))
        np.testing.assert_allclose(rdm, (1 - expected)[np.triu_indices(24, 1)], atol=1e-6)
    stacked = project.load("model_rdms")
    assert list(stacked.rdm_descriptors["model"]) == ["vit"] * 4 + ["bert"] * 2
    assert list(stacked.rdm_descriptors["depth"][4:]) == [0.5, 1.0]
    rows = project.load("similarities").groupby(["model", "layer"], sort=False).size()
    assert rows.tolist() == [rows.iloc[0]] * 6
    assert set(project.load("similarities_table")["layer"]) == {layer for _, layer in rows.index}

    # Features of four layers are not those of one.
    for changes in ({"layer": "layers.3"}, {"layer": "all", "precision": "bfloat16"}):
        with pytest.raises(StorageError, match="stored features of vit were made with another"):
            project.run("rdm_construction", params={"roster": "vit", "models": {"vit": changes}})


@pytest.fixture
def broken_last(project):
    """A project whose last model has lost the end of its weights."""
    project.run(to_nodes=["bert.prepare_checkpoint", "vit.prepare_checkpoint"], params={"roster": "vit bert"})
    copied = project.root / "bert"
    (project.root / "data/06_models/miniatures/bert").rename(copied)
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    return project, {"roster": "vit bert", "models": {"bert": {"checkpoint": str(copied)}}}


@pytest.mark.parametrize("runner", [None, ThreadRunner, ParallelRunner])
@pytest.mark.parametrize("missing_only", [False, True])
def test_every_model_is_checked_before_the_first_is_extracted(broken_last, runner, missing_only):
    project, params = broken_last

    with pytest.raises(ModelError, match=r"BERT.*: the weights of .* are corrupt"):
        project.run(params=params, runner=runner and runner(max_workers=2), only_missing_outputs=missing_only)

    # Not even the stimuli were read.
    assert not (project.root / "data/04_feature").exists()
    assert not list((project.root / "data").rglob("stimuli.parquet"))


def test_only_the_models_of_a_run_are_checked(broken_last):
    project, params = broken_last

    project.run("ingestion", params=params)
    project.run(params=params, namespaces=["vit"])

    assert (project.root / "data/05_model_input/simulated/vit.h5").exists()
    # What is there already needs no checkpoint.
    (project.root / "data/04_feature/simulated/vit.h5").rename(
        project.root / "data/04_feature/simulated/bert.h5"
    )
    with pytest.raises(ModelError, match="BERT"):
        project.run("feature_extraction", params=params)


@pytest.mark.parametrize(
    ("model", "changes", "words"),
    [
        ("bert", {"layer": "encoder.layer.4"}, "has no layer 'encoder.layer.4'; its 4 blocks are"),
        ("bert", {"modality": "vision", "pooling": "cls"}, "which takes input_ids, not the pixel_values"),
        ("bert", {"checkpoint": "data/06_models/nowhere"}, "there is no checkpoint folder"),
        ("vit", {"layer": 1.5}, r"models.vit.layer is 1.5; relative depth 1.5 is out of range"),
        ("clip_language", {"device": "cuda"}, "finds no GPU here"),
        ("bert", {"backend": "torch", "factory": "nothing:make"}, "factory nothing:make cannot be imported"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_serve_is_refused_before_anything_is_done(project, model, changes, words):
    if changes.get("device") == "cuda" and __import__("torch").cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelError, match=words) as caught:
        project.run(params={"roster": f"vit {model}", "models": {model: changes}})
    assert "\n" not in str(caught.value)
    assert not list((project.root / "data").rglob("*.parquet"))
    assert not list((project.root / "data").rglob("*.h5"))


def test_two_entries_of_one_name_are_told_in_one_sentence(project):
    file = project.root / "conf/simulated/parameters_models.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n  vit:\n    label: Another\n", encoding="utf-8")

    ended = kedro(project, "run")

    line = len(text.splitlines()) + 2
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr + ended.stdout
    assert ended.stderr.strip().splitlines()[-1] == (
        f"Error: {file}, line {line}: vit is there a second time; give each entry a name of its own."
    )


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (
            "parameters_mine.yml",
            "models:\n  vit:\n    label: Mine\n",
            "Both .* give models.vit.label; keep each",
        ),
        ("parameters_mine.yml", "models: [vit\n", r"parameters_mine.yml, line \d: .*; expected YAML"),
        (
            "globals_mine.yml",
            "study: a\nstudy: b\n",
            "globals_mine.yml, line 2: study is there a second time",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(project, file, text, words):
    (project.root / "conf/simulated" / file).write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=words) as caught:
        roster(project)
    assert "\n" not in str(caught.value)


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
