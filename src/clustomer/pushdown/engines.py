"""Which engine a run asks for, and the table that its source is there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
from sqlglot import exp

from clustomer.engines import Engine, Postgres, Spark, memory_of_engine
from clustomer.errors import UsageError, did_you_mean
from clustomer.events import DEFAULT_TABLE
from clustomer.settings import Settings, declared, spelling

EMBEDDED = "duckdb"
ENGINES = (EMBEDDED, "spark", "postgres")
"""What `--engine` takes; the first reads, cleans and divides in this process."""

LEAST_SAMPLE = 1_000

_ROWS = "rows of the source"
_SCHEMES = ("postgresql://", "postgres://")
_NOT_THERE = ("id_map", "only_currency", "rates", "encoding", "attributes")


def check_engine(settings: Settings) -> None:
    """Raise UsageError for an engine that there is not, or options that it does not take.

    >>> check_engine(Settings(engine="sparc"))
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: There is no engine `sparc`. Did you mean `spark`?
    """
    if settings.engine not in ENGINES:
        raise UsageError(
            f"There is no engine `{settings.engine}`. {did_you_mean(settings.engine, ENGINES)}"
        )
    spelled = {name: spelling(name, entry) for name, _, entry in declared()}
    if settings.engine == EMBEDDED:
        if settings.master != Settings.master:
            raise UsageError(
                f"{spelled['master']} is {settings.master}, which is of Spark, and the engine is "
                f"{EMBEDDED}. Add --engine spark, or leave it out."
            )
        return
    if settings.master != Settings.master and settings.engine != "spark":
        raise UsageError(
            f"{spelled['master']} is of Spark, and the engine is {settings.engine}. Leave it out."
        )
    given = [spelled[name] for name in _NOT_THERE if getattr(settings, name) is not None]
    if given:
        raise UsageError(
            f"{' and '.join(given)} cannot be given with --engine {settings.engine}, which reads a "
            "typed table as it is. Make a view there that holds it, or run without --engine."
        )
    if settings.sample < LEAST_SAMPLE:
        raise UsageError(
            f"{spelled['sample']} is {settings.sample:,}. Expected at least {LEAST_SAMPLE:,} "
            "customers: fewer say little of a shop."
        )


@contextmanager
def engine_for(
    source: Any, settings: Settings
) -> Iterator[tuple[Engine, exp.Table, pa.Schema, str]]:
    """Open the engine of a run; give it with the table of its source, its columns and its label.

    Raises
    ------
    UsageError
        If the source is none of that engine's.
    InputError
        If it cannot be reached or read.
    """
    text = os.fspath(source) if isinstance(source, str | os.PathLike) else ""
    is_server = text.startswith(_SCHEMES)
    if settings.engine == "postgres":
        if not is_server:
            raise UsageError(
                f"The source is {text or type(source).__name__}, and the engine is postgres. "
                "Expected postgresql://user@host/database, and the table with --table."
            )
        name = settings.table or DEFAULT_TABLE
        with Postgres(text) as server:
            columns = server.columns(name)
            yield server, exp.to_table(name, dialect="postgres"), columns, f"{server.label}, {name}"
        return
    if not text or is_server:
        raise UsageError(
            f"The source is {'a server' if is_server else type(source).__name__}, and the engine "
            "is spark. Expected Parquet: a file, a folder, a glob, or an address that Spark knows."
        )
    if settings.table is not None:
        raise UsageError(
            f"--table is {settings.table}, and the engine is spark, which reads Parquet. Leave it "
            "out."
        )
    with Spark(settings.master, options=spark_options(settings, text)) as spark:
        spark.read_parquet(_ROWS, text)
        name = PurePosixPath(text).name or text
        yield spark, exp.to_table(f'"{_ROWS}"'), spark.columns(_ROWS), name


def spark_options(settings: Settings, source: str) -> dict[str, str]:
    """Return how Spark starts on this machine; a cluster has settings of its own."""
    if not settings.master.startswith("local"):
        return {}
    options = {
        "spark.driver.memory": f"{memory_of_engine(settings.memory) // 2**20}m",
        # what is read again from memory need not be divided as for hundreds of machines
        "spark.sql.shuffle.partitions": "16",
    }
    if _is_small(source):
        options["spark.driver.extraJavaOptions"] = _SHORT_WORK
        options["spark.sql.shuffle.partitions"] = "4"
    return options


_SHORT_WORK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Of a small source, compiling the best code takes Java longer than the work that it speeds up."""

SMALL_SOURCE_BYTES = 2**24
"""Of Parquet, some 800,000 events."""


def _is_small(source: str) -> bool:
    """Return whether a source is small files of this machine."""
    path = Path(source)
    files = path.rglob("*") if path.is_dir() else map(Path, glob(source))
    sizes = [file.stat().st_size for file in files if file.is_file()]
    return 0 < sum(sizes) < SMALL_SOURCE_BYTES
