"""The months of the year and the days of the week that stand out, of the shop and by segment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clustomer.history import ALL, MONTHS, Seasons
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Column,
    FigureRef,
    Folded,
    Paragraph,
    Row,
    Section,
    Table,
)
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.over_time import NO_NEWCOMER
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.study import Study
from clustomer.insights.texts import in_sentence
from clustomer.thresholds import STANDS_OUT

_UNITS = {"revenue": "currency", "orders": "orders", "customers": "customers"}


class SeasonChapter(Chapter):
    """Which months and weekdays bring more or less than an average one."""

    name = "seasons"
    title = "Seasons: months and weekdays"
    short = "Seasons"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where neither months nor weekdays can be told."""
        seasons = None if study.history is None else study.history.seasons
        if seasons is None or not seasons.table.num_rows:
            return "the log is too short for months and weekdays"
        return None

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `season.month.12.ratio`, `S1.season.weekday.4.ratio` and the like."""
        seasons = _of(study)
        for row in seasons.table.to_pylist():
            for column, unit in (
                ("seen", "periods"),
                ("value", _UNITS[seasons.measure]),
                ("ratio", "ratio"),
                ("least", "ratio"),
                ("most", "ratio"),
                ("orders_ratio", "ratio"),
                ("error", "ratio"),
            ):
                if row[column] is not None:
                    yield _fact(row, column, unit)
        for name in ("months", "weeks"):
            source = {
                "table": "run",
                "key": "history/seasons",
                "column": name,
                "aggregate": "value",
            }
            yield Fact(f"season.{name}", getattr(seasons, name), "periods", 0, None, source)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return what stands out in sentences, the picture, and every month and weekday."""
        seasons = _of(study)
        sentences = tuple(_sentences(seasons, one_intake=NO_NEWCOMER in facts))
        for sentence in sentences:
            yield Paragraph(sentence)
        yield FigureRef("seasons")
        by_segment = tuple(_of_segments(study, seasons))
        if by_segment:
            yield Bullets(by_segment, "In single segments")
        yield Folded(
            "The numbers of each month and weekday",
            (*_tables(seasons, facts), Paragraph(_note(seasons), "note")),
        )
        if any(row["surely"] for row in rows_of(seasons, ALL)):
            yield Section(self.title, tuple(map(Paragraph, sentences)), "screen")


def season_fact(row: Mapping[str, Any], column: str) -> str:
    """Return the fact of a row: `season.month.12.ratio`, of a segment `S1.season.month.12.ratio`.

    >>> season_fact({"cell": "S1.month.12", "segment_id": "S1"}, "ratio")
    'S1.season.month.12.ratio'
    """
    segment, _, place = row["cell"].partition(".")
    return f"season.{place}.{column}" if segment == ALL else f"{segment}.season.{place}.{column}"


