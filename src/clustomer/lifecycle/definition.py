"""The definition: from events to the stage of each customer, in portable SQL over whole numbers.

Days are counted on the shop's clock, lengths in hundredths of a day or of a customer's usual gap,
so that every engine divides alike.
"""

from collections.abc import Iterable, Mapping

from sqlglot import exp

from clustomer.engines import literal, parse
from clustomer.events import Window
from clustomer.lifecycle.pauses import (
    EXPECTED,
    GROUPS,
    LENGTHS,
    TOO_LONG,
    Limits,
    Rhythm,
    neighbour,
    short_gap,
)
from clustomer.thresholds import DUE_DAYS, MANY_DAYS, SOME_DAYS

OCCASIONS = "lifecycle_occasions"
CUSTOMERS = "lifecycle_customers"

_DAYS = """
    SELECT user_id, day, COUNT(*) FILTER (WHERE event_type = 'purchase') AS purchases,
        COUNT(*) FILTER (WHERE event_type = 'return') AS returns, COUNT(*) AS events
    FROM (
        SELECT user_id, event_type, CAST(
            (DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) + utc_offset_s)
            // 86400 AS BIGINT
        ) AS day
        FROM events
        WHERE event_time >= window_start AND event_time < window_cutoff
    ) AS windowed
    GROUP BY user_id, day
"""
_BUYERS = """
    SELECT user_id, CASE
        WHEN SUM(purchases) > 0 THEN 1 WHEN SUM(returns) < SUM(events) THEN 0 ELSE 2
    END AS by_orders
    FROM days GROUP BY user_id
"""
_NUMBERED = """
    SELECT days.user_id AS user_id, buyers.by_orders AS by_orders, days.day AS day,
        ROW_NUMBER() OVER (PARTITION BY days.user_id ORDER BY days.day) AS number,
        LAG(days.day) OVER (PARTITION BY days.user_id ORDER BY days.day) AS day_before,
        MIN(days.day) OVER (PARTITION BY days.user_id) AS first_day,
        COUNT(*) OVER (PARTITION BY days.user_id) AS occasions
    FROM days JOIN buyers ON days.user_id = buyers.user_id
    WHERE buyers.by_orders = 2 OR days.purchases > 0
        OR (buyers.by_orders = 0 AND days.returns < days.events)
"""
_CUSTOMERS = """
    SELECT user_id, MAX(by_orders) AS by_orders, MAX(occasions) AS occasions,
        MIN(first_day) AS first_day, MAX(day) AS last_day,
        COALESCE(MAX(day - day_before), 0) AS longest_gap,
        COALESCE(MAX(day - day_before) FILTER (WHERE number < occasions), 0) AS longest_before,
        COALESCE(MAX(day - day_before) FILTER (WHERE number = occasions), 0) AS last_gap
    FROM lifecycle_occasions GROUP BY user_id
"""
_FIRST_ENDED = """
    SELECT by_orders, day - day_before AS length, COUNT(*) AS pauses
    FROM lifecycle_occasions WHERE number = 2 GROUP BY by_orders, day - day_before
"""
_FIRST_GOING_ON = """
    SELECT by_orders, last_day_of_window - last_day AS length, COUNT(*) AS pauses
    FROM lifecycle_customers WHERE occasions = 1 GROUP BY by_orders, last_day_of_window - last_day
"""
_MEANS = """
    SELECT by_orders, last_day - first_day AS days, occasions - 1 AS gaps, COUNT(*) AS customers
    FROM lifecycle_customers WHERE occasions > 1
    GROUP BY by_orders, last_day - first_day, occasions - 1
"""
_FURTHER_ENDED = """
    SELECT number - 1 AS occasions, day - day_before AS days,
        (100 * (day_before - first_day) + strength * everyones_gap) // (number - 2 + strength)
            AS usual_gap
    FROM lifecycle_occasions WHERE number > 2 AND by_orders = wanted
"""
_FURTHER_GOING_ON = """
    SELECT occasions, last_day_of_window - last_day AS days,
        (100 * (last_day - first_day) + strength * everyones_gap) // (occasions - 1 + strength)
            AS usual_gap
    FROM lifecycle_customers WHERE occasions > 1 AND by_orders = wanted
"""
_GROUP = """
    3 * CASE WHEN occasions >= many THEN 2 WHEN occasions >= some THEN 1 ELSE 0 END
    + CASE WHEN usual_gap < short_gap THEN 0 WHEN usual_gap < everyones_gap THEN 1 ELSE 2 END
"""
_LENGTHS = """
    SELECT number, length, COUNT(*) AS pauses, SUM(usual_gap) AS gaps FROM (
        SELECT CAST(days * 10000 // usual_gap AS BIGINT) AS length, usual_gap,
            pause_group AS number
        FROM further
    ) AS lengths GROUP BY number, length
"""
_USUAL = """
    SELECT c.user_id AS user_id, c.by_orders AS by_orders, c.occasions AS occasions,
        c.last_day AS last_day, c.longest_gap AS longest_gap, c.longest_before AS longest_before,
        c.last_gap AS last_gap, last_day_of_window - c.last_day AS days_since,
        CASE WHEN c.occasions > 1 THEN
            (100 * (c.last_day - c.first_day) + r.strength * r.everyones_gap)
            // (c.occasions - 1 + r.strength)
        END AS usual_gap,
        CASE WHEN c.occasions > 2 THEN
            (100 * (c.last_day - c.last_gap - c.first_day) + r.strength * r.everyones_gap)
            // (c.occasions - 2 + r.strength)
        END AS usual_before
    FROM lifecycle_customers AS c LEFT JOIN rhythms AS r ON c.by_orders = r.by_orders
"""
_LIMITS = """
    SELECT u.user_id AS user_id, u.by_orders AS by_orders, u.occasions AS occasions,
        u.last_day AS last_day, u.longest_gap AS longest_gap,
        u.longest_before AS longest_before, u.last_gap AS last_gap, u.days_since AS days_since,
        u.usual_gap AS usual_gap,
        CASE WHEN u.occasions > 1 THEN COALESCE(
                (k.earliest_here * ABS(k.other_gap - u.usual_gap)
                    + k.earliest_there * ABS(u.usual_gap - k.gap)) // (100 * k.apart),
                k.earliest * u.usual_gap // 100)
            ELSE 100 * r.first_earliest END AS earliest,
        CASE WHEN u.occasions > 1 THEN COALESCE(
                (k.middle_here * ABS(k.other_gap - u.usual_gap)
                    + k.middle_there * ABS(u.usual_gap - k.gap)) // (100 * k.apart),
                k.middle * u.usual_gap // 100)
            ELSE 100 * r.first_middle END AS middle,
        CASE WHEN u.occasions > 1 THEN COALESCE(
                (k.latest_here * ABS(k.other_gap - u.usual_gap)
                    + k.latest_there * ABS(u.usual_gap - k.gap)) // (100 * k.apart),
                k.latest * u.usual_gap // 100)
            ELSE 100 * r.first_latest END AS latest,
        COALESCE(r.further_slowing * u.usual_gap // 100, 100 * r.first_slowing) AS slowing,
        COALESCE(r.further_at_risk * u.usual_gap // 100, 100 * r.first_at_risk) AS at_risk,
        COALESCE(r.further_lapsed * u.usual_gap // 100, 100 * r.first_lapsed) AS lapsed,
        COALESCE(r.further_lapsed * u.usual_before // 100, 100 * r.first_lapsed) AS lapsed_before
    FROM usual AS u
    LEFT JOIN rhythms AS r ON u.by_orders = r.by_orders
    LEFT JOIN kinds AS k ON u.by_orders = k.by_orders AND k.number = pause_group
        AND k.longer = CASE WHEN u.usual_gap < k.gap THEN 0 ELSE 1 END
"""
_STAGES = """
    SELECT user_id, stage, by_orders, occasions, last_day, days_since,
        CAST(usual_gap AS DOUBLE) / 100 AS usual_gap_days,
        CASE WHEN stage <> 'lapsed' THEN last_day + CAST(middle // 100 AS BIGINT) END
            AS expected_day,
        CASE WHEN stage <> 'lapsed' AND middle IS NOT NULL
            THEN last_day + CAST(earliest // 100 AS BIGINT) END AS earliest_day,
        CASE WHEN stage <> 'lapsed' AND latest >= middle
            THEN last_day + CAST(latest // 100 AS BIGINT) END AS latest_day,
        CASE
            WHEN by_orders = 1 AND stage IN ('new', 'active', 'returned')
                AND middle // 100 <= days_since + due_days THEN 1
            ELSE 0
        END AS due,
        CASE
            WHEN by_orders = 1 AND stage IN ('new', 'active', 'returned')
                AND middle // 100 <= days_since THEN 1
            ELSE 0
        END AS past_due
    FROM (
        SELECT user_id, by_orders, occasions, last_day, days_since, usual_gap, earliest, middle,
            latest,
            CASE
                WHEN by_orders = 2 THEN NULL
                WHEN overdue = 1 AND 100 * days_since > lapsed AND days_since > longest_gap
                    THEN 'lapsed'
                WHEN overdue = 1 AND 100 * days_since > at_risk AND days_since > longest_gap
                    THEN 'at risk'
                WHEN overdue = 1 AND 100 * days_since > slowing THEN 'slowing'
                WHEN occasions = 1 THEN 'new'
                WHEN 100 * last_gap > lapsed_before AND last_gap > longest_before THEN 'returned'
                ELSE 'active'
            END AS stage
        FROM (
            SELECT user_id, by_orders, occasions, last_day, days_since, usual_gap, earliest,
                middle, latest, slowing, at_risk, lapsed, longest_gap, longest_before, last_gap,
                lapsed_before,
                CASE WHEN days_since <= middle // 100 THEN 0 ELSE 1 END AS overdue
            FROM limits
        ) AS expected
    ) AS staged
"""


