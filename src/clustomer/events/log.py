"""Reading a source into clean events."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clustomer.engines import DuckDB, Engine, literal
from clustomer.errors import InputError, UsageError, first_line
from clustomer.events.cleaning import (
    DAY,
    Cleaning,
    count_rules,
    days_of,
    far_edges,
    find_duplicates,
    reject_implausible_times,
    reject_orders_sent_again,
    reject_total_lines,
    within,
)
from clustomer.events.draft.detection import (
    columns_lacking,
    detect_schema,
    fit_schema,
    require_distinct_names,
    with_header,
)
from clustomer.events.given import given_rows
from clustomer.events.id_map import customers_with_two_ids, load_id_map
from clustomer.events.losses import (
    Losses,
    all_lost,
    check_accepted,
    losses_of,
    summary,
    warnings_of,
)
from clustomer.events.reading import (
    AmountReading,
    CostReading,
    Exchange,
    Readings,
    asked,
    decide_amounts,
    divide_amounts,
    names_of_products,
    settle_costs,
)
from clustomer.events.reading.beside import amounts_beside
from clustomer.events.reading.zones import check_time_zone, other_clock
from clustomer.events.resent import lines_given_twice
from clustomer.events.schema import EventSchema
from clustomer.events.schema_file import read_schema
from clustomer.events.sessions import derive_sessions, number_orders
from clustomer.events.sources import Source, open_source
from clustomer.events.staging import Staged, stage
from clustomer.events.totals import (
    Totals,
    nameless_revenue,
    sales_with_costs,
    totals_of,
    with_margin,
)
from clustomer.events.window import Window, dense_days, parse_cutoff, parse_length
from clustomer.progress import Progress, counted, silent

EVENT_ORDER = (
    "user_id, event_time, event_type, product_id, price, quantity, user_session, order_id, "
    "category_id, category_code, brand"
)
"""The order of events in every output: ties are broken by whatever could tell them apart."""


def order_of_events(engine: DuckDB) -> str:
    """Return SQL for the order of `events`, by their costs last where they have any."""
    return EVENT_ORDER + (", cost" if has_costs(engine) else "")


def has_costs(engine: Engine) -> bool:
    """Whether the clean events in an engine say what goods cost the shop."""
    return "cost" in engine.columns("events").names


@dataclass(frozen=True)
class CleanEvents:
    """Clean events, wherever they come from: the table `events` of an engine.

    Attributes
    ----------
    engine : DuckDB
        Holds the table `events`.
    window : Window
        The stretch of time that features are made of.
    product_names : pyarrow.Table, or None where the source names no products
        `product_id` and `product_name`, for texts and lists alone.
    """

    engine: DuckDB
    window: Window
    product_names: pa.Table | None = field(default=None, kw_only=True)

    @property
    def name_of_product(self) -> dict[str, str]:
        """The names of products by their ids; empty where there are none."""
        if self.product_names is None:
            return {}
        ids, names = (
            self.product_names[name].to_pylist() for name in self.product_names.schema.names
        )
        return dict(zip(ids, names, strict=True))

    def to_arrow(self) -> pa.Table:
        """Return every clean event, by customer and time; brings all of them into memory."""
        return self.engine.arrow(f"SELECT * FROM events ORDER BY {order_of_events(self.engine)}")

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def totals(self) -> Totals:
        """Return what the events of the window add up to."""
        return totals_of(self.engine, self.window)

    @property
    def margin(self) -> float | None:
        """The share of the window's sales that is left after what goods cost, where that is known.

        Of the sales whose cost is known: purchases less returns, to four digits.
        """
        if not has_costs(self.engine):
            return None
        return sales_with_costs(self.engine, within(self.window)).margin

    def close(self) -> None:
        """Free what the engine holds on disk and in memory."""
        self.engine.close()


@dataclass(frozen=True)
class Events(CleanEvents):
    """Clean events as they were read from a source, with all that is known of the reading.

    Attributes
    ----------
    engine : DuckDB
        Holds the tables `events` and `rejected`.
    window : Window
        The stretch of time that features are made of.
    schema : EventSchema
        How the source was read.
    detected : bool
        Whether the schema was found from the columns.
    source : str
        What was read, in words.
    cleaning : Cleaning
        What was kept, repaired and rejected.
    readings : Readings
        How the values of each column were read, and how that was decided.
    losses : Losses
        What could not be read.
    warnings : tuple of str
        What a reader of the results must know of what was lost.
    nameless : Decimal, or None where the log has no amounts
        The revenue in the window that names no customer: purchases less returns.
    """

    schema: EventSchema
    detected: bool
    source: str
    cleaning: Cleaning
    readings: Readings
    losses: Losses
    warnings: tuple[str, ...] = ()
    nameless: Decimal | None = None

    def in_currency(self, currency: str | None) -> "Events":
        """Return the events with a warning where their amounts name another currency."""
        warning = self.readings.exchange.other_than(currency, self.readings.currencies)
        return self if warning is None else replace(self, warnings=(*self.warnings, warning))

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that amounts are in, as far as the source or the rates name them."""
        exchange, named = self.readings.exchange, self.readings.currencies
        if exchange.rates:
            into = tuple(code for code, rate in exchange.rates.items() if rate == 1)
            return into or tuple(exchange.rates)
        return (exchange.only,) if exchange.only is not None else tuple(named)

    def reading(self) -> dict[str, Any]:
        """Return how the source's values were read, as JSON-ready values."""
        by_clock = self.schema.time_to is None
        return {
            "columns": self.readings.to_json(),
            "no_time_from": latest_by_the_clock().isoformat() + "Z" if by_clock else None,
            "losses": summary(self.losses, self.warnings),
        }


