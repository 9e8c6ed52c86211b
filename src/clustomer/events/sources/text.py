"""Text files: a header line, then a row on each line; every column arrives as text."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from clustomer.engines import DuckDB, quoted
from clustomer.errors import InputError
from clustomer.events.presets import without_header
from clustomer.events.schema import EventSchema
from clustomer.events.sources.source import Source, first_line, rows_of_text

MAX_LINE_BYTES = 10_485_760
SEPARATORS = (",", "\t", ";", "|")

LINES = (
    "read_csv(?, auto_detect = false, header = {header}, delim = E'\\x01', quote = '', "
    "escape = '', columns = {{'line': 'VARCHAR'}}, {more}, "
    f"max_line_size = {MAX_LINE_BYTES})"
)
"""DuckDB SQL that reads files as their lines."""

# a broken line can have several errors, and is still one line
REJECTED_LINES = (
    "SELECT line, TRIM(ANY_VALUE(csv_line), E'\\r\\n') FROM reject_errors GROUP BY file_id, line"
)
"""DuckDB SQL for the lines that the last reading with `store_rejects` could not read."""


def open_text(
    engine: DuckDB, label: str, paths: list[str], schema: EventSchema | None = None
) -> Source:
    """Open delimited files with the same header line, or without one and with the same columns.

    There is none where the schema says so, or where the first line looks like data of
    a preset that is known to come without.
    """
    firsts = [_first_line_of(engine, path) for path in paths]
    separator = (schema.separator if schema else None) or _separator(firsts[0])
    if separator == "spaces":
        if schema is None or schema.header:
            _require_same_header(paths, firsts)
        return _open_spaces(engine, label, paths, firsts[0], schema)
    names = _given_names(paths[0], firsts[0], separator, schema)
    header = names is None
    if names is None:
        _require_same_header(paths, firsts)
        names = tuple(_fields(firsts[0], separator))
    columns = _unique([name.strip() for name in names])
    if len(columns) < 2:
        raise InputError(
            f"The first line of {paths[0]} has one column only: {firsts[0][:80]!r}. Expected a "
            "header line with names separated by commas, tabs, semicolons or bars; set "
            "`separator` in a schema file for another one."
        )
    relation = (
        "read_csv(?, auto_detect = false, header = ?, delim = ?, quote = '\"', escape = '\"', "
        "columns = ?, store_rejects = true, null_padding = false, "
        f"max_line_size = {MAX_LINE_BYTES})"
    )
    kinds = dict.fromkeys(columns, "VARCHAR")
    return Source(
        "text",
        label,
        relation,
        kinds,
        rejects=REJECTED_LINES,
        parameters=[paths, header, separator, kinds],
        header=header,
        rows=rows_of_text(paths),
    )


def _given_names(
    path: str, line: str, separator: str, schema: EventSchema | None
) -> tuple[str, ...] | None:
    """Return the columns of a file that has no header line, None where it has one."""
    fields = [field.strip() for field in _fields(line, separator)]
    if schema is None:
        schema = without_header(fields)
    if schema is None or schema.header:
        return None
    if [field.lower() for field in fields] == [name.lower() for name in schema.names]:
        return None
    if len(fields) != len(schema.names):
        raise InputError(
            f"The first line of {path} has {len(fields)} columns: {line[:80]!r}. The schema "
            f"`{schema.name}` names {len(schema.names)}: {', '.join(schema.names)}. Check `names` "
            "and `separator` in the schema file."
        )
    return schema.names


def _require_same_header(paths: list[str], lines: list[str]) -> None:
    for path, line in zip(paths, lines, strict=True):
        if line != lines[0]:
            raise InputError(
                f"{path} has another header line than {Path(paths[0]).name}: {line[:80]!r} "
                f"instead of {lines[0][:80]!r}. Files that are read together need the same columns "
                "in the same order; read it alone, or rewrite its header."
            )


def _first_line_of(engine: DuckDB, path: str) -> str:
    # threads would give the first line of any part of the file
    lines = LINES.format(header="false", more="ignore_errors = true, parallel = false")
    try:
        rows = engine.rows(f"SELECT line FROM {lines} LIMIT 1", [path])
    except engine.errors as error:
        raise InputError(
            f"{path} cannot be read as text: {first_line(error)} It may be truncated or damaged."
        ) from error
    if not rows or rows[0][0] is None:
        raise InputError(f"{path} has no first line. Expected a header line with column names.")
    return str(rows[0][0]).strip("\ufeff")


def _fields(line: str, separator: str) -> list[str]:
    return next(csv.reader(io.StringIO(line), delimiter=separator), [])


def _separator(header: str) -> str:
    counts = {separator: header.count(separator) for separator in SEPARATORS}
    best = max(counts, key=lambda separator: counts[separator])
    if counts[best] > 0:
        return best
    return "spaces" if len(header.split()) > 1 else ","


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        count = seen[name.lower()]
        unique.append(name if count == 1 else f"{name}_{count}")
    return unique


def _open_spaces(
    engine: DuckDB, label: str, paths: list[str], header: str, schema: EventSchema | None
) -> Source:
    names = None if schema is None or schema.header else schema.names
    columns = _unique(names or header.split())
    lines = LINES.format(header="false" if names else "true", more="strict_mode = true")
    fields = ", ".join(f"parts[{i + 1}] AS {quoted(name)}" for i, name in enumerate(columns))
    engine.execute(
        "CREATE OR REPLACE TABLE source_lines AS "
        f"SELECT line, STRING_SPLIT_REGEX(TRIM(line), '\\s+') AS parts FROM {lines} "
        "WHERE TRIM(line) <> ''",
        [paths],
    )
    whole = f"LEN(parts) = {len(columns)}"
    return Source(
        "text",
        label,
        f"(SELECT {fields} FROM source_lines WHERE {whole})",
        dict.fromkeys(columns, "VARCHAR"),
        rejects=f"SELECT 0 AS line_number, line FROM source_lines WHERE NOT ({whole})",
        header=names is None,
        rows=rows_of_text(paths),
    )
