"""Verification: does what a version states still follow from its files?"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import isclose
from typing import Any, Literal

from clustomer.errors import InputError
from clustomer.insights import Interpretation
from clustomer.versions.contract import MANIFEST
from clustomer.versions.manifest import file_hash
from clustomer.versions.reading import StoredRun

RELATIVE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Difference:
    """Something that a version states and that its files do not bear out.

    `place` is a file of the version, the id of a fact, or the way through `run.json`. `recomputed`
    is None where there is nothing to state: the file is missing, or the data define no value.
    """

    kind: Literal["file", "fact", "manifest"]
    place: str
    stated: Any
    recomputed: Any


@dataclass(frozen=True)
class Verification:
    """What was checked in a version, and what does not hold."""

    results: str
    version: str
    files: int
    facts: int
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether everything came out as it is stated."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {**asdict(self), "holds": self.holds}


def verify(results: str | os.PathLike[str]) -> Verification:
    """Check the files of a version and recompute every number that it states.

    Every file must have the hash that the manifest lists; every fact must come out of its source
    again, to 1e-9 of its size; and what the manifest says of rows, customers, segments and the
    verdict must be what the files hold. Nothing is read but the version's own files, and
    nothing is written.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.

    Returns
    -------
    Verification
        With `holds`, and `differences`: a place, what is stated there, and what came out.

    Raises
    ------
    InputError
        If there are no results, or their manifest cannot be read.

    Examples
    --------
    >>> verify("no-such-folder")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    stored = StoredRun.open(results)
    differences = [*_files(stored)]
    facts = 0
    try:
        facts = len(stored.facts)
        said = stored.interpret()
        differences += _facts(stored, said)
        differences += _manifest(stored, said)
    except InputError as error:
        # a damaged file may be beyond reading; what else there is to say, its hash has said
        differences.append(Difference("file", str(stored.path), "a whole version", str(error)))
    return Verification(
        str(stored.path),
        stored.manifest.version,
        len(stored.manifest.files),
        facts,
        tuple(differences),
    )


def _files(stored: StoredRun) -> Iterator[Difference]:
    for name in stored.results.damaged():
        path = stored.path / name
        present = None
        if path.is_file() and os.access(path, os.R_OK):
            present = file_hash(path)
        yield Difference("file", name, stored.manifest.files[name], present)


def _facts(stored: StoredRun, said: Interpretation) -> Iterator[Difference]:
    for mismatch in stored.facts.verify(said.tables):
        yield Difference("fact", mismatch.id, mismatch.stated, mismatch.recomputed)


def _manifest(stored: StoredRun, said: Interpretation) -> Iterator[Difference]:
    stated = _stated(stored)
    for place, value in _in_files(stored, said).items():
        if not _same(stated.get(place), value):
            yield Difference("manifest", f"{MANIFEST}: {place}", stated.get(place), value)


def _stated(stored: StoredRun) -> dict[str, Any]:
    manifest = stored.manifest
    return {
        "customers": manifest.customers,
        "verdict": manifest.verdict,
        "k": manifest.k,
        **{f"rows/{name}": count for name, count in manifest.rows.items()},
        **{
            f"segments/{part.segment_id}/{name}": getattr(part, name)
            for part in manifest.segments
            for name in ("segment", "customers", "share", "revenue", "revenue_share")
        },
    }


def _in_files(stored: StoredRun, said: Interpretation) -> dict[str, Any]:
    """Return the same as `_stated`, from the other files of the version."""
    rows = dict.fromkeys(("kept", "rejected"), 0)
    for step in stored.cleaning.to_pylist():
        if step["action"] in rows:
            rows[step["action"]] += step["rows"]
    segments = {}
    for profile in said.profiles:
        place = f"segments/{profile.segment_id}"
        segments[f"{place}/segment"] = said.names[profile.segment_id]
        for name in ("customers", "share", "revenue", "revenue_share"):
            segments[f"{place}/{name}"] = getattr(profile, name)
    certificates = stored.certificates
    return {
        "customers": stored.customers.num_rows,
        "verdict": "not tested" if certificates is None else certificates.verdict,
        "k": stored.segmentation.k,
        "rows/input": rows["kept"] + rows["rejected"],
        "rows/kept": rows["kept"],
        "rows/rejected": stored.rejected.num_rows,
        **segments,
    }


def _same(stated: Any, value: Any) -> bool:
    if isinstance(stated, int | float) and isinstance(value, int | float):
        return isclose(stated, value, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE)
    return bool(stated == value)
