"""What customers are expected to order and to bring, and how well that was told before."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clustomer.insights.blocks import (
    Block,
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
from clustomer.insights.facts import Fact, decimals_for, made_of
from clustomer.insights.population import BOTS, EVERYONE, Population
from clustomer.insights.study import Study
from clustomer.lifetime import Forecast
from clustomer.lifetime.forecasting import YEAR_DAYS

WAYS = {
    "past_rate": "Each customer's past rate",
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "pareto_nbd_sizes": "Pareto/NBD with the size of the first order",
    "boosting": "Gradient boosting on the customer table",
}
"""How reports call the ways to forecast."""

_CONTEST = "lifetime_contest.parquet"
_BEFORE = "expected.year_before"
_SHORT = (
    "What customers will order is not forecast: the log spans {expected.why.days:day/days}, and it "
    "takes {expected.why.least} to judge a forecast by what came."
)
_LONG = (
    "What customers will order is not forecast: to look {expected.why.horizon_days:day/days} ahead "
    "takes a log of {expected.why.least:day/days}, so that a forecast can be judged by what came, "
    "and this one spans {expected.why.days}. Give a shorter --horizon."
)
_WHY = {
    "forecast short log": _SHORT,
    "forecast long horizon": _LONG,
    "forecast no orders": "What customers will order is not forecast: the log has no orders.",
    "forecast few customers": "What customers will order is not forecast: of "
    "{expected.why.customers:customer/customers} who had ordered before {expected.why.date}, "
    "{expected.why.returned} ordered again in the time that is looked ahead; it takes "
    "{expected.why.least} and {expected.why.least_returned} to judge a forecast.",
}
_NOTE = (
    "Orders of one day count as one; revenue is less what is sent back. Every way forecast from "
    "earlier dates of this log on, from what was before them alone, and what came judged it: by "
    "the mean error of a customer's orders (as a root mean square), by the AUC of ordering at all, "
    "and by expected over what came. Of the ways whose errors are as small as the smallest, within "
    "{threshold.forecast_errors:standard error/standard errors}, the one that ranks customers best "
    "is used. What an order brings is told by the Gamma-Gamma model. Ends of intervals are what "
    "held {threshold.forecast_interval} of the customers with alike forecasts before; tried on "
    "customers that they did not know, they held {expected.inside}."
)


class Expected(Chapter):
    """Orders and revenue of the time after the cutoff, by segment, and the contest."""

    name = "expected"
    title = "What customers are expected to bring"
    short = "What is expected"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where no forecast was asked for."""
        return None if study.forecast is not None else "no forecast was asked for"

    def tables(self, study: Study) -> Mapping[str, pa.Table]:
        """Return `lifetime`, a row for each customer, and `lifetime_contest`."""
        forecast = study.forecast
        assert forecast is not None
        if not forecast.holds:
            return {}
        return {"lifetime": study.once(lifetime_table), "lifetime_contest": forecast.contest}

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `S1.expected_orders`, `expected.pareto_nbd.all.rmse` and the like."""
        forecast = study.forecast
        assert forecast is not None
        if forecast.why is not None:
            for name, value in sorted(forecast.why.numbers.items()):
                yield _stored(f"expected.why.{name}", value, _unit(name), "why/numbers", name)
            return
        yield _stored("expected.horizon", forecast.horizon_days, "days", "", "horizon_days")
        yield _stored("expected.inside", forecast.inside, "share", "", "inside")
        if forecast.season is not None:
            for name in ("came", "factor"):
                value = getattr(forecast.season, name)
                yield _stored(f"expected.season.{name}", value, "ratio", "season", name)
            yield _stored("expected.season.date", forecast.season.date, "date", "season", "date")
        yield from _year_before_facts(forecast)
        yield from _customer_facts(study)
        for row in forecast.contest.to_pylist():
            for name, unit in _FIGURES:
                if row[name] is not None:
                    yield _judged(row["part"], name, row[name], unit)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return what is expected, by whom, and how the ways did before."""
        forecast = study.forecast
        assert forecast is not None
        if forecast.why is not None:
            yield Paragraph(_WHY[forecast.why.kind])
            return
        priced = _priced(forecast)
        summary = _summary(study, priced)
        yield Paragraph(summary)
        seasonal = forecast.season is not None and NO_NEWCOMER not in facts
        beside = tuple(map(Paragraph, _beside(study, facts, priced, seasonal=seasonal)))
        yield from beside
        yield Paragraph(_trust(forecast, seasonal=seasonal))
        yield _segments(study, facts, priced)
        yield FigureRef("forecast")
        judged: list[Block] = [Paragraph(_decision(forecast)), _contest(forecast, priced)]
        if seasonal:
            yield Paragraph(
                "The stretch of the year that comes next brought {expected.season.came} times what "
                "was expected of it a year earlier, from {expected.season.date} on, which is "
                "{expected.season.factor} times as much as the other dates did beside their "
                "forecasts. With that season the total would be {expected.season.orders} orders; "
                "forecasts of customers are without it."
            )
        if not forecast.alive_by:
            judged.append(
                Paragraph(
                    "Who has left for good cannot be told: the orders of this log are explained by "
                    "customers with slow rhythms as well as by customers who left.",
                    "note",
                )
            )
        judged.append(Paragraph(_NOTE, "note"))
        yield Folded("How it is forecast, and how well each way did before", tuple(judged))
        yield Section(
            self.title, (Paragraph(f"{summary}{_in_short(forecast, seasonal=seasonal)}"),), "screen"
        )


