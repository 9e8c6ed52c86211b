"""`clustomer cohorts`: customers by when they arrived, and what became of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustomer.commands.messages import print_json, progress_for
from clustomer.commands.options import Json, Overwrite, Quiet, Source, with_settings
from clustomer.commands.tables import check_table_file, write_table_file
from clustomer.settings import MACHINE, READING, Settings

if TYPE_CHECKING:
    from clustomer.history import Cohorts

_MOST_AGES = 13


@with_settings(*READING, MACHINE)
def cohorts(
    source: Source,
    settings: Settings,
    by: Annotated[
        str,
        typer.Option(
            metavar="EVENT",
            help="What customers arrive by: event (their first of any kind) or purchase.",
        ),
    ] = "event",
    period: Annotated[
        str | None,
        typer.Option(
            metavar="UNIT",
            help="How long a period is: day, week or month.",
            show_default="by the length of the log",
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            help="Share of revenue that is left after the cost of goods, 0 to 1; with "
            "it, what customers are expected to bring is told as their value, too.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write every cell into this .parquet or .csv file.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Group customers by when they arrived; print how many of them came back in each period.

    A cell that the log does not show to its end is empty. The first cohort holds old customers,
    too.
    """
    from clustomer.engines import DuckDB, check_memory, memory_of_engine
    from clustomer.history import customer_cohorts

    check_table_file(out, overwrite)
    check_memory(settings.memory)
    with DuckDB(memory=memory_of_engine(settings.memory)) as engine:
        made = customer_cohorts(
            source,
            by=by,
            unit=period,
            margin=margin,
            engine=engine,
            progress=progress_for(quiet),
            **settings.reading(),
        )
    if out is not None:
        write_table_file(made.table, out)
    if as_json:
        print_json({"by": made.by, "unit": made.unit, "cells": _plain(made)})
    elif not quiet:
        _print(made)


def _plain(made: "Cohorts") -> list[dict[str, Any]]:
    """Return the cells with dates as text."""
    rows: list[dict[str, Any]] = made.table.to_pylist()
    for row in rows:
        for name in ("cohort", "period"):
            row[name] = row[name].isoformat()
    return rows


def _print(made: "Cohorts") -> None:
    from rich.console import Console
    from rich.table import Table

    column = "buying_share" if made.by == "purchase" else "active_share"
    rows = made.table.to_pylist()
    ages = range(min(max((row["age"] for row in rows), default=0) + 1, _MOST_AGES))
    grid = Table(box=None, pad_edge=False, header_style="dim")
    grid.add_column(made.unit.capitalize(), no_wrap=True)
    for title in ("Customers", *map(str, ages)):
        grid.add_column(title, justify="right", no_wrap=True)
    for first in (row for row in rows if row["age"] == 0):
        cells = {
            row["age"]: f"{row[column]:.0%}"
            for row in rows
            if row["cohort"] == first["cohort"] and row["complete"]
        }
        name = first["cohort_name"] + (" *" if first["existing"] else "")
        shares = [cells.get(age, "") for age in ages]
        grid.add_row(name, f"{first['customers']:,}", *shares)
    console = Console()
    console.print(grid)
    did = "bought" if made.by == "purchase" else "came"
    console.print(
        f"The share of each cohort who {did} so many {made.unit}s later; * old and new customers, "
        "whom the log cannot tell apart.",
        highlight=False,
    )
