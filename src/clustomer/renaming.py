"""Names of the user's own: a new version of the results in which a segment is called otherwise."""

import shutil
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from clustomer.insights.threshold_facts import threshold_values
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import write_reports
from clustomer.outputs.tables import write_cluster_summary, write_segments
from clustomer.publication import identity_of, name_entry, write_parquet
from clustomer.segments import SegmentationModel
from clustomer.versions import Draft, Results, StoredRun, bears_names, new_version
from clustomer.versions.given_names import check_given_name


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
    name : up to 60 characters, unlike the names and ids of the other segments.

    Returns
    -------
    Results
        The new version, which is now the latest.

    Raises
    ------
    InputError
        If there are no results, or their files were changed since.
    UsageError
        If there is no such segment, or the name is empty, too long, cannot be seen, or is the
        name or the id of another segment.
    OutputError
        If the results folder cannot be written. The version before stays the latest then.

    Examples
    --------
    >>> rename("no-such-folder", "S1", "Our best")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    before = StoredRun.open(results)
    root, segments = before.root, before.manifest.segments
    name = check_given_name(name, segment_id, {part.segment_id: part.segment for part in segments})
    before.check()
    given = before.given_names
    given.pop(segment_id, None)
    [renamed] = [part for part in segments if part.segment_id == segment_id]
    if name != (renamed.own_name or renamed.segment):
        given[segment_id] = name
    interpretation = before.interpret(given)
    manifest = before.results.manifest
    entries = [
        {**part, **name_entry(interpretation.named[part["segment_id"]])}
        for part in manifest["segments"]
    ]
    about = {
        key: value
        for key, value in manifest.items()
        if key not in ("schema_version", "version", "packages", "files")
    }
    with new_version(
        root,
        cutoff=before.manifest.version.rpartition("-")[0],
        identity=identity_of(
            manifest["settings"],
            manifest["source"]["fingerprint"],
            given,
            manifest.get("attributes"),
        ),
        about={**about, "thresholds": threshold_values(), "segments": entries},
    ) as draft:
        _copy_rest(before, draft)
        figures = draw_figures(interpretation, before.segmentation)
        write_reports(draft.path, interpretation.insights, interpretation.facts, figures)
        write_parquet(draft, "segments.parquet", interpretation.segments)
        raw = manifest["settings"].get("raw_csv", False)
        write_segments(draft.path, interpretation.segments, raw=raw)
        write_cluster_summary(draft.path, interpretation.summary, raw=raw)
        draft.write_text("segmentation.json", _renamed(before.model, entries).to_json())
        draft.write_text("facts.json", interpretation.facts.to_json())
    assert draft.result is not None
    return draft.result


def _copy_rest(before: StoredRun, draft: Draft) -> None:
    """Copy what no name is in."""
    for name in before.manifest.files:
        if not bears_names(name):
            shutil.copyfile(before.file(name), draft.file(name))


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
