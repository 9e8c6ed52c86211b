"""Verification: does what a version states still follow from its files?"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.insights import Fact, Facts, verify_facts
from clustomer.insights.facts.verification import verify_tables
from clustomer.versions.contract import MANIFEST
from clustomer.versions.manifest import file_hash
from clustomer.versions.reading import StoredRun


@dataclass(frozen=True)
class Difference:
    """Something that a version states and that its files do not bear out.

    `place` is a file of the version, the id of a fact, or the way through a file. `recomputed`
    is None where there is nothing to state: the file is missing, or the data define no value.
    "report" is the kind of what a report shows otherwise than the tables say, and "rerun" that of
    what did not come out when the run was made again.
    """

    kind: Literal["file", "fact", "manifest", "report", "rerun"]
    place: str
    stated: Any
    recomputed: Any


@dataclass(frozen=True)
class Rerun:
    """How much of a version was made again from its events.

    Attributes
    ----------
    values : int
        Compared with what is stored.
    packages : mapping of a package to its version in the run and today's, where they differ
        Other versions may give other results.
    lost : tuple of ids of facts
        Those that nothing but a rerun can make again, where the run kept no events.
    """

    values: int
    packages: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What was checked in a version, and what does not hold.

    `reports` tells how the reports were compared: written and drawn "again" from the tables; their
    "numbers" with the facts alone, where other versions of `writers` (package: version) wrote
    them; or "not", since the tables do not hold themselves. `rerun` is None where the run was not
    made again, as it was not asked for or could not be.
    """

    results: str
    version: str
    files: int
    facts: int
    differences: tuple[Difference, ...]
    reports: Literal["again", "numbers", "not"] = "not"
    writers: Mapping[str, str | None] = field(default_factory=dict)
    rerun: Rerun | None = None

    @property
    def holds(self) -> bool:
        """Whether everything came out as it is stated."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {**asdict(self), "holds": self.holds}


def verify_stated(results: str | os.PathLike[str]) -> Verification:
    """Check hashes, facts and manifest of a version, the part of `verify` that runs nothing."""
    stored = StoredRun.open(results)
    differences = [*_files(stored)]
    for check in (_facts, _manifest, _population):
        try:
            differences += check(stored)
        except InputError as error:
            # a damaged file may be beyond reading
            differences.append(Difference("file", str(stored.path), "readable files", str(error)))
    return Verification(
        str(stored.path),
        stored.manifest.version,
        len(stored.manifest.files),
        _count_facts(stored),
        tuple(dict.fromkeys(differences)),
    )


def _count_facts(stored: StoredRun) -> int:
    try:
        return len(stored.facts)
    except InputError:
        return 0


def _files(stored: StoredRun) -> Iterator[Difference]:
    for name in stored.results.damaged():
        path = stored.path / name
        present = None
        if path.is_file() and os.access(path, os.R_OK):
            present = file_hash(path)
        yield Difference("file", name, stored.manifest.files[name], present)


def _facts(stored: StoredRun) -> list[Difference]:
    return [
        Difference("fact", mismatch.id, mismatch.stated, mismatch.recomputed)
        for mismatch in verify_facts(stored.path)
    ]


def _manifest(stored: StoredRun) -> list[Difference]:
    """Compare what the manifest states, which no hash guards, with the other files."""
    manifest, certificates = stored.manifest, stored.certificates
    rows = dict.fromkeys(("kept", "rejected"), 0)
    for step in stored.cleaning.to_pylist():
        if step["action"] in rows:
            rows[step["action"]] += step["rows"]
    stated_and_present = {
        "customers": (manifest.customers, stored.customers.num_rows),
        "k": (manifest.k, stored.model.selection.k),
        "verdict": (
            manifest.verdict,
            "not tested" if certificates is None else certificates.verdict,
        ),
        "rows/input": (manifest.rows.get("input"), rows["kept"] + rows["rejected"]),
        "rows/kept": (manifest.rows.get("kept"), rows["kept"]),
        "rows/rejected": (manifest.rows.get("rejected"), stored.rejected.num_rows),
    }
    names = stored.segments.group_by(["segment_id", "segment"]).aggregate([])
    for part in manifest.segments:
        present = [
            row["segment"] for row in names.to_pylist() if row["segment_id"] == part.segment_id
        ]
        written = present[0] if len(present) == 1 else ", ".join(sorted(present))
        stated_and_present[f"segments/{part.segment_id}/segment"] = (part.segment, written)
    tables = {"customers": stored.customers, "segments": stored.segments}
    return [
        *(
            Difference("manifest", f"{MANIFEST}: {place}", stated, present)
            for place, (stated, present) in stated_and_present.items()
            if stated != present
        ),
        *(
            Difference("manifest", mismatch.id, mismatch.stated, mismatch.recomputed)
            for mismatch in verify_tables(Facts(_figures(stored)), tables)
        ),
    ]


def _population(stored: StoredRun) -> list[Difference]:
    """Count all customers again, and compare those of the sample with their own files."""
    table = stored.population
    if table is None:
        return []
    with DuckDB() as engine:
        for name in ("segments", "customers"):
            files = [str(path) for path in stored.population_files(name)]
            engine.execute(f"CREATE TEMP TABLE all_{name} AS FROM READ_PARQUET(?)", [files])
        priced = "revenue" in stored.customers.column_names
        counts = {
            row[0]: (int(row[1]), None if row[2] is None else float(row[2]))
            for row in engine.rows(_COUNTED_WITH_REVENUE if priced else _COUNTED)
        }
        engine.register("sample", stored.segments)
        [(other,)] = engine.rows(
            "SELECT COUNT(*) FROM sample LEFT JOIN all_segments AS l USING (user_id) "
            "WHERE l.segment_id IS DISTINCT FROM sample.segment_id"
        )
    stated = {row["segment_id"]: (row["customers"], row["revenue"]) for row in table.to_pylist()}
    differences = [
        Difference("file", f"population/: {key}", stated.get(key), counts.get(key))
        for key in sorted(stated.keys() | counts.keys())
        if stated.get(key) != counts.get(key)
    ]
    if other:
        place = "population/segments: customers of the sample in another segment"
        differences.append(Difference("file", place, 0, other))
    return differences


_COUNTED = "SELECT segment_id, COUNT(*), NULL FROM all_segments GROUP BY segment_id"
_COUNTED_WITH_REVENUE = """
    SELECT segment_id, COUNT(*), SUM(CAST(revenue AS DECIMAL(38, 4)))
    FROM all_segments JOIN all_customers USING (user_id) GROUP BY segment_id
"""


def _figures(stored: StoredRun) -> Iterator[Fact]:
    """Give the figures of segments in the manifest as facts, to be recomputed like others."""
    figures = [("customers", "user_id", "count"), ("share", "user_id", "share")]
    if "revenue" in stored.customers.column_names:
        figures += [("revenue", "revenue", "sum"), ("revenue_share", "revenue", "share_of_sum")]
    for part in stored.manifest.segments:
        for name, column, aggregate in figures:
            source = {
                "table": "customers",
                "key": part.segment_id,
                "column": column,
                "aggregate": aggregate,
            }
            place = f"{MANIFEST}: segments/{part.segment_id}/{name}"
            yield Fact(place, getattr(part, name), "", 0, part.segment_id, source)
