"""One run, from a source to a version of the results; reads like the workflow."""

import os
import re
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clustomer.certificates import Certificates, not_certified
from clustomer.customers import (
    Attributes,
    Customers,
    Holdout,
    customer_features,
    read_attributes,
    split_holdout,
)
from clustomer.customers.reason import Reason
from clustomer.errors import UsageError
from clustomer.events import CleanEvents, Events, read_events
from clustomer.facets import FACETS, MAIN, RARE, Facets, no_facets, rare_members
from clustomer.habits import Habits, segment_habits
from clustomer.history import History, shop_history
from clustomer.insights import Interpretation, interpret
from clustomer.insights.chapters.certificate_words import VERDICTS
from clustomer.lanes import Lanes
from clustomer.lifecycle import Lifecycle, lifecycle_stages
from clustomer.lifetime import Forecast
from clustomer.outputs.figures import draw_figures
from clustomer.progress import Progress, counted, silent
from clustomer.publication import Content, identified_aside, identify, write_report, write_tables
from clustomer.pushdown import Pushdown
from clustomer.segments import RareMembers, Segmentation, compare, rfm, segment
from clustomer.settings import DEFAULT_OUT, Settings
from clustomer.usage import check_settings
from clustomer.versions import Results


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
    with Lanes(out, settings) as lanes:
        there = lanes.pushed_down(source, progress)
        events, customers = _read(source, settings, lanes, there, progress)
        settings = with_named_currency(with_measured_margin(settings, events), events)
        lanes.write_customers(events, customers)
        attributes = _described(settings, events, customers, progress)
        holdout = held_out(settings, events, customers, progress)
        lanes.write_events(events)
        segmentation = segmented(settings, events, customers, holdout, progress)
        comparison = compared(settings, customers, segmentation, progress)
        certificates, segmentation = certified(
            settings, events, customers, segmentation, holdout, progress
        )
        facets = faceted(settings, events, customers, holdout, progress)
        # a second table of all customers, which nothing needs from here on
        del holdout
        lifecycle = staged(events, progress)
        forecast = forecasted(settings, events, customers, segmentation, progress)
        history = counted_over_time(settings, events, segmentation, progress)
        habits = accustomed(events, customers, segmentation, lifecycle, progress)
        identified = lanes.aside(identified_aside, events)
        interpretation = _interpreted(
            settings,
            events,
            customers,
            segmentation,
            progress,
            attributes=attributes,
            certificates=certificates,
            facets=facets,
            lifecycle=lifecycle,
            forecast=forecast,
            history=history,
            habits=habits,
            comparison=comparison,
            population=_labelled(there, segmentation, lanes, progress),
        )
        content = Content(
            settings,
            events,
            customers,
            segmentation,
            interpretation,
            attributes,
            comparison,
            there.to_json() if there is not None else None,
        )
        _write(lanes, content, identified, progress)
    return Run(
        lanes.results,
        events,
        customers,
        segmentation,
        interpretation,
        interpretation.certificates,
    )


def _read(
    source: Any, settings: Settings, lanes: Lanes, there: Pushdown | None, progress: Progress
) -> tuple[Events, Customers]:
    """Return clean events and the customers that they make, or what an engine made of them."""
    if there is not None:
        return there.events.in_currency(settings.currency), there.customers
    events = read_events(source, **settings.reading(), engine=lanes.engine, progress=progress)
    return events.in_currency(settings.currency), customer_features(events, progress=progress)


def with_measured_margin(settings: Settings, events: Events) -> Settings:
    """Return the settings with the margin that costs in the log leave, where it has any."""
    costs = events.readings.costs
    if costs is None:
        return settings
    if settings.margin is not None:
        raise UsageError(
            f"--margin is {settings.margin:g}, and `{costs.column}` of {events.source} says what "
            "goods cost. Expected one of them: leave --margin out, or take `cost` out of the "
            "schema."
        )
    return replace(settings, margin=costs.margin)


