"""Staging: every row of a source is typed, and a rule named for each that is rejected."""

from dataclasses import dataclass, replace

from clustomer.engines import DuckDB, literal, quoted
from clustomer.events.given import given_rows
from clustomer.events.missing import (
    customer_expression,
    in_small_letters,
    is_shortened,
    present_expression,
)
from clustomer.events.reading import (
    GROUPED,
    MONEY,
    BelowZero,
    Exchange,
    NumberReading,
    Readings,
    code_expression,
    currency_expression,
    first_readings,
    number_expression,
    plausible,
    set_names_aside,
    settled,
    with_times,
)
from clustomer.events.reading.zones import utc_offset_expression
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.sources import LostRowsError, Source, require_unchanged
from clustomer.events.totals import NAMELESS


@dataclass(frozen=True)
class Staged:
    """What staging did: the number of input rows, and how their values were read.

    `below_zero` are purchases of which nobody has said whether they are refunds; `careful` is the
    source in the slower way in which it had to be read, where the fast one did not do.
    """

    rows: int
    readings: Readings
    below_zero: BelowZero | None = None
    careful: Source | None = None


def stage(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    time_zone: str,
    *,
    mapped: bool = False,
    exchange: Exchange | None = None,
    limit: int | None = None,
) -> Staged:
    """Read a source into the table `events`, and what is rejected into `rejected`.

    The input rows are those after a list has become a row for each of its elements,
    and a cancelled row a second row for its return. `mapped` says that the table
    `customer_ids` (id, customer) is there; `limit` reads only so many rows.

    How values are read is guessed from a sample and then holds where every row fits it;
    else it is decided over all rows, and they are read once more.

    Raises
    ------
    InputError
        If it cannot be decided how the values of a column are to be read.
    """
    asked = exchange or Exchange()
    try:
        return _staged(engine, source, schema, time_zone, mapped, asked, limit)
    except (LostRowsError, engine.errors):
        if source.careful is None:
            raise
        require_unchanged(source.files)
        careful = replace(source.careful(), files=source.files, from_1904=source.from_1904)
        staged = _staged(engine, careful, schema, time_zone, mapped, asked, limit)
        return replace(staged, careful=careful)


def _staged(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    time_zone: str,
    mapped: bool,
    exchange: Exchange,
    limit: int | None,
) -> Staged:
    # nobody knows how many elements lists have
    engine.expect(source.rows if schema.unnest is None else None, least=source.rows)
    readings = first_readings(engine, source, schema, exchange)
    counted = _load(engine, source, _staging(source, schema, readings, time_zone, mapped), limit)
    better = settled(engine, source, schema, readings)
    if better.only_adds_to(readings):
        if better != readings:
            _read_again(engine, source, schema, better, time_zone, mapped)
    else:
        readings = better
        staging = _staging(source, schema, readings, time_zone, mapped)
        counted = _load(engine, source, staging, limit)
    for column in _open(readings):
        engine.execute(f"ALTER TABLE events DROP COLUMN {column}_grouped")
    below_zero = _below_zero(engine) if schema.returns_are_negative is None else None
    rows, added = _set_rejected_aside(engine, source, schema)
    names = schema.product_name and set_names_aside(engine, schema.product_name)
    if limit is None:
        source.require_whole(rows - added, counted)
    return Staged(rows, replace(better, names=names or None), below_zero)


_BELOW_0 = (
    "event_type = 'purchase' AND rule IN ('negative_price', 'unreadable_quantity') "
    "AND (price < 0 OR quantity < 0)"
)


def _below_zero(engine: DuckDB) -> BelowZero | None:
    worth = "COALESCE(SUM(ABS(CAST(price AS DOUBLE) * CAST(quantity AS DOUBLE))), 0)"
    rows, lost, sample = engine.rows(
        f"SELECT COUNT(*), {worth}, MIN(CASE WHEN price < 0 THEN raw ->> '$.price' "
        f"ELSE raw ->> '$.quantity' END) FROM events WHERE {_BELOW_0}"
    )[0]
    if not rows:
        return None
    purchases, revenue = engine.rows(
        f"SELECT COUNT(*), {worth} FROM events WHERE event_type = 'purchase' AND rule IS NULL"
    )[0]
    return BelowZero(int(rows), float(lost), int(purchases), float(revenue), str(sample))


_UNREAD = ("unreadable_time", "implausible_time", "unreadable_price", "unreadable_quantity")