def read_events(
    source: Any,
    *,
    table: str | None = None,
    schema: EventSchema | str | os.PathLike[str] | None = None,
    id_map: Any = None,
    time_zone: str = "UTC",
    cutoff: str | datetime | None = None,
    window: str | timedelta | None = None,
    time_format: str | None = None,
    decimal: str | None = None,
    price_is: str | None = None,
    amounts_in: str | None = None,
    returns_are_negative: str | None = None,
    encoding: str | None = None,
    only_currency: str | None = None,
    rates: Any = None,
    no_customer: Sequence[str] | None = None,
    accept_losses: float | None = None,
    engine: DuckDB | None = None,
    progress: Progress | None = None,
) -> Events:
    """Read, type and clean the events of a source.

    Parameters
    ----------
    source : path, glob, postgresql:// address, or any object with `__arrow_c_stream__`
        SQLite, DuckDB, CSV, TSV, JSON Lines (also .gz and .zst) or Parquet; a
        glob of several text or Parquet files, a folder of Parquet; a PostgreSQL
        server; or a table of Arrow, pandas or Polars.
    table : str, optional
        Of a database; `ecommerce_behavior` by default.
    schema : EventSchema, name of a preset, or TOML file, optional
        Detected from the columns by default.
    id_map : path, or any object with `__arrow_c_stream__`, optional
        Several ids, one customer: CSV or Parquet with the columns `id` and
        `customer`. Ids that it does not hold stay as they are.
    time_zone : str, default "UTC"
        The shop's clock, for nights, weekends and days.
    cutoff : str or datetime, optional
        Only events before it count. By default just after the last plausible
        event (the day after, where the log has only dates).
    window : str or timedelta, optional
        Only events in this length of time before the cutoff count, for example
        "90d". By default all.
    time_format, decimal, price_is, amounts_in, returns_are_negative, encoding : str, optional
        Answers to what cannot be known, as in an `EventSchema`, whose own they replace.
    only_currency : str, optional
        Of a source with several currencies, only the rows with amounts in this one.
    rates : path, or any object with `__arrow_c_stream__`, optional
        What a unit of each currency is worth: CSV or Parquet with the columns
        `currency` and `rate`.
    no_customer : sequence of str, optional
        Ids that stand for everyone who has none, besides those of the schema.
    accept_losses : float, optional
        The share of the rows that may be unreadable, 0 to 1; beyond it, nothing is
        returned. By default any, and `Events.losses` tells.
    engine : DuckDB, optional
        Where the events are kept; a new one by default.
    progress : Progress, optional

    Returns
    -------
    Events

    Raises
    ------
    InputError
        If the source cannot be read, or nothing in it can be used.
    UsageError
        If an option makes no sense.

    >>> import pyarrow as pa
    >>> log = pa.table({
    ...     "event_time": ["2024-01-01 10:00:00 UTC", "2024-01-02 11:30:00 UTC", "soon"],
    ...     "event_type": ["view", "purchase", "view"],
    ...     "price": ["10", "12.50", "3"],
    ...     "user_id": ["7", "7", "8"],
    ... })
    >>> events = read_events(log)
    >>> events.cleaning.kept, events.cleaning.rejected
    (2, 1)
    >>> events.window.cutoff
    datetime.datetime(2024, 1, 2, 11, 30, 1)
    """
    progress = progress or silent()
    check_time_zone(time_zone)
    length = parse_length(window) if isinstance(window, str) else window
    moment = parse_cutoff(cutoff, time_zone) if isinstance(cutoff, str) else cutoff
    engine, given = engine or DuckDB(), _schema(schema)
    if accept_losses is not None:
        check_accepted(accept_losses)
    exchange = asked(engine, only_currency, rates)
    if id_map is not None:
        load_id_map(engine, id_map)
    with progress.stage("Look at the source", least=1):
        opened = open_source(engine, source, table=table, schema=given, encoding=encoding)
    answers = {
        "time_format": time_format,
        "decimal": decimal,
        "price_is": price_is,
        "amounts_in": amounts_in,
        "returns_are_negative": returns_are_negative,
        "encoding": encoding,
    }
    used = _understood(opened, given, answers, no_customer or ())
    lacking = columns_lacking(opened, used)
    if cutoff is None and window is None:
        _require_memory(engine, opened, used)
    with progress.stage(f"Read {opened.label}", engine.fraction) as stage_bar:
        staged = _stage(engine, opened, used, time_zone, id_map is not None, exchange)
        rows, readings = staged.rows, staged.readings
        stage_bar.note("; ".join((counted(rows, "row"), *opened.notes)))
        opened = staged.careful or opened
    with progress.stage("Clean events") as stage_bar:
        before = None if moment is None else literal(moment).sql("duckdb")
        reject_implausible_times(engine, before)
        _require_events(engine, opened, rows)
        if used.time_to is None:
            _require_past(engine, opened, readings, before)
        _reject_what_counts_twice(engine, opened, used, before)
        amounts, costs = _amounts_and_costs(engine, used, opened.label)
        derived = derive_sessions(engine)
        if used.row_is_order:
            number_orders(engine)
        dense = dense_days(days_of(engine, before))
        chosen = _window(engine, time_zone, moment, length, dense)
        scope = within(chosen)
        if costs is not None:
            costs = with_margin(engine, costs, scope)
        readings = replace(readings, amounts=amounts, costs=costs)
        edges = far_edges(chosen, DAY, dense, moment, length)
        cleaning = count_rules(engine, used, rows, derived, scope, edges)
        losses = losses_of(engine, cleaning, opened)
        if accept_losses is not None:
            losses.require(accept_losses)
        # what nobody asked to leave out belongs to the source's total
        nameless = nameless_revenue(engine, scope if moment or length else "TRUE", readings)
        warnings = _warnings(engine, opened, used, cleaning, losses, readings, nameless)
        warnings = (*lacking, *warnings, *other_clock(engine, opened, used, time_zone))
        engine.expect_customers(customers_of(engine, f"FROM events WHERE {scope}"), cleaning.kept)
        stage_bar.note(f"{cleaning.kept:,} kept, {cleaning.rejected:,} rejected")
    reading = (used, given is None, opened.label, cleaning, readings, losses, warnings, nameless)
    names = names_of_products(engine) if used.product_name else None
    return Events(engine, chosen, *reading, product_names=names)


