"""A source's values under our names, before any of them is read."""

from collections.abc import Collection, Sequence

from clustomer.engines import literal, quoted
from clustomer.events.missing import (
    HELD,
    SPREADSHEET_ERRORS,
    id_in_letters,
    in_small_letters,
    present_expression,
    with_plain_digits,
    with_plain_times,
    without_invisible,
)
from clustomer.events.paths import json_at, knows, split, text_at
from clustomer.events.schema import COLUMNS, FURTHER, EventSchema
from clustomer.events.sources import Source, is_nested

# names that no source has
_LIST, _ELEMENT, _NUMBER = "list of elements", "element of the list", "number of the element"


def missing_paths(source: Source, paths: Collection[str], unnest: str | None) -> list[str]:
    """Return the columns and dotted paths that a source does not have."""
    return [path for path in paths if not _has(source, path, unnest)]


def _has(source: Source, path: str, unnest: str | None) -> bool:
    place = split(source.columns, path)
    if place is None:
        return False
    column, steps = place
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


def given_rows(source: Source, schema: EventSchema) -> tuple[str, dict[str, str]]:
    """Return the query for our columns as the source has them, and their types."""
    wanted = dict(schema.paths)
    for setting in FURTHER:
        if (path := getattr(schema, setting)) is not None:
            wanted[setting] = (path,)
    relation = _relation(source, schema, [path for paths in wanted.values() for path in paths])
    missing = schema.missing_values
    kinds, fields = {}, []
    for column in dict.fromkeys((*COLUMNS, *wanted)):
        if column not in wanted:
            fields.append(f"CAST(NULL AS VARCHAR) AS {column}")
            continue
        values = [_value(source, path, schema.unnest) for path in wanted[column]]
        values = [_in_plain_letters(column, value, kind) for value, kind in values]
        if len(values) > 1:
            texts = [
                _part_of_time(value, kind, missing)
                if column == "event_time"
                else present_expression(value, kind, missing)
                for value, kind in values
            ]
            kinds[column] = "VARCHAR"
            value = _joined(texts) if column == "event_time" else f"COALESCE({', '.join(texts)})"
        else:
            value, kinds[column] = values[0]
            if column != "event_time":
                more = (*missing, *SPREADSHEET_ERRORS) if column in _OF_IDS else missing
                value = present_expression(value, kinds[column], more)
        if schema.ids_ignore_case and column in ("user_id", "return_user_id"):
            value, kinds[column] = f"LOWER(CAST({value} AS VARCHAR))", "VARCHAR"
        fields.append(f"{value} AS {column}")
    if source.broken:
        fields.append(f"{quoted(source.broken)} AS line")
    if schema.unnest is not None:
        fields.append(f"{quoted(_NUMBER)} AS element_number")
    by_file = bool(schema.carried_within_order) and source.file is not None
    if by_file:
        fields.append(f"{quoted(str(source.file))} AS source_file")
    query = f"SELECT {', '.join(fields)} FROM {relation}"
    if schema.status is not None:
        query = _by_status(query, schema.done)
    if schema.carried_within_order:
        carried = (*schema.carried_within_order, *(("return_time",) if schema.return_time else ()))
        query = _carried(query, carried, kinds, missing, by_file=by_file)
    if schema.return_time is not None:
        given_back = schema.return_amount is not None
        undated = given_back and schema.return_time in schema.paths["event_time"]
        costed = schema.cost is not None
        query = _with_returns(query, kinds, given_back=given_back, undated=undated, costed=costed)
    return query, kinds


def _in_plain_letters(column: str, value: str, kind: str) -> tuple[str, str]:
    """Return SQL for a value, and its type: of a text only that is left which a person sees."""
    if column in _OF_IDS and kind in HELD:
        return id_in_letters(value, kind), "VARCHAR"
    return (_as_seen(column, value), kind) if kind == "VARCHAR" else (value, kind)


def _as_seen(column: str, value: str) -> str:
    if column == "quantity":
        # 2 pcs, 3 x
        bare = f"REGEXP_REPLACE({value}, {literal(_PIECES).sql('duckdb')}, '', 'i')"
        words = f"RIGHT({value}, 1) > '9' OR ENDS_WITH({value}, '.')"
        value = f"CASE WHEN {words} THEN {bare} ELSE {value} END"
    if column in ("event_time", "return_time"):
        return with_plain_times(value)
    if column in _OF_DIGITS:
        return with_plain_digits(value)
    value = without_invisible(value) if column in _OF_IDS else value
    return _bare_address(value) if column in ("user_id", "return_user_id") else value


