"""Engines run portable SQL and give Arrow tables."""

from clustomer.engines.dialect import (
    DIALECTS,
    PORTABLE,
    NotPortableError,
    check,
    literal,
    parse,
    translate,
)
from clustomer.engines.duckdb import DuckDB, query_tables, quoted
from clustomer.engines.engine import Engine
from clustomer.engines.memory import check_memory, memory_of_engine, memory_of_run
from clustomer.engines.postgres import Postgres, without_password
from clustomer.engines.spark import Spark

__all__ = [
    "DIALECTS",
    "PORTABLE",
    "DuckDB",
    "Engine",
    "NotPortableError",
    "Postgres",
    "Spark",
    "check",
    "check_memory",
    "literal",
    "memory_of_engine",
    "memory_of_run",
    "parse",
    "query_tables",
    "quoted",
    "translate",
    "without_password",
]
