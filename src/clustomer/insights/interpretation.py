"""From customers and their segments to everything that is said about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from clustomer.certificates.certificate import Certificates
from clustomer.errors import UsageError
from clustomer.insights.actions import CAUSE_NOTE, advice
from clustomer.insights.advice import Advice
from clustomer.insights.algorithm import algorithm_entries
from clustomer.insights.appendix import limits, method
from clustomer.insights.attributes import describe_attributes, file_entries
from clustomer.insights.cases import LONG_WINDOW_DAYS, Case
from clustomer.insights.certificate_facts import certificate_facts
from clustomer.insights.certification import certification, with_names
from clustomer.insights.contest import compare_algorithms, comparison_facts
from clustomer.insights.definition import define_segments, grid_settings
from clustomer.insights.facts import Fact, Facts, decimals_for, escape
from clustomer.insights.findings import reserve, standing
from clustomer.insights.marks import Mark, marks
from clustomer.insights.naming import Name, feature_title, name_segments
from clustomer.insights.opening import opening
from clustomer.insights.population import BOTS, EVERYONE, UNGROUPED, Population
from clustomer.insights.profiles import (
    Described,
    Profile,
    cluster_summary,
    describe,
    profile,
    profile_facts,
    report_order,
)
from clustomer.insights.settings import setting_facts
from clustomer.insights.spend import COST, MARGIN, SPEND_NOTE, spend_facts, spend_rows
from clustomer.insights.story import Certification, Insights, SegmentInsight
from clustomer.insights.texts import used_facts

_TYPICAL = ("orders", "revenue", "sessions", "views", "recency_days", "tenure_days")
TOP_PARTS = {"top_tenth": 0.1, "top_hundredth": 0.01}
"""The parts of customers, best-paying first, whose share of revenue shows its concentration."""


@dataclass(frozen=True, eq=False)
class Interpretation:
    """What the segments mean.

    Attributes
    ----------
    facts : Facts
        Every number that a text shows, and the means and medians of every feature.
    everyone : Profile
        All customers but suspected bots.
    profiles : tuple of Profile
        The segments in the order of the report, suspected bots last.
    names : mapping of segment id to name
    named : mapping of segment id to Name
        The same, with what gave each name.
    insights : Insights
        The texts.
    summary : pyarrow.Table
        The content of `cluster_summary.csv`, rows in the order of the report.
    segments : pyarrow.Table
        `user_id`, `segment_id`, `segment`, `cluster`, `distance`, sorted by `user_id`.
    tables : mapping of name to table
        What `facts.verify` recomputes the facts from.
    certificates : Certificates, or None
        As they were given, with what naming found: a segment whose name its numbers do not
        prove is not usable without reserve. This is the content of `certificates.json`.
    """

    facts: Facts
    everyone: Profile
    profiles: tuple[Profile, ...]
    names: Mapping[str, str]
    named: Mapping[str, Name]
    insights: Insights
    summary: pa.Table
    segments: pa.Table
    tables: Mapping[str, Any]
    certificates: Certificates | None = None


def interpret(
    customers: Any,
    segmentation: Any,
    *,
    currency: str | None = None,
    margin: float = MARGIN,
    cost: float = COST,
    cleaning: Any = None,
    window: Any = None,
    source_label: str = "the event log",
    unavailable: Mapping[str, str] | None = None,
    given_names: Mapping[str, str] | None = None,
    attributes: Any = None,
    certificates: Certificates | None = None,
    comparison: Any = None,
) -> Interpretation:
    """Say what the segments mean: profiles, names, facts, actions, texts.

    Parameters
    ----------
    customers : `Customers`, or any object with `__arrow_c_stream__`
        One row per customer: `user_id` and features.
    segmentation : Segmentation
        What `segment` returned for these customers.
    currency : str, default None
        An ISO code such as EUR or a symbol such as £; None prints plain numbers.
    margin : float, default 0.30
        Share of revenue that is kept after the cost of goods, above 0 and at most 1.
    cost : float, default 0.50
        Cost of contacting one customer, in the shop's currency; at least 0.
    cleaning : Cleaning, or rows of (rule, action, rows, share), default None
        What cleaning did.
    window : Window, default that of `customers`
        With `start`, `cutoff`, `days`, `time_zone`. Without one nobody is called loyal, lapsed,
        inactive, occasional or new.
    source_label : str
        What the data is called in texts.
    unavailable : mapping of feature to reason, default that of `customers`
        Features that the data could not give.
    given_names : mapping of segment id to name, default None
        Names of the user's own, which are marked as such.
    attributes : Attributes, default None
        What else is known of these customers; it is described, and names do not rest on it.
    certificates : Certificates, default None
        How real, stable, predictive and usable the segments are; None says nothing about it.
    comparison : table, default None
        A row for each algorithm that was tried on the same features: `algorithm`, `segments`,
        `noise_share`, `silhouette`, `smallest_share`, `agreement` (with k-means).

    Raises UsageError for a currency, margin or cost that makes no sense, InputError where the
    two tables do not hold the same customers.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clustomer.segments import segment
    >>> customers = pa.table({
    ...     "user_id": ["a", "b", "c", "d"],
    ...     "orders": [5.0, 6.0, 0.0, 0.0],
    ...     "revenue": [50.0, 60.0, 0.0, 0.0],
    ... })
    >>> found = segment(customers, k=2, features=["orders", "revenue"])
    >>> said = interpret(customers, found, currency="EUR")
    >>> [(each.segment_id, said.names[each.segment_id]) for each in said.profiles]
    [('S2', 'Repeat buyers'), ('S1', 'Non-buyers')]
    >>> said.facts.render("{S2.customers:customer/customers}, {S2.revenue}")
    '2 customers, EUR 110.00'
    """
    check_spend(margin, cost)
    window = window if window is not None else getattr(customers, "window", None)
    days = float(window.days) if window is not None else None
    missing = unavailable if unavailable is not None else getattr(customers, "unavailable", None)
    customer_table = customers if isinstance(customers, pa.Table) else pa.table(customers)

    labelled = _with_ids(segmentation)
    people = Population(customer_table, labelled)
    described = describe(people, customer_table.schema)
    everyone = profile(people, EVERYONE, described, window_days=days)
    keys = [*people.segments, *([BOTS] if len(people.rows(BOTS)) else [])]
    profiles = report_order([profile(people, key, described, window_days=days) for key in keys])
    defined = segmentation.rule.is_defined
    if defined:
        named = define_segments(profiles)
    else:
        named = name_segments(profiles, everyone, described, window_days=days)
    for key, given in (given_names or {}).items():
        named[key] = named[key].renamed(given)
    names = {each.segment_id: named[each.segment_id].name for each in profiles}

    tables = _tables(customer_table, labelled, segmentation, cleaning, missing)
    tables["run"] = {
        "currency": currency,
        "margin": float(margin),
        "cost": float(cost),
        "source": source_label,
        **_window_settings(window),
    }
    facts = {
        fact.id: fact for fact in profile_facts([everyone, *profiles], described, window_days=days)
    }
    for fact in (*setting_facts(tables), *_whole_facts(people, everyone)):
        facts[fact.id] = fact
    for fact in spend_facts(profiles, dict(facts)):
        facts[fact.id] = fact
    known = None
    if attributes is not None:
        tables["attributes"] = attributes.table
        tables["attributes_file"] = file_entries(attributes)
        known = describe_attributes(attributes, labelled, profiles)
        facts |= {fact.id: fact for fact in known.facts}

    certified = None
    if certificates is not None:
        certificates = with_names(certificates, named)
        tables["certificates"] = certificates.to_json()
        units = {name: column.unit for name, column in described.items()}
        whole = _whole_numbers(people)
        facts |= {fact.id: fact for fact in certificate_facts(certificates, units, whole=whole)}
        certified = certification(
            certificates,
            names,
            facts,
            {name: column.label for name, column in described.items()},
            whole,
            defined=defined,
            rests_on_stability=segmentation.selection.rests_on_stability,
        )
    if comparison is not None:
        tables["comparison"] = pa.table(comparison)
        facts |= {fact.id: fact for fact in comparison_facts(tables["comparison"])}

    told = tuple(
        _segment_insight(
            each, everyone, profiles, named[each.segment_id], described, facts, days, defined
        )
        for each in profiles
    )
    if known is not None:
        told = tuple(
            replace(each, attributes=known.lines.get(each.segment_id, ())) for each in told
        )
    if certificates is not None and certified is not None:
        told = _with_certificates(told, certificates, certified)
    insights = Insights(
        opening=opening(
            profiles,
            everyone,
            named,
            told,
            facts,
            segmentation.structure,
            names_say_little=defined and _short(days),
        ),
        segments=told,
        spend=spend_rows(profiles, names, facts),
        spend_note=SPEND_NOTE if everyone.revenue is not None else "",
        method=(
            *method(tables, described, segmentation, named, facts),
            *([("Attributes", known.method)] if known is not None else []),
        ),
        limits=limits(everyone, named, facts, days, defined=defined, certificates=certificates),
        certification=certified,
        comparison=compare_algorithms(tables["comparison"], segmentation.algorithm.name, facts)
        if comparison is not None
        else None,
    )
    return Interpretation(
        facts=Facts(used_facts(facts, insights), currency=currency),
        everyone=everyone,
        profiles=tuple(profiles),
        names=MappingProxyType(names),
        named=MappingProxyType(named),
        insights=insights,
        summary=cluster_summary(profiles, names, described),
        segments=_segments_table(labelled, names),
        tables=MappingProxyType(tables),
        certificates=certificates,
    )


def check_spend(margin: float, cost: float) -> None:
    """Raise UsageError for a margin or a cost that makes no sense."""
    if not 0 < margin <= 1:
        raise UsageError(
            f"The margin is {margin!r}; a share of revenue above 0 and at most 1 was expected. "
            "Write 30 % as 0.3."
        )
    if not 0 <= cost < float("inf"):
        raise UsageError(
            f"The cost per customer is {cost!r}; an amount of at least 0 was expected. Give what "
            "contacting one customer costs, such as 0.5."
        )


def _whole_numbers(people: Population) -> frozenset[str]:
    """Return the features that have whole numbers only, whose bounds need no fraction."""
    found = []
    for name, values in people.columns.items():
        known = values[~np.isnan(values)]
        if len(known) and bool(np.all(known == np.floor(known))):
            found.append(name)
    return frozenset(found)


def _with_certificates(
    told: tuple[SegmentInsight, ...], certificates: Certificates, certified: Certification
) -> tuple[SegmentInsight, ...]:
    standings = {each.segment_id: standing(each.findings) for each in certified.segments}
    return tuple(
        replace(
            each,
            standing=standings[each.segment_id],
            reserve=reserve(certificates.segments[each.segment_id]),
        )
        if each.segment_id in standings
        else each
        for each in told
    )


def _short(days: float | None) -> bool:
    return days is not None and days < LONG_WINDOW_DAYS


def _with_ids(segmentation: Any) -> pa.Table:
    table, ids = segmentation.table, segmentation.segment_ids
    column = pa.array([ids[cluster] for cluster in table["cluster"].to_pylist()], pa.string())
    return table.append_column("segment_id", column)


def _segments_table(labelled: pa.Table, names: Mapping[str, str]) -> pa.Table:
    ids = labelled["segment_id"].to_pylist()
    named = labelled.append_column("segment", pa.array([names[i] for i in ids], pa.string()))
    return named.select(["user_id", "segment_id", "segment", "cluster", "distance"]).sort_by(
        "user_id"
    )


def _tables(
    customers: pa.Table,
    labelled: pa.Table,
    segmentation: Any,
    cleaning: Any,
    unavailable: Mapping[str, str] | None,
) -> dict[str, Any]:
    tables: dict[str, Any] = {
        "customers": customers,
        "segments": labelled,
        "cluster_evaluation_metrics": segmentation.selection.criteria,
        "segmentation": {
            "k": segmentation.k,
            "reason": segmentation.selection.reason,
            "fitted_customers": segmentation.fitted_customers,
            "left_out": dict(segmentation.left_out),
            "unavailable": dict(unavailable or {}),
            "algorithm": algorithm_entries(segmentation),
            **(grid_settings(segmentation.rule) if segmentation.rule.is_defined else {}),
        },
    }
    if cleaning is not None:
        tables["cleaning"] = _cleaning_table(cleaning)
    return tables


def _cleaning_table(cleaning: Any) -> pa.Table:
    table = getattr(cleaning, "table", cleaning)
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    rows: Sequence[Sequence[Any]] = [tuple(row) for row in table]
    return pa.table(
        {
            "rule": pa.array([row[0] for row in rows], pa.string()),
            "action": pa.array([row[1] for row in rows], pa.string()),
            "rows": pa.array([row[2] for row in rows], pa.int64()),
            "share": pa.array([row[3] for row in rows], pa.float64()),
        }
    )


def _window_settings(window: Any) -> dict[str, Any]:
    if window is None:
        return {}
    bounds = [_moment(each, window.time_zone) for each in (window.start, window.cutoff)]
    if all(each.endswith(" 00:00") for each in bounds):
        bounds = [each[:10] for each in bounds]
    return {
        "start": bounds[0],
        "cutoff": bounds[1],
        "window_days": float(window.days),
        "time_zone": str(window.time_zone),
    }


def _moment(moment: datetime, time_zone: str) -> str:
    """Write a UTC time on the shop's clock."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M")


