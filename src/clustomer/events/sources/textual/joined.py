"""Joined files: a source of several text files with different columns, by stated keys."""

from collections.abc import Collection, Sequence

from clustomer.engines import DuckDB, quoted
from clustomer.errors import InputError
from clustomer.events.presets import PRESETS, fit
from clustomer.events.schema import EventSchema
from clustomer.events.sources.content import Plain
from clustomer.events.sources.source import Source
from clustomer.events.sources.textual.separated import header_of, open_text


def open_joined(
    engine: DuckDB, label: str, plains: Sequence[Plain], schema: EventSchema | None
) -> Source | None:
    """Open text files whose columns differ, and which a schema says how to join.

    None where all have the same columns, or no schema joins them. Every row of the file with
    the amounts stays one row: what is joined to it must be there at most once for each key.

    Raises
    ------
    InputError
        If a file lacks its key, or has two rows for one.
    """
    headers = {plain: tuple(header_of(plain, schema)) for plain in plains}
    if len(set(headers.values())) == 1:
        return None
    names = list(dict.fromkeys(name for header in headers.values() for name in header))
    wanted = schema if schema is not None else _preset(names)
    if wanted is None or not wanted.joins:
        return None
    needed = {path for paths in wanted.paths.values() for path in paths}
    main = _main_file(headers, wanted)
    main_source = open_text(engine, label, [main], schema)
    rows = _load(engine, "joined_rows", main_source)
    broken = engine.rows(f"SELECT line FROM ({main_source.rejects}) AS b(number, line)")
    engine.execute("CREATE OR REPLACE TABLE broken_rows (line VARCHAR)")
    for (line,) in broken:
        engine.execute("INSERT INTO broken_rows VALUES (?)", [line])
    columns = list(headers[main])
    relation = "SELECT * FROM joined_rows"
    left_out = [plain for plain in plains if plain != main]
    for number, key in enumerate(wanted.joins):
        other = next(
            (
                plain
                for plain in left_out
                if key in headers[plain]
                and key in columns
                and _is_key(engine, plain, key, number, schema)
                and _adds(headers[plain], needed, columns, wanted.joins)
            ),
            None,
        )
        if other is None:
            continue
        left_out.remove(other)
        added = [name for name in headers[other] if name not in columns]
        fields = ", ".join(f"b.{quoted(name)}" for name in added)
        on = f"a.{quoted(key)} = b.{quoted(key)}"
        relation = (
            f"SELECT a.*, {fields} FROM ({relation}) AS a LEFT JOIN joined_{number} AS b ON {on}"
        )
        columns += added
    names_out = ", ".join(plain.path.name for plain in left_out)
    return Source(
        "text",
        label,
        f"({relation})",
        dict.fromkeys(columns, "VARCHAR"),
        rejects="SELECT 0 AS number, line FROM broken_rows",
        rows=rows,
        counted=lambda: rows,
        notes=(
            f"{len(plains) - len(left_out)} files joined by {', '.join(wanted.joins)}",
            *((f"not needed: {names_out}",) if left_out else ()),
        ),
    )


def _preset(names: list[str]) -> EventSchema | None:
    return next(
        (schema for schema in PRESETS if schema.joins and fit(schema, names) is not None), None
    )


def _main_file(headers: dict[Plain, tuple[str, ...]], schema: EventSchema) -> Plain:
    for ours in ("price", "event_type", "event_time"):
        for path in schema.paths.get(ours, ()):
            for plain, header in headers.items():
                if path in header:
                    return plain
    listed = ", ".join(plain.label for plain in headers)
    raise InputError(
        f"None of the files has the columns that the schema `{schema.name}` names: {listed}."
    )


def _adds(
    header: Collection[str], needed: Collection[str], columns: Collection[str], keys: Sequence[str]
) -> bool:
    new = set(header) - set(columns)
    return bool(new & (set(needed) | set(keys)))


def _is_key(
    engine: DuckDB, plain: Plain, key: str, number: int, schema: EventSchema | None
) -> bool:
    """Load a file, and tell whether a key has at most one row in it."""
    source = open_text(engine, plain.label, [plain], schema)
    _load(engine, f"joined_{number}", source)
    lost = engine.rows(f"SELECT COUNT(*) FROM ({source.rejects})")[0][0]
    if lost:
        raise InputError(
            f"{plain.label} has {lost:,} lines that cannot be read as rows. What is joined must be "
            "whole: mend them."
        )
    name = quoted(key)
    twice = engine.rows(
        f"SELECT {name} FROM joined_{number} GROUP BY {name} HAVING COUNT(*) > 1 LIMIT 1"
    )
    return not twice


def _load(engine: DuckDB, table: str, source: Source) -> int:
    """Read a file into a table, as it is; return how many rows and broken lines it has."""
    if source.careful is not None:
        source = source.careful()
    engine.execute("DROP TABLE IF EXISTS reject_errors")
    engine.execute("DROP TABLE IF EXISTS reject_scans")
    engine.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {source.relation}", source.parameters)
    rows = int(engine.rows(f"SELECT COUNT(*) FROM {table}")[0][0])
    rows += int(engine.rows(f"SELECT COUNT(*) FROM ({source.rejects})")[0][0])
    source.require_whole(rows, source.counted())
    return rows