def occasions_query(window: Window, events: str = "events") -> exp.Select:
    """Return the query of the days that count for each customer, numbered; over clean events.

    A day counts on which a customer ordered; for a customer without an order, one with any event
    but a return, and where there are returns only, one with a return.
    """
    bounds = {"window_start": literal(window.start), "window_cutoff": literal(window.cutoff)}
    query = _filled(_NUMBERED, {})
    days = _filled(_DAYS, bounds)
    for table in days.find_all(exp.Table):
        table.replace(exp.to_table(events))
    return query.with_("days", as_=days).with_("buyers", as_=parse(_BUYERS))


def customers_query() -> exp.Select:
    """Return the query of what the pauses of each customer are like, over `OCCASIONS`."""
    return _filled(_CUSTOMERS, {})


def first_pauses(last_day: int) -> tuple[exp.Select, exp.Select]:
    """Return the queries of first pauses that ended, and of those that go on, by length."""
    return _filled(_FIRST_ENDED, {}), _filled(
        _FIRST_GOING_ON, {"last_day_of_window": literal(last_day)}
    )


def means_query() -> exp.Select:
    """Return the query of customers' own mean gaps."""
    return _filled(_MEANS, {})


def further_pauses(
    last_day: int, by_orders: int, usual_gap: int, strength: int
) -> tuple[exp.Select, exp.Select]:
    """Return the same queries of later pauses, by kind of customer and length.

    The kind is a `pause_group`, the length in hundredths of the usual gap until then.
    """
    values = {
        "wanted": literal(by_orders),
        "everyones_gap": literal(usual_gap),
        "short_gap": literal(short_gap(usual_gap)),
        "strength": literal(strength),
        "last_day_of_window": literal(last_day),
    }
    counts = _filled(_LENGTHS, {"pause_group": _pause_group(values)})
    return (
        counts.with_("further", as_=_filled(_FURTHER_ENDED, values)),
        counts.with_("further", as_=_filled(_FURTHER_GOING_ON, values)),
    )


