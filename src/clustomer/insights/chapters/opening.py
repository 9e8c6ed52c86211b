"""The five lines that an owner must know."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil

from clustomer.events.losses import NOBODY
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Headed,
    KeyNumbers,
    Labelled,
    Paragraph,
    Section,
    Steps,
)
from clustomer.insights.chapters.cards import segment_insights, short_window
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.facet_names import facet_names, rare_name
from clustomer.insights.chapters.facet_words import VIEWS
from clustomer.insights.chapters.over_time import NO_NEWCOMER, ONE_INTAKE, trend
from clustomer.insights.chapters.spend import share_assumed
from clustomer.insights.facts import Fact, decimals_for, escape, made_of
from clustomer.insights.naming.names import Name
from clustomer.insights.population import EVERYONE
from clustomer.insights.profiles import Profile
from clustomer.insights.study import Study
from clustomer.insights.texts import listed, period
from clustomer.thresholds import CLEARLY_PAYS, CLOSED_INTAKE

MOST_STEPS = 3
"""So many actions come first."""


_TOO_SHORT = (
    "The period is {run.window_days} long, too short for the customary names of the segments: here "
    "they say only who ordered earlier or later, and more or less often, within it."
)


class Opening(Chapter):
    """Who brings the revenue, its concentration, who never buys, what to do, and the caveat."""

    name = "opening"
    title = "What you need to know"
    place = "lead"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `everyone.no_newcomer`, the days in which nobody is first seen, where it is long.

        They begin on the day after the one on which the newest customer was first seen.
        """
        if "tenure_days" not in study.people.columns or not study.window_days:
            return
        days = study.people.aggregate(EVERYONE, "tenure_days", "min")
        if days is not None and days > CLOSED_INTAKE * study.window_days:
            source = {
                "table": "customers",
                "key": EVERYONE,
                "column": "tenure_days",
                "aggregate": "min",
            }
            decimals = decimals_for(days, "days")
            newest = "everyone.newest_tenure"
            yield Fact(newest, days, "days", decimals, None, source)
            after = float(ceil(days) - 1)
            yield made_of(NO_NEWCOMER, after, "days", newest, "days_after", decimals=0)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the key figures, the lines, numbered, and what goes on the page to print."""
        figures = KeyNumbers(tuple(_key_figures(study, facts)))
        steps = Steps(tuple(_first_steps(study, facts)))
        first: tuple[Block, ...] = ()
        if steps.steps:
            first = (Headed("What to do first", (steps, Paragraph(_IF_TESTED, "note"))),)
        elif _reckoned(study, facts):
            first = (Headed("What to do first", (Paragraph(_NOTHING_PAYS),)),)
        if figures.numbers:
            yield figures
        yield Bullets(_lines(study, facts), role="numbered")
        yield from first
        span = f"{period(facts)} ({{run.time_zone}})" if "run.start" in facts else ""
        source = "Source: {run.source}" if "run.source" in facts else ""
        about = Paragraph(", ".join(part for part in (source, span) if part), "aside")
        if NO_NEWCOMER in facts:
            yield Section("", (Paragraph(ONE_INTAKE),), "screen")
        yield Section("", (about, *((figures,) if figures.numbers else ())), "page", "page-figures")
        yield Section("", first, "page", "page-steps")


_IF_TESTED = (
    "The figures leave out the customers whom segments.csv marks “hold back” (test_group): they "
    "get nothing, so that you see whether it works. Where nobody is marked, the segment is too "
    "small to test."
)
_NOTHING_PAYS = (
    "At a cost of {run.cost} for each contact and a margin of {run.margin}, no action clearly pays "
    "by the reckoning under “What is at stake”. What costs next to nothing, such as a message by "
    "e-mail, still may: set --cost to what it is for you."
)

_KEY_FIGURES = (
    ("Customers", "everyone.customers", "customers"),
    ("Revenue", "everyone.revenue", "revenue"),
    ("Orders", "everyone.orders.sum", "orders"),
    ("An order is worth", "everyone.order_value", ""),
    ("Buyers who ordered again", "everyone.buyers_again", ""),
    ("Due soon by their own rhythm", "everyone.lifecycle.due_soon", ""),
    ("Past due, not yet late", "everyone.lifecycle.past_due", ""),
)
"""What a key figure is called, its fact, and what is drawn of it over time."""


def _key_figures(study: Study, facts: Mapping[str, Fact]) -> Iterator[Labelled]:
    for label, name, column in _KEY_FIGURES:
        if name in facts and facts[name].value is not None:
            if name == "everyone.order_value" and "returns" in study.everyone.features:
                label = f"{label}, net of returns"
            points = trend(study, facts, "", column) if column else ()
            if points and NO_NEWCOMER in facts:
                label = f"{label}, from one intake"
            yield Labelled(label, f"{{{name}}}", points)


def _reckoned(study: Study, facts: Mapping[str, Fact]) -> bool:
    """Whether it is known what an action would earn and cost."""
    priced = any(name.endswith(".one_more") for name in facts)
    return priced and study.segmentation.structure and not _say_little(study)


def _first_steps(study: Study, facts: Mapping[str, Fact]) -> Iterator[Labelled]:
    """Yield the three actions at which most is at stake; without groups, whom to remind."""
    headlines = {
        segment.segment_id: segment.headline_action for segment in study.once(segment_insights)
    }
    if not study.segmentation.structure:
        # whoever is late by a rhythm of their own is so without any groups
        headlines = {
            key: f"Remind the {{{key}.own.late:customer who is/customers who are}} late, before "
            "they lapse"
            for key in headlines
            if f"{key}.own.late" in facts
        }
    elif not _reckoned(study, facts):
        return
    # whom the advice counts, the money counts
    late = {key: "late_" for key in headlines if f"{{{key}.own.late" in headlines[key]}
    groups = [group for group in study.groups if group.segment_id in headlines]
    for key in most_at_stake(groups, facts, late)[:MOST_STEPS]:
        part = f"{key}.{late.get(key, '')}"
        won = share_assumed(key, facts)
        yield Labelled(
            escape(study.names[key]),
            f"{headlines[key]}. One more order from {won} of {_contacted(part, facts)} would earn "
            f"{{{part}one_more}} "
            f"at a margin of {{run.margin}}; contacting these once costs {{{part}contact}}.",
        )


def _contacted(part: str, facts: Mapping[str, Fact]) -> str:
    """Return whom an action reaches, where some are held back for a test."""
    key, _, late = part.partition(".")
    name = f"{key}.own.{late}contacted"
    return f"the {{{name}}} who are not held back" if name in facts else "them"


def _lines(study: Study, facts: Mapping[str, Fact]) -> tuple[str, ...]:
    structure = study.segmentation.structure
    warnings = study.tables["run"].get("warnings", {})
    nobody = {number: match for number, text in warnings.items() if (match := NOBODY.search(text))}
    plain = bool(nobody) and not any(match["advice"] for match in nobody.values())
    rows = plain and {"money.nameless_share", "cleaning.missing_customer.rows"} <= set(facts)
    lines = (
        *(f"{{run.warnings.{number}}}" for number in warnings if not (rows and number in nobody)),
        _shop(facts, study.everyone),
        ONE_INTAKE if NO_NEWCOMER in facts else "",
        f"{ROWS_LEFT_OUT} {MONEY_LEFT_OUT}" if rows else "",
        MONEY_LEFT_OUT if "money.nameless_share" in facts and not rows else "",
        _revenue(study.groups, study.everyone, study.named, structure),
        _concentration(facts),
        _buying(facts, study.everyone),
        _plain(study, facts),
        *_facets(study),
        _TOO_SHORT if _say_little(study) else "",
        f"{_caveat(facts, study.everyone)}{_unnamed_currency(study)}",
    )
    return tuple(line for line in lines if line)


def _facets(study: Study) -> Iterator[str]:
    """Say what the facets that hold see, and what their segments are called."""
    for facet in study.facets.held if study.facets is not None else ():
        key = f"facet.{facet.name}"
        quoted = listed([f"“{name}”" for name in facet_names(facet).values()])
        yield (
            f"Seen by {VIEWS[facet.view]}, {{{key}.customers:customer/customers}} fall into "
            f"{{{key}.segments:group/groups}}: {escape(quoted)}."
        )
    kinds = study.facets.rare_kinds if study.facets is not None else ()
    for number, kind in enumerate(kinds, 1):
        yield (
            f"{{rare.{number}.customers:customer is/customers are}} far from all others: "
            f"“{rare_name(kind)}”."
        )


def _revenue(
    segments: Sequence[Profile], everyone: Profile, named: Mapping[str, Name], structure: bool
) -> str:
    if not structure or len(segments) < 2:
        return (
            "No groups of customers that differ were found: this report speaks of all "
            "{everyone.customers:customer/customers} together."
        )
    # whose share of revenue is the furthest above that of customers
    first = max(
        segments,
        key=lambda part: (
            (part.revenue_share or 0.0) - part.customers / everyone.customers,
            part.first_user,
        ),
    )
    first = segments[0] if first.revenue_share is None else first
    key, name = first.segment_id, named[first.segment_id].spoken
    if first.revenue_share is not None and not named[key].is_noun:
        return (
            f"The segment {name} holds {{{key}.share}} of the customers and brings "
            f"{{{key}.revenue_share}} of the revenue ({{{key}.revenue}} of {{everyone.revenue}})."
        )
    if first.revenue_share is not None:
        return (
            f"{name} are {{{key}.share}} of the customers and bring {{{key}.revenue_share}} of "
            "the revenue ({" + key + ".revenue} of {everyone.revenue})."
        )
    largest = max(segments, key=lambda segment: (segment.customers, segment.first_user))
    key, name = largest.segment_id, named[largest.segment_id].spoken
    reason = (
        "There is no revenue in this data."
        if everyone.revenue is None
        else "Purchases less returns leave no revenue in this period."
    )
    return f"The largest segment is {name}, with {{{key}.share}} of the customers. {reason}"


def _concentration(facts: Mapping[str, Fact]) -> str:
    for name, words in (("top_tenth", "tenth"), ("top_hundredth", "hundredth")):
        fact = facts.get(f"everyone.revenue.{name}")
        # Where fewer than a tenth buy, the best-paying tenth bring everything: no news.
        if fact is not None and isinstance(fact.value, float) and fact.value < 1:
            return (
                f"The top {words} of the customers, by what they spend, bring "
                f"{{everyone.revenue.{name}}} of the revenue."
            )
    return ""


_BROWSING = {"views", "carts", "visits"}
"""Features of those who may come without an order."""


def _buying(facts: Mapping[str, Fact], everyone: Profile) -> str:
    if "everyone.non_buyers" not in facts:
        return "The data hold no purchases, so nothing can be said of who buys."
    if facts["everyone.non_buyers"].value:
        whom = "{everyone.non_buyers} of {everyone.customers:customer/customers}"
        if "returns" in everyone.features and not _BROWSING & {*everyone.features}:
            return f"{whom} ({{everyone.orders.none}}) only sent goods back in this period."
        return f"{whom} ({{everyone.orders.none}}) ordered nothing in this period."
    return (
        "Everyone in the data ordered at least once; {everyone.orders.at_most_1} of them ordered "
        "only once in this period."
    )


def _plain(study: Study, facts: Mapping[str, Fact]) -> str:
    """Say who brings the revenue by plain definition, where no groups were found."""
    names = ("group.top.customers", "group.top.revenue_share", "group.none.customers")
    if study.segmentation.structure or not all(name in facts for name in names):
        return ""
    return (
        "By plain definition, {group.top.customers:customer/customers} in the top tenth of buyers "
        "{group.top.customers?brings/bring} {group.top.revenue_share} of the revenue, and "
        "{group.none.customers:customer/customers} ordered nothing: see the plain groups."
    )


ROWS_LEFT_OUT = (
    "Of {cleaning.input:row/rows}, {cleaning.missing_customer.rows:names/name} no customer "
    "({cleaning.missing_customer.share}): nothing here is about such rows."
)
MONEY_LEFT_OUT = (
    "Rows that name no customer bring {money.nameless} more, {money.nameless_share} of the "
    "source's total of {money.total}. All shares of revenue here are of the {money.known} from "
    "known customers."
)


def _say_little(study: Study) -> bool:
    """Whether the names are customary ones, in a log that is too short for them."""
    return study.defined and short_window(study)


def most_at_stake(
    groups: Sequence[Profile], facts: Mapping[str, Fact], audiences: Mapping[str, str]
) -> list[str]:
    """Return the segments in which one more order clearly brings more than it costs, best first.

    `audiences` gives "late_" for segments of which only those who are late are addressed.

    What is left counts as far as the segment is sure to be there: times its stability, the part of
    it that is found again in other draws of the customers (1 where that was not tested).
    """

    def value(fact_id: str, otherwise: float) -> float:
        number = facts[fact_id].value if fact_id in facts else None
        return float(number) if isinstance(number, int | float) else otherwise

    def left(group: Profile) -> float:
        key = group.segment_id
        part = f"{key}.{audiences.get(key, '')}"
        gain, cost = value(f"{part}one_more", 0.0), value(f"{part}contact", 0.0)
        if gain < CLEARLY_PAYS * cost:
            return 0.0
        return (gain - cost) * value(f"{key}.stable_jaccard", 1.0)

    paying = [group for group in groups if left(group) > 0]
    paying.sort(key=lambda group: (-left(group), -group.customers, group.first_user))
    return [group.segment_id for group in paying]


def _shop(facts: Mapping[str, Fact], everyone: Profile) -> str:
    """Say what the shop did in this period."""
    if "everyone.orders.sum" not in facts:
        return ""
    worth = ""
    if "everyone.order_value" in facts:
        net = ", net of returns" if "returns" in everyone.features else ""
        worth = f" worth {{everyone.revenue}}, {{everyone.order_value}} an order{net}"
    who = "{everyone.customers:customer/customers} placed"
    if facts["everyone.non_buyers"].value:
        who = "{everyone.buyers} of {everyone.customers:customer/customers} placed"
    again = ""
    if "everyone.buyers_again" in facts:
        again = " {everyone.buyers_again} of the buyers ordered more than once."
    return f"{who} {{everyone.orders.sum:order/orders}}{worth}.{again}"


def _caveat(facts: Mapping[str, Fact], everyone: Profile) -> str:
    if "run.window_days" in facts:
        days = period(facts)
        when = f"from {days}" if " " in days else f"on {days}"
        span = f"All of this is seen in {{run.window_days}} of data, {when} ({{run.time_zone}})"
    else:
        span = "All of this is seen in the period that the data cover"
    absent = [
        words
        for words, name in (
            ("visits", "views"),
            ("carts", "carts"),
            ("products", "products"),
            ("purchases", "orders"),
            ("returns", "returns"),
        )
        if name not in everyone.features
    ]
    without = f"; the data hold {listed([f'no {word}' for word in absent])}" if absent else ""
    return f"{span}{without}. It shows what customers did, not why."


def _unnamed_currency(study: Study) -> str:
    """Say that amounts are in a currency that nobody named, where the source is known not to."""
    amounts = any(column.unit == "currency" for column in study.described.values())
    named = study.tables["run"]["currencies"]
    if not amounts or study.settings["currency"] is not None or named is None or named:
        return ""
    return " Amounts are in the currency of the source, which it does not name."
