"""From typed rows to clean events on any engine: nothing but counts comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.errors import InputError, UsageError
from clustomer.events.cleaning import (
    KEPT,
    REJECTIONS,
    REPAIRS,
    Cleaning,
    far_edges,
    implausible_runs,
    within,
)
from clustomer.events.reading import BelowZero
from clustomer.events.resent import MAX_SHARE_OF_OTHERS
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.totals import AMOUNT
from clustomer.events.typed.columns import KEPT_AS_GIVEN
from clustomer.events.typed.rules import typed_query
from clustomer.events.typed.visits import EVENT_S, events_part, visit_parts
from clustomer.events.window import Window, dense_days
from clustomer.progress import counted

EVENTS, REJECTED = "events", "rejected_rows"
"""The tables that are left on the engine."""

_TYPED, _KEPT = "typed_rows", "kept_rows"
_DAY = f"({EVENT_S} // 86400)"
_LINE = ("product_id", "category_id", "category_code", "brand", "price", "quantity")


@dataclass(frozen=True)
class TypedEvents:
    """What was done with typed rows; the tables `events` and `rejected_rows` are on the engine.

    Attributes
    ----------
    window : Window
    cleaning : Cleaning
    nameless : Decimal, or None
        The revenue in the window that names no customer: purchases less returns.
    last : datetime
        The last event.
    """

    window: Window
    cleaning: Cleaning
    nameless: Decimal | None
    last: datetime


def clean_typed(
    engine: Engine,
    schema: EventSchema,
    given: exp.Select,
    *,
    label: str,
    plausible: tuple[datetime, datetime],
    time_zone: str,
    cutoff: datetime | None = None,
    length: timedelta | None = None,
) -> TypedEvents:
    """Clean the rows of a typed table where they are, by the rules that hold everywhere.

    Parameters
    ----------
    engine : Engine
        Where the rows are; it keeps the tables `events` and `rejected_rows` (rule, our columns as
        text).
    schema : EventSchema
    given : sqlglot expression
        Our columns as the source has them: `given_query`.
    label : str
        What the source is called.
    plausible : (earliest, latest)
        No plausible time is before the one, or from the other on.
    time_zone : str
        The shop's clock.
    cutoff, length
        The window, where it is asked for.

    Raises
    ------
    InputError
        If nothing can be used, or what was read is ambiguous.
    UsageError
        If no event lies in the window.
    """
    engine.create_table(
        _TYPED, typed_query(schema, given, earliest=plausible[0], latest=plausible[1])
    )
    counts = _counts_by(engine, _TYPED, "rule")
    rows = sum(counts.values())
    if not counts.get(None):
        raise _nothing_left(label, rows, counts)
    _require_decided(engine, schema, label)
    unknown, ignored = (
        _types_of(engine, rule) for rule in ("unknown_event_type", "ignored_event_type")
    )
    engine.create_table(REJECTED, _rejected_query(_TYPED, "NOT rule IS NULL"))
    before = "TRUE" if cutoff is None else f"event_time < {_moment(cutoff)}"
    days = _days(engine, _TYPED, f"rule IS NULL AND {before}")
    far = _far(implausible_runs(days), before)
    engine.create_table(_KEPT, _kept_query(far), by="user_id")
    if far != "FALSE":
        rejected = _rejected_query(_TYPED, f"rule IS NULL AND ({far})", "'implausible_time'")
        engine.append(REJECTED, rejected)
    steps, sent_again = _without_copies(engine, schema, before)
    derived = _single(
        engine, _of(steps, f"SELECT COUNT(*) AS n FROM {steps.last} WHERE user_session IS NULL")
    )["n"]
    around = datetime(1970, 1, 1) + timedelta(days=days[-1][0])  # noqa: DTZ001 - UTC throughout
    _make_events(engine, schema, steps, time_zone, around)
    dense = dense_days(_days(engine, EVENTS, before))
    window = _window(engine, time_zone, cutoff, length, dense)
    copies = _single(
        engine,
        _of(
            steps.copied,
            f"SELECT COUNT(*) AS n FROM copied_rows WHERE NOT certain AND {within(window)}",
        ),
    )["n"]
    nameless = _nameless(engine, schema, within(window) if cutoff or length else "TRUE")
    cleaning = _cleaning(
        engine,
        schema,
        rows,
        int(derived),
        int(copies),
        window=within(window),
        edges=far_edges(window, _DAY, dense, cutoff, length),
        unknown=unknown,
        ignored=ignored,
    )
    last = _single(engine, parse(f"SELECT MAX(event_time) AS last FROM {EVENTS}"))["last"]
    for table in (_TYPED, _KEPT, *(("sent_again",) if sent_again else ())):
        engine.drop(table)
    return TypedEvents(window, cleaning, nameless, last)


def _single(engine: Engine, query: exp.Expr) -> dict[str, Any]:
    [row] = engine.query(query).to_pylist()
    return dict(row)


def _moment(moment: datetime) -> str:
    return literal(moment).sql("duckdb")


def _counts_by(engine: Engine, table: str, column: str) -> dict[str | None, int]:
    counts = engine.query(parse(f"SELECT {column}, COUNT(*) AS n FROM {table} GROUP BY {column}"))
    return {row[column]: int(row["n"]) for row in counts.to_pylist()}


def _nothing_left(label: str, rows: int, counts: Mapping[str | None, int]) -> InputError:
    if not rows:
        return InputError(f"{label} has no rows. Expected at least one event.")
    why = "; ".join(
        f"{rule} ({REJECTIONS[rule]}) {n:,}"
        for rule, n in sorted(counts.items(), key=lambda part: (-part[1], str(part[0])))
        if rule is not None
    )
    return InputError(
        f"All {rows:,} rows of {label} were rejected: {why}. `clustomer check` on a part of them "
        "shows how the columns are understood."
    )


def _require_decided(engine: Engine, schema: EventSchema, label: str) -> None:
    """Stop where ids are numbers in disguise, or purchases below 0 may be refunds."""
    odd = r"^-?[0-9]+[.]0+$|^[0-9]([.][0-9]+[eE][+]?|[eE][+])[0-9]{2}$"
    counts = _single(engine, parse(f"""
        SELECT COUNT(*) FILTER (WHERE rule IS NULL AND REGEXP_MATCHES(user_id, '{odd}')) AS odd,
            MIN(CASE WHEN rule IS NULL AND REGEXP_MATCHES(user_id, '{odd}') THEN user_id END)
                AS odd_id,
            COUNT(*) FILTER (WHERE {_BELOW_0}) AS below,
            CAST(SUM({_WORTH}) FILTER (WHERE {_BELOW_0}) AS DOUBLE) AS lost,
            COUNT(*) FILTER (WHERE {_BOUGHT}) AS purchases,
            CAST(SUM({_WORTH}) FILTER (WHERE {_BOUGHT}) AS DOUBLE) AS revenue,
            MIN(CASE WHEN {_BELOW_0} THEN CASE WHEN price < 0 THEN given_price
                ELSE given_quantity END END) AS sample
        FROM {_TYPED}""", patterns=True))  # fmt: skip
    if counts["odd"]:
        verb = "has" if counts["odd"] == 1 else "have"
        raise InputError(
            f"{counted(int(counts['odd']), 'row')} of {label} {verb} a customer such as "
            f"{counts['odd_id']!r}, a number with decimals or without its last digits. Expected "
            "the id alone. Cast it to a whole number there, or take it anew from where it is whole."
        )
    if schema.returns_are_negative is None and counts["below"]:
        BelowZero(
            int(counts["below"]),
            float(counts["lost"] or 0),
            int(counts["purchases"]),
            float(counts["revenue"] or 0),
            str(counts["sample"]),
        ).require_few(label)


_BELOW_0 = (
    "event_type = 'purchase' AND rule IN ('negative_price', 'unreadable_quantity') "
    "AND (price < 0 OR quantity < 0)"
)
_BOUGHT = "event_type = 'purchase' AND rule IS NULL"
_WORTH = "ABS(CAST(price AS DOUBLE) * CAST(quantity AS DOUBLE))"


def _types_of(engine: Engine, rule: str) -> tuple[tuple[str, int], ...]:
    ruled = literal(rule).sql("duckdb")
    counts = engine.query(parse(
        f"SELECT given_event_type AS kind, COUNT(*) AS n FROM {_TYPED} WHERE rule = {ruled} "
        "GROUP BY given_event_type"
    ))  # fmt: skip
    listed = sorted(
        ((str(row["kind"]), int(row["n"])) for row in counts.to_pylist()),
        key=lambda part: (-part[1], part[0]),
    )
    return tuple(listed[:100])


def _rejected_query(table: str, condition: str, rule: str = "rule") -> exp.Expr:
    """Return rejected rows as they are stored: rule, our columns as the source has them, line."""
    given = "given_" if table == _TYPED and rule == "rule" else ""
    fields = (
        f"CAST({given if name in KEPT_AS_GIVEN else ''}{name} AS VARCHAR) AS {name}"
        for name in COLUMNS
    )
    return parse(
        f"SELECT {rule} AS rule, {', '.join(fields)}, CAST(NULL AS VARCHAR) AS line FROM {table} "
        f"WHERE {condition}"
    )


def _days(engine: Engine, table: str, condition: str) -> list[tuple[int, int]]:
    """Return the days since 1970 that have events, with their rows."""
    days = engine.query(parse(
        f"SELECT day, COUNT(*) AS n FROM (SELECT {_DAY} AS day FROM {table} WHERE {condition}) "
        "AS days GROUP BY day"
    ))  # fmt: skip
    return sorted((int(row["day"]), int(row["n"])) for row in days.to_pylist())


def _kept_query(far: str) -> exp.Expr:
    """Return the query for rows that no rule rejects, each numbered among its exact copies."""
    columns = ", ".join(COLUMNS)
    return parse(
        f"SELECT {columns}, ROW_NUMBER() OVER (PARTITION BY {columns} ORDER BY event_time "
        f"NULLS FIRST) AS copy_number FROM {_TYPED} WHERE rule IS NULL AND NOT ({far})"
    )


def _far(runs: list[tuple[int, int]], before: str) -> str:
    if not runs:
        return "FALSE"
    inside = " OR ".join(f"({_DAY} >= {first} AND {_DAY} <= {last})" for first, last in runs)
    return f"{before} AND ({inside})"


@dataclass(frozen=True)
class _Steps:
    """Steps of a query over the kept rows: each has a name and SQL; `last` is the last one's."""

    parts: tuple[tuple[str, str], ...]

    @property
    def last(self) -> str:
        return self.parts[-1][0]

    @property
    def copied(self) -> "_Steps":
        """The step to `copied_rows`."""
        return _Steps(self.parts[:1])

    def and_then(self, name: str, sql: str) -> "_Steps":
        return _Steps((*self.parts, (name, sql)))