def stages_query(rhythms: Mapping[int, Rhythm], last_day: int) -> exp.Select:
    """Return the query of stages over `CUSTOMERS`; `rhythms` are by whether orders count.

    Columns: `user_id`, `stage`, `by_orders` (1, 0, or 2 for who only sent goods back and has no
    stage), `occasions`, `last_day` and others as days since 1970, `usual_gap_days`, and `due` and
    `past_due` (1 or 0).
    """
    query = _filled(_STAGES, {"due_days": literal(DUE_DAYS)})
    parts = [_rhythm(by_orders, rhythm) for by_orders, rhythm in sorted(rhythms.items())]
    rows: exp.Expr = parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)
    query = query.with_("rhythms", as_=rows)
    kinds = [
        _kind(by_orders, rhythm, number, longer=longer)
        for by_orders, rhythm in sorted(rhythms.items())
        for number in range(GROUPS)
        for longer in (False, True)
    ]
    query = query.with_("kinds", as_=exp.union(*kinds, distinct=False))
    query = query.with_("usual", as_=_filled(_USUAL, {"last_day_of_window": literal(last_day)}))
    return query.with_("limits", as_=_filled(_LIMITS, {"pause_group": _pause_group({})}))


def lifecycle_query(window: Window, rhythms: Mapping[int, Rhythm], last_day: int) -> exp.Select:
    """Return the whole definition, from `events` to stages, as one query."""
    stages, occasions = stages_query(rhythms, last_day), occasions_query(window)
    inner = occasions.args.pop("with_").expressions
    outer = stages.args.pop("with_").expressions
    for cte in inner:
        stages = stages.with_(cte.alias, as_=cte.this, copy=False)
    stages = stages.with_(OCCASIONS, as_=occasions, copy=False)
    stages = stages.with_(CUSTOMERS, as_=customers_query(), copy=False)
    for cte in outer:
        stages = stages.with_(cte.alias, as_=cte.this, copy=False)
    return stages