def _whole_facts(people: Population, everyone: Profile) -> Iterable[Fact]:
    def fact(name: str, unit: str, key: str, column: str, aggregate: str) -> Fact:
        value = people.aggregate(key, column, aggregate)
        source = {"table": "customers", "key": key, "column": column, "aggregate": aggregate}
        return Fact(name, value, unit, decimals_for(value, unit), None, source)

    yield fact("all.customers", "customers", "all", "user_id", "count")
    if "orders" in people.columns:
        yield fact("everyone.orders.sum", "orders", EVERYONE, "orders", "sum")
        yield fact("everyone.non_buyers", "customers", EVERYONE, "orders", "count_at_most(0)")
    if everyone.revenue is not None:
        for name, part in TOP_PARTS.items():
            share = f"top_share({part})"
            yield fact(f"everyone.revenue.{name}", "share", EVERYONE, "revenue", share)


def _segment_insight(
    each: Profile,
    everyone: Profile,
    profiles: Sequence[Profile],
    name: Name,
    described: Mapping[str, Described],
    facts: Mapping[str, Fact],
    days: float | None,
    defined: bool,
) -> SegmentInsight:
    others = tuple(o for o in profiles if o is not each and o.segment_id not in UNGROUPED)
    case = Case(each, everyone, others, days)
    said = advice(name.rule, case.has, defined=defined, short=_short(days))
    found = marks(case, described) if each.segment_id != BOTS else ()
    key = each.segment_id
    whole = "all" if key == BOTS else EVERYONE
    return SegmentInsight(
        segment_id=key,
        name=name.name,
        evidence=name.evidence,
        who=f"{_how_many(key, whole, name)} {said.who}",
        marks=tuple(mark.text for mark in found) or _no_marks(key, name, described, facts),
        why=_why(each, said),
        actions=said.actions,
        measure=said.measure if key == BOTS else f"{said.measure} {CAUSE_NOTE}",
        headline_mark="all there are" if name.rule == "all" else _headline(found, key),
        headline_action=said.headline,
    )


