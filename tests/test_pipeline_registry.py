"""Which pipelines there are, and who takes part in them."""

import inspect

import pytest
from kedro.framework.project import pipelines

from tests.projects import MODELS, PIPELINES, roster
from tyrosine import pipeline_registry

# Models of each kind of experiment, without extracting from more than two.
ONE_EACH = {
    "roster": "vit bert clip_vision",
    "models": {"vit": {"experiment": "modality"}, "bert": {"experiment": "task"}, "clip_vision": {}},
}


def test_nodes_carry_the_experiments_of_their_model(project):
    _, _, registered = roster(project, **ONE_EACH)

    for name, pipeline in registered.items():
        if name == "miniature_training":
            continue
        for node in pipeline.nodes:
            expected = {"vit": {"modality"}, "bert": {"task"}}.get(node.namespace, {"modality", "task"})
            assert node.tags & {"modality", "task"} == expected, node.name


def test_nothing_of_the_export_is_run_by_default():
    registered = pipeline_registry.register_pipelines()
    assert not {node.name for node in registered["export"].nodes} & {
        node.name for node in registered["__default__"].nodes
    }


def test_commands_without_a_context_know_the_roster(finished, monkeypatch):
    monkeypatch.setattr(pipeline_registry, "_composition", None)
    monkeypatch.chdir(finished.root)
    monkeypatch.setenv("KEDRO_ENV", "nsd")

    registered = pipeline_registry.register_pipelines()

    taken = {node.namespace for node in registered["feature_extraction"].nodes}
    assert taken == {*MODELS, "vit_mae", "dpt_segmentation", "dpt_depth", "dinov2", "gpt2", "mpnet"}
    assert list(registered)[:10] == ["__default__", *PIPELINES, "export"]


@pytest.mark.parametrize("env", ["nsd", "nsd_full", "images78", "images92"])
def test_every_environment_has_the_same_graph_but_for_what_the_simulation_makes(project, env):
    with project.session(env, roster=MODELS) as session:
        session.load_context()
        nodes = {node.name for node in pipelines["__default__"].nodes}
    with project.session(roster=MODELS) as session:
        session.load_context()

        simulated = {node.name for node in pipelines["__default__"].nodes}
    assert simulated - nodes == {
        "simulate_study",
        "represent_population",
        "compare_with_ground_truth",
        "compare_with_population",
        "contrast_truth",
    }
    assert nodes - simulated == {"prepare_study"}


def test_no_node_takes_more_than_eight_inputs_unless_it_gathers_any_number(project):
    with project.session() as session:
        session.load_context()
        nodes = {node.name: node for pipeline in pipelines.values() for node in pipeline.nodes}

    gathering = {
        name
        for name, node in nodes.items()
        for parameter in inspect.signature(node.func).parameters.values()
        if parameter.kind is parameter.VAR_POSITIONAL
    }
    too_many = {name: node.inputs for name, node in nodes.items() if len(node.inputs) > 8}
    assert too_many.keys() <= gathering
    functions = {name: len(inspect.signature(node.func).parameters) for name, node in nodes.items()}
    assert {name: count for name, count in functions.items() if count > 8} == {}