def _understood(
    source: Source,
    given: EventSchema | None,
    answers: Mapping[str, Any],
    no_customer: Sequence[str],
) -> EventSchema:
    """Return the schema of a source: the one that is given, or what its columns fit."""
    require_distinct_names(source, given)
    schema = (
        fit_schema(given, source) if given else with_header(detect_schema(source.names), source)
    )
    schema = schema.answered(answers)
    check_time_zone(schema.time_zone)
    return schema.model_copy(update={"no_customer": (*schema.no_customer, *no_customer)})


def _warnings(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    cleaning: Cleaning,
    losses: Losses,
    readings: Readings,
    nameless: Decimal | None,
) -> tuple[str, ...]:
    """Return what a reader of the results must know of what was lost, and of what may be wrong."""
    several = len(source.files) > 1
    of_events = warnings_of(
        engine, schema, cleaning, losses, readings, source.names, nameless, several_files=several
    )
    twice = lines_given_twice(engine, source, schema)
    beside = amounts_beside(engine, source, schema, readings)
    # a map of ids has joined them
    two_ids = None if cleaning.mapped_ids else customers_with_two_ids(engine, source, schema)
    return (*of_events, *([twice] if twice else []), *([two_ids] if two_ids else []), *beside)


def _amounts_and_costs(
    engine: DuckDB, schema: EventSchema, label: str
) -> tuple[AmountReading | None, CostReading | None]:
    """Make every price that of a piece and every cost that of its row; return what they were of."""
    amounts = decide_amounts(engine, schema, label)
    if amounts is None:
        return None, None
    costs = settle_costs(engine, schema, label, amounts.of)
    return divide_amounts(engine, amounts), costs


MANY_ROWS = 5_000_000
"""From so many rows on, customers are counted before they are read, where that is one column."""

_COLUMNAR = {"parquet", "duckdb", "table"}


