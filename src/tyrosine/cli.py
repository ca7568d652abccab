"""`kedro run`, with one sentence in place of a stack trace where trouble was expected."""

from __future__ import annotations

from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.validation import DataValidationError

from tyrosine.errors import TyrosineError


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


@click.group(name="tyrosine")
def cli() -> None:
    """Commands of TyrOsine."""


run = OneSentenceCommand(
    name="run",
    callback=kedro_run.callback,
    params=kedro_run.params,
    help=kedro_run.help,
    short_help=kedro_run.short_help,
    context_settings=kedro_run.context_settings,
)
cli.add_command(run)
