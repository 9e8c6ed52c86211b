"""`clustomer verify`: does what a version states still follow from its files?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustomer.commands.exit_codes import ALARM
from clustomer.commands.messages import print_json, progress_for, say
from clustomer.commands.options import Json, Quiet

if TYPE_CHECKING:
    from clustomer.versions.verification import Difference, Verification

_SHOWN = 50


def verify(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="A results folder that `clustomer run` wrote, or the folder of a version.",
            show_default=False,
        ),
    ],
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Check the files of a version and recompute every number that it states.

    Exit codes: 0 everything holds, 6 something does not (it is listed: the place, what is stated
    there, what came out), 2 usage, 3 no results that can be read.
    """
    from clustomer.versions import verify as verify_version

    with progress_for(quiet).stage("Check the files and recompute the facts"):
        verification = verify_version(results)
    if as_json:
        print_json(verification.to_json())
    elif not quiet:
        _print(verification)
    if not verification.holds:
        raise typer.Exit(ALARM)


def _print(verification: "Verification") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    checked = f"{verification.files:,} files and {verification.facts:,} facts"
    if verification.holds:
        say(f"Version {verification.version} holds: {checked} are as stated.")
        return
    differences = verification.differences
    say(f"Version {verification.version} does not hold, of {checked}:")
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Place", "Stated", "Recomputed"):
        grid.add_column(title, overflow="fold")
    for difference in differences[:_SHOWN]:
        grid.add_row(
            Text(difference.place),
            Text(_written(difference, difference.stated)),
            Text(_written(difference, difference.recomputed)),
        )
    Console().print(grid)
    if len(differences) > _SHOWN:
        say(f"and {len(differences) - _SHOWN:,} more; --json lists them all.")


def _written(difference: "Difference", value: Any) -> str:
    if value is None:
        return "missing" if difference.kind == "file" else "not known"
    text = str(value)
    # of a hash the first characters tell enough
    return f"{text[:12]}..." if difference.kind == "file" and len(text) == 64 else text
