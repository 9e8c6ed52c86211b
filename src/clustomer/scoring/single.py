"""One customer's segment from their events, in milliseconds: the definition planned beforehand.

The query of the definition is evaluated here (`clustomer.scoring.evaluation`); an engine is asked
where events are many.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from sqlglot import exp

from clustomer.customers.definition import CATEGORY_PRICES, features_query, measures_query
from clustomer.customers.features import SUSPECTED_BOT
from clustomer.engines import DuckDB, literal
from clustomer.errors import InputError
from clustomer.events import EVENT_TYPES, Window
from clustomer.events.reading.zones import utc_offset_expression
from clustomer.events.sessions import derive_sessions, number_orders
from clustomer.events.typed import visit_parts, visited_rows
from clustomer.scoring.definition import Definition
from clustomer.scoring.evaluation import (
    NotEvaluatedError,
    Rows,
    compiled,
    evaluated,
    microseconds,
)
from clustomer.segments.exclusions import BOTS, columns_of, excluded_predicate
from clustomer.thresholds import BUSIEST_DAY, BUSIEST_HOUR

_COLUMNS = {
    "event_time": pa.timestamp("us"),
    "event_type": pa.string(),
    "product_id": pa.string(),
    "category_id": pa.string(),
    "category_code": pa.string(),
    "brand": pa.string(),
    "price": pa.decimal128(18, 4),
    "user_session": pa.string(),
    "quantity": pa.decimal128(18, 4),
    "order_id": pa.string(),
    "is_product": pa.bool_(),
}


MOST_EVALUATED = 500
"""Beyond so many events an engine is faster."""


class SingleCustomer:
    """The definition over the events of one customer.

    Parameters
    ----------
    definition : Definition
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._names = list(definition.model.rule.features)
        self._evaluated: EvaluatedCustomer | None = None
        with suppress(NotEvaluatedError):
            self._evaluated = EvaluatedCustomer(definition, self._names)
        self._asked: AskedCustomer | None = None

    def segment(self, events: pa.Table, window: Window) -> tuple[int, dict[str, float | None]]:
        """Return the cluster of the customer whose events these are, and the features."""
        row = self._row(events, window)
        if not row:
            raise InputError(
                f"No event lies in the window from {window.start.isoformat(' ')} to "
                f"{window.cutoff.isoformat(' ')} UTC. Expected one at least: a customer without "
                "any is in no segment."
            )
        excluded, *values = row
        features = dict(zip(self._names, values, strict=True))
        if excluded:
            return BOTS, features
        rule = self._definition.model.rule
        matrix = np.array([[np.nan if value is None else value for value in values]])
        return int(rule.predict(rule.prepared(matrix))[0]), features

    def close(self) -> None:
        """Free what is held."""
        if self._asked is not None:
            self._asked.close()
            self._asked = None

    def _row(self, events: pa.Table, window: Window) -> tuple[Any, ...]:
        if self._evaluated is not None:
            with suppress(NotEvaluatedError):
                return self._evaluated.row(events, window)
        if self._asked is None:
            self._asked = AskedCustomer(self._definition, self._names)
        return self._asked.row(events, window)


class EvaluatedCustomer:
    """Features of one customer, evaluated here.

    Parameters
    ----------
    definition : Definition
    names : sequence of str
        Of the features to give.

    Raises
    ------
    NotEvaluatedError
        If the definition has a part that an engine alone knows.
    """

    def __init__(self, definition: Definition, names: Sequence[str]) -> None:
        self._definition = definition
        self._names = names
        self._zone = ZoneInfo(definition.window.time_zone)
        self._prices = dict(definition.scoring.category_prices)
        self._categories = _category_prices(self._prices)
        self._few = _few_events(definition)
        orders = bool(definition.model.event_schema.get("row_is_order"))
        self._visits = compiled(_visits_query(numbers_orders=orders))
        self._numbers_orders = orders
        self._queries = [
            compiled(customer_query(of, names)) for of in (definition, _brief(definition, names))
        ]

    def row(self, events: pa.Table, window: Window) -> tuple[Any, ...]:
        """Return whether the customer is excluded, and what decides; nothing without events.

        Raises
        ------
        NotEvaluatedError
            If an engine has to be asked.
        """
        if events.num_rows > MOST_EVALUATED:
            raise NotEvaluatedError("many events")
        self._add_categories(events)
        rows = self._events(events)
        if self._numbers_orders or events["user_session"].null_count:
            rows = self._visits({_GIVEN: rows}, {})
        tables = {"events": rows, CATEGORY_PRICES: self._categories}
        bounds = {
            "start": microseconds(window.start),
            "cutoff": microseconds(window.cutoff),
            "start_s": window.start_s,
            "cutoff_s": window.cutoff_s,
        }
        query = self._queries[events.num_rows <= self._few]
        answers = evaluated(query, tables, bounds, ["excluded", *self._names])
        return answers[0] if answers else ()

    def _events(self, events: pa.Table) -> Rows:
        moments = events["event_time"].cast(pa.int64()).to_pylist()

        def maker(name: str) -> Callable[[], list[Any]]:
            return lambda: list(events[name].to_pylist())

        def offsets() -> list[int]:
            if self._definition.window.time_zone == "UTC":
                return [0] * len(moments)
            return [_utc_offset(self._zone, moment) for moment in moments]

        makers = {name: maker(name) for name in _COLUMNS}
        makers |= {
            "event_time": lambda: moments,
            "user_id": lambda: ["customer"] * len(moments),
            "utc_offset_s": offsets,
        }
        return Rows(len(moments), makers)

    def _add_categories(self, events: pa.Table) -> None:
        """Let categories count that the run did not see; nothing is known of their prices."""
        new = _categories_of(events) - self._prices.keys()
        if new:
            self._prices |= dict.fromkeys(new)
            self._categories = _category_prices(self._prices)


