"""Parse and run the dbt package on dbt-duckdb and dbt-postgres; compare the segments.

    python scripts/check_dbt.py [duckdb] [postgres]

Needs a network for the first time: dbt is installed beside the project, in `.dbt`. PostgreSQL is
started for it from Debian's package, on loopback.
"""

import math
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import clustomer
import local_postgres
from clustomer.engines import Postgres
from clustomer.pipeline import run
from clustomer.scoring import write_dbt_package
from clustomer.settings import Settings
from clustomer.simulate import simulate

ENVIRONMENT = Path(__file__).parents[1] / ".dbt"
# later ones fetch a parser that no package registry holds
PACKAGES = ("dbt-core>=1.10,<1.11", "dbt-duckdb", "dbt-postgres")
PROFILE = """\
check:
  target: dev
  outputs:
    dev:
"""
PROJECT = """\
name: check
version: "1.0.0"
config-version: 2
profile: check
vars:
  clustomer_segments:
    clustomer_events: {events}
"""
COLUMNS = ("user_id", "segment_id", "segment", "cluster", "distance", "border_distance")


def dbt() -> Path:
    """Return the program, installed where it is not yet."""
    program = ENVIRONMENT / "bin" / "dbt"
    if not any(ENVIRONMENT.glob("lib/*/site-packages/dbt/adapters/postgres")):
        began = time.perf_counter()
        venv.create(ENVIRONMENT, with_pip=True)
        install = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", *PACKAGES]
        subprocess.run(install, check=True)
        print(f"dbt installed in {time.perf_counter() - began:.0f} s")
    return program


def main() -> None:
    """Run the package on the clean events of a simulated shop."""
    program = dbt()
    wanted = sys.argv[1:] or ["duckdb", "postgres"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder / "shop.parquet", events=20_000, random_state=1)
        settings = Settings(k=3, certificates=False, facets=("value",))
        run(folder / "shop.parquet", folder / "results", settings=settings)
        stored = clustomer.StoredRun.open(folder / "results")
        if "duckdb" in wanted:
            check_duckdb(program, folder / "on-duckdb", stored)
        if "postgres" in wanted:
            bin_folder = local_postgres.installed()
            if bin_folder is None:
                sys.exit("PostgreSQL is not installed. On Debian: apt-get install postgresql")
            with local_postgres.postgres_server(bin_folder) as port:
                check_postgres(program, folder / "on-postgres", stored, port)


def check_duckdb(program: Path, folder: Path, stored: clustomer.StoredRun) -> None:
    """Build the package in a file of DuckDB: every value is that of the run."""
    folder.mkdir()
    warehouse = folder / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        files = [str(path) for path in stored.event_files]
        connection.execute("CREATE TABLE clean_events AS FROM READ_PARQUET(?)", [files])
    build(program, folder, stored, "duckdb", {"path": str(warehouse)}, "clean_events")
    with duckdb.connect(str(warehouse)) as connection:
        built = connection.execute("FROM customer_segments ORDER BY user_id").fetchall()
    compare("duckdb", stored, built, lambda a, b: bool(a == b))


def check_postgres(program: Path, folder: Path, stored: clustomer.StoredRun, port: int) -> None:
    """Build the package on a server: every segment is that of the run, distances to 1e-9."""
    folder.mkdir()
    with Postgres(f"postgresql://clustomer@127.0.0.1:{port}/postgres") as server:
        events = pa.concat_tables([pq.read_table(path) for path in stored.event_files])
        server.register("arrived", events)
        server.rows("CREATE TABLE public.clean_events AS SELECT * FROM arrived")
        target = {
            "host": "127.0.0.1",
            "port": port,
            "user": "clustomer",
            "password": "none",
            "dbname": "postgres",
            "schema": "marts",
            "threads": 1,
        }
        build(program, folder, stored, "postgres", target, "public.clean_events")
        columns = ", ".join(COLUMNS)
        built = server.rows(
            f"SELECT {columns} FROM marts.customer_segments ORDER BY user_id"  # noqa: S608
        )
    compare("postgres", stored, built, alike)


def build(
    program: Path,
    folder: Path,
    stored: clustomer.StoredRun,
    kind: str,
    target: dict[str, Any],
    events: str,
) -> None:
    """Use the package in a project of its own."""
    write_dbt_package(stored.path, folder / "package", kind, clean=True)
    lines = [f"      {name}: {value}\n" for name, value in {"type": kind, **target}.items()]
    (folder / "profiles.yml").write_text(PROFILE + "".join(lines), encoding="utf-8")
    project = PROJECT.format(events=events)
    (folder / "dbt_project.yml").write_text(project, encoding="utf-8")
    (folder / "packages.yml").write_text("packages:\n  - local: package\n", encoding="utf-8")
    for command in ("deps", "parse", "build"):
        where = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
        arguments = [str(program), "--quiet", command, *where]
        began = time.perf_counter()
        done = subprocess.run(arguments, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{kind}: dbt {command} failed:\n{done.stdout}{done.stderr}")
        print(f"{kind}: dbt {command}: done in {time.perf_counter() - began:.1f} s")


def alike(one: Any, other: Any) -> bool:
    """Return whether two values are the same, doubles to nine digits."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def compare(
    kind: str,
    stored: clustomer.StoredRun,
    built: list[tuple[Any, ...]],
    same: Callable[[Any, Any], bool],
) -> None:
    """Stop where a customer is not as the run published it."""
    published = [tuple(row.values()) for row in stored.segments.select(COLUMNS).to_pylist()]
    if len(built) != len(published):
        sys.exit(f"{kind}: {len(built):,} customers, expected {len(published):,}.")
    for made, expected in zip(built, published, strict=True):
        if not all(same(a, b) for a, b in zip(made, expected, strict=True)):
            sys.exit(f"{kind}: dbt made {made}, expected {expected}.")
    print(f"{kind}: {len(built):,} customers are in the segments of the run.")


if __name__ == "__main__":
    main()
