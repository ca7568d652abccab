"""The weights that ship are what training produces: by hash, by recipe and by what they can do."""

from dataclasses import asdict
from pathlib import Path

import pytest
import torch
import transformers
import yaml

from tyrosine.errors import ModelError
from tyrosine.parameters import MiniatureTrainingParameters
from tyrosine.pipelines.miniature_training.nodes import draw
from tyrosine.pipelines.miniature_training.pipeline import MINIATURES
from tyrosine.simulation.miniatures import (
    ARCHITECTURES,
    IMAGE_SIZE,
    RECIPES,
    SHIPPED,
    TASKS,
    UNTRAINED,
    hash_weights,
    load_trained,
    prepare_miniature,
    read_record,
    score_miniature,
)
from tyrosine.simulation.scenes import sample_scenes

RECORDS = {name: read_record(SHIPPED / name) for name in MINIATURES}
# What a miniature has to reach beyond what is reached without a network: a share of what is left to gain.
GAINED = {
    "vit": 0.3,
    "vit_mae": 0.3,
    "dpt_segmentation": 0.3,
    "dpt_depth": 0.2,
    "bert": 0.3,
    "gpt2": 0.3,
    "mpnet": 0.1,
    "clip": 0.05,
}

READ_AS = {
    "vit": "ViTModel",
    "vit_mae": "ViTMAEModel",
    "dpt_segmentation": "DPTModel",
    "dpt_depth": "DPTModel",
    "bert": "BertModel",
    "gpt2": "GPT2Model",
    "mpnet": "MPNetModel",
    "clip_vision": "CLIPVisionModel",
    "clip_language": "CLIPTextModel",
}
ROSTER = Path(__file__).parents[2] / "conf/simulated/parameters_models.yml"


def _contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def held_out():
    data = RECORDS["vit"]["data"]
    return draw(sample_scenes(data["n_held_out"], data["scene_seed"] + 1))


def test_every_architecture_ships_and_all_together_take_eight_megabytes_at_most():
    assert {path.name for path in SHIPPED.iterdir()} == set(ARCHITECTURES) == set(MINIATURES)
    assert sum(len(content) for content in _contents(SHIPPED).values()) <= 8e6


@pytest.mark.parametrize("model", READ_AS)
def test_the_roster_states_the_size_and_the_training_of_what_ships(model):
    stated = yaml.safe_load(ROSTER.read_text(encoding="utf-8"))["models"][model]
    name = stated["checkpoint"].rpartition("/")[2]
    network = getattr(transformers, READ_AS[model])
    config = network.config_class.from_pretrained(SHIPPED / name)

    assert stated["n_parameters"] == network(config).num_parameters()
    assert stated["n_training_samples"] == RECORDS[name]["data"]["n_scenes"]
    assert stated.get("resolution") == (IMAGE_SIZE if stated["modality"] == "vision" else None)


@pytest.mark.parametrize("name", MINIATURES)
def test_weights_are_those_of_the_record(name):
    assert hash_weights(SHIPPED / name) == RECORDS[name]["sha256"]


@pytest.mark.parametrize("name", MINIATURES)
def test_recipe_and_scenes_are_those_of_the_record(name):
    record, training = RECORDS[name], MiniatureTrainingParameters().model_dump()
    assert record["recipe"] == asdict(RECIPES[name])
    assert record["architecture"] == ARCHITECTURES[name]
    assert record["task"] == TASKS[name].name
    assert record["data"] == {key: value for key, value in training.items() if key != "folder"}


@pytest.mark.slow
@pytest.mark.parametrize("name", MINIATURES)
def test_score_on_scenes_it_has_not_seen_is_that_of_the_record(name, held_out):
    recorded = RECORDS[name]["score"]
    score = score_miniature(name, load_trained(SHIPPED / name), held_out, held_out)
    # Another processor rounds otherwise, which may turn a decision here and there.
    assert score.value == pytest.approx(recorded["value"], abs=0.005)
    assert score.metric == recorded["metric"]


