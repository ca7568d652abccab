"""`tyrosine init`: a project's folder from the package alone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from tyrosine.cli import commands
from tyrosine.errors import ProjectFolderError
from tyrosine.project_folder import LAYERS, make_project_folder

ROOT = Path(__file__).parents[1]


def test_the_folder_has_conf_notebooks_and_layers_and_no_local_conf(tmp_path):
    made = make_project_folder(tmp_path / "mine")

    kept = {"local", *(path.name for path in (ROOT / "conf").iterdir())}
    assert {path.name for path in (made / "conf").iterdir()} == kept
    assert [path.name for path in (made / "conf" / "local").iterdir()] == [".gitkeep"]
    assert (made / "notebooks" / "explore.ipynb").is_file()
    assert sorted(path.name for path in (made / "data").iterdir()) == list(LAYERS)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(ProjectFolderError, match="exists and is not an empty folder; name a folder that"):
        make_project_folder(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_command_says_what_comes_next(tmp_path):
    ended = CliRunner().invoke(commands, ["init", str(tmp_path / "mine")])

    assert ended.exit_code == 0
    assert ended.output == f"Made {tmp_path / 'mine'}. Next: cd {tmp_path / 'mine'} && kedro run\n"


@pytest.mark.slow
def test_a_wheel_has_all_that_a_run_needs(tmp_path):
    """The package is installed into a folder of its own, from which the run takes it."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path / "wheel"), str(ROOT)], check=True
    )
    (wheel,) = (tmp_path / "wheel").glob("tyrosine-*.whl")
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    assert {
        f"tyrosine/template/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "conf").rglob("*.yml")
        if "local" not in path.parts
    } == {name for name in in_wheel if name.startswith("tyrosine/template/conf/")}
    installed = str(tmp_path / "installed")
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--target", installed, str(wheel)], check=True)
    surroundings = {**os.environ, "PYTHONPATH": installed, "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    where = subprocess.run(
        [sys.executable, "-c", "import tyrosine; print(tyrosine.__file__)"],
        cwd=tmp_path, env=surroundings, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert where.startswith(installed)
    folder = tmp_path / "mine"
    subprocess.run(
        [sys.executable, "-c", "from tyrosine.cli import commands; commands()", "init", str(folder)],
        cwd=tmp_path, env=surroundings, check=True,
    )  # fmt: skip

    ran = subprocess.run(
        [
            sys.executable, "-m", "kedro", "run",
            "--pipelines", "ingestion,rdm_construction,feature_extraction",
            "--params", "roster=vit,simulation.n_stimuli=20,simulation.n_voxels=5,simulation.population=0",
        ],
        cwd=folder, env=surroundings, capture_output=True, text=True,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    assert (folder / "data/05_model_input/simulated/model_rdms.h5").is_file()
