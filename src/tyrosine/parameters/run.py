"""The root of all parameters: what a run takes, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from tyrosine.errors import ModelError
from tyrosine.parameters.analysis import (
    ClusteringParameters,
    ComparisonParameters,
    FigureParameters,
    InferenceParameters,
    RDMParameters,
    ReportParameters,
)
from tyrosine.parameters.backends import BACKENDS
from tyrosine.parameters.encoding import EncodingParameters
from tyrosine.parameters.fields import Group
from tyrosine.parameters.models import ModelSpec
from tyrosine.parameters.parsing import parse
from tyrosine.parameters.questions import QuestionParameters
from tyrosine.parameters.roster import (
    EVERY_EXPERIMENT,
    EVERY_MODEL,
    parse_roster,
    refuse_lone_twins,
    select_experiments,
    select_models,
)
from tyrosine.parameters.sensitivity import SensitivityParameters
from tyrosine.parameters.simulation import (
    MiniatureParameters,
    MiniatureTrainingParameters,
    SimulationParameters,
)
from tyrosine.parameters.study import StudyParameters

OF_THE_SIMULATION = ("simulation", "miniatures", "miniature_training")
"""Groups that the simulated study alone has."""


class Parameters(Group):
    """All parameters of a run."""

    study: StudyParameters
    """Which stimuli and brain data the run is about."""
    roster: list[str]
    """Which of `models` take part, in this order: `all`, or their names. Features of stimuli, such as
    `pixels`, take part where they are named: `all pixels`."""
    experiment: list[str]
    """`all`, or the experiments of which a model must take part in one: `modality`, `task`."""
    models: dict[str, ModelSpec]
    """Every model that is declared, by name."""
    rdm: RDMParameters = RDMParameters()
    """How dissimilarity is measured."""
    clustering: ClusteringParameters = ClusteringParameters()
    """How the stimuli are clustered."""
    comparison: ComparisonParameters = ComparisonParameters()
    """How brain RDMs and model RDMs are compared."""
    inference: InferenceParameters = InferenceParameters()
    """How sure similarities and their differences are."""
    encoding: EncodingParameters = EncodingParameters()
    """How encoding models are fitted and scored."""
    sensitivity: SensitivityParameters = SensitivityParameters()
    """Other analyses in which the pipeline `sensitivity` asks the questions of the study again."""
    seed: int = Field(default=0, ge=0)
    """Where every random step of the analysis starts; each step takes its own stream from it."""
    questions: QuestionParameters = QuestionParameters({})
    """What the study asks of groups of models."""
    published: dict[str, dict[str, float]] = {}
    """Published mean similarities (Pearson) by model and ROI, to put beside those of the run."""
    figures: FigureParameters = FigureParameters()
    """How the figures look."""
    report: ReportParameters = ReportParameters()
    """What the report shows of the stimuli."""
    simulation: SimulationParameters | None = None
    """The simulated study: its size, its noise and its seed."""
    miniatures: MiniatureParameters | None = None
    """The miniature models of the simulated study."""
    miniature_training: MiniatureTrainingParameters | None = None
    """How the miniatures are trained."""

    @model_validator(mode="before")
    @classmethod
    def _choose_models(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        models = parse_roster(given.get("models", {}))
        refuse_lone_twins(models)
        experiment = given.get("experiment", EVERY_EXPERIMENT)
        return {
            **given,
            "models": models,
            "roster": select_models(models, given.get("roster", EVERY_MODEL), experiment),
            "experiment": select_experiments(experiment),
        }

    @model_validator(mode="before")
    @classmethod
    def _complete_the_simulation(cls, given: Any) -> Any:
        study = given.get("study") if isinstance(given, Mapping) else None
        if not isinstance(study, Mapping):
            return given
        if study.get("source") == "simulated":
            return {**{group: {} for group in OF_THE_SIMULATION}, **given}
        stray = next((group for group in OF_THE_SIMULATION if given.get(group)), None)
        if stray is not None:
            raise ValueError(
                f"Parameter {stray} belongs to the simulated study, and this one is {study.get('name')}; "
                "take it out, or run the simulated study (--env simulated)"
            )
        return given

    @model_validator(mode="after")
    def _equal_models_are_declared(self) -> Parameters:
        equal = self.simulation.equal_models if self.simulation else ()
        stray = next((name for name in equal if name not in self.models), None)
        if stray is not None:
            raise ValueError(
                f"Parameter simulation.equal_models names {stray}, which models does not declare; choose "
                f"from {', '.join(self.models)}"
            )
        return self

    @model_validator(mode="after")
    def _what_is_taken_out_takes_part(self) -> Parameters:
        taken = self.comparison.partial_out
        stray = next((name for name in taken if name not in self.roster), None)
        if stray is not None:
            raise ValueError(
                f"Parameter comparison.partial_out names {stray}, which is not in roster; add it there, as "
                f"in roster=all {stray}, or take it out"
            )
        if taken and set(self.roster) <= set(taken):
            raise ValueError(
                "Parameter comparison.partial_out names all of roster, so that no model is left to compare; "
                "take one out"
            )
        return self

    @model_validator(mode="after")
    def _figures_show_what_is_declared(self) -> Parameters:
        stray = next((name for name in self.figures.main_models if name not in self.models), None)
        if stray is not None:
            raise ValueError(
                f"Parameter figures.main_models names {stray}, which models does not declare; choose from "
                f"{', '.join(self.models)}"
            )
        asked = self.questions.model_dump()
        if self.figures.question is not None and self.figures.question not in asked:
            raise ValueError(
                f"Parameter figures.question is {self.figures.question}, which questions does not declare; "
                f"choose from {', '.join(asked) or 'none'}"
            )
        return self

    @property
    def simulated(self) -> bool:
        """Whether the study is simulated."""
        return self.study.source == "simulated"


def read_parameters(given: Mapping[str, Any], project: Path) -> Parameters:
    """Check the parameters of a run, and complete them with their defaults.

    Parameters
    ----------
    given : mapping
        As configuration and command line give them.
    project : Path
        Where relative paths start.

    Returns
    -------
    Parameters
        With absolute paths, and absolute folders for the checkpoints that are folders.

    Raises
    ------
    ParameterError, ModelError
        If a parameter or a model's entry makes no sense.
    """
    parameters: Parameters = parse(Parameters, given, "", project)
    miniatures = None if parameters.miniatures is None else parameters.miniatures.folder

    def is_folder(spec: ModelSpec) -> bool:
        folder = project / spec.checkpoint
        # A hub id looks like a relative path; it is one only where there is, or will be, such a folder.
        there = folder.is_dir() or (miniatures is not None and folder.is_relative_to(miniatures))
        return there and BACKENDS[spec.backend].folders

    models = {}
    for name, spec in parameters.models.items():
        if spec.twin_of is not None and not is_folder(spec):
            spec = _with_random_weights(spec, parameters.models, refuse=name in parameters.roster)
        if is_folder(spec):
            spec = spec.model_copy(update={"checkpoint": str(project / spec.checkpoint)})
        models[name] = spec
    return parameters.model_copy(update={"models": models})


def _with_random_weights(twin: ModelSpec, models: Mapping[str, ModelSpec], *, refuse: bool) -> ModelSpec:
    """A twin that the roster derived: random weights in the configuration of the trained model.

    Raises
    ------
    ModelError
        If no weights can be drawn for the back end, and the twin takes part (`refuse`).
    """
    trained = models.get(str(twin.twin_of))
    if trained is None or not trained.untrained_twin:
        return twin
    if twin.checkpoint != trained.untrained()["checkpoint"]:
        return twin
    if BACKENDS[twin.backend].random_weights:
        seed = 0 if twin.weights_seed is None else twin.weights_seed
        return twin.model_copy(update={"checkpoint": trained.checkpoint, "weights_seed": seed})
    if not refuse:
        return twin
    drawing = " and ".join(name for name, entry in BACKENDS.items() if entry.random_weights)
    raise ModelError(
        f"models.{trained.name}.untrained_twin is true, but random weights are drawn for models of the "
        f"backend {drawing} alone, and {trained.checkpoint} is of the backend {twin.backend}; set it to "
        "false, and give the twin an entry of its own with twin_of."
    )
