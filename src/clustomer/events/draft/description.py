"""What a source looks like before it is used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import AmbiguousError, InputError, first_line
from clustomer.events.draft import (
    Content,
    TypeFound,
    are_states,
    contents_of,
    contents_of_objects,
    is_credit_note,
    said_again,
    types_of,
    why_unused,
)
from clustomer.events.draft.detection import (
    UNMAPPED,
    draft_schema,
    fit_schema,
    money_in,
    require_distinct_names,
    with_header,
    with_present_paths,
)
from clustomer.events.draft.money import (
    column_of_costs,
    has_negative_amounts,
    is_said,
    paid_after_discount,
    price_by_product,
    with_amounts_of_purchases,
)
from clustomer.events.draft.product_names import column_of_names
from clustomer.events.draft.what_counts import with_what_counts
from clustomer.events.draft.words import words_in, words_of
from clustomer.events.paths import split
from clustomer.events.reading import AmountReading, decide_amounts
from clustomer.events.schema import COLUMNS, FURTHER, EventSchema
from clustomer.events.schema_file import read_schema
from clustomer.events.sources import Source, open_source
from clustomer.events.staging import stage
from clustomer.progress import counted

NO_AMOUNTS = "none of these"
"""The answer that no column says what was paid."""

SHOWN_ROWS = 5
SAMPLE_ROWS = 20_000
"""So many rows of the source tell what amounts are of."""


@dataclass(frozen=True)
class Doubt:
    """What cannot be known of a source.

    `setting` is what of a schema answers it, None where the source must be mended; `choices`
    are the possible answers with what each would mean.
    """

    question: str
    setting: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Description:
    """How a source would be understood.

    `recognised` tells whether the schema is a preset or a guess; `rows` are the first rows
    of the source as they would be read, up to five, with `rejected` naming the rule that
    would reject a row; `amounts` says what an amount is of; `doubts` are what cannot be
    decided, `error` what to say of the first of them to whom cannot be asked.
    `event_types` lists the values of the column for event types with their rows, and
    `reasons` says of each column that is not used why.
    """

    source: str
    columns: dict[str, str]
    schema: EventSchema
    recognised: bool
    rows: list[dict[str, Any]]
    doubts: tuple[Doubt, ...] = ()
    event_types: tuple[TypeFound, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    amounts: AmountReading | None = None
    error: InputError | None = None

    @property
    def unused(self) -> list[str]:
        """The source's columns that the schema says nothing of."""
        schema = self.schema
        columns = [path for theirs in schema.paths.values() for path in theirs]
        further = (getattr(schema, setting) or "" for setting in ("unnest", *FURTHER))
        paths = (*columns, *further)
        places = [split(self.columns, path) for path in paths]
        used = {place[0] for place in places if place is not None}
        return [column for column in self.columns if column not in used]


def describe_source(
    source: Any,
    *,
    table: str | None = None,
    schema: str | None = None,
    answers: Mapping[str, str | None] | None = None,
) -> Description:
    """Return how a source's columns would be understood, with its first rows.

    `answers` are settings of a schema by name, for what cannot be known; "column" followed
    by one of ours, such as "column user_id", names a column.

    >>> import pyarrow as pa
    >>> log = pa.table({"When": ["2024-01-01"], "Customer": ["7"], "Status": ["?"]})
    >>> describe_source(log).schema.columns
    {'event_time': 'When', 'user_id': 'Customer'}
    >>> describe_source(log).reasons
    {'Status': 'the same in every row'}
    """
    with DuckDB() as engine:
        # the first rows are the first of the file
        engine.execute("SET preserve_insertion_order = true")
        given = read_schema(schema) if schema is not None else None
        asked = {name: value for name, value in (answers or {}).items() if value is not None}
        encoding = asked.get("encoding")
        opened = open_source(engine, source, table=table, schema=given, encoding=encoding)
        try:
            try:
                return _described(engine, opened, given, asked)
            except engine.errors:
                if opened.careful is None:
                    raise
                return _described(engine, opened.careful(), given, asked)
        except engine.errors as error:
            raise InputError(
                f"{opened.label} cannot be read: {first_line(error)} It may be truncated or "
                "damaged."
            ) from error


def _require_known_types(described: Description) -> None:
    """Stop where rows have words that say whether they count, and nobody knows which do."""
    schema = described.schema
    if schema.event_types or schema.event_type or "event_type" not in schema.columns:
        return
    column = schema.paths["event_type"][0]
    listed = ", ".join(f"{t.value!r} ({counted(t.rows, 'row')})" for t in described.event_types)
    first = described.event_types[0].value if described.event_types else "..."
    raise InputError(
        f"The column `{column}` of {described.source} says which rows count, in words that are not "
        f"known: {listed}. In a schema file (`clustomer schema SOURCE --out FILE` writes one) say "
        f'what each is, at its end: [event_types], then a line such as "{first}" = "purchase", or '
        '"return"; and those that do not count above [columns]: ignored_event_types = ["..."]'
    )


_Values = Callable[[str], tuple[TypeFound, ...]]


