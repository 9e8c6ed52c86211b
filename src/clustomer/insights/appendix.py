"""How it was done, and what it cannot say."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clustomer.certificates.certificate import Certificates
from clustomer.customers import FEATURES
from clustomer.events import KEPT, REJECTIONS, REPAIRS
from clustomer.insights.algorithm import algorithm_texts
from clustomer.insights.cases import LONG_WINDOW_DAYS
from clustomer.insights.definition import scores_in_words
from clustomer.insights.facts import Fact, escape
from clustomer.insights.naming import Name
from clustomer.insights.population import BOTS
from clustomer.insights.profiles import Described, Profile
from clustomer.insights.rules import AVERAGE, MIXED, RULES
from clustomer.segments import RFM_SEGMENTS
from clustomer.segments.rules.rfm_grid import NO_PURCHASE_ID

Section = tuple[str, tuple[str, ...]]

_RULES_IN_WORDS = {**KEPT, **REPAIRS, **REJECTIONS}


def method(
    tables: Mapping[str, Any],
    described: Mapping[str, Described],
    segmentation: Any,
    named: Mapping[str, Name],
    facts: Mapping[str, Fact],
) -> tuple[Section, ...]:
    """Return the sections of the appendix: a title and its paragraphs."""
    sections: list[Section] = [
        ("Data and period", tuple(_data(facts, named))),
        ("Cleaning", tuple(_cleaning(tables, facts))),
        ("Features", tuple(_features(tables, described, segmentation, facts))),
        ("Scaling", tuple(_scaling(described, segmentation))),
        *_found_or_defined(facts, segmentation, named),
    ]
    return tuple((title, texts) for title, texts in sections if texts)


def limits(
    everyone: Profile,
    named: Mapping[str, Name],
    facts: Mapping[str, Fact],
    days: float | None,
    *,
    defined: bool = False,
    certificates: Certificates | None = None,
) -> tuple[str, ...]:
    """Return what must be kept in mind; `defined` where names are those of a grid."""
    time = _limits_of_defined_names(named, days) if defined else _limits_of_time(named, days)
    return (*_limits_of_segments(named, certificates), *time, *_limits_of_money(everyone))


def _found_or_defined(
    facts: Mapping[str, Fact], segmentation: Any, named: Mapping[str, Name]
) -> tuple[Section, ...]:
    if segmentation.rule.is_defined:
        return (
            ("How the segments are defined", tuple(_grid(segmentation, named))),
            ("How segments are compared", _COMPARED),
            ("What the names say", (*_DEFINED_NAMES, *_given(named))),
        )
    return (
        ("Number of segments", tuple(_number(facts, segmentation, named))),
        ("How segments are compared", _COMPARED),
        ("How segments get their names", (*_names(named), *_given(named))),
    )


_DEFINED_NAMES = (
    "The names are definitions. They say which cell of the grid a customer is in, and were not "
    "proved by what else is known of the segment, as the names of clusters are here.",
    '"Champions", "at risk" and the like are the customary words for these cells. Whether such '
    "customers leave, or stay, this grid neither measures nor predicts.",
)


def _given(named: Mapping[str, Name]) -> Iterator[str]:
    given = [each for each in named.values() if each.own_name is not None]
    if given:
        yield (
            "Names given by you, and the program's own: "
            + "; ".join(
                f'"{escape(each.name)}" (own name "{escape(each.own_name or "")}")'
                for each in given
            )
            + ". The evidence is that of the own name."
        )


def _grid(segmentation: Any, named: Mapping[str, Name]) -> Iterator[str]:
    yield (
        "{clustering.fitted_customers:customer/customers} with an order "
        "{clustering.fitted_customers?was/were} scored from 1 to 5 twice: for the time since the "
        "last order (5: the most recent) and for the number of orders (5: the most)."
    )
    yield (
        "The cut points are those that divide these customers into fifths: {grid.recency.1}, "
        "{grid.recency.2}, {grid.recency.3} and {grid.recency.4} since the last order; "
        "{grid.orders.1}, {grid.orders.2}, {grid.orders.3} and {grid.orders.4:order/orders}. Who "
        "has just the value of a cut point is on its lower side. Customers with the same value "
        "always get the same score, so that fifths differ in size where many share a value, and "
        "where two cut points are the same, the score between them goes to nobody."
    )
    yield (
        "Each pair of scores belongs to one of ten segments, by the grid that is the convention "
        "for RFM segments: "
        + "; ".join(f"{escape(each.name)}: {scores_in_words(each)}" for each in RFM_SEGMENTS)
        + ". Scores by fifths go back to Hughes (1994), Strategic Database Marketing."
    )
    empty = [each.name for each in RFM_SEGMENTS if each.segment_id not in named]
    if empty:
        yield f"Nobody is in: {_listed(empty)}."
    if NO_PURCHASE_ID in named:
        yield (
            f"{{{NO_PURCHASE_ID}.customers:customer/customers}} without an order in the period "
            "could not be scored, and form a group of their own."
        )
    yield "What customers spend, the M of RFM, is described for each segment and decides nothing."


_COMPARED = (
    '"Everyone" is all customers but suspected bots, the segment itself included. "The average '
    'customer" is the mean of everyone, and "typically" is the median: half lie below, half above.',
    "A difference is the mean of the segment less that of everyone, divided by the standard "
    "deviation of everyone, among those for whom the feature is known; on the scale of logarithms "
    "where a few customers have far more than the rest (a skewness above 1). Below 0.2 it counts "
    "as none, from 0.2 as slight, from 0.5 as clear, from 0.8 as strong (after Cohen, 1988). It "
    "must also be at least twice the standard error for a group of that size, and the plain means "
    "must differ in the same direction; otherwise nothing is said. Shares of customers are "
    "compared by Cohen's h, with the same limits.",
    "Rates are drawn towards the rate of the whole shop, the more so the less is known of a "
    "customer, so that one view with one purchase does not make a rate of 100 %. Since their "
    "means are estimates, they are compared in words only.",
)


def _data(facts: Mapping[str, Fact], named: Mapping[str, Name]) -> Iterator[str]:
    yield "The data come from {run.source}."
    if "run.window_days" in facts:
        yield (
            "The period runs from {run.start} up to {run.cutoff}, on a clock of {run.time_zone}: "
            "{run.window_days}. Nothing from outside it counts."
        )
    yield "It holds {all.customers:customer/customers}."
    if BOTS in named:
        yield (
            "{bots.customers:of them is a suspected bot/of them are suspected bots}: more than 720 "
            "views and cart actions within one hour, or more than 2,880 on one day, which is more "
            "than a person can do. They form a group of their own and count in no figure of "
            "everyone."
        )


def _cleaning(tables: Mapping[str, Any], facts: Mapping[str, Fact]) -> Iterator[str]:
    if "cleaning" not in tables:
        return
    yield (
        "{cleaning.kept:row was/rows were} kept and {cleaning.rejected} rejected; together they "
        "are all rows of the input. Of the rows kept, some were repaired."
        if facts["cleaning.repaired"].value
        else "{cleaning.kept:row was/rows were} kept and {cleaning.rejected} rejected; together "
        "they are all rows of the input."
    )
    for row in tables["cleaning"].to_pylist():
        name, action = row["rule"], row["action"]
        if row["rows"] and f"cleaning.{name}.rows" in facts:
            words = escape(_RULES_IN_WORDS.get(name, name))
            yield f"{{cleaning.{name}.rows:row/rows}} {action} ({words})."


def _features(
    tables: Mapping[str, Any],
    described: Mapping[str, Described],
    segmentation: Any,
    facts: Mapping[str, Fact],
) -> Iterator[str]:
    deciding = [name for name in segmentation.rule.features if name in described]
    if deciding:
        found = "defined by" if segmentation.rule.is_defined else "found from"
        yield f"The segments were {found}: {_listed(described[name].label for name in deciding)}."
    for index in range(1, len(tables["segmentation"]["left_out"]) + 1):
        yield f"Not used to find them: {{clustering.left_out.{index}}}."
    rest = [
        each.label
        for each in described.values()
        if each.name not in deciding and each.name not in tables["segmentation"]["left_out"]
    ]
    if rest:
        yield f"Only used to describe them: {_listed(rest)}."
    labels = {feature.name: feature.label for feature in FEATURES}
    reasons: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    for index, (name, reason) in enumerate(
        sorted(tables["segmentation"]["unavailable"].items()), 1
    ):
        reasons.setdefault(reason, []).append(labels.get(name, name))
        first.setdefault(reason, index)
    for reason, missing in reasons.items():
        yield (f"Not known, since {{clustering.unavailable.{first[reason]}}}: {_listed(missing)}.")


def _scaling(described: Mapping[str, Described], segmentation: Any) -> Iterator[str]:
    if not segmentation.scaling:
        return
    rooted = [described[each.name].label for each in segmentation.scaling if _bent(each)]
    if rooted:
        yield (
            "Where a few customers have far more than the rest, a value was brought nearer to the "
            f"others before the fit, so that no few of them draw a segment to themselves: "
            f"{_listed(rooted)}. segmentation.json says how."
        )
    yield (
        "Then every feature was brought to mean 0 and the same standard deviation, but for those "
        "that share a weight. A feature that says almost the same as an earlier one (a "
        "correlation of 0.95 or more), or that is the same for everyone, was left out."
    )
    yield (
        "A customer for whom a feature has no value, such as the value of an order without an "
        "order, gets a stated value in its place; it is part of the stored model."
    )


def _bent(feature: Any) -> bool:
    return bool(getattr(feature, "log", False)) or getattr(feature, "power", 1.0) != 1.0


def _number(
    facts: Mapping[str, Fact], segmentation: Any, named: Mapping[str, Name]
) -> Iterator[str]:
    yield "{clustering.reason}"
    if segmentation.structure:
        yield (
            "cluster_evaluation_metrics.csv holds every criterion for every number of segments "
            "that was tried."
        )
    if segmentation.structure or len(named) > 1:
        yield from algorithm_texts(segmentation, facts, named)


def _names(named: Mapping[str, Name]) -> Iterator[str]:
    yield (
        "Names are given by rules in a fixed order. Each goes to the segment that fits it best; "
        "where two segments are left with the same one, a further difference is added."
    )
    requirements = {rule.key: rule for rule in (*RULES, AVERAGE, MIXED)}
    for key in dict.fromkeys(each.rule for each in named.values()):
        if key in requirements:
            yield f"{requirements[key].name}: {_lower(requirements[key].requirement)}"


def _limits_of_segments(
    named: Mapping[str, Name], certificates: Certificates | None
) -> Iterator[str]:
    if certificates is not None and certificates.prediction.date is not None:
        yield (
            "Segments describe what customers did in the period. They do not say why. What "
            "customers did next was measured once, at one date; whether it will be so again is "
            "not known."
        )
    else:
        yield (
            "Segments describe what customers did in the period. They do not say why, nor what "
            "they will do next."
        )
    if certificates is not None and certificates.verdict != "not tested":
        yield (
            "A certificate speaks of this shop, these features and this period. It does not say "
            "that an action on a segment will work: only a group that gets nothing can tell."
        )
    if len(named) > 1:
        yield (
            "Segments shade into one another. A customer near a border could as well belong to the "
            "next segment."
        )


def _limits_of_time(named: Mapping[str, Name], days: float | None) -> Iterator[str]:
    if days is None or days < LONG_WINDOW_DAYS:
        yield (
            "The data span less than four weeks, so nobody can be called loyal, lapsed, inactive, "
            "occasional or new."
            if days is not None
            else "The length of the period is not known, so nobody is called loyal, lapsed, "
            "inactive, occasional or new."
        )
    elif any(each.rule in ("new_buyers", "new_visitors") for each in named.values()):
        yield (
            '"New" means first seen late in this period. Someone who was a customer before it '
            "began, and came back late in it, looks new here."
        )


def _limits_of_defined_names(named: Mapping[str, Name], days: float | None) -> Iterator[str]:
    yield (
        "Scores are relative: there is always a most recent and a least recent fifth, however "
        "well or badly the shop does as a whole."
    )
    if days is None:
        yield (
            "The length of the period is not known, and so not whether customers had the time that "
            "the customary names speak of."
        )
    elif days < LONG_WINDOW_DAYS:
        yield (
            "The data span less than four weeks, so the customary names say little here: in so "
            "short a time nobody can become loyal or fall asleep."
        )
    if "new" in named:
        yield (
            '"New customers" are those with a recent last order and few orders in this period. '
            "Someone who bought before it began may be among them."
        )


def _limits_of_money(everyone: Profile) -> Iterator[str]:
    if everyone.revenue is not None:
        yield (
            "Revenue is that of the purchases in the period less that of the returns in it."
            if "returns" in everyone.features
            else "Revenue is that of the purchases in the period; returns are not in the data."
        )
        yield "The margin and the cost of a contact are settings, not measured."
    yield "A customer is a user_id: one person with two accounts counts twice."


def _listed(words: Iterable[str]) -> str:
    return "; ".join(escape(word) for word in words)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
