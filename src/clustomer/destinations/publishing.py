"""The table of segments, put into a database, a file of one, or a folder, whole or not at all."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clustomer.destinations.databases import into_duckdb, into_postgres, into_sqlite
from clustomer.engines import without_password
from clustomer.errors import InputError, OutputError, UsageError
from clustomer.unfinished import whole_file
from clustomer.versions import StoredRun

TABLE = "customer_segments"
_SERVERS = ("postgresql://", "postgres://")
_DUCKDB, _SQLITE = (".duckdb", ".ddb"), (".db", ".sqlite", ".sqlite3")


@dataclass(frozen=True)
class Published:
    """What was published, and where.

    Attributes
    ----------
    kind : "postgresql", "duckdb", "sqlite" or "parquet"
    destination : str
        Without a password.
    table : str
        The table, or the file in the folder.
    rows : int
    before : int or None
        How many rows were there before; None where nothing was.
    version : str
        The version of the results; every row names it.
    """

    kind: str
    destination: str
    table: str
    rows: int
    before: int | None
    version: str

    def to_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


def publish_segments(
    results: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    table: str = TABLE,
    overwrite: bool = False,
) -> Published:
    """Put the segments of each customer where other systems read them.

    Everything happens in one transaction: who reads meanwhile sees the table as it was, and after
    an error or a stop it is as it was. Published again, the same version gives the same table.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    destination : path or address
        `postgresql://user@host/database`; a DuckDB file (`.duckdb`) or a SQLite file (`.db`,
        `.sqlite`), which is made where it is missing; or a folder, for a Parquet file.
    table : str, default "customer_segments"
        Also as `schema.table`; of a folder, the name of the file without its ending.
    overwrite : bool, default False
        Replace a table with other columns.

    Returns
    -------
    Published

    Raises
    ------
    InputError
        If there are no results, or their files were changed since the run.
    UsageError
        If the destination is of no such kind.
    OutputError
        If it cannot be written, or a table with other columns is there.

    Examples
    --------
    >>> publish_segments("no-such-folder", "segments.duckdb")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    stored = StoredRun.open(results)
    stored.check()
    _require_everyone(stored)
    version = stored.manifest.version
    rows = stored.segments.append_column("version", pa.array([version] * stored.segments.num_rows))
    where = os.fspath(destination)
    if where.startswith(_SERVERS):
        before = into_postgres(where, table, rows, overwrite=overwrite)
        return Published(
            "postgresql", without_password(where), table, rows.num_rows, before, version
        )
    path = Path(where)
    kind = _kind(path)
    if kind == "parquet":
        before = _into_folder(path, table, rows)
    else:
        put = into_duckdb if kind == "duckdb" else into_sqlite
        before = put(path, table, rows, overwrite=overwrite)
    return Published(kind, str(path), table, rows.num_rows, before, version)


def _require_everyone(stored: StoredRun) -> None:
    """Raise InputError for a version that holds the segments of a sample."""
    all_of = stored.manifest.population
    if all_of is not None and all_of["sampled_customers"] < all_of["customers"]:
        raise InputError(
            f"{stored.path} tells of a sample: {all_of['sampled_customers']:,} of "
            f"{all_of['customers']:,} customers. Expected all of them. Their segments are in "
            f"{stored.path / 'population' / 'segments'}, as Parquet: load that folder."
        )


def _kind(path: Path) -> str:
    """Return what a destination is: by what is there, else by its ending."""
    if path.is_dir():
        return "parquet"
    if path.is_file():
        try:
            with path.open("rb") as file:
                head = file.read(16)
        except OSError as error:
            raise OutputError(
                f"{path} cannot be read: {error.strerror}. Name a file that can be written to."
            ) from error
        if head[8:12] == b"DUCK":
            return "duckdb"
        if head == b"SQLite format 3\x00":
            return "sqlite"
        raise UsageError(
            f"{path} is neither a DuckDB nor a SQLite file. Expected one of these, a folder, or "
            "postgresql://user@host/database."
        )
    ending = path.suffix.lower()
    if ending in _DUCKDB:
        return "duckdb"
    if ending in _SQLITE:
        return "sqlite"
    if ending:
        raise UsageError(
            f"{path} ends in {ending}. Expected {', '.join((*_DUCKDB, *_SQLITE))}, a folder, or "
            "postgresql://user@host/database."
        )
    return "parquet"


def _into_folder(folder: Path, table: str, rows: pa.Table) -> int | None:
    """Write a Parquet file into a folder; return how many rows it had before."""
    path = folder / f"{table}.parquet"
    if path.parent != folder:
        raise UsageError(f"The table is {table!r}, which names a folder. Expected a bare name.")
    before = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            before = int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise OutputError(
            f"{path} cannot be replaced: {error}. Name another folder, or remove it."
        ) from error
    with whole_file(path, option="another DESTINATION") as aside:
        pq.write_table(rows, aside, compression="zstd")
    return before
