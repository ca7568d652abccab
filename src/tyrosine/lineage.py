"""Whether results that lie in the catalog are those that this run would have made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic import BaseModel

from tyrosine.catalog.records import Recipe, Record, Recorded, read_record
from tyrosine.errors import StaleResultError
from tyrosine.wording import first_three

PARAMETERS = "params:"
# Parameters that change where things lie, how they are called or how fast they come, and no number.
INCIDENTAL = (
    "study.title",
    "study.source",
    "study.path",
    "study.url",
    "study.sha256",
    "study.terms",
    "study.unpacked_limit",
    "study.on_mismatch",
    "study.coco_path",
    "study.region_sets",
    "miniatures.folder",
    "inference.memory_limit",
    "encoding.memory_limit",
    "figures.*",
    "report.*",
)
_ENGINE = ("engine", "max_stimuli", "stimulus_samples")
# Of a group of parameters that a node takes whole, the fields that its result depends on, by the last part of
# the result's name. What is not listed depends on all of them.
FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "raw_study": {"study": ("regions",)},
    "stimuli": {"study": ("crop_share", "betas")},
    "presentations": {"study": ("crop_share", "betas")},
    # Where a checkpoint lies counts for its description alone, whose content has the hash of the weights.
    "checkpoint": {
        "model": ("backend", "factory", "checkpoint", "revision", "modality", "layer", "pooling", "precision")
    },
    "features": {"model": ("backend", "factory", "modality", "layer", "pooling", "captions", "precision")},
    "rdm": {"model": ("label", "modality", "task", "layer"), "rdm": ("model_distance",)},
    "readings_of_other_captions": {"rdm": ("model_distance",)},
    "rdm_stimuli": {"study": ("brain_rdms",), "comparison": ("engine", "max_stimuli")},
    "brain_rdms": {"rdm": ("brain_distance",)},
    "rdm_agreement": {"rdm": ()},
    # Folds in which layers are chosen count for the choices, and for others by what these hold.
    "layer_choices": {
        "comparison": ("methods", "choice_folds", "choice_draws"),
        "inference": ("stimulus_groups",),
    },
    "similarities": {"comparison": ("methods", *_ENGINE), "study": ("brain_rdms",)},
    "true_similarities": {"comparison": ("methods",)},
    "population_model_rdms": {
        "rdm": ("model_distance",),
        "models": (
            "label",
            "modality",
            "task",
            "layer",
            "pooling",
            "captions",
            "precision",
            "backend",
            "factory",
        ),
    },
    "population_similarities": {"comparison": ("methods",)},
    "noise_ceilings": {"comparison": ("methods", *_ENGINE), "study": ("brain_rdms",)},
    "encoded": {
        "model": ("label", "modality", "task", "layer"),
        "encoding": ("penalties", "least_ncsnr"),
    },
    "encoding_design": {
        "encoding": ("n_folds", "n_inner_folds", "fold_groups"),
        "inference": ("stimulus_groups",),
    },
    "second_order_rdm": {"comparison": ("methods", *_ENGINE), "study": ("brain_rdms",)},
}
OF_A_MODEL_IN_TABLES = ("label", "modality", "multimodal", "task", "architecture", "experiment", "twin_of")
# Results of the whole roster that depend on further fields of its models.
MORE_OF_A_MODEL = {
    "contrast_robustness": ("training_data", "n_training_samples", "resolution", "n_parameters", "pooling"),
}


class Lineage:
    """What each dataset is made with, as the pipelines and the parameters of a run have it.

    Parameters
    ----------
    pipelines : mapping of str to Pipeline
        All registered pipelines in their order; the one named `__default__` is left out.
    catalog : CatalogProtocol
        With the parameters of the run.
    roster : iterable of str
        Models that take part.
    project : Path
        Root of the project: paths below it are recorded relative to it.
    """

    def __init__(
        self,
        pipelines: Mapping[str, Pipeline],
        catalog: CatalogProtocol,
        roster: Iterable[str],
        project: Path,
    ) -> None:
        self._catalog, self._roster, self._project = catalog, set(roster), project
        self._makers: dict[str, Node] = {}
        self._pipeline_of: dict[str, str] = {}
        for name, pipeline in pipelines.items():
            if name == "__default__":
                continue
            for node in pipeline.nodes:
                self._pipeline_of.setdefault(node.name, name)
                for output in node.outputs:
                    self._makers.setdefault(output, node)
        self._order = [name for name in pipelines if name != "__default__"]
        self._parameters: dict[str, dict[str, Any]] = {}
        self._records: dict[str, Record | None] = {}

    def recipe(self, dataset: str) -> Recipe:
        """What this run makes a dataset with."""
        inputs = {}
        for name in self._recorded_inputs(dataset):
            inputs[name] = _path(self._catalog.get(name))
        return Recipe(self.parameters(dataset), inputs)

    def parameters(self, dataset: str) -> dict[str, Any]:
        """The parameters that have a part in a dataset, whichever step they enter by, by dotted name."""
        if dataset not in self._parameters:
            found: dict[str, Any] = {}
            for name in self._inputs(dataset):
                found |= self.parameters(name)
            self._parameters[dataset] = found | self._own_parameters(dataset)
        return self._parameters[dataset]

    def _own_parameters(self, dataset: str) -> dict[str, Any]:
        """The parameters of the node that makes a dataset."""
        node = self._makers.get(dataset)
        found: dict[str, Any] = {}
        for name in node.inputs if node else ():
            if name.startswith(PARAMETERS):
                found |= self._values(name, dataset)
        return found

    def _parameters_to_compare(self, dataset: str) -> dict[str, Any]:
        """The parameters that decide whether a dataset is stale.

        Those of earlier steps decide by the content that they gave the dataset's inputs, as long as those
        inputs lie in the catalog: regions that leave the stimuli as they are make no features stale.
        """
        found = self._own_parameters(dataset)
        for name in self._inputs(dataset):
            if self._record(name) is None:
                found |= self._parameters_to_compare(name)
        return found

    def _inputs(self, dataset: str) -> list[str]:
        node = self._makers.get(dataset)
        return [
            name
            for name in (node.inputs if node else ())
            if not name.startswith(PARAMETERS) and name != "parameters"
        ]

    def refuse_stale(self, datasets: Iterable[str]) -> None:
        """Refuse datasets that lie in the catalog and are not what this run would make.

        Parameters
        ----------
        datasets : iterable of str
            Names of datasets that the run reads and does not make; what they are made from is looked at too.

        Raises
        ------
        StaleResultError
            With the first of them in the order in which they are made, why, and what to run.
        """
        every: dict[str, None] = {}
        for name in datasets:
            self._ancestors(name, every)
        reason = ""
        stale: set[str] = set()
        for name in every:
            if name not in self._makers or not self._is_recorded(name):
                continue
            inputs = self._recorded_inputs(name)
            if not _path(self._catalog.get(name)).exists():
                # What is missing is told by what reads it, unless something else is wrong too.
                stale.add(name)
                continue
            why = self._why_stale(name, self._record(name), inputs)
            reason = reason or why
            if why or (stale & set(inputs)):
                stale.add(name)
        if reason:
            needed = {self._pipeline_of[self._makers[name].name] for name in stale}
            pipelines = ",".join(name for name in self._order if name in needed)
            raise StaleResultError(
                f"{reason}; with the parameters of this run, run kedro run --pipelines {pipelines} first."
            )

    def _why_stale(self, dataset: str, record: Record | None, inputs: Iterable[str]) -> str:
        """Why a dataset is not what this run would make; empty if it is."""
        if record is None:
            return f"{dataset} does not say what it was made with, as an older version of TyrOsine left it"
        if record.parameters is None:
            return ""
        made, present = record.parameters, self._parameters_to_compare(dataset)
        before, now = _models(made), _models(self.parameters(dataset))
        if left_out := [model for model in before if model not in now]:
            return f"{dataset} was made with {first_three(left_out)}, which the roster of this run leaves out"
        if lacking := [model for model in now if model not in before]:
            return f"{dataset} was made without {first_three(lacking)} of the roster of this run"
        for name in present:
            if made.get(name) != present.get(name):
                return (
                    f"{dataset} was made with {name}={_shown(made.get(name))}, and this run has {name}="
                    f"{_shown(present.get(name))}"
                )
        for name in inputs:
            found = self._record(name)
            if name in record.inputs and found is not None and found.content != record.inputs[name]:
                return f"{dataset} was made from another {name} than the one that lies in the catalog now"
        return ""

    def _ancestors(self, dataset: str, found: dict[str, None]) -> None:
        """Everything that a dataset is made from, then itself."""
        if dataset in found or dataset.startswith(PARAMETERS) or dataset == "parameters":
            return
        for name in self._inputs(dataset):
            self._ancestors(name, found)
        found[dataset] = None

    def _recorded_inputs(self, dataset: str) -> list[str]:
        """The nearest datasets that a dataset is made from and that have a record in a file."""
        found: dict[str, None] = {}
        for name in self._inputs(dataset):
            if self._is_recorded(name):
                found[name] = None
            else:
                found |= dict.fromkeys(self._recorded_inputs(name))
        return list(found)

    def _is_recorded(self, dataset: str) -> bool:
        return isinstance(self._catalog.get(dataset, fallback_to_runtime_pattern=True), Recorded)

    def _record(self, dataset: str) -> Record | None:
        if dataset not in self._records:
            here = self._is_recorded(dataset)
            self._records[dataset] = read_record(_path(self._catalog.get(dataset))) if here else None
        return self._records[dataset]

    def _values(self, parameter: str, dataset: str) -> dict[str, Any]:
        """Values of a parameter by dotted name, without those that have no part in the dataset."""
        name = parameter.removeprefix(PARAMETERS)
        value = _plain(self._catalog.load(parameter), self._project)
        values = dict(_flatten(name, value))
        group, *rest = name.split(".")
        chosen = FIELDS.get(dataset.rpartition(".")[2], {})
        fields = chosen.get("model" if group == "models" else group)
        if group == "models" and not rest:
            in_tables = (*OF_A_MODEL_IN_TABLES, *MORE_OF_A_MODEL.get(dataset, ()))
            start, fields = "models.*", chosen.get("models", in_tables)
            values = {key: value for key, value in values.items() if key.split(".")[1] in self._roster}
        else:
            start = name
        wanted = (
            ["*"] if fields is None else [f"{start}.{field}{end}" for field in fields for end in ("", ".*")]
        )
        return {
            key: value
            for key, value in values.items()
            if (fields is None or any(fnmatchcase(key, pattern) for pattern in wanted))
            and not any(fnmatchcase(key, pattern) for pattern in INCIDENTAL)
        }


def _path(dataset: Any) -> Path:
    return Path(str(getattr(dataset, "_filepath", None) or dataset._path))


def _models(parameters: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name.split(".")[1] for name in parameters if name.startswith("models.")))


def _plain(value: Any, project: Path) -> Any:
    """Values that JSON can hold; paths below the project's root relative to it."""
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"), project)
    if isinstance(value, Mapping):
        return {str(key): _plain(one, project) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, project) for one in value]
    if isinstance(value, str | Path) and Path(value).is_absolute() and Path(value).is_relative_to(project):
        return Path(value).relative_to(project).as_posix()
    return str(value) if isinstance(value, Path) else value


def _flatten(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _flatten(f"{name}.{key}", one)
    else:
        yield name, value


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
