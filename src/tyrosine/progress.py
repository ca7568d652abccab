"""One line of progress for a whole run on a terminal; what the run has to say goes to a file."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from rich import get_console
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

# What every runner of Kedro logs, in the process that was called, when a node has run.
_COMPLETED = "Completed node: %s"
_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"
LOG = "run.log"
TIMES = "run_times.json"


class RunProgress(logging.Handler):
    """Hooks that write the log of a run, and show how far it is.

    `run.log` has everything at the level INFO. The line has the nodes done, the present one, and the time
    left, as the last run of the same nodes took it.

    Attributes
    ----------
    shown : bool
        Whether the line is shown on a terminal, and one at the end anywhere; the command line asks for both.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.shown = False
        self._folder: Path | None = None
        self._file: logging.FileHandler | None = None
        self._bar: Progress | None = None

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Learn where the study's reports lie."""
        study = context.config_loader["globals"]["study"]
        self._folder = Path(context.project_path) / "data" / "08_reporting" / study

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Open the log, and show the line."""
        self._close()
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = logging.FileHandler(self._folder / LOG, mode="w", encoding="utf-8")
        self._file.setFormatter(logging.Formatter(_FORMAT))
        self._file.setLevel(logging.INFO)
        logging.getLogger().addHandler(self._file)
        logging.getLogger().addHandler(self)
        self._names = {node.name for node in pipeline.nodes}
        self._began = self._last = time.monotonic()
        self._before = last_times(self._folder / TIMES)
        self._now: dict[str, float] = {}
        console = get_console()
        if self.shown and console.is_terminal:
            self._show(console)

    def _show(self, console: Console) -> None:
        self._bar = Progress(
            MofNCompleteColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task: TaskID = self._bar.add_task("", total=len(self._names), left="")
        self._bar.start()

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Name the node that runs; runners with several processes do not call this one."""
        if self._bar is not None:
            self._bar.update(self._task, description=node.name)

    def emit(self, record: logging.LogRecord) -> None:
        """Count a node that has run."""
        if record.msg != _COMPLETED or not record.args:
            return
        now = time.monotonic()
        name = str(record.args[0])  # type: ignore[index]
        self._now[name], self._last = now - self._last, now
        if self._bar is not None:
            left = time_left(self._names, self._now, self._before, now - self._began)
            told = "" if left is None else f"{_clock(left)} left"
            self._bar.update(self._task, completed=len(self._now), left=told)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Keep how long each node took, and say where the results lie."""
        took = time.monotonic() - self._began
        folder = self._folder
        if folder is not None and self._now:
            _keep_times(folder / TIMES, {**self._before, **self._now})
        self._close()
        if folder is not None and self.shown and self._now:
            nodes = "1 node" if len(self._now) == 1 else f"{len(self._now)} nodes"
            print(f"{nodes} in {_clock(took)}; what they said: {_short(folder / LOG)}")

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Close the log, and take the line away."""
        self._close()

    def _close(self) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if self._file is not None:
            root.removeHandler(self._file)
            self._file.close()
            self._file = None


PROGRESS = RunProgress()
"""The hook of this process."""


@contextmanager
def warnings_alone() -> Iterator[None]:
    """Keep what is less than a warning off the console, where one is set up."""
    levels = {handler: handler.level for handler in logging.getLogger().handlers}
    for handler, level in levels.items():
        handler.setLevel(max(level, logging.WARNING))
    try:
        yield
    finally:
        for handler, level in levels.items():
            handler.setLevel(level)


def time_left(
    names: set[str], now: Mapping[str, float], before: Mapping[str, float], elapsed: float
) -> float | None:
    """Estimate how long a run still takes, from how long its nodes took the last time.

    Parameters
    ----------
    names : set of str
        All nodes of the run.
    now, before : mapping of str to float
        Seconds that nodes took in this run, and in the last.
    elapsed : float
        Seconds since this run began.

    Returns
    -------
    float or None
        Seconds; the last time's, scaled by how much slower or faster this run has been so far. None if a node
        that is left has never run.
    """
    left = names - now.keys()
    if not left <= before.keys():
        return None
    done_before = sum(before.get(name, 0.0) for name in now)
    # The first quick nodes say nothing of the speed of the rest.
    pace = elapsed / done_before if done_before > 1.0 else 1.0
    return pace * sum(before[name] for name in left)


def last_times(path: Path) -> dict[str, float]:
    """Read how long each node took; a file that is not there or broken is as good as none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): float(seconds) for name, seconds in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep_times(path: Path, times: Mapping[str, float]) -> None:
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({name: round(seconds, 3) for name, seconds in sorted(times.items())}, file, indent=0)
    Path(scratch).chmod(0o644)
    Path(scratch).replace(path)


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
