"""Visits for rows that name none, and the clean events: the last steps, as portable SQL."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from clustomer.engines import literal, parse
from clustomer.events.sessions import SESSION_MINUTES

EVENT_S = "DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time)"
_PADDED = "CAST(10000000000 + event_s AS VARCHAR)"
"""Seconds as text of eleven digits, whose order is that of time."""


@dataclass(frozen=True)
class Part:
    """One step of a long query: its name, what it does, and the SQL."""

    name: str
    comment: str
    query: exp.Expr


_SO_FAR = (
    "OVER (PARTITION BY user_id ORDER BY event_s NULLS FIRST "
    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
)


def visit_parts(source: str) -> list[Part]:
    """Give every row a session: its own, or the visit that pauses of 30 minutes bound.

    Moments are numbered, not rows: of those at one time no system says which comes first.
    """
    pause = SESSION_MINUTES * 60
    timed = f"SELECT *, {EVENT_S} AS event_s FROM {source}"
    moments = (
        f"SELECT user_id, event_s, MAX(CASE WHEN NOT user_session IS NULL THEN {_PADDED} || "
        "user_session END) AS named FROM timed_rows GROUP BY user_id, event_s"
    )
    begun = (
        "SELECT user_id, event_s, named, CASE WHEN COALESCE(event_s - LAG(event_s) OVER (PARTITION "
        f"BY user_id ORDER BY event_s NULLS FIRST), {pause + 1}) > {pause} THEN event_s END AS "
        "begins_s FROM moments"
    )
    visits = (
        f"SELECT user_id, event_s, MAX(begins_s) {_SO_FAR} AS visit_s, MAX(named) {_SO_FAR} AS "
        "last_named FROM begun_moments"
    )
    return [
        Part("timed_rows", "seconds since 1970", parse(timed)),
        Part(
            "moments", "when a customer did something, and the last session by name", parse(moments)
        ),
        Part("begun_moments", "a visit begins after 30 minutes without an event", parse(begun)),
        Part("visit_moments", "the visit, and the session that was named last", parse(visits)),
    ]


_SESSION = (
    "COALESCE(r.user_session, CASE WHEN SUBSTRING(v.last_named, 1, 11) >= "
    "CAST(10000000000 + v.visit_s AS VARCHAR) THEN SUBSTRING(v.last_named, 12, 1000) "
    "ELSE 'visit-' || r.user_id || '-' || CAST(v.visit_s AS VARCHAR) END) AS user_session"
)


def events_part(
    *,
    row_is_order: bool,
    time_zone: str,
    around: datetime,
    is_product: str = "TRUE",
) -> Part:
    """Return the step that gives clean events: `timed_rows` with their visits.

    `is_product` is SQL over `r`, a row.
    """
    offset = exp.alias_(utc_offset(time_zone, around), "utc_offset_s")
    query = visited_rows(row_is_order=row_is_order, is_product=is_product).select(offset)
    return Part("events", "clean events: missing_session is repaired", query)


def visited_rows(*, row_is_order: bool, is_product: str = "TRUE") -> exp.Select:
    """Return the query for clean events but for the clock: `timed_rows` with their visits.

    `is_product` is SQL over `r`, a row.
    """
    order = "r.order_id AS order_id"
    if row_is_order:
        order = (
            "CASE WHEN r.event_type = 'purchase' AND r.order_id IS NULL THEN 'row-' || r.user_id "
            "|| '-' || CAST(r.event_s AS VARCHAR) || '-' || CAST(ROW_NUMBER() OVER (PARTITION BY "
            "r.user_id, r.event_s ORDER BY r.product_id NULLS FIRST, r.price NULLS FIRST, "
            "r.quantity NULLS FIRST) AS VARCHAR) ELSE r.order_id END "
            "AS order_id"
        )
    plain = (
        *("event_time", "event_type", "product_id", "category_id", "category_code", "brand"),
        *("price", "user_id", "quantity"),
    )
    columns = ", ".join(f"r.{name} AS {name}" for name in plain)
    query = parse(
        f"SELECT {columns}, {_SESSION}, {order}, {is_product} AS is_product FROM timed_rows AS r "
        "JOIN visit_moments AS v ON r.user_id = v.user_id AND r.event_s = v.event_s",
        patterns=is_product != "TRUE",
    )
    assert isinstance(query, exp.Select)
    return query


def utc_offset(time_zone: str, around: datetime) -> exp.Expr:
    """Return the seconds that a clock is ahead of UTC, by the moments at which it was put."""
    zone = ZoneInfo(time_zone)
    first, last = around - timedelta(days=_YEARS * 366), around + timedelta(days=_YEARS * 366)
    hour, offset = first.replace(minute=0, second=0, microsecond=0), _seconds(zone, first)
    case = exp.Case()
    while hour < last:
        following = hour + timedelta(hours=1)
        after = _seconds(zone, following)
        if after != offset:
            earlier = exp.LT(this=exp.column("event_time"), expression=literal(following))
            case = case.when(earlier, literal(offset), copy=False)
            offset = after
        hour = following
    if not case.args.get("ifs"):
        return literal(offset)
    return case.else_(literal(offset))


_YEARS = 6


def _seconds(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