def _rhythm(by_orders: int, rhythm: Rhythm) -> exp.Select:
    return _row(
        {
            "by_orders": by_orders,
            "everyones_gap": rhythm.usual_gap,
            "short_gap": rhythm.short_gap,
            "strength": rhythm.strength,
        }
        | _lengths(rhythm.first, LENGTHS, "first_")
        | _lengths(rhythm.further, TOO_LONG, "further_")
    )


def _kind(by_orders: int, rhythm: Rhythm, number: int, *, longer: bool) -> exp.Select:
    """Return how long pauses are of a kind whose gap is longer, or shorter, than the kind's mean.

    `gap` and `other_gap` are the mean gaps between which lengths are interpolated; `..._here` and
    `..._there` what is expected at each, in hundredths of a hundredth of a day.
    """
    limits, gap = rhythm.groups[number], rhythm.group_gaps[number]
    row = {"by_orders": by_orders, "number": number, "longer": int(longer), "gap": gap}
    row |= _lengths(limits, EXPECTED)
    other_gap, other = neighbour(rhythm, number, longer=longer) or (None, None)
    apart = None if gap is None or other_gap is None else abs(other_gap - gap)
    row |= {"other_gap": other_gap, "apart": apart}
    for name in EXPECTED:
        row[f"{name}_here"] = _times(getattr(limits, name), gap)
        row[f"{name}_there"] = _times(getattr(other, name, None), other_gap)
    return _row(row)


def _times(length: int | None, gap: int | None) -> int | None:
    return None if length is None or gap is None else length * gap


def _lengths(limits: Limits, names: Iterable[str], kind: str = "") -> dict[str, int | None]:
    return {f"{kind}{name}": getattr(limits, name) for name in names}


def _row(values: Mapping[str, int | None]) -> exp.Select:
    return exp.select(
        *(
            exp.alias_(exp.cast(literal(value), exp.DataType.build("BIGINT")), name)
            for name, value in values.items()
        )
    )


def _pause_group(values: Mapping[str, exp.Expr]) -> exp.Expr:
    """Return the number of the kind of customer, by occasions, own usual gap and everyone's."""
    least = {"some": literal(SOME_DAYS), "many": literal(MANY_DAYS)}
    return _bound(parse(_GROUP), {**values, **least})


def _filled(sql: str, values: Mapping[str, exp.Expr]) -> exp.Select:
    query = _bound(parse(sql), values)
    assert isinstance(query, exp.Select)
    return query


def _bound(node: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """Return a node with values in the place of columns of these names without a table."""

    def bound(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in values:
            return values[node.name].copy()
        return node

    return node.transform(bound, copy=False)
