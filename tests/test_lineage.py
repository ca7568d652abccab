"""Which results of an earlier run another run refuses, on pipelines of three steps."""

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from tyrosine.catalog.datasets import ParquetTable
from tyrosine.errors import StaleResultError
from tyrosine.lineage import Lineage


def keep(*inputs):
    return None


PIPELINES = {
    "ingestion": Pipeline([Node(keep, ["params:study"], "stimuli", name="read")]),
    "construction": Pipeline(
        [
            Node(keep, ["params:models.vit"], "vit.checkpoint", name="prepare_vit"),
            Node(
                keep,
                ["stimuli", "vit.checkpoint", "params:models.vit"],
                "vit.features",
                name="extract_vit",
            ),
            Node(keep, ["vit.features", "params:models.vit", "params:rdm"], "vit.rdm", name="build_vit"),
            Node(keep, ["vit.rdm"], "model_rdms", name="stack"),
        ]
    ),
    "comparison": Pipeline(
        [
            Node(keep, ["model_rdms", "params:comparison"], "resamples", name="resample"),
            Node(keep, ["resamples", "params:models"], "contrasts", name="contrast"),
        ]
    ),
}
PARAMETERS = {
    "study": {"crop_share": 0.5, "title": "A study"},
    "rdm": {"brain_distance": "correlation", "model_distance": "correlation"},
    "comparison": {"methods": ["pearson"]},
    "models": {
        "vit": {"checkpoint": "lab/vit", "layer": 1.0, "pooling": "cls", "label": "ViT", "batch_size": 8}
    },
}
SAVED = ("stimuli", "vit.checkpoint", "vit.features", "vit.rdm", "model_rdms", "contrasts")


class Study:
    """Results in a folder, and the parameters of the present run."""

    def __init__(self, root):
        self.root = root
        self.parameters = PARAMETERS
        self.roster = ["vit"]
        self.pipelines = dict(PIPELINES)

    def with_(self, **groups):
        self.parameters = {name: {**values, **groups.get(name, {})} for name, values in PARAMETERS.items()}
        return self

    def lineage(self):
        tables = {name: ParquetTable(filepath=str(self.root / f"{name}.parquet")) for name in SAVED}
        values = {f"params:{name}": MemoryDataset(value) for name, value in self.parameters.items()}
        values |= {f"params:models.{k}": MemoryDataset(v) for k, v in self.parameters["models"].items()}
        self.catalog = DataCatalog({**tables, **values, "resamples": MemoryDataset()})
        everything = {"__default__": sum(self.pipelines.values(), Pipeline([])), **self.pipelines}
        return Lineage(everything, self.catalog, self.roster, self.root)

    def make(self, *names, content=1):
        for name in names or SAVED:
            lineage = self.lineage()
            dataset = self.catalog.get(name)
            dataset.recipe = lineage.recipe(name)
            dataset.save(pd.DataFrame({"a": [content]}))

    def refused(self, *names):
        with pytest.raises(StaleResultError) as error:
            self.lineage().refuse_stale(names or ["contrasts"])
        return str(error.value)

    def accepted(self, *names):
        self.lineage().refuse_stale(names or ["contrasts"])


@pytest.fixture
def study(tmp_path):
    study = Study(tmp_path)
    study.make()
    return study


def test_results_of_the_same_parameters_are_accepted(study):
    study.accepted(*SAVED)


def test_another_distance_is_refused_by_name_with_the_pipelines_to_run(study):
    told = study.with_(rdm={"model_distance": "cosine"}).refused()

    assert (
        "vit.rdm was made with rdm.model_distance=correlation, and this run has rdm.model_distance=cosine"
        in told
    )
    assert "run kedro run --pipelines construction,comparison first." in told


def test_a_parameter_of_a_step_that_keeps_nothing_counts(study):
    told = study.with_(comparison={"methods": ["spearman", "cosine"]}).refused()

    assert "contrasts was made with comparison.methods=pearson, and this run has" in told
    assert "comparison.methods=spearman cosine; " in told


def test_what_changes_no_number_is_accepted(study):
    model = {**PARAMETERS["models"]["vit"], "batch_size": 1}
    study.with_(study={"title": "Another title"}, models={"vit": model}).accepted()


def test_a_label_reaches_rdms_and_not_features(study):
    model = {**PARAMETERS["models"]["vit"], "label": "Another"}

    study.with_(models={"vit": model}).accepted("vit.features")
    assert "vit.rdm was made with models.vit.label=ViT" in study.refused()


def test_features_of_another_pooling_are_refused(study):
    model = {**PARAMETERS["models"]["vit"], "pooling": "mean"}

    assert (
        "vit.checkpoint was made with models.vit.pooling=cls" in study.with_(models={"vit": model}).refused()
    )


def test_another_checkpoint_with_the_same_weights_leaves_features_as_they_are(study):
    model = {**PARAMETERS["models"]["vit"], "checkpoint": "moved/vit"}
    study.with_(models={"vit": model})
    assert "vit.checkpoint was made with models.vit.checkpoint=lab/vit" in study.refused()

    study.make("vit.checkpoint")

    study.accepted()


def test_a_step_that_leaves_its_result_as_it_was_makes_nothing_after_it_stale(study):
    study.with_(study={"crop_share": 0.9})
    assert (
        "stimuli was made with study.crop_share=0.5, and this run has study.crop_share=0.9" in study.refused()
    )

    study.make("stimuli")

    study.accepted()


def test_a_step_that_changes_its_result_makes_what_is_after_it_stale(study):
    study.make("stimuli", content=2)

    told = study.refused()

    assert "vit.features was made from another stimuli than the one that lies in the catalog now" in told
    assert "--pipelines construction,comparison first." in told


def test_where_an_intermediate_result_is_gone_its_parameters_still_count(study):
    for name in ("vit.rdm", "model_rdms"):
        Path(study.root / f"{name}.parquet").unlink()

    told = study.with_(rdm={"model_distance": "cosine"}).refused()

    assert "contrasts was made with rdm.model_distance=correlation" in told


def test_another_roster_is_refused_by_the_models_that_differ(study):
    bert = {"layer": 1.0, "pooling": "cls", "label": "BERT"}
    study.with_(models={"bert": bert})
    study.roster = ["vit", "bert"]
    assert "contrasts was made without bert of the roster of this run" in study.refused()

    study.make("contrasts")
    study.roster = ["vit"]
    assert "contrasts was made with bert, which the roster of this run leaves out" in study.refused()


def test_a_declared_model_outside_the_roster_does_not_count(study):
    study.with_(models={"bert": {"layer": 1.0}}).accepted()


def test_a_result_without_a_record_is_refused_and_one_saved_by_hand_is_not(study):
    study.catalog.get("contrasts").recipe = None
    study.catalog.get("contrasts").save(pd.DataFrame({"a": [1]}))
    study.accepted()

    pd.DataFrame({"a": [1]}).to_parquet(study.root / "contrasts.parquet")
    assert "contrasts does not say what it was made with" in study.refused()


def test_what_is_missing_is_left_to_what_reads_it(study):
    (study.root / "contrasts.parquet").unlink()

    study.accepted()


def test_a_path_in_the_project_counts_from_its_root(study, tmp_path):
    model = {**PARAMETERS["models"]["vit"], "checkpoint": str(study.root / "models" / "vit")}
    study.with_(models={"vit": model})

    recorded = study.lineage().parameters("vit.checkpoint")

    assert recorded["models.vit.checkpoint"] == "models/vit"
