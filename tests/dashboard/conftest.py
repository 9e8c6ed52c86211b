"""A small shop with attributes, segmented once, and its pages prepared once."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from clustomer.dashboard.access import Access, write_access
from clustomer.dashboard.customers import Customers
from clustomer.dashboard.prepared import prepare
from clustomer.dashboard.serving import FOLDER
from clustomer.pipeline import Settings, run
from clustomer.simulate import simulate
from clustomer.versions import StoredRun

HOSTILE = "<img src=x onerror=alert(1)> :smile: [x](javascript:y)"
"""A country of customers that would be something else, if it were not escaped."""


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dashboard")
    simulate(folder / "shop.parquet", events=6_000, random_state=5)
    ids = pq.read_table(folder / "shop.parquet")["user_id"].drop_null().unique().sort().to_pylist()
    countries = ["France", "Spain", HOSTILE]
    attributes = {
        "user_id": [str(user_id) for user_id in ids],
        "country": [countries[place % 3] for place in range(len(ids))],
    }
    pa_csv.write_csv(pa.table(attributes), folder / "known.csv")
    settings = Settings(
        k=3,
        k_range=(2, 3),
        certificates=False,
        currency="EUR",
        facets=("value",),
        attributes=str(folder / "known.csv"),
    )
    run(
        folder / "shop.parquet",
        folder / "out",
        settings=settings,
    )
    return folder / "out"


@pytest.fixture(scope="session")
def prepared(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(str(results), str(folder))
    write_access(folder, Access())
    return folder


@pytest.fixture
def opened(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER, str(prepared))
    return prepared


@pytest.fixture(scope="session")
def customers(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Customers:
    return Customers(StoredRun.open(results), tmp_path_factory.mktemp("spill"))


@pytest.fixture(scope="session")
def hostile() -> str:
    return HOSTILE