def _bare_address(value: str) -> str:
    """Return SQL for an address of e-mail without what programs write around it."""
    written = literal(r"(?:mailto:|.*<)([^<>@\s]+@[^<>\s]+)>?").sql("duckdb")
    return (
        f"CASE WHEN ENDS_WITH({value}, '>') OR STARTS_WITH({value}, 'mailto:') "
        f"THEN REGEXP_REPLACE({value}, {written}, '\\1') ELSE {value} END"
    )


_PIECES = (
    r"\s*(x|pcs?\.?|pieces?|units?|ea|each|stk\.?|stck\.?|stueck|stück|st\.?|szt\.?|ks|db|kpl|uds?\.?|"
    r"unid\.?|pz\.?|pezzi|adet|шт\.?|個|点|件|个|개)\s*$"
)
"""Words for pieces behind their number."""

_OF_DIGITS = ("price", "quantity", "cost", "return_amount")
_OF_IDS = ("user_id", "return_user_id", "order_id", "product_id", "user_session")


def _relation(source: Source, schema: EventSchema, paths: Collection[str]) -> str:
    """Return SQL for a FROM clause, with a row for each element where a list is unnested."""
    columns = {
        there[0]
        for path in (*paths, *((schema.unnest,) if schema.unnest else ()))
        if (there := split(source.columns, path)) is not None
    }
    relation = source.reading(columns)
    if schema.unnest is None:
        return relation
    elements = f"JSON_EXTRACT({_list(source, schema.unnest)}, '$[*]')"
    return (
        f"(SELECT *, UNNEST(CASE WHEN LEN({quoted(_LIST)}) > 0 THEN {quoted(_LIST)} "
        f"ELSE [NULL] END) AS {quoted(_ELEMENT)}, UNNEST(RANGE(GREATEST(COALESCE("
        f"LEN({quoted(_LIST)}), 0), 1))) AS {quoted(_NUMBER)} "
        f"FROM (SELECT *, {elements} AS {quoted(_LIST)} FROM {relation}))"
    )


def _part_of_time(value: str, kind: str, missing: Sequence[str]) -> str:
    """Return SQL for a date, a time of day or a zone as text, NULL where there is none."""
    if kind.startswith("TIMESTAMP"):
        # midnight says nothing: the time of day is in the other column
        day, clock = (
            f"CAST(CAST({value} AS DATE) AS VARCHAR)",
            f"CAST(CAST({value} AS TIME) AS VARCHAR)",
        )
        text = (
            f"CASE WHEN YEAR({value}) < 1910 THEN {clock} WHEN {clock} = '00:00:00' THEN {day} "
            f"ELSE {day} || ' ' || {clock} END"
        )
        return text
    return present_expression(value, kind, missing)


def _joined(parts: Sequence[str]) -> str:
    """Return SQL for the time that several columns make, NULL without its first part."""
    date, clock, *others = parts
    clock = _clock(clock)
    midnight = literal(r"[ T]0?0:00(:00(\.0+)?)?$").sql("duckdb")
    # midnight says nothing where the time of day is in the other column
    bare = f"REGEXP_REPLACE({date}, {midnight}, '')"
    day = f"CASE WHEN REGEXP_MATCHES({clock}, '\\d[:h]\\d') THEN {bare} ELSE {date} END"
    joined = f"CONCAT_WS(' ', {', '.join((day, clock, *others))})"
    # days as Excel counts them, and a part of a day
    serial = literal(r"^(\d{5}) 0?([.,]\d+)$").sql("duckdb")
    joined = f"REGEXP_REPLACE({joined}, {serial}, '\\1\\2')"
    if others:
        apart = " AND ".join(_matches(part, _PART_OF_DATE) for part in parts[:3])
        joined = f"CASE WHEN {apart} THEN {_of_three(parts[:3], parts[3:])} ELSE {joined} END"
    return f"CASE WHEN ({date}) IS NOT NULL THEN {joined} END"


def _of_three(date: Sequence[str], rest: Sequence[str]) -> str:
    """Return SQL for a date of which year, month and day stand in columns of their own.

    Its notation is decided over the whole column, as that of any other date. Behind it are a time
    of day, or an hour with or without minutes and seconds, or nothing.
    """
    day = f"CONCAT_WS('-', {', '.join(map(_digits, date))})"
    if not rest:
        return day
    written = ", ".join((_clock(rest[0]), *rest[1:]))
    minutes = ", ".join(map(_digits, rest[1:])) or "'00'"
    return (
        f"CASE WHEN {_matches(rest[0], _HOUR)} "
        f"THEN CONCAT({day}, ' ', CONCAT_WS(':', {_digits(rest[0])}, {minutes})) "
        f"ELSE CONCAT_WS(' ', {day}, {written}) END"
    )


def _clock(text: str) -> str:
    for pattern, by in _CLOCKS:
        text = f"REGEXP_REPLACE({text}, {literal(pattern).sql('duckdb')}, '{by}')"
    return text


