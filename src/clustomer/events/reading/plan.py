"""The plan of a reading: how the values of each column are read, and how that was decided."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events.given import given_rows
from clustomer.events.missing import present_expression
from clustomer.events.reading.decision import (
    Column,
    UndecidedError,
    decide_numbers,
    decide_texts,
)
from clustomer.events.reading.notations import EARLIEST, ISO, LATEST, NUMBERS, TEXTS
from clustomer.events.reading.times import TimeReading, kind_of_times
from clustomer.events.schema import EventSchema, moment_of
from clustomer.events.sources import Source

SAMPLE_ROWS = 1_000
"""So many rows tell first how times are read; every row must then fit."""


@dataclass(frozen=True)
class Readings:
    """How each column of a source is read."""

    time: TimeReading

    def to_json(self) -> list[dict[str, Any]]:
        """Return what each column was read as, and why, as JSON-ready values."""
        return [self.time.to_json()]

    @property
    def to_say(self) -> list[str]:
        """The sentences of what might have been read in another way."""
        return [self.time.sentence] if self.time.doubtful else []

    @property
    def sentences(self) -> list[str]:
        """What was decided, a sentence for each column."""
        return [self.time.sentence]


def first_readings(engine: DuckDB, source: Source, schema: EventSchema) -> Readings:
    """Return how a source's values are read, as far as a sample tells."""
    return Readings(time=_first_time(engine, source, schema))


def settled(engine: DuckDB, source: Source, schema: EventSchema, first: Readings) -> Readings:
    """Return how a source's values are read, after all rows were read in a first way.

    Where a row did not fit it, that is decided over all values of the column.
    """
    time = first.time
    if not time.complete:
        doubts = engine.rows(
            "SELECT COUNT(*) > 0 FROM events WHERE rule IN ('unreadable_time', 'implausible_time')"
        )[0][0]
        if doubts:
            time = _decided(engine, source, schema, complete=True)
            if set(time.notations) == set(first.time.notations):
                time = first.time
    return replace(first, time=time)


def _first_time(engine: DuckDB, source: Source, schema: EventSchema) -> TimeReading:
    kinds = given_rows(source, schema)[1]
    kind = kind_of_times(kinds["event_time"])
    column = _column(source, schema)
    if kind is None:
        raise InputError(
            f"The column `{column.source}` of {source.label} is of type {kinds['event_time']}, "
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
    if not complete:
        # to carry values within an order takes all rows
        alone = {"carried_within_order": (), "return_time": None}
        schema = schema.model_copy(update=alone)
    query, kinds = given_rows(source, schema)
    if not complete:
        query = f"SELECT event_time FROM ({query}) LIMIT {SAMPLE_ROWS}"
    present = present_expression("event_time", kinds["event_time"], schema.missing_values)
    values = f"SELECT {present} AS event_time FROM ({query})"
    with source.opened():
        return decide_texts(
            engine, values, source.parameters, _column(source, schema), complete=complete
        )