def with_named_currency(settings: Settings, events: Events) -> Settings:
    """Return the settings with the one currency that a column of the log names, where it does.

    A sign in the amounts, such as $, is that of several currencies, and names none.
    """
    named = events.currencies
    if settings.currency is not None or events.schema.currency is None or len(named) != 1:
        return settings
    return replace(settings, currency=named[0]) if re.fullmatch("[A-Z]{3}", named[0]) else settings


def _labelled(
    there: Pushdown | None, segmentation: Segmentation, lanes: Lanes, progress: Progress
) -> pa.Table | None:
    """Return how many of all customers are in each segment, where an engine has them."""
    return there.label(segmentation, lanes.draft.path, progress) if there is not None else None


def _described(
    settings: Settings, events: Events, customers: Customers, progress: Progress
) -> Attributes | None:
    """Return what else is known of customers."""
    if settings.attributes is None:
        return None
    with progress.stage("Read attributes") as stage:
        attributes = read_attributes(settings.attributes, customers, engine=events.engine)
        stage.note(counted(len(attributes.names), "attribute"))
    return attributes


def held_out(
    settings: Settings, events: CleanEvents, customers: Customers, progress: Progress
) -> Holdout | Reason | None:
    """Return customers at an earlier date and what they did from then on, or why not."""
    if not settings.certificates:
        return None
    with progress.stage("Look at an earlier date", events.engine.fraction) as stage:
        holdout = split_holdout(events, customers, date=settings.holdout)
        stage.note(
            f"{holdout.horizon_days:,.1f} days held out"
            if isinstance(holdout, Holdout)
            else "too little history"
        )
    events.engine.release()
    return holdout


def segmented(
    settings: Settings,
    events: CleanEvents,
    customers: Customers,
    holdout: Holdout | Reason | None,
    progress: Progress,
) -> Segmentation:
    """Return the segments, by the algorithm and the number that the settings ask for."""
    with progress.stage("Choose and fit segments") as stage:
        if settings.algorithm == "rfm":
            segmentation = rfm(customers)
        else:
            segmentation = segment(
                customers,
                algorithm=settings.algorithm,
                k=settings.k,
                k_range=settings.k_range,
                features=settings.features,
                holdout=holdout,
                weights=settings.weights,  # type: ignore[arg-type]
                criteria="all" if settings.certificates else "deciding",
                random_state=settings.random_state,
                rare=_set_apart(settings, events, customers, holdout),
            )
        stage.note(counted(segmentation.k, "segment"))
    return segmentation


def _set_apart(
    settings: Settings,
    events: CleanEvents,
    customers: Customers,
    holdout: Holdout | Reason | None,
) -> RareMembers | None:
    """Return who has no say in the number of segments: members of rare kinds."""
    if settings.k != "auto" or RARE not in facets_wanted(settings):
        return None
    return rare_members(events, customers, holdout, random_state=settings.random_state)


def compared(
    settings: Settings, customers: Customers, segmentation: Segmentation, progress: Progress
) -> pa.Table | None:
    """Return the algorithms side by side."""
    if not settings.compare:
        return None
    with progress.stage("Compare algorithms"):
        return compare(
            customers,
            segmented=() if settings.algorithm == "rfm" else (segmentation,),
            k=settings.k,
            k_range=settings.k_range,
            features=settings.features,
            random_state=settings.random_state,
        )


