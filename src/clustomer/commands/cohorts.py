"""`clustomer cohorts`: customers by when they arrived, and what became of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustomer.commands.messages import print_json, progress_for
from clustomer.commands.options import Json, Overwrite, Quiet, with_settings
from clustomer.commands.tables import check_file, check_table_file, write_table_file
from clustomer.errors import UsageError
from clustomer.settings import MACHINE, READING, Settings, changed_options

if TYPE_CHECKING:
    from rich.console import Console

    from clustomer.history import Cohorts
    from clustomer.progress import Progress

_MOST_AGES = 13
_CHARTS = (".png", ".svg")


@with_settings(*READING, MACHINE)
def cohorts(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="The event log, in any form that `clustomer run` reads; or a results folder: then "
            "the events are those of the run, and cohorts are told by segment, too.",
            show_default=False,
        ),
    ],
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
            "it, what customers bring, and are expected to, is told as margin, too.",
            show_default="of a results folder that of the run",
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
    chart: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw the cohorts as a map and as curves into this .png or .svg file.",
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
    from clustomer.versions import holds_results

    check_table_file(out, overwrite)
    check_file(chart, _CHARTS, overwrite)
    count = _of_results if holds_results(source) else _of_source
    made, names = count(source, settings, by, period, margin, progress_for(quiet))
    if out is not None:
        write_table_file(made.table, out)
    if chart is not None:
        _draw(made, chart)
    if as_json:
        print_json({"by": made.by, "unit": made.unit, "cells": _plain(made)})
    elif not quiet:
        _print(made, names)


def _of_source(
    source: str,
    settings: Settings,
    by: str,
    period: str | None,
    margin: float | None,
    progress: "Progress",
) -> "tuple[Cohorts, dict[str, str]]":
    from clustomer.engines import DuckDB, check_memory, memory_of_engine
    from clustomer.history import customer_cohorts

    check_memory(settings.memory)
    with DuckDB(memory=memory_of_engine(settings.memory)) as engine:
        made = customer_cohorts(
            source,
            by=by,
            unit=period,
            margin=margin,
            engine=engine,
            progress=progress,
            **settings.reading(),
        )
    return made, {}


def _of_results(
    folder: str,
    settings: Settings,
    by: str,
    period: str | None,
    margin: float | None,
    progress: "Progress",
) -> "tuple[Cohorts, dict[str, str]]":
    from clustomer.history import customer_cohorts
    from clustomer.versions import StoredRun, stored_events

    changed = changed_options(settings, *READING)
    if changed:
        raise UsageError(
            f"{folder} is a results folder, whose events were read already; {', '.join(changed)} "
            "would change nothing. Leave it out, or give the source of the events."
        )
    stored = StoredRun.open(folder)
    stored.check()
    if margin is None:
        margin = stored.manifest.settings.margin_given
    with (
        stored_events(stored, "cohorts are made", memory=settings.memory) as events,
        progress.stage("Count cohorts"),
    ):
        made = customer_cohorts(
            events,
            by=by,
            unit=period,
            margin=margin,
            segments=stored.segments.select(["user_id", "segment_id"]),
        )
    return made, {part.segment_id: part.segment for part in stored.manifest.segments}


def _draw(made: "Cohorts", chart: Path) -> None:
    from clustomer.outputs.figures.history import drawn_cohorts
    from clustomer.unfinished import whole_file

    figure = drawn_cohorts(made)
    with whole_file(chart) as aside:
        if chart.suffix.lower() == ".png":
            aside.write_bytes(figure.png)
        else:
            aside.write_text(figure.page, encoding="utf-8", newline="\n")


def _plain(made: "Cohorts") -> list[dict[str, Any]]:
    """Return the cells with dates as text."""
    rows: list[dict[str, Any]] = made.table.to_pylist()
    for row in rows:
        for name in ("cohort", "period"):
            row[name] = row[name].isoformat()
    return rows


def _print(made: "Cohorts", names: dict[str, str]) -> None:
    from rich.console import Console

    from clustomer.history import ALL

    column = "buying_share" if made.by == "purchase" else "active_share"
    rows = [row for row in made.table.to_pylist() if row["segment_id"] == ALL]
    lines = []
    for first in (row for row in rows if row["age"] == 0):
        cells = {
            row["age"]: row[column]
            for row in rows
            if row["cohort"] == first["cohort"] and row["complete"]
        }
        name = first["cohort_name"] + (" *" if first["existing"] else "")
        lines.append((name, first["customers"], cells))
    console = Console()
    _print_grid(console, made.unit.capitalize(), lines)
    did = "bought" if made.by == "purchase" else "came"
    console.print(
        f"The share of each cohort who {did} so many {made.unit}s later; * existing or new: old "
        "and new customers, whom the log cannot tell apart.",
        highlight=False,
    )
    together = _together(made, names, column)
    if together:
        console.print()
        _print_grid(console, "Segment", together)
        console.print(
            "The same of the cohorts together that the log holds whole, by segment, without *. "
            "Segments differ by construction: they are made of the same purchases and visits.",
            highlight=False,
        )


def _together(
    made: "Cohorts", names: dict[str, str], column: str
) -> list[tuple[str, int, dict[int, float]]]:
    """Return a line for each segment, and one for all."""
    rows = made.retention.to_pylist()
    lines = []
    for key, name in {**names, "all": "Everyone"}.items() if names else ():
        cells = {row["age"]: row[column] for row in rows if row["segment_id"] == key}
        sizes = [row["customers"] for row in rows if row["segment_id"] == key and row["age"] == 0]
        if sizes:
            lines.append((name, sizes[0], cells))
    return lines


def _print_grid(
    console: "Console", title: str, lines: list[tuple[str, int, dict[int, float]]]
) -> None:
    from rich.table import Table
    from rich.text import Text

    from clustomer.printable import printable

    most = max((age for _, _, cells in lines for age in cells), default=0)
    # a column of ages takes six characters at most, beside a name and the customers
    ages = range(min(most + 1, _MOST_AGES, max((console.width - 22) // 5, 2)))
    grid = Table(box=None, pad_edge=False, header_style="dim")
    grid.add_column(title, no_wrap=title != "Segment")
    for name in ("Customers", *map(str, ages)):
        grid.add_column(name, justify="right", no_wrap=True)
    for name, customers, cells in lines:
        shares = [f"{cells[age]:.0%}" if age in cells else "" for age in ages]
        grid.add_row(Text(printable(name)), f"{customers:,}", *shares)
    console.print(grid)
