"""Detection: which schema fits a source's columns, and what to guess where none does."""

from collections.abc import Callable, Mapping
from pathlib import Path

from clustomer.errors import InputError, did_you_mean
from clustomer.events.draft import (
    Content,
    TypeFound,
    named_as_time,
    propose,
    roles_of,
    tells_documents_apart,
    tells_kinds_apart,
    tells_what_was_undone,
)
from clustomer.events.draft.dates import date_columns
from clustomer.events.draft.product_names import product_by_name
from clustomer.events.draft.what_counts import (
    column_of_sides,
    flag_of_returns,
    numbers_of_states,
    unknown_states,
)
from clustomer.events.draft.words import speaks_against, words_in
from clustomer.events.given import missing_paths
from clustomer.events.presets import PRESETS, currency_column, fit, without_type
from clustomer.events.reading import are_currencies
from clustomer.events.schema import COLUMNS, EVENT_TYPES, FURTHER, EventSchema, Paths, paths_of
from clustomer.events.sources import Source

_USUAL_TYPES = {
    **{kind: kind for kind in EVENT_TYPES},
    "pv": "view",
    "addtocart": "cart",
    "add_to_cart": "cart",
    "buy": "purchase",
    "transaction": "purchase",
    "refund": "return",
}
"""Event types by words that are the same everywhere, for where values are not at hand."""


def detect_schema(columns: list[str]) -> EventSchema:
    """Return the preset that fits a source's columns, narrowed to those it has.

    Raises
    ------
    InputError
        If none fits, with the columns and what to do next.

    >>> detect_schema(["customer_id", "date", "number_of_cds", "dollar_value"]).name
    'transactions'
    >>> detect_schema(["event_time", "user_id", "event_type"]).columns
    {'event_time': 'event_time', 'event_type': 'event_type', 'user_id': 'user_id'}
    """
    for schema in PRESETS:
        fitted = fit(schema, columns)
        if fitted is not None and not _misses_amounts(schema, fitted, columns):
            return fitted
    near = [
        f"`{column}` may be our `{ours}`"
        for ours, column in roles_of(columns).items()
        if ours in {"event_time", "user_id", "price"} and ours != column
    ]
    raise InputError(
        "No known kind of source has these columns: "
        + ", ".join(f"`{column}`" for column in columns)
        + ". Expected at least `event_time` and `user_id`, or the columns of one of: "
        + ", ".join(schema.name for schema in PRESETS)
        + ". "
        + (f"({'; '.join(near)}.) " if near else "")
        + "Next: `clustomer schema SOURCE` writes a TOML file with our best guess; edit it and "
        "pass it with --schema."
    )


def _misses_amounts(schema: EventSchema, fitted: EventSchema, columns: list[str]) -> bool:
    """Whether a preset would leave amounts aside that a source has under another name."""
    return (
        "price" in schema.columns and "price" not in fitted.columns and "price" in roles_of(columns)
    )


_APART = ("date", "time")
"""Where both are there, a row's time is in two columns."""

UNMAPPED = "CHANGE-ME"
"""What a drafted schema says where a required column was not recognised."""


def draft_schema(
    columns: list[str],
    contents: Mapping[str, Content] | None = None,
    types: Callable[[str], tuple[TypeFound, ...]] | None = None,
) -> EventSchema:
    """Return the preset that fits, or else a guess for a person to edit.

    A required column that is not recognised is `CHANGE-ME`.

    Parameters
    ----------
    columns : list of str
    contents : mapping, optional
        What the columns hold; without it names alone decide.
    types : callable, optional
        Gives the values of a column with a proposal for each.

    >>> draft_schema(["Signed", "Customer"]).columns
    {'event_time': 'CHANGE-ME', 'user_id': 'Customer'}
    >>> draft_schema(["Customer", "Date", "Time"]).columns["event_time"]
    ('Date', 'Time')
    """
    try:
        return detect_schema(columns)
    except InputError:
        pass
    roles: dict[str, Paths] = {"event_time": UNMAPPED, "user_id": UNMAPPED}
    roles |= roles_of(columns, contents)
    apart = [column for name in _APART for column in columns if column.lower() == name]
    if len(apart) == len(_APART):
        roles["event_time"] = tuple(apart)
    elif clock := _clock_of(roles, contents or {}):
        roles["event_time"] = (str(roles["event_time"]), clock)
    elif roles["event_time"] == UNMAPPED:
        date = date_columns(contents or {})
        roles["event_time"] = date or named_as_time(columns, contents or {}) or UNMAPPED
    if "quantity" in roles and "product_id" not in roles:
        named = product_by_name(roles, contents or {})
        roles |= {"product_id": named} if named is not None else {}
    mapped: dict[str, str | None] = dict(_USUAL_TYPES)
    ignored: tuple[str, ...] = ()
    telling = _column_of_types(roles, contents or {})
    if telling is not None:
        roles["event_type"] = telling
    elif "price" not in roles and money_in(roles, contents or {}):
        # orders without what they cost would be worth nothing
        roles["price"] = UNMAPPED
    if types is not None and isinstance(column := roles.get("event_type"), str):
        values = types(column)
        mapped = {v.value: v.proposal for v in values if v.proposal in EVENT_TYPES}
        ignored = tuple(v.value for v in values if v.proposal == "ignored")
        # states that nobody knows may be those of orders that do not count: a person must say
        if not mapped and not unknown_states(column, [v.value for v in values]):
            del roles["event_type"]
    if "event_type" not in roles and "price" in roles:
        taken = {path for paths in roles.values() for path in paths_of(paths)}
        free = {c: content for c, content in (contents or {}).items() if c not in taken}
        if (flag := flag_of_returns(free)) is not None:
            roles["event_type"], mapped = flag[0], dict(flag[1])
        elif (coded := column_of_sides(free) or numbers_of_states(free)) is not None:
            roles["event_type"], mapped = coded, {}
    alone = None if "event_type" in roles else without_type(roles)
    plain = alone == "purchase" and not {"order_id", "user_session", "product_id"} & set(roles)
    return EventSchema.model_validate(
        {
            "name": "guessed",
            "columns": {ours: roles[ours] for ours in COLUMNS if ours in roles},
            "event_types": mapped if alone is None else {},
            "ignored_event_types": ignored if alone is None else (),
            "event_type": alone,
            "row_is_order": plain,
            "currency": _currency(columns, roles, contents or {}) if "price" in roles else None,
        }
    )


