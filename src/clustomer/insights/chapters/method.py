"""How it was done."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clustomer.customers import FEATURES
from clustomer.events import KEPT, REJECTIONS, REPAIRS
from clustomer.insights.algorithm import algorithm_texts
from clustomer.insights.blocks import Block, Bullets, FigureRef, Labelled, Paragraph, Section
from clustomer.insights.chapters.certification import choice
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, escape
from clustomer.insights.naming.definition import scores_in_words
from clustomer.insights.naming.names import Name
from clustomer.insights.naming.rules import RULES
from clustomer.insights.population import BOTS
from clustomer.insights.profiles import Described
from clustomer.insights.study import Study
from clustomer.insights.texts import lowered, period
from clustomer.segments import RFM_SEGMENTS
from clustomer.segments.rules.rfm_grid import NO_PURCHASE_ID
from clustomer.thresholds import written

_RULES_IN_WORDS = {**KEPT, **REPAIRS, **REJECTIONS}


class Method(Chapter):
    """How the data became segments, and segments got their names."""

    name = "method"
    title = "How it was done"
    place = "appendix"

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a section for each step."""
        steps: list[tuple[str, Iterable[str]]] = [
            ("Data and period", _data(facts, study.named)),
            ("Reading", _reading(study.tables)),
            ("Cleaning", _cleaning(study.tables, facts)),
            ("Features", _features(study, facts)),
            ("Scaling", _scaling(study.described, study.segmentation)),
            *_found_or_defined(study, facts),
        ]
        pictures = tuple(FigureRef(name) for name in ("pca", "dendrogram", "choice_of_k"))
        yield Section("", pictures, "appendix")
        for title, texts in steps:
            yield from step(title, tuple(texts))
        yield Section("", tuple(_screen(study, facts)), "screen")


def _screen(study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
    """Return the first and the last lines of the last screen."""
    events = "{cleaning.used:event/events}, " if "cleaning.used" in facts else ""
    counts = "{everyone.customers:customer/customers}, {clustering.k:segment/segments}"
    yield Paragraph(events + counts)
    if "run.start" in facts:
        yield Paragraph(f"{period(facts)}, {{run.time_zone}}", "aside")
    yield Labelled("Why so many", " ".join(choice(study)))
    if "cleaning.input" in facts:
        yield Labelled("Cleaning", cleaning_line(facts))


def cleaning_line(facts: Mapping[str, Fact]) -> str:
    """Say in one line what cleaning did."""
    # one row can be repaired in two ways, so that these are not rows
    repairs = "{cleaning.repaired:repair/repairs}" if facts["cleaning.repaired"].value else ""
    if facts["cleaning.rejected"].value:
        parts = [repairs] if repairs else []
        rest = ", ".join([*parts, "{cleaning.rejected} rejected"])
        return f"kept {{cleaning.kept}} of {{cleaning.input:row/rows}}; {rest}"
    if repairs:
        return f"kept all {{cleaning.input:row/rows}}; {repairs}"
    return "kept all {cleaning.input:row/rows} as they were"


def step(title: str, texts: tuple[str, ...]) -> Iterator[Section]:
    """Return the section of one step in the appendix; nothing where there is nothing to say."""
    if texts:
        inside = Paragraph(texts[0]) if len(texts) == 1 else Bullets(texts)
        yield Section(title, (inside,), "appendix")


def _found_or_defined(
    study: Study, facts: Mapping[str, Fact]
) -> tuple[tuple[str, Iterable[str]], ...]:
    if study.defined:
        return (
            ("How the segments are defined", _grid(study.named)),
            ("How segments are compared", _COMPARED),
            ("What the names say", (*_DEFINED_NAMES, *_given(study.named))),
        )
    return (
        ("Number of segments", _number(facts, study.segmentation, study.named)),
        ("How segments are compared", _COMPARED),
        ("How segments get their names", (*_names(study.named), *_given(study.named))),
    )


_DEFINED_NAMES = (
    "The names are definitions. They say which cell of the grid a customer is in, and were not "
    "proved by what else is known of the segment, as the names of clusters are here.",
    '"Champions", "at risk" and the like are the customary words for these cells. Whether such '
    "customers leave, or stay, this grid neither measures nor predicts.",
)


def _given(named: Mapping[str, Name]) -> Iterator[str]:
    given = [name for name in named.values() if name.own_name is not None]
    if given:
        yield (
            "Names given by you, and the program's own: "
            + "; ".join(
                f'"{escape(name.name)}" (own name "{escape(name.own_name or "")}")'
                for name in given
            )
            + ". The evidence is that of the own name."
        )


def _grid(named: Mapping[str, Name]) -> Iterator[str]:
    yield (
        "{clustering.fitted_customers:customer/customers} with an order "
        "{clustering.fitted_customers?was/were} scored from one to five twice: for the time since "
        "the last order (five: the most recent) and for the number of orders (five: the most)."
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
        + "; ".join(f"{escape(part.name)}: {scores_in_words(part)}" for part in RFM_SEGMENTS)
        + ". Scores by fifths go back to Hughes (1994), Strategic Database Marketing."
    )
    empty = [part.name for part in RFM_SEGMENTS if part.segment_id not in named]
    if empty:
        yield f"Nobody is in: {_in_turn(empty)}."
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
    "deviation of everyone, among those for whom the feature is known; on the scale of "
    "logarithms where a few customers have far more than the rest (a skewness above "
    "{threshold.skewness}). Below {threshold.slightly} it counts as none, from "
    "{threshold.slightly} as slight, from {threshold.clearly} as clear, from "
    "{threshold.strongly} as strong (after Cohen, 1988). It must also be at least twice the "
    "standard error for a group of that size, and the plain means must differ in the same "
    "direction; otherwise nothing is said. Shares of customers are compared by Cohen's h, with "
    "the same limits.",
    "Rates are drawn towards the rate of the whole shop, the more so the less is known of a "
    "customer, so that one view with one purchase does not make a full rate. Since their "
    "means are estimates, they are compared in words only.",
)