_FIGURES = (
    ("rmse", "error"),
    ("auc", "auc"),
    ("total", "ratio"),
    ("total_revenue", "ratio"),
    ("expected_orders", "orders"),
    ("orders", "orders"),
)


def lifetime_table(study: Study) -> pa.Table:
    """Return the forecast of each customer; their value, too, where the margin was given."""
    assert study.forecast is not None
    table = study.forecast.table
    margin = study.settings.get("margin_given")
    if not margin or not _priced(study.forecast):
        return table
    value = pc.round(pc.multiply(table["expected_revenue"], margin), 9)
    return table.append_column("lifetime_value", value)


def _priced(forecast: Forecast) -> bool:
    column = forecast.table["expected_revenue"]
    return bool(column.null_count < len(column))


def _people(study: Study) -> Population:
    return Population(study.once(lifetime_table), study.labelled)


def _customer_facts(study: Study) -> Iterator[Fact]:
    people = study.once(_people)
    keys = [EVERYONE, *(part.segment_id for part in study.profiles if part.segment_id != BOTS)]
    columns = [("expected_orders", "orders"), ("expected_revenue", "currency")]
    if "lifetime_value" in people.columns:
        columns.append(("lifetime_value", "currency"))
    for key in keys:
        yield _aggregated(people, key, "ordered", "customers", "expected_orders", "count_defined")
        for name, unit in columns:
            yield _aggregated(people, key, name, unit, name, "sum")
        yield _aggregated(people, key, "alive", "share", "p_alive", "mean")
    assert study.forecast is not None
    carried = "expected_revenue" if _priced(study.forecast) else "expected_orders"
    half = _aggregated(people, EVERYONE, "expected_half", "customers", carried, "holders(0.5)")
    yield half
    ordered = people.aggregate(EVERYONE, "expected_orders", "count_defined")
    share = half.value / ordered if ordered else None  # type: ignore[operator]
    ids = f"{half.id} {EVERYONE}.ordered"
    yield made_of(f"{EVERYONE}.expected_half_share", share, "share", ids, "ratio", decimals=1)
    season = study.forecast.season
    if season is not None:
        total = people.aggregate(EVERYONE, "expected_orders", "sum")
        ids = f"{EVERYONE}.expected_orders expected.season.factor"
        value = (total or 0.0) * season.factor
        yield made_of("expected.season.orders", value, "orders", ids, "product", decimals=0)


def _year_before_facts(forecast: Forecast) -> Iterator[Fact]:
    before = forecast.year_before
    if before is None:
        return
    for name, unit in (("first_day", "date"), ("last_day", "date"), ("orders", "orders")):
        yield _stored(f"{_BEFORE}.{name}", getattr(before, name), unit, "year_before", name)
    if before.revenue is not None:
        yield _stored(f"{_BEFORE}.revenue", before.revenue, "currency", "year_before", "revenue")


