"""What each customer did in each period, as portable SQL over clean events and a calendar."""

from collections.abc import Mapping

from sqlglot import exp

from clustomer.engines import literal, parse
from clustomer.events import Window
from clustomer.events.totals import AMOUNT

CALENDAR = "history_calendar"
LABELS = "history_labels"
ORDERS = "history_orders"
ACTIVITY = "history_activity"

_SCOPED = f"""
    SELECT user_id, event_type, COALESCE(order_id, user_session) AS order_key, {AMOUNT} AS amount,
        goods_cost AS cost, event_time, CAST(
            (DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) + utc_offset_s)
            // 86400 AS BIGINT
        ) AS day
    FROM events
    WHERE event_time >= window_start AND event_time < window_cutoff
"""
_ORDERS = """
    SELECT placed.user_id AS user_id, c.period AS period, COUNT(*) AS orders
    FROM (
        SELECT user_id, order_key, MIN(day) AS day
        FROM scoped WHERE event_type = 'purchase' GROUP BY user_id, order_key
    ) AS placed JOIN history_calendar AS c ON placed.day = c.day
    GROUP BY placed.user_id, c.period
"""
_ACTIVITY = """
    SELECT s.user_id AS user_id, c.period AS period,
        COUNT(*) FILTER (WHERE s.event_type <> 'return') AS events,
        COUNT(*) FILTER (WHERE s.event_type = 'purchase') AS lines,
        COALESCE(SUM(s.amount) FILTER (WHERE s.event_type = 'purchase'), 0) AS sold,
        COALESCE(SUM(s.amount) FILTER (WHERE s.event_type = 'return'), 0) AS returned,
        COALESCE(SUM(CASE s.event_type WHEN 'purchase' THEN s.cost WHEN 'return' THEN -s.cost END),
            0) AS cost,
        COALESCE(SUM(CASE s.event_type WHEN 'purchase' THEN s.amount WHEN 'return' THEN -s.amount
            END) FILTER (WHERE s.cost IS NULL), 0) AS uncosted
    FROM scoped AS s JOIN history_calendar AS c ON s.day = c.day
    GROUP BY s.user_id, c.period
"""
_FIRST = """
    SELECT user_id, MIN(period) AS by_event, MIN(period) FILTER (WHERE lines > 0) AS by_purchase
    FROM history_activity GROUP BY user_id
"""
_SIZES = """
    SELECT l.segment_id AS segment_id, f.arrived AS cohort, COUNT(*) AS customers
    FROM arrivals AS f JOIN history_labels AS l ON f.user_id = l.user_id
    GROUP BY l.segment_id, f.arrived
"""
_CELLS = """
    SELECT l.segment_id AS segment_id, f.arrived AS cohort, a.period AS period,
        COUNT(*) FILTER (WHERE a.events > 0) AS active,
        COUNT(*) FILTER (WHERE a.lines > 0) AS buying,
        COALESCE(SUM(o.orders), 0) AS orders,
        SUM(a.sold) AS sold, SUM(a.returned) AS returned,
        SUM(a.cost) AS cost, SUM(a.uncosted) AS uncosted
    FROM history_activity AS a
    JOIN arrivals AS f ON a.user_id = f.user_id
    JOIN history_labels AS l ON a.user_id = l.user_id
    LEFT JOIN history_orders AS o ON a.user_id = o.user_id AND a.period = o.period
    WHERE a.period >= f.arrived
    GROUP BY l.segment_id, f.arrived, a.period
"""
_TOTALS = """
    SELECT l.segment_id AS segment_id, a.period AS period,
        COUNT(*) FILTER (WHERE a.events > 0) AS customers,
        COALESCE(SUM(o.orders), 0) AS orders,
        COALESCE(SUM(o.orders * o.orders), 0) AS order_squares,
        SUM(a.revenue) AS revenue, SUM(a.revenue * a.revenue) AS revenue_squares
    FROM (
        SELECT user_id, period, events, CAST(sold - returned AS DECIMAL(18, 2)) AS revenue
        FROM history_activity
    ) AS a
    JOIN history_labels AS l ON a.user_id = l.user_id
    LEFT JOIN history_orders AS o ON a.user_id = o.user_id AND a.period = o.period
    GROUP BY l.segment_id, a.period
"""


def orders_query(window: Window) -> exp.Select:
    """Return the query of each customer's orders in each period, over events and `CALENDAR`.

    An order is placed on the day of its first line.
    """
    return _with_scoped(_ORDERS, window)


def activity_query(window: Window, *, costs: bool) -> exp.Select:
    """Return the query of what else each customer did in each period.

    With `costs`, events have a column `cost` of what the goods of a row cost; `cost` adds it up,
    and `uncosted` the revenue of rows that have none.
    """
    return _with_scoped(_ACTIVITY, window, costs=costs)


def prices_query(window: Window) -> exp.Select:
    """Return how many events of the window have a price."""
    return (
        exp.select("COUNT(price) AS prices")
        .from_("events")
        .where(
            exp.column("event_time") >= literal(window.start),
            exp.column("event_time") < literal(window.cutoff),
        )
    )


def newest_query(window: Window) -> exp.Select:
    """Return when the customer who came last was first seen within a window."""
    first = (
        exp.select("user_id", "MIN(event_time) AS first_seen")
        .from_("events")
        .where(
            exp.column("event_time") >= literal(window.start),
            exp.column("event_time") < literal(window.cutoff),
        )
        .group_by("user_id")
    )
    return exp.select("MAX(first_seen) AS newest").from_(first.subquery("arrivals"))


def totals_query() -> exp.Select:
    """Return what the customers of each segment did in each period.

    Over `ACTIVITY`, `ORDERS` and `LABELS`: `customers` who came, `orders`, `revenue` (sales less
    returns), and the sums of the squares of both over customers.
    """
    return _select(_TOTALS)


def sizes_query(by: str) -> exp.Select:
    """Return how many customers of each segment arrived in each period, by "event" or "purchase".

    Over `ACTIVITY` and `LABELS` (`user_id`, `segment_id`).
    """
    return _with_arrivals(_SIZES, by)


def cells_query(by: str) -> exp.Select:
    """Return what customers of each segment and cohort did in each period from their first on."""
    return _with_arrivals(_CELLS, by)


def _with_scoped(sql: str, window: Window, *, costs: bool = False) -> exp.Select:
    bounds = {
        "window_start": literal(window.start),
        "window_cutoff": literal(window.cutoff),
        "goods_cost": exp.column("cost") if costs else parse("CAST(NULL AS DECIMAL(18, 4))"),
    }
    return _select(sql).with_("scoped", as_=_filled(parse(_SCOPED), bounds))


def _with_arrivals(sql: str, by: str) -> exp.Select:
    column = exp.column(f"by_{by}")
    arrivals = (
        exp.select("user_id", exp.alias_(column, "arrived"))
        .from_("first_periods")
        .where(exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null())))
    )
    return _select(sql).with_("first_periods", as_=parse(_FIRST)).with_("arrivals", as_=arrivals)


def _select(sql: str) -> exp.Select:
    query = parse(sql)
    assert isinstance(query, exp.Select)
    return query


def _filled(query: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    return query.transform(
        lambda node: (
            values[node.name].copy()
            if isinstance(node, exp.Column) and node.name in values
            else node
        ),
        copy=False,
    )