def _data(facts: Mapping[str, Fact], named: Mapping[str, Name]) -> Iterator[str]:
    yield "The data come from {run.source}."
    if "run.window_days" in facts:
        yield (
            f"The period is {period(facts)}, on a clock of {{run.time_zone}}: {{run.window_days}}. "
            "Nothing from outside it counts."
        )
    yield "It holds {all.customers:customer/customers}."
    if BOTS in named:
        yield (
            "{bots.customers:of them is a suspected bot/of them are suspected bots}: more than "
            "{threshold.bot_hour} views and cart actions within one hour, or more than "
            "{threshold.bot_day} on one day, which is more "
            "than a person can do. They form a group of their own and count in no figure of "
            "everyone."
        )


def _reading(tables: Mapping[str, Any]) -> Iterator[str]:
    for number in tables["run"].get("reading_notes", {}):
        yield f"{{run.reading_notes.{number}}}"


def _cleaning(tables: Mapping[str, Any], facts: Mapping[str, Fact]) -> Iterator[str]:
    if "cleaning" not in tables:
        return
    yield (
        "{cleaning.kept:row was/rows were} kept and {cleaning.rejected} rejected; together they "
        "are all rows of the input. In those kept, {cleaning.repaired:repair was/repairs were} "
        "made."
        if facts["cleaning.repaired"].value
        else "{cleaning.kept:row was/rows were} kept and {cleaning.rejected} rejected; together "
        "they are all rows of the input."
    )
    for row in tables["cleaning"].to_pylist():
        name, action = row["rule"], row["action"]
        if row["rows"] and f"cleaning.{name}.rows" in facts:
            words = escape(_RULES_IN_WORDS.get(name, name))
            yield f"{{cleaning.{name}.rows:row/rows}} {action} ({words})."


def _features(study: Study, facts: Mapping[str, Fact]) -> Iterator[str]:
    tables, described = study.tables, study.described
    deciding = [name for name in study.segmentation.rule.features if name in described]
    if deciding:
        words = _in_turn(described[name].label for name in deciding)
        how = "defined by" if study.defined else "found from"
        yield (
            f"The groups were given. A short rule for each was sought in: {words}."
            if study.given
            else f"The segments were {how}: {words}."
        )
    for index in range(1, len(tables["segmentation"]["left_out"]) + 1):
        yield f"Not used to find them: {{clustering.left_out.{index}}}."
    rest = [
        column.label
        for column in described.values()
        if column.name not in deciding and column.name not in tables["segmentation"]["left_out"]
    ]
    if rest:
        yield f"Only used to describe them: {_in_turn(rest)}."
    labels = {feature.name: feature.label for feature in FEATURES}
    reasons: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    for index, (name, reason) in enumerate(
        sorted(tables["run"]["unavailable_features"].items()), 1
    ):
        reasons.setdefault(reason, []).append(labels.get(name, name))
        first.setdefault(reason, index)
    for reason, missing in reasons.items():
        yield (f"Not known, since {{clustering.unavailable.{first[reason]}}}: {_in_turn(missing)}.")


def _scaling(described: Mapping[str, Described], segmentation: Any) -> Iterator[str]:
    if not segmentation.scaling or segmentation.algorithm.name == "given":
        return
    rooted = [
        described[feature.name].label for feature in segmentation.scaling if feature.power != 1
    ]
    if rooted:
        yield (
            "Where a few customers have far more than the rest, a value was brought nearer to the "
            f"others before the fit, so that no few of them draw a segment to themselves: "
            f"{_in_turn(rooted)}. segmentation.json says how."
        )
    yield (
        "Then every feature was brought to mean zero and the same standard deviation, times what "
        "it counts. A feature that says almost the same as an earlier one (a "
        "correlation of {threshold.correlation} or more), or that is the same for everyone, was "
        "left out."
    )
    yield (
        "A customer for whom a feature has no value, such as the value of an order without an "
        "order, gets a stated value in its place; it is part of the stored model."
    )


def _number(
    facts: Mapping[str, Fact], segmentation: Any, named: Mapping[str, Name]
) -> Iterator[str]:
    yield "{clustering.reason}"
    if segmentation.algorithm.name == "given":
        return
    if segmentation.structure:
        yield (
            "cluster_evaluation_metrics.csv holds every criterion for every number of segments "
            "that was tried."
        )
    if segmentation.structure or len(named) > 1:
        yield from algorithm_texts(segmentation, facts, named)


def _names(named: Mapping[str, Name]) -> Iterator[str]:
    yield (
        f"A name is true of at least {written('NEARLY_ALL')} of the segment. Of all such names "
        "it is the one that tells the members best from the other customers. Where plain facts "
        "tell them apart far better, or the name would be true of more others than members, it is "
        "made of these."
    )
    rules = {rule.key: rule for rule in RULES}
    for key in dict.fromkeys(name.rule for name in named.values()):
        if key in rules:
            yield f"{rules[key].name}: {lowered(rules[key].requirement)}"


def _in_turn(words: Iterable[str]) -> str:
    return "; ".join(escape(word) for word in words)