def rows_of(seasons: Seasons, segment: str, kind: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of a segment, of one kind or all."""
    rows: list[dict[str, Any]] = seasons.table.to_pylist()
    return [row for row in rows if row["segment_id"] == segment and kind in (None, row["kind"])]


def _of(study: Study) -> Seasons:
    assert study.history is not None
    assert study.history.seasons is not None
    return study.history.seasons


def _fact(row: Mapping[str, Any], column: str, unit: str) -> Fact:
    source = {
        "table": "seasons.parquet",
        "key": f"cell={row['cell']}",
        "column": column,
        "aggregate": "value",
    }
    value = row[column]
    decimals = 0 if unit == "periods" else decimals_for(value, unit)
    if unit == "ratio":
        decimals = max(decimals, 1) if value >= 1 else 2
    segment = None if row["segment_id"] == ALL else row["segment_id"]
    return Fact(season_fact(row, column), value, unit, decimals, segment, source)


def _sentences(seasons: Seasons, *, one_intake: bool) -> Iterator[str]:
    """Yield what is to be said of the months, and of the weekdays, of all customers."""
    months = rows_of(seasons, ALL, "month")
    if months:
        yield from _of_months(months, seasons.measure)
    elif seasons.months >= len(MONTHS) and one_intake:
        yield (
            f"Of months of the year nothing is said: in the last {{{NO_NEWCOMER}}} of the data "
            "nobody is first seen, so that a month shows how long ago these customers came, and no "
            "season. Two years of data would tell the two apart."
        )
    else:
        yield (
            "Of months of the year nothing is said: the log holds {season.months} whole "
            "{season.months?month/months}, and it takes twelve."
        )
    weekdays = rows_of(seasons, ALL, "weekday")
    if weekdays:
        yield _of_weekdays(weekdays, seasons.measure)


def _of_months(rows: Sequence[Mapping[str, Any]], measure: str) -> Iterator[str]:
    average = f"the {measure} of an average month"
    telling = _telling(rows)
    if not telling:
        yield (
            "No month of the year lies {threshold.stands_out} above or below an average month in "
            "every year of the log, by more than chance."
        )
    for row in (row for row in telling if row["seen"] > 1):
        fact = season_fact(row, "seen")
        low, high = season_fact(row, "least"), season_fact(row, "most")
        yield (
            f"{row['name']} brings {_times(row, average)} ({{{low}}} to {{{high}}} times in the "
            f"{{{fact}}} that the log holds)."
        )
    once = [row for row in telling if row["seen"] == 1]
    if once:
        only = f"one {once[0]['name']}" if len(once) == 1 else "each of them once"
        yield (
            f"{_enumerated(once, 'brought', average)}. The log has {only} only: it may be that "
            "year, and not the season, or the shop grew or shrank."
        )


def _of_weekdays(rows: Sequence[Mapping[str, Any]], measure: str) -> str:
    telling = _telling(rows)
    if not telling:
        return (
            "No day of the week is {threshold.stands_out} above or below an average day by more "
            "than chance."
        )
    return f"In the week, {_enumerated(telling, 'brings', f'the {measure} of an average day')}."


def _telling(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows that stand out, the highest first."""
    return sorted((row for row in rows if row["surely"]), key=lambda row: -row["ratio"])


def _times(row: Mapping[str, Any], what: str = "") -> str:
    """Return how many times something a row brings, or that it brings nothing."""
    if not row["ratio"]:
        return "nothing"
    return f"{{{season_fact(row, 'ratio')}}} times" + (f" {what}" if what else "")


def _of_segments(study: Study, seasons: Seasons) -> Iterator[str]:
    """Yield what stands out in a segment and does not in the shop, or not as much."""
    of_all = {row["cell"].partition(".")[2]: row for row in rows_of(seasons, ALL)}
    for key, name in study.names.items():
        rows = [
            row
            for row in _telling(rows_of(seasons, key))
            if _apart(row, of_all.get(row["cell"].partition(".")[2]))
        ]
        for kind, what in (("month", "month"), ("weekday", "day")):
            parts = [row for row in rows if row["kind"] == kind]
            if parts:
                average = f"the {seasons.measure} of their average {what}"
                yield f"{in_sentence(name)}: {_enumerated(parts, 'brings', average)}."


def _enumerated(rows: Sequence[Mapping[str, Any]], verb: str, average: str) -> str:
    """Return how many times an average month or day each of some rows brings."""
    first, *others = rows
    parts = [f"{first['name']} {verb} {_times(first, average)}"]
    parts += [f"{row['name']} {_times(row)}" for row in others]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if others else parts)


def _apart(row: Mapping[str, Any], of_all: Mapping[str, Any] | None) -> bool:
    """Return whether a segment's ratio is so far from that of all customers as to be told."""
    if of_all is None or not of_all["surely"]:
        return True
    return abs(float(row["ratio"]) - float(of_all["ratio"])) >= STANDS_OUT


def _tables(seasons: Seasons, facts: Mapping[str, Fact]) -> Iterator[Table]:
    for kind, title, many in (("month", "Month", "Months seen"), ("weekday", "Day", "Weeks seen")):
        rows = rows_of(seasons, ALL, kind)
        if not rows:
            continue
        what = seasons.measure.capitalize()
        titles = [f"{what} in one", "Times an average one", "Standard error", many]
        columns = ["value", "ratio", "error", "seen"]
        if seasons.measure == "revenue" and season_fact(rows[0], "orders_ratio") in facts:
            titles.insert(2, "Orders, times an average one")
            columns.insert(2, "orders_ratio")
        yield Table(
            f"{title}s beside an average one; * stands out by more than chance",
            (Column(title, "name"), *map(Column, titles)),
            tuple(
                Row(
                    (
                        row["name"],
                        *(
                            f"{{{season_fact(row, column)}}}"
                            + (" *" if column == "ratio" and row["surely"] else "")
                            for column in columns
                        ),
                    )
                )
                for row in rows
            ),
        )


def _note(seasons: Seasons) -> str:
    money = "Revenue is sales less what came back. " if seasons.measure == "revenue" else ""
    return (
        f"{money}An average month is the mean of the twelve whole months around it, an average day "
        "that of the {season.weeks} whole weeks. What is told lies {threshold.stands_out} or more "
        "above or below it, in each year of the log, and so far that by chance not even one "
        "of all months and days, of the shop and its segments, would ({threshold.attribute_chance} "
        "for all together, after Bonferroni). Chance is what customers make who happen to buy "
        "then, and how much weeks differ; years are held against each other where the log has half "
        "a year twice. Segments have no months in a log of less than two years: who has lapsed "
        "would have none of late by construction."
    )