class AskedCustomer:
    """Features of one customer, by a prepared statement of an engine.

    Parameters
    ----------
    definition : Definition
    names : sequence of str
        Of the features to give.
    """

    def __init__(self, definition: Definition, names: Sequence[str]) -> None:
        self._definition = definition
        self._engine = DuckDB(threads=1)
        self._categories = {category for category, _ in definition.scoring.category_prices}
        self._fill()
        # of one customer there is nothing to optimise, and to try takes longer than the work
        optimizers = self._engine.rows("SELECT name FROM duckdb_optimizers()")
        disabled = ",".join(name for (name,) in optimizers)
        self._engine.execute(f"SET disabled_optimizers = '{disabled}'")
        self._engine.execute("SET enable_progress_bar = false")
        self._few = _few_events(definition)
        for name, of in (("whole", definition), ("brief", _brief(definition, names))):
            self._engine.execute(f"PREPARE {name} AS {customer_query(of, names).sql('duckdb')}")

    def row(self, events: pa.Table, window: Window) -> tuple[Any, ...]:
        """Return whether the customer is excluded, and what decides; nothing without events."""
        run = self._engine.connection.execute
        self._add_categories(events)
        run("DELETE FROM events")
        self._engine.register("given", events)
        run(f"INSERT INTO events {self._insert}")
        if events["user_session"].null_count:
            derive_sessions(self._engine)
        if self._definition.model.event_schema.get("row_is_order"):
            number_orders(self._engine)
        start, cutoff = (literal(moment).sql("duckdb") for moment in (window.start, window.cutoff))
        statement = "brief" if events.num_rows <= self._few else "whole"
        row = run(
            f"EXECUTE {statement}(start := {start}, cutoff := {cutoff}, "
            f"start_s := {window.start_s}, cutoff_s := {window.cutoff_s})"
        ).fetchone()
        return tuple(row or ())

    def close(self) -> None:
        """Free what is held."""
        self._engine.close()

    def _fill(self) -> None:
        prices = self._definition.scoring.category_prices
        stored = pa.table(
            {
                "category": pa.array([category for category, _ in prices], pa.string()),
                "mean_price": pa.array([price for _, price in prices], pa.float64()),
            }
        )
        self._engine.register("stored", stored)
        self._engine.execute(f"CREATE TABLE {CATEGORY_PRICES} AS SELECT * FROM stored")
        self._engine.unregister("stored")
        empty = pa.schema(_COLUMNS).empty_table()
        self._engine.register("given", empty)
        offset = utc_offset_expression("event_time", self._definition.window.time_zone)
        self._insert = f"SELECT *, 'customer' AS user_id, {offset} AS utc_offset_s FROM given"
        self._engine.execute(f"CREATE TABLE events AS {self._insert}")

    def _add_categories(self, events: pa.Table) -> None:
        """Let categories count that the run did not see; nothing is known of their prices."""
        for category in sorted(_categories_of(events) - self._categories):
            self._engine.execute(f"INSERT INTO {CATEGORY_PRICES} VALUES (?, NULL)", [category])
            self._categories.add(category)


def customer_query(definition: Definition, names: Sequence[str]) -> exp.Select:
    """Return the query from `events` to whether a customer is excluded, and to some features.

    The bounds of the window are its parameters: `start` and `cutoff`, and both in seconds.
    """
    window, features = definition.window, definition.features
    measures = measures_query(features, window, given=(CATEGORY_PRICES,))
    query = features_query(features, definition.shop(window))
    inner = measures.args.pop("with_")
    for part in inner.expressions:
        query = query.with_(part.alias, as_=part.this, copy=False)
    query = query.with_("measures", as_=measures, copy=False)
    parts = query.args.pop("with_")
    excluded = excluded_predicate(definition.model.exclusions)
    outer = exp.select(exp.alias_(excluded, "excluded"), *map(exp.column, names))
    outer = outer.from_("customers")
    for part in parts.expressions:
        outer = outer.with_(part.alias, as_=part.this, copy=False)
    outer = outer.with_("customers", as_=query, copy=False)
    bounded: exp.Select = outer.transform(_with_bounds(window), copy=False)
    return bounded


