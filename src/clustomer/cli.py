"""The command line: which commands there are, and what becomes of an error."""

import sys
from typing import Annotated, NoReturn

import typer

from clustomer.commands.certify import certify
from clustomer.commands.change import change
from clustomer.commands.check import check
from clustomer.commands.cohorts import cohorts
from clustomer.commands.dashboard import dashboard
from clustomer.commands.help import HelpfulCommand, HelpfulGroup
from clustomer.commands.insights import insights
from clustomer.commands.mcp import mcp
from clustomer.commands.pdf import pdf
from clustomer.commands.powerbi import powerbi
from clustomer.commands.publish import publish
from clustomer.commands.recommend import recommend
from clustomer.commands.rename import rename
from clustomer.commands.run import run
from clustomer.commands.schema import schema
from clustomer.commands.score import score
from clustomer.commands.simulate import simulate
from clustomer.commands.sql import sql
from clustomer.commands.verify import verify
from clustomer.errors import ClustomerError
from clustomer.printable import printable

COMMANDS = {
    "run": run,
    "check": check,
    "cohorts": cohorts,
    "change": change,
    "schema": schema,
    "insights": insights,
    "mcp": mcp,
    "dashboard": dashboard,
    "rename": rename,
    "recommend": recommend,
    "score": score,
    "sql": sql,
    "publish": publish,
    "pdf": pdf,
    "powerbi": powerbi,
    "certify": certify,
    "verify": verify,
    "simulate": simulate,
}

app = typer.Typer(
    name="clustomer",
    help="From a shop's event log to customer segments that prove themselves.",
    cls=HelpfulGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command in COMMANDS.items():
    app.command(_name, cls=HelpfulCommand)(_command)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"clustomer {version('clustomer')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line; every known error becomes one message and its exit code."""
    try:
        app()
    except ClustomerError as error:
        typer.echo(printable(f"clustomer: {error}"), err=True)
        sys.exit(error.exit_code)
    sys.exit(0)