def _of(steps: _Steps, sql: str) -> exp.Select:
    query = parse(sql)
    assert isinstance(query, exp.Select)
    for name, step in steps.parts:
        query = query.with_(name, as_=parse(step), copy=False)
    return query


def _without_copies(engine: Engine, schema: EventSchema, before: str) -> tuple[_Steps, bool]:
    """Return the steps to rows that count once, and whether orders were sent twice.

    Exact copies are rejected where times have seconds and the row names a session, and whole
    orders that come again at a later time with the same lines. Both are put aside here.
    """
    [seconds] = engine.query(parse(
        f"SELECT COUNT(*) FILTER (WHERE {EVENT_S} % 60 <> 0) AS n FROM {_KEPT}"
    ))["n"].to_pylist()  # fmt: skip
    certain = "NOT user_session IS NULL" if seconds else "FALSE"
    copied = f"SELECT *, {certain} AS certain FROM {_KEPT} WHERE copy_number > 1"
    single = f"SELECT {', '.join(COLUMNS)} FROM {_KEPT} WHERE copy_number = 1 OR NOT ({certain})"
    steps = _Steps((("copied_rows", copied), ("single_rows", single)))
    if seconds:
        rejected = _rejected_query("copied_rows", "certain", "'duplicate_row'")
        engine.append(REJECTED, _of(steps.copied, rejected.sql("duckdb")))
    if "order_id" not in schema.columns:
        return steps, False
    return _without_orders_sent_again(engine, steps, before)


