"""`clustomer score`: the segment of each customer in new data, by the stored definition."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustomer.commands.messages import (
    announce_reading,
    announce_schema,
    announce_warnings,
    print_json,
    progress_for,
    say,
)
from clustomer.commands.options import Json, Overwrite, Quiet, ResultsFolder, Source, with_settings
from clustomer.commands.tables import check_table_file, write_table_file
from clustomer.settings import MACHINE, READING, Settings

if TYPE_CHECKING:
    from clustomer.scoring import Scored


@with_settings(*READING, MACHINE)
def score(
    results: ResultsFolder,
    source: Source,
    settings: Settings,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write each customer's segment into this .parquet or .csv file.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Give each customer in new data a segment, by the stored definition alone.

    Nothing is fitted: window length, rates of the shop, limits, scaling and rule are those of the
    run, and so is how the log is read, where no option says otherwise. Customers unlike anyone whom
    the run saw are marked.
    """
    from clustomer.engines import DuckDB, check_memory, memory_of_engine
    from clustomer.scoring import score as score_source

    check_table_file(out, overwrite)
    check_memory(settings.memory)
    defaults = Settings().reading()
    given = {name: value for name, value in settings.reading().items() if value != defaults[name]}
    with DuckDB(memory=memory_of_engine(settings.memory)) as engine:
        scored = score_source(results, source, engine=engine, progress=progress_for(quiet), **given)
    if out is not None:
        write_table_file(scored.table, out)
    if as_json:
        print_json({**scored.to_json(), "out": None if out is None else str(out)})
    elif not quiet:
        _print(scored, out)


def _print(scored: "Scored", out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    events = scored.events
    announce_schema(events.schema.name, events.detected)
    announce_reading(events)
    announce_warnings(events)
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Id", "Segment"):
        grid.add_column(title, overflow="fold")
    for title in ("Customers", "Share", "In the run"):
        grid.add_column(title, justify="right", no_wrap=True)
    for part in scored.segments:
        grid.add_row(
            Text(part["segment_id"]),
            Text(part["segment"]),
            f"{part['customers']:,}",
            f"{part['share']:.1%}",
            f"{part['share_in_run']:.1%}",
        )
    Console().print(grid)
    if scored.unlike:
        many = "1 customer is" if scored.unlike == 1 else f"{scored.unlike:,} customers are"
        say(f"{many} unlike anyone whom the run saw (column unlike).")
    if scored.facets:
        say(f"Facets: {', '.join(scored.facets)} (columns {scored.facets[0]}_segment, ...).")
    if scored.facets_left_out:
        left_out = ", ".join(scored.facets_left_out)
        say(f"Warning: not scored, for want of what they look at: {left_out}.", err=True)
    if out is not None:
        say(f"Written: {out}")
