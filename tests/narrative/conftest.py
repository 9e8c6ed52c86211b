"""Results with five segments, of which narratives are written."""

from pathlib import Path

import pytest

from clustomer.narrative import Catalogue, catalogue_of
from clustomer.pipeline import Settings, run
from clustomer.simulate import simulate
from clustomer.versions import StoredRun


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("narrative")
    simulate(folder / "shop.parquet", events=6_000, random_state=5)
    settings = Settings(
        k=3,
        k_range=(2, 3),
        certificates=False,
        keep_events=False,
        currency="EUR",
        facets=("value",),
    )
    run(folder / "shop.parquet", folder / "out", settings=settings)
    return folder / "out"


@pytest.fixture(scope="session")
def catalogue(results: Path) -> Catalogue:
    return catalogue_of(StoredRun.open(results))
