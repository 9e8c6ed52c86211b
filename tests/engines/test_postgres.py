"""PostgreSQL as an engine: the same definition gives the same customers."""

import sys

import pytest
from engine_conformance import EngineConformance

from clustomer.engines import Postgres, parse
from clustomer.errors import InputError, UsageError


class TestPostgres(EngineConformance):
    @pytest.fixture
    def engine(self, postgres: Postgres) -> Postgres:
        return postgres

    def test_what_stops_the_server_is_said(self, engine: Postgres) -> None:
        slow = "SELECT COUNT(*) AS n FROM GENERATE_SERIES(1, 100000000)"
        engine.rows(f"CREATE TEMPORARY VIEW slow AS {slow}")
        engine.rows("SET statement_timeout = 50")
        try:
            with pytest.raises(
                InputError, match=r"the server stopped: .*timeout.* room for about three times"
            ):
                engine.create_table("kept", parse("SELECT n FROM slow"))
        finally:
            engine.rows("RESET statement_timeout")
            engine.rows("DROP VIEW slow")


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(UsageError, match=r"clustomer\[postgres\]"):
        Postgres("postgresql://127.0.0.1/none")
