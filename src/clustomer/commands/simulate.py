"""`clustomer simulate`: the log of a shop whose true segments are known."""

from pathlib import Path
from typing import Annotated, Any

import typer

from clustomer.commands.messages import print_json, progress_for, say
from clustomer.commands.options import Json, Overwrite, Quiet


def simulate(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Where to write the log: .db or .sqlite, .csv, .csv.gz, or .parquet. The truth "
            "goes beside it, as <name>.truth.csv.",
            show_default=False,
        ),
    ],
    events: Annotated[int, typer.Option(metavar="NUMBER", help="Rows of the log.")] = 1_000_000,
    customers: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="Customers.",
            show_default="one for every 35 events; for every 7 in under a week",
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option(
            metavar="NUMBER", help="Days that the log spans. Some kinds of customers need weeks."
        ),
    ] = 150,
    dirt: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="Scales the rates of flaws; 0 gives a clean log, typed where Parquet.",
        ),
    ] = 1.0,
    no_structure: Annotated[
        bool,
        typer.Option("--no-structure", help="One population without segments, for comparison."),
    ] = False,
    drift: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="0 to 1: how strongly everyone buys less and prices rise as time goes by.",
        ),
    ] = 0.0,
    migration: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="0 to 1: share of the customers who change their kind once; the truth says when.",
        ),
    ] = 0.0,
    tastes: Annotated[
        bool,
        typer.Option(
            "--tastes", help="Give each customer one of 8 tastes in products; the truth says which."
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="The same seed gives the same shop.")
    ] = 0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write the log of a simulated shop whose true customer segments are known."""
    from clustomer.simulate import simulate as simulate_shop

    passed = 0

    def count(rows: int) -> None:
        nonlocal passed
        passed += rows

    def fraction() -> float:
        return passed / (2 * events)

    with progress_for(quiet).stage(f"Simulate {events:,} events", fraction):
        made = simulate_shop(
            out,
            events=events,
            customers=customers,
            days=days,
            dirt=dirt,
            structure="none" if no_structure else "kinds",
            drift=drift,
            migration=migration,
            tastes=tastes,
            random_state=seed,
            overwrite=overwrite,
            on_rows=count,
        )
    if as_json:
        print_json(_as_object(made))
    elif not quiet:
        say(f"{made.events:,} events of {made.customers:,} customers: {made.path}")
        say(f"Who they truly are: {made.truth_path}")


def _as_object(made: Any) -> dict[str, Any]:
    return {
        "log": str(made.path),
        "truth": str(made.truth_path),
        "events": made.events,
        "customers": made.customers,
        "segments": dict(made.segments),
        "dirt": dict(made.dirt),
        "structure": made.structure,
        "drift": dict(made.drift),
        "movers": made.movers,
        "tastes": made.tastes,
    }