def _currency(
    columns: list[str], roles: Mapping[str, Paths], contents: Mapping[str, Content]
) -> str | None:
    """Return the column with the currency of each row, by its name or by what it holds."""
    if (named := currency_column(columns)) is not None:
        return named
    amount = roles["price"]
    if isinstance(amount, str) and "." in amount:
        # beside the amount, in the same object
        beside = amount.rpartition(".")[0]
        inside = [column for column in columns if column.rpartition(".")[0] == beside]
        last = {column.rpartition(".")[2]: column for column in inside}
        if (named := currency_column(last)) is not None:
            return last[named]
    taken = {path for paths in roles.values() for path in paths_of(paths)}
    return next(
        (
            column
            for column, content in contents.items()
            if column not in taken and are_currencies(content.values)
        ),
        None,
    )


def _clock_of(roles: Mapping[str, Paths], contents: Mapping[str, Content]) -> str | None:
    """Return the column with the time of day, where that of the date has none.

    Of several it is the one whose name has most words of the date's, such as that of the order.
    """
    day = roles["event_time"]
    if not isinstance(day, str) or day not in contents or not contents[day].is_day:
        return None
    alike = {
        column: len({*words_in(day)} & {*words_in(column)})
        for column, content in contents.items()
        if content.is_clock and not speaks_against("event_time", words_in(column))
    }
    most = max(alike.values(), default=0)
    nearest = [column for column, words in alike.items() if words == most]
    return nearest[0] if len(nearest) == 1 else None


def _column_of_types(roles: Mapping[str, Paths], contents: Mapping[str, Content]) -> str | None:
    """Return a column that tells what was cancelled, where the one by its name does not.

    Kinds of documents come first: a state, such as paid, is that of a credit note, too.
    """
    named = roles.get("event_type")
    taken = {path for paths in roles.values() for path in paths_of(paths)}
    free = {c: content for c, content in contents.items() if c not in taken or c == named}
    documents = [c for c, content in free.items() if tells_documents_apart(content.values)]
    if documents:
        return None if named in documents else documents[0]
    if isinstance(named, str) and any(
        map(propose, contents[named].values if named in contents else ())
    ):
        return None
    telling = [
        column
        for tells in (tells_kinds_apart, tells_what_was_undone)
        for column, content in free.items()
        if tells(content.values)
    ]
    return telling[0] if telling else None


def money_in(roles: Mapping[str, Paths], contents: Mapping[str, Content]) -> list[str]:
    """Return the columns that look like money and have no other role, as far as names tell."""
    taken = {path for paths in roles.values() for path in paths_of(paths)}
    return [
        column
        for column, content in contents.items()
        if content.is_money
        and column not in taken
        and not speaks_against("price", words_in(column))
        and not _MEASURES & set(words_in(column))
    ]


_MEASURES = {"rating", "score", "lat", "latitude", "lon", "lng", "longitude", "version", "percent"}
"""Words of numbers with a fraction that are no money."""


