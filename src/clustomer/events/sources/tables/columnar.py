"""Columnar files: Parquet, Arrow or Feather, ORC; and Avro, which is rows."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from clustomer.engines import DuckDB
from clustomer.errors import InputError, OutputError, UsageError, first_line
from clustomer.events.sources.content import Plain
from clustomer.events.sources.files import readable_path, require_room
from clustomer.events.sources.source import FILE, Source, described, lacking_in, valid_text


def open_parquet(engine: DuckDB, label: str, plains: Sequence[Plain]) -> Source:
    """Open Parquet files, whose row groups say how many rows they have."""
    relation = f"read_parquet(?, union_by_name = true, filename = '{FILE}')"
    paths = [readable_path(engine, plain.path) for plain in plains]
    names = {plain.label: _names_in_parquet(plain.path) for plain in plains}
    first = names[plains[0].label]
    try:
        rows = engine.rows("SELECT SUM(num_rows) FROM parquet_file_metadata(?)", [paths])[0][0]
        return described(
            engine,
            "parquet",
            label,
            relation,
            names=first,
            lacking=lacking_in(names),
            parameters=[paths],
            file=FILE,
            rows=int(rows or 0),
            counted=lambda: int(rows or 0),
        )
    except engine.errors as error:
        raise InputError(
            f"{label} cannot be read as Parquet: {first_line(error)} "
            "It may be truncated or of another kind."
        ) from error


def _names_in_parquet(path: Path) -> list[str]:
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        # types that only DuckDB knows
        return []


def open_table(engine: DuckDB, source: Any) -> Source:
    """Open anything with `__arrow_c_stream__`."""
    table = pa.table(source)
    engine.register("source_rows", table)
    return described(
        engine,
        "table",
        "a table in memory",
        "source_rows",
        names=table.column_names,
        rows=table.num_rows,
        counted=lambda: table.num_rows,
    )


def open_arrow(engine: DuckDB, label: str, plains: Sequence[Plain]) -> Source:
    """Open Arrow files (Feather is one) or streams, which are read in batches."""

    def batches(plain: Plain) -> Any:
        file = pa.memory_map(str(plain.path))
        if file.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(file)
            return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
        file.seek(0)
        stream = pa.ipc.open_stream(file)
        return stream.schema, iter(stream)

    def rows(plain: Plain) -> int | None:
        with pa.memory_map(str(plain.path)) as file:
            if file.read(6) != b"ARROW1":
                return None  # a stream says it only at its end
        from pyarrow import dataset

        return int(dataset.dataset(plain.path, format="ipc").count_rows())

    return _open_batches(engine, "arrow", label, plains, batches, rows)


def open_orc(engine: DuckDB, label: str, plains: Sequence[Plain]) -> Source:
    """Open ORC files, stripe by stripe."""

    def batches(plain: Plain) -> Any:
        from pyarrow import orc

        file = orc.ORCFile(str(plain.path))
        return file.schema, (file.read_stripe(i) for i in range(file.nstripes))

    def rows(plain: Plain) -> int:
        from pyarrow import orc

        return int(orc.ORCFile(str(plain.path)).nrows)

    return _open_batches(engine, "orc", label, plains, batches, rows)


def _open_batches(
    engine: DuckDB,
    kind: str,
    label: str,
    plains: Sequence[Plain],
    batches: Callable[[Plain], tuple[pa.Schema, Iterator[pa.RecordBatch]]],
    rows_of: Callable[[Plain], int | None],
) -> Source:
    given = 0

    def unreadable(error: BaseException) -> InputError:
        return InputError(
            f"{label} cannot be read as {kind.upper() if kind == 'orc' else 'Arrow'}: "
            f"{first_line(error)} It may be truncated or damaged."
        )

    def all_batches() -> Iterator[pa.RecordBatch]:
        nonlocal given
        for number, plain in enumerate(plains):
            for batch in batches(plain)[1]:
                given += batch.num_rows
                same = _as(batch, all_columns) if batch.schema != all_columns else batch
                yield same.append_column(FILE, pa.repeat(number, batch.num_rows))

    try:
        schemas = [batches(plain)[0].remove_metadata() for plain in plains]
        names = [list(schema.names) for schema in schemas]
        counts = [rows_of(plain) for plain in plains]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(error) from error
    all_columns = _all_columns(plains, schemas)
    with_file = all_columns.append(pa.field(FILE, pa.int64()))
    engine.register("source_rows", with_file.empty_table())

    @contextmanager
    def opened() -> Iterator[None]:
        nonlocal given
        given = 0
        rows = pa.RecordBatchReader.from_batches(with_file, all_batches())
        engine.register("source_rows", valid_text(rows))
        try:
            yield
        except OutputError:
            raise
        except (pa.ArrowException, OSError, UnicodeDecodeError, engine.errors) as error:
            raise unreadable(error) from error
        finally:
            engine.unregister("source_rows")

    return described(
        engine,
        kind,
        label,
        "source_rows",
        names=all_columns.names,
        lacking=lacking_in(dict(zip((plain.label for plain in plains), names, strict=True))),
        opened=opened,
        file=FILE,
        rows=None if None in counts else sum(count or 0 for count in counts),
        counted=lambda: given,
    )


def _all_columns(plains: Sequence[Plain], schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Return the columns of several files, which are told apart by their names."""
    columns = {part.name: part for schema in schemas[::-1] for part in schema}
    for plain, schema in zip(plains, schemas, strict=True):
        if schema.names != schemas[0].names and len({*schema.names}) < len(schema.names):
            raise InputError(
                f"{plain.label} has other columns than {plains[0].label}, and several of one name. "
                "Files that are read together need the same columns."
            )
    if all(schema.names == schemas[0].names for schema in schemas):
        return schemas[0]
    first = dict.fromkeys(name for schema in schemas for name in schema.names)
    return pa.schema([columns[name] for name in first])


def _as(batch: pa.RecordBatch, columns: pa.Schema) -> pa.RecordBatch:
    """Return a batch with some columns by their names, empty where it has none."""
    if batch.schema.names == columns.names:
        return batch.cast(columns)
    there = {*batch.schema.names}
    arrays = [
        batch.column(part.name).cast(part.type)
        if part.name in there
        else pa.nulls(batch.num_rows, part.type)
        for part in columns
    ]
    return pa.record_batch(arrays, schema=columns)


def avro_as_lines(engine: DuckDB, plain: Plain) -> Path:
    """Return the records of an Avro file as JSON Lines.

    Raises
    ------
    UsageError
        If the extra is not installed.
    """
    try:
        import fastavro
    except ImportError as error:
        raise UsageError(
            "Avro needs the extra `avro`, which is not installed. Install it with: "
            "pip install 'clustomer[avro]'"
        ) from error
    require_room(engine.directory, plain.path.stat().st_size, plain.label, "is copied")
    folder = engine.directory / "avro"
    folder.mkdir(exist_ok=True)
    copy = folder / str(sum(1 for _ in folder.iterdir()))
    try:
        with plain.path.open("rb") as file, copy.open("w", encoding="utf-8") as out:
            for record in fastavro.reader(file):
                out.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")
    except (ValueError, EOFError, OSError, KeyError, IndexError, TypeError) as error:
        raise InputError(
            f"{plain.label} cannot be read as Avro: {first_line(error)} It may be truncated or "
            "damaged."
        ) from error
    return copy
