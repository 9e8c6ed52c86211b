"""Of how many members and others each name is true, by a checker apart from the names.

Runs three public files, where `CLUSTOMER_DATA` names their folder, and five simulated shops of two
seeds each, so that whatever was found is named: without tests of segments, or with `--tested` as a
run does it, segments that did not hold forced. The checker is that of `tests/insights/claims.py`:
plain loops over the rows of the results, which share no code with the names.

    CLUSTOMER_DATA=folder python benchmarks/names.py > names.md
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clustomer import Settings, StoredRun, run
from clustomer.simulate import simulate

TESTS = Path(__file__).parents[1] / "tests" / "insights"
PUBLIC = ("online_retail.parquet", "cdnow.txt", "rees46_2019-10-01.csv")
SHOPS = {
    "a shop of five months": {"days": 150},
    "a shop of a year": {"days": 365},
    "one kind of customer": {"days": 150, "structure": "none"},
    "tastes": {"days": 150, "tastes": True},
    "customers who change": {"days": 150, "migration": 0.5},
}
SEEDS = (1, 2)
EVENTS = 100_000


def sources(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of every log."""
    given = os.environ.get("CLUSTOMER_DATA")
    for name in PUBLIC if given else ():
        yield name, Path(str(given)) / name
    for label, options in SHOPS.items():
        for seed in SEEDS:
            path = folder / f"{label.replace(' ', '-')}-{seed}.parquet"
            simulate(path, events=EVENTS, random_state=seed, **options)  # type: ignore[arg-type]
            yield f"{label}, seed {seed}", path


def checked(path: Path, out: Path, settings: Settings) -> Iterator[tuple[str, int, float, float]]:
    """Yield each segment's name, its size, and of which share of it and of others that is true."""
    from claims import Shop, share_true  # type: ignore[import-not-found]

    run(path, out, settings=settings)
    stored = StoredRun.open(out)
    stages = getattr(stored.lifecycle, "table", None)
    rows = stored.customers.to_pylist()
    if stages is not None:
        for row, stage in zip(rows, stages["stage"].to_pylist(), strict=True):
            row["stage"] = stage
    segments = dict(
        zip(
            stored.segments["user_id"].to_pylist(),
            stored.segments["segment_id"].to_pylist(),
            strict=True,
        )
    )
    rows = [row for row in rows if segments[row["user_id"]] != "bots"]
    shop = Shop(rows, stored.window.days)
    for part in stored.manifest.segments:
        if part.segment_id in ("bots", "noise"):
            continue
        members = [row for row in rows if segments[row["user_id"]] == part.segment_id]
        others = [row for row in rows if segments[row["user_id"]] != part.segment_id]
        shares = (share_true(part.segment, people, shop) for people in (members, others))
        yield part.segment, len(members), *shares


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="logs whose name contains this")
    parser.add_argument("--tested", action="store_true", help="weigh and test, as a run does")
    given = parser.parse_args()
    settings = (
        Settings(force=True, keep_events=False, facets=("value",))
        if given.tested
        else Settings(certificates=False, keep_events=False, facets=())
    )
    sys.path.insert(0, str(TESTS))
    print("| Log | Name | Members | True of | Of others |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for number, (label, path) in enumerate(sources(Path(folder))):
            if given.only in label:
                for name, members, *shares in checked(path, Path(folder) / str(number), settings):
                    written = " | ".join(f"{share:.1%}" for share in shares)
                    print(f"| {label} | {name} | {members:,} | {written} |", flush=True)


if __name__ == "__main__":
    main()
