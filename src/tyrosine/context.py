"""The Kedro context: parameters checked as they are read, paths from the project's root, the roster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.project import pipelines

from tyrosine import parameters as declared
from tyrosine import pipeline_registry
from tyrosine.models import parse_roster
from tyrosine.parameters.backends import BACKENDS
from tyrosine.rsa.inference.selection import select_contrasts

_GROUPS: dict[str, type] = {
    "study": declared.StudyParameters,
    "simulation": declared.SimulationParameters,
    "miniatures": declared.MiniatureParameters,
    "miniature_training": declared.MiniatureTrainingParameters,
    "rdm": declared.RDMParameters,
    "clustering": declared.ClusteringParameters,
    "comparison": declared.ComparisonParameters,
    "inference": declared.InferenceParameters,
    "questions": declared.QuestionParameters,
    "figures": declared.FigureParameters,
}


class TyrosineContext(KedroContext):
    """Checks the parameters once, and makes the pipelines of the models that take part.

    A hook would not do for the roster: Kedro-Viz makes a context but runs no hooks of the project.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        checked = check_parameters(self.config_loader["parameters"], self.project_path)
        self.config_loader["parameters"] = checked
        pipeline_registry.compose(
            {name: checked["models"][name]["experiment"] for name in checked["roster"]},
            simulated=checked["study"]["source"] == "simulated",
        )
        # Whatever was registered before belongs to another roster.
        pipelines.configure(pipeline_registry.__name__)


def check_parameters(raw: dict[str, Any], project_path: Path) -> dict[str, Any]:
    """Parameters as the nodes take them.

    Parameters
    ----------
    raw : dict
        As configuration and command line give them.
    project_path : Path
        Where relative paths start.

    Returns
    -------
    dict
        Every group complete with its defaults, paths absolute, `roster` a list of the names that take part.

    Raises
    ------
    ParameterError, ModelError
        If a parameter or a model's entry makes no sense.
    """
    checked = dict(raw)
    for group, model in _GROUPS.items():
        values = declared.parse(model, raw.get(group, {}), group).model_dump(mode="json")
        for key in ("path", "folder", "trained", "coco_path"):
            if values.get(key):
                values[key] = str(project_path / values[key])
        checked[group] = values
    checked["seed"] = declared.parse(declared.RandomParameters, {"seed": raw.get("seed", 0)}, "").seed
    specs = parse_roster(raw.get("models", {}))
    checked["roster"] = list(pipeline_registry.choose_roster(raw, specs, project_path))
    # A contrast that compares a model with itself must not come to light after an hour of extraction.
    select_contrasts(
        declared.QuestionParameters.model_validate(checked["questions"]),
        {name: specs[name] for name in checked["roster"]},
    )
    checked["models"] = {}
    for name, spec in specs.items():
        entry = spec.model_dump(mode="json") | {"name": name}
        folder = project_path / entry["checkpoint"]
        # A hub id looks like a relative path; it is one only where there is, or will be, such a folder.
        is_folder = folder.is_dir() or folder.is_relative_to(checked["miniatures"]["folder"])
        if is_folder and BACKENDS[spec.backend].folders:
            entry["checkpoint"] = str(folder)
        checked["models"][name] = entry
    return checked
