"""The shop over time: revenue, orders and customers of each day, week or month."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from clustomer.customers.reason import Reason
from clustomer.history import ALL, OverTime
from clustomer.insights.blocks import Block, Column, FigureRef, Folded, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.study import Study

NO_NEWCOMER = "everyone.no_newcomer"
"""The fact of a log that follows one intake of customers: for how long nobody is new."""
ONE_INTAKE = (
    f"In the last {{{NO_NEWCOMER}}} of the data nobody is first seen: the log follows customers "
    "who had come before, and has no newcomers. Falling totals show these customers leaving, and "
    "need not mean a failing shop."
)
MOST_ROWS = 14
LEAST_POINTS = 3
_COLUMNS = {
    "revenue": ("Revenue", "currency"),
    "orders": ("Orders", "orders"),
    "customers": ("Customers", "customers"),
    "new": ("First seen", "customers"),
    "returning": ("Seen before", "customers"),
}


class OverTimeChapter(Chapter):
    """What the shop took in each period, and who came."""

    name = "over-time"
    title = "The shop over time"
    short = "Over time"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where there are not two whole periods."""
        if study.history is None:
            return "the periods were not counted"
        complete = [row for row in rows_of_all(study.history.over_time) if row["complete"]]
        return None if len(complete) > 1 else "there are not two whole periods"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `period.0.name`, `period.0.revenue` and the like."""
        assert study.history is not None
        for number, row in enumerate(rows_of_all(study.history.over_time)):
            yield _fact(number, row, "name", "text")
            for column, (_, unit) in _COLUMNS.items():
                if row[column] is not None:
                    yield _fact(number, row, column, unit)
        yield from _of_segments(study.history.over_time)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the highest and the lowest period, the picture, and the latest periods."""
        assert study.history is not None
        rows = rows_of_all(study.history.over_time)
        unit = study.history.over_time.unit
        yield Paragraph(_lead(rows, unit))
        if NO_NEWCOMER in facts:
            yield Paragraph(ONE_INTAKE)
        yield FigureRef("over_time")
        shown = [column for column in _COLUMNS if _shown(column, rows)]
        titles = (_COLUMNS[column][0] for column in shown)
        table = Table(
            f"The shop by {unit}",
            (Column(unit.capitalize(), "name"), *map(Column, titles)),
            tuple(
                Row(
                    (
                        f"{{period.{number}.name}}" + ("" if row["complete"] else " (not whole)"),
                        *(_written(f"period.{number}.{column}", facts) for column in shown),
                    )
                )
                for number, row in list(enumerate(rows))[-MOST_ROWS:]
            ),
        )
        which = f"each {unit}" if len(rows) <= MOST_ROWS else f"the last {unit}s"
        yield Folded(f"The numbers of {which}", (table, Paragraph(_note(rows, unit), "note")))


def _of_segments(over_time: OverTime) -> Iterator[Fact]:
    """Make `S1.period.0.revenue` (or `.customers`) of the whole periods, for small pictures."""
    rows = over_time.table.to_pylist()
    column = trend_column(over_time)
    numbers: dict[str, int] = {}
    for row in rows:
        key = row["segment_id"]
        number = numbers[key] = numbers.get(key, -1) + 1
        if key != ALL and row["complete"] and row[column] is not None:
            unit = _COLUMNS[column][1]
            yield replace(
                _fact(number, row, column, unit),
                id=f"{key}.period.{number}.{column}",
                segment_id=key,
            )


def trend_column(over_time: OverTime) -> str:
    """Return what small pictures show: revenue, or customers where there is none."""
    return "revenue" if _shown("revenue", rows_of_all(over_time)) else "customers"


def trend(study: Study, facts: Mapping[str, Fact], key: str, column: str) -> tuple[str, ...]:
    """Return the facts of a figure over the whole periods; none of fewer than three.

    `key` is that of a segment, or "" for all customers.
    """
    if study.history is None:
        return ()
    rows = rows_of_all(study.history.over_time)
    prefix = f"{key}.period" if key else "period"
    names = [f"{prefix}.{number}.{column}" for number, row in enumerate(rows) if row["complete"]]
    points = tuple(name for name in names if name in facts)
    return points if len(points) >= LEAST_POINTS else ()


