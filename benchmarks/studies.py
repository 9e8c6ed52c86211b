"""Studies of many draws, each restartable; what they gave stands in benchmarks/studies/.

    python benchmarks/studies.py [--only planted,cdnow] [--anew]

A study is a list of draws, and a draw one command. What a draw printed is added to the study's
file as soon as it is over, with the command, the date and the revision, so that a study that was
stopped goes on where it stood. `--anew` draws all again. Tests run a few draws of each.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facet_worlds import WORLDS as FACET_WORLDS
from one_kind import DESIGNS
from worlds import WORLDS

HERE = Path(__file__).parent
RESULTS = HERE / "studies"
SEEDS = 10


@dataclass(frozen=True)
class Study:
    """Draws by name, and the command of each; `needs` is an environment variable."""

    name: str
    draws: dict[str, tuple[str, ...]]
    needs: str | None = None


STUDIES = (
    Study(
        "planted",
        {name: ("planted.py", "--only", name, "--seeds", str(SEEDS)) for name in sorted(WORLDS)},
    ),
    Study(
        "one_kind",
        {
            f"{name}, seed {seed}": ("one_kind.py", "--run", name, "--seed", str(seed))
            for seed in range(3)
            for name in DESIGNS
        },
    ),
    Study(
        "tastes",
        {
            f"shops {first} to {first + 24}": (
                "taste_worlds.py",
                *("--draws", "25", "--first", str(first)),
            )
            for first in range(0, 100, 25)
        },
    ),
    Study(
        "levers",
        {
            f"pairs {first} to {first + 9}": (
                "revenue_change.py",
                *("--draws", "10", "--first", str(first)),
            )
            for first in range(0, 100, 10)
        },
    ),
    Study(
        "december",
        {
            f"shops {first} to {first + 9}": (
                "december.py",
                *("--draws", "10", "--first", str(first)),
            )
            for first in range(0, 100, 10)
        },
    ),
    Study(
        "size",
        {
            f"{millions} million events": ("size.py", "--millions", str(millions))
            for millions in (10, 30, 100)
        },
    ),
    Study(
        "facets",
        {
            f"{world.name}, seed {seed}": (
                *("facets.py", "--only", world.name, "--first", str(seed), "--seeds", "1"),
            )
            for seed in range(5)
            for world in FACET_WORLDS
        },
    ),
    Study("million", {"shop of make demo": ("planted.py", "--million")}),
    Study(
        "contest",
        {shop: ("cdnow.py", "--shops", shop) for shop in ("cdnow", "online_retail")},
        needs="CLUSTOMER_DATA",
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run what is left of the studies; return 1 where a draw fails."""
    parser = argparse.ArgumentParser(description="Run studies of many draws.")
    parser.add_argument("--only", help="names of studies, separated by commas")
    parser.add_argument("--anew", action="store_true", help="draw again what was drawn")
    given = parser.parse_args(arguments)
    failed = 0
    for study in STUDIES:
        if given.only and study.name not in given.only.split(","):
            continue
        if study.needs and study.needs not in os.environ:
            print(f"{study.name}: left out; set {study.needs} (see docs/how-to/public-data.md)")
            continue
        path = RESULTS / f"{study.name}.jsonl"
        if given.anew:
            path.unlink(missing_ok=True)
        failed += run(study, path)
    return 1 if failed else 0


def run(study: Study, path: Path) -> int:
    """Run the draws that a study's file does not hold; return how many failed."""
    path.parent.mkdir(exist_ok=True)
    left = list(remaining(study, path))
    print(
        f"{study.name}: {len(study.draws) - len(left)} draws there, {len(left)} to do", flush=True
    )
    failed = 0
    for draw in left:
        command = study.draws[draw]
        begin = time.monotonic()
        done = subprocess.run(
            [sys.executable, *command], cwd=HERE, capture_output=True, text=True, check=False
        )
        failed += done.returncode != 0
        entry = {
            "draw": draw,
            "command": "python " + " ".join(command),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "revision": revision(),
            "seconds": round(time.monotonic() - begin, 1),
            "exit_code": done.returncode,
            "printed": done.stdout.splitlines() or done.stderr.splitlines()[-3:],
        }
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        print(f"  {draw}: exit code {done.returncode}, {entry['seconds']} s", flush=True)
    return failed


def remaining(study: Study, path: Path) -> Iterator[str]:
    """Give the draws that are not in a study's file, or are there by another command."""
    there = set()
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            there.add((entry["draw"], entry["command"]))
    for draw, command in study.draws.items():
        if (draw, "python " + " ".join(command)) not in there:
            yield draw


def revision() -> str:
    """Return the revision of the program, with a plus where files were changed since."""
    words = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(
        words, cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
