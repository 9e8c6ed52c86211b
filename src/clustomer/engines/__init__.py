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
from clustomer.engines.duckdb import DuckDB, quoted
from clustomer.engines.postgres import Postgres, without_password

__all__ = [
    "DIALECTS",
    "PORTABLE",
    "DuckDB",
    "NotPortableError",
    "Postgres",
    "check",
    "literal",
    "parse",
    "quoted",
    "translate",
    "without_password",
]
