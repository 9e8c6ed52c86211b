"""Why did revenue change? The parts of the latest change, and which are more than chance."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from clustomer.customers.reason import Reason
from clustomer.history import (
    ARRIVED,
    Change,
    Part,
    Period,
    PeriodChange,
    RevenueChange,
    change_table,
)
from clustomer.insights.blocks import Block, Bullets, Column, Folded, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.over_time import NO_NEWCOMER
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.study import Study
from clustomer.insights.texts import in_sentence
from clustomer.insights.threshold_facts import threshold_facts

_TITLES = {
    "movement": "More or fewer of them",
    "orders": "Orders of a customer",
    "value": "Value of an order",
    "returns": "Returns",
}
_DID = {
    "movement": ("there were more of them", "there were fewer of them"),
    "orders": ("they ordered more often", "they ordered less often"),
    "value": ("their orders had a higher value", "their orders had a lower value"),
    "returns": ("they sent back less", "they sent back more"),
}
_NOT_EXPLAINED = (
    f" In the last {{{NO_NEWCOMER}}} of the data nobody is first seen, so that both periods show "
    "the same customers, the second one later on. What they bring changes as time goes by since "
    "they came; of why a shop's revenue changes that says nothing, and it is not explained here."
)
_ONE_INTAKE = (
    f"In the last {{{NO_NEWCOMER}}} of the data nobody is first seen: what changes there is what "
    "the same customers do later on, and says nothing of why a shop's revenue changes."
)
_MOST = 5
_LONGER = 1.15
"""Periods that differ more in length are said to: months differ by 11 %."""


class ChangeChapter(Chapter):
    """What each segment contributed to the change of revenue."""

    name = "revenue-change"
    title = "Why did revenue change?"
    short = "Change of revenue"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where no two periods can be compared."""
        if study.history is None or isinstance(study.history.revenue_change, Reason):
            return "no two periods can be compared"
        return None

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `change.amount`, `change.S1.orders` and the like."""
        yield from part_facts(_of(study).change)
        yield Fact("change.days", _of(study).days, "days", 0, None, _of_run("days"))

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the change, the parts that are more than chance, and all parts."""
        compared = _of(study)
        assert study.history is not None
        of = "the week of " if study.history.over_time.unit == "week" else ""
        before, after = (
            f"{of}{{period.{number}.name}}" for number in (compared.before, compared.after)
        )
        if NO_NEWCOMER in facts:
            yield Paragraph(f"{_from_to(compared.change, before, after)}.{_NOT_EXPLAINED}")
            return
        yield from change_blocks(compared.change, study.names, before, after)


def part_facts(change: Change) -> Iterator[Fact]:
    """Make `change.total`, `change.S1.orders`, `change.S1.orders.error` and the like."""
    for row in change_table(change).to_pylist():
        for column in ("amount", "error"):
            value = row[column]
            if value is not None:
                source = {
                    "table": "revenue_change.parquet",
                    "key": f"part={row['part']}",
                    "column": column,
                    "aggregate": "value",
                }
                name = f"change.{row['part']}" + (".error" if column == "error" else "")
                decimals = decimals_for(value, "currency")
                yield Fact(name, value, "currency", decimals, None, source)


def period_facts(made: PeriodChange, window_days: float) -> Iterator[Fact]:
    """Make the facts that `period_blocks` shows, which are in no version of the results."""
    yield from part_facts(made.change)
    yield Fact("window.days", window_days, "days", decimals_for(window_days, "days"), None, {})
    yield from threshold_facts()
    yield Fact("change.days", made.days, "days", 0, None, {})
    for name, period in (("before", made.before), ("after", made.after)):
        yield Fact(f"period.{name}", _written(period), "text", 0, None, {})
        days = (period.end - period.start).days
        yield Fact(f"period.{name}.days", days, "days", 0, None, {})


def period_blocks(
    made: PeriodChange, names: Mapping[str, str], window_days: float, *, one_intake: bool = False
) -> Iterator[Block]:
    """Return what is to be said of two periods that someone chose.

    `names` are those of the segments, by their ids, which are of a window of so many days. Where
    the log follows `one_intake`, the facts have `everyone.no_newcomer`.
    """
    if one_intake:
        yield Paragraph(_ONE_INTAKE)
    first, second = ((period.end - period.start).days for period in (made.before, made.after))
    if max(first, second) > _LONGER * min(first, second):
        yield Paragraph(
            "The two periods differ in length, {period.before.days} and {period.after.days}: much "
            "of the change may be that alone."
        )
    if 2 * made.days < window_days:
        yield Paragraph(
            "Who was in which segment is told from the {change.days} before each period, while "
            "the segments were made of {window.days}: in so short a time many a customer looks "
            "like one who orders seldom. The change itself holds; take its parts by segment with "
            "care, or a later first period."
        )
    yield from change_blocks(made.change, names, "{period.before}", "{period.after}")


