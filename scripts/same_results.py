"""Whether two revisions of the program give the same results, byte for byte.

    python scripts/same_results.py BASE [--data FOLDER] [--only NAME] [--keep FOLDER]

For changes that are only structure. Runs the program as it stands here and as it is at the
revision BASE, with the packages installed here, on a small simulated shop in several ways, and
on the public files in FOLDER (or in the folder that CLUSTOMER_DATA names) where they are there.
Compares what is printed, the exit code, and every file; of the manifest all but the name of the
version, the packages and the hashes of files, which are compared themselves.
"""

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOG = "shop.db"
LEFT_OUT = frozenset({"version", "packages", "files"})
LONGEST_DIFFERENCE = 12


@dataclass(frozen=True)
class Case:
    """A run: its source, and what is asked of it."""

    name: str
    source: str
    options: tuple[str, ...] = ()


SIMULATED = (
    Case("plain", LOG, ("--currency", "EUR")),
    Case("everything", LOG, ("--force", "--compare", "--attributes", "shop.truth.csv")),
    Case("untested", LOG, ("--k", "4", "--no-certificates", "--window", "90d", "--no-events")),
    Case("rfm", LOG, ("--algorithm", "rfm")),
)
PUBLIC = (
    Case("rees46", "rees46_2019-10-01.csv"),
    Case("cdnow", "cdnow.txt", ("--cutoff", "1997-10-01", "--window", "273d")),
    Case("online_retail", "online_retail.parquet", ("--currency", "GBP")),
)


def main(arguments: list[str]) -> int:
    """Return 0 where all is the same; print every difference."""
    parser = argparse.ArgumentParser(
        description="Whether two revisions of the program give the same results."
    )
    parser.add_argument("base", help="the revision to compare with")
    parser.add_argument("--data", type=Path, default=os.environ.get("CLUSTOMER_DATA"))
    parser.add_argument("--only", action="append", help="the name of a case; may be repeated")
    parser.add_argument("--keep", type=Path, help="where to leave both results")
    parser.add_argument("--events", type=int, default=40_000, help="rows of the simulated log")
    given = parser.parse_args(arguments)
    folder = (given.keep or Path(tempfile.mkdtemp(prefix="clustomer-same-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with checked_out(given.base, folder / "revision") as base:
        run(base, folder, "simulate", LOG, "--events", str(given.events), "--quiet", "--overwrite")
        differences = 0
        for case in cases(given.data, given.only):
            for side, tree in (("before", base), ("after", ROOT)):
                done(case, tree, folder, folder / side / case.name, given.data)
            lines = compared(folder / "before" / case.name, folder / "after" / case.name)
            print(f"{case.name}: {'the same' if not lines else 'DIFFERENT'}", flush=True)
            print("".join(f"  {line}\n" for line in lines), end="", flush=True)
            differences += len(lines)
    if given.keep is None:
        shutil.rmtree(folder)
    return 1 if differences else 0


@contextmanager
def checked_out(revision: str, place: Path) -> Iterator[Path]:
    """Give the files of a revision, in a work tree of their own while the context lasts."""

    def git(*words: str) -> None:
        subprocess.run(["git", "worktree", *words], cwd=ROOT, check=True, capture_output=True)

    git("add", "--detach", "--force", str(place), revision)
    try:
        yield place
    finally:
        git("remove", "--force", str(place))


def cases(data: Path | None, only: list[str] | None) -> Iterator[Case]:
    for case in (*SIMULATED, *PUBLIC):
        if only and case.name not in only:
            continue
        if case in PUBLIC and (data is None or not (Path(data) / case.source).is_file()):
            print(f"{case.name}: left out, its file is not here; name the folder with --data")
            continue
        yield case


def run(tree: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Call the command line of a tree, from a folder."""
    return subprocess.run(
        [sys.executable, "-m", "clustomer", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def done(case: Case, tree: Path, folder: Path, out: Path, data: Path | None) -> None:
    """Run a case, and put its version and what it printed into a folder."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    source = str(Path(data) / case.source) if data and case in PUBLIC else case.source
    # both sides read and write at the same places, which are named in what is printed
    finished = run(tree, folder, "run", source, "--out", results.name, *case.options)
    (out / "printed.txt").write_text(f"{finished.stdout}\nexit code {finished.returncode}\n")
    if finished.returncode not in (0, 5):
        print(f"{case.name} ends with {finished.returncode}: {finished.stderr}")
        return
    shutil.copytree((results / "latest").resolve(), out / "version")
    shutil.rmtree(results)


def compared(before: Path, after: Path) -> list[str]:
    """Return what differs between two folders, a line each."""
    old, new = files(before), files(after)
    lines = [f"only before: {name}" for name in sorted(old.keys() - new.keys())]
    lines += [f"only after: {name}" for name in sorted(new.keys() - old.keys())]
    for name in sorted(old.keys() & new.keys()):
        if name == "version/run.json":
            lines += differing(json.loads(old[name]), json.loads(new[name]))
        elif old[name] != new[name]:
            lines += [f"{name} differs", *first_lines(old[name], new[name])]
    return lines


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the manifest's keys with other values, one level deep."""
    before, after = (
        {
            (key, inner): inside
            for key, value in manifest.items()
            if key not in LEFT_OUT
            for inner, inside in (value.items() if isinstance(value, dict) else [("", value)])
        }
        for manifest in (old, new)
    )
    return [
        f"run.json: {'.'.join(filter(None, key))}: {before.get(key, 'none')} -> "
        f"{after.get(key, 'none')}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key, ...) != after.get(key, ...)
    ]


def first_lines(old: bytes, new: bytes) -> list[str]:
    try:
        before, after = old.decode().splitlines(), new.decode().splitlines()
    except UnicodeDecodeError:
        return []
    lines = [
        line[:160]
        for line in difflib.unified_diff(before, after, n=0, lineterm="")
        if line[:3] not in ("---", "+++") and line[:2] != "@@"
    ]
    more = len(lines) - LONGEST_DIFFERENCE
    return lines[:LONGEST_DIFFERENCE] + ([f"... and {more} more"] if more > 0 else [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
