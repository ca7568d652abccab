"""The Kedro context: the parameters of a run, checked once, and the pipelines of its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.project import pipelines

from tyrosine import pipeline_registry
from tyrosine.parameters import Parameters, read_parameters
from tyrosine.rsa.inference.selection import select_contrasts


class TyrosineContext(KedroContext):
    """Checks the parameters once, and makes the pipelines of the models that take part.

    A hook would not do for the roster: Kedro-Viz makes a context but runs no hooks of the project.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parameters = check_parameters(self.config_loader["parameters"], self.project_path)
        # Kedro makes an entry of the catalog of each, and leaves those alone that are validated already.
        self.config_loader["parameters"] = {name: value for name, value in parameters if value is not None}
        pipeline_registry.compose(parameters)
        # Whatever was registered before belongs to another roster.
        pipelines.configure(pipeline_registry.__name__)


def check_parameters(given: dict[str, Any], project: Path) -> Parameters:
    """The parameters of a run, checked together with what the questions select.

    Raises
    ------
    ParameterError, ModelError
        If a parameter or a model's entry makes no sense.
    """
    parameters = read_parameters(given, project)
    # A contrast that compares a model with itself must not come to light after an hour of extraction.
    select_contrasts(parameters.questions, {name: parameters.models[name] for name in parameters.roster})
    return parameters
