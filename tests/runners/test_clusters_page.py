"""The example of Slurm, and what the page on clusters promises of it and of the runner's options."""

import dataclasses
import inspect
import re
from pathlib import Path

import dask

from tyrosine.models.sharing import LEAST_BATCHES, MOST_PARTS
from tyrosine.runners import DaskRunner
from tyrosine.runners.cluster import KEPT_MEMORY, ClusterOptions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/clusters.md").read_text(encoding="utf-8")


def test_the_page_names_every_option_of_the_runner():
    options = set(inspect.signature(DaskRunner).parameters)
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == options
    assert options - {"is_async"} == {field.name for field in dataclasses.fields(ClusterOptions)}
    assert f"`{ClusterOptions.dashboard_address}`" in PAGE


def test_the_page_tells_the_sizes_of_parts():
    assert (LEAST_BATCHES, MOST_PARTS) == (4, 128)
    assert "at least four batches, and there are at most 128" in PAGE


def test_dask_reads_the_example_of_slurm_and_gives_each_process_one_core():
    (configuration,) = dask.config.collect_yaml([ROOT / "conf/dask_slurm.yml"])
    job = configuration["jobqueue"]["slurm"]
    assert job["processes"] == job["cores"]
    assert any("OMP_NUM_THREADS=1" in line for line in job["job-script-prologue"])


def test_workers_of_slurm_are_told_to_keep_memory_as_those_of_the_runner_are():
    (configuration,) = dask.config.collect_yaml([ROOT / "conf/dask_slurm.yml"])
    (line,) = [
        one for one in configuration["jobqueue"]["slurm"]["job-script-prologue"] if "PRE_SPAWN_ENVIRON" in one
    ]
    name, _, value = line.removeprefix("export ").partition("=")
    (told,) = dask.config.collect_env({name: value.strip('"')})["distributed"]["nanny"].values()
    assert {f"distributed.nanny.pre-spawn-environ.{key}": what for key, what in told.items()} == KEPT_MEMORY
    assert line in PAGE