def fit_schema(schema: EventSchema, source: Source) -> EventSchema:
    """Return a given schema as it is used for a source.

    Presets may lack what they can do without, and know other names for their columns.

    Raises
    ------
    InputError
        If the source does not have a column that the schema names.
    """
    narrowed = fit(schema, source.columns) if schema in PRESETS else None
    used = with_present_paths(narrowed, source) if narrowed else schema
    paths = [(f"`{ours}`", path) for ours, theirs in used.paths.items() for path in theirs]
    settings = ((setting, getattr(used, setting)) for setting in ("unnest", *FURTHER))
    paths += [(f"`{setting}`", path) for setting, path in settings if path is not None]
    missing = missing_paths(source, [path for _, path in paths], used.unnest)
    for what, path in paths:
        if path in missing:
            raise InputError(
                f"The schema `{schema.name}` says that {what} is the column `{path}`, which "
                f"{source.label} does not have. {did_you_mean(path, source.names)}"
            )
    _require_one_currency(used)
    if "event_type" not in used.columns and used.event_type is None:
        used = used.model_copy(update={"event_type": without_type(used.columns)})
    return with_header(used, source)


_CURRENCIES = {"eur", "usd", "gbp", "chf", "sek", "nok", "dkk", "pln", "czk", "jpy", "cad", "aud"}
"""Codes that are no words of names besides."""


def _require_one_currency(schema: EventSchema) -> None:
    """Stop where amounts are those of the first filled column, and these are in two currencies."""
    paths = schema.paths.get("price", ())
    codes = {code for path in paths for code in _CURRENCIES & {*words_in(path)}}
    if len(codes) > 1:
        raise InputError(
            f"The schema `{schema.name}` takes amounts from {' and '.join(f'`{p}`' for p in paths)}"
            ", which are in several currencies by their names, and these are never added up. Name "
            "one column, or write the amounts into one beside a column with the currency of each: "
            '[columns] price = "amount", and currency = "currency" above [columns].'
        )


def with_present_paths(schema: EventSchema, source: Source) -> EventSchema:
    """Return a preset without the places in nested values that a source does not have.

    `event_time` and `user_id` stay, as nothing can be read without them.
    """
    paths = [path for theirs in schema.paths.values() for path in theirs]
    missing = set(missing_paths(source, paths, schema.unnest))
    columns: dict[str, Paths] = {}
    for ours, theirs in schema.paths.items():
        present = tuple(path for path in theirs if path not in missing)
        if ours in ("event_time", "user_id"):
            present = present or theirs
        if present:
            columns[ours] = present[0] if len(present) == 1 else present
    return _with_known_names(schema.model_copy(update={"columns": columns}), source)


def _with_known_names(schema: EventSchema, source: Source) -> EventSchema:
    """Return a schema without names of products where a source's nested values have none."""
    name = schema.product_name
    if name is None or not missing_paths(source, [name], schema.unnest):
        return schema
    return schema.model_copy(update={"product_name": None})


def require_distinct_names(source: Source, schema: EventSchema | None = None) -> None:
    """Raise InputError where a name that is needed is the name of several columns."""
    for name, columns in source.repeated.items():
        if schema is None:
            needed = bool(roles_of([name]))
        else:
            mapped = [path for paths in schema.paths.values() for path in paths]
            further = (getattr(schema, setting) or "" for setting in ("unnest", *FURTHER))
            paths = (*mapped, *further)
            needed = name in {path.lower() for path in paths}
        if needed:
            numbers = [str(list(source.columns).index(column) + 1) for column in columns]
            raise InputError(
                f"{source.label} has {len(columns)} columns called `{name}`: columns "
                f"{' and '.join(numbers)}. Rename one of them in the file, or say in a schema file "
                f"which is meant: they are read as {' and '.join(f'`{c}`' for c in columns)}."
            )


_COUNTS = ("event_time", "user_id", "event_type", "price", "quantity")


def columns_lacking(source: Source, schema: EventSchema) -> tuple[str, ...]:
    """Return what to say of the columns in use that some of several files have not.

    Raises
    ------
    InputError
        If a time, a customer, a type or an amount would be missing.
    """
    warnings = []
    in_use = {**schema.paths, **{name: (getattr(schema, name) or "",) for name in FURTHER}}
    for ours, paths in in_use.items():
        files = [set(source.lacking.get(path, ())) for path in paths]
        # a time may be in several columns, of which each is needed; else one is enough
        without = set.union(*files) if ours == "event_time" else set.intersection(*files)
        if not without:
            continue
        named = " or ".join(f"`{path}`" for path in paths if path)
        first, *others = sorted(Path(label).name for label in without)
        more = f" and {len(others):,} more files" if len(others) > 1 else ""
        listed = f"{first} and {others[0]}" if len(others) == 1 else first + more
        has = "has" if len(without) == 1 else "have"
        if ours in (*_COUNTS, *FURTHER):
            raise InputError(
                f"{listed} {has} no column {named}, which the other files of {source.label} have, "
                "and without which it cannot be counted. Name it as in the others, or read only "
                "files that have it."
            )
        warnings.append(
            f"{listed} {has} no column {named}, which the other files have: nothing is known of "
            "it there."
        )
    return tuple(warnings)


def with_header(schema: EventSchema, source: Source) -> EventSchema:
    """Return a schema that says whether the source has a header line."""
    names = () if source.header else tuple(source.columns)
    schema = _with_known_names(schema, source)
    return schema.model_copy(update={"header": source.header, "names": names})
