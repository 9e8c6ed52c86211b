"""What was lost on the way in: how much of it, and whether what is left is a fair sample."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError
from clustomer.events.cleaning import REJECTIONS, Cleaning
from clustomer.events.draft.words import names, numbers, speaks_against, words_in
from clustomer.events.missing import PLACEHOLDERS, in_small_letters, is_shortened
from clustomer.events.reading import Readings, sentinels_in, sql_text, with_times
from clustomer.events.resent import orders_far_apart, orders_of_several
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source
from clustomer.progress import counted

MAX_LOSSES = 0.1
"""Where more than this share of the rows could not be read, a run stops."""

MIN_UNREAD = 2
"""A single row never stops a run, however few there are."""

MIN_ROWS = 20
"""A part of the log of fewer rows says nothing about what is lost."""

MIN_PART = 0.2
"""A part of which at least this share is lost is named, where it is also"""
TIMES_THE_REST = 5
"""at least so many times what is lost of the whole log."""

MIN_UNKNOWN = 0.01
"""From this share of the rows on, event types that nobody knows are named in a warning."""

MAX_SHARE_OF_ONE = 0.1
"""An id with more than this share of the events is hardly one customer."""

MIN_CUSTOMERS = 20
FEW_CUSTOMERS = 5
"""Of so few, an id with more than half of the events is hardly one customer."""
_OF_NOBODY = r"^(no[-_.]?reply|do[-_.]?not[-_.]?reply|no[-_.]?e?mail|guest|gast|walk[-_.]?in)@"
"""Addresses that a till or a shop writes where there is none."""
MAX_TABLE_OF_CUSTOMERS = 1_000_000
SAMPLES = 3

UNREAD: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "broken_line": ("line", 'separator = ";" says what separates the columns'),
        "unreadable_time": ("event_time", 'time_format = "..." says how times are written'),
        "implausible_time": ("event_time", 'time_from = "1980-01-01" lets earlier times count'),
        "unreadable_price": ("price", 'decimal = "," says how amounts are written'),
        "negative_price": ("price", "returns_are_negative = true takes them for refunds"),
        "unreadable_quantity": ("quantity", 'decimal = "," says how quantities are written'),
        "shortened_customer": (
            "user_id",
            '[columns] user_id = "..." names another column; where there is none, export the log '
            "anew with ids as text: decimals hold 15 digits, and spreadsheets show fewer",
        ),
        "implausible_amount": ("price", '[columns] price = "..." names the column of amounts'),
    }
)
"""Rules for rows that could not be read, with the column that says why, and what mends it."""

_MENDED = {
    **UNREAD,
    "missing_time": (
        "event_time",
        '[columns] event_time = "..." names the column of times; carried_within_order = '
        '["event_time", "user_id"] takes them from the first row of an order, where each row has '
        "the order's number; where it has not, fill the empty cells from above in a spreadsheet",
    ),
    "missing_customer": ("user_id", '[columns] user_id = "..." names the column of customers'),
    "unknown_event_type": ("event_type", "[event_types] says what each is"),
}


@dataclass(frozen=True)
class Losses:
    """What could not be read.

    Attributes
    ----------
    rows : int
        All input rows.
    unread : int
        Rows that could not be read.
    reasons : tuple of (rule, rows, samples)
        Why, the commonest first.
    label : str
        The source.
    kind : str
        What kind of source it is.
    """

    rows: int
    unread: int
    reasons: tuple[tuple[str, int, tuple[str, ...]], ...]
    label: str
    kind: str = "text"

    @property
    def share(self) -> float:
        """The share of the rows that could not be read."""
        return self.unread / self.rows if self.rows else 0.0

    @property
    def sentence(self) -> str:
        """How much was lost, and why."""
        return (
            f"{self.unread:,} of {self.rows:,} rows ({self.share:.1%}) of {self.label} could not "
            f"be read: {_in_words(self.reasons)}."
        )

    def require(self, accepted: float) -> None:
        """Stop where more was lost than is accepted.

        Raises
        ------
        InputError
            With the reasons, and what would mend them.
        """
        if self.share <= accepted or self.unread < MIN_UNREAD:
            return
        beyond = min(1.0, -(-self.share * 100 // 1) / 100)
        raise InputError(
            f"{self.sentence} What is left is not this shop. "
            f"{_mending(self.reasons, self.kind)}To go on with the rest: --accept-losses {beyond:g}"
        )


_Reasons = Sequence[tuple[str, int, tuple[str, ...]]]


def _in_words(reasons: _Reasons) -> str:
    return "; ".join(
        f"{rule} ({REJECTIONS[rule]}) {n:,}"
        + (f", such as {', '.join(map(repr, samples))}" if samples else "")
        for rule, n, samples in reasons
    )


def _mending(reasons: _Reasons, kind: str) -> str:
    """Return what would mend the commonest losses: lines of a schema, or the file itself."""
    rules = [rule for rule, _, _ in reasons[:2] if rule in _MENDED]
    of_json = ""
    if "broken_line" in rules and kind.startswith("json"):
        # no schema makes an object of half of one
        rules.remove("broken_line")
        of_json = "Write each object whole, on a line of its own, in UTF-8. "
    if not rules:
        return of_json
    lines = "; ".join(dict.fromkeys(_MENDED[rule][1] for rule in rules))
    where = "In a schema file (`clustomer schema SOURCE --out FILE` writes one)"
    return f"{of_json}{where}: {lines}. "


def all_lost(engine: DuckDB, source: Source) -> str:
    """Return why no row is left, and what would mend it."""
    counts = engine.rows(
        "SELECT rule, COUNT(*) AS n FROM rejected GROUP BY rule ORDER BY n DESC, rule"
    )
    reasons = [(rule, n, _samples(engine, rule)) for rule, n in counts]
    return (
        f"{_in_words(reasons)}. {_mending(reasons, source.kind)}`clustomer schema SOURCE` shows "
        "how the columns are understood."
    )


def check_accepted(share: float) -> None:
    """Raise UsageError for a share of losses that is none."""
    if not 0 <= share <= 1:
        raise UsageError(f"--accept-losses is {share}. Expected a share from 0 to 1, such as 0.4.")


def losses_of(engine: DuckDB, cleaning: Cleaning, source: Source) -> Losses:
    """Return what could not be read, with samples."""
    counts = sorted(
        ((rule, n) for rule, _, n in cleaning.rules if rule in UNREAD and n),
        key=lambda part: (-part[1], part[0]),
    )
    if undated := _undated(engine):
        counts = sorted((*counts, ("missing_time", undated)), key=lambda part: (-part[1], part[0]))
    reasons = tuple((rule, n, _samples(engine, rule)) for rule, n in counts)
    return Losses(cleaning.rows, sum(n for _, n in counts), reasons, source.label, source.kind)


def _undated(engine: DuckDB) -> int:
    """Return how many rows say something, but not when; empty ones at the end of a sheet do not."""
    rows = engine.rows(
        "SELECT COUNT(*) FROM rejected WHERE rule = 'missing_time' "
        "AND COALESCE(user_id, product_id, price) IS NOT NULL"
    )
    return int(rows[0][0])


def _samples(engine: DuckDB, rule: str) -> tuple[str, ...]:
    column, _ = _MENDED.get(rule, ("event_type", ""))
    rows = engine.rows(
        f"SELECT LEFT({column}, 60) AS value, COUNT(*) AS n FROM rejected WHERE rule = ? "
        f"AND {column} IS NOT NULL GROUP BY value ORDER BY n DESC, value LIMIT ?",
        [rule, SAMPLES],
    )
    return tuple(str(value) for value, _ in rows)


def warnings_of(
    engine: DuckDB,
    schema: EventSchema,
    cleaning: Cleaning,
    losses: Losses,
    readings: Readings,
    columns: Sequence[str] = (),
    nameless: Decimal | None = None,
    *,
    several_files: bool = False,
) -> tuple[str, ...]:
    """Return what a reader of the results must know of what was lost, or may be no customer.

    `columns` are the names of the source, `nameless` is the revenue without a customer, and
    `several_files` says that it is more than one file.
    """
    warnings = []
    if losses.share > MAX_LOSSES:
        warnings.append(losses.sentence)
    if losses.unread >= MIN_ROWS:
        warnings += _biased(engine, schema, losses, readings)
    warnings += _unknown_types(cleaning)
    warnings += _sentinels(engine, schema, losses, readings)
    warnings += _edges(cleaning)
    warnings += _nobody(schema, cleaning, columns, nameless)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {_IDS} AS "
        "SELECT user_id, COUNT(*) AS n FROM events GROUP BY user_id"
    )
    warnings += _placeholders(engine)
    warnings += _spelled_apart(engine)
    warnings += _odd_ids(engine, schema)
    warnings += _without_amounts(engine, schema)
    if cleaning.kept <= MAX_TABLE_OF_CUSTOMERS:
        warnings += _one_row_each(engine, schema)
    engine.execute(f"DROP TABLE {_IDS}")
    if "order_id" in schema.columns:
        warnings += _shared_orders(engine)
        warnings += _orders_far_apart(engine)
        warnings += _shortened_orders(engine)
    if several_files:
        warnings += _copies_in_several_files(cleaning)
    return tuple(warnings)


_IDS = "ids_of_events"
"""Every customer, with the number of events."""

MIN_CUT = 5
"""So many numbers of 16 digits and more that all end in 0 beyond the 15th are no chance."""


def _odd_ids(engine: DuckDB, schema: EventSchema) -> list[str]:
    """Say that ids are rather amounts, or were cut off by a spreadsheet."""
    # analytics write the id of a visitor as 1180384637.1707123456
    fraction = sql_text(r"-?[0-9]+[.,]([0-9]?[1-9]|[1-9]0)")
    odd, one = engine.rows(
        f"SELECT COUNT(*), MIN(user_id) FROM {_IDS} WHERE user_id < ':' "
        f"AND REGEXP_FULL_MATCH(user_id, {fraction})"
    )[0]
    warnings = []
    if odd and odd > MAX_LOSSES * engine.rows(f"SELECT COUNT(*) FROM {_IDS}")[0][0]:
        column = " or ".join(schema.paths["user_id"])
        warnings.append(
            f"{counted(odd, 'customer')} {'has' if odd == 1 else 'have'} an id with a fraction, "
            f"such as {one!r}: is `{column}` an amount? [columns] user_id in a schema file names "
            "the column of customers."
        )
    warnings += _written_apart(engine)
    cut, one = _cut_off(engine, "user_id", _IDS)
    if cut:
        warnings.append(
            f"{cut:,} ids of customers have more than 15 digits, and all end in 0, such as "
            f"{one!r}: a spreadsheet keeps 15 digits, so that several customers may count as one. "
            "Export the log anew, with ids as text."
        )
    return warnings


def _written_apart(engine: DuckDB) -> list[str]:
    """Say that ids lack zeros before them in a part of the log, or hold letters read wrongly."""
    warnings = []
    n, one, other = engine.rows(
        f"""SELECT COUNT(*), MIN(a.user_id), MIN_BY(b.user_id, a.user_id) FROM {_IDS} AS a
        JOIN {_IDS} AS b ON b.user_id = LTRIM(a.user_id, '0')
        WHERE a.user_id LIKE '0%' AND REGEXP_FULL_MATCH(a.user_id, '0+[0-9]+')"""
    )[0]
    if n:
        warnings.append(
            f"{counted(n, 'customer')} {'has' if n == 1 else 'have'} an id that another has "
            f"without the zeros before it, as {one!r} and {other!r}, and each counts. If a "
            "spreadsheet left them out of a part of the log, export it anew with ids as text."
        )
    wrongly = sql_text("[ÃÂ][\u0080-\u00bf\u201a-\u2122]|Ã[ŠšŒœŽžŸƒ]|â€|ï¿½|\ufffd")
    n, one = engine.rows(
        f"SELECT COUNT(*), MIN(user_id) FROM {_IDS} WHERE STRLEN(user_id) > LENGTH(user_id) "
        f"AND REGEXP_MATCHES(user_id, {wrongly})"
    )[0]
    if n:
        warnings.append(
            f"{counted(n, 'customer')} {'has' if n == 1 else 'have'} letters in the id that were "
            f"once read in a wrong encoding, such as {one!r}: if others have the same id written "
            "right, each way counts as a customer. Export the log anew in UTF-8."
        )
    return warnings


def _cut_off(engine: DuckDB, column: str, table: str) -> tuple[int, str]:
    """Return how many numbers are 0 beyond their 15th digit, where all long ones are, and one."""
    long, cut, one = engine.rows(
        f"""SELECT COUNT(DISTINCT id), COUNT(DISTINCT id) FILTER (cut), MIN(id) FROM (
            SELECT {column} AS id, REGEXP_FULL_MATCH({column}, '[0-9]{{1,15}}0+') AS cut
            FROM {table} WHERE LENGTH({column}) BETWEEN 16 AND 22
            AND REGEXP_FULL_MATCH({column}, '[0-9]+'))"""
    )[0]
    return (int(cut), str(one)) if long == cut >= MIN_CUT else (0, "")


def _shortened_orders(engine: DuckDB) -> list[str]:
    """Say which orders a spreadsheet has joined by leaving out the last digits of their numbers."""
    n, one = engine.rows(
        f"SELECT COUNT(DISTINCT order_id), MIN(order_id) FROM events "
        f"WHERE {is_shortened('order_id')}"
    )[0]
    if not n:
        n, one = _cut_off(engine, "order_id", "events")
    if not n:
        return []
    return [
        f"{counted(n, 'order number')} {'lacks' if n == 1 else 'lack'} the last digits, such as "
        f"{one!r}, as spreadsheets leave them out: several orders may count as one. Export the log "
        "anew, or leave the column out of the schema."
    ]


MIN_COPIES = 0.01


def _copies_in_several_files(cleaning: Cleaning) -> list[str]:
    """Say that files that are read together may hold the same rows."""
    copies = sum(
        rows for rule, _, rows in cleaning.rules if rule in ("possible_duplicate", "duplicate_row")
    )
    if copies < MIN_COPIES * cleaning.rows:
        return []
    return [
        f"{counted(copies, 'row')} of {cleaning.rows:,} equal others, and the source is several "
        "files: exports whose periods overlap count twice. Leave one of them out, or cut it off "
        "where the next begins."
    ]


def _spelled_apart(engine: DuckDB) -> list[str]:
    """Say which customers count as several because of capitals in their ids."""
    if not engine.rows(f"SELECT 1 FROM {_IDS} WHERE user_id <> LOWER(user_id) LIMIT 1"):
        return []
    groups = (
        f"SELECT LOWER(user_id) AS id, MIN(user_id) AS one, MAX(user_id) AS other FROM {_IDS} "
        "GROUP BY LOWER(user_id) HAVING COUNT(*) > 1"
    )
    n, one, other = engine.rows(f"SELECT COUNT(*), MIN(one), MIN_BY(other, one) FROM ({groups})")[0]
    if not n:
        return []
    return [
        f"{counted(n, 'customer')} {'is' if n == 1 else 'are'} written in several ways that differ "
        f"only in capitals, as {one!r} and {other!r}, and each way counts as a customer of its "
        "own. If they are the same: ids_ignore_case = true in a schema file."
    ]


def _without_amounts(engine: DuckDB, schema: EventSchema) -> list[str]:
    """Say that purchases are worth nothing where they have no amount."""
    if "price" in schema.columns:
        return _some_without_amounts(engine, schema)
    if schema.name != _DRAFTED:
        return []
    n = engine.rows("SELECT COUNT(*) FROM events WHERE event_type = 'purchase'")[0][0]
    if not n:
        return []
    return [
        f"{counted(n, 'purchase')} without an amount: no column is `price`, so nothing is known of "
        'revenue. [columns] price = "..." in a schema file names it.'
    ]


MIN_WITHOUT_AMOUNT = 0.01
"""From this share of the purchases on, those without an amount are named in a warning."""


def _some_without_amounts(engine: DuckDB, schema: EventSchema) -> list[str]:
    n, purchases = engine.rows(
        "SELECT COUNT(*) FILTER (WHERE price IS NULL), COUNT(*) FROM events "
        "WHERE event_type = 'purchase'"
    )[0]
    if n < MIN_WITHOUT_AMOUNT * purchases or not n:
        return []
    column = " or ".join(schema.paths["price"])
    return [
        f"{n:,} of {counted(purchases, 'purchase')} ({n / purchases:.1%}) "
        f"{'has' if n == 1 else 'have'} no amount in `{column}`, and what they brought is not "
        'known. Where another column has it, in the same currency: [columns] price = ["..."] in a '
        "schema file "
        "takes the first that is filled."
    ]


_DRAFTED = "guessed"
"""What a draft is called; who wrote a schema of their own knows what it lacks."""


def _one_row_each(engine: DuckDB, schema: EventSchema) -> list[str]:
    """Say that a source may be a table of customers: each has one row, and it is a purchase."""
    if "order_id" in schema.columns:
        return []
    rows, customers = engine.rows(f"SELECT SUM(n)::BIGINT, COUNT(*) FROM {_IDS}")[0]
    if rows != customers or rows < MIN_CUSTOMERS:
        return []
    purchases = engine.rows("SELECT COUNT(*) FROM events WHERE event_type = 'purchase'")[0][0]
    if purchases != rows:
        return []
    return [
        f"{customers:,} customers have one row each. Is it a table of customers, with sums of "
        "all they bought? Expected a log: a row for each order, or each of its lines."
    ]


def _shared_orders(engine: DuckDB) -> list[str]:
    """Say which orders several customers share."""
    shared, orders, samples = orders_of_several(engine)
    if not shared:
        return []
    named = ", ".join(map(repr, samples))
    return [
        f"{shared:,} of {counted(orders, 'order')} ({shared / orders:.1%}) "
        f"{'is' if shared == 1 else 'are'} under the ids of several customers, as {named}, and "
        "counted once for each. If one customer has several ids, join them with --id-map; if order "
        "numbers begin anew, leave the column out of the schema."
    ]


MIN_APART = 0.01


def _orders_far_apart(engine: DuckDB) -> list[str]:
    """Say which order numbers stand for purchases that are far apart."""
    apart, orders, one = orders_far_apart(engine)
    if not apart or apart < MIN_APART * orders:
        return []
    return [
        f"{apart:,} of {counted(orders, 'order')} ({apart / orders:.1%}) "
        f"{'has' if apart == 1 else 'have'} purchases a week apart or more under one number, such "
        f"as {one!r}, and count{'s' * (apart == 1)} as one; what is equal in it counts once. If "
        "numbers begin anew, at each till or each year, write the till or the year before the "
        "number, or leave the column out of the schema."
    ]


def _biased(engine: DuckDB, schema: EventSchema, losses: Losses, readings: Readings) -> list[str]:
    """Compare what is lost with what is kept, by type, month, customer and amount."""
    listed = ", ".join(map(sql_text, UNREAD))
    unread = f"SELECT * FROM rejected WHERE rule IN ({listed})"
    lost = f"({with_times(unread, readings.as_texts().time, schema.time_zone)})"
    kinds = " ".join(
        f"WHEN {in_small_letters(theirs)} THEN {sql_text(ours)}"
        for theirs, ours in schema.event_types.items()
    )
    kind = f"CASE LOWER(event_type) {kinds} END" if kinds else "NULL"
    if "event_type" not in schema.columns:
        kind = sql_text(schema.event_type or "")
    month = "DATE_TRUNC('month', {})"
    parts = {
        "rows of the type {}": (kind, "event_type"),
        "rows of the month {}": (
            month.format("time_read"),
            month.format("event_time"),
        ),
        "rows of customers whose id has {}": (_letters("user_id"), _letters("user_id")),
        "amounts {}": (_size("price"), _SIZES),
        "rows of the customer {}": ("user_id", "user_id"),
    }
    sentences = []
    for words, (of_lost, of_kept) in parts.items():
        rows = _lost_parts(engine, losses, f"SELECT {of_lost} AS part FROM {lost}", of_kept)
        sentences += [
            f"{n:,} of {total:,} {words.format(_named(part))} are lost ({n / total:.0%}; of all "
            f"rows {losses.share:.1%}): what is left is no fair sample."
            for part, n, total in rows
        ]
    engine.execute("DROP TABLE lost_parts")
    return sentences + _one_shape(engine, losses) + _one_encoding(engine, losses)


def _one_encoding(engine: DuckDB, losses: Losses) -> list[str]:
    """Say where lines are lost because their letters are in another encoding."""
    n = next((n for rule, n, _ in losses.reasons if rule == "broken_line"), 0)
    if n < MIN_ROWS:
        return []
    other = engine.rows(
        "SELECT COUNT(*) FROM rejected WHERE rule = 'broken_line' AND CONTAINS(line, '\ufffd')"
    )[0][0]
    if other <= n / 2:
        return []
    return [
        f"{other:,} of {n:,} broken lines hold letters in another encoding than the rest: names "
        "with accents are missing. Write the file in one encoding, such as UTF-8."
    ]


def _unknown_types(cleaning: Cleaning) -> list[str]:
    """Say which event types are left out because nobody said what they are."""
    n = next(rows for rule, _, rows in cleaning.rules if rule == "unknown_event_type")
    if n < MIN_UNKNOWN * cleaning.rows:
        return []
    listed = ", ".join(f"{kind!r} ({rows:,})" for kind, rows in cleaning.unknown_event_types[:5])
    return [
        f"{counted(n, 'row')} of {cleaning.rows:,} ({n / cleaning.rows:.1%}) "
        f"{'has' if n == 1 else 'have'} an event type that the schema does not know: {listed}. "
        "[event_types] in a schema file says what they are."
    ]


def _lost_parts(
    engine: DuckDB, losses: Losses, of_lost: str, of_kept: str
) -> list[tuple[Any, int, int]]:
    """Return the parts of the log of which much is lost, with the lost rows and all of them.

    `of_lost` is a query for the part of each lost row, `of_kept` SQL for the part of an event.
    """
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE lost_parts AS SELECT part, COUNT(*) AS lost "
        f"FROM ({of_lost}) WHERE part IS NOT NULL GROUP BY part HAVING COUNT(*) >= {MIN_ROWS}"
    )
    if not engine.rows("SELECT COUNT(*) FROM lost_parts")[0][0]:
        # the events need not be read
        return []
    return engine.rows(
        f"""SELECT part, lost, lost + COALESCE(kept, 0) AS total FROM lost_parts LEFT JOIN (
            SELECT {of_kept} AS part, COUNT(*) AS kept FROM events
            WHERE {of_kept} IN (SELECT part FROM lost_parts) GROUP BY ALL
        ) USING (part)
        WHERE lost >= {MIN_PART} * total AND lost >= {TIMES_THE_REST * losses.share!r} * total
        ORDER BY lost DESC, part LIMIT {SAMPLES}"""
    )


def _named(part: object) -> str:
    return f"{part:%Y-%m}" if isinstance(part, datetime) else str(part)


def _letters(column: str) -> str:
    # a letter beyond takes more than a byte
    return f"CASE WHEN STRLEN({column}) > LENGTH({column}) THEN 'letters beyond a to z' END"


def _size(column: str) -> str:
    """Return SQL for the size of an amount by its digits before the last mark."""
    before = f"REGEXP_REPLACE(CAST({column} AS VARCHAR), '[.,][0-9]*$', '')"
    digits = f"LENGTH(REGEXP_REPLACE({before}, '[^0-9]', '', 'g'))"
    return (
        f"CASE WHEN {digits} >= 4 THEN 'of 1,000 and more' WHEN {digits} = 3 THEN "
        f"'from 100 to 999' WHEN {digits} > 0 THEN 'below 100' END"
    )


_SIZES = (
    "CASE WHEN ABS(price) >= 1000 THEN 'of 1,000 and more' WHEN ABS(price) >= 100 THEN "
    "'from 100 to 999' WHEN price IS NOT NULL THEN 'below 100' END"
)


def _one_shape(engine: DuckDB, losses: Losses) -> list[str]:
    """Say where nearly all that could not be read is written in one way."""
    sentences = []
    for rule, n, samples in losses.reasons:
        column, _ = _MENDED[rule]
        if n < MIN_ROWS or not samples or not rule.startswith("unreadable"):
            continue
        shape = f"TRANSLATE({column}, '012345678', '999999999')"
        most = engine.rows(
            f"SELECT {shape} AS shape, COUNT(*) AS n, MIN({column}) FROM rejected WHERE rule = ? "
            "GROUP BY shape ORDER BY n DESC, shape LIMIT 1",
            [rule],
        )[0]
        if most[1] >= MIN_ROWS and most[1] > n / 2 and any(map(str.isdigit, str(most[2]))):
            sentences.append(
                f"{most[1]:,} of {n:,} rows rejected as {rule} are written in one way, such as "
                f"{most[2]!r}: is it a notation of this shop?"
            )
    return sentences


def _sentinels(
    engine: DuckDB, schema: EventSchema, losses: Losses, readings: Readings
) -> list[str]:
    """Name the dates that stand for "never" or "unknown"."""
    if not any(rule == "implausible_time" for rule, _, _ in losses.reasons):
        return []
    far = "SELECT event_time FROM rejected WHERE rule = 'implausible_time'"
    rows = sentinels_in(engine, far, readings.as_texts().time, schema.time_zone)
    if not rows:
        return []
    named = ", ".join(f"{day} ({n:,})" for day, n in rows)
    total = sum(n for _, n in rows)
    return [
        f"{counted(total, 'row')} {'has' if total == 1 else 'have'} a date that systems write for "
        f'"never" or "unknown": {named}. What happened then is not known, and left out.'
    ]


def _edges(cleaning: Cleaning) -> list[str]:
    n = next(rows for rule, _, rows in cleaning.rules if rule == "sparse_edge")
    if not n:
        return []
    return [
        f"{n:,} of {cleaning.rows:,} rows {'lies' if n == 1 else 'lie'} so far from all "
        f"the others that the window leaves {'it' if n == 1 else 'them'} out: kept, and not used. "
        "--cutoff and --window choose another window."
    ]


OTHER_CUSTOMER = {"anonymous", "guest", "visitor", "device", "cookie", "pseudo", "gast"}
"""Words of columns that may say who a customer is where another column does not."""


def _other_customer(schema: EventSchema, columns: Sequence[str]) -> str:
    """Return the line of a schema that takes a further column where nobody is named, or ''."""
    taken = {path for paths in schema.paths.values() for path in paths}
    others = [
        column
        for column in columns
        if column not in taken
        and numbers(words := words_in(column))
        and (OTHER_CUSTOMER & set(words) or names("user_id", words))
        and not speaks_against("user_id", words)
    ]
    if not others:
        return ""
    listed = ", ".join(f'"{path}"' for path in (*schema.paths["user_id"], others[0]))
    return (
        f" If `{others[0]}` says who they are, take the first that is filled: user_id = [{listed}] "
        "in a schema file."
    )


NOBODY = re.compile(r"names? no customer.*: nothing here is about (?:it|them)\.(?P<advice>.*)$")
"""The warning of rows without a customer; its advice tells of another column that may name them."""


def _nobody(
    schema: EventSchema, cleaning: Cleaning, columns: Sequence[str], nameless: Decimal | None
) -> list[str]:
    """Say how many rows, and how much revenue, name no customer."""
    n = next(rows for rule, _, rows in cleaning.rules if rule == "missing_customer")
    if n < 0.01 * cleaning.rows or (n < MIN_ROWS and n <= MAX_LOSSES * cleaning.rows):
        return []
    amounts = "an amount of" if n == 1 else "amounts together of"
    worth = f", with {amounts} {nameless:,.2f}" if nameless else ""
    return [
        f"{n:,} of {counted(cleaning.rows, 'row')} ({n / cleaning.rows:.1%}) "
        f"{'names' if n == 1 else 'name'} no customer{worth}: nothing here is about "
        f"{'it' if n == 1 else 'them'}.{_other_customer(schema, columns)}"
    ]


def _placeholders(engine: DuckDB) -> list[str]:
    """Name ids that may stand for everyone who has none."""
    words = ", ".join(map(sql_text, PLACEHOLDERS))
    rows = engine.rows(
        f"""WITH whole AS (SELECT COUNT(*) AS customers, SUM(n)::BIGINT AS events FROM {_IDS})
        SELECT user_id, n, events FROM {_IDS}, whole
        WHERE LOWER(user_id) IN ({words})
            OR REGEXP_MATCHES(LOWER(user_id), {sql_text(_OF_NOBODY)})
            OR (customers >= {MIN_CUSTOMERS} AND n > {MAX_SHARE_OF_ONE!r} * events)
            OR (customers >= {FEW_CUSTOMERS} AND n >= {MIN_ROWS} AND 2 * n > events)
        ORDER BY n DESC, user_id LIMIT ?""",
        [SAMPLES],
    )
    if not rows:
        return []
    named = ", ".join(
        f"{user!r} ({counted(n, 'event')}, {n / events:.1%})" for user, n, events in rows
    )
    option = ",".join(str(user) for user, _, _ in rows)
    one = len(rows) == 1
    return [
        f"The {'id' if one else 'ids'} {named} may stand for everyone who has none. If "
        f"{'it is' if one else 'they are'} no customer: --no-customer {option}"
    ]


def summary(losses: Losses, warnings: Sequence[str]) -> dict[str, Any]:
    """Return what was lost as JSON-ready values."""
    return {
        "unread_rows": losses.unread,
        "unread_share": losses.share,
        "reasons": {rule: rows for rule, rows, _ in losses.reasons},
        "warnings": list(warnings),
    }