def _beside(
    study: Study, facts: Mapping[str, Fact], priced: bool, *, seasonal: bool
) -> Iterator[str]:
    """Say what the same days brought a year before, and whether the season is known."""
    assert study.forecast is not None
    before = study.forecast.year_before
    year = ""
    if before is not None:
        money = "" if before.revenue is None else f"{{{_BEFORE}.revenue}} in revenue and "
        year = (
            f"The same {{expected.horizon}} a year before, from {{{_BEFORE}.first_day}} to "
            f"{{{_BEFORE}.last_day}}, brought {money}{{{_BEFORE}.orders:order/orders}}, "
            "new customers included."
        )
    if seasonal:
        if year:
            yield year
        return
    short = study.window_days is not None and study.window_days < 2 * YEAR_DAYS
    what = "sum" if priced else "number"
    parts = [
        f"This {what} takes no account of the season: it carries on how customers ordered until "
        "the cutoff, whatever time of the year that was.",
        "In less than two years of data a season and a change of the shop cannot be told apart."
        if short
        else "",
        year,
        _beside_year(what, one_intake=NO_NEWCOMER in facts) if year else "",
        "So do not buy stock by this figure alone.",
    ]
    yield " ".join(part for part in parts if part)


def _beside_year(what: str, *, one_intake: bool) -> str:
    if one_intake:
        return (
            "That was a year nearer to when these customers came, and no season can be told by it."
        )
    return f"If the season decides, what comes is nearer to that than to the {what} above."


def _in_short(forecast: Forecast, *, seasonal: bool) -> str:
    """Say on the screen, beside the sum, that it knows no season."""
    if seasonal:
        return ""
    before = forecast.year_before
    year = ""
    if before is not None:
        what = "orders:order/orders" if before.revenue is None else "revenue"
        year = f": the same days a year before brought {{{_BEFORE}.{what}}}"
    return f" The season is not in it{year}."


def _aggregated(
    people: Population, key: str, name: str, unit: str, column: str, aggregate: str
) -> Fact:
    value = people.aggregate(key, column, aggregate)
    segment_id = None if key == EVERYONE else key
    source = {"table": "lifetime", "key": key, "column": column, "aggregate": aggregate}
    return Fact(f"{key}.{name}", value, unit, decimals_for(value, unit), segment_id, source)


def _stored(name: str, value: Any, unit: str, key: str, column: str) -> Fact:
    source = {"table": "forecast", "key": key, "column": column, "aggregate": "value"}
    decimals = 2 if unit == "ratio" else decimals_for(value, unit)
    return Fact(name, value, unit, decimals, None, source)


def _unit(name: str) -> str:
    return "date" if name == "date" else "customers"


def _judged(part: str, name: str, value: float, unit: str) -> Fact:
    source = {"table": _CONTEST, "key": f"part={part}", "column": name, "aggregate": "value"}
    decimals = 0 if unit == "orders" else 2 if unit == "ratio" else 3
    return Fact(f"expected.{part}.{name}", value, unit, decimals, None, source)


def _summary(study: Study, priced: bool) -> str:
    brings = " and to bring {everyone.expected_revenue}" if priced else ""
    worth = (
        ", a lifetime value of {everyone.lifetime_value} over that time at the margin of "
        "{run.margin}"
        if "lifetime_value" in study.once(_people).columns
        else ""
    )
    what = "revenue is" if priced else "orders are"
    return (
        "In the {expected.horizon} after the cutoff, the {everyone.ordered:customer/customers} who "
        f"have ordered are expected to place {{everyone.expected_orders:order/orders}} "
        f"(those of one day count as one){brings}{worth}. "
        f"Half of the {what} expected from {{everyone.expected_half:customer/customers}}, "
        "{everyone.expected_half_share} of them."
    )