def _read_again(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    readings: Readings,
    time_zone: str,
    mapped: bool,
) -> None:
    """Read the rows of `events` whose values did not fit in a further way."""
    rules = ", ".join(f"'{rule}'" for rule in _UNREAD)
    columns = _kept(source, schema)
    fields = [f"raw ->> '$.{column}' AS {column}" for column in columns]
    fields += ["element_number"] if schema.unnest is not None else []
    fields += ["is_return"] if schema.return_time is not None else []
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE unfit AS SELECT {', '.join(fields)} FROM events "
        f"WHERE rule IN ({rules})"
    )
    engine.execute(f"DELETE FROM events WHERE rule IN ({rules})")
    given = ("SELECT * FROM unfit", dict.fromkeys(columns, "VARCHAR"))
    staging = _staging(source, schema, readings.as_texts(), time_zone, mapped, given)
    engine.execute(f"INSERT INTO events BY NAME {staging}")
    engine.execute("DROP TABLE unfit")


def _kept(source: Source, schema: EventSchema) -> tuple[str, ...]:
    """Return the columns of which a rejected row keeps the source's own values."""
    line = ("line",) if source.broken else ()
    names = ("currency", "return_user_id", "cost", "product_name")
    further = (name for name in names if getattr(schema, name) is not None)
    return (*COLUMNS, *line, *further)


def _load(engine: DuckDB, source: Source, staging: str, limit: int | None) -> int | None:
    """Read every row into `events`; return how many there are, where that is counted."""
    if limit is not None:
        staging += f" LIMIT {int(limit)}"
        # it would join what was read with itself, and plan for a minute over three rows of Parquet
        engine.execute("SET disabled_optimizers = 'late_materialization'")
    if source.rejects is not None:
        # those of earlier readings would count again
        engine.execute("DROP TABLE IF EXISTS reject_errors")
        engine.execute("DROP TABLE IF EXISTS reject_scans")
    with source.opened():
        try:
            engine.execute(f"CREATE OR REPLACE TABLE events AS {staging}", source.parameters)
        finally:
            engine.execute("RESET disabled_optimizers")
        return source.counted()


def _set_rejected_aside(engine: DuckDB, source: Source, schema: EventSchema) -> tuple[int, int]:
    """Move what is rejected from `events` to `rejected`.

    Returns the number of all rows, and of those that are ours and not the source's: further
    elements of a list, and returns of a purchase.
    """
    engine.execute(
        "CREATE OR REPLACE TABLE rejected (rule VARCHAR, "
        + ", ".join(f"{quoted(column)} VARCHAR" for column in COLUMNS)
        + ", line VARCHAR)"
    )
    ours = ["element_number > 0"] if schema.unnest is not None else []
    ours += ["is_return"] if schema.return_time is not None else []
    added = f"COUNT(*) FILTER (WHERE {' OR '.join(ours)})" if ours else "0"
    rows, added_rows = engine.rows(f"SELECT COUNT(*), {added} FROM events")[0]
    if source.rejects is not None:
        engine.execute(
            "INSERT INTO rejected (rule, line) SELECT 'broken_line', line "
            f"FROM ({source.rejects}) AS broken(line_number, line)"
        )
        rows += int(engine.rows("SELECT COUNT(*) FROM rejected")[0][0])
    fields = ", ".join(f"raw ->> '$.{column}'" for column in (*COLUMNS, "line"))
    engine.execute(f"INSERT INTO rejected SELECT rule, {fields} FROM events WHERE raw IS NOT NULL")
    engine.execute(
        f"CREATE OR REPLACE TABLE {NAMELESS} AS SELECT event_time, event_type, price, quantity "
        "FROM events WHERE rule = 'missing_customer' AND event_type IN ('purchase', 'return')"
    )
    engine.execute("DELETE FROM events WHERE rule IS NOT NULL")
    for column in ("raw", "rule", *(("is_return",) if schema.return_time else ())):
        engine.execute(f"ALTER TABLE events DROP COLUMN {column}")
    return int(rows), int(added_rows)


MAX_AMOUNT = 1_000_000_000_000
"""An amount or a quantity of so much is none: a bar code, a phone number, a slip."""


