"""What each customer chooses and when they come, in portable SQL over whole numbers.

Of each customer's choices a value has a part, in ten thousandths, so that sums are exact and
every customer counts alike, however much they buy.
"""

from sqlglot import exp

from clustomer.customers.definition import events_within
from clustomer.engines import literal, parse
from clustomer.events import Window

LABELS = "habit_labels"
CHOSEN = "habit_chosen"
WHOLE = 10_000
"""All that a customer chose, in the unit of parts."""
BLOCK_HOURS = 3

CHOICES = {
    "category": "COALESCE(category_code, category_id)",
    "brand": "brand",
    "product": "product_id",
}
"""What is chosen, by the kind of habit."""
_DAY_OF_ERA = "(begun_s // 86400 + 719468) % 146097"
_YEAR = (
    f"({_DAY_OF_ERA} - {_DAY_OF_ERA} // 1460 + {_DAY_OF_ERA} // 36524 - {_DAY_OF_ERA} // 146096) "
    "// 365"
)
_DAY_OF_YEAR = f"({_DAY_OF_ERA} - (365 * ({_YEAR}) + ({_YEAR}) // 4 - ({_YEAR}) // 100))"
TIMES = {
    "weekday": "(begun_s // 86400 + 3) % 7",
    "hours": f"((begun_s // 3600) % 24) // {BLOCK_HOURS}",
    "month": f"((5 * {_DAY_OF_YEAR} + 2) // 153 + 2) % 12",
}
"""When it is done; 0 is Monday, the block of hours that begins at midnight, and January.

The month is that of the proleptic Gregorian calendar, by whole numbers alone: years begin in
March, so that the leap day is their last."""

_BOUGHT = "event_type = 'purchase'"
_LOOKED = "event_type <> 'return'"
_CHOSEN = """
    SELECT scoped.user_id AS user_id, chosen_value AS value, COUNT(*) AS times
    FROM scoped WHERE is_product AND NOT chosen_value IS NULL AND counted
    GROUP BY scoped.user_id, chosen_value
"""
_BEGUN = """
    SELECT user_id, MIN(local_s) AS begun_s
    FROM scoped WHERE counted GROUP BY user_id, begun_by
"""
_TIMED = """
    SELECT user_id, CAST(time_value AS VARCHAR) AS value, COUNT(*) AS times
    FROM begun GROUP BY user_id, time_value
"""
_PARTS = """
    SELECT c.user_id AS user_id, l.segment_id AS segment_id, c.value AS value,
        CAST(c.times * 10000 // SUM(c.times) OVER (PARTITION BY c.user_id) AS BIGINT) AS part
    FROM habit_chosen AS c JOIN habit_labels AS l ON c.user_id = l.user_id
"""
_BY_VALUE = """
    SELECT segment_id, value, COUNT(*) AS customers, CAST(SUM(part) AS BIGINT) AS parts,
        CAST(SUM(part * part) AS BIGINT) AS squares,
        COUNT(*) FILTER (WHERE part = 10000) AS wholly
    FROM parts GROUP BY segment_id, value
"""
_TELLING = """
    SELECT value FROM by_value GROUP BY value HAVING MAX(customers) >= fewest
"""
_PLACED = """
    SELECT l.segment_id AS segment_id, COUNT(DISTINCT c.user_id) AS customers
    FROM habit_chosen AS c JOIN habit_labels AS l ON c.user_id = l.user_id
    GROUP BY l.segment_id ORDER BY l.segment_id
"""
_ORDERED = """
    SELECT DISTINCT user_id FROM events
    WHERE counted AND event_time >= window_start AND event_time < window_cutoff
    ORDER BY user_id
"""


def chosen_query(window: Window, kind: str, *, bought: bool) -> exp.Select:
    """Return how often each customer chose each value: of what they bought, or looked at."""
    counted = parse(_BOUGHT if bought else _LOOKED)
    if kind in CHOICES:
        query = _filled(_CHOSEN, chosen_value=parse(CHOICES[kind]), counted=counted)
    else:
        by = "COALESCE(order_id, user_session)" if bought else "user_session"
        begun = _filled(_BEGUN, begun_by=parse(by), counted=counted)
        query = _filled(_TIMED, time_value=parse(TIMES[kind])).with_("begun", as_=begun)
    scoped = events_within(
        window,
        (
            *("user_id", "user_session", "order_id", "event_type", "is_product"),
            *("product_id", "brand", "category_code", "category_id"),
        ),
    )
    ctes = query.args.pop("with_", None)
    query = query.with_("timed", as_=scoped).with_("scoped", as_=_local())
    for cte in ctes.expressions if ctes is not None else ():
        query = query.with_(cte.alias, as_=cte.this)
    return query


def parts_query(fewest: int) -> exp.Select:
    """Return the parts of each segment and value, of values that enough of a segment chose.

    Over `CHOSEN` and `LABELS`: `customers` of the segment who chose it, the sum of their `parts`
    and of the `squares` of these, and who of them chose it `wholly`, and nothing else.
    """
    telling = _filled(_TELLING, fewest=literal(fewest))
    query = parse(
        "SELECT b.segment_id, b.value, b.customers, b.parts, b.squares, b.wholly "
        "FROM by_value AS b JOIN telling AS t ON b.value = t.value ORDER BY b.segment_id, b.value"
    )
    assert isinstance(query, exp.Select)
    return (
        query.with_("parts", as_=parse(_PARTS))
        .with_("by_value", as_=parse(_BY_VALUE))
        .with_("telling", as_=telling)
    )


def placed_query() -> exp.Select:
    """Return of how many customers of each segment it is known what they chose."""
    query = parse(_PLACED)
    assert isinstance(query, exp.Select)
    return query


def ordered_query(window: Window, *, bought: bool) -> exp.Select:
    """Return who ordered in a window, or who came."""
    return _filled(
        _ORDERED,
        counted=parse(_BOUGHT if bought else _LOOKED),
        window_start=literal(window.start),
        window_cutoff=literal(window.cutoff),
    )


def _local() -> exp.Expr:
    return parse("SELECT * FROM timed")


def _filled(sql: str, **values: exp.Expr) -> exp.Select:
    query = parse(sql).transform(
        lambda node: (
            values[node.name].copy()
            if isinstance(node, exp.Column) and not node.table and node.name in values
            else node
        ),
        copy=False,
    )
    assert isinstance(query, exp.Select)
    return query