def _written(period: Period) -> str:
    """Return a period as a text: a month, or its first and its last day.

    >>> from datetime import date
    >>> _written(Period(date(2024, 2, 1), date(2024, 3, 1), True))
    '2024-02'
    >>> _written(Period(date(2024, 2, 1), date(2024, 2, 8), True))
    '2024-02-01..2024-02-07'
    """
    start, last = period.start.isoformat(), (period.end - timedelta(days=1)).isoformat()
    if period.start.day == 1 and period.end.day == 1:
        start, last = start[:7], last[:7]
    return start if start == last else f"{start}..{last}"


def change_blocks(
    change: Change, names: Mapping[str, str], before: str, after: str
) -> Iterator[Block]:
    """Return a change, the parts that are more than chance, and all parts.

    `before` and `after` are texts that name the two periods.
    """
    sentence = (
        f"{_from_to(change, before, after)}: a change of {{change.total}}, with a standard error "
        "of {change.total.error}."
    )
    if change.named:
        within = "" if change.surely else " As a whole that may be chance; the parts below are not."
        yield Paragraph(sentence + within)
        yield Bullets(
            tuple(_sentence(part, names) for part in change.named[:_MOST]), "More than chance"
        )
    elif change.surely:
        yield Paragraph(
            f"{sentence} That is more than chance, but no single part of it is: it is spread over "
            "several."
        )
    else:
        yield Paragraph(
            f"{sentence} A change of that size is within what a shop with such customers shows by "
            "chance, and so is each of its parts: there is nothing to explain."
        )
    note = Paragraph(
        "The parts add up to the change. A segment is what the stored rule says of a customer in "
        "the {change.days} before the period; who was not seen in them is new, or came back. More "
        "or fewer customers of a segment, at what these bring, are apart from what these did. "
        "Each part is the mean over all orders in which the factors can be changed one after the "
        "other (Shapley values). A part is told where it is so large that by chance not even one "
        "of all would be ({threshold.attribute_chance} for all together, after Bonferroni). The "
        "parts say where revenue changed, not why, and know nothing of seasons: for those, compare "
        "with the same time of another year.",
        "note",
    )
    yield Folded("All parts of the change", (_parts_table(change, names), note))


def _from_to(change: Change, before: str, after: str) -> str:
    if not change.amount:
        return f"From {before} to {after} revenue stayed the same, at {{change.after}}"
    way = "rose" if change.amount > 0 else "fell"
    return f"From {before} to {after} revenue {way} from {{change.before}} to {{change.after}}"


def _of(study: Study) -> RevenueChange:
    assert study.history is not None
    assert isinstance(study.history.revenue_change, RevenueChange)
    return study.history.revenue_change


def _named(names: Mapping[str, str]) -> dict[str, str]:
    return {**names, ARRIVED: "Customers who had not been seen before it"}


def _sentence(part: Part, names: Mapping[str, str]) -> str:
    amount = f"{{change.{part.key}}}"
    up = part.amount > 0
    if not part.group:
        return (
            f"All customers: {amount}, as there were {'more' if up else 'fewer'} of them at all, "
            "seen in the {change.days} before each period."
        )
    name = in_sentence(_named(names)[part.group])
    return f"{name}: {amount}, as {_DID[part.factor][0 if up else 1]}."


def _parts_table(change: Change, names: Mapping[str, str]) -> Table:
    by_group: dict[str, dict[str, Part]] = {}
    for part in change.parts:
        by_group.setdefault(part.group, {})[part.factor] = part
    came_back = any(part.amount for part in change.parts if part.factor == "returns")
    titles = {key: title for key, title in _TITLES.items() if came_back or key != "returns"}
    rows = [
        Row(
            (
                name,
                *(
                    f"{{change.{by_group[key][factor].key}}}"
                    + (" *" if by_group[key][factor].surely else "")
                    for factor in titles
                ),
            ),
            key if key in names else None,
        )
        for key, name in _named(names).items()
        if key in by_group
    ]
    everyone = "{change.customers}" + (" *" if by_group[""]["customers"].surely else "")
    others = ("–",) * (len(titles) - 1)
    rows.append(Row(("All customers: more or fewer", everyone, *others)))
    columns = (Column("Segment", "name"), *(Column(title) for title in titles.values()))
    return Table("Parts of the change; * more than chance", columns, tuple(rows))


def _of_run(name: str) -> dict[str, str]:
    return {
        "table": "run",
        "key": "history/revenue_change",
        "column": name,
        "aggregate": "value",
    }
