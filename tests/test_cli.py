"""The command line: one sentence and a status on expected trouble, quick answers otherwise."""

import subprocess
import sys

import click
import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError

from tests.projects import kedro
from tyrosine.cli import OneSentenceCommand, cli, expected_trouble
from tyrosine.errors import StudyError


def test_expected_trouble_is_one_sentence_and_status_1(project):
    ended = kedro(project, "run", "--env", "images78", "--params", "study.path=nowhere,study.url=")

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr + ended.stdout
    assert ended.stderr.strip().splitlines()[-1].startswith("Error: ")
    assert not list((project.root / "data").rglob("*.*"))


def test_a_roster_with_an_unknown_name_is_one_sentence(project):
    ended = kedro(project, "run", "--params", "roster=bert nobody")

    assert ended.returncode == 1
    assert "'nobody'" in ended.stderr
    assert "vit, bert, clip_vision, clip_language" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_registry_list_needs_no_run(project):
    ended = kedro(project, "registry", "list")

    assert ended.returncode == 0
    assert "rdm_clustering" in ended.stdout


def test_trouble_is_found_behind_kedros_own_errors():
    try:
        try:
            raise StudyError("The image is broken.")
        except StudyError as error:
            raise DatasetError("Failed while loading") from error
    except DatasetError as error:
        assert expected_trouble(error) == "The image is broken."


def test_a_table_that_breaks_its_schema_is_told_in_one_line(copy):
    path = copy.root / "data/07_model_output/simulated/similarities.parquet"
    table = pd.read_parquet(path)
    table.loc[3, "similarity"] = 1.5
    # Whoever writes a table anew has no checksum of its file.
    del table.attrs["tyrosine_checksum"]
    table.to_parquet(path)
    # A command knows nothing of what the test gave the run.
    (copy.root / "conf/local/parameters.yml").write_text(yaml.safe_dump(copy.params), encoding="utf-8")

    ended = kedro(copy, "run", "--pipelines", "reporting")

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr + ended.stdout
    told = ended.stderr.strip().splitlines()[-1]
    assert told.startswith("Error: Validation failed for dataset 'similarities' on load")
    assert "similarity" in told
    assert "1.5" in told


def test_trouble_that_nobody_expected_keeps_its_stack_trace():
    @click.command(cls=OneSentenceCommand)
    def broken():
        raise ZeroDivisionError

    result = CliRunner().invoke(broken)

    assert isinstance(result.exception, ZeroDivisionError)


def test_run_takes_the_options_of_kedro_run():
    help_text = CliRunner().invoke(cli, ["run", "--help"]).output

    for option in ("--pipelines", "--env", "--params", "--only-missing-outputs", "--namespaces"):
        assert option in help_text


@pytest.mark.parametrize("heavy", ["torch", "transformers", "rsatoolbox", "sklearn", "matplotlib"])
def test_settings_import_nothing_heavy(heavy):
    code = f"import sys, tyrosine.settings, tyrosine.cli; sys.exit({heavy!r} in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


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
