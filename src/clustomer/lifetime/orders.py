"""The days on which customers ordered, until a day and after it, as portable SQL."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.events import Window
from clustomer.events.totals import AMOUNT
from clustomer.lifetime.models import Floats, Histories, sizes_of

DAYS = "order_days"
"""The table of customers' days, while forecasts are made."""

_EPOCH = date(1970, 1, 1).toordinal()

_KEPT_DAYS = f"""
    SELECT user_id, local_day, COUNT(*) FILTER (WHERE event_type = 'purchase') AS purchases,
        COUNT(amount) FILTER (WHERE event_type = 'purchase') AS priced,
        SUM(amount) FILTER (WHERE event_type = 'purchase') AS sold,
        SUM(amount) FILTER (WHERE event_type = 'return') AS returned
    FROM (
        SELECT user_id, event_type, {AMOUNT} AS amount,
            (DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) + utc_offset_s)
                // 86400 AS local_day
        FROM events
        WHERE event_time >= window_start AND event_time < window_cutoff
            AND event_type IN ('purchase', 'return')
    ) AS scoped
    GROUP BY user_id, local_day
"""

_UNTIL = """
    WITH firsts AS (
        SELECT user_id, MIN(local_day) AS first_day FROM order_days WHERE purchases > 0
        GROUP BY user_id
    )
    SELECT d.user_id AS user_id, f.first_day AS first_day,
        MAX(d.local_day) FILTER (WHERE d.purchases > 0 AND d.local_day < until_day) AS last_day,
        COUNT(*) FILTER (WHERE d.purchases > 0 AND d.local_day < until_day) AS order_days,
        CAST(COALESCE(SUM(d.sold) FILTER (WHERE d.local_day < until_day), 0) AS DOUBLE)
            AS sold,
        CAST(COALESCE(SUM(d.returned) FILTER (WHERE d.local_day < until_day), 0) AS DOUBLE)
            AS returned,
        CAST(COALESCE(SUM(d.sold) FILTER (WHERE d.local_day = f.first_day), 0) AS DOUBLE)
            AS first_value,
        COUNT(*) FILTER (
            WHERE d.purchases > 0 AND d.local_day >= until_day AND d.local_day < end_day
        ) AS next_orders,
        CAST(COALESCE(SUM(d.sold) FILTER (
            WHERE d.local_day >= until_day AND d.local_day < end_day), 0) AS DOUBLE) AS next_sold,
        CAST(COALESCE(SUM(d.returned) FILTER (
            WHERE d.local_day >= until_day AND d.local_day < end_day), 0) AS DOUBLE)
            AS next_returned
    FROM order_days AS d JOIN firsts AS f ON d.user_id = f.user_id
    WHERE f.first_day < until_day
    GROUP BY d.user_id, f.first_day
"""

_BETWEEN = """
    SELECT user_id, COUNT(*) FILTER (WHERE purchases > 0) AS orders,
        COALESCE(SUM(sold), 0) - COALESCE(SUM(returned), 0) AS revenue
    FROM order_days
    WHERE local_day >= until_day AND local_day < end_day
    GROUP BY user_id
"""


@dataclass(frozen=True, eq=False)
class Until:
    """Customers who had ordered before a day, and what they did from then on.

    Attributes
    ----------
    user_ids : pyarrow.Array
        Sorted.
    histories : Histories
        Of what was before the day.
    orders, revenue : ndarray of float
        The days with an order in the horizon from the day on, and what the orders of that time
        brought, less what was sent back in it.
    """

    user_ids: pa.Array
    histories: Histories
    orders: Floats
    revenue: Floats

    def __len__(self) -> int:
        return len(self.orders)


def day_number(day: date) -> int:
    """Return days since 1970.

    >>> day_number(date(1970, 1, 3))
    2
    """
    return day.toordinal() - _EPOCH


def date_of(number: int) -> date:
    """Return the date of a number of days since 1970."""
    return date.fromordinal(number + _EPOCH)


def midnight(number: int, time_zone: str) -> datetime:
    """Return when a day begins on the shop's clock, as UTC.

    >>> midnight(1, "Europe/Paris")
    datetime.datetime(1970, 1, 1, 23, 0)
    """
    local = datetime.combine(date_of(number), time(), ZoneInfo(time_zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def keep_order_days(engine: Engine, window: Window) -> None:
    """Make the table `DAYS` of the window's orders: a row for each day of each customer."""
    bounds = {"window_start": window.start, "window_cutoff": window.cutoff}
    engine.create_table(DAYS, _with(_KEPT_DAYS, bounds))


def priced(engine: Engine) -> bool:
    """Return whether orders have amounts."""
    [row] = engine.query(exp.select("SUM(priced) AS n").from_(DAYS)).to_pylist()
    return bool(row["n"])


def orders_until(engine: Engine, day: int, horizon_days: int) -> Until:
    """Return what customers had ordered before a day, and what they ordered from it on."""
    bounds = {"until_day": day, "end_day": day + horizon_days}
    table = engine.query(_with(_UNTIL, bounds)).sort_by("user_id").combine_chunks()

    def column(name: str) -> Floats:
        return np.asarray(table[name].to_numpy(), dtype=np.float64)

    first, days = column("first_day"), column("order_days")
    histories = Histories(
        repeats=days - 1,
        last=column("last_day") - first,
        age=day - 1 - first,
        value=np.maximum(column("sold") - column("returned"), 0) / days,
        size=sizes_of(column("first_value")),
    )
    user_ids = table["user_id"].cast(pa.string()).combine_chunks()
    revenue = column("next_sold") - column("next_returned")
    return Until(user_ids, histories, column("next_orders"), revenue)


def orders_between(engine: Engine, day: int, end: int) -> pa.Table:
    """Return what each customer ordered from a day on and before another: `orders`, `revenue`."""
    return engine.query(_with(_BETWEEN, {"until_day": day, "end_day": end}))


def _with(sql: str, values: dict[str, datetime] | dict[str, int]) -> exp.Expr:
    """Put values where a query names them."""

    def bound(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in values:
            return literal(values[node.name])
        return node

    return parse(sql).transform(bound, copy=False)
