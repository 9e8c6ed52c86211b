"""Customers by when they arrived: who comes back, and what they bring in time."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustomer.history import ALL, Cohorts
from clustomer.insights.blocks import Block, Column, FigureRef, Folded, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.population import BOTS
from clustomer.insights.study import Study
from clustomer.thresholds import FEWEST_KNOWN

AGES = {
    1: "One {unit} later",
    3: "Three {unit}s later",
    6: "Six {unit}s later",
    12: "Twelve {unit}s later",
}
"""The ages that tables show, and what they are called."""
_MONEY = (
    ("revenue", "cumulated_per_customer", "Revenue of a customer until then"),
    ("margin", "cumulated_margin_per_customer", "Margin of a customer until then"),
)


class CohortChapter(Chapter):
    """Retention and revenue of cohorts, of all customers and by segment."""

    name = "cohorts"
    title = "Who comes back, by when they arrived"
    short = "Cohorts"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where no cohort is seen a period later."""
        if study.history is None:
            return "no cohorts were made"
        return None if _ages(study.history.cohorts, ALL) else "no cohort is seen a period later"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `cohort.0.customers`, `cohort.0.3.share`, `retention.S1.3.share` and the like."""
        assert study.history is not None
        cohorts = study.history.cohorts
        for row in cells_of_all(cohorts):
            if row["age"] == 0:
                fact = f"cohort.{row['cell'].split('.')[1]}.customers"
                source = _cell("cohorts", row["cell"], "customers")
                yield Fact(fact, row["customers"], "customers", 0, None, source)
            share = row[share_column(cohorts)]
            fact = share_fact(row["cell"])
            source = _cell("cohorts", row["cell"], share_column(cohorts))
            yield Fact(fact, share, "share", 0, None, source)
        for row in cohorts.retention.to_pylist():
            key = f"retention.{row['cell']}"
            segment = None if row["segment_id"] == ALL else row["segment_id"]
            for name, column, unit in (
                ("customers", "customers", "customers"),
                ("share", share_column(cohorts), "share"),
                ("revenue", "cumulated_per_customer", "currency"),
                ("margin", "cumulated_margin_per_customer", "currency"),
            ):
                if row.get(column) is not None:
                    decimals = 0 if unit == "customers" else decimals_for(row[column], unit)
                    source = _cell("retention", row["cell"], column)
                    yield Fact(f"{key}.{name}", row[column], unit, decimals, segment, source)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return what became of them in a sentence, the map, and a row for each segment."""
        assert study.history is not None
        cohorts = study.history.cohorts
        yield Paragraph(_lead(cohorts))
        yield FigureRef("cohorts")
        yield FigureRef("cohort_curves")
        yield from _by_segment(study, cohorts, facts)
        yield Folded("How cohorts are counted", (Paragraph(_note(cohorts), "note"),))


def share_column(cohorts: Cohorts) -> str:
    """Return the column that says who came back: who bought, where customers arrive by buying."""
    return "buying_share" if cohorts.by == "purchase" else "active_share"


def share_fact(cell: str) -> str:
    """Return the fact of the share of a cell.

    >>> share_fact("all.2.5")
    'cohort.2.5.share'
    """
    return f"cohort.{cell.partition('.')[2]}.share"


def cells_of_all(cohorts: Cohorts) -> list[dict[str, Any]]:
    """Return the cells of all customers together."""
    rows: list[dict[str, Any]] = cohorts.table.to_pylist()
    return [row for row in rows if row["segment_id"] == ALL]


def _ages(cohorts: Cohorts, segment: str) -> list[int]:
    rows = cohorts.retention.to_pylist()
    return [row["age"] for row in rows if row["segment_id"] == segment and row["age"] in AGES]


def _lead(cohorts: Cohorts) -> str:
    came, again = (
        ("first bought", "bought again")
        if cohorts.by == "purchase"
        else ("first came", "came again")
    )
    parts = [
        f"{{retention.{ALL}.{age}.share}} {AGES[age].format(unit=cohorts.unit).lower()} (of "
        f"{{retention.{ALL}.{age}.customers}})"
        for age in _ages(cohorts, ALL)
    ]
    return (
        f"Of the customers who {came} in a {cohorts.unit} after the first of the log, so many "
        f"{again} in that very {cohorts.unit}: {', '.join(parts)}. In brackets is of how many that "
        "can be seen so far."
    )


def _by_segment(study: Study, cohorts: Cohorts, facts: Mapping[str, Fact]) -> Iterator[Block]:
    keys = [key for key in study.names if key != BOTS]
    ages = _ages(cohorts, ALL)
    if len(keys) < 2:
        return
    money = [
        (name, title)
        for name, column, title in _MONEY
        if column in cohorts.retention.column_names and cohorts.retention[column].null_count == 0
    ]
    titles = [AGES[age].format(unit=cohorts.unit) for age in ages]
    columns = [Column("Segment", "name"), *(Column(title) for title in titles)]
    columns += [Column(title) for _, title in money]
    rows = []
    for key in (*keys, ALL):
        seen = [age for age in ages if _many(f"retention.{key}.{age}.customers", facts)]
        cells = [
            _written(f"retention.{key}.{age}.share", facts) if age in seen else "–" for age in ages
        ]
        for name, _ in money:
            until = [age for age in seen if f"retention.{key}.{age}.{name}" in facts]
            cells.append(f"{{retention.{key}.{until[-1]}.{name}}}" if until else "–")
        title = "Everyone" if key == ALL else study.names[key]
        rows.append(Row((title, *cells), None if key == ALL else key, chosen=key == ALL))
    yield Table("Segments by who comes back", tuple(columns), tuple(rows))


def _many(fact: str, facts: Mapping[str, Fact]) -> bool:
    """Whether there are enough customers for a share of them to say something."""
    value = facts[fact].value if fact in facts else None
    return isinstance(value, int | float) and value >= FEWEST_KNOWN


def _written(fact: str, facts: Mapping[str, Fact]) -> str:
    return f"{{{fact}}}" if fact in facts else "–"


def _note(cohorts: Cohorts) -> str:
    what = (
        "their first purchase in the log, and come back by another purchase"
        if cohorts.by == "purchase"
        else "their first event in the log, and come back by another event"
    )
    return (
        f"Customers belong to the {cohorts.unit} of {what}. The first cohort holds old customers, "
        "too, whom the log cannot tell from new ones; it is drawn apart and in no average. A cell "
        f"is empty where its {cohorts.unit} is not over, or not yet there; of a segment also where "
        "fewer than {threshold.fewest_known} can be seen. Segments differ by construction: they "
        "are made of the same purchases and visits."
    )


def _cell(table: str, cell: str, column: str) -> dict[str, str]:
    return {
        "table": f"{table}.parquet",
        "key": f"cell={cell}",
        "column": column,
        "aggregate": "value",
    }
