"""Staging: every row of a source is typed, and a rule named for each that is rejected."""

from collections.abc import Collection, Sequence

from clustomer.engines import DuckDB, literal, quoted
from clustomer.events.paths import json_at, knows, split, text_at
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.sources import Source, is_nested
from clustomer.events.times import time_expression, utc_offset_expression

_MISSING = ("", "null", "nan", "none", "nat", "\\n", "<na>")
# names that no source has
_LIST, _ELEMENT, _NUMBER = "list of elements", "element of the list", "number of the element"


def stage(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    time_zone: str,
    *,
    mapped: bool = False,
    limit: int | None = None,
) -> int:
    """Read a source into the table `events`, and what is rejected into `rejected`.

    Returns the number of input rows: those after a list has become a row for each
    of its elements, and a cancelled row a second row for its return. `mapped` says
    that the table `customer_ids` (id, customer) is there; `limit` reads only so
    many rows.
    """
    staging = _staging(source, schema, time_zone, mapped)
    if limit is not None:
        staging += f" LIMIT {int(limit)}"
    if source.rejects is not None:
        # those of earlier readings would count again
        engine.execute("DROP TABLE IF EXISTS reject_errors")
        engine.execute("DROP TABLE IF EXISTS reject_scans")
    engine.expect(source.rows if schema.unnest is None else None)
    with source.opened():
        engine.execute(f"CREATE OR REPLACE TABLE events AS {staging}", source.parameters)
    engine.execute(
        "CREATE OR REPLACE TABLE rejected (rule VARCHAR, "
        + ", ".join(f"{quoted(column)} VARCHAR" for column in COLUMNS)
        + ", line VARCHAR)"
    )
    rows = int(engine.rows("SELECT COUNT(*) FROM events")[0][0])
    if source.rejects is not None:
        engine.execute(
            "INSERT INTO rejected (rule, line) SELECT 'broken_line', line "
            f"FROM ({source.rejects}) AS broken(line_number, line)"
        )
        rows += int(engine.rows("SELECT COUNT(*) FROM rejected")[0][0])
    fields = ", ".join(f"raw ->> '$.{column}'" for column in (*COLUMNS, "line"))
    engine.execute(f"INSERT INTO rejected SELECT rule, {fields} FROM events WHERE raw IS NOT NULL")
    engine.execute("DELETE FROM events WHERE rule IS NOT NULL")
    engine.execute("ALTER TABLE events DROP COLUMN raw")
    engine.execute("ALTER TABLE events DROP COLUMN rule")
    return rows


def missing_paths(source: Source, paths: Collection[str], unnest: str | None) -> list[str]:
    """Return the columns and dotted paths that a source does not have."""
    return [path for path in paths if not _has(source, path, unnest)]


def _has(source: Source, path: str, unnest: str | None) -> bool:
    found = split(source.columns, path)
    if found is None:
        return False
    column, steps = found
    if steps and not is_nested(source.columns[column]):
        return False
    inside = source.structure.get(column)
    if unnest is not None and path.lower().startswith(unnest.lower() + "."):
        _, before = split(source.columns, unnest) or (column, ())
        for step in before:
            inside = inside.get(step) if isinstance(inside, dict) else None
        inside = inside[0] if isinstance(inside, list) and inside else None
        steps = steps[len(before) :]
    return knows(inside, steps)


def _staging(source: Source, schema: EventSchema, time_zone: str, mapped: bool) -> str:
    """Return the query that types every row and names the rule that rejects it."""
    given, kinds = _given(source, schema)
    kind = kinds["event_time"]
    time = time_expression("event_time", kind, schema.time_format, schema.time_zone)
    missing_time = present_expression("event_time", kind, schema.missing_values) + " IS NULL"
    typed = f"""
        SELECT *, {time} AS time_read, {missing_time} AS no_time,
            {_event_type(schema)} AS type_read,
            TRY_CAST(price AS DECIMAL(18, 4)) AS price_read,
            {_quantity(schema)} AS quantity_read,
            {customer_expression("user_id")} AS user_read
        FROM ({given})
    """
    user, given_id = "user_read", ""
    if mapped:
        typed = (
            f"SELECT typed.*, ids.customer FROM ({typed}) AS typed "
            "LEFT JOIN customer_ids AS ids ON typed.user_read = ids.id"
        )
        user = "COALESCE(customer, user_read)"
        given_id = "CASE WHEN customer <> user_read THEN user_read END AS given_id, "
    ignored = _ignored(schema)
    ruled = f"""
        SELECT *, CASE
            {"WHEN line IS NOT NULL THEN 'broken_line'" if source.broken else ""}
            WHEN no_time THEN 'missing_time'
            WHEN time_read IS NULL THEN 'unreadable_time'
            WHEN user_read IS NULL THEN 'missing_customer'
            {f"WHEN {ignored} THEN 'ignored_event_type'" if ignored else ""}
            WHEN type_read IS NULL THEN 'unknown_event_type'
            WHEN price IS NOT NULL AND price_read IS NULL THEN 'unreadable_price'
            WHEN price_read < 0 THEN 'negative_price'
            WHEN quantity_read IS NULL OR quantity_read = 0 THEN 'unreadable_quantity'
        END AS rule
        FROM ({typed})
    """
    # two equal elements of one list are no copies of one another
    number = "element_number, " if schema.unnest is not None else ""
    kept = (*COLUMNS, "line") if source.broken else COLUMNS
    original = ", ".join(f"{column} := CAST({column} AS VARCHAR)" for column in kept)
    is_product = "TRUE"
    if schema.not_products is not None:
        pattern = literal(schema.not_products).sql("duckdb")
        is_product = f"COALESCE(NOT REGEXP_FULL_MATCH(product_id, {pattern}, 'i'), TRUE)"
    return f"""
        SELECT time_read AS event_time, type_read AS event_type, product_id, category_id,
            category_code, brand, price_read AS price, {user} AS user_id, user_session,
            quantity_read AS quantity, order_id, {is_product} AS is_product,
            {utc_offset_expression("time_read", time_zone)} AS utc_offset_s, {given_id}{number}
            rule, CASE WHEN rule IS NOT NULL THEN TO_JSON(STRUCT_PACK({original})) END AS raw
        FROM ({ruled})
    """


