"""`clustomer check`: what cleaning makes of a source."""

from typing import TYPE_CHECKING

import typer

from clustomer.commands.messages import (
    announce_reading,
    announce_schema,
    announce_warnings,
    print_json,
    progress_for,
)
from clustomer.commands.options import Json, Quiet, Source, with_settings
from clustomer.progress import counted
from clustomer.settings import MACHINE, READING, Settings

if TYPE_CHECKING:
    from clustomer.events import Cleaning, Events


@with_settings(*READING, MACHINE)
def check(
    source: Source,
    settings: Settings,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Read and clean a source; print what becomes of its rows, and what they add up to."""
    from clustomer.engines import DuckDB, check_memory, memory_of_engine
    from clustomer.events import read_events

    check_memory(settings.memory)
    engine = DuckDB(memory=memory_of_engine(settings.memory))
    reading = settings.reading() | {"accept_losses": None}
    events = read_events(source, **reading, engine=engine, progress=progress_for(quiet))
    cleaning = events.cleaning
    if as_json:
        print_json(
            {
                "source": events.source,
                "schema": events.schema.name,
                "rows": cleaning.rows,
                "kept": cleaning.kept,
                "rejected": cleaning.rejected,
                "rules": cleaning.table.to_pylist(),
                "unknown_event_types": dict(cleaning.unknown_event_types),
                "ignored_event_types": dict(cleaning.ignored_event_types),
                "mapped_ids": cleaning.mapped_ids,
                "reading": events.reading(),
                "window": events.window.to_json(),
                "totals": events.totals().to_json(),
            }
        )
    elif not quiet:
        announce_schema(events.schema.name, events.detected)
        announce_reading(events)
        _print_cleaning(cleaning)
        _print_totals(events)
        announce_warnings(events)
    events.close()
    events.losses.require(settings.accept_losses)


def _print_cleaning(cleaning: "Cleaning") -> None:
    from rich.console import Console
    from rich.table import Table

    from clustomer.events import KEPT, REJECTIONS, REPAIRS

    words = {**KEPT, **REPAIRS, **REJECTIONS}
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for title, side in (("Action", "left"), ("Rows", "right"), ("Share", "right")):
        grid.add_column(title, justify=side)  # type: ignore[arg-type]
    grid.add_column("Rule")
    grid.add_column("What it means")
    for rule, action, rows in cleaning.rules:
        if rows:
            share = rows / cleaning.rows
            grid.add_row(action, f"{rows:,}", f"{share:.2%}", rule, words[rule])
    console = Console()
    console.print(grid)
    for title, types in (
        ("Unknown", cleaning.unknown_event_types),
        ("Ignored", cleaning.ignored_event_types),
    ):
        if types:
            listed = ", ".join(f"{kind!r} ({rows:,})" for kind, rows in types)
            console.print(f"{title} event types: {listed}", markup=False, highlight=False)
    if cleaning.mapped_ids:
        console.print(f"Ids that the map replaced: {cleaning.mapped_ids:,}", highlight=False)
    total = counted(cleaning.rows, "row")
    console.print(
        f"{total} = {cleaning.kept:,} kept + {cleaning.rejected:,} rejected",
        highlight=False,
    )


def _print_totals(events: "Events") -> None:
    """Print what a user can compare with the shop's own books."""
    totals, window = events.totals(), events.window
    parts = [counted(totals.customers, "customer"), counted(totals.orders, "order")]
    if "price" in events.schema.columns:
        parts.append(f"{totals.revenue:,.2f} revenue")
    typer.echo(f"{window.first_day} to {window.last_day}: {', '.join(parts)}")
