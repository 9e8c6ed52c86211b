"""What a run publishes: the files of a version, and what its manifest says of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clustomer.customers import Attributes, Customers
from clustomer.events import (
    REJECTED_IN_MEMORY,
    Events,
    fingerprint,
    rejected_rows,
    write_events,
    write_rejected,
)
from clustomer.facets import RARE, Facets
from clustomer.insights import (
    Interpretation,
    Name,
    certificate_sentence,
    left_out_sentences,
    reason_sentence,
)
from clustomer.insights.chapters.facet_names import facet_names, rare_name
from clustomer.insights.settings import numbered
from clustomer.insights.threshold_facts import threshold_values
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import write_reports
from clustomer.outputs.tables import (
    FORMULAS,
    write_cleaning,
    write_cluster_summary,
    write_comparison,
    write_csv,
    write_evaluation_metrics,
    write_segments,
)
from clustomer.products import Recommendations
from clustomer.segments import Segmentation, SegmentationModel, to_model, to_scoring
from clustomer.settings import Settings
from clustomer.versions import Draft, Results, new_version

CUSTOMERS = "customers.parquet"
EVENTS = "events"
PRODUCT_NAMES = "product_names.parquet"
REJECTED = "rejected.parquet"


@dataclass(frozen=True)
class Content:
    """What a version is written from."""

    settings: Settings
    events: Events
    customers: Customers
    segmentation: Segmentation
    interpretation: Interpretation
    attributes: Attributes | None = None
    comparison: pa.Table | None = None
    population: Mapping[str, Any] | None = None
    """What the manifest tells of an engine that has all customers."""


def publish(
    out: str | os.PathLike[str],
    events: Events,
    customers: Customers,
    segmentation: Segmentation,
    interpretation: Interpretation,
    *,
    settings: Settings | None = None,
    attributes: Attributes | None = None,
    comparison: pa.Table | None = None,
) -> Results:
    """Write a version of the results, with every file that `clustomer run` writes.

    Parameters
    ----------
    out : path
        The results folder.
    events : Events
    customers : Customers
        Made from those events.
    segmentation : Segmentation
        Of those customers, as it is delivered.
    interpretation : Interpretation
        Of that segmentation.
    settings : Settings, optional
        What the steps before were called with; the manifest holds them.
    attributes : Attributes, optional
        Those that `interpret` was given.
    comparison : pyarrow.Table, optional
        What `compare` returned.

    Returns
    -------
    Results
        The version, which is now the latest.

    Raises
    ------
    OutputError
        If the folder cannot be written. Earlier results stay whole then.
    """
    content = Content(
        settings or Settings(),
        events,
        customers,
        segmentation,
        interpretation,
        attributes,
        comparison,
    )
    with new_version(out) as draft:
        write_parquet(draft, CUSTOMERS, customers.table)
        if content.settings.keep_events:
            write_events(events, draft.path / EVENTS)
        identify(draft, content, fingerprint(events))
        write_tables(draft, content)
        write_report(draft, content, draw_figures(interpretation, segmentation))
    assert draft.result is not None
    return draft.result


def identify(draft: Draft, content: Content, identified: Mapping[str, Any]) -> None:
    """Say what a version depends on, and what its manifest tells of it.

    `identified` is the fingerprint of the events.
    """
    events, customers, segmentation = content.events, content.customers, content.segmentation
    settings = content.settings.recorded()
    attributes = content.attributes.to_json() if content.attributes is not None else None
    certificates = content.interpretation.certificates
    if content.population is not None:
        identified = {**identified, "population": content.population}
    draft.identify(
        cutoff=_moment(events),
        identity=identity_of(settings, identified, attributes=attributes),
        about={
            "settings": settings,
            "source": _source(events, identified),
            "reading": events.reading(),
            "reading_notes": numbered(events.readings.to_say),
            "warnings": numbered(events.warnings),
            "revenue_without_customer": None if events.nameless is None else float(events.nameless),
            "currencies": list(events.currencies),
            "window": customers.window.to_json(),
            "rows": {
                "input": events.cleaning.rows,
                "kept": events.cleaning.kept,
                "rejected": events.cleaning.rejected,
            },
            "customers": customers.table.num_rows,
            "structure_found": segmentation.structure,
            "k": segmentation.k,
            "segments": _segments(content.interpretation),
            "unavailable_features": dict(customers.unavailable),
            "thresholds": threshold_values(),
            "features_left_out": left_out_sentences(segmentation.left_out),
            "verdict": certificates.verdict if certificates is not None else "not tested",
            "attributes": attributes,
            "facets": _held(content.interpretation),
            "lifecycle": content.interpretation.study.tables["run"].get("lifecycle"),
            "forecast": _forecast(content.interpretation),
            "rare_kinds": _rare(content.interpretation),
            "history": content.interpretation.study.tables["run"].get("history"),
            "habits": _habits(content.interpretation),
            "population": content.population,
            "csv_texts": "as they are" if content.settings.raw_csv else FORMULAS,
        },
    )


def write_tables(draft: Draft, content: Content) -> None:
    """Write every table and document of a version but customers, events and report."""
    events, customers, interpretation = content.events, content.customers, content.interpretation
    raw = content.settings.raw_csv
    write_cleaning(draft.path, events.cleaning.table)
    _write_rejected(draft, events)
    if events.product_names is not None:
        write_parquet(draft, PRODUCT_NAMES, events.product_names)
    if content.attributes is not None:
        draft.file("attributes.parquet").write_bytes(content.attributes.parquet)
    write_parquet(draft, "segments.parquet", interpretation.segments)
    write_segments(draft.path, interpretation.segments, raw=raw)
    write_evaluation_metrics(draft.path, _tried(content.segmentation))
    write_cluster_summary(draft.path, interpretation.summary, raw=raw)
    model = stored_model(
        content.segmentation,
        customers,
        interpretation.named,
        events.schema.model_dump(exclude_none=True),
        interpretation.study.facets,
    )
    draft.write_text("segmentation.json", model.to_json())
    draft.write_text("facts.json", interpretation.facts.to_json())
    if interpretation.certificates is not None:
        draft.write_json(
            "certificates.json", interpretation.certificates.to_json(certificate_sentence)
        )
    if interpretation.study.forecast is not None:
        draft.write_json("forecast.json", interpretation.study.forecast.to_json())
    if content.comparison is not None:
        write_comparison(draft.path, content.comparison)
    for name in (
        "habits",
        "lifecycle",
        "over_time",
        "cohorts",
        "retention",
        "revenue_change",
        "seasons",
    ):
        if name in interpretation.study.tables:
            write_parquet(draft, f"{name}.parquet", interpretation.study.tables[name])
    for name, table in interpretation.added.items():
        write_parquet(draft, f"{name}.parquet", table)


def _write_rejected(draft: Draft, events: Events) -> None:
    if draft.file(REJECTED).exists():
        return  # the engine that has all of them wrote them
    if events.cleaning.rejected > REJECTED_IN_MEMORY:
        write_rejected(events, draft.file(REJECTED))
    else:
        write_parquet(draft, REJECTED, rejected_rows(events))


def stored_model(
    segmentation: Segmentation,
    customers: Customers,
    named: Mapping[str, Name],
    event_schema: Mapping[str, Any],
    facets: Facets | None,
) -> SegmentationModel:
    """Return the content of `segmentation.json`: a segmentation, its names and its sentences."""
    return to_model(
        segmentation,
        names={segment_id: name.name for segment_id, name in named.items()},
        own_names={
            segment_id: name.own_name
            for segment_id, name in named.items()
            if name.own_name is not None
        },
        event_schema=event_schema,
        window=customers.window.to_json(),
        customers_query=customers.query,
        reason=reason_sentence(segmentation.selection.reason),
        left_out=left_out_sentences(segmentation.left_out),
        scoring=to_scoring(
            segmentation, customers.table, customers.shop, customers.category_prices
        ),
        facets=_stored_facets(facets),
    )


def write_report(draft: Draft, content: Content, figures: Any) -> None:
    """Write the report of a version, with figures that were drawn before."""
    interpretation = content.interpretation
    write_reports(draft.path, interpretation.insights, interpretation.facts, figures)


def write_parquet(draft: Draft, name: str, table: pa.Table) -> None:
    """Write a table into a version; the same table gives the same bytes."""
    # measured numbers hardly repeat, so that a dictionary of them is only work
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    pq.write_table(table, draft.file(name), compression="zstd", use_dictionary=texts)


def write_recommendations(
    draft: Draft, recommendations: Recommendations, *, raw: bool = False
) -> None:
    """Write the lists of customers, and what is told of products."""
    write_parquet(draft, "recommendations.parquet", recommendations.table)
    write_csv(draft.path / "recommendations.csv", recommendations.table, raw=raw)
    write_parquet(draft, "products.parquet", recommendations.products)
    draft.write_json("recommendation.json", recommendations.to_json())


def identified_aside(events: Events) -> dict[str, Any]:
    """Return the fingerprint of events, on a connection of its own."""
    with events.engine.beside() as engine:
        return fingerprint(replace(events, engine=engine))


def identity_of(
    settings: Mapping[str, Any],
    identified: Mapping[str, Any],
    given_names: Mapping[str, str] | None = None,
    attributes: Mapping[str, Any] | None = None,
    recommendations: Mapping[str, Any] | None = None,
    narrative: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """Return what a version depends on: settings, input, attributes, and what was added since.

    That is names that were given, recommendations, as the manifest tells them, and a narrative.
    """
    identity = {"settings": settings, "input": identified}
    if given_names:
        identity["names"] = dict(given_names)
    if attributes:
        identity["attributes"] = attributes["sha256"]
    if recommendations:
        identity["recommendations"] = dict(recommendations)
    if narrative:
        identity["narrative"] = dict(narrative)
    return identity


def name_entry(name: Name) -> Mapping[str, Any]:
    """Return a segment's name as the manifest holds it, and who gave it."""
    return {"segment": name.name, "named_by": name.named_by, "own_name": name.own_name}


