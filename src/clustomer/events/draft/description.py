"""What a source looks like before it is used."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events.draft import Content, TypeFound, contents_of, types_of, why_unused
from clustomer.events.draft.detection import (
    UNMAPPED,
    draft_schema,
    fit_schema,
    require_distinct_names,
    with_header,
    with_present_paths,
)
from clustomer.events.paths import split
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.schema_file import read_schema
from clustomer.events.sources import Source, open_source
from clustomer.events.sources.source import first_line
from clustomer.events.staging import stage

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Description:
    """How a source would be understood.

    `recognised` tells whether the schema is a preset or a guess; `rows` are up to five
    sample rows as they would be read, with `rejected` naming the rule that would
    reject a row; `doubts` says what cannot be decided, and how a schema decides it.
    `event_types` lists the values of the column for event types with their rows, and
    `reasons` says of each column that is not used why.
    """

    source: str
    columns: dict[str, str]
    schema: EventSchema
    recognised: bool
    rows: list[dict[str, Any]]
    doubts: tuple[str, ...] = ()
    event_types: tuple[TypeFound, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def unused(self) -> list[str]:
        """The source's columns that the schema says nothing of."""
        schema = self.schema
        columns = [path for theirs in schema.paths.values() for path in theirs]
        paths = (*columns, schema.unnest or "", schema.return_time or "", schema.currency or "")
        places = [split(self.columns, path) for path in paths]
        used = {place[0] for place in places if place is not None}
        return [column for column in self.columns if column not in used]


def describe_source(
    source: Any, *, table: str | None = None, schema: str | None = None
) -> Description:
    """Return how a source's columns would be understood, with five sample rows.

    >>> import pyarrow as pa
    >>> log = pa.table({"When": ["2024-01-01"], "Customer": ["7"], "Status": ["?"]})
    >>> describe_source(log).schema.columns
    {'event_time': 'When', 'user_id': 'Customer'}
    >>> describe_source(log).reasons
    {'Status': 'the same in every row'}
    """
    with DuckDB() as engine:
        # the first rows are the first of the file
        engine.execute("SET preserve_insertion_order = true")
        given = read_schema(schema) if schema is not None else None
        opened = open_source(engine, source, table=table, schema=given)
        try:
            try:
                return _described(engine, opened, given)
            except engine.errors:
                if opened.careful is None:
                    raise
                return _described(engine, opened.careful(), given)
        except engine.errors as error:
            raise InputError(
                f"{opened.label} cannot be read: {first_line(error)} It may be truncated or "
                "damaged."
            ) from error


def _described(engine: DuckDB, opened: Source, given: EventSchema | None) -> Description:
    require_distinct_names(opened, given)
    contents = contents_of(engine, opened)

    def values(column: str) -> tuple[TypeFound, ...]:
        return types_of(engine, opened, column) if column in opened.columns else ()

    drafted = (
        fit_schema(given, opened)
        if given
        else with_header(draft_schema(opened.names, contents, values), opened)
    )
    recognised = drafted.name != "guessed"
    if recognised and given is None:
        # what is written must run as it is
        drafted = with_present_paths(drafted, opened)
    described = Description(opened.label, opened.columns, drafted, recognised, [])
    column = drafted.columns.get("event_type")
    described = replace(
        described,
        event_types=_as_mapped(values(column), drafted) if isinstance(column, str) else (),
        reasons=_reasons(described, contents),
    )
    if UNMAPPED in drafted.columns.values():
        return described
    try:
        stage(engine, opened, drafted, "UTC", limit=SAMPLE_ROWS)
    except InputError as error:
        return replace(described, doubts=(str(error),))
    return replace(described, rows=_first_rows(engine))


def _first_rows(engine: DuckDB) -> list[dict[str, Any]]:
    texts = ", ".join(f"CAST({column} AS VARCHAR)" for column in COLUMNS)
    rows = engine.rows(f"SELECT {texts}, NULL FROM events ORDER BY rowid")
    rows += engine.rows(f"SELECT {texts}, rule FROM rejected ORDER BY rowid")
    return [dict(zip((*COLUMNS, "rejected"), row, strict=True)) for row in rows]


def _as_mapped(values: tuple[TypeFound, ...], schema: EventSchema) -> tuple[TypeFound, ...]:
    """Return event types with what the schema makes of them."""
    mapped = {theirs.lower(): ours for theirs, ours in schema.event_types.items()}
    ignored = {theirs.lower() for theirs in schema.ignored_event_types}
    return tuple(
        replace(
            value,
            proposal=mapped.get(
                value.value.lower(),
                "ignored" if {value.value.lower(), "*"} & ignored else None,
            ),
        )
        for value in values
    )


def _reasons(described: Description, contents: Mapping[str, Content]) -> Mapping[str, str]:
    schema = described.schema
    roles = {ours: " + ".join(theirs) for ours, theirs in schema.paths.items()}
    types = "event_type" not in schema.columns
    return {
        column: why_unused(column, roles, contents.get(column), types)
        for column in described.unused
    }
