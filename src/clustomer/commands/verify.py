"""`clustomer verify`: does what a version states still follow from its files?"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustomer.commands.exit_codes import ALARM
from clustomer.commands.messages import print_json, progress_for, say
from clustomer.commands.options import Json, Quiet, ResultsFolder, with_settings
from clustomer.errors import InputError
from clustomer.settings import MACHINE, Settings

if TYPE_CHECKING:
    from clustomer.versions import Difference, Rerun, Verification

_SHOWN = 50


@with_settings(MACHINE, names=("memory",))
def verify(
    results: ResultsFolder,
    settings: Settings,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Also make customers, segments and certificates again from the stored events, and "
            "compare every value. It takes about as long as the run did.",
        ),
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Check the files of a version and recompute every number that it states.

    Exit codes: 0 everything holds, 6 something does not (it is listed: the place, what is stated
    there, what came out), 2 usage, 3 no results that can be read, or with --deep none that can be
    made again, since their events were not kept, 4 too little memory for --deep.
    """
    from clustomer.proofs import verify as verify_version

    verification = verify_version(
        results, deep=deep, memory=settings.memory, progress=progress_for(quiet)
    )
    if as_json:
        print_json(verification.to_json())
    elif not quiet:
        _print(verification)
    if not verification.holds:
        raise typer.Exit(ALARM)
    if verification.rerun is not None and not verification.rerun.values:
        raise typer.Exit(InputError.exit_code)


def _print(verification: "Verification") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    checked = [f"{verification.files:,} files", f"{verification.facts:,} facts"]
    _say_reports(verification)
    if verification.reports == "again":
        checked.append("the reports written again")
    again = verification.rerun
    if again is not None:
        _say_rerun(again)
        if again.values:
            checked.append(f"{again.values:,} values made again from the events")
    parts = f"{', '.join(checked[:-1])} and {checked[-1]}"
    if verification.holds:
        say(f"Version {verification.version} holds: {parts} are as stated.")
        return
    differences = verification.differences
    say(f"Version {verification.version} does not hold, of {parts}:")
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


def _say_reports(verification: "Verification") -> None:
    if verification.reports == "numbers":
        names = ", ".join(
            f"{name} {then or '(version not recorded)'}"
            for name, then in verification.writers.items()
        )
        say(
            f"The reports were written with {names}, and cannot be written the same today: the "
            "numbers of report.html were compared with the facts, words and pictures were not."
        )


def _say_rerun(again: "Rerun") -> None:
    if not again.values:
        say(
            f"No value was made again: the run kept no events (--no-events). {len(again.lost):,} "
            "facts were simulated or fitted, and are only looked up in the files; --json lists "
            "them. Run without --no-events to make them provable."
        )
    for name, (then, today) in again.packages.items():
        say(
            f"The run had {name} {then or '(not recorded)'}, this is {today}: values may differ "
            "for that reason."
        )


def _written(difference: "Difference", value: Any) -> str:
    if value is None:
        return "missing" if difference.kind == "file" else "not known"
    text = str(value)
    # of a hash the first characters tell enough
    return f"{text[:12]}..." if difference.kind == "file" and len(text) == 64 else text
