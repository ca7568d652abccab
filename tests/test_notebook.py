"""The notebook runs through on a finished study, and draws its two figures."""

import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from tests.projects import PROJECT


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_explore_runs_and_draws_two_figures(copy):
    folder = copy.root / "notebooks"
    folder.mkdir()
    shutil.copy(PROJECT / "notebooks" / "explore.ipynb", folder)
    notebook = nbformat.read(folder / "explore.ipynb", as_version=4)

    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
