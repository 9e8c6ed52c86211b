"""From customers and their segments to everything that is said about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from clustomer.certificates.certificate import Certificates
from clustomer.customers.reason import Reason
from clustomer.errors import UsageError
from clustomer.facets import Facets
from clustomer.habits import Habits
from clustomer.history import History
from clustomer.insights.blocks import Block, OfSegment, Section, Slot, Warn, filled
from clustomer.insights.chapters import CHAPTERS
from clustomer.insights.chapters.cards import own_figures, segment_insights
from clustomer.insights.chapters.chapter import Chapter, Placed, sections_of
from clustomer.insights.chapters.facet_names import all_facet_names
from clustomer.insights.chapters.spend import COST
from clustomer.insights.facts import Fact, Facts, decimals_for, made_of
from clustomer.insights.naming.names import Name, name_facts
from clustomer.insights.picture_facts import picture_facts
from clustomer.insights.population import EVERYONE
from clustomer.insights.profiles import Profile, cluster_summary, limit_facts, profile_facts
from clustomer.insights.reasons import certificate_sentence
from clustomer.insights.settings import setting_facts
from clustomer.insights.story import Insights
from clustomer.insights.study import Study, study_of
from clustomer.insights.texts import used_facts
from clustomer.lifecycle import Lifecycle
from clustomer.lifetime import Forecast
from clustomer.products import Recommendations
from clustomer.settings import MARGIN, check_margin

TOP_PARTS = {"top_tenth": 0.1, "top_hundredth": 0.01}
"""The parts of customers, best-paying first, whose share of revenue shows its concentration."""


@dataclass(frozen=True, eq=False)
class Interpretation:
    """What the segments mean.

    Attributes
    ----------
    study : Study
        The tables that it rests on.
    facts : Facts
        Every number that a text shows, and the means and medians of every feature.
    insights : Insights
        The texts.
    summary : pyarrow.Table
        The content of `cluster_summary.csv`, rows in the order of the report.
    segments : pyarrow.Table
        `user_id`, `segment_id`, `segment`, `cluster`, `distance`, `border_distance`, sorted by
        `user_id`; then `defined_group`, `revenue`, `orders`, `last_order_on`, `stage`,
        `expected_on`, `due`, `late`, `test_group` and
        what the attributes bring, as far as the data have them, and `<facet>_segment_id` and
        `<facet>_segment` for each facet that holds.
    added : mapping of name to table
        Tables of results that chapters added.
    """

    study: Study
    facts: Facts
    insights: Insights
    summary: pa.Table
    segments: pa.Table
    added: Mapping[str, pa.Table]

    @property
    def everyone(self) -> Profile:
        """All customers but suspected bots."""
        return self.study.everyone

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The segments in the order of the report, suspected bots last."""
        return self.study.profiles

    @property
    def names(self) -> Mapping[str, str]:
        """From segment id to name."""
        return self.study.names

    @property
    def named(self) -> Mapping[str, Name]:
        """The same, with what gave each name."""
        return self.study.named

    @property
    def certificates(self) -> Certificates | None:
        """The content of `certificates.json`: the certificates, with whether each name is proved.

        A segment whose name is not proved is weakly usable at best.
        """
        return self.study.certificates

    @property
    def tables(self) -> Mapping[str, Any]:
        """What `facts.verify` recomputes the facts from."""
        certificates = self.study.certificates
        stored = (
            {"certificates": certificates.to_json(certificate_sentence)}
            if certificates is not None
            else {}
        )
        return MappingProxyType({**self.study.tables, **stored, **self.added})