@pytest.mark.parametrize("name", MINIATURES)
def test_score_is_far_better_than_without_a_network(name):
    score = RECORDS[name]["score"]
    best = 1.0 if score["higher_is_better"] else 0.0
    gained = (score["value"] - score["baseline"]) / (best - score["baseline"])
    assert gained > GAINED[name]


def test_trained_miniature_is_a_copy_of_what_ships(tmp_path):
    prepare_miniature(tmp_path / "gpt2", tmp_path, seed=0)
    assert _contents(tmp_path / "gpt2") == _contents(SHIPPED / "gpt2")
    assert [path.name for path in tmp_path.iterdir()] == ["gpt2"]


def test_copy_of_other_weights_is_replaced_and_a_foreign_checkpoint_is_not(tmp_path):
    prepare_miniature(tmp_path / UNTRAINED / "bert", tmp_path, seed=0)
    (tmp_path / UNTRAINED / "bert").rename(tmp_path / "bert")
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").write_text("{}")
    for name in ("bert", "vit"):
        prepare_miniature(tmp_path / name, tmp_path, seed=0)
    assert _contents(tmp_path / "bert") == _contents(SHIPPED / "bert")
    assert [path.name for path in (tmp_path / "vit").iterdir()] == ["config.json"]


def test_miniatures_of_another_training_take_the_place_of_those_that_ship(tmp_path):
    (tmp_path / "mine").mkdir()
    for file in (SHIPPED / "bert").iterdir():
        (tmp_path / "mine" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "trained").mkdir()
    (tmp_path / "mine").rename(tmp_path / "trained" / "other")
    prepare_miniature(tmp_path / "all" / "other", tmp_path / "all", seed=0, trained=tmp_path / "trained")
    assert _contents(tmp_path / "all" / "other") == _contents(SHIPPED / "bert")


def test_unknown_miniature_is_refused_with_the_names_there_are(tmp_path):
    with pytest.raises(ModelError, match="none of that name; it has bert, clip"):
        prepare_miniature(tmp_path / "bort", tmp_path, seed=0)


@pytest.mark.parametrize("name", MINIATURES)
def test_twin_differs_in_its_weights_alone(tmp_path, name):
    folder = tmp_path / UNTRAINED / name
    prepare_miniature(folder, tmp_path, seed=3)
    twin, trained = load_trained(folder), load_trained(SHIPPED / name)
    assert type(twin.network) is type(trained.network)
    theirs, ours = (model.network.config.to_dict() | {"_name_or_path": ""} for model in (trained, twin))
    assert theirs == ours
    weights = trained.network.state_dict()
    assert {key: value.shape for key, value in twin.network.state_dict().items()} == {
        key: value.shape for key, value in weights.items()
    }
    assert not all(torch.equal(value, weights[key]) for key, value in twin.network.state_dict().items())
    for file in ("tokenizer.json", "preprocessor_config.json"):
        if (SHIPPED / name / file).is_file():
            assert (folder / file).read_bytes() == (SHIPPED / name / file).read_bytes()


def test_twins_of_one_backbone_differ(tmp_path):
    for name in ("dpt_segmentation", "dpt_depth"):
        prepare_miniature(tmp_path / UNTRAINED / name, tmp_path, seed=0)
    one, other = (
        load_trained(tmp_path / UNTRAINED / name).network.dpt.state_dict()
        for name in ("dpt_segmentation", "dpt_depth")
    )
    key = "embeddings.patch_embeddings.projection.weight"
    assert one[key].shape == other[key].shape
    assert not torch.equal(one[key], other[key])


def test_twin_follows_from_its_seed(tmp_path):
    for place, seed in (("one", 3), ("again", 3), ("other", 4)):
        prepare_miniature(tmp_path / place / UNTRAINED / "clip", tmp_path / place, seed=seed)
    one, again, other = (
        _contents(tmp_path / place / UNTRAINED / "clip") for place in ("one", "again", "other")
    )
    assert one == again
    assert hash_weights(tmp_path / "one" / UNTRAINED / "clip") != hash_weights(
        tmp_path / "other" / UNTRAINED / "clip"
    )
    assert list(one) == list(other)
