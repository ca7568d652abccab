"""The parameters of a run, each declared, documented and checked in one place."""

from tyrosine.parameters.analysis import (
    ClusteringParameters,
    ComparisonParameters,
    FigureParameters,
    InferenceParameters,
    RandomParameters,
    RDMParameters,
)
from tyrosine.parameters.parsing import parse
from tyrosine.parameters.questions import (
    Question,
    QuestionParameters,
    SelectedContrast,
    SelectedGroup,
    Selection,
)
from tyrosine.parameters.simulation import (
    MiniatureParameters,
    MiniatureTrainingParameters,
    SimulationParameters,
)
from tyrosine.parameters.study import StudyParameters

__all__ = [
    "ClusteringParameters",
    "ComparisonParameters",
    "FigureParameters",
    "InferenceParameters",
    "MiniatureParameters",
    "MiniatureTrainingParameters",
    "Question",
    "QuestionParameters",
    "RDMParameters",
    "RandomParameters",
    "SelectedContrast",
    "SelectedGroup",
    "Selection",
    "SimulationParameters",
    "StudyParameters",
    "parse",
]
