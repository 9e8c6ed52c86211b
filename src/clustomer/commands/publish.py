"""`clustomer publish`: the table of segments, where other systems read it."""

from typing import Annotated

import typer

from clustomer.commands.messages import print_json, progress_for, say
from clustomer.commands.options import Json, Overwrite, Quiet, ResultsFolder


def publish(
    results: ResultsFolder,
    destination: Annotated[
        str,
        typer.Argument(
            metavar="DESTINATION",
            help="postgresql://user@host/database, a DuckDB file (.duckdb), a SQLite file (.db, "
            ".sqlite), or a folder for a Parquet file.",
            show_default=False,
        ),
    ],
    table: Annotated[
        str, typer.Option(metavar="NAME", help="The table, also as schema.table.")
    ] = "customer_segments",
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Put each customer's segment into a database, or into a folder of Parquet files.

    In one transaction: who reads meanwhile sees the table as it was, and so it stays after an
    error. Published again, the same version gives the same table.
    """
    from clustomer.destinations import publish_segments

    with progress_for(quiet).stage("Publish segments"):
        published = publish_segments(results, destination, table=table, overwrite=overwrite)
    if as_json:
        print_json(published.to_json())
    elif not quiet:
        before = "" if published.before is None else f", in place of {published.before:,}"
        say(
            f"{published.rows:,} customers in {published.table} of {published.destination}{before} "
            f"(version {published.version})."
        )