def interpret(
    customers: Any,
    segmentation: Any,
    *,
    currency: str | None = None,
    margin: float | None = None,
    cost: float = COST,
    cleaning: Any = None,
    window: Any = None,
    source_label: str = "the event log",
    unavailable: Mapping[str, str] | None = None,
    given_names: Mapping[str, str] | None = None,
    attributes: Any = None,
    certificates: Certificates | None = None,
    facets: Facets | None = None,
    lifecycle: Lifecycle | Reason | None = None,
    forecast: Forecast | None = None,
    history: History | None = None,
    habits: Habits | None = None,
    recommendations: Recommendations | None = None,
    comparison: Any = None,
    population: pa.Table | None = None,
    reading_notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    nameless: Any = None,
    currencies: Sequence[str] | None = None,
    title: str | None = None,
    one_page: bool = False,
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
    margin : float, default None
        Share of revenue that is kept after the cost of goods, above 0 and at most 1. Where it is
        None, 0.30 is assumed for when an action pays, and no value of customers is told.
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
    facets : Facets, default None
        Further segmentations of the same customers; None says nothing about it.
    lifecycle : Lifecycle or Reason, default None
        The stage of each customer, or why there is none; None says nothing about it.
    forecast : Forecast, default None
        What these customers are expected to order and to bring; None says nothing about it.
    history : History, default None
        The shop over time, its cohorts, and why its revenue changed; None says nothing about it.
    habits : Habits, default None
        What the customers of each segment choose, when, and how soon they order again; None leaves
        such numbers out of the advice.
    recommendations : Recommendations, default None
        What to recommend to each customer; None says nothing about it.
    comparison : table, default None
        A row for each algorithm that was tried on the same features: `algorithm`, `segments`,
        `noise_share`, `silhouette`, `smallest_share`, `agreement` (with k-means).
    population : pyarrow.Table, default None
        A row for each segment, with how many of all customers are in it, where those that are
        given are a sample.
    reading_notes : sequence of str
        What was decided about how the events were read, a sentence each.
    warnings : sequence of str
        What was lost of them, or may be no customer; the opening begins with it.
    nameless : number, default None
        The revenue of the period that names no customer, which no share counts.
    currencies : sequence of str, default None
        The currencies that the source names; None where that is not known.
    title : str, default None
        What the report is called.
    one_page : bool, default False
        Whether `write_reports` writes a summary of one page, too.

    Raises
    ------
    UsageError
        For a currency, margin or cost that makes no sense.
    InputError
        Where the two tables do not hold the same customers.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clustomer.segments import segment
    >>> customers = pa.table({
    ...     "user_id": ["a", "b", "c", "d"],
    ...     "orders": [5.0, 6.0, 0.0, 0.0],
    ...     "revenue": [50.0, 60.0, 0.0, 0.0],
    ... })
    >>> segmentation = segment(customers, k=2, features=["orders", "revenue"])
    >>> interpretation = interpret(customers, segmentation, currency="EUR")
    >>> interpretation.names
    {'S2': 'Repeat buyers', 'S1': 'Non-buyers'}
    >>> interpretation.facts.render("{S2.customers:customer/customers}, {S2.revenue}")
    '2 customers, EUR 110.00'
    """
    assumed = MARGIN if margin is None else float(margin)
    check_spend(assumed, cost)
    study = study_of(
        customers,
        segmentation,
        settings={
            "currency": currency,
            "margin": assumed,
            "margin_given": margin,
            "cost": float(cost),
            "title": title,
            "summary": one_page,
        },
        source_label=source_label,
        cleaning=cleaning,
        window=window,
        unavailable=unavailable,
        given_names=given_names,
        attributes=attributes,
        certificates=certificates,
        facets=facets,
        lifecycle=lifecycle,
        forecast=forecast,
        history=history,
        habits=habits,
        recommendations=recommendations,
        comparison=comparison,
        population=population,
        reading_notes=reading_notes,
        warnings=warnings,
        nameless=None if nameless is None else float(nameless),
        currencies=currencies,
    )
    return tell(study)


def tell(study: Study, chapters: Sequence[Chapter] = CHAPTERS) -> Interpretation:
    """Say of a study everything that the chapters have to say."""
    chapters = [chapter for chapter in chapters if chapter.needs(study) is None]
    added = {fact.id: fact for fact in picture_facts(study)}
    added |= {fact.id: fact for chapter in chapters for fact in chapter.facts(study)}
    facts = {fact.id: fact for fact in study_facts(study)} | added
    parts = [
        part for chapter in chapters for part in sections_of(chapter, chapter.blocks(study, facts))
    ]
    insights = _insights(study, parts)
    tables = {name: table for chapter in chapters for name, table in chapter.tables(study).items()}
    return Interpretation(
        study=study,
        facts=Facts(used_facts(facts, insights, added), currency=study.settings["currency"]),
        insights=insights,
        summary=cluster_summary(study.profiles, study.names, study.described),
        segments=_segments_table(study),
        added=MappingProxyType(tables),
    )


def study_facts(study: Study) -> Iterable[Fact]:
    """Return the facts of profiles, settings, cleaning and the population."""
    profiles = [study.everyone, *study.profiles]
    yield from profile_facts(profiles, study.described, window_days=study.window_days)
    yield from limit_facts(study.people, study.described)
    yield from study.once(own_figures).values()
    yield from name_facts(study.people, study.named.values(), study.habit_rows)
    yield from setting_facts(study.tables)
    yield from _population_facts(study)


def check_spend(margin: float, cost: float) -> None:
    """Raise UsageError for a margin or a cost that makes no sense."""
    check_margin(margin)
    if not 0 <= cost < float("inf"):
        raise UsageError(
            f"The cost per customer is {cost!r}; an amount of at least 0 was expected. Give what "
            "contacting one customer costs, such as 0.5."
        )


def _insights(study: Study, parts: Sequence[Placed]) -> Insights:
    asides: dict[tuple[str, Slot], tuple[Block, ...]] = {}
    for part in parts:
        if isinstance(part, OfSegment):
            key = part.segment_id, part.slot
            asides[key] = (*asides.get(key, ()), part.block)
    sections = filled((part for part in parts if isinstance(part, Section)), asides)
    return Insights(
        sections=tuple(part for part in sections if isinstance(part, Section)),
        segments=study.once(segment_insights),
        warning=" ".join(part.text for part in parts if isinstance(part, Warn)),
        title=study.settings.get("title") or "",
        one_page=bool(study.settings.get("summary")),
    )


def _population_facts(study: Study) -> Iterable[Fact]:
    people = study.people

    def fact(name: str, unit: str, key: str, column: str, aggregate: str) -> Fact:
        value = people.aggregate(key, column, aggregate)
        source = {"table": "customers", "key": key, "column": column, "aggregate": aggregate}
        return Fact(name, value, unit, decimals_for(value, unit), None, source)

    yield fact("all.customers", "customers", "all", "user_id", "count")
    if "orders" in people.columns:
        yield fact("everyone.orders.sum", "orders", EVERYONE, "orders", "sum")
        none = fact("everyone.non_buyers", "customers", EVERYONE, "orders", "count_at_most(0)")
        once = fact("everyone.at_most_once", "customers", EVERYONE, "orders", "count_at_most(1)")
        yield from (none, once, *_buyers(none, once, study.everyone.customers))
    if study.everyone.revenue is not None:
        yield from _money_left_out(study, fact("all.revenue", "currency", "all", "revenue", "sum"))
        for name, part in TOP_PARTS.items():
            share = f"top_share({part})"
            yield fact(f"everyone.revenue.{name}", "share", EVERYONE, "revenue", share)


def _buyers(none: Fact, once: Fact, customers: int) -> Iterable[Fact]:
    """Make `everyone.buyers`, and `everyone.buyers_again`: who of them ordered twice or more."""
    buyers, again = customers - int(str(none.value)), customers - int(str(once.value))
    yield made_of(
        "everyone.buyers", buyers, "customers", f"everyone.customers {none.id}", "difference"
    )
    yield made_of(
        "everyone.again", again, "customers", f"everyone.customers {once.id}", "difference"
    )
    if buyers:
        share = again / buyers
        ids = "everyone.again everyone.buyers"
        yield made_of("everyone.buyers_again", share, "share", ids, "ratio")


def _money_left_out(study: Study, named: Fact) -> Iterable[Fact]:
    """Make `money.nameless`, and with it the total of the source, where there is such revenue."""
    nameless = study.tables["run"].get("revenue_without_customer")
    if nameless is None or nameless <= 0 or named.value is None:
        return

    amount = float(named.value)
    yield replace(named, id="money.known", decimals=2)
    source = {"table": "run", "key": "", "column": "revenue_without_customer", "aggregate": "value"}
    yield Fact("money.nameless", nameless, "currency", 2, None, source)
    both = "money.known money.nameless"
    total = amount + nameless
    yield made_of("money.total", total, "currency", both, "sum", decimals=2)
    if total > 0:
        ids = "money.nameless money.total"
        share = nameless / total
        yield made_of("money.nameless_share", share, "share", ids, "ratio", decimals=1)


def _segments_table(study: Study) -> pa.Table:
    labelled, names = study.tables["segments"], study.names
    ids = labelled["segment_id"].to_pylist()
    named = labelled.append_column("segment", pa.array([names[i] for i in ids], pa.string()))
    columns = ["user_id", "segment_id", "segment", "cluster", "distance"]
    facets = study.facets.columns if study.facets is not None else ()
    columns += [name for name in labelled.column_names if name not in (*columns, *facets)]
    called = all_facet_names(study.facets) if study.facets is not None else {}
    for column in facets:
        texts = [None if i is None else called[i] for i in named[column].to_pylist()]
        name = column.removesuffix("_id")
        named = named.append_column(name, pa.array(texts, pa.string()))
        columns += [column, name]
    return named.select(columns).sort_by("user_id")
