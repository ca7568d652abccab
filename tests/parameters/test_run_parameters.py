"""All parameters of a run: what is refused, what is completed, and that nothing is stray."""

from pathlib import Path

import pytest

from tyrosine.errors import ModelError, ParameterError
from tyrosine.parameters import Parameters, read_parameters

PROJECT = Path("/project")
MODEL = {
    "label": "ViT", "modality": "vision", "task": "any", "checkpoint": "lab/vit", "layer": 1.0,
    "pooling": "cls",
}  # fmt: skip
STUDY = {"name": "mine", "title": "Mine", "path": "data/01_raw/mine", "regions": {"faces": ["FFA"]}}
GIVEN = {"study": STUDY, "models": {"vit": MODEL}}
ASKED = {"ask": "Is it?", "groups": {"g": {"label": "G", "select": {"modality": "vision"}}}}


def read(**changes):
    return read_parameters({**GIVEN, **changes}, PROJECT)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rmd": {"distance": "cosine"}}, r"Parameter rmd is unknown; did you mean rdm\?"),
        ({"rdm": {"model_distnace": "cosine"}}, r"model_distnace is unknown; .* mean model_distance\?"),
        ({"comparison": {"method": "cka"}}, r"comparison\.method is unknown; did you mean methods\?"),
        ({"models": {"vit": MODEL, "vti": {"layer": 1}}}, r"vti\.label is missing; .*mean models\.vit\?"),
        ({"zzz": 1}, r"Parameter zzz is unknown; expected one of study, roster, .*miniature_training\."),
        ({"seeds": 3}, r"Parameter seeds is unknown; did you mean seed\?"),
        (
            {"questions": {"q": {**ASKED, "contrast": {}}}},
            r"Parameter questions\.q\.contrast is unknown; did you mean contrasts\?",
        ),
        (
            {"questions": {"q": {"ask": "?", "groups": {"g": {"label": "G", "select": {"modalty": "x"}}}}}},
            r"Parameter questions\.q\.groups\.g\.select\.modalty is unknown; did you mean modality\?",
        ),
        ({"study": {**STUDY, "subject": 1}}, r"Parameter study\.subject is unknown; did you mean subjects\?"),
        ({"study": {}}, r"Parameter study\.name is missing; give it in conf/ or with --params study\.name="),
        ({"seed": -1}, r"Parameter seed is -1: "),
        ({"published": {"vit": {"FFA": "high"}}}, r"Parameter published\.vit\.FFA is 'high'"),
        ({"models": {"vit": {**MODEL, "pooling": "cl"}}}, r"models\.vit\.pooling is 'cl'; expected 'cls'"),
        ({"simulation": {"n_stimuli": 9}}, r"^Parameter simulation belongs to the simulated study, "),
    ],
)  # fmt: skip
def test_a_parameter_that_is_not_declared_or_makes_no_sense_is_refused(changes, words):
    with pytest.raises((ParameterError, ModelError), match=words) as caught:
        read(**changes)
    assert "\n" not in str(caught.value)


def test_a_group_of_the_simulation_is_checked_at_every_depth_too():
    study = {**STUDY, "source": "simulated"}
    with pytest.raises(ParameterError, match=r"simulation\.n_stimulus is unknown; did you mean n_stimuli\?"):
        read(study=study, simulation={"n_stimulus": 9})


def test_a_real_study_has_nothing_of_the_simulation():
    parameters = read()

    assert not parameters.simulated
    assert (parameters.simulation, parameters.miniatures, parameters.miniature_training) == (None, None, None)


def test_the_simulated_study_is_complete_without_a_word():
    parameters = read(study={**STUDY, "source": "simulated"}, simulation={"n_stimuli": 9})

    assert parameters.simulated
    assert (parameters.simulation.n_stimuli, parameters.simulation.n_subjects) == (9, 8)
    assert parameters.miniatures.folder == PROJECT / "data/06_models/miniatures"
    assert parameters.miniature_training.folder == PROJECT / "data/06_models/trained_miniatures"


def test_relative_paths_start_at_the_project():
    parameters = read(study={**STUDY, "coco_path": "/elsewhere/coco"})

    assert parameters.study.path == PROJECT / "data/01_raw/mine"
    assert parameters.study.coco_path == Path("/elsewhere/coco")


def test_a_checkpoint_is_a_folder_only_where_there_is_one(tmp_path):
    (tmp_path / "models/mine").mkdir(parents=True)
    models = {"vit": MODEL, "mine": {**MODEL, "label": "Mine", "checkpoint": "models/mine"}}

    read = read_parameters({**GIVEN, "models": models}, tmp_path).models

    assert (read["vit"].checkpoint, read["mine"].checkpoint) == ("lab/vit", str(tmp_path / "models/mine"))


def test_roster_and_experiment_are_names():
    models = {
        "vit": {**MODEL, "experiment": "task"},
        "other": {**MODEL, "label": "O", "experiment": "modality"},
    }

    assert read(models=models).roster == ["vit", "other"]
    assert read(models=models, roster="other vit", experiment="task").roster == ["vit"]
    assert read(models=models).experiment == ["modality", "task"]
    assert list(read(models=models, roster="vit").models) == ["vit", "other"]


def test_parameters_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        read().seed = 3


def test_every_field_of_the_root_has_a_description():
    assert all(field.description for field in Parameters.model_fields.values())
