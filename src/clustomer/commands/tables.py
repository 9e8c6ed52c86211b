"""Tables that commands write where they are asked to: a Parquet or a CSV file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clustomer.errors import UsageError
from clustomer.unfinished import check_free, whole_file

if TYPE_CHECKING:
    import pyarrow as pa

_ENDINGS = (".parquet", ".csv")


def check_table_file(out: Path | None, overwrite: bool) -> None:
    """Raise an error, before any work, where a table could not be written to a file."""
    check_file(out, _ENDINGS, overwrite)


def check_file(out: Path | None, endings: Sequence[str], overwrite: bool) -> None:
    """Raise an error, before any work, where a file has another ending or is there already."""
    if out is not None and out.suffix.lower() not in endings:
        raise UsageError(
            f"{out} ends in {out.suffix or 'nothing'}; {' or '.join(endings)} was expected. "
            "Name a file with one of these endings."
        )
    check_free(out, overwrite)


def write_table_file(table: "pa.Table", out: Path) -> None:
    """Write a table as Parquet or CSV, by the ending of the file's name."""
    import pyarrow.parquet

    from clustomer.outputs.tables import write_csv

    with whole_file(out) as aside:
        if out.suffix.lower() == ".csv":
            write_csv(aside, table)
        else:
            pyarrow.parquet.write_table(table, aside, compression="zstd")
