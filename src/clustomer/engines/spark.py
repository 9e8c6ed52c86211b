"""Apache Spark as an engine: the same definitions on a laptop's cores or a cluster's."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from warnings import filterwarnings

import pyarrow as pa
from sqlglot import exp

from clustomer.engines.dialect import check, translate
from clustomer.engines.engine import Engine
from clustomer.errors import InputError, OutputError, UsageError, first_line
from clustomer.unfinished import remove_folder, sweep_folders, temporary_folder

_OF_A_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    # moments are UTC without a zone, in Arrow tables that are registered as well
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # what does not fit a type is an error, not NULL
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
    # rows that are together by customer need not move to be joined by customer and something else
    "spark.sql.requireAllClusterKeysForCoPartition": "false",
    # what follows from filters is derived from every name that a column had on its way, which takes
    # longer than the work, and fails where a constant of a union has become a checkpoint's column
    "spark.sql.constraintPropagation.enabled": "false",
}


_TO_STAY_TOGETHER = {
    # an adaptive plan does not tell by what its rows are together
    "spark.sql.adaptive.enabled": "false",
    # by other names of its columns than those that are kept, a plan tells it in vain
    "spark.sql.optimizer.excludedRules": (
        "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases"
    ),
}


class Spark(Engine):
    """A session of Apache Spark 4; needs the extra `spark`, and Java 17 or later.

    Tables are temporary views of a session of its own, kept in the memory of the executors and on
    their disks, and go with it. What the session that is given has under the same names stays.

    Parameters
    ----------
    master : str or pyspark.sql.SparkSession, default "local[2]"
        Where Spark is to run: `local[2]` for two cores of this machine, or the address of a
        cluster; Spark starts with the engine and stops on `close`. Or a session that there is,
        which goes on after `close`.
    options : mapping of str to str, optional
        Settings of Spark to start with, such as `spark.driver.memory`.

    Raises
    ------
    UsageError
        If the extra or Java is not installed, if Spark runs in this process already, or if
        options are given with a session.
    InputError
        If Spark does not start there.
    """

    dialect = "spark"

    def __init__(
        self, master: Any = "local[2]", *, options: Mapping[str, str] | None = None
    ) -> None:
        try:
            from pyspark import StorageLevel
        except ImportError as error:
            raise UsageError(
                "Spark needs the extra `spark`, which is not installed. "
                "Install it with: pip install 'clustomer[spark]'"
            ) from error
        self._level = StorageLevel.MEMORY_AND_DISK
        self._tables: dict[str, Any] = {}
        self._directory: Path | None = None
        if isinstance(master, str):
            self._directory = _folder_to_start()
            try:
                self.session: Any = _started(master, dict(options or {}), self._directory)
            except BaseException:
                remove_folder(self._directory)
                raise
        elif options:
            raise UsageError(
                "Settings for the start of Spark were given with a session, which runs already. "
                "Leave `options` out, or give a master such as local[2]."
            )
        else:
            self.session = master.newSession()
        for name, value in _OF_A_SESSION.items():
            self.session.conf.set(name, value)

    def query(self, select: exp.Expr) -> pa.Table:
        """Run a portable query and return its result."""
        with _in_our_words(), self._planned(select) as rows:
            return rows.toArrow()

    def create_table(self, name: str, select: exp.Expr, *, by: str | None = None) -> None:
        """Keep the result of a portable query as a temporary view, computed once.

        Rows that are together `by` a column (customers) are grouped by it without moving again.
        """
        with _in_our_words(), self._planned(select) as rows:
            if by is None:
                self._keep(name, rows)
                return
            with self._set(_TO_STAY_TOGETHER):
                self._keep(name, rows.repartition(_quoted(by)))

    def read_parquet(self, name: str, source: str) -> None:
        """Let queries read Parquet under a name: files, folders or globs that Spark can reach."""
        try:
            rows = self.session.read.parquet(source)
            rows.createOrReplaceTempView(_quoted(name))
        except Exception as error:
            raise InputError(
                f"Spark cannot read {source}: {first_line(error)} Expected Parquet files, or a "
                "folder of them, at an address that every executor can reach."
            ) from error

    def columns(self, table: str) -> pa.Schema:
        """Return the columns of a table and their types."""
        return self.session.table(_quoted(table)).limit(0).toArrow().schema

    def write_parquet(self, select: exp.Expr, folder: Path, *, by: str) -> None:
        """Write the result of a portable query as Parquet, a file for each partition.

        Every executor must see the folder, as on one machine or a shared file system.
        """
        with _in_our_words(), self._planned(select) as rows:
            written = rows.sortWithinPartitions(_quoted(by)).write
            written.option("compression", "zstd").parquet(folder.absolute().as_uri())
        # each run of Spark has names of its own
        for path in folder.iterdir():
            if not path.name.startswith("part-"):
                path.unlink()
        for number, path in enumerate(sorted(folder.iterdir())):
            path.rename(folder / f"part-{number:05}.parquet")

    def append(self, name: str, select: exp.Expr) -> None:
        """Add the result of a portable query to a table that `create_table` has made."""
        from pyspark.sql.functions import col

        before = self._tables[name]
        types = [col(_quoted(field.name)).cast(field.dataType) for field in before.schema]
        with _in_our_words(), self._planned(select) as rows:
            added = rows.toDF(*before.columns)
            self._keep(name, before.union(added.select(*types)))

    def drop(self, name: str) -> None:
        """Remove a table that `create_table` has made."""
        self.unregister(name)
        del self._tables[name]

    def register(self, name: str, table: Any) -> None:
        """Let queries read anything with `__arrow_c_stream__` under a name."""
        frame = self.session.createDataFrame(pa.table(table))
        frame.createOrReplaceTempView(_quoted(name))

    def unregister(self, name: str) -> None:
        """Forget what was registered."""
        self.session.sql(f"DROP VIEW {_quoted(name)}")

    def take_part(self, name: str, table: str, *, key: str, number: int, parts: int) -> None:
        """Keep the rows of a table whose key falls to one of several parts."""
        # by another hash than Spark's own partitions, of which each part would fill a few only
        rows = self.session.table(_quoted(table))
        with _in_our_words():
            self._keep(name, rows.where(f"PMOD(XXHASH64({_quoted(key)}), {parts}) = {number}"))

    @contextmanager
    def _planned(self, select: exp.Expr) -> Iterator[Any]:
        """Give the rows of a query, not computed yet; what it reads several times is kept.

        Spark would compute a common table expression once for each place that reads it.
        """
        query: Any = check(select).copy()
        kept = []
        try:
            for step in _read_several_times(query):
                name = f"step {next(_NUMBERS)}"
                self._keep(name, self.session.sql(translate(step.query, self.dialect)))
                kept.append(name)
                step.rename(name)
            if kept and not query.ctes:
                query.set("with_", None)
            yield self.session.sql(translate(query, self.dialect))
        finally:
            for name in kept:
                self.drop(name)

    @contextmanager
    def _set(self, options: Mapping[str, str]) -> Iterator[None]:
        """Set options of the session for a while."""
        before = {option: self.session.conf.get(option, None) for option in options}
        for option, value in options.items():
            self.session.conf.set(option, value)
        try:
            yield
        finally:
            for option, value in before.items():
                if value is None:
                    self.session.conf.unset(option)
                else:
                    self.session.conf.set(option, value)

    def _keep(self, name: str, rows: Any) -> None:
        """Compute rows and keep them under a name, in place of what was there."""
        # what is kept is a plan's end, too: plans over plans would be read anew for each query
        kept = rows.localCheckpoint(eager=True, storageLevel=self._level)
        kept.createOrReplaceTempView(_quoted(name))
        self._tables[name] = kept

    def close(self) -> None:
        """Free what is kept, and stop Spark if it started with this engine."""
        for name in list(self._tables):
            self.drop(name)
        if self._directory is not None:
            self.session.stop()
            remove_folder(self._directory)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Say what stopped Spark, and what to do."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        lines = _causes(str(error))
        if any(word in line for line in lines for word in _LACKING):
            raise OutputError(
                f"Spark has too little memory or room on disk: {lines[-1]} Give it more "
                "(spark.driver.memory and spark.executor.memory in spark-defaults.conf; "
                "SPARK_LOCAL_DIRS is where it spills), or more machines by --master."
            ) from error
        raise InputError(
            f"Spark stopped: {lines[-1]} Check that the source can be read to its end where Spark "
            "runs, that its executors are still there, and Spark's own log, which has the rest."
        ) from error


_LACKING = ("OutOfMemory", "Java heap space", "No space left", "GC overhead limit")


def _causes(text: str) -> list[str]:
    """Return what Java says, without the places in its code: the first cause comes last.

    >>> _causes("An error occurred.\\n: org.X: Job aborted\\n\\tat a.B\\nCaused by: java.Y: disk")
    ['org.X: Job aborted.', 'java.Y: disk.']
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    begin = (": ", "Caused by: ")
    causes = [
        line.removeprefix("Caused by: ").removeprefix(": ")
        for line in lines
        if line.startswith(begin)
    ]
    return [line.rstrip(".") + "." for line in causes or lines[:1] or ["no reason was given"]]


