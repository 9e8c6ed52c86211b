"""The plan of a reading: how the values of each column are read, and how that was decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events.given import given_rows
from clustomer.events.missing import present_expression
from clustomer.events.reading.amounts import AmountReading
from clustomer.events.reading.costs import CostReading
from clustomer.events.reading.currency import Exchange, currency_counts
from clustomer.events.reading.decision import (
    Column,
    UndecidedError,
    decide_numbers,
    decide_texts,
)
from clustomer.events.reading.minor_units import UnitReading, decide_unit
from clustomer.events.reading.notations import (
    EARLIEST,
    EXCEL,
    ISO,
    LATEST,
    NUMBERS,
    SINCE_1904,
    TEXTS,
    sql_text,
)
from clustomer.events.reading.numbers import (
    GROUPED,
    MONEY,
    NO_OTHER_MARK,
    NumberReading,
    decide_number,
    readable_at_all,
    readable_with_point,
)
from clustomer.events.reading.product_names import NamesReading
from clustomer.events.reading.times import TimeReading, kind_of_times
from clustomer.events.schema import EventSchema, moment_of
from clustomer.events.sources import Source

_SAMPLE = "source_sample"
_NUMBERS = ("price", "quantity")
SAMPLE_ROWS = 1_000
"""So many rows tell first how times are read; every row must then fit."""

MAX_UNPLAIN = 0.1
"""Where at most this share of them writes more than a number, such as 19.90 USD, the others
are read at once."""


@dataclass(frozen=True)
class Readings:
    """How each column of a source is read."""

    time: TimeReading
    price: NumberReading | None = None
    quantity: NumberReading | None = None
    exchange: Exchange = field(default_factory=Exchange)
    currencies: Mapping[str, int] = field(default_factory=dict)
    """How many rows are in each currency, where the source names any."""
    unit: UnitReading = field(default_factory=UnitReading)
    """Whether amounts count whole units of their currency, or its smallest."""
    amounts: AmountReading | None = None
    """What amounts are of; known once the rows are cleaned."""
    cost: NumberReading | None = None
    """How what goods cost is written, where the schema names its column."""
    costs: CostReading | None = None
    """What costs are of, and which margin they leave; known once the rows are cleaned."""
    names: NamesReading | None = None
    """How the names of products were read, where the schema names their column."""

    def to_json(self) -> list[dict[str, Any]]:
        """Return what each column was read as, and why, as JSON-ready values."""
        numbers = {"price": self.price, "quantity": self.quantity, "cost": self.cost}
        return [
            self.time.to_json(),
            *(reading.to_json(ours) for ours, reading in numbers.items() if reading is not None),
            *([self.unit.to_json()] if self.unit.decided else []),
            *([self.amounts.to_json()] if self.amounts is not None else []),
            *([self.costs.to_json()] if self.costs is not None else []),
            *([self.names.to_json()] if self.names is not None else []),
        ]

    def only_adds_to(self, first: "Readings") -> bool:
        """Whether every value that another reading could read is read in the same way."""
        same_numbers = all(
            before == after
            or (before is not None and after is not None and before.plain and after.decimal == ".")
            for before, after in ((first.price, self.price), (first.quantity, self.quantity))
        )
        time = replace(self.time, notations=(), decided="", complete=True)
        return (
            same_numbers
            and {*first.time.notations} <= {*self.time.notations}
            and time == replace(first.time, notations=(), decided="", complete=True)
        )

    def as_texts(self) -> "Readings":
        """Return readings of the same values after they were written as text."""
        time = self.time
        if time.kind in {"time", "instant"}:
            time = replace(time, kind="text", notations=(ISO.name,))
        texts = replace(self, time=replace(time, kind="text"))
        if texts.price is not None:
            texts = replace(texts, price=replace(texts.price, typed=False))
        if texts.quantity is not None:
            texts = replace(texts, quantity=replace(texts.quantity, typed=False))
        if texts.cost is not None:
            texts = replace(texts, cost=replace(texts.cost, typed=False))
        return texts

    @property
    def to_say(self) -> list[str]:
        """The sentences of what might have been read in another way."""
        of_numbers = (self.price, self.quantity, self.unit, self.amounts, self.cost, self.costs)
        readings = (self.time, *of_numbers, self.names)
        return [reading.sentence for reading in readings if reading and reading.doubtful]


def first_readings(
    engine: DuckDB, source: Source, schema: EventSchema, exchange: Exchange
) -> Readings:
    """Return how a source's values are read, as far as a sample tells."""
    kinds = _sampled(engine, source, schema)
    time = _first_time(engine, source, schema, kinds["event_time"])
    price = _first_number(engine, source, schema, "price", kinds)
    mark = price.decimal if price is not None and not price.plain else None
    quantity = _first_number(engine, source, schema, "quantity", kinds, fallback=mark)
    engine.execute(f"DROP TABLE {_SAMPLE}")
    cost = _number_of_cost(engine, source, schema, kinds, mark)
    readings = Readings(time, price, quantity, exchange, cost=cost)
    return _in_one_currency(engine, source, schema, readings)


