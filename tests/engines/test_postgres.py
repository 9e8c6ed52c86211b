"""PostgreSQL as an engine: the same definition gives the same customers."""

import sys

import pytest
from engine_conformance import EngineConformance

from clustomer.engines import Postgres
from clustomer.errors import UsageError


class TestPostgres(EngineConformance):
    @pytest.fixture
    def engine(self, postgres: Postgres) -> Postgres:
        return postgres


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(UsageError, match=r"clustomer\[postgres\]"):
        Postgres("postgresql://127.0.0.1/none")
