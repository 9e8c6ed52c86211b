"""Apache Spark as an engine: the same definitions on a laptop's cores or a cluster's."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from clustomer.engines.dialect import translate
from clustomer.engines.engine import Engine
from clustomer.errors import InputError, UsageError, first_line
from clustomer.unfinished import remove_folder, sweep_folders, temporary_folder

_OF_A_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    # moments are UTC without a zone, in Arrow tables that are registered as well
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # what does not fit a type is an error, not NULL
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
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
        return self._planned(select).toArrow()

    def create_table(self, name: str, select: exp.Expr) -> None:
        """Keep the result of a portable query as a temporary view, computed once."""
        self._keep(name, self._planned(select))

    def append(self, name: str, select: exp.Expr) -> None:
        """Add the result of a portable query to a table that `create_table` has made."""
        from pyspark.sql.functions import col

        before = self._tables[name]
        added = self._planned(select).toDF(*before.columns)
        types = [col(_quoted(field.name)).cast(field.dataType) for field in before.schema]
        self._keep(name, before.union(added.select(*types)))

    def drop(self, name: str) -> None:
        """Remove a table that `create_table` has made."""
        self.unregister(name)
        self._tables.pop(name).unpersist()

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
        self._keep(name, rows.where(f"PMOD(XXHASH64({_quoted(key)}), {parts}) = {number}"))

    def _planned(self, select: exp.Expr) -> Any:
        return self.session.sql(translate(select, self.dialect))

    def _keep(self, name: str, rows: Any) -> None:
        """Compute rows and keep them under a name, in place of what was there."""
        rows.persist(self._level)
        try:
            rows.count()
        except BaseException:
            rows.unpersist()
            raise
        before = self._tables.get(name)
        rows.createOrReplaceTempView(_quoted(name))
        self._tables[name] = rows
        if before is not None:
            before.unpersist()

    def close(self) -> None:
        """Free what is kept, and stop Spark if it started with this engine."""
        for name in list(self._tables):
            self.drop(name)
        if self._directory is not None:
            self.session.stop()
            remove_folder(self._directory)


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