def _stored_facets(facets: Facets | None) -> dict[str, Any]:
    """Return the facets as `segmentation.json` holds them, with the names of their segments."""
    if facets is None:
        return {}
    stored = facets.to_json()
    for facet in facets.held:
        names = facet_names(facet)
        for segment in stored[facet.name]["segments"]:
            segment["name"] = names[segment["segment_id"]]
    for number, kind in enumerate(facets.rare_kinds):
        stored[RARE]["kinds"][number]["name"] = rare_name(kind)
    return stored


def _held(interpretation: Interpretation) -> dict[str, Any]:
    """Return which facets hold, and their segments, as the manifest tells them."""
    facets = interpretation.study.facets
    return {
        facet.name: {
            "holds": facet.holds,
            "view": facet.view,
            "segments": [
                {
                    "segment_id": segment.segment_id,
                    "segment": facet_names(facet)[segment.segment_id],
                    "customers": segment.customers,
                }
                for segment in facet.segments
            ],
        }
        for facet in (facets.facets if facets is not None else ())
    }


def _forecast(interpretation: Interpretation) -> dict[str, Any] | None:
    """Return what the manifest tells of a forecast."""
    forecast = interpretation.study.forecast
    if forecast is None:
        return None
    return {
        "holds": forecast.holds,
        "horizon_days": forecast.horizon_days,
        "winner": forecast.winner or None,
    }