def _sendings(steps: _Steps, before: str) -> _Steps:
    """Return the steps to `compared`: orders that came at several times, and whether alike."""
    line = ", ".join(_LINE)
    order = "user_id, order_id, event_type"
    lines = (
        f"SELECT {order}, event_time, {line}, COUNT(*) AS n FROM single_rows WHERE NOT order_id "
        f"IS NULL AND event_type IN ('purchase', 'return') AND {before} "
        f"GROUP BY {order}, event_time, {line}"
    )
    same_lines = (
        f"SELECT {order}, COUNT(*) AS times, MIN(n) AS fewest, MAX(n) AS most "
        f"FROM lines GROUP BY {order}, {line}"
    )
    sendings = (
        f"SELECT {order}, COUNT(*) AS times, MIN(event_time) AS first_time FROM (SELECT {order}, "
        f"event_time FROM lines GROUP BY {order}, event_time) AS sent_at GROUP BY {order} "
        "HAVING COUNT(*) > 1"
    )
    # a set of lines is the same each time where every line is there as often each time
    compared = (
        "SELECT s.user_id AS user_id, s.order_id AS order_id, s.event_type AS event_type, "
        "MIN(s.first_time) AS first_time, MIN(CASE WHEN l.times = s.times AND l.fewest = l.most "
        "THEN 1 ELSE 0 END) AS same FROM sendings AS s JOIN same_lines AS l ON s.user_id = "
        "l.user_id AND s.order_id = l.order_id AND s.event_type = l.event_type "
        "GROUP BY s.user_id, s.order_id, s.event_type"
    )
    return _Steps(
        (
            *steps.parts,
            ("lines", lines),
            ("same_lines", same_lines),
            ("sendings", sendings),
            ("compared", compared),
        )
    )


