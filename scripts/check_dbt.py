"""Parse and run the dbt package on dbt-duckdb, in an environment of its own; compare the segments.

    python scripts/check_dbt.py

Needs a network for the first time: dbt is installed beside the project, in `.dbt`.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import duckdb

import clustomer
from clustomer.pipeline import run
from clustomer.scoring import write_dbt_package
from clustomer.settings import Settings
from clustomer.simulate import simulate

ENVIRONMENT = Path(__file__).parents[1] / ".dbt"
PROFILES = """\
check:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: {path}
"""
PROJECT = """\
name: check
version: "1.0.0"
config-version: 2
profile: check
vars:
  clustomer_segments:
    clustomer_events: clean_events
"""


def dbt() -> Path:
    """Return the program, installed where it is not yet."""
    program = ENVIRONMENT / "bin" / "dbt"
    if not program.is_file():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run(
            # later ones fetch a parser that no package registry holds
            [
                str(ENVIRONMENT / "bin" / "pip"),
                "install",
                "--quiet",
                "dbt-core>=1.10,<1.11",
                "dbt-duckdb",
            ],
            check=True,
        )
    return program


def main() -> None:
    """Run the package on the clean events of a simulated shop."""
    program = dbt()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder / "shop.parquet", events=20_000, random_state=1)
        run(
            folder / "shop.parquet",
            folder / "results",
            settings=Settings(k=3, certificates=False, facets=("value",)),
        )
        stored = clustomer.StoredRun.open(folder / "results")
        write_dbt_package(folder / "results", folder / "package", clean=True)
        warehouse = folder / "warehouse.duckdb"
        with duckdb.connect(str(warehouse)) as connection:
            files = [str(path) for path in stored.event_files]
            connection.execute("CREATE TABLE clean_events AS FROM READ_PARQUET(?)", [files])
        (folder / "profiles.yml").write_text(PROFILES.format(path=warehouse), encoding="utf-8")
        (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
        (folder / "packages.yml").write_text("packages:\n  - local: package\n", encoding="utf-8")
        for command in ("deps", "parse", "build"):
            where = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
            arguments = [str(program), "--quiet", command, *where]
            done = subprocess.run(arguments, check=False, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"dbt {command} failed:\n{done.stdout}{done.stderr}")
            print(f"dbt {command}: done{done.stdout.rstrip() and ': ' + done.stdout.rstrip()}")
        with duckdb.connect(str(warehouse)) as connection:
            built = connection.execute("FROM customer_segments ORDER BY user_id").fetchall()
        columns = ["user_id", "segment_id", "segment", "cluster", "distance", "border_distance"]
        published = [tuple(row.values()) for row in stored.segments.select(columns).to_pylist()]
        if built != published:
            sys.exit("The segments that dbt made are not those of the run.")
        print(f"{len(built):,} customers are in the segments of the run.")


if __name__ == "__main__":
    main()
