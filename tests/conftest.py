"""What several rooms' tests share: engines, small logs, the public data sets."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pyarrow as pa
import pytest

import local_postgres
from clustomer.engines import DuckDB, Postgres, Spark

# a machine that has other work, too, is slow and not wrong
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

DATA = Path(__file__).parents[2] / "shared" / "data"
"""Public data sets for developing; they are no part of the project."""

WHOLE_RUNS = ("proofs", "pipeline", "cli", "docs", "certificates")
"""Rooms whose tests take longest; they come first, so that both workers end at the same time."""

DRAWING = ("outputs",)
"""Rooms whose tests are about pictures."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    first = {folder / room for room in WHOLE_RUNS}
    items.sort(key=lambda item: not first & set(item.path.parents))


def skip_or_fail(reason: str) -> None:
    """Skip a test for what the machine lacks; in CI nothing may lack."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI must have it)")
    pytest.skip(reason)


@pytest.fixture
def lacking() -> Callable[[str], None]:
    """Say what the machine lacks for a test."""
    return skip_or_fail


@pytest.fixture
def data() -> Callable[[str], Path]:
    def find(name: str) -> Path:
        if not DATA.is_dir():
            pytest.skip("the folder with the public data sets is not here")
        return DATA / name

    return find


class DrawnOnce:
    """The drawing engine, which is asked for each picture once in all tests.

    To draw its pictures is a fifth of a small run, and tests run, rename and verify the same
    shops again and again. Who looks at pictures gets the engine itself: that the same chart gives
    the same bytes, whatever was drawn before and in whichever process, is tested in `outputs`.
    """

    def __init__(self, engine: Any, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def vegalite_to_svg(self, chart: Any, **settings: Any) -> str:
        return self._once("vegalite_to_svg", chart, settings).decode()

    def svg_to_png(self, svg: str, **settings: Any) -> bytes:
        return self._once("svg_to_png", svg, settings)

    def _once(self, function: str, picture: Any, settings: dict[str, Any]) -> bytes:
        key = json.dumps([function, picture, settings], default=repr)
        path = self._folder / hashlib.sha256(key.encode()).hexdigest()
        if not path.exists():
            drawn = getattr(self._engine, function)(picture, **settings)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(drawn.encode() if isinstance(drawn, str) else drawn)
            Path(file.name).rename(path)
        return path.read_bytes()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests, the same one for all of its processes."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder


@pytest.fixture(scope="module", autouse=True)
def pictures_drawn_once(request: pytest.FixtureRequest, shared_folder: Path) -> Iterator[None]:
    if request.path.parent.name in DRAWING:
        yield
        return
    from clustomer.outputs.charts import figure

    with pytest.MonkeyPatch.context() as patch:
        drawn_once = DrawnOnce(figure.vl_convert, shared_folder / "pictures")
        patch.setattr(figure, "vl_convert", drawn_once)
        yield


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    with DuckDB(threads=2) as engine:
        yield engine


@pytest.fixture
def log() -> Callable[..., pa.Table]:
    """Build a small log from rows; columns that a row does not name are empty."""

    def build(*rows: dict[str, Any]) -> pa.Table:
        names = list(dict.fromkeys(name for row in rows for name in row))
        return pa.table({name: [row.get(name) for row in rows] for name in names})

    return build


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of the tests' own on loopback; gives its address."""
    bin_folder = local_postgres.installed()
    if bin_folder is None:
        skip_or_fail("PostgreSQL is not installed")
    assert bin_folder is not None
    with local_postgres.postgres_server(bin_folder) as port:
        yield f"postgresql://clustomer@127.0.0.1:{port}/postgres"


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Postgres]:
    with Postgres(postgres_server) as server:
        yield server


@pytest.fixture(scope="session")
def spark() -> Iterator[Spark]:
    """Spark on two cores, with little to compile: what it is to plan here has few rows.

    One for all rooms, since to start it takes longer than most that is asked of it.
    """
    if shutil.which("java") is None:
        skip_or_fail("Java is not installed")
    options = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
    }
    with Spark("local[2]", options=options) as engine:
        yield engine
