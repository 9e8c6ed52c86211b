"""A new engine costs its own module: this one does nothing but what `Engine` asks for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engine_conformance import EngineConformance
from sqlglot import exp

from clustomer.engines import Engine, quoted, translate


class Plain(Engine):
    dialect = "duckdb"

    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def query(self, select: exp.Expr) -> pa.Table:
        return self.connection.sql(translate(select)).to_arrow_table()

    def create_table(self, name: str, select: exp.Expr, *, by: str | None = None) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS {translate(select)}")

    def columns(self, table: str) -> pa.Schema:
        return self.connection.sql(f"FROM {quoted(table)} LIMIT 0").to_arrow_table().schema

    def write_parquet(self, select: exp.Expr, folder: Path, *, by: str) -> None:
        folder.mkdir(parents=True)
        pq.write_table(self.query(select).sort_by(by), folder / "part-00000.parquet")

    def append(self, name: str, select: exp.Expr) -> None:
        self.connection.execute(f"INSERT INTO {quoted(name)} {translate(select)}")

    def drop(self, name: str) -> None:
        self.connection.execute(f"DROP TABLE {quoted(name)}")

    def register(self, name: str, table: Any) -> None:
        self.connection.register(name, pa.table(table))

    def unregister(self, name: str) -> None:
        self.connection.unregister(name)

    def take_part(self, name: str, table: str, *, key: str, number: int, parts: int) -> None:
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM {quoted(table)} "
            f"WHERE HASH({quoted(key)}) % {parts} = {number}"
        )

    def close(self) -> None:
        self.connection.close()


class TestPlain(EngineConformance):
    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        with Plain() as opened:
            yield opened