_NUMBERS = count(1)


@dataclass(frozen=True)
class _Step:
    """A part of a query that is read several times: what it computes, and who reads it."""

    query: exp.Select
    readers: list[exp.Table]

    def rename(self, name: str) -> None:
        """Let its readers read a table."""
        for reader in self.readers:
            alias = reader.alias or reader.name
            table = exp.to_table(_quoted(name), dialect="spark", alias=alias)
            reader.replace(table)


def _read_several_times(query: exp.Expr) -> Iterator[_Step]:
    """Take out of a query, one after the other, the parts that several others read.

    What only filters and renames the rows of a table is left: to read these again takes less than
    to keep them.
    """
    steps = list(query.ctes) if isinstance(query, exp.Query) else []
    for number, step in enumerate(steps):
        later = [other.this for other in steps[number + 1 :]]
        body = [part for name, part in query.args.items() if name != "with_" and part]
        readers = [
            table
            for part in (*later, *_expressions(body))
            for table in part.find_all(exp.Table)
            if table.name == step.alias and not table.db
        ]
        if len(readers) < 2 or step.this.find(*_WORK) is None:
            continue
        taken = step.this.copy()
        for other in steps[:number]:
            if other.parent is not None:
                taken = taken.with_(other.alias, as_=other.this.copy(), copy=False)
        yield _Step(taken, readers)
        step.pop()


