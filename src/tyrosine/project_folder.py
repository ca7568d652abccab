"""A folder of one's own in which the project runs, for those who installed the package alone."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kedro import __version__ as kedro_version

import tyrosine
from tyrosine.errors import ProjectFolderError

LAYERS = (
    "01_raw",
    "02_intermediate",
    "03_primary",
    "04_feature",
    "05_model_input",
    "06_models",
    "07_model_output",
    "08_reporting",
)
_PACKAGE = Path(tyrosine.__file__).parent
# An installed package carries these in itself; a checkout has them at its top.
_TEMPLATE = _PACKAGE / "template" if (_PACKAGE / "template").is_dir() else _PACKAGE.parents[1]

_PYPROJECT = """\
# Kedro finds the project by this file.
[tool.kedro]
package_name = "tyrosine"
project_name = "TyrOsine"
kedro_init_version = "{kedro}"
# Modules of your own, for `factory:` of a model.
source_dir = "src"
"""
_GITIGNORE = """\
data/**
!data/**/
!data/**/.gitkeep
conf/local/**
!conf/local/.gitkeep
.viz/
.ipynb_checkpoints/
"""


def make_project_folder(folder: Path) -> Path:
    """Make a folder with conf, notebooks and data layers, in which `kedro run` works.

    The folder appears whole or not at all.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    ProjectFolderError
        If there is something at `folder` already.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectFolderError(
            f"{folder} exists and is not an empty folder; name a folder that does not exist yet."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _fill(scratch)
        scratch.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return folder


def _fill(folder: Path) -> None:
    ignored = shutil.ignore_patterns("local", ".ipynb_checkpoints")
    for part in ("conf", "notebooks"):
        shutil.copytree(_TEMPLATE / part, folder / part, ignore=ignored)
    for kept in ("conf/local", "src", *(f"data/{layer}" for layer in LAYERS)):
        (folder / kept).mkdir(parents=True)
        (folder / kept / ".gitkeep").touch()
    (folder / "pyproject.toml").write_text(_PYPROJECT.format(kedro=kedro_version), encoding="utf-8")
    (folder / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
