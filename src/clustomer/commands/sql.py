"""`clustomer sql`: the definition of the segments as SQL for another system."""

from pathlib import Path
from typing import Annotated

import typer

from clustomer.commands.messages import print_json, say
from clustomer.commands.options import Json, Overwrite, ResultsFolder


def sql(
    results: ResultsFolder,
    dialect: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="duckdb, postgres, spark, snowflake, bigquery, databricks, redshift, trino or "
            "clickhouse.",
        ),
    ] = "duckdb",
    table: Annotated[
        str, typer.Option(metavar="NAME", help="The table of events, also as schema.table.")
    ] = "events",
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="The table has clean events, as the folder events/ of the results, so that no "
            "cleaning rules are needed.",
        ),
    ] = False,
    cutoff: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="The end of the window; its length stays.",
            show_default="that of the run",
        ),
    ] = None,
    parameters: Annotated[
        bool,
        typer.Option(
            "--parameters",
            help="Leave the bounds of the window open: the parameters window_start and "
            "window_cutoff.",
        ),
    ] = False,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="TOOL",
            help="Instead of SQL, each segment as a condition for shopify, klaviyo, ga4, braze or "
            "sql (over customers.parquet), with how far it can be trusted.",
            show_default=False,
        ),
    ] = None,
    dbt: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write a dbt package here: the model, its variables, its description and tests.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write it into this file; with --rules, the customers whom the conditions get "
            "wrong, as .parquet or .csv.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Print one SELECT, from a table of events to each customer's segment, for another system.

    Cleaning rules are part of it, and so are the shop's rates, limits, scaling and rule of the run.
    DuckDB, PostgreSQL and ClickHouse are tested; the others are translated only.
    """
    from clustomer.scoring import segments_sql
    from clustomer.unfinished import check_free, whole_file

    if dbt is not None:
        _dbt(results, dbt, dialect, table=table, clean=clean, overwrite=overwrite, as_json=as_json)
        return
    if rules is not None:
        _rules(results, rules, out, overwrite=overwrite, as_json=as_json)
        return
    check_free(out, overwrite)
    text = segments_sql(
        results, dialect, table=table, clean=clean, cutoff=cutoff, parameters=parameters
    )
    if out is not None:
        with whole_file(out) as aside:
            aside.write_text(text, encoding="utf-8", newline="\n")
    if as_json:
        print_json({"dialect": dialect, "sql": text, "out": None if out is None else str(out)})
    elif out is None:
        typer.echo(text, nl=False)


def _rules(results: Path, tool: str, out: Path | None, *, overwrite: bool, as_json: bool) -> None:
    from clustomer.commands.tables import check_table_file, write_table_file
    from clustomer.pasted_rules import rule_lines, tool_rules

    check_table_file(out, overwrite)
    made = tool_rules(results, tool)
    if out is not None:
        write_table_file(made.wrong, out)
    if as_json:
        print_json({**made.to_json(), "out": None if out is None else str(out)})
        return
    for line in rule_lines(made):
        say(line)


def _dbt(
    results: Path,
    folder: Path,
    dialect: str,
    *,
    table: str,
    clean: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    from clustomer.scoring import write_dbt_package

    write_dbt_package(results, folder, dialect, table=table, clean=clean, overwrite=overwrite)
    if as_json:
        print_json({"dialect": dialect, "dbt": str(folder)})
    else:
        say(f"Written: {folder}")
