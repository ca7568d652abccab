"""The command line: one sentence and a status on expected trouble, quick answers otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner
from kedro.io import DatasetError

from tyrosine.cli import OneSentenceCommand, cli, expected_trouble
from tyrosine.errors import StudyError

KEDRO = Path(sys.executable).with_name("kedro")


def kedro(project, *arguments):
    return subprocess.run(
        [KEDRO, *arguments],
        cwd=project.root,
        env={**os.environ, "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


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
    table.to_parquet(path)

    ended = kedro(copy, "run", "--pipeline", "reporting")

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

    for option in ("--pipeline", "--env", "--params", "--only-missing-outputs", "--namespaces"):
        assert option in help_text


@pytest.mark.parametrize("heavy", ["torch", "transformers", "rsatoolbox", "sklearn", "matplotlib"])
def test_settings_import_nothing_heavy(heavy):
    code = f"import sys, tyrosine.settings, tyrosine.cli; sys.exit({heavy!r} in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