def settled(engine: DuckDB, source: Source, schema: EventSchema, first: Readings) -> Readings:
    """Return how a source's values are read, after all rows were read in a first way.

    Where some did not fit it, and fit another, that is decided over all values of the column.
    """
    time = first.time
    if time.kind == "text" and schema.time_format == "auto" and not time.complete:
        unfit = _unfit("event_time", "unreadable_time", "implausible_time")
        try:
            others = decide_texts(engine, unfit, (), _column(source, schema), complete=False)
            doubts = not {*others.notations} <= {*time.notations}
        except UndecidedError:
            doubts = True
        if doubts:
            time = _decided(engine, source, schema, complete=True)
    price = _settled_number(engine, source, schema, "price", first.price)
    mark = price.decimal if price is not None and not price.plain else None
    quantity = _settled_number(engine, source, schema, "quantity", first.quantity, fallback=mark)
    better = replace(first, time=time, price=price, quantity=quantity)
    return first if better == first else _in_one_currency(engine, source, schema, better)


def _in_one_currency(
    engine: DuckDB, source: Source, schema: EventSchema, readings: Readings
) -> Readings:
    """Return readings that know the currencies of a source; stop where they are several."""
    counts = dict(readings.price.currencies) if readings.price is not None else {}
    if schema.currency is not None:
        query, _ = given_rows(source, schema)
        with source.opened():
            counts = currency_counts(engine, query, source.parameters)
    readings.exchange.require_one(counts, source.label)
    query, _ = given_rows(source, schema)
    with source.opened():
        unit = decide_unit(engine, query, source.parameters, schema, source.label, counts)
    return replace(readings, currencies=counts, unit=unit)


def _unfit(column: str, *rules: str) -> str:
    listed = ", ".join(f"'{rule}'" for rule in rules)
    return f"SELECT raw ->> '$.{column}' AS {column} FROM events WHERE rule IN ({listed})"


def _sampled(engine: DuckDB, source: Source, schema: EventSchema) -> Mapping[str, str]:
    """Keep a few rows of a source at hand; return the types of our columns."""
    # to carry values within an order takes all rows
    alone = schema.model_copy(
        update={"carried_within_order": (), "return_time": None, "return_amount": None}
    )
    kinds = given_rows(source, schema)[1]
    query, first = given_rows(source, alone)
    present = present_expression("event_time", first["event_time"], schema.missing_values)
    texts = _is_text(kinds["event_time"]) or any(_is_text(kinds.get(c, "")) for c in _NUMBERS)
    limit = SAMPLE_ROWS if texts else 0
    with source.opened():
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE {_SAMPLE} AS SELECT {present} AS event_time, price, "
            f"quantity FROM ({query}) LIMIT {limit}",
            source.parameters,
        )
    return kinds


def _is_text(kind: str) -> bool:
    return kind_of_times(kind) == "text"


def _first_number(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    column: str,
    kinds: Mapping[str, str],
    fallback: str | None = None,
) -> NumberReading | None:
    if column not in schema.columns:
        return None
    first = NumberReading(column=" or ".join(schema.paths[column]))
    if not _is_text(kinds[column]):
        return replace(first, typed=True)
    if schema.decimal is None:
        unplain, only_comma, fractions, grouped, values = engine.rows(
            f"""SELECT COUNT(*) FILTER (WHERE read IS NULL AND {readable_at_all(column)}),
                COUNT(*) FILTER (WHERE read IS NULL AND {readable_at_all(column)}
                    AND NOT {readable_with_point(column)}),
                COUNT(*) FILTER (WHERE read IS NOT NULL AND CONTAINS({column}, '.')
                    AND NOT REGEXP_FULL_MATCH(TRIM({column}), {sql_text("-?" + GROUPED)})),
                COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH(TRIM({column}), {sql_text(GROUPED)})),
                COUNT(*)
            FROM (SELECT *, TRY_CAST({column} AS {MONEY}) AS read FROM {_SAMPLE})
            WHERE {column} IS NOT NULL"""
        )[0]
        # the few that a point fits, too, are read by themselves once all others are
        few = fractions and not only_comma and unplain <= MAX_UNPLAIN * values
        if few or not (unplain or (grouped and not fractions)):
            return replace(first, complete=bool(fractions))
    return _decided_number(engine, source, schema, column, first, fallback)