class HistoryLeftOut(Chapter):
    """What cannot be said over time, and why."""

    name = "history-left-out"
    title = "What is not told over time"
    place = "appendix"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where nothing was left out."""
        return None if tuple(_left_out(study)) else "nothing was left out"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `change.days_before` where they are too few."""
        compared = study.history.revenue_change if study.history is not None else None
        if isinstance(compared, Reason) and compared.kind == "short log":
            days = compared.numbers["days"]
            assert isinstance(days, int | float)
            source = {
                "table": "run",
                "key": "history/revenue_change/reason/numbers",
                "column": "days",
                "aggregate": "value",
            }
            decimals = decimals_for(days, "days")
            yield Fact("change.days_before", days, "days", decimals, None, source)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a sentence for each."""
        for sentence in _left_out(study):
            yield Paragraph(sentence)


_NO_CHANGE = {
    "few periods": "the log has no two whole {unit}s one after the other.",
    "short log": (
        "before the last two {unit}s the log has {{change.days_before}}; it takes "
        "{{threshold.long_window_days}} to know who was in which segment."
    ),
    "no revenue": "the data have no prices.",
    "empty period": "in one of the last two {unit}s there were no customers.",
}


def _left_out(study: Study) -> Iterator[str]:
    if study.history is None:
        return
    rows, unit = rows_of_all(study.history.over_time), study.history.over_time.unit
    if sum(row["complete"] for row in rows) < 2:
        yield f"The log has no two whole {unit}s: nothing can be said of the shop over time."
        return
    if all(row["age"] == 0 for row in study.history.cohorts.retention.to_pylist()):
        yield (
            f"No {unit} whose new customers the log shows whole is followed by another: nothing "
            "can be said of who comes back."
        )
    compared = study.history.revenue_change
    if isinstance(compared, Reason):
        why = _NO_CHANGE[compared.kind].format(unit=unit)
        yield f"Why revenue changed is not told: {why}"
    seasons = study.history.seasons
    if seasons is not None and not seasons.table.num_rows:
        yield (
            "Of seasons and weekdays nothing is said: that takes four whole weeks for weekdays, "
            "and twelve whole months for months."
        )


def rows_of_all(over_time: OverTime) -> list[dict[str, Any]]:
    """Return the periods of all customers together."""
    rows: list[dict[str, Any]] = over_time.table.to_pylist()
    return [row for row in rows if row["segment_id"] == ALL]


def _shown(column: str, rows: list[dict[str, Any]]) -> bool:
    return any(row[column] for row in rows)


def _lead(rows: list[dict[str, Any]], unit: str) -> str:
    column = "revenue" if _shown("revenue", rows) else "customers"
    complete = [number for number, row in enumerate(rows) if row["complete"]]
    best = max(complete, key=lambda number: (rows[number][column], -number))
    least = min(complete, key=lambda number: (rows[number][column], number))
    what = "Revenue" if column == "revenue" else "Customers"
    cut = [number for number, row in enumerate(rows) if not row["complete"]]
    text = (
        f"{what} of a {unit} {'was' if column == 'revenue' else 'were'} highest at "
        f"{{period.{best}.{column}}} ({{period.{best}.name}}) and lowest at "
        f"{{period.{least}.{column}}} ({{period.{least}.name}})."
    )
    if len(rows) - 1 in cut:
        text += (
            f" The log ends within the last {unit} ({{period.{len(rows) - 1}.name}}): it is not "
            "over, so comparisons leave it out."
        )
    return text


def _note(rows: list[dict[str, Any]], unit: str) -> str:
    money = "Revenue is sales less what came back. " if _shown("revenue", rows) else ""
    return (
        f"{money}Customers are those who came or bought. Who is first seen in the log's first "
        f"{unit} may have come before it, so that none are counted there; in the {unit}s after "
        "it, some of those first seen are old customers, too."
    )


def _written(fact: str, facts: Mapping[str, Fact]) -> str:
    return f"{{{fact}}}" if fact in facts else "–"


def _fact(number: int, row: Mapping[str, Any], column: str, unit: str) -> Fact:
    source = {
        "table": "over_time.parquet",
        "key": f"cell={row['cell']}",
        "column": column,
        "aggregate": "value",
    }
    value = row[column]
    decimals = decimals_for(value, unit) if unit == "currency" else 0
    return Fact(f"period.{number}.{column}", value, unit, decimals, None, source)
