"""The contest: forecasts from earlier days, beside what came."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clustomer.certificates.baselines import area
from clustomer.lifetime.models import Floats
from clustomer.lifetime.orders import Until, date_of
from clustomer.lifetime.ways import (
    ALIVE_WAYS,
    BOOSTING,
    PAST_RATE,
    WAYS,
    Boosting,
    fit_models,
    fit_value,
    of_customers,
)
from clustomer.thresholds import FORECAST_ERRORS

JUDGED_CUSTOMERS = 50_000
"""So many customers are judged at each date at most, evenly spaced in the order of `user_id`."""
DECILES = 10


@dataclass(frozen=True, eq=False)
class Judged:
    """What was expected of customers at an earlier day, and what came.

    Attributes
    ----------
    day : int
        Days since 1970.
    user_ids : pyarrow.Array
        Those who were judged.
    expected : mapping of way to ndarray
        The orders that each way expected.
    value : ndarray of float
        What each customer was expected to spend on a day with an order; 0 without amounts.
    orders, revenue : ndarray of float
        What came.
    """

    day: int
    user_ids: pa.Array
    expected: Mapping[str, Floats]
    value: Floats
    orders: Floats
    revenue: Floats


@dataclass(frozen=True)
class Decision:
    """Which way is used, and whether it was surely nearer than the past rate."""

    winner: str
    alive_by: str
    beats_past_rate: bool


def judge(
    until: Until,
    day: int,
    horizon_days: int,
    features_at: Callable[[int], pa.Table] | None,
    before: Until | None,
    random_state: int,
) -> Judged:
    """Forecast from a day on by every way, and keep what came beside it.

    Parameters
    ----------
    until : Until
        Customers at that day.
    day, horizon_days : int
    features_at : function from a day to the customer table of it, or None
    before : Until, or None
        Customers one horizon earlier, from whom boosting learns; None where the log begins later.
    random_state : int
    """
    rows = np.arange(0, len(until), max(1, -(-len(until) // JUDGED_CUSTOMERS)))
    user_ids = until.user_ids.take(pa.array(rows))
    histories = until.histories.of(rows)
    expected = {
        name: model.expected_orders(histories, horizon_days)
        for name, model in fit_models(until.histories).items()
    }
    if before is not None and features_at is not None:
        then = of_customers(features_at(day - horizon_days), before.user_ids)
        boosting = Boosting(then, before.orders, random_state)
        expected[BOOSTING] = boosting.expected_orders(of_customers(features_at(day), user_ids))
    # what is no number cannot be judged, and so cannot win
    expected = {name: orders for name, orders in expected.items() if np.isfinite(orders).all()}
    value = fit_value(until.histories)
    return Judged(
        day,
        user_ids,
        expected,
        np.zeros(len(rows))
        if value is None
        else value.expected_value(histories.order_days, histories.value),
        until.orders[rows],
        until.revenue[rows],
    )


def decide(judged: Sequence[Judged]) -> Decision:
    """Return the way to use: of those whose errors are as small as the smallest, the best ranking.

    The errors of two ways are alike where the mean difference of their squares over customers is
    within `FORECAST_ERRORS` standard errors; among such ways the highest AUC decides.
    """
    names = common_ways(judged)
    squares = {
        name: np.concatenate([(one.expected[name] - one.orders) ** 2 for one in judged])
        for name in names
    }
    best = min(names, key=lambda name: float(squares[name].mean()))
    alike = [name for name in names if not _larger(squares[name], squares[best])]
    ranks = {name: np.mean([_auc(one, name) for one in judged]) for name in names}
    winner = max(alike, key=lambda name: float(ranks[name]))
    alive_by = min(
        (name for name in ALIVE_WAYS if name in names), key=lambda name: squares[name].mean()
    )
    beats = winner != PAST_RATE and _larger(squares[PAST_RATE], squares[winner])
    return Decision(winner, winner if winner in ALIVE_WAYS else alive_by, beats)


def common_ways(judged: Sequence[Judged]) -> list[str]:
    """Return the ways that forecast at every date, in the order of the table."""
    return [name for name in WAYS if all(name in one.expected for one in judged)]


def contest_table(
    judged: Sequence[Judged],
    decision: Decision,
    segments: Callable[[Judged], NDArray[np.object_] | None],
) -> pa.Table:
    """Return what was expected and what came: by way and date, by tenth and by segment.

    `segments` gives the segment id of each judged customer at a date, or None.
    """
    rows: list[dict[str, object]] = []
    for name in common_ways(judged):
        by_date = [_row(f"{name}.{date_of(one.day)}", name, [(one, None)]) for one in judged]
        rows += by_date
        rows.append(_row(f"{name}.all", name, [(one, None) for one in judged]))
    winner = decision.winner
    for tenth in range(1, DECILES + 1):
        inside = [(one, _tenth(one.expected[winner]) == tenth) for one in judged]
        rows.append(_row(f"tenth.{tenth}", winner, inside))
    rows += _of_segments(judged, winner, segments)
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


_SCHEMA = pa.schema(
    [
        ("part", pa.string()),
        ("way", pa.string()),
        ("customers", pa.int64()),
        ("expected_orders", pa.float64()),
        ("orders", pa.float64()),
        ("total", pa.float64()),
        ("rmse", pa.float64()),
        ("auc", pa.float64()),
        ("expected_revenue", pa.float64()),
        ("revenue", pa.float64()),
        ("total_revenue", pa.float64()),
    ]
)

_Part = tuple[Judged, NDArray[np.bool_] | None]


def _of_segments(
    judged: Sequence[Judged],
    winner: str,
    segments: Callable[[Judged], NDArray[np.object_] | None],
) -> Iterator[dict[str, object]]:
    labels = [(one, ids) for one in judged if (ids := segments(one)) is not None]
    for segment_id in sorted({str(name) for _, ids in labels for name in np.unique(ids)}):
        inside: list[_Part] = [(one, ids == segment_id) for one, ids in labels]
        yield _row(f"segment.{segment_id}", winner, inside)


def _row(key: str, way: str, parts: Sequence[_Part]) -> dict[str, object]:
    """Return the figures of a way over some customers of some dates.

    Errors and AUC are means over the dates; orders and revenue are sums.
    """
    expected = _inside([one.expected[way] for one, _ in parts], parts)
    value = _inside([one.expected[way] * one.value for one, _ in parts], parts)
    came = _inside([one.orders for one, _ in parts], parts)
    revenue = _inside([one.revenue for one, _ in parts], parts)
    everyone = all(inside is None for _, inside in parts)
    return {
        "part": key,
        "way": way,
        "customers": len(came),
        "expected_orders": round(float(expected.sum()), 6),
        "orders": float(came.sum()),
        "total": _over(expected, came),
        "rmse": round(float(np.sqrt(np.mean((expected - came) ** 2))), 9) if len(came) else None,
        "auc": round(float(np.mean([_auc(one, way) for one, _ in parts])), 9) if everyone else None,
        "expected_revenue": round(float(value.sum()), 6),
        "revenue": round(float(revenue.sum()), 6),
        "total_revenue": _over(value, revenue),
    }


def _inside(values: Sequence[Floats], parts: Sequence[_Part]) -> Floats:
    """Return the values of the customers of all parts in a row."""
    return np.concatenate(
        [
            some if inside is None else some[inside]
            for some, (_, inside) in zip(values, parts, strict=True)
        ]
    )


def _over(expected: Floats, came: Floats) -> float | None:
    """Return the forecast over what came; None where nothing came."""
    total = float(came.sum())
    return round(float(expected.sum()) / total, 9) if total > 0 else None


def _larger(squares: Floats, least: Floats) -> bool:
    """Return whether errors are surely larger than others of the same customers."""
    difference = squares - least
    error = float(difference.std()) / np.sqrt(len(difference))
    return bool(difference.mean() > FORECAST_ERRORS * error)


def _auc(one: Judged, way: str) -> float:
    return area(one.orders > 0, one.expected[way])[0]


def _tenth(expected: Floats) -> NDArray[np.int64]:
    """Return in which tenth of all a forecast is, from 1, the highest."""
    place = np.empty(len(expected), dtype=np.int64)
    place[np.argsort(-expected, kind="stable")] = np.arange(len(expected))
    return place * DECILES // max(len(expected), 1) + 1
