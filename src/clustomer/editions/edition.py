"""A version written once more, with what was said or made since."""

import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from clustomer.insights import Interpretation
from clustomer.insights.threshold_facts import threshold_values
from clustomer.narrative import Narrative, catalogue_of
from clustomer.narrative.kept import (
    MARKDOWN,
    NAME,
    carried_narrative,
    narrative_document,
    narrative_entry,
    narrative_markdown,
)
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import write_reports
from clustomer.outputs.tables import write_cluster_summary, write_segments
from clustomer.products import Recommendations
from clustomer.publication import identity_of, name_entry, write_parquet, write_recommendations
from clustomer.segments import SegmentationModel
from clustomer.versions import Draft, Results, StoredRun, bears_names, new_version


def write_again(
    before: StoredRun,
    interpretation: Interpretation,
    given: Mapping[str, str],
    recommendations: Recommendations | None = None,
    narrative: Narrative | None = None,
) -> Results:
    """Write a version once more, with what is said of it now; nothing is clustered again.

    Parameters
    ----------
    before : StoredRun
    interpretation : Interpretation
        Of that version.
    given : mapping of segment id to a name of the user's own
    recommendations : Recommendations, optional
        Those that were made since; those of the version are copied otherwise.
    narrative : Narrative, optional
        One to keep. That of the version is written anew otherwise, or dropped, where the names
        of now cannot be put into it.
    """
    if narrative is None and before.narrative is not None:
        narrative = carried_narrative(
            before.narrative,
            catalogue_of(before, interpretation),
            lambda: catalogue_of(before),
        )
    document = None if narrative is None else narrative_document(narrative)
    manifest = before.results.manifest
    entries = [
        {**part, **name_entry(interpretation.named[part["segment_id"]])}
        for part in manifest["segments"]
    ]
    about = {
        key: value
        for key, value in manifest.items()
        if key not in ("schema_version", "version", "packages", "files", "narrative")
    }
    if recommendations is not None:
        about["recommendations"] = recommendations.entry()
    if narrative is not None:
        about["narrative"] = narrative_entry(narrative)
    with new_version(
        before.root,
        cutoff=before.manifest.version.rpartition("-")[0],
        identity=identity_of(
            manifest["settings"],
            manifest["source"]["fingerprint"],
            given,
            manifest.get("attributes"),
            about.get("recommendations"),
            document,
        ),
        about={**about, "thresholds": threshold_values(), "segments": entries},
    ) as draft:
        raw = manifest["settings"].get("raw_csv", False)
        _copy_rest(before, draft)
        if recommendations is not None:
            write_recommendations(draft, recommendations, raw=raw)
        figures = draw_figures(interpretation, before.segmentation)
        write_reports(draft.path, interpretation.insights, interpretation.facts, figures)
        write_parquet(draft, "segments.parquet", interpretation.segments)
        write_segments(draft.path, interpretation.segments, raw=raw)
        write_cluster_summary(draft.path, interpretation.summary, raw=raw)
        draft.write_text("segmentation.json", _renamed(before.model, entries).to_json())
        draft.write_text("facts.json", interpretation.facts.to_json())
        if narrative is not None:
            draft.write_text(MARKDOWN, narrative_markdown(narrative))
            draft.write_json(NAME, document)
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
