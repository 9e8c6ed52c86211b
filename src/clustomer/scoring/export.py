"""The definition as text for another system: one commented SELECT."""

import os
import re
from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from clustomer.engines import DIALECTS, translate
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.events import parse_cutoff
from clustomer.scoring.definition import Definition
from clustomer.scoring.scorer import Scorer
from clustomer.scoring.whole import whole_query
from clustomer.versions import StoredRun

_COMMENTS = {
    "scoped": "events of the window, with days and hours on the shop's clock",
    "session_rows": "a row for each visit",
    "order_rows": "a row for each order",
    "hour_rows": "a row for each hour with events",
    "day_rows": "a row for each day with events",
    "product_rows": "a row for each product that a customer dealt with",
    "customer_categories": "a row for each category that a customer dealt with",
    "category_rows": "the same, with how its prices compare",
    "brand_rows": "a row for each brand that a customer dealt with",
    "scoped_customers": "counted over events, a row for each customer",
    "measures": "everything that features are made of, a row for each customer",
    "shop": "the shop's own figures, as they were in the run",
    "product_purchases": "a row for each product that a customer bought",
    "of_one_product": "how often customers bought the product that they bought most often",
    "customers": "the features that decide, a row for each customer",
    "scaled": "missing values filled, values within their limits, rooted and standardised",
    "exemplars": "typical customers of each segment",
    "pairs": "how far each customer is from each of them, squared",
    "distances": "how far each customer is from each segment, squared",
    "whitened": "deviations from each segment's mean, in its own standard deviations",
    "forms": "squared distances in them",
    "densities": "minus twice the logarithm of each segment's density",
    "nearest": "the nearest segment",
    "densest": "the likeliest segment",
    "scored": "scores of recency and orders, from 1 to 5",
    "placed": "its own distance beside the others'",
    "margins": "how much nearer it is than each other one",
    "labels": "the cluster of each customer",
}


def as_text(
    definition: Definition, query: exp.Select, comments: Mapping[str, str], dialect: str
) -> str:
    """Return the text of a whole query in a dialect, with a comment before each step."""
    text = translate(query, dialect, pretty=True)
    names = [part.alias for part in query.ctes]
    all_comments = {**_COMMENTS, **comments}
    for name in names:
        comment = all_comments.get(name)
        if name.endswith("_customers") and comment is None:
            comment = f"counted over {name.removesuffix('_customers')}, a row for each customer"
        if comment is not None:
            text = _with_comment(text, name, comment)
    window = definition.window
    head = [
        f"-- Customer segments, from events to each customer's segment; SQL for {dialect}.",
        "-- The segments are those of a run of clustomer "
        f"{definition.model.clustomer_version} over {window.days:g} days up to "
        f"{window.cutoff.isoformat(' ')} UTC.",
        "-- The window stands in `period` alone. Keep its length: counts over another length of "
        "time are other features.",
        "-- Times are UTC. Segments: "
        + ", ".join(f"{i} {_line(name)}" for i, name in definition.segments.values())
        + ".",
        *_FIRST.get(dialect, ()),
    ]
    tail = (
        "\nSETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1"
        if dialect == "clickhouse"
        else ""
    )
    return "\n".join(head) + "\n" + text + tail + "\n"


HASHED_JOINS = "SET {scope}enable_nestloop = off"
"""What PostgreSQL is told for a long query: by its guesses each step has a few rows."""

_FIRST = {
    "postgres": (
        f"-- First, in the same session: {HASHED_JOINS.format(scope='')};",
        "-- PostgreSQL takes the steps below for small and joins them row by row, for hours.",
    )
}


def _line(name: str) -> str:
    return " ".join(name.split())


def _with_comment(text: str, name: str, comment: str) -> str:
    pattern = rf'(?m)^(WITH|\),) (["`]?{re.escape(name)}["`]? AS (?:MATERIALIZED )?\()$'
    return re.sub(pattern, lambda m: f"{m[1]}\n-- {comment}\n{m[2]}", text, count=1)


def segments_sql(
    results: str | os.PathLike[str],
    dialect: str = "duckdb",
    *,
    table: str = "events",
    clean: bool = False,
    cutoff: str | None = None,
    parameters: bool = False,
) -> str:
    """Return one SELECT, from a table of events to each customer's segment.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    dialect : str, default "duckdb"
        One of `clustomer.engines.DIALECTS`.
    table : str, default "events"
        The table of events, also as `schema.table`. Its columns have types; times are UTC.
    clean : bool, default False
        The table has clean events, so that no cleaning rules are needed.
    cutoff : str, optional
        The end of the window; by default that of the run. Its length stays.
    parameters : bool, default False
        Leave the bounds of the window open, as parameters.

    Returns
    -------
    str
        A SELECT with the columns of `segments.parquet`: `user_id`, `segment_id`, `segment`,
        `cluster`, `distance`, `border_distance`; and `rare_segment_id`, `rare_segment` where the
        run has rare kinds. Other facets are left out.

    Raises
    ------
    UsageError
        If there is no such dialect, or both a cutoff and parameters are asked for.
    InputError
        If there are no results, or the log was read in a way that SQL does not say alike in every
        system.

    Examples
    --------
    >>> segments_sql("no-such-folder")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    if dialect not in DIALECTS:
        raise UsageError(f"There is no dialect `{dialect}`. {did_you_mean(dialect, DIALECTS)}")
    if cutoff is not None and parameters:
        raise UsageError(
            "Both a cutoff and parameters were asked for; one of them was expected. Leave one out."
        )
    stored = StoredRun.open(results)
    definition = Scorer.open(stored.path).definition
    moment = None if cutoff is None else parse_cutoff(cutoff, definition.window.time_zone)
    if not clean:
        _check_settings(stored.results.manifest)
    query, comments = whole_query(
        definition,
        table,
        clean=clean,
        price_is=_price_is(stored.results.manifest),
        cutoff=moment,
        parameters=parameters,
    )
    return as_text(definition, query, comments, dialect)


def _check_settings(manifest: Mapping[str, Any]) -> None:
    for option in ("id_map", "rates", "only_currency"):
        if (manifest.get("settings") or {}).get(option):
            raise InputError(
                f"The run was given --{option.replace('_', '-')}, which the SQL does not hold. "
                "Expected a log that needs none. Make a table of clean events and give --clean."
            )


def _price_is(manifest: Mapping[str, Any]) -> str | None:
    columns = (manifest.get("reading") or {}).get("columns") or []
    return next((part["notation"] for part in columns if part["column"] == "price_is"), None)
