"""Typed rows where they are become clean events there; a bounded sample of customers comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlglot import exp

from clustomer.engines import DuckDB, Engine, literal, parse
from clustomer.errors import InputError
from clustomer.events.draft.detection import detect_schema, fit_schema, require_distinct_names
from clustomer.events.log import Events, latest_by_the_clock
from clustomer.events.losses import check_accepted, losses_of, warnings_of
from clustomer.events.missing import PLACEHOLDERS
from clustomer.events.reading import Exchange, Readings, first_readings, settle_amounts
from clustomer.events.reading.zones import check_time_zone
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.schema_file import read_schema
from clustomer.events.sources import Source, open_source
from clustomer.events.totals import NAMELESS
from clustomer.events.typed.cleaning import EVENTS, REJECTED, TypedEvents, clean_typed
from clustomer.events.typed.columns import given_query, inexpressible
from clustomer.events.window import parse_cutoff, parse_length
from clustomer.progress import Progress, counted

MAX_SAMPLE_EVENTS = 5_000_000
"""At most about so many events come back; fewer customers do where they have more."""

MAX_EVENTS_OF_ONE = 100_000
"""Who has more events than this is no customer of a sample: a machine."""

MAX_REJECTED = 100_000
"""At most about so many rejected rows come back, to say what was lost."""

CLEAN = (*COLUMNS, "is_product", "utc_offset_s")
_DIGITS = 8


@dataclass(frozen=True)
class Sample:
    """Which customers came back: those whose MD5 begins below a bound.

    Attributes
    ----------
    customers, events : int
        Of the shop.
    sampled_customers, sampled_events : int
    below : str, or None where everyone came
        Hexadecimal digits; the MD5 of `user_id` is below them.
    left_out : tuple of str
        Customers below the bound who do not come for their number of events.
    """

    customers: int
    events: int
    sampled_customers: int
    sampled_events: int
    below: str | None
    left_out: tuple[str, ...] = ()

    @property
    def is_everyone(self) -> bool:
        """Whether the sample is the whole shop."""
        return self.sampled_customers == self.customers

    @property
    def condition(self) -> exp.Expr | None:
        """The predicate for a customer of the sample; None where it is everyone."""
        if self.below is None:
            return None
        below = literal(self.below).sql("duckdb")
        return parse(f"SUBSTRING(MD5(user_id), 1, {_DIGITS}) < {below}")


@dataclass(frozen=True)
class OpenedElsewhere:
    """Clean events on an engine, and those of a sample of its customers here."""

    events: Events
    sample: Sample


def open_elsewhere(
    engine: Engine,
    table: exp.Table,
    columns: pa.Schema,
    *,
    label: str,
    most_customers: int,
    embedded: DuckDB,
    reading: Mapping[str, Any],
    progress: Progress,
) -> OpenedElsewhere:
    """Clean typed rows on the engine that has them, and bring the events of a sample here.

    The engine keeps the tables `events` and `rejected_rows`, and the sample's are in `embedded`,
    as `read_events` leaves them there.

    Parameters
    ----------
    engine : Engine
    table : its name there
    columns : pyarrow.Schema
        Its columns and their types.
    label : str
        What it is called.
    most_customers : int
        More customers than this do not come back.
    embedded : DuckDB
    reading : mapping
        Options of `read_events`.
    progress : Progress

    Raises
    ------
    InputError
        If a column has no fitting type, or nothing can be used.
    """
    check_time_zone(reading["time_zone"])
    source, schema, readings = _readings(embedded, columns, label, reading)
    time_zone = reading["time_zone"]
    asked = reading.get("cutoff"), reading.get("window")
    with progress.stage(f"Clean {label} with {engine.dialect}") as stage:
        cleaned = clean_typed(
            engine,
            schema,
            given_query(schema, columns, table, label),
            label=label,
            plausible=(readings.time.earliest, readings.time.latest),
            time_zone=time_zone,
            cutoff=None if asked[0] is None else parse_cutoff(asked[0], time_zone),
            length=None if asked[1] is None else parse_length(asked[1]),
        )
        _require_past(schema, cleaned, label)
        stage.note(f"{cleaned.cleaning.kept:,} kept, {cleaned.cleaning.rejected:,} rejected")
    with progress.stage("Bring a sample of customers") as stage:
        sample = _bring_events(engine, embedded, most_customers)
        _bring_rejected(engine, embedded, cleaned.cleaning.rejected)
        readings = replace(readings, amounts=_amounts(embedded, schema, label))
        stage.note(f"{sample.sampled_customers:,} of {counted(sample.customers, 'customer')}")
    losses = losses_of(embedded, cleaned.cleaning, source)
    accepted = reading.get("accept_losses")
    if accepted is not None:
        check_accepted(accepted)
        losses.require(accepted)
    here = sample.is_everyone and cleaned.cleaning.rejected <= MAX_REJECTED
    warnings = warnings_of(
        embedded,
        schema,
        cleaned.cleaning,
        losses if here else replace(losses, unread=0, reasons=()),
        readings,
        source.names,
        cleaned.nameless,
    )
    if not here:
        warnings = (*((losses.sentence,) if losses.share > _MANY else ()), *warnings)
    if not sample.is_everyone:
        warnings = (*warnings, *_placeholders(engine, sample.events))
    events = Events(
        embedded,
        cleaned.window,
        schema,
        reading.get("schema") is None,
        label,
        cleaned.cleaning,
        readings,
        losses,
        warnings,
        cleaned.nameless,
    )
    return OpenedElsewhere(events, sample)


_MANY = 0.1


def _readings(
    embedded: DuckDB, columns: pa.Schema, label: str, reading: Mapping[str, Any]
) -> tuple[Source, EventSchema, Readings]:
    given = reading.get("schema")
    if given is not None and not isinstance(given, EventSchema):
        given = read_schema(given)
    source = replace(open_source(embedded, columns.empty_table()), label=label)
    require_distinct_names(source, given)
    schema = fit_schema(given, source) if given else detect_schema(source.names)
    answers = ("time_format", "decimal", "price_is", "amounts_in", "returns_are_negative")
    schema = schema.answered({name: reading.get(name) for name in answers})
    if no_customer := reading.get("no_customer"):
        schema = schema.model_copy(update={"no_customer": (*schema.no_customer, *no_customer)})
    if lacking := inexpressible(schema, schema.price_is):
        raise InputError(
            f"{label} is read with {'; '.join(lacking)}, which SQL does not say alike on every "
            "engine. Expected one row for each event, with plain columns. Make such a table or "
            "view there, or run without --engine."
        )
    if schema.cost is not None:
        raise InputError(
            f"{label} is read with what goods cost (`cost`), which is not read on an engine of the "
            "data's own. Take it out of the schema, and give the margin with --margin."
        )
    # what a column's type does not say is refused before any value is looked at
    given_query(schema, columns, exp.to_table("rows"), label)
    return source, schema, first_readings(embedded, source, schema, Exchange())


def _require_past(schema: EventSchema, cleaned: TypedEvents, label: str) -> None:
    bound = latest_by_the_clock()
    if schema.time_to is None and cleaned.last >= bound:
        raise InputError(
            f"{label} has times after the end of next year, up to {cleaned.last.isoformat(' ')}. "
            f'If such times mean "never", leave them out: time_to = "{bound:%Y-%m-%d}" in a '
            "schema file."
        )


def _amounts(embedded: DuckDB, schema: EventSchema, label: str) -> Any:
    """Return what amounts are of, as the sample tells; stop where that is not a piece."""
    amounts = settle_amounts(embedded, schema, label)
    if amounts is not None and amounts.of != "unit":
        raise InputError(
            f"{amounts.sentence} Expected the price of a piece, where the data are on an engine of "
            "their own. Make a view with the price of a piece there; if it is one, say so with "
            "--price-is unit."
        )
    return amounts


def _bring_events(engine: Engine, embedded: DuckDB, most_customers: int) -> Sample:
    per_customer = f"(SELECT user_id, COUNT(*) AS n FROM {EVENTS} GROUP BY user_id) AS people"
    [all_of] = engine.query(
        parse(f"SELECT COUNT(*) AS customers, CAST(SUM(n) AS BIGINT) AS events FROM {per_customer}")
    ).to_pylist()
    customers, events = int(all_of["customers"]), int(all_of["events"])
    part = min(1.0, most_customers / customers, MAX_SAMPLE_EVENTS / events)
    below = None if part >= 1 else f"{int(part * 16**_DIGITS):0{_DIGITS}x}"
    sample = Sample(customers, events, customers, events, below)
    fields = ", ".join(
        f"CAST({name} AS VARCHAR) AS {name}" if name in ("price", "quantity") else name
        for name in CLEAN
    )
    if below is None:
        rows = engine.query(parse(f"SELECT {fields} FROM {EVENTS}"))
    else:
        assert sample.condition is not None
        drawn = sample.condition.sql("duckdb")
        people = f"FROM {per_customer} WHERE {drawn} AND n"
        counts = engine.query(parse(f"SELECT COUNT(*) AS n {people} <= {MAX_EVENTS_OF_ONE}"))
        too_many = engine.query(parse(f"SELECT user_id {people} > {MAX_EVENTS_OF_ONE}"))
        kept = (
            f"(SELECT user_id AS kept_id FROM (SELECT user_id, COUNT(*) AS n FROM {EVENTS} WHERE "
            f"{drawn} GROUP BY user_id) AS people WHERE n <= {MAX_EVENTS_OF_ONE}) AS kept"
        )
        rows = engine.query(
            parse(f"SELECT {fields} FROM {EVENTS} JOIN {kept} ON user_id = kept_id WHERE {drawn}")
        )
        sample = replace(
            sample,
            sampled_customers=int(counts["n"][0].as_py()),
            sampled_events=rows.num_rows,
            left_out=tuple(sorted(too_many["user_id"].to_pylist())),
        )
        if not rows.num_rows:
            raise InputError(
                f"None of {customers:,} customers is in the sample, which is to have at most "
                f"{most_customers:,}. Ask for more with --sample."
            )
    embedded.expect(rows.num_rows)
    embedded.register("rows_that_came", rows)
    money = ", ".join(f"CAST({name} AS DECIMAL(18, 4)) AS {name}" for name in ("price", "quantity"))
    embedded.execute(
        f"CREATE OR REPLACE TABLE {EVENTS} AS SELECT * REPLACE (CAST(event_time AS TIMESTAMP) AS "
        f"event_time, {money}, CAST(utc_offset_s AS INTEGER) AS utc_offset_s) FROM rows_that_came"
    )
    embedded.unregister("rows_that_came")
    return sample


def _bring_rejected(engine: Engine, embedded: DuckDB, rejected: int) -> None:
    """Fill the table `rejected` with all rejected rows, or some of them where they are many."""
    fields = ", ".join(("rule", *COLUMNS, "line"))
    query = f"SELECT {fields} FROM {REJECTED}"
    if rejected > MAX_REJECTED:
        below = literal(f"{int(MAX_REJECTED / rejected * 16**_DIGITS):0{_DIGITS}x}").sql("duckdb")
        text = " || ".join(
            f"COALESCE({name}, '')" for name in ("event_time", "user_id", "order_id")
        )
        query += f" WHERE SUBSTRING(MD5({text}), 1, {_DIGITS}) < {below}"
    embedded.register("rows_that_came", engine.query(parse(query)))
    embedded.execute("CREATE OR REPLACE TABLE rejected AS FROM rows_that_came")
    embedded.unregister("rows_that_came")
    embedded.execute(
        f"CREATE OR REPLACE TABLE {NAMELESS} (event_time TIMESTAMP, event_type VARCHAR, "
        "price DECIMAL(18, 4), quantity DECIMAL(18, 4))"
    )


def sampled_sentence(sample: Sample) -> str:
    """Say that what is told is told of a sample."""
    n = len(sample.left_out)
    left_out = (
        f" {counted(n, 'customer')} with more than {MAX_EVENTS_OF_ONE:,} events "
        f"{'is' if n == 1 else 'are'} not in it."
        if n
        else ""
    )
    return (
        f"All figures here are of a sample: {sample.sampled_customers:,} of {sample.customers:,} "
        "customers, drawn by their ids alone. How many of all customers are in each segment, and "
        f"what they brought, stands under The whole shop.{left_out}"
    )


def _placeholders(engine: Engine, events: int) -> Sequence[str]:
    """Name ids with so many of all events that they are hardly one customer."""
    words = ", ".join(literal(word).sql("duckdb") for word in PLACEHOLDERS)
    rows = engine.query(
        parse(
            f"SELECT user_id, n FROM (SELECT user_id, COUNT(*) AS n FROM {EVENTS} GROUP BY "
            f"user_id) AS people WHERE LOWER(user_id) IN ({words}) OR n * 10 > {events}"
        )
    ).to_pylist()
    largest = sorted(rows, key=lambda row: (-row["n"], row["user_id"]))[:3]
    return [
        f"The id {row['user_id']!r} ({row['n']:,} events, {row['n'] / events:.1%}) may stand for "
        f"everyone who has none. If it is no customer: --no-customer {row['user_id']}"
        for row in largest
    ]


def exact(text: str | None) -> Decimal:
    """Return an amount that an engine gave as text."""
    return Decimal(text or 0)