def _described(
    engine: DuckDB, opened: Source, given: EventSchema | None, answers: Mapping[str, str]
) -> Description:
    require_distinct_names(opened, given)
    contents = contents_of(engine, opened)
    inside = contents_of_objects(engine, opened)

    def values(column: str) -> tuple[TypeFound, ...]:
        return (
            types_of(engine, opened, column) if column in opened.columns or column in inside else ()
        )

    drafted = _drafted(engine, opened, given, answers, contents, inside, values)
    described = Description(opened.label, opened.columns, drafted, drafted.name != "guessed", [])
    column = drafted.columns.get("event_type")
    described = replace(
        described,
        event_types=_as_mapped(values(column), drafted) if isinstance(column, str) else (),
        reasons=_reasons(described, contents),
    )
    if UNMAPPED in drafted.columns.values():
        return replace(described, doubts=_unmapped(drafted, opened, contents))
    try:
        _require_known_types(described)
        return _with_amounts(engine, opened, described, contents)
    except InputError as error:
        doubt = Doubt(str(error))
        if isinstance(error, AmbiguousError):
            doubt = Doubt(error.question, error.setting, error.choices)
        return replace(described, doubts=(doubt,), error=error)


def _drafted(
    engine: DuckDB,
    opened: Source,
    given: EventSchema | None,
    answers: Mapping[str, str],
    contents: Mapping[str, Content],
    inside: Mapping[str, Content],
    values: _Values,
) -> EventSchema:
    """Return the schema that a source would be read by, with what was answered."""
    if given:
        drafted = fit_schema(given, opened)
    else:
        drafted = with_header(draft_schema(opened.names, {**contents, **inside}, values), opened)
        if drafted.name != "guessed":
            # what is written must run as it is
            drafted = with_present_paths(drafted, opened)
    columns = {
        ours: theirs
        for name, theirs in answers.items()
        if (ours := name.removeprefix("column ")) != name
    }
    if columns.get("price") == NO_AMOUNTS:
        del columns["price"]
        without = {k: theirs for k, theirs in drafted.columns.items() if k != "price"}
        drafted = drafted.model_copy(update={"columns": without})
    settings = {name: value for name, value in answers.items() if not name.startswith("column ")}
    drafted = drafted.model_copy(update={"columns": {**drafted.columns, **columns}})
    if drafted.name == "guessed":
        if UNMAPPED not in drafted.columns.values():
            drafted = with_amounts_of_purchases(engine, opened, drafted, contents)
        drafted = _states_left_out(engine, opened, drafted)
        drafted = _once_each(engine, opened, drafted)
        drafted = with_what_counts(drafted, contents)
        if has_negative_amounts(engine, opened, drafted):
            drafted = drafted.model_copy(update={"returns_are_negative": True})
        named = column_of_names(engine, opened, drafted, contents)
        drafted = drafted.model_copy(update={"product_name": named})
        drafted = drafted.model_copy(update={"cost": column_of_costs(contents, drafted)})
        user = drafted.columns["user_id"]
        if isinstance(user, str) and user in contents and contents[user].addresses >= 0.9:
            drafted = drafted.model_copy(update={"ids_ignore_case": True})
    return drafted.answered(settings)


_WORDS_OF_STATES = {"status", "state", "etat", "statut", "stato", "estado", "stan", "zustand"}
_WORDS_OF_EVENTS = words_of(
    "event type kind action typ tipo soort art ereignis refund return credit"
)


def _states_left_out(engine: DuckDB, opened: Source, drafted: EventSchema) -> EventSchema:
    """Return a draft in which an order that came back, in the row in which it was bought, is none.

    Taken for a return it would count against the customer without ever having counted for them.
    """
    column, order, product = (
        drafted.columns.get(ours) for ours in ("event_type", "order_id", "product_id")
    )
    back = [
        theirs
        for theirs, ours in drafted.event_types.items()
        if ours == "return" and not is_credit_note(theirs)
    ]
    if not back or not isinstance(column, str) or column not in opened.columns:
        return drafted
    words = set(words_in(column))
    if words & _WORDS_OF_EVENTS and not words & _WORDS_OF_STATES:
        return drafted
    if has_negative_amounts(engine, opened, drafted, column, back):
        # what was paid back is a row of its own
        return drafted
    if isinstance(order, str) and order in opened.columns:
        of_lines = product if isinstance(product, str) and product in opened.columns else None
        states = are_states(engine, opened, column, order, back, of_lines)
    else:
        states = bool(_WORDS_OF_STATES & words)
    if not states:
        return drafted
    kept = {theirs: ours for theirs, ours in drafted.event_types.items() if theirs not in back}
    ignored = (*drafted.ignored_event_types, *back)
    return drafted.model_copy(update={"event_types": kept, "ignored_event_types": ignored})


