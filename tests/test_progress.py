"""The progress of a run: what is shown, what goes to the log, and how the time left is reckoned."""

import json
import logging

import pytest

from tests.projects import kedro
from tyrosine.progress import last_times, time_left, warnings_alone

ONE_NODE = [
    "--nodes",
    "simulate_study",
    "--params",
    "simulation.n_stimuli=10,simulation.n_subjects=1,simulation.n_voxels=4,simulation.population=0",
]


def test_time_left_is_the_last_times_at_the_pace_of_this_run():
    before = {"a": 10.0, "b": 20.0, "c": 30.0}

    # The first took 15 s where it had taken 10.
    assert time_left(set(before), {"a": 15.0}, before, elapsed=15.0) == pytest.approx(1.5 * 50.0)
    # Two at once: 30 s of work have taken 15.
    assert time_left(set(before), {"a": 10.0, "b": 5.0}, before, elapsed=15.0) == pytest.approx(0.5 * 30.0)


def test_time_left_is_unknown_if_a_node_has_never_run():
    assert time_left({"a", "b"}, {"a": 1.0}, {"a": 1.0}, elapsed=1.0) is None


def test_a_run_off_a_terminal_says_one_line_and_logs_the_rest(project):
    ended = kedro(project, "run", *ONE_NODE)

    assert ended.returncode == 0, ended.stderr
    folder = project.root / "data/08_reporting/simulated"
    (line,) = ended.stdout.splitlines()
    assert line.startswith("1 node in ")
    assert line.endswith("data/08_reporting/simulated/run.log")
    assert "Completed node: simulate_study" in (folder / "run.log").read_text(encoding="utf-8")
    assert last_times(folder / "run_times.json").keys() == {"simulate_study"}


def test_a_quiet_run_says_nothing(project):
    ended = kedro(project, "run", *ONE_NODE, "--quiet")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"a": "b"}', '{"a": null}'])
def test_broken_times_are_none(tmp_path, text):
    (tmp_path / "times.json").write_text(text, encoding="utf-8")

    assert last_times(tmp_path / "times.json") == {}
    assert last_times(tmp_path / "nothing.json") == {}


def test_times_are_read_as_written(tmp_path):
    (tmp_path / "times.json").write_text(json.dumps({"a": 1.5}), encoding="utf-8")

    assert last_times(tmp_path / "times.json") == {"a": 1.5}


def test_handlers_have_their_levels_back_after_a_run():
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:
        with warnings_alone():
            assert handler.level == logging.WARNING
        assert handler.level == logging.NOTSET
    finally:
        logging.getLogger().removeHandler(handler)
