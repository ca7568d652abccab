"""Runs of the whole project: what they write, how they are cut, and that they agree."""

from pathlib import Path

import numpy as np
import pytest
from kedro.framework.project import pipelines
from kedro.runner import ParallelRunner, ThreadRunner

from tests.projects import PIPELINES
from tyrosine.errors import StaleResultError


def modified(project):
    """When each file was written, but for what tells of the run itself."""
    return {
        path.relative_to(project.root).as_posix(): path.stat().st_mtime_ns
        for path in (project.root / "data").rglob("*")
        if path.is_file()
        and "01_raw/simulated/" not in path.as_posix()
        and path.name not in ("run.log", "run_times.json")
    }


def test_what_a_run_makes_can_be_read_from_the_folder_of_its_layer(finished):
    with finished.session() as session:
        catalog = session.load_context().catalog
        made = {name: catalog.get(name) for name in pipelines["__default__"].all_outputs()}

    layers = set()
    for name, dataset in made.items():
        # What nodes pass on in memory is in no folder.
        if dataset is None:
            continue
        layer = (
            Path(getattr(dataset, "_filepath", None) or dataset._path)
            .relative_to(finished.root / "data")
            .parts[0]
        )
        assert layer.split("_", 1)[1] == dataset.metadata["kedro-viz"]["layer"], name
        dataset.load()
        layers.add(layer)
    assert layers == {
        "01_raw", "02_intermediate", "03_primary", "04_feature", "05_model_input", "06_models",
        "07_model_output", "08_reporting",
    }  # fmt: skip


@pytest.mark.parametrize("name", PIPELINES)
def test_each_pipeline_runs_by_itself(copy, name):
    before, times = copy.tables(), modified(copy)

    copy.run(name)

    assert copy.tables() == before
    assert modified(copy) != times


def test_missing_outputs_of_one_model_recompute_that_model_alone(copy):
    (copy.root / "data/04_feature/simulated/bert.h5").unlink()
    before = modified(copy)

    copy.run(only_missing_outputs=True)

    after = modified(copy)
    changed = {path for path in after if after[path] != before.get(path)}
    assert "data/04_feature/simulated/bert.h5" in changed
    assert not {path for path in changed if "/04_feature/" in path or "/06_models/" in path} - {
        "data/04_feature/simulated/bert.h5"
    }


def test_one_namespace_runs_one_model(copy):
    before = modified(copy)

    copy.run(namespaces=["clip_vision"])

    changed = {path for path, time in modified(copy).items() if time != before.get(path)}
    assert changed == {
        "data/04_feature/simulated/clip_vision.h5",
        "data/05_model_input/simulated/clip_vision.h5",
        "data/06_models/simulated/clip_vision.json",
    }


def test_two_runs_of_one_seed_write_the_same_bytes(finished_few, project):
    project.run()

    assert project.tables() == finished_few.tables()


@pytest.mark.parametrize("runner", [ThreadRunner, ParallelRunner])
def test_every_runner_writes_the_same_tables(finished_few, project, runner):
    project.run(runner=runner(max_workers=2))

    assert project.tables() == finished_few.tables()


def test_a_roster_runs_those_models_alone(project):
    project.run(params={"roster": "bert clip_language"})

    assert list(project.load("similarities")["model"].unique()) == ["bert", "clip_language"]
    assert sorted(path.name for path in (project.root / "data/04_feature/simulated").iterdir()) == [
        "bert.h5",
        "clip_language.h5",
    ]
    table = project.load("similarities_table")
    assert {"BERT", "CLIP_lang"} <= set(table.columns)
    assert not {"ViT", "CLIP_vis"} & set(table.columns)


def test_several_layers_are_rows_of_every_table(project):
    params = {"roster": "vit bert", "models": {"vit": {"layer": "all"}, "bert": {"layer": [0.5, 1.0]}}}
    project.run(params=params, to_outputs=["similarities_table", "similarity_plot"])

    features, rdms = project.load("vit.features"), project.load("vit.rdm")
    assert list(rdms.rdm_descriptors["layer"]) == [f"layers.{block}" for block in range(4)]
    assert list(rdms.rdm_descriptors["depth"]) == [0.25, 0.5, 0.75, 1.0]
    layer_of_feature = np.array(features.channel_descriptors["layer"])
    for layer, rdm in zip(rdms.rdm_descriptors["layer"], rdms.dissimilarities, strict=True):
        expected = np.corrcoef(features.measurements[:, layer_of_feature == layer].astype(float))
        np.testing.assert_allclose(rdm, (1 - expected)[np.triu_indices(24, 1)], atol=1e-6)
    stacked = project.load("model_rdms")
    assert list(stacked.rdm_descriptors["model"]) == ["vit"] * 4 + ["bert"] * 2
    assert list(stacked.rdm_descriptors["depth"][4:]) == [0.5, 1.0]
    rows = project.load("similarities").groupby(["model", "layer"], sort=False).size()
    assert rows.tolist() == [rows.iloc[0]] * 6
    assert set(project.load("similarities_table")["layer"]) == {layer for _, layer in rows.index}

    # Features of four layers are not those of one.
    for changes in ({"layer": "layers.3"}, {"layer": "all", "precision": "bfloat16"}):
        with pytest.raises(StaleResultError, match="vit.checkpoint was made with models.vit."):
            project.run("rdm_construction", params={"roster": "vit", "models": {"vit": changes}})