def _how_many(key: str, whole: str, name: Name) -> str:
    if name.rule == "all":
        return f"{{{key}.customers:customer/customers}}: all there are."
    return f"{{{key}.customers:customer/customers}}, {{{key}.share}} of {{{whole}.customers}}."


def _no_marks(
    key: str, name: Name, described: Mapping[str, Described], facts: Mapping[str, Fact]
) -> tuple[str, ...]:
    if key == BOTS:
        return ("They act faster than people can.",)
    if name.rule == "all":
        return tuple(_typical(key, described, facts)) or ("Nothing is known of them.",)
    return ("Nothing differs noticeably from the average customer.",)


def _typical(
    key: str, described: Mapping[str, Described], facts: Mapping[str, Fact]
) -> Iterable[str]:
    """Say what customers are like where there is nobody to compare them with."""
    for name in _TYPICAL:
        if name not in described:
            continue
        slug, title = described[name].slug, escape(feature_title(described[name]))
        mean, median = (facts.get(f"{key}.{slug}.{part}") for part in ("mean", "median"))
        if mean is not None and mean.value is not None and median is not None:
            # net revenue can be below 0, so that not everyone who has no more than 0 has none
            none = median.value == 0 and name in ("orders", "sessions", "views")
            most = "none" if none else f"{{{median.id}}} or less"
            yield f"{title}: {{{mean.id}}} on average; at least half of them have {most}."


def _headline(found: Sequence[Mark], key: str) -> str:
    if key == BOTS:
        return "faster than people can be"
    return ", ".join(mark.short for mark in found[:2]) or "like everyone"


def _why(each: Profile, said: Advice) -> str:
    key = each.segment_id
    if each.revenue is None:
        return said.why
    if each.revenue == 0:
        return f"They brought no revenue in this period. {said.why}"
    if each.revenue < 0:
        return f"They sent back more than they bought in this period: {{{key}.revenue}}. {said.why}"
    if each.revenue_share is None or key == BOTS:
        return f"They bring {{{key}.revenue}}. {said.why}"
    return f"They bring {{{key}.revenue}}, {{{key}.revenue_share}} of all revenue. {said.why}"