def _visits_query(*, numbers_orders: bool) -> exp.Select:
    """Return the query from rows, some without a visit or an order, to `events`."""
    query = visited_rows(row_is_order=numbers_orders, is_product="r.is_product")
    query = query.select(exp.column("utc_offset_s", "r"))
    for part in visit_parts(_GIVEN):
        query = query.with_(part.name, as_=part.query, copy=False)
    return query


_GIVEN = "given_rows"


def _brief(definition: Definition, names: Sequence[str]) -> Definition:
    """Return the definition without what only tells bots."""
    deciding = tuple(feature for feature in definition.features if feature.name in names)
    if not _few_events(definition):
        return definition
    model = definition.model.model_copy(update={"exclusions": []})
    return replace(definition, features=deciding, model=model)


def _category_prices(prices: Mapping[str, float | None]) -> Rows:
    makers: dict[str, Callable[[], list[Any]]] = {
        "category": lambda: list(prices),
        "mean_price": lambda: list(prices.values()),
    }
    return Rows(len(prices), makers)


def _categories_of(events: pa.Table) -> set[str]:
    columns = (events[name].unique().to_pylist() for name in ("category_id", "category_code"))
    return {category for column in columns for category in column if category is not None}


def _utc_offset(zone: ZoneInfo, moment: int) -> int:
    at = datetime.fromtimestamp(moment // 10**6, zone)
    offset = at.utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _few_events(definition: Definition) -> int:
    """Return how many events nobody can be suspected to be a bot with; 0 where that is not known.

    What counts events of an hour or a day cannot exceed the number of all of them.
    """
    exclusions = definition.model.exclusions
    counted = {"busiest_hour_events", "busiest_day_events"}
    told_by = set(columns_of(exclusions))
    are_bots = all(part in SUSPECTED_BOT for e in exclusions for part in e.rule.split(" OR "))
    if not told_by <= counted or not are_bots or told_by & set(definition.model.rule.features):
        return 0
    return min(BUSIEST_HOUR, BUSIEST_DAY)


def _with_bounds(window: Window) -> Any:
    """Return the function that puts parameters in the places of a window's bounds."""
    moments = {"start": literal(window.start), "cutoff": literal(window.cutoff)}
    seconds = {"start_s", "cutoff_s"}

    def bound(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Alias) and node.alias in seconds:
            number = exp.cast(exp.Placeholder(this=node.alias), "BIGINT")
            return exp.alias_(number, node.alias)
        for name, moment in moments.items():
            if isinstance(node, exp.Cast) and node == moment:
                return exp.Placeholder(this=name)
        return node

    return bound


def one_customers_events(events: Any) -> pa.Table:
    """Return events as a table with the columns of clean events, those that are missing empty.

    Parameters
    ----------
    events : Arrow, pandas or Polars table, or a list of mappings
        `event_time` and `event_type`, and what else is known under the names of clean events.

    >>> one_customers_events([{"event_time": datetime(2024, 1, 1), "event_type": "buy"}])
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: The event type 'buy' is none of ours. Expected view, cart, ...
    """
    table = _of_mappings(events) if isinstance(events, list) else pa.table(events)
    missing = [name for name in ("event_time", "event_type") if name not in table.column_names]
    if missing:
        raise InputError(
            f"The events have no `{missing[0]}`. Expected `event_time`, `event_type`, and what "
            "else is known under the names of clean events."
        )
    if "user_id" in table.column_names and len(table["user_id"].unique()) > 1:
        raise InputError(
            "The events are of several customers. Expected those of one; `score` takes a log."
        )
    for kind in table["event_type"].unique().to_pylist():
        if kind not in EVENT_TYPES:
            raise InputError(
                f"The event type {kind!r} is none of ours. Expected {', '.join(EVENT_TYPES)}."
            )
    columns: dict[str, Any] = {}
    for name, kind in _COLUMNS.items():
        if name in table.column_names:
            columns[name] = _cast(table[name], name, kind)
        else:
            filled = {"is_product": True, "quantity": Decimal(1)}.get(name)
            columns[name] = pa.array([filled] * table.num_rows, kind)
    return pa.table(columns)


def _of_mappings(rows: list[Mapping[str, Any]]) -> pa.Table:
    """Return rows as a table; what any of them names is a column, not only what the first does."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def _cast(column: pa.ChunkedArray, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    try:
        if name == "event_time" and pa.types.is_timestamp(column.type) and column.type.tz:
            column = column.cast(pa.timestamp("us", tz="UTC"))
        return column.cast(kind)
    except pa.ArrowException as error:
        raise InputError(
            f"`{name}` is of type {column.type}, expected {kind}: {error}. Give clean events, as "
            "`read_events` returns them."
        ) from error


def window_to(cutoff: datetime, definition: Definition) -> Window:
    """Return the window that ends at a cutoff, as long as that of a definition."""
    if cutoff.tzinfo is not None:
        cutoff = cutoff.astimezone(UTC).replace(tzinfo=None)
    stored = definition.window
    return Window(cutoff - (stored.cutoff - stored.start), cutoff, stored.time_zone)