def _without_orders_sent_again(engine: Engine, steps: _Steps, before: str) -> tuple[_Steps, bool]:
    comparison = _sendings(steps, before)
    counts = _single(
        engine,
        _of(
            comparison,
            "SELECT COUNT(*) FILTER (WHERE same = 1) AS same, "
            "COUNT(*) FILTER (WHERE same = 0) AS other FROM compared",
        ),
    )
    same, others = int(counts["same"]), int(counts["other"])
    if not same or others > MAX_SHARE_OF_OTHERS * (same + others):
        return steps, False
    engine.create_table(
        "sent_again",
        _of(
            comparison,
            "SELECT user_id, order_id, event_type, first_time FROM compared WHERE same = 1",
        ),
    )
    columns = ", ".join(f"r.{name} AS {name}" for name in COLUMNS)
    later = "NOT s.first_time IS NULL AND r.event_time > s.first_time"
    later += "" if before == "TRUE" else f" AND r.{before}"
    joined = (
        "FROM single_rows AS r LEFT JOIN sent_again AS s ON r.user_id = s.user_id AND r.order_id "
        "= s.order_id AND r.event_type = s.event_type"
    )
    again = steps.and_then("later_rows", f"SELECT {columns} {joined} WHERE {later}")
    rejected = _rejected_query("later_rows", "TRUE", "'order_sent_again'")
    engine.append(REJECTED, _of(again, rejected.sql("duckdb")))
    once = f"SELECT {columns} {joined} WHERE NOT ({later})"
    return steps.and_then("once_rows", once), True


def _make_events(
    engine: Engine, schema: EventSchema, steps: _Steps, time_zone: str, around: datetime
) -> None:
    is_product = "TRUE"
    if schema.not_products is not None:
        pattern = literal(f"(?i)^({schema.not_products})$").sql("duckdb")
        is_product = f"COALESCE(NOT REGEXP_MATCHES(r.product_id, {pattern}), TRUE)"
    last = events_part(
        row_is_order=schema.row_is_order,
        time_zone=time_zone,
        around=around,
        is_product=is_product,
    ).query
    assert isinstance(last, exp.Select)
    for name, step in steps.parts:
        last = last.with_(name, as_=parse(step), copy=False)
    for part in visit_parts(steps.last):
        last = last.with_(part.name, as_=part.query, copy=False)
    engine.create_table(EVENTS, last, by="user_id")


