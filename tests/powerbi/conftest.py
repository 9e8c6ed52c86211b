"""A small shop with attributes that are awkward for Power BI, as a project of it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from clustomer.pipeline import Settings, run
from clustomer.powerbi import PowerBIProject, write_powerbi
from clustomer.simulate import simulate

AWKWARD = ("orders", "Café's [sum] #(lf)", "x" * 140, "STAGE")
"""Names of attributes: one is a feature's, one has what is syntax, one is too long."""


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("powerbi")
    simulate(folder / "shop.parquet", events=6_000, random_state=5)
    ids = pq.read_table(folder / "shop.parquet")["user_id"].drop_null().unique().sort().to_pylist()
    attributes = {"user_id": [str(user_id) for user_id in ids]}
    for name in AWKWARD:
        attributes[name] = [f"{name[:1]}{place % 3}" for place in range(len(ids))]
    pa_csv.write_csv(pa.table(attributes), folder / "known.csv")
    settings = Settings(
        k=3,
        k_range=(2, 3),
        certificates=False,
        currency="EUR",
        facets=("value",),
        attributes=str(folder / "known.csv"),
        horizon="30d",
    )
    run(folder / "shop.parquet", folder / "out", settings=settings)
    return folder / "out"


@pytest.fixture(scope="session")
def project(results: Path, tmp_path_factory: pytest.TempPathFactory) -> PowerBIProject:
    return write_powerbi(results, tmp_path_factory.mktemp("project") / "powerbi")
