"""`kedro run` and `tyrosine init`, with one sentence in place of a stack trace where trouble was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.validation import DataValidationError

from tyrosine.errors import ParameterError, TyrosineError
from tyrosine.models import EXPERIMENTS
from tyrosine.new_study import make_study
from tyrosine.parameters.roster import EVERY_EXPERIMENT
from tyrosine.progress import PROGRESS, warnings_alone
from tyrosine.project_folder import make_project_folder


def expected_trouble(error: BaseException | None) -> str | None:
    """The sentence of the first `TyrosineError` in a chain, or else how a table broke its schema."""
    invalid: DataValidationError | None = None
    while error is not None:
        if isinstance(error, TyrosineError):
            return str(error)
        if invalid is None and isinstance(error, DataValidationError):
            invalid = error
        error = error.__cause__ or error.__context__
    return None if invalid is None else " ".join(str(invalid).split())


class OneSentenceCommand(click.Command):
    """A command that ends with status 1 and one sentence on expected trouble."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            sentence = expected_trouble(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from error


def run_experiments(**options: Any) -> Any:
    """`kedro run`, where the tag of an experiment also keeps models of other experiments out of the roster.

    Nodes carry these tags, but tags alone would not do: the node that puts the RDMs of all models together
    asks for those of the whole roster.

    Raises
    ------
    ParameterError
        If the parameter `experiment` asks for others than the tags.
    """
    PROGRESS.shown = not options.pop("quiet", False)
    named = [tag for tag in options["tags"] if tag in EXPERIMENTS]
    if named:
        params = dict(options["params"] or {})
        asked = str(params.get("experiment", EVERY_EXPERIMENT)).split()
        if asked != [EVERY_EXPERIMENT] and set(asked) != set(named):
            raise ParameterError(
                f"--tags asks for the experiment {' and '.join(named)}, but --params for experiment="
                f"{' '.join(asked)}; give one of them."
            )
        options["params"] = {**params, "experiment": " ".join(named)}
    assert kedro_run.callback is not None
    with warnings_alone():
        return kedro_run.callback(**options)


@click.group(name="tyrosine")
def cli() -> None:
    """Commands of TyrOsine."""


run = OneSentenceCommand(
    name="run",
    callback=run_experiments,
    params=[
        *kedro_run.params,
        click.Option(["--quiet"], is_flag=True, help="Show no progress, and nothing at the end."),
    ],
    help=kedro_run.help,
    short_help=kedro_run.short_help,
    context_settings=kedro_run.context_settings,
)
cli.add_command(run)


@click.group(name="tyrosine")
def commands() -> None:
    """Begin a project or a study: `tyrosine …`, or `kedro tyrosine …` in a project's folder."""


@commands.command(name="init", cls=OneSentenceCommand)
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make FOLDER, in which `kedro run` works: conf, notebooks and data layers."""
    made = make_project_folder(folder)
    click.echo(f"Made {made}. Next: cd {folder} && kedro run")


@commands.command(name="new-study", cls=OneSentenceCommand)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the study, for kedro run --env; that of FOLDER if not given.")
def new_study(folder: Path, name: str | None) -> None:
    """Make a study of FOLDER: images, perhaps captions, and responses or RDMs (docs/your_own_data.md)."""
    for line in make_study(folder, Path.cwd(), name).told:
        click.echo(line)


cli.add_command(commands)
