"""A study of one's own from a folder in the layout `plain`: its folder of `conf/`, written for the user."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml

from tyrosine.config import LOCAL
from tyrosine.errors import ProjectFolderError, StudyError
from tyrosine.studies import plain
from tyrosine.studies.files import inside
from tyrosine.studies.nsd_tables import read_table
from tyrosine.tables.columns import FILE_NAMES
from tyrosine.wording import first_three

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
SELECTIVITY = "regions"
"""Selectivity of all regions of a folder that has no `regions.csv`."""
VISION = ("vit", "vit_mae", "dpt_segmentation", "dpt_depth", "dinov2", "clip_vision")
"""The published models that need no captions."""


class NewStudy(NamedTuple):
    """A study that was written."""

    folder: Path
    """Its folder of `conf/`."""
    told: list[str]
    """What was found and assumed, a line each, and the command to run next."""


def make_study(folder: Path, project: Path, name: str | None = None) -> NewStudy:
    """Write `globals.yml` and `parameters_study.yml` of a folder of images with responses or RDMs.

    The folder of `conf/` appears whole or not at all, after all files of the study were read.

    Parameters
    ----------
    folder : Path
        In the layout `plain`.
    project : Path
        A project's folder, with `conf/`.
    name : str, optional
        Name of the study and of its environment; that of the folder if not given.

    Raises
    ------
    ProjectFolderError
        If the name cannot be one, there is such an environment, or `project` is no project.
    StudyError
        If the folder is not there or has another layout, or a file in it is broken.
    """
    root, conf = folder.resolve(), project.resolve() / "conf"
    if not (conf / "base").is_dir():
        raise ProjectFolderError(f"{project} is no project: it has no conf/base; go to the project's folder.")
    if not root.is_dir():
        raise StudyError(f"The folder {folder} does not exist; name the folder that holds images/.")
    name = root.name if name is None else name
    if not NAME.fullmatch(name):
        raise ProjectFolderError(
            f"{name!r} cannot name a study; give another with --name, of letters, digits, - and _ alone."
        )
    if (conf / name).exists() or name == LOCAL:
        raise ProjectFolderError(
            f"{conf / name} exists already; give the study another name with --name, or remove that folder."
        )
    lacking = plain.missing(root)
    if lacking:
        raise StudyError(
            f"The folder {folder} lacks {' and '.join(lacking)}; docs/your_own_data.md shows all."
        )
    regions = _regions(root)
    subjects = plain.choose_subjects(root, "all", regions, "both")
    stimuli = plain.read_stimuli_of(root)
    shown = plain.read_presentations(root, stimuli, subjects)
    kinds = {kind for kind, *_ in plain.files_of(root)}
    for subject in subjects:
        rows = list(shown.loc[shown["subject"] == subject, "stimulus_id"])
        for _ in plain.read_responses(root, rows, subject, regions, "both"):
            pass
        for _ in plain.read_distributed_rdms(root, list(dict.fromkeys(rows)), subject, regions, "both"):
            pass
    captioned = bool(stimuli["captions"].map(len).all())
    inner = root.is_relative_to(project.resolve())
    parameters: dict[str, object] = {
        "study": {
            "title": name,
            "source": "plain",
            "path": root.relative_to(project.resolve()).as_posix() if inner else str(root),
            "regions": regions,
        }
    }
    if not captioned:
        parameters["roster"] = list(VISION)
    _write(conf / name, {"study": name, "includes": ["published"]}, parameters)
    sorted_names = set(stimuli["row_source"]) == {FILE_NAMES}
    rois = [roi for of_one in regions.values() for roi in of_one]
    return NewStudy(
        conf / name,
        [
            f"Made {conf / name}.",
            f"{len(stimuli)} stimuli, {len(subjects)} subjects, regions {', '.join(rois)}, "
            f"{' and '.join(sorted(kinds))}.",
            "Rows of arrays: in the order of the sorted file names, since there is no stimuli.csv."
            if sorted_names
            else "Rows of arrays: in the order of stimuli.csv.",
            "Models: all published ones, of images and of captions."
            if captioned
            else "Models: the published ones of images alone, since there is no captions.csv.",
            "Checkpoints come from the Hugging Face hub; offline, set models.<name>.checkpoint to a folder.",
            f"Next: kedro run --env {name}",
        ],
    )


def _regions(root: Path) -> dict[str, list[str]]:
    have = sorted({roi for _, _, roi, _ in plain.files_of(root)})
    path = inside(root, "regions.csv")
    if not path.is_file():
        return {SELECTIVITY: have}
    table = read_table(path, ("roi", "selectivity"), "columns roi and selectivity, a row for each region")
    rois = [roi.strip() for roi in table["roi"]]
    odd = sorted(set(rois) ^ set(have)) or sorted({roi for roi in rois if rois.count(roi) > 1})
    if odd:
        raise StudyError(
            f"{path} and the files of the study differ in {first_three(odd)}; give each region of the files "
            "one row."
        )
    regions: dict[str, list[str]] = {}
    for roi, selectivity in zip(rois, table["selectivity"]):
        regions.setdefault(selectivity.strip() or SELECTIVITY, []).append(roi)
    return regions


def _write(folder: Path, names: dict[str, object], parameters: dict[str, object]) -> None:
    # A folder whose name begins with a full stop is no environment that anybody would name.
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for file, content in (("globals.yml", names), ("parameters_study.yml", parameters)):
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            # OmegaConf would take ${ in a title or a path for a reference.
            (scratch / file).write_text(text.replace("${", "\\${"), encoding="utf-8")
        scratch.chmod(0o755)
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
