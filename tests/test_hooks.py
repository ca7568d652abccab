"""Every model of a run is checked before the run does anything."""

import pytest
from kedro.runner import ParallelRunner, ThreadRunner

from tyrosine.errors import ModelError
from tyrosine.runners import DaskRunner


@pytest.fixture
def broken_last(project):
    """A project whose last model has lost the end of its weights."""
    project.run(to_nodes=["bert.prepare_checkpoint", "vit.prepare_checkpoint"], params={"roster": "vit bert"})
    (project.root / "data/06_models/simulated/bert.json").unlink()
    copied = project.root / "bert"
    (project.root / "data/06_models/miniatures/bert").rename(copied)
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    return project, {"roster": "vit bert", "models": {"bert": {"checkpoint": str(copied)}}}


@pytest.mark.parametrize(
    ("runner", "options"),
    [(None, {}), (ThreadRunner, {"max_workers": 2}), (ParallelRunner, {"max_workers": 2}), (DaskRunner, {})],
)
@pytest.mark.parametrize("missing_only", [False, True])
def test_every_model_is_checked_before_the_first_is_extracted(broken_last, runner, options, missing_only):
    project, params = broken_last

    with pytest.raises(ModelError, match=r"BERT.*: the weights of .* are corrupt"):
        project.run(params=params, runner=runner and runner(**options), only_missing_outputs=missing_only)

    # Not even the stimuli were read.
    assert not (project.root / "data/04_feature").exists()
    assert not list((project.root / "data").rglob("stimuli.parquet"))


def test_only_the_models_of_a_run_are_checked(broken_last):
    project, params = broken_last

    project.run("ingestion", params=params)
    project.run(params=params, namespaces=["vit"])

    assert list(project.load("vit.rdm").rdm_descriptors["model"]) == ["vit"]
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