def _given(source: Source, schema: EventSchema) -> tuple[str, dict[str, str]]:
    """Return the query for our columns as the source has them, and their types."""
    wanted = dict(schema.columns)
    if schema.return_time is not None:
        wanted["return_time"] = schema.return_time
    columns = {
        found[0]
        for path in (*wanted.values(), *((schema.unnest,) if schema.unnest else ()))
        if (found := split(source.columns, path)) is not None
    }
    relation = source.reading(columns)
    if schema.unnest is not None:
        elements = f"JSON_EXTRACT({_list(source, schema.unnest)}, '$[*]')"
        relation = (
            f"(SELECT *, UNNEST(CASE WHEN LEN({quoted(_LIST)}) > 0 THEN {quoted(_LIST)} "
            f"ELSE [NULL] END) AS {quoted(_ELEMENT)}, UNNEST(RANGE(GREATEST(COALESCE("
            f"LEN({quoted(_LIST)}), 0), 1))) AS {quoted(_NUMBER)} "
            f"FROM (SELECT *, {elements} AS {quoted(_LIST)} FROM {relation}))"
        )
    values, kinds = {}, {}
    for ours, path in wanted.items():
        values[ours], kinds[ours] = _value(source, path, schema.unnest)
    missing = schema.missing_values
    fields = []
    for column in COLUMNS:
        if column not in values:
            fields.append(f"CAST(NULL AS VARCHAR) AS {column}")
        elif column == "event_time":
            fields.append(f"{values[column]} AS event_time")
        else:
            fields.append(
                f"{present_expression(values[column], kinds[column], missing)} AS {column}"
            )
    if schema.return_time is not None:
        present = present_expression(values["return_time"], kinds["return_time"], missing)
        fields.append(f"{present} AS return_time")
    if source.broken:
        fields.append(f"{quoted(source.broken)} AS line")
    if schema.unnest is not None:
        fields.append(f"{quoted(_NUMBER)} AS element_number")
    query = f"SELECT {', '.join(fields)} FROM {relation}"
    if schema.carried_within_order:
        carried = (*schema.carried_within_order, *(("return_time",) if schema.return_time else ()))
        query = _carried(query, carried, kinds, missing)
    if schema.return_time is not None:
        query = _with_returns(query, kinds)
    return query, kinds


def _list(source: Source, path: str) -> str:
    column, steps = split(source.columns, path) or (path, ())
    return json_at(quoted(column), source.columns[column], steps)


def _value(source: Source, path: str, unnest: str | None) -> tuple[str, str]:
    """Return SQL for the value at a path, and its type."""
    if unnest is not None and path.lower().startswith(unnest.lower() + "."):
        steps = tuple(path[len(unnest) + 1 :].split("."))
        return text_at(quoted(_ELEMENT), "JSON", steps), "VARCHAR"
    column, steps = split(source.columns, path) or (path, ())
    kind = source.columns[column]
    if steps:
        return text_at(quoted(column), kind, steps), "VARCHAR"
    if kind == "JSON":
        # values of JSON Lines are text already, and need not be JSON
        whole = f"JSON_EXTRACT_STRING(TRY_CAST({quoted(column)} AS JSON), '$')"
        return (quoted(column) if source.project else whole), "VARCHAR"
    return quoted(column), kind


def _carried(
    query: str, columns: Collection[str], kinds: dict[str, str], missing: Sequence[str]
) -> str:
    """Give an order's other rows what only its first row says."""
    same_order = "OVER (PARTITION BY order_id)"
    fields = []
    for column in columns:
        own = column
        if column == "event_time" and not _typed_time(kinds[column]):
            own = present_expression(column, kinds[column], missing)
            kinds[column] = "VARCHAR"
        known = f"COALESCE({own}, MAX({own}) {same_order})"
        fields.append(f"CASE WHEN order_id IS NULL THEN {own} ELSE {known} END AS {column}")
    return f"SELECT * REPLACE ({', '.join(fields)}) FROM ({query})"


