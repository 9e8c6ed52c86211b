"""What a source looks like before it is used."""

from dataclasses import dataclass
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events.detection import (
    UNMAPPED,
    draft_schema,
    fit_schema,
    require_distinct_names,
    with_header,
)
from clustomer.events.paths import split
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.schema_file import read_schema
from clustomer.events.sources import open_source
from clustomer.events.staging import stage

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Description:
    """How a source would be understood.

    `known` tells whether the schema is a preset or a guess; `rows` are up to five
    sample rows as they would be read, with `rejected` naming the rule that would
    reject a row; `doubts` says what cannot be decided, and how a schema decides it.
    """

    source: str
    columns: dict[str, str]
    schema: EventSchema
    known: bool
    rows: list[dict[str, Any]]
    doubts: tuple[str, ...] = ()

    @property
    def unused(self) -> list[str]:
        """The source's columns that the schema says nothing of."""
        schema = self.schema
        columns = [path for theirs in schema.paths.values() for path in theirs]
        paths = (*columns, schema.unnest or "", schema.return_time or "", schema.currency or "")
        used = {found[0] for path in paths if (found := split(self.columns, path)) is not None}
        return [column for column in self.columns if column not in used]


def describe_source(
    source: Any, *, table: str | None = None, schema: str | None = None
) -> Description:
    """Return how a source's columns would be understood, with five sample rows.

    >>> import pyarrow as pa
    >>> log = pa.table({"When": ["2024-01-01"], "Customer": ["7"]})
    >>> describe_source(log).schema.columns
    {'event_time': 'CHANGE-ME', 'user_id': 'Customer'}
    """
    with DuckDB() as engine:
        given = read_schema(schema) if schema is not None else None
        opened = open_source(engine, source, table=table, schema=given)
        require_distinct_names(opened, given)
        drafted = (
            fit_schema(given, opened) if given else with_header(draft_schema(opened.names), opened)
        )
        rows: list[dict[str, Any]] = []
        if UNMAPPED not in drafted.columns.values():
            try:
                stage(engine, opened, drafted, "UTC", limit=SAMPLE_ROWS)
            except InputError as error:
                known = drafted.name != "guessed"
                doubts = (str(error),)
                return Description(opened.label, opened.columns, drafted, known, [], doubts)
            texts = ", ".join(f"CAST({column} AS VARCHAR)" for column in COLUMNS)
            found = engine.rows(
                f"SELECT {texts}, NULL FROM events UNION ALL SELECT {texts}, rule FROM rejected"
            )
            found.sort(key=lambda row: (row[-1] is not None, [str(value) for value in row]))
            rows = [dict(zip((*COLUMNS, "rejected"), row, strict=True)) for row in found]
        return Description(opened.label, opened.columns, drafted, drafted.name != "guessed", rows)