def certified(
    settings: Settings,
    events: CleanEvents,
    customers: Customers,
    segmentation: Segmentation,
    holdout: Holdout | Reason | None,
    progress: Progress,
) -> tuple[Certificates, Segmentation]:
    """Return the tests of the segments, and what is delivered by them."""
    if not settings.certificates:
        return not_certified(), segmentation
    with progress.stage("Certify segments") as stage:
        from clustomer.certificates import certify, deliver

        certificates, delivered = deliver(
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
        stage.note(VERDICTS[certificates.verdict])
    return certificates, delivered


def facets_wanted(settings: Settings) -> tuple[str, ...]:
    """Return the facets to look for; without tests of segments only those by name."""
    return tuple(settings.facets or (FACETS if settings.certificates else ()))


def faceted(
    settings: Settings,
    events: CleanEvents,
    customers: Customers,
    holdout: Holdout | Reason | None,
    progress: Progress,
) -> Facets:
    """Return the facets that were asked for; without tests of segments only those by name."""
    names = [name for name in facets_wanted(settings) if name != MAIN]
    if not names:
        return no_facets(customers.table["user_id"])
    with progress.stage("Look for facets") as stage:
        from clustomer.facets import find_facets

        facets = find_facets(
            events,
            customers,
            facets=names,
            holdout=holdout,
            random_state=settings.random_state,
        )
        names = [facet.name for facet in facets.held]
        names += [counted(len(facets.rare_kinds), "rare kind")] * bool(facets.rare_kinds)
        stage.note(", ".join(names) or "none holds")
    return facets


def staged(events: CleanEvents, progress: Progress) -> Lifecycle | Reason:
    """Return where each customer stands against their own rhythm, or why that is not known."""
    with progress.stage("Look where customers stand", events.engine.fraction) as stage:
        lifecycle = lifecycle_stages(events)
        if isinstance(lifecycle, Lifecycle):
            due = pc.sum(lifecycle.table["due"]).as_py()
            stage.note(f"{due:,} due")
        else:
            stage.note("too little history")
    return lifecycle


def forecasted(
    settings: Settings,
    events: CleanEvents,
    customers: Customers,
    segmentation: Segmentation,
    progress: Progress,
) -> Forecast | None:
    """Return what customers are expected to bring; without tests only where a horizon is named."""
    if not settings.certificates and settings.horizon is None:
        return None
    with progress.stage("Forecast orders") as stage:
        from clustomer.lifetime import forecast_customers

        forecast = forecast_customers(
            events,
            customers,
            segmentation,
            horizon=settings.horizon,
            random_state=settings.random_state,
        )
        stage.note(f"{forecast.horizon_days} days" if forecast.holds else "too little to judge it")
    return forecast


def counted_over_time(
    settings: Settings, events: CleanEvents, segmentation: Segmentation, progress: Progress
) -> History:
    """Return the shop over time, its seasons and cohorts, and why its revenue changed last."""
    with progress.stage("Look back over time", events.engine.fraction) as stage:
        history = shop_history(events, segmentation, margin=settings.margin)
        stage.note(f"by {history.over_time.unit}")
    events.engine.release()
    return history


def accustomed(
    events: CleanEvents,
    customers: Customers,
    segmentation: Segmentation,
    lifecycle: Lifecycle | Reason,
    progress: Progress,
) -> Habits:
    """Return what customers of each segment choose, when, and how soon they order again."""
    with progress.stage("Look for habits", events.engine.fraction) as stage:
        habits = segment_habits(events, customers, segmentation, lifecycle)
        stage.note(counted(habits.table.num_rows, "habit"))
    events.engine.release()
    return habits


def _interpreted(
    settings: Settings,
    events: Events,
    customers: Customers,
    segmentation: Segmentation,
    progress: Progress,
    **further: Any,
) -> Interpretation:
    with progress.stage("Name and explain them"):
        return interpret(
            customers,
            segmentation,
            currency=settings.currency,
            margin=settings.margin,
            cost=settings.cost,
            cleaning=events.cleaning.table,
            source_label=events.source,
            reading_notes=events.readings.to_say,
            warnings=events.warnings,
            title=settings.title,
            one_page=settings.summary,
            nameless=events.nameless,
            currencies=events.currencies,
            **further,
        )


def _write(
    lanes: Lanes, content: Content, identified: Future[dict[str, Any]], progress: Progress
) -> None:
    """Write what is not written yet; figures are drawn beside the tables."""
    identify(lanes.draft, content, identified.result())
    figures = lanes.aside(draw_figures, content.interpretation, content.segmentation)
    with progress.stage("Write tables"):
        lanes.wait_for_customers()
        write_tables(lanes.draft, content)
    if lanes.events_written is not None:
        with progress.stage("Write clean events"):
            lanes.events_written.result()
    with progress.stage("Draw and write the report"):
        write_report(lanes.draft, content, figures.result())
