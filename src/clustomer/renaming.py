"""Names of the user's own: a new version of the results in which a segment is called otherwise."""

import csv
import shutil
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import read_csv

from clustomer.certificates import Certificates, read_certificates
from clustomer.customers import Attributes
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.events import Window
from clustomer.insights import Interpretation, interpret
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import write_reports
from clustomer.outputs.tables import write_cluster_summary, write_segments
from clustomer.pipeline import identity_of, name_entry, write_parquet
from clustomer.segments import Segmentation, SegmentationModel, read_model, restore
from clustomer.versions import Draft, Results, new_version

LONGEST_NAME = 60
_REWRITTEN = frozenset(
    {
        "run.json",
        "segments.parquet",
        "segments.csv",
        "segmentation.json",
        "facts.json",
        "reports/cluster_summary.csv",
        "reports/business_insights.md",
        "reports/report.html",
    }
)
# Marks of direction would let a name rearrange the text around it.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def rename(results: str | PathLike[str], segment_id: str, name: str) -> Results:
    """Give a segment a name of one's own, in a new version of the results.

    Nothing is clustered again: the report, the figures and the tables are written anew from
    the files of the version, with the new name, marked as given. The version before stays as
    it is. The program's own name takes the mark away again.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    segment_id : such as "S2" or "champions".
    name : up to 60 characters, unlike those of the other segments.

    Returns
    -------
    Results
        The new version, which is now the latest.

    Raises
    ------
    InputError
        If there are no results, or their files were changed since.
    UsageError
        If there is no such segment, or the name is empty, too long, taken, or holds control
        characters.
    OutputError
        If the results folder cannot be written. The version before stays the latest then.

    Examples
    --------
    >>> rename("no-such-folder", "S1", "Our best")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    before = Results.open(results)
    segments = before.manifest["segments"]
    name = _checked(name, segment_id, segments)
    damaged = before.damaged()
    if damaged:
        raise InputError(
            f"The results in {before.path} were changed since the run: {', '.join(damaged[:5])}. "
            "Expected them as they were written. Run `clustomer run` again."
        )
    given = {part["segment_id"]: part["segment"] for part in segments if part["named_by"] == "user"}
    [own] = [_own_name(part) for part in segments if part["segment_id"] == segment_id]
    given.pop(segment_id, None)
    if name != own:
        given[segment_id] = name
    model = read_model((before.path / "segmentation.json").read_bytes())
    said, segmentation = _interpreted(before, model, given)
    entries = [{**part, **name_entry(said.named[part["segment_id"]])} for part in segments]
    manifest = before.manifest
    about = {
        key: value
        for key, value in manifest.items()
        if key not in ("schema_version", "version", "packages", "files")
    }
    with new_version(
        _root(before.path),
        cutoff=manifest["version"].rpartition("-")[0],
        identity=identity_of(
            manifest["settings"],
            manifest["source"]["fingerprint"],
            given,
            manifest["attributes"],
        ),
        about={**about, "segments": entries},
    ) as draft:
        _copy_rest(before, draft)
        write_reports(draft.path, said.insights, said.facts, draw_figures(said, segmentation))
        write_parquet(draft, "segments.parquet", said.segments)
        write_segments(draft.path, said.segments)
        write_cluster_summary(draft.path, said.summary)
        draft.write_text("segmentation.json", _renamed(model, entries).to_json())
        draft.write_text("facts.json", said.facts.to_json())
    assert draft.result is not None
    return draft.result


def _checked(name: str, segment_id: str, segments: Iterable[Mapping[str, Any]]) -> str:
    ids = {part["segment_id"]: part for part in segments}
    if segment_id not in ids:
        raise UsageError(
            f"There is no segment `{segment_id}` in these results. {did_you_mean(segment_id, ids)}"
        )
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _DIRECTIONS for c in name):
        raise UsageError(
            f"The name {name!r} holds control characters, such as a line break. Give a name of "
            "one line."
        )
    name = " ".join(name.split())
    if not name:
        raise UsageError(
            f"The name is empty. Give segment {segment_id} a name of at least one character."
        )
    if len(name) > LONGEST_NAME:
        raise UsageError(
            f"The name has {len(name)} characters; at most {LONGEST_NAME} fit into tables and "
            "pictures. Give a shorter one."
        )
    for other, part in ids.items():
        if other != segment_id and part["segment"].casefold() == name.casefold():
            raise UsageError(
                f"Segment {other} is called {part['segment']!r} already. Give each segment a name "
                "of its own, or rename that one first."
            )
    return name


def _own_name(part: Mapping[str, Any]) -> str:
    return str(part["own_name"] or part["segment"])


def _interpreted(
    before: Results, model: SegmentationModel, given: Mapping[str, str]
) -> tuple[Interpretation, Segmentation]:
    manifest, settings = before.manifest, before.manifest["settings"]
    customers = pq.read_table(before.path / "customers.parquet")
    labelled = pq.read_table(before.path / "segments.parquet")
    segmentation = restore(model, customers, labelled)
    said = interpret(
        customers,
        segmentation,
        currency=settings["currency"],
        margin=settings["margin"],
        cost=settings["cost"],
        cleaning=_cleaning(before.path / "cleaning.csv"),
        window=_window(manifest["window"]),
        source_label=manifest["source"]["label"],
        unavailable=manifest["unavailable_features"],
        given_names=given,
        attributes=_attributes(before),
        certificates=_certificates(before.path / "certificates.json"),
        comparison=_comparison(before.path / "reports" / "algorithms.csv"),
    )
    return said, segmentation


def _attributes(before: Results) -> Attributes | None:
    stored = before.manifest["attributes"]
    if stored is None:
        return None
    return Attributes(
        pq.read_table(before.path / "attributes.parquet"),
        stored["source"],
        stored["customers"],
        stored["without_events"],
        stored["without_attributes"],
    )


def _certificates(path: Path) -> Certificates | None:
    return read_certificates(path.read_bytes()) if path.is_file() else None


def _comparison(path: Path) -> pa.Table | None:
    if not path.is_file():
        return None
    return read_csv(path)


def _cleaning(path: Path) -> list[tuple[str, str, int, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (row["rule"], row["action"], int(row["rows"]), float(row["share"] or 0))
            for row in csv.DictReader(file)
        ]


def _window(stored: Mapping[str, Any]) -> Window:
    start, cutoff = (
        datetime.fromisoformat(stored[name].removesuffix("Z")) for name in ("start", "cutoff")
    )
    return Window(start, cutoff, stored["time_zone"])


def _root(version: Path) -> Path:
    return version.parent.parent


def _copy_rest(before: Results, draft: Draft) -> None:
    """Copy what no name is in."""
    for name in before.manifest["files"]:
        if name not in _REWRITTEN and not name.startswith("reports/figures/"):
            shutil.copyfile(before.path / name, draft.file(name))


def _renamed(model: SegmentationModel, entries: Iterable[Mapping[str, Any]]) -> SegmentationModel:
    new = {part["segment_id"]: part for part in entries}
    parts = [
        part.model_copy(
            update={
                "name": new[part.segment_id]["segment"],
                "named_by": new[part.segment_id]["named_by"],
                "own_name": new[part.segment_id]["own_name"],
            }
        )
        if part.segment_id in new
        else part
        for part in model.segments
    ]
    return model.model_copy(update={"segments": parts})
