"""One run, from a source to a version of the results; reads like the workflow."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clustomer.certificates import Certificates, not_certified
from clustomer.customers import (
    Attributes,
    Customers,
    Holdout,
    customer_features,
    read_attributes,
    split_holdout,
)
from clustomer.engines import DuckDB
from clustomer.engines.duckdb import ROWS_IN_MEMORY
from clustomer.events import Events, events_written, fingerprint, read_events, rejected_rows
from clustomer.insights import Interpretation, Name, interpret
from clustomer.outputs.charts import warm_up
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import write_reports
from clustomer.outputs.tables import (
    write_cleaning,
    write_cluster_summary,
    write_comparison,
    write_evaluation_metrics,
    write_segments,
)
from clustomer.progress import Progress, counted, silent
from clustomer.segments import Segmentation, compare, rfm, segment, to_model
from clustomer.settings import DEFAULT_OUT, Settings
from clustomer.usage import check_settings
from clustomer.versions import Draft, Results, new_version


@dataclass(frozen=True)
class Run:
    """What a run made, still in memory, and where its results are."""

    results: Results
    events: Events
    customers: Customers
    segmentation: Segmentation
    interpretation: Interpretation
    certificates: Certificates | None


def run(
    source: Any,
    out: str | os.PathLike[str] = DEFAULT_OUT,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Run:
    """Segment a shop's customers: from its event log to a whole version of the results.

    Parameters
    ----------
    source : path, glob, or any object with `__arrow_c_stream__`
        As `read_events` takes it.
    out : path, default "clustomer-results"
        The results folder.
    settings : Settings, optional
    progress : Progress, optional

    Raises
    ------
    InputError, UsageError, OutputError
        Nothing is written then; earlier results stay whole.
    """
    settings = settings or Settings()
    check_settings(settings)
    progress = progress or silent()
    # What runs aside has ended before the version that it writes to is kept or removed.
    with DuckDB() as engine, ExitStack() as steps, ThreadPoolExecutor(1) as aside:
        # scikit-learn takes as long to load as a million events take to read
        aside.submit(import_module, "clustomer.segments.selection.select_k")
        if settings.certificates:
            aside.submit(import_module, "clustomer.certificates.verdict")
        else:
            # where memory is needed for certificates, the drawing engine starts when it is used
            aside.submit(warm_up)
        events = read_events(source, **settings.reading(), engine=engine, progress=progress)
        customers = customer_features(events, progress=progress)
        draft = steps.enter_context(new_version(out))
        written = aside.submit(write_parquet, draft, "customers.parquet", customers.table)
        stored = None
        if settings.keep_events and events.cleaning.kept > ROWS_IN_MEMORY:
            # to sort many takes memory, which is given back before it is needed for the segments
            stored = steps.enter_context(events_written(events, draft.path / "events"))
        attributes = None
        if settings.attributes is not None:
            with progress.stage("Read attributes") as stage:
                attributes = read_attributes(settings.attributes, customers, engine=engine)
                stage.note(counted(len(attributes.names), "attribute"))
        holdout = None
        if settings.certificates:
            with progress.stage("Look at an earlier date") as stage:
                holdout = split_holdout(events, customers, date=settings.holdout)
                stage.note(_held_out(holdout))
            engine.release()
        if settings.keep_events and stored is None:
            # in threads of DuckDB, while to find segments is mostly Python, in one
            stored = steps.enter_context(events_written(events, draft.path / "events"))
        with progress.stage("Choose and fit segments") as stage:
            segmentation = _segmented(customers, holdout, settings)
            stage.note(counted(segmentation.k, "segment"))
        comparison = None
        if settings.compare:
            with progress.stage("Compare algorithms"):
                comparison = _compared(customers, segmentation, settings)
        certificates = not_certified()
        if settings.certificates:
            with progress.stage("Certify segments") as stage:
                from clustomer.certificates import certify, deliver

                certificates, segmentation = deliver(
                    certify(
                        events,
                        customers,
                        segmentation,
                        holdout=holdout,
                        random_state=settings.random_state,
                    ),
                    customers,
                    segmentation,
                    force=settings.force,
                )
                stage.note(_VERDICTS[certificates.verdict])
        identifying = aside.submit(_identified, events)
        with progress.stage("Name and explain them"):
            said = interpret(
                customers,
                segmentation,
                currency=settings.currency,
                margin=settings.margin,
                cost=settings.cost,
                cleaning=events.cleaning.table,
                source_label=events.source,
                attributes=attributes,
                certificates=certificates,
                comparison=comparison,
            )
        identified = identifying.result()
        known = attributes.to_json() if attributes is not None else None
        identity = identity_of(asdict(settings), identified, attributes=known)
        about = {
            **_about(settings, identified, events, customers, segmentation, said),
            "verdict": certificates.verdict,
            "attributes": known,
        }
        draft.identify(cutoff=_moment(events), identity=identity, about=about)
        figures = aside.submit(draw_figures, said, segmentation)
        with progress.stage("Write tables"):
            written.result()
            _write_tables(draft, events, customers, segmentation, said, attributes)
            if said.certificates is not None:
                draft.write_json("certificates.json", said.certificates.to_json())
            if comparison is not None:
                write_comparison(draft.path, comparison)
        if stored is not None:
            with progress.stage("Write clean events"):
                stored.result()
        with progress.stage("Draw and write the report"):
            write_reports(draft.path, said.insights, said.facts, figures.result())
    assert draft.result is not None
    return Run(draft.result, events, customers, segmentation, said, said.certificates)


_VERDICTS = {
    "segments": "real groups",
    "continuum": "a useful division of a continuum",
    "none": "no structure found",
    "not tested": "not tested",
}


def _held_out(holdout: Holdout | str) -> str:
    if isinstance(holdout, str):
        return "too little history"
    return f"{holdout.horizon_days:,.1f} days held out"


def _identified(events: Events) -> dict[str, Any]:
    with events.engine.beside() as engine:
        return fingerprint(replace(events, engine=engine))


def _segmented(
    customers: Customers, holdout: Holdout | str | None, settings: Settings
) -> Segmentation:
    if settings.algorithm == "rfm":
        return rfm(customers)
    return segment(
        customers,
        algorithm=settings.algorithm,
        k=settings.k,
        k_range=settings.k_range,
        features=settings.features,
        holdout=holdout if isinstance(holdout, Holdout) else None,
        criteria="all" if settings.certificates else "deciding",
        random_state=settings.random_state,
    )


def _compared(customers: Customers, segmentation: Segmentation, settings: Settings) -> pa.Table:
    return compare(
        customers,
        known=() if settings.algorithm == "rfm" else (segmentation,),
        k=settings.k,
        k_range=settings.k_range,
        features=settings.features,
        random_state=settings.random_state,
    )


def identity_of(
    settings: Mapping[str, Any],
    identified: Mapping[str, Any],
    given_names: Mapping[str, str] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """Return what a version depends on: settings, input, attributes, and names that were given."""
    names = {"names": dict(given_names)} if given_names else {}
    known = {"attributes": attributes["sha256"]} if attributes else {}
    return {"settings": settings, "input": identified, **names, **known}


def _write_tables(
    draft: Draft,
    events: Events,
    customers: Customers,
    segmentation: Segmentation,
    said: Interpretation,
    attributes: Attributes | None,
) -> None:
    write_cleaning(draft.path, events.cleaning.table)
    write_parquet(draft, "rejected.parquet", rejected_rows(events))
    if attributes is not None:
        draft.file("attributes.parquet").write_bytes(attributes.parquet)
    write_parquet(draft, "segments.parquet", said.segments)
    write_segments(draft.path, said.segments)
    write_evaluation_metrics(draft.path, tried(segmentation))
    write_cluster_summary(draft.path, said.summary)
    model = to_model(
        segmentation,
        names=said.names,
        event_schema=events.schema.model_dump(exclude_none=True),
        window=customers.window.to_json(),
        customers_query=customers.query,
    )
    draft.write_text("segmentation.json", model.to_json())
    draft.write_text("facts.json", said.facts.to_json())


def tried(segmentation: Segmentation) -> pa.Table:
    """Return the criteria of the K that were to choose from.

    Where the elbow's curve begins one K below the range, that K is left out.
    """
    selection = segmentation.selection
    low, high = selection.k_range
    criteria = selection.criteria
    inside = pc.and_(pc.greater_equal(criteria["k"], low), pc.less_equal(criteria["k"], high))
    return criteria.filter(pc.or_(inside, criteria["taken"]))


def write_parquet(draft: Draft, name: str, table: pa.Table) -> None:
    """Write a table into a version; the same table gives the same bytes."""
    # measured numbers hardly repeat, so that a dictionary of them is only work
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    pq.write_table(table, draft.file(name), compression="zstd", use_dictionary=texts)


def _moment(events: Events) -> str:
    cutoff = events.window.cutoff
    whole_day = (cutoff.hour, cutoff.minute, cutoff.second) == (0, 0, 0)
    return cutoff.strftime("%Y-%m-%d" if whole_day else "%Y-%m-%dT%H%M%S")


def _about(
    settings: Settings,
    identified: Mapping[str, Any],
    events: Events,
    customers: Customers,
    segmentation: Segmentation,
    said: Interpretation,
) -> Mapping[str, Any]:
    return {
        "settings": asdict(settings),
        "source": {
            "label": events.source,
            "schema": events.schema.model_dump(exclude_none=True),
            "schema_detected": events.detected,
            "fingerprint": identified,
            "unknown_event_types": dict(events.cleaning.unknown_event_types),
            "ignored_event_types": dict(events.cleaning.ignored_event_types),
            "mapped_ids": events.cleaning.mapped_ids,
        },
        "window": customers.window.to_json(),
        "rows": {
            "input": events.cleaning.rows,
            "kept": events.cleaning.kept,
            "rejected": events.cleaning.rejected,
        },
        "customers": customers.table.num_rows,
        "structure_found": segmentation.structure,
        "k": segmentation.k,
        "segments": [
            {
                "segment_id": profile.segment_id,
                **name_entry(said.named[profile.segment_id]),
                "customers": profile.customers,
                "share": profile.share,
                "revenue": profile.revenue,
                "revenue_share": profile.revenue_share,
            }
            for profile in said.profiles
        ],
        "unavailable_features": dict(customers.unavailable),
        "features_left_out": dict(segmentation.left_out),
    }


def name_entry(name: Name) -> Mapping[str, Any]:
    """Return a segment's name as the manifest holds it, and who gave it."""
    return {"segment": name.name, "named_by": name.named_by, "own_name": name.own_name}