def _settled_number(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    column: str,
    first: NumberReading | None,
    fallback: str | None = None,
) -> NumberReading | None:
    if first is None or first.typed or not first.plain or schema.decimal is not None:
        return first
    unfit = _unfit(column, f"unreadable_{column}")
    fitting, only_comma = engine.rows(
        f"SELECT COUNT(*), COUNT(*) FILTER (WHERE NOT {readable_with_point(column)}) "
        f"FROM ({unfit}) WHERE {readable_at_all(column)}"
    )[0]
    doubts = only_comma or (fitting and not first.complete)
    if not doubts and not first.complete:
        doubts = engine.rows(f"SELECT COUNT(*) > 0 FROM events WHERE {column}_grouped")[0][0]
    if doubts:
        return _decided_number(engine, source, schema, column, first, fallback)
    if not fitting:
        return first
    # what was read has a decimal point, and so has the rest
    values = f"SELECT {column} AS value FROM ({unfit})"
    first = replace(first, thousands=schema.thousands)
    rest = decide_number(engine, values, (), first, source.label, given=".")
    return replace(rest, decided=NO_OTHER_MARK)


def _number_of_cost(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    kinds: Mapping[str, str],
    fallback: str | None,
) -> NumberReading | None:
    if schema.cost is None:
        return None
    first = NumberReading(column=schema.cost)
    if not _is_text(kinds["cost"]):
        return replace(first, typed=True)
    return _decided_number(engine, source, schema, "cost", first, fallback)


def _decided_number(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    column: str,
    first: NumberReading,
    fallback: str | None,
) -> NumberReading:
    query, _ = given_rows(source, schema)
    first = replace(first, thousands=schema.thousands)
    with source.opened():
        return decide_number(
            engine,
            f"SELECT {column} AS value FROM ({query})",
            source.parameters,
            first,
            source.label,
            given=schema.decimal,
            fallback=fallback,
        )


def _first_time(engine: DuckDB, source: Source, schema: EventSchema, its_kind: str) -> TimeReading:
    kind = kind_of_times(its_kind)
    column = _column(source, schema)
    if kind is None:
        raise InputError(
            f"The column `{column.source}` of {source.label} is of type {its_kind}, "
            "which cannot be a time. Expected a timestamp, a date, text or a number. Where the "
            'date and the time of day are in two columns: event_time = ["date", "time"].'
        )
    bounds: dict[str, Any] = {"earliest": column.earliest, "latest": column.latest}
    if kind in {"time", "instant"}:
        return TimeReading(kind, column=column.source, **bounds)
    if schema.time_format != "auto":
        return _as_told(kind, schema, bounds)
    if kind == "number":
        query, _ = given_rows(source, schema)
        with source.opened():
            return decide_numbers(engine, query, source.parameters, column)
    try:
        return _decided(engine, source, schema, complete=False)
    except UndecidedError:
        return _decided(engine, source, schema, complete=True)


def _column(source: Source, schema: EventSchema) -> Column:
    return Column(
        label=source.label,
        source=" + ".join(schema.paths["event_time"]),
        earliest=moment_of(schema.time_from, "time_from") if schema.time_from else EARLIEST,
        latest=moment_of(schema.time_to, "time_to") if schema.time_to else LATEST,
    )


def _as_told(kind: str, schema: EventSchema, bounds: Mapping[str, Any]) -> TimeReading:
    forms = (schema.time_format,) if isinstance(schema.time_format, str) else schema.time_format
    by_form = {number.form: name for name, number in NUMBERS.items()}
    by_form |= {text.form: name for name, text in TEXTS.items() if text.form != "auto"}
    by_form |= {"iso": ISO.name, "%Y-%m-%d": ISO.name}
    return TimeReading(
        kind,
        notations=tuple(by_form[form] for form in forms if form in by_form),
        formats=tuple(form for form in forms if form not in by_form),
        column=" + ".join(schema.paths["event_time"]),
        decided="as the schema says",
        **bounds,
    )


def _decided(engine: DuckDB, source: Source, schema: EventSchema, *, complete: bool) -> TimeReading:
    column = _column(source, schema)
    if not complete:
        sample = f"SELECT event_time FROM {_SAMPLE}"
        return _of(source, decide_texts(engine, sample, (), column, complete=False))
    query, kinds = given_rows(source, schema)
    present = present_expression("event_time", kinds["event_time"], schema.missing_values)
    values = f"SELECT {present} AS event_time FROM ({query})"
    with source.opened():
        return _of(source, decide_texts(engine, values, source.parameters, column, complete=True))


def _of(source: Source, reading: TimeReading) -> TimeReading:
    """Return a reading that has a notation, and counts days as the source says."""
    if not reading.notations:
        return replace(reading, notations=(ISO.name,))
    if not source.from_1904 or EXCEL not in reading.notations:
        return reading
    names = (SINCE_1904 if name == EXCEL else name for name in reading.notations)
    return replace(reading, notations=tuple(names), decided="the workbook says so")