def _trust(forecast: Forecast, *, seasonal: bool) -> str:
    """Say how the totals of earlier forecasts came out."""
    elsewhen = ""
    if not seasonal and not _year_before_judged(forecast):
        elsewhen = " Those dates were at other times of the year."
        if len(forecast.dates) == 1:
            elsewhen = " That date was at another time of the year."
    orders = _came_to(forecast, "total", "the orders that followed")
    revenue = _came_to(forecast, "total_revenue", "the revenue")
    came = " and ".join(part for part in (orders, revenue) if part)
    if len(forecast.dates) == 1:
        return f"The same forecast, made at {forecast.dates[0]}, came to {came}.{elsewhen}"
    return (
        f"The same forecast, made at earlier dates, came to {came}, so trust these sums no further "
        f"than that: below 1 it was too low, above 1 too high.{elsewhen}"
    )


def _year_before_judged(forecast: Forecast) -> bool:
    """Whether one of the earlier dates was at about the same time of the year."""
    if forecast.year_before is None:
        return False
    then = date.fromisoformat(forecast.year_before.first_day)
    days = [abs((date.fromisoformat(day) - then).days) for day in forecast.dates]
    return any(2 * apart <= forecast.horizon_days for apart in days)


def _came_to(forecast: Forecast, column: str, what: str) -> str:
    """Return between which parts of what followed earlier forecasts lay."""
    rows = {row["part"]: row[column] for row in forecast.contest.to_pylist()}
    key = f"expected.{forecast.winner}"
    totals = [(rows[f"{forecast.winner}.{date}"], date) for date in forecast.dates]
    totals = sorted((total, date) for total, date in totals if total is not None)
    if not totals:
        return ""
    if len(totals) == 1:
        return f"{{{key}.{totals[0][1]}.{column}}} times {what}"
    (_, low), (_, high) = totals[0], totals[-1]
    return f"{{{key}.{low}.{column}}} to {{{key}.{high}.{column}}} times {what}"


def _decision(forecast: Forecast) -> str:
    winner = WAYS[forecast.winner]
    if forecast.beats_past_rate:
        return (
            f"{winner} was surely nearer to what came than each customer's past rate, and is used "
            "here; how near the others are, the table shows."
        )
    if forecast.winner == "past_rate":
        return "None was surely nearer to what came than each customer's past rate, which is used."
    return (
        "None was surely nearer to what came than each customer's past rate. "
        f"{winner} ranks customers best, and is used here."
    )


def _segments(study: Study, facts: Mapping[str, Fact], priced: bool) -> Table:
    valued = "lifetime_value" in study.once(_people).columns
    assert study.forecast is not None
    alive = bool(study.forecast.alive_by)
    columns = [
        Column("Segment", "name"),
        Column("Customers who have ordered"),
        *([Column("Probably still customers")] if alive else []),
        Column("Expected orders"),
        *([Column("Expected revenue")] if priced else []),
        *([Column("Lifetime value over that time")] if valued else []),
        Column("Orders: earlier forecasts over what came"),
    ]
    rows = []
    for part in study.profiles:
        key = part.segment_id
        if key == BOTS:
            continue
        names = ["ordered", *(["alive"] if alive else []), "expected_orders"]
        names += ["expected_revenue"] if priced else []
        names += ["lifetime_value"] if valued else []
        ordered = facts[f"{key}.ordered"].value
        cells = [f"{{{key}.{name}}}" if ordered else "–" for name in names]
        before = f"expected.segment.{key}.total"
        cells.append(f"{{{before}}}" if before in facts else "–")
        rows.append(Row((study.names[key], *cells), key))
    return Table("Table of what is expected", tuple(columns), tuple(rows))


def _contest(forecast: Forecast, priced: bool) -> Table:
    rows = [row for row in forecast.contest.to_pylist() if row["part"] == f"{row['way']}.all"]
    columns = (
        Column("Way", "name"),
        Column("Error of a customer's orders"),
        Column("AUC of ordering at all"),
        Column("Orders: expected over what came"),
        *([Column("Revenue: expected over what came")] if priced else []),
    )
    names = ("rmse", "auc", "total", *(("total_revenue",) if priced else ()))
    return Table(
        "The contest of forecasts",
        columns,
        tuple(
            Row(
                (
                    WAYS[row["way"]],
                    *(
                        f"{{expected.{row['part']}.{name}}}" if row[name] is not None else "–"
                        for name in names
                    ),
                ),
                chosen=row["way"] == forecast.winner,
            )
            for row in rows
        ),
    )