def _staging(
    source: Source,
    schema: EventSchema,
    readings: Readings,
    time_zone: str,
    mapped: bool,
    values: tuple[str, dict[str, str]] | None = None,
) -> str:
    """Return the query that types every row and names the rule that rejects it.

    `values` is a query with our columns as the source has them, and their types; by default
    the source itself.
    """
    given, kinds = values or given_rows(source, schema)
    missing_time = present_expression("event_time", kinds["event_time"], schema.missing_values)
    numbers = ", ".join(
        f"{_number(column, reading)} AS {column}_number"
        for column, reading in _read_as_numbers(schema, readings).items()
    )
    typed = f"""
        SELECT *, ({missing_time}) IS NULL AS no_time,
            {plausible("time_read", readings.time)} AS plausible_time,
            {_event_type(schema)} AS type_read, {_price(schema, readings)} AS price_read,
            {_quantity(schema)} AS quantity_read, {_cost(schema, readings)}
            {_customer(schema)} AS user_read
        FROM (
            SELECT *, {numbers}
            FROM ({with_times(given, readings.time, schema.time_zone)})
        )
    """
    user, given_id = "user_read", ""
    if mapped:
        typed = (
            f"SELECT typed.*, ids.customer FROM ({typed}) AS typed "
            f"LEFT JOIN {_ids(schema)} AS ids ON typed.user_read = ids.id"
        )
        user = "COALESCE(customer, user_read)"
        given_id = "CASE WHEN customer <> user_read THEN user_read END AS given_id, "
    ruled = f"SELECT *, {_rule(source, schema, readings)} AS rule FROM ({typed})"
    # two equal elements of one list are no copies of one another
    number = "element_number, " if schema.unnest is not None else ""
    number += "is_return, " if schema.return_time is not None else ""
    original = ", ".join(
        f"{column} := CAST({column} AS VARCHAR)" for column in _kept(source, schema)
    )
    grouped = "".join(f"{_grouped(column)} AS {column}_grouped, " for column in _open(readings))
    grouped += "product_name, " if schema.product_name is not None else ""
    grouped += "cost_read AS cost, " if schema.cost is not None else ""
    is_product = "TRUE"
    if schema.not_products is not None:
        pattern = literal(schema.not_products).sql("duckdb")
        is_product = f"COALESCE(NOT REGEXP_FULL_MATCH(product_id, {pattern}, 'i'), TRUE)"
    return f"""
        SELECT time_read AS event_time, type_read AS event_type, product_id, category_id,
            category_code, brand, price_read AS price, {user} AS user_id, user_session,
            quantity_read AS quantity, order_id, {is_product} AS is_product,
            {utc_offset_expression("time_read", time_zone)} AS utc_offset_s, {given_id}{number}
            {grouped}
            rule, CASE WHEN rule IS NOT NULL THEN TO_JSON(STRUCT_PACK({original})) END AS raw
        FROM ({ruled})
    """


def _ids(schema: EventSchema) -> str:
    """Return SQL for the map of ids, in small letters where the ids of the log are."""
    if not schema.ids_ignore_case:
        return "customer_ids"
    return (
        "(SELECT LOWER(id) AS id, MIN(LOWER(customer)) AS customer FROM customer_ids "
        "GROUP BY LOWER(id))"
    )


def _rule(source: Source, schema: EventSchema, readings: Readings) -> str:
    """Return SQL for the first rule that rejects a row, NULL for none."""
    ignored = _ignored(schema)
    return f"""CASE
            {"WHEN line IS NOT NULL THEN 'broken_line'" if source.broken else ""}
            WHEN no_time THEN 'missing_time'
            WHEN time_read IS NULL THEN 'unreadable_time'
            WHEN NOT plausible_time THEN 'implausible_time'
            WHEN user_read IS NULL THEN 'missing_customer'
            WHEN {is_shortened("user_read")} THEN 'shortened_customer'
            {f"WHEN {ignored} THEN 'ignored_event_type'" if ignored else ""}
            WHEN type_read IS NULL THEN 'unknown_event_type'
            {_other_currency(schema, readings)}
            WHEN price IS NOT NULL AND price_number IS NULL THEN CASE
                WHEN ABS(TRY_CAST(price AS DOUBLE)) >= {MAX_AMOUNT} THEN 'implausible_amount'
                ELSE 'unreadable_price' END
            WHEN price_read < 0 THEN 'negative_price'
            WHEN quantity_read IS NULL OR quantity_read <= 0 THEN CASE
                WHEN ABS(TRY_CAST(quantity AS DOUBLE)) >= {MAX_AMOUNT} THEN 'implausible_amount'
                ELSE 'unreadable_quantity' END
            WHEN quantity_read >= {MAX_AMOUNT} OR price_read >= {MAX_AMOUNT}
                OR CAST(price_read AS DOUBLE) * CAST(quantity_read AS DOUBLE) >= {MAX_AMOUNT}
                THEN 'implausible_amount'
        END"""


