"""The entries of the catalog: those of a pattern, and the layer that each tells Kedro-Viz."""

from pathlib import Path

import pytest
from kedro.io import DataCatalog

from tyrosine.config import ConfigLoader
from tyrosine.settings import CONFIG_LOADER_ARGS

CONF = Path(__file__).parents[2] / "conf"
LAYERS = {
    "01_raw": "raw",
    "02_intermediate": "intermediate",
    "03_primary": "primary",
    "04_feature": "feature",
    "05_model_input": "model_input",
    "06_models": "models",
    "07_model_output": "model_output",
    "08_reporting": "reporting",
}


def entries(env):
    return ConfigLoader(CONF, env=env, **CONFIG_LOADER_ARGS)["catalog"]


@pytest.mark.parametrize("env", [None, "images78", "images92", "nsd"])
def test_every_entry_is_in_the_layer_of_its_folder(env):
    for name, entry in entries(env).items():
        layer = entry["metadata"]["kedro-viz"]["layer"]
        if "filepath" in entry:
            assert layer == LAYERS[Path(entry["filepath"]).parts[1]], name


@pytest.mark.parametrize(
    "name",
    [
        *("cluster_categories", "cluster_supercategories", "cluster_summary", "cluster_sizes"),
        *("bootstrap_similarities", "true_similarities"),
    ],
)
def test_a_table_of_a_pattern_has_a_file_and_a_schema_of_its_own(name):
    catalog = DataCatalog.from_config(entries("nsd"))

    dataset = catalog.get(name)

    assert str(dataset._filepath).endswith(f"07_model_output/nsd/{name}.parquet")
    assert catalog.validator_specs[name].class_path == f"tyrosine.tables.schemas.{name}"
    assert dataset.metadata["kedro-viz"] == {"layer": "model_output"}