def _habits(interpretation: Interpretation) -> int | None:
    """Return how many habits a version holds; None where they were not looked for."""
    habits = interpretation.study.habits
    return None if habits is None else habits.table.num_rows


def _rare(interpretation: Interpretation) -> list[dict[str, Any]]:
    """Return the rare kinds, as the manifest tells them."""
    facets = interpretation.study.facets
    return [
        {
            "segment_id": kind.segment_id,
            "segment": rare_name(kind),
            "customers": kind.customers,
        }
        for kind in (facets.rare_kinds if facets is not None else ())
    ]


def _source(events: Events, identified: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "label": events.source,
        "schema": events.schema.model_dump(exclude_none=True),
        "schema_detected": events.detected,
        "fingerprint": identified,
        "unknown_event_types": dict(events.cleaning.unknown_event_types),
        "ignored_event_types": dict(events.cleaning.ignored_event_types),
        "mapped_ids": events.cleaning.mapped_ids,
    }


def _segments(interpretation: Interpretation) -> list[Mapping[str, Any]]:
    return [
        {
            "segment_id": profile.segment_id,
            **name_entry(interpretation.named[profile.segment_id]),
            "customers": profile.customers,
            "share": profile.share,
            "revenue": profile.revenue,
            "revenue_share": profile.revenue_share,
        }
        for profile in interpretation.profiles
    ]


def _tried(segmentation: Segmentation) -> pa.Table:
    """Return the criteria of the K that were to choose from.

    Where the elbow's curve begins one K below the range, that K is left out.
    """
    selection = segmentation.selection
    low, high = selection.k_range
    criteria = selection.criteria
    inside = pc.and_(pc.greater_equal(criteria["k"], low), pc.less_equal(criteria["k"], high))
    return criteria.filter(pc.or_(inside, criteria["taken"]))


def _moment(events: Events) -> str:
    cutoff = events.window.cutoff
    whole_day = (cutoff.hour, cutoff.minute, cutoff.second) == (0, 0, 0)
    return cutoff.strftime("%Y-%m-%d" if whole_day else "%Y-%m-%dT%H%M%S")