def _require_memory(engine: DuckDB, source: Source, schema: EventSchema) -> None:
    """Stop before the work where so many customers need more memory than the run may take."""
    if source.kind not in _COLUMNAR or (source.rows or 0) < MANY_ROWS or schema.unnest is not None:
        return
    query, _ = given_rows(source, schema)
    with source.opened():
        customers = customers_of(engine, f"FROM ({query})", source.parameters)
    engine.require_memory(customers, source.rows or 0)


def customers_of(engine: DuckDB, rows: str, parameters: list[Any] | None = None) -> int:
    """Return about how many customers some rows (SQL) are of."""
    return int(engine.rows(f"SELECT APPROX_COUNT_DISTINCT(user_id) {rows}", parameters)[0][0])


def _reject_what_counts_twice(
    engine: DuckDB, source: Source, schema: EventSchema, before: str | None
) -> None:
    if source.kind == "text":
        reject_total_lines(engine)
    find_duplicates(engine)
    if "order_id" in schema.columns:
        reject_orders_sent_again(engine, before)


def _schema(schema: EventSchema | str | os.PathLike[str] | None) -> EventSchema | None:
    if schema is None or isinstance(schema, EventSchema):
        return schema
    return read_schema(os.fspath(schema))


def _stage(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    time_zone: str,
    mapped: bool,
    exchange: Exchange,
) -> Staged:
    try:
        staged = stage(engine, source, schema, time_zone, mapped=mapped, exchange=exchange)
        if staged.below_zero is not None:
            staged.below_zero.require_few(source.label)
        return staged
    except engine.errors as error:
        raise InputError(
            f"{source.label} could not be read to its end: {first_line(error)} It may be "
            "truncated, damaged or still being written."
        ) from error


def _require_events(engine: DuckDB, source: Source, rows: int) -> None:
    if engine.rows("SELECT COUNT(*) FROM events")[0][0]:
        return
    if rows == 0:
        raise InputError(f"{source.label} has no rows. Expected at least one event.")
    raise InputError(
        f"{'The only row' if rows == 1 else f'All {rows:,} rows'} of {source.label} "
        f"{'was' if rows == 1 else 'were'} rejected: {all_lost(engine, source)}"
    )


def latest_by_the_clock() -> datetime:
    """Return the end of next year: a log that goes on beyond it was misread."""
    return datetime(datetime.now(UTC).year + 2, 1, 1)  # noqa: DTZ001 - UTC throughout


def _require_past(engine: DuckDB, source: Source, readings: Readings, before: str | None) -> None:
    """Stop where a log goes beyond next year: the clock may stop a run, and changes none."""
    bound = latest_by_the_clock()
    scope = "TRUE" if before is None else f"event_time < {before}"
    rows, last = engine.rows(
        f"SELECT COUNT(*), MAX(event_time) FROM events WHERE event_time >= ? AND {scope}", [bound]
    )[0]
    if rows:
        raise InputError(
            f"{counted(rows, 'row')} of {source.label} {'has' if rows == 1 else 'have'} a time "
            f"after the end of next year, up to {last.isoformat(' ')}. {readings.time.sentence} "
            "If that is wrong, say in a schema "
            'file what they are, such as time_format = "%d/%m/%y"; if such times only mean '
            f'"never", leave them out: time_to = "{bound:%Y-%m-%d}"'
        )


def _window(
    engine: DuckDB,
    time_zone: str,
    cutoff: datetime | None,
    length: timedelta | None,
    dense: tuple[int, int] | None,
) -> Window:
    inside = "TRUE" if dense is None else f"{DAY} BETWEEN {dense[0]} AND {dense[1]}"
    earliest, first, last, dated = engine.rows(
        f"""SELECT MIN(event_time), MIN(event_time) FILTER (WHERE {inside}),
            MAX(event_time) FILTER (WHERE {inside}),
            BOOL_AND((EPOCH(event_time) + utc_offset_s) % 86400 = 0) FROM events"""
    )[0]
    if cutoff is None:
        step = timedelta(days=1) if dated else timedelta(seconds=1)
        cutoff = last.replace(microsecond=0) + step
    if cutoff <= earliest:
        raise UsageError(
            f"The cutoff {cutoff.isoformat(' ')} UTC is not after the first event "
            f"({earliest.isoformat(' ')} UTC), so no event counts. Choose a later one."
        )
    start = first if length is None else cutoff - length
    rows = engine.rows(
        "SELECT COUNT(*) FROM events WHERE event_time >= ? AND event_time < ?", [start, cutoff]
    )[0][0]
    if rows == 0:
        raise UsageError(
            f"No event lies in the window from {start.isoformat(' ')} to "
            f"{cutoff.isoformat(' ')} UTC. The log goes from {first.isoformat(' ')} to "
            f"{last.isoformat(' ')} UTC: choose another --cutoff or --window."
        )
    return Window(start.replace(microsecond=0), cutoff, time_zone)