_WORK = (exp.Group, exp.Join, exp.AggFunc, exp.Window, exp.Distinct, exp.Union)


def _expressions(parts: Iterable[Any]) -> Iterator[exp.Expr]:
    for part in parts:
        yield from (part if isinstance(part, list) else [part])


def _folder_to_start() -> Path:
    """Return the folder of a Spark that can start here."""
    from pyspark import SparkContext

    running = SparkContext._active_spark_context
    if running is not None:
        raise UsageError(
            f"Spark runs in this process already, at {running.master}, and can run only once. "
            "Give its session in place of a master, or stop it first."
        )
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home, "bin")) if home else None) is None:
        raise UsageError(
            f"Spark needs Java 17 or later, and there is none {f'in {home}' if home else 'here'}. "
            "Install it (on Debian: apt-get install default-jre-headless), or set JAVA_HOME to "
            "where it is."
        )
    sweep_folders("clustomer-")
    return temporary_folder("clustomer-")


def _started(master: str, options: dict[str, str], folder: Path) -> Any:
    """Start Spark, which keeps its files in a folder, and return its session."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.app.name": "clustomer",
        "spark.master": master,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    if master.startswith("local"):
        settings["spark.local.dir"] = str(folder / "spill")
        settings["spark.driver.host"] = settings["spark.driver.bindAddress"] = "127.0.0.1"
    # nothing here is given to pandas
    filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    builder = SparkSession.builder
    for name, value in (settings | options).items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise InputError(
            f"Spark does not start at {master}: {first_line(error)} Expected a master such as "
            "local[2] or spark://host:7077 that can be reached, and Java 17 or later."
        ) from error
    session.sparkContext.setLogLevel("ERROR")
    return session


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="spark")