def _event_type(schema: EventSchema) -> str:
    if schema.event_type is not None and "event_type" not in schema.columns:
        kind = literal(schema.event_type).sql("duckdb")
        if schema.status is not None:
            # what was not carried through has its status here
            kind = f"CASE WHEN event_type IS NULL THEN {kind} END"
    else:
        cases = " ".join(
            f"WHEN {in_small_letters(theirs)} THEN {literal(ours).sql('duckdb')}"
            for theirs, ours in schema.event_types.items()
        )
        kind = f"CASE LOWER(event_type) {cases} END" if cases else "NULL"
    if schema.return_prefix is not None and "order_id" in schema.columns:
        prefix = literal(schema.return_prefix).sql("duckdb")
        kind = f"CASE WHEN STARTS_WITH(order_id, {prefix}) THEN 'return' ELSE {kind} END"
    if schema.returns_are_negative:
        below = "(quantity_number < 0 OR price_number < 0)"
        kind = f"CASE WHEN {below} AND ({kind}) IS NOT NULL THEN 'return' ELSE {kind} END"
    if schema.return_time is not None:
        # what was no purchase cannot come back
        kind = f"CASE WHEN is_return AND ({kind}) = 'purchase' THEN 'return' ELSE {kind} END"
    return kind


def _ignored(schema: EventSchema) -> str | None:
    """Return SQL for whether a row's event type is known to have no meaning here."""
    has_types = "event_type" in schema.columns or schema.status is not None
    if not schema.ignored_event_types or not has_types:
        return None
    if "*" in schema.ignored_event_types:
        return "event_type IS NOT NULL AND type_read IS NULL"
    words = ", ".join(in_small_letters(word.strip()) for word in schema.ignored_event_types)
    return f"LOWER(event_type) IN ({words})"


def _customer(schema: EventSchema) -> str:
    customer = customer_expression("user_id")
    if schema.return_user_id is not None:
        other = customer_expression("return_user_id")
        given_back = f"price_number < 0 AND ({_event_type(schema)}) = 'return'"
        customer = f"CASE WHEN {given_back} THEN {other} ELSE {customer} END"
    if not schema.no_customer:
        return customer
    nobody = " OR ".join(
        f"LOWER(user_id) = {in_small_letters(word.strip())}" for word in schema.no_customer
    )
    return f"CASE WHEN NOT COALESCE({nobody}, FALSE) THEN {customer} END"


def _number(column: str, reading: NumberReading | None) -> str:
    return number_expression(column, reading) if reading is not None else f"CAST(NULL AS {MONEY})"


def _read_as_numbers(schema: EventSchema, readings: Readings) -> dict[str, NumberReading | None]:
    numbers = {"price": readings.price, "quantity": readings.quantity}
    return numbers | ({"cost": readings.cost} if schema.cost is not None else {})


def _price(schema: EventSchema, readings: Readings) -> str:
    return _without_sign(_money("price", schema, readings), schema)


def _cost(schema: EventSchema, readings: Readings) -> str:
    """Return SQL for what the goods of a row cost; who entered 0 did not know."""
    if schema.cost is None:
        return ""
    cost = _without_sign(_money("cost", schema, readings), schema)
    return f"CASE WHEN {cost} > 0 AND {cost} < {MAX_AMOUNT} THEN {cost} END AS cost_read,"


def _money(column: str, schema: EventSchema, readings: Readings) -> str:
    code = _currency(schema)
    return readings.exchange.amount(readings.unit.amount(f"{column}_number", code), code)


def _without_sign(number: str, schema: EventSchema) -> str:
    """Return SQL for an amount or quantity; what is said to be a return is one below 0, too."""
    if schema.returns_are_negative:
        return f"ABS({number})"
    returns = "return" in schema.event_types.values() or schema.return_prefix or schema.return_time
    if not returns:
        return number
    return f"CASE WHEN ({_event_type(schema)}) = 'return' THEN ABS({number}) ELSE {number} END"


def _currency(schema: EventSchema) -> str:
    """Return SQL for the code of a row's currency."""
    if schema.currency is not None:
        return code_expression("currency")
    return currency_expression("price")


def _other_currency(schema: EventSchema, readings: Readings) -> str:
    only = readings.exchange.only
    if only is None:
        return ""
    other = f"({_currency(schema)}) IS DISTINCT FROM {literal(only).sql('duckdb')}"
    return f"WHEN price IS NOT NULL AND {other} THEN 'other_currency'"


def _open(readings: Readings) -> list[str]:
    """Return the columns of which one value may still tell how they are read."""
    numbers = {"price": readings.price, "quantity": readings.quantity}
    return [column for column, reading in numbers.items() if reading and not reading.complete]


def _grouped(column: str) -> str:
    # nearly all are told apart by their length and one character
    pattern = literal(GROUPED).sql("duckdb")
    return f"COALESCE({column} LIKE '%.___' AND REGEXP_FULL_MATCH({column}, {pattern}), FALSE)"


def _quantity(schema: EventSchema) -> str:
    if "quantity" not in schema.columns:
        return f"CAST(1 AS {MONEY})"
    number = _without_sign("quantity_number", schema)
    return f"CASE WHEN quantity IS NULL THEN 1 ELSE {number} END"