def _with_returns(query: str, kinds: dict[str, str]) -> str:
    """Make a second row, at the time of the return, of each row that has such a time."""
    time = "event_time"
    if kinds["event_time"] != "VARCHAR":
        # the session's zone is UTC, and the text of a time with a zone says so
        time = "CAST(event_time AS VARCHAR)"
        kinds["event_time"] = "VARCHAR"
    return (
        f"SELECT * EXCLUDE (return_time) REPLACE (CASE WHEN is_return THEN return_time ELSE {time} "
        "END AS event_time) FROM (SELECT *, UNNEST(CASE WHEN return_time IS NULL THEN [FALSE] "
        f"ELSE [FALSE, TRUE] END) AS is_return FROM ({query}))"
    )


def _typed_time(kind: str) -> bool:
    return kind.startswith("TIMESTAMP") or kind == "DATE"


def present_expression(column: str, kind: str, more: Sequence[str] = ()) -> str:
    """Return DuckDB SQL of a column as trimmed text, NULL where it says that there is nothing."""
    text = f"TRIM(CAST({column} AS VARCHAR))" if kind != "VARCHAR" else f"TRIM({column})"
    words = (*_MISSING, *(word.strip().lower() for word in more))
    # a long IN is a join for DuckDB, which is over all rows even where few are asked
    missing = " ".join(f"WHEN {literal(word).sql('duckdb')} THEN NULL" for word in words)
    slow = f"CASE LOWER({text}) {missing} ELSE {text} END"
    if kind != "VARCHAR":
        return slow
    # most values are longer than any word for "nothing", or begin with another letter
    letters = sorted(
        {ord(letter) for word in words if word for letter in (word[0] + word[0].upper())}
    )
    begins = " OR ".join(f"UNICODE({column}) = {letter}" for letter in letters)
    longest = max(map(len, words))
    plain = (
        f"(LENGTH({column}) > {longest} OR NOT ({begins} OR {column} = '')) "
        f"AND NOT STARTS_WITH({column}, ' ') AND NOT ENDS_WITH({column}, ' ')"
    )
    return f"CASE WHEN {plain} THEN {column} ELSE {slow} END"


def customer_expression(column: str) -> str:
    """Return DuckDB SQL for a customer's id as text, from a column of text."""
    # 17850.0 is what a float column makes of customer 17850
    whole = f"REGEXP_REPLACE({column}, '^(-?[0-9]+)\\.0+$', '\\1')"
    return f"CASE WHEN {column} LIKE '%.0' THEN {whole} ELSE {column} END"


def _event_type(schema: EventSchema) -> str:
    if schema.event_type is not None and "event_type" not in schema.columns:
        kind = literal(schema.event_type).sql("duckdb")
    else:
        cases = " ".join(
            f"WHEN {literal(theirs.lower()).sql('duckdb')} THEN {literal(ours).sql('duckdb')}"
            for theirs, ours in schema.event_types.items()
        )
        kind = f"CASE LOWER(event_type) {cases} END" if cases else "NULL"
    if schema.return_prefix is not None and "order_id" in schema.columns:
        prefix = literal(schema.return_prefix).sql("duckdb")
        kind = f"CASE WHEN STARTS_WITH(order_id, {prefix}) THEN 'return' ELSE {kind} END"
    if schema.returns_are_negative and "quantity" in schema.columns:
        kind = f"CASE WHEN TRY_CAST(quantity AS DOUBLE) < 0 THEN 'return' ELSE {kind} END"
    if schema.return_time is not None:
        # what was no purchase cannot come back
        kind = f"CASE WHEN is_return AND ({kind}) = 'purchase' THEN 'return' ELSE {kind} END"
    return kind


def _ignored(schema: EventSchema) -> str | None:
    """Return SQL for whether a row's event type is known to have no meaning here."""
    if not schema.ignored_event_types or "event_type" not in schema.columns:
        return None
    if "*" in schema.ignored_event_types:
        return "event_type IS NOT NULL AND type_read IS NULL"
    words = ", ".join(
        literal(word.strip().lower()).sql("duckdb") for word in schema.ignored_event_types
    )
    return f"LOWER(event_type) IN ({words})"


def _quantity(schema: EventSchema) -> str:
    if "quantity" not in schema.columns:
        return "CAST(1 AS DECIMAL(18, 4))"
    number = "TRY_CAST(quantity AS DECIMAL(18, 4))"
    if schema.returns_are_negative:
        return f"CASE WHEN quantity IS NULL THEN 1 ELSE ABS({number}) END"
    return f"CASE WHEN quantity IS NULL THEN 1 WHEN {number} >= 0 THEN {number} END"