def _once_each(engine: DuckDB, opened: Source, drafted: EventSchema) -> EventSchema:
    """Return a draft in which a purchase counts once that several types of events tell of."""
    column, order = (drafted.columns.get(ours) for ours in ("event_type", "order_id"))
    bought = [theirs for theirs, ours in drafted.event_types.items() if ours == "purchase"]
    if len(bought) < 2 or not isinstance(column, str) or not isinstance(order, str):
        return drafted
    of_orders = sum(bool(_WORDS_OF_ORDERS & {*words_in(theirs)}) for theirs in bought) > 1
    if not of_orders and not {"view", "cart"} & {*drafted.event_types.values()}:
        return drafted
    again = said_again(engine, opened, column, order, bought)
    kept = {theirs: ours for theirs, ours in drafted.event_types.items() if theirs not in again}
    ignored = (*drafted.ignored_event_types, *again)
    return drafted.model_copy(update={"event_types": kept, "ignored_event_types": ignored})


_WORDS_OF_ORDERS = words_of("order ordered orders")


def _unmapped(
    drafted: EventSchema, opened: Source, contents: Mapping[str, Content]
) -> tuple[Doubt, ...]:
    taken = {path for paths in drafted.paths.values() for path in paths}
    rest = {name: "" for name in opened.names if name not in taken}
    money = dict.fromkeys((*money_in(drafted.columns, contents), NO_AMOUNTS), "")
    return tuple(
        Doubt(f"[columns] {ours} = ?", f"column {ours}", money if ours == "price" else rest)
        for ours in ("event_time", "user_id", "price")
        if drafted.columns.get(ours) == UNMAPPED
    )


def _with_amounts(
    engine: DuckDB, opened: Source, described: Description, contents: Mapping[str, Content]
) -> Description:
    """Read the first rows, to show them and to tell what amounts are of."""
    drafted = described.schema
    stage(engine, opened, drafted, "UTC", limit=SHOWN_ROWS)
    described = replace(described, rows=_first_rows(engine))
    if "price" not in drafted.columns:
        return described
    staged = stage(engine, opened, drafted, "UTC", limit=SAMPLE_ROWS)
    by_product = None
    if drafted.price_is is None and not described.recognised:
        looked_at = (engine, opened, drafted, contents, staged.readings)
        if (paid := paid_after_discount(*looked_at)) is not None:
            return _with_paid(engine, opened, described, contents, *paid)
        by_product = price_by_product(*looked_at)
    if by_product is not None:
        kind, decided = by_product
        drafted = drafted.answered({"price_is": kind})
    try:
        if staged.below_zero is not None:
            staged.below_zero.require_few(opened.label)
        amounts = decide_amounts(engine, drafted, opened.label)
    except AmbiguousError as error:
        doubt = Doubt(error.question, error.setting, error.choices)
        return replace(described, doubts=(doubt,), error=error)
    if amounts is not None and by_product is not None:
        amounts = replace(amounts, decided=decided)
    if amounts is not None and not described.recognised and is_said(amounts):
        drafted = drafted.answered({"price_is": amounts.of})
    return replace(described, schema=drafted, amounts=amounts)


def _with_paid(
    engine: DuckDB,
    opened: Source,
    described: Description,
    contents: Mapping[str, Content],
    column: str,
    decided: str,
) -> Description:
    """Take what lines cost after a discount in the place of the price of a piece."""
    columns = {**described.schema.columns, "price": column}
    schema = described.schema.model_copy(update={"columns": columns, "price_is": "line"})
    described = replace(described, schema=schema)
    described = replace(described, reasons=_reasons(described, contents))
    described = _with_amounts(engine, opened, described, contents)
    if described.amounts is None:
        return described
    return replace(described, amounts=replace(described.amounts, decided=decided))


def _first_rows(engine: DuckDB) -> list[dict[str, Any]]:
    """Return the rows that were read, in the order of the source."""
    texts = ", ".join(f"CAST({column} AS VARCHAR)" for column in COLUMNS)
    kept = engine.rows(f"SELECT rowid, {texts}, NULL FROM events ORDER BY rowid")
    rejected = engine.rows(f"SELECT {texts}, rule FROM rejected ORDER BY rowid")
    places = {int(place): values for place, *values in kept}
    # rows that were set aside have left gaps
    gaps = (place for place in count() if place not in places)
    places |= {next(gaps): list(values) for values in rejected}
    names = (*COLUMNS, "rejected")
    return [dict(zip(names, values, strict=True)) for _, values in sorted(places.items())]


def _as_mapped(values: tuple[TypeFound, ...], schema: EventSchema) -> tuple[TypeFound, ...]:
    """Return event types with what the schema makes of them."""
    mapped = {theirs.lower(): ours for theirs, ours in schema.event_types.items()}
    ignored = {theirs.lower() for theirs in schema.ignored_event_types}
    return tuple(
        replace(
            value,
            proposal=mapped.get(
                value.value.lower(),
                "ignored" if {value.value.lower(), "*"} & ignored else None,
            ),
        )
        for value in values
    )


def _reasons(described: Description, contents: Mapping[str, Content]) -> Mapping[str, str]:
    schema = described.schema
    roles = {ours: " + ".join(theirs) for ours, theirs in schema.paths.items()}
    types = "event_type" not in schema.columns
    return {
        column: why_unused(column, roles, contents.get(column), types)
        for column in described.unused
    }
