"""The parameters of a run, each declared, documented and checked in one place."""

from tyrosine.parameters.analysis import (
    ClusteringParameters,
    ComparisonParameters,
    FigureParameters,
    InferenceParameters,
    RDMParameters,
    ReportParameters,
)
from tyrosine.parameters.encoding import EncodingParameters
from tyrosine.parameters.parsing import parse
from tyrosine.parameters.questions import (
    Question,
    QuestionParameters,
    SelectedContrast,
    SelectedGroup,
    Selection,
)
from tyrosine.parameters.run import Parameters, read_parameters
from tyrosine.parameters.sensitivity import SensitivityParameters
from tyrosine.parameters.simulation import (
    MiniatureParameters,
    MiniatureTrainingParameters,
    SimulationParameters,
)
from tyrosine.parameters.study import StudyParameters

__all__ = [
    "ClusteringParameters",
    "ComparisonParameters",
    "EncodingParameters",
    "FigureParameters",
    "InferenceParameters",
    "MiniatureParameters",
    "MiniatureTrainingParameters",
    "Parameters",
    "Question",
    "QuestionParameters",
    "RDMParameters",
    "ReportParameters",
    "SelectedContrast",
    "SelectedGroup",
    "Selection",
    "SensitivityParameters",
    "SimulationParameters",
    "StudyParameters",
    "parse",
    "read_parameters",
]
