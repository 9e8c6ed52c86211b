"""The CSV files of a version: the same table gives the same bytes, everywhere."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.errors import OutputError, UsageError, did_you_mean

FORMULAS = (
    "In CSV files a text that begins with =, +, -, @, a tab or a return and is no number has an "
    "apostrophe before it, so that no spreadsheet runs it; Parquet files have it as it is."
)
"""How texts that look like formulas are written; the manifest says so."""

ROWS_AT_ONCE = 100_000
"""So many rows are made ready to be written at a time."""

_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?$"


def write_cleaning(directory: Path, table: pa.Table) -> Path:
    """Write `cleaning.csv` into the directory of a version; return its path.

    `table` has `rule`, `action` (kept, repaired or rejected), `rows` and `share`.
    """
    return write_csv(directory / "cleaning.csv", table, ("rule", "action", "rows", "share"))


def write_segments(directory: Path, table: pa.Table, *, raw: bool = False) -> Path:
    """Write `segments.csv`: `user_id, segment_id, segment, cluster, distance`, and what follows."""
    columns = ("user_id", "segment_id", "segment", "cluster", "distance")
    return write_csv(directory / "segments.csv", table, columns, raw=raw)


def write_evaluation_metrics(directory: Path, table: pa.Table) -> Path:
    """Write `reports/cluster_evaluation_metrics.csv`: `K` and every criterion, a row for each K."""
    path = directory / "reports" / "cluster_evaluation_metrics.csv"
    table = table.rename_columns({"k": "K"})
    return write_csv(path, table, ("K", "inertia", "silhouette"))


def write_cluster_summary(directory: Path, table: pa.Table, *, raw: bool = False) -> Path:
    """Write `reports/cluster_summary.csv`: the mean of each feature, a row for each segment."""
    path = directory / "reports" / "cluster_summary.csv"
    return write_csv(path, table, ("segment_id", "segment", "customers"), raw=raw)


def write_comparison(directory: Path, table: pa.Table) -> Path:
    """Write `reports/algorithms.csv`: the algorithms side by side, a row for each."""
    return write_csv(directory / "reports" / "algorithms.csv", table, ("algorithm", "segments"))


def write_csv(
    path: Path, table: pa.Table, columns: Iterable[str] = (), *, raw: bool = False
) -> Path:
    r"""Write a table as CSV (RFC 4180, but with `\n`), in UTF-8; return the path.

    A float is written with the digits that give it back exactly and no more, a NULL and a NaN
    as nothing, an empty text as `""`, a truth value as `true` or `false`. Rows keep
    their order. `columns` come first in the file, in that order. Folders are made where they
    are missing. A text that a spreadsheet would take for a formula gets an apostrophe before it
    (`FORMULAS` says which), unless `raw`.

    Raises UsageError where one of `columns` is missing from the table, and OutputError where
    the file cannot be written.

    >>> import tempfile
    >>> table = pa.table({"share": [1 / 3, None], "rule": ['a "b", c', "d"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_csv(Path(folder) / "x.csv", table, ["rule"]).read_text(), end="")
    rule,share
    "a ""b"", c",0.3333333333333333
    d,
    """
    first = tuple(columns)
    for name in first:
        if name not in table.column_names:
            raise UsageError(
                f"The table for {path.name} has no column `{name}`. "
                + did_you_mean(name, table.column_names)
            )
    order = [*first, *(name for name in table.column_names if name not in first)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.register("rows", _as_written(table.select(order), raw=raw))
            connection.execute("COPY rows TO ? (FORMAT csv, HEADER)", [str(path)])
    except (OSError, duckdb.IOException) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{path} cannot be written ({why}); a folder that can be written to was "
            "expected. Choose another one, or make room."
        ) from error
    return path


def _as_written(table: pa.Table, *, raw: bool) -> pa.RecordBatchReader:
    """Give the rows as they are written, a few at a time: there may be millions of customers."""

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            rows = _without_nan(pa.Table.from_batches([batch]))
            yield from (rows if raw else _without_formulas(rows)).to_batches()

    return pa.RecordBatchReader.from_batches(table.schema, batches())


def _without_nan(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            column = table.column(index)
            without_nan = pc.if_else(pc.is_nan(column), pa.scalar(None, field.type), column)
            table = table.set_column(index, field, without_nan)
    return table


def _without_formulas(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = table.column(index)
            formula = pc.and_not(
                pc.match_substring_regex(column, _FORMULA),
                pc.match_substring_regex(column, _NUMBER),
            )
            if pc.any(formula).as_py():
                quoted = pc.binary_join_element_wise("'", column, "")
                table = table.set_column(index, field, pc.if_else(formula, quoted, column))
    return table