def _digits(text: str) -> str:
    """Return SQL for a number of two digits or more; of a column of floats, it ends with .0."""
    digits = f"REGEXP_REPLACE({text}, {literal(r'[.]0*$').sql('duckdb')}, '')"
    return f"CASE WHEN LENGTH({digits}) = 1 THEN '0' || {digits} ELSE {digits} END"


def _matches(text: str, pattern: str) -> str:
    return f"REGEXP_FULL_MATCH({text}, {literal(pattern).sql('duckdb')})"


_HOUR = r"\d{1,2}([.]0*)?"
_PART_OF_DATE = r"\d{1,2}([.]0*)?|\d{4}([.]0*)?|\pL{3,10}[.]?"
_CLOCKS = (
    (r"^\d{4}-\d{2}-\d{2}[ T](\d{1,2}:)", r"\1"),
    (r"^(\d{1,2})(\d{2})$", r"\1:\2"),
    (r"^(\d{1,2})(\d{2})(\d{2})$", r"\1:\2:\3"),
)
"""A time of day with a date that is none, such as 1899-12-30 08:15:00, or without colons."""


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
        extracted = f"JSON_EXTRACT_STRING(TRY_CAST({quoted(column)} AS JSON), '$')"
        return (quoted(column) if source.project else extracted), "VARCHAR"
    return quoted(column), kind


def _carried(
    query: str,
    columns: Collection[str],
    kinds: dict[str, str],
    missing: Sequence[str],
    *,
    by_file: bool,
) -> str:
    """Give an order's other rows, in the same file, what only its first row says.

    Where an order's number is that of two customers, as in the exports of two shops, nobody
    knows whose the other rows are.
    """
    order = f"OVER (PARTITION BY order_id{', source_file' if by_file else ''})"
    alone = f"order_id IS NULL OR MIN(user_id) {order} <> MAX(user_id) {order}"
    fields = []
    for column in columns:
        value = column
        if column == "event_time" and not _typed_time(kinds[column]):
            value = present_expression(column, kinds[column], missing)
            kinds[column] = "VARCHAR"
        carried = f"COALESCE({value}, MAX({value}) {order})"
        fields.append(f"CASE WHEN {alone} THEN {value} ELSE {carried} END AS {column}")
    everything = "* EXCLUDE (source_file)" if by_file else "*"
    return f"SELECT {everything} REPLACE ({', '.join(fields)}) FROM ({query})"


def _by_status(query: str, done: Sequence[str]) -> str:
    """Give a row that was not carried through its status for an event type."""
    words = ", ".join(in_small_letters(word.strip()) for word in done)
    return (
        f"SELECT * EXCLUDE (status) REPLACE (CASE WHEN LOWER(status) NOT IN ({words}) THEN status "
        f"ELSE event_type END AS event_type) FROM ({query})"
    )


_GIVEN_BACK = (
    "is_return AND TRY_CAST(REGEXP_REPLACE(CAST(return_amount AS VARCHAR), '[^0-9]', '', 'g') "
    "AS HUGEINT) > 0"
)
"""SQL for whether a return says how much was given back."""


def _with_returns(
    query: str, kinds: dict[str, str], *, given_back: bool, undated: bool, costed: bool
) -> str:
    """Make a second row, at the time of the return, of each row that has such a time.

    Where returns are `undated` every row has one, and the amount alone tells. What the goods of a
    part that was given back cost, nobody says.
    """
    some = f"COALESCE({_GIVEN_BACK.removeprefix('is_return AND ')}, FALSE)"
    kept = f"return_time IS NULL OR NOT {some}" if undated else "return_time IS NULL"
    time = "event_time"
    if kinds["event_time"] != "VARCHAR":
        # the session's zone is UTC, and the text of a time with a zone says so
        time = "CAST(event_time AS VARCHAR)"
        kinds["event_time"] = "VARCHAR"
    values = [f"CASE WHEN is_return THEN return_time ELSE {time} END AS event_time"]
    if given_back:
        values += [
            f"CASE WHEN {_GIVEN_BACK} THEN return_amount ELSE price END AS price",
            f"CASE WHEN {_GIVEN_BACK} THEN NULL ELSE quantity END AS quantity",
        ]
    if given_back and costed:
        values.append(f"CASE WHEN {_GIVEN_BACK} THEN NULL ELSE cost END AS cost")
    left_out = ", ".join(("return_time", *(("return_amount",) if given_back else ())))
    return (
        f"SELECT * EXCLUDE ({left_out}) REPLACE ({', '.join(values)}) FROM "
        f"(SELECT *, UNNEST(CASE WHEN {kept} THEN [FALSE] "
        f"ELSE [FALSE, TRUE] END) AS is_return FROM ({query}))"
    )


def _typed_time(kind: str) -> bool:
    return kind.startswith("TIMESTAMP") or kind == "DATE"
