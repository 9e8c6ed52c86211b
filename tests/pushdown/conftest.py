"""A small typed shop, and what the embedded engine makes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

import clustomer
from clustomer import lanes
from clustomer.engines import Engine
from clustomer.pipeline import run
from clustomer.settings import Settings
from clustomer.simulate import simulate
from clustomer.versions import StoredRun

QUICK: dict[str, Any] = {"certificates": False, "facets": ("value",), "k": 3, "currency": "EUR"}

TYPED = """
    COPY (
        SELECT TRY_CAST(REPLACE(event_time, ' UTC', '') AS TIMESTAMP) AS event_time, event_type,
            product_id, category_id, category_code, brand,
            TRY_CAST(price AS DECIMAL(18, 4)) AS price, TRY_CAST(user_id AS BIGINT) AS user_id,
            user_session
        FROM READ_PARQUET('{}')
        UNION ALL BY NAME
        -- an order that was sent twice, what no table of a shop should hold, and what is far away
        SELECT * FROM (VALUES
            (TIMESTAMP '2020-01-03 10:00:00', 'purchase', 'p1', 5.0, 77, 's1', 'o1'),
            (TIMESTAMP '2020-01-03 10:00:00', 'purchase', 'p2', 6.0, 77, 's1', 'o1'),
            (TIMESTAMP '2020-01-04 11:30:00', 'purchase', 'p2', 6.0, 77, 's1', 'o1'),
            (TIMESTAMP '2020-01-04 11:30:00', 'purchase', 'p1', 5.0, 77, 's1', 'o1'),
            (TIMESTAMP '2020-01-05 10:00:00', 'return', 'p1', 5.0, 77, 's2', 'o2'),
            (TIMESTAMP '2020-01-05 10:00:01', 'View', ' p1 ', 5.0, 77, ' ', 'n/a'),
            (TIMESTAMP '2020-01-05 10:00:02', 'purchase', 'p1', 2e12, 77, 's3', 'o4'),
            (TIMESTAMP '2020-01-05 10:00:03', 'purchase', 'p1', -1.0, 77, 's3', 'o5'),
            (TIMESTAMP '1999-01-05 10:00:03', 'view', 'p1', 1.0, 77, 's3', NULL),
            (TIMESTAMP '1970-01-05 10:00:03', 'view', 'p1', 1.0, 77, 's3', NULL),
            (TIMESTAMP '2020-01-06 10:00:03', 'wish', 'p1', 1.0, 77, 's3', NULL)
        ) AS t(event_time, event_type, product_id, price, user_id, user_session, order_id)
    ) TO '{}' (FORMAT parquet)
"""


@dataclass(frozen=True)
class Embedded:
    source: Path
    stored: StoredRun


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    folder = tmp_path_factory.mktemp("typed")
    simulate(folder / "shop.parquet", events=4_000, random_state=5)
    source = folder / "typed.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(TYPED.format(folder / "shop.parquet", source))
    run(source, folder / "results", settings=Settings(**QUICK))
    return Embedded(source, clustomer.StoredRun.open(folder / "results"))


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a run push down to an engine that is open, over a table of it."""

    def use(engine: Engine, table: Any, label: str) -> None:
        @contextmanager
        def opened(source: Any, settings: Settings) -> Iterator[Any]:
            yield engine, table, engine.columns(table.name), label

        monkeypatch.setattr(lanes, "engine_for", opened)

    return use