def _window(
    engine: Engine,
    time_zone: str,
    cutoff: datetime | None,
    length: timedelta | None,
    dense: tuple[int, int] | None,
) -> Window:
    inside = "TRUE" if dense is None else f"{_DAY} >= {dense[0]} AND {_DAY} <= {dense[1]}"
    bounds = _single(engine, parse(f"""
        SELECT MIN(event_time) AS earliest,
            MIN(CASE WHEN {inside} THEN event_time END) AS first,
            MAX(CASE WHEN {inside} THEN event_time END) AS last,
            COUNT(*) FILTER (WHERE ({EVENT_S} + utc_offset_s) % 86400 <> 0) AS timed
        FROM {EVENTS}"""))  # fmt: skip
    if cutoff is None:
        step = timedelta(seconds=1) if bounds["timed"] else timedelta(days=1)
        cutoff = bounds["last"].replace(microsecond=0) + step
    assert cutoff is not None
    if cutoff <= bounds["earliest"]:
        raise UsageError(
            f"The cutoff {cutoff.isoformat(' ')} UTC is not after the first event "
            f"({bounds['earliest'].isoformat(' ')} UTC), so no event counts. Choose a later one."
        )
    start = bounds["first"] if length is None else cutoff - length
    window = Window(start.replace(microsecond=0), cutoff, time_zone)
    rows = _single(engine, parse(f"SELECT COUNT(*) AS n FROM {EVENTS} WHERE {within(window)}"))
    if not rows["n"]:
        raise UsageError(
            f"No event lies in the window from {start.isoformat(' ')} to "
            f"{cutoff.isoformat(' ')} UTC: choose another --cutoff or --window."
        )
    return window


def _nameless(engine: Engine, schema: EventSchema, within: str) -> Decimal | None:
    """Return the revenue of what names no customer: purchases less returns."""
    if "price" not in schema.columns:
        return None
    sign = "CASE WHEN event_type = 'return' THEN -1 ELSE 1 END"
    [text] = engine.query(parse(
        f"SELECT CAST(SUM({AMOUNT} * {sign}) AS VARCHAR) AS n FROM {_TYPED} WHERE rule = "
        f"'missing_customer' AND event_type IN ('purchase', 'return') AND {within}"
    ))["n"].to_pylist()  # fmt: skip
    return None if text is None else Decimal(text)


def _cleaning(
    engine: Engine,
    schema: EventSchema,
    rows: int,
    derived: int,
    copies: int,
    *,
    window: str,
    edges: str,
    unknown: tuple[tuple[str, int], ...],
    ignored: tuple[tuple[str, int], ...],
) -> Cleaning:
    rejected = _counts_by(engine, REJECTED, "rule")
    figures = _single(engine, parse(f"""
        SELECT COUNT(*) AS kept, COUNT(*) FILTER (WHERE {window}) AS used,
            COUNT(*) FILTER (WHERE {edges}) AS sparse,
            COUNT(*) FILTER (WHERE brand IS NULL) AS brands,
            COUNT(*) FILTER (WHERE category_id IS NULL AND category_code IS NULL) AS categories,
            COUNT(*) FILTER (WHERE event_type = 'purchase' AND price IS NULL) AS prices,
            COUNT(*) FILTER (WHERE NOT is_product) AS products
        FROM {EVENTS}"""))  # fmt: skip
    has_category = {"category_id", "category_code"} & set(schema.columns)
    repaired = {
        "missing_brand": figures["brands"] if "brand" in schema.columns else 0,
        "missing_category": figures["categories"] if has_category else 0,
        "missing_session": derived,
        "missing_price": figures["prices"] if "price" in schema.columns else 0,
        "not_a_product": figures["products"],
        "mapped_customer": 0,
    }
    kinds = {
        "clean": figures["used"] - copies,
        "possible_duplicate": copies,
        "sparse_edge": figures["sparse"],
        "outside_window": figures["kept"] - figures["used"] - figures["sparse"],
    }
    cleaning = Cleaning(
        rows=rows,
        rules=(
            *((rule, "kept", int(kinds[rule])) for rule in KEPT),
            *((rule, "repaired", int(repaired[rule])) for rule in REPAIRS),
            *((rule, "rejected", int(rejected.get(rule, 0))) for rule in REJECTIONS),
        ),
        unknown_event_types=unknown,
        ignored_event_types=ignored,
    )
    if cleaning.kept + cleaning.rejected != rows:
        raise InputError(
            f"{rows:,} rows were read, and {cleaning.kept + cleaning.rejected:,} are kept or "
            "rejected: the source changed meanwhile. Read one that nobody writes to, and run again."
        )
    return cleaning
