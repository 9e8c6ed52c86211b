"""A small simulated shop and its results, as they are scored."""

from pathlib import Path

import pytest

from clustomer.pipeline import run
from clustomer.settings import Settings
from clustomer.simulate import simulate

QUICK = {"k_range": (2, 3), "certificates": False, "facets": ("value",), "currency": "EUR"}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scored") / "shop.parquet"
    simulate(path, events=4_000, random_state=5)
    return path


@pytest.fixture(scope="session")
def results(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scored-results")
    run(shop, out, settings=Settings(k=3, **QUICK))
    return out
