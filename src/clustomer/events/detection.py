"""Detection: which schema fits a source's columns, and what to guess where none does."""

from clustomer.errors import InputError, did_you_mean
from clustomer.events.given import missing_paths
from clustomer.events.presets import PRESETS, currency_column, fit, without_type
from clustomer.events.schema import COLUMNS, EVENT_TYPES, EventSchema, Paths
from clustomer.events.sources import Source

_GUESSES: dict[str, tuple[str, ...]] = {
    "event_time": ("time", "timestamp", "datetime", "date", "created_at", "event_timestamp", "ts",
                   "order_date", "invoice_date", "purchase_date"),
    "event_type": ("event", "action", "type", "event_name", "behavior", "behaviour"),
    "product_id": ("product", "item", "item_id", "itemid", "sku", "stock_code", "article_id"),
    "category_id": ("category", "categoryid", "cat_id"),
    "category_code": ("category_name",),
    "brand": ("brand_name", "manufacturer", "vendor"),
    "price": ("unit_price", "amount", "value", "total", "revenue", "sales", "order_value"),
    "user_id": ("user", "userid", "customer", "customer_id", "customerid", "client_id",
                "visitor_id", "visitorid", "email", "member_id"),
    "user_session": ("session", "session_id", "sessionid", "visit_id"),
    "quantity": ("qty", "units", "count"),
    "order_id": ("order", "order_number", "invoice", "invoice_no", "transaction_id",
                 "transactionid", "receipt_id"),
}  # fmt: skip

_GUESSED_TYPES = {
    **{kind: kind for kind in EVENT_TYPES},
    "pv": "view",
    "addtocart": "cart",
    "add_to_cart": "cart",
    "buy": "purchase",
    "transaction": "purchase",
    "refund": "return",
}


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
        if fitted is not None:
            return fitted
    near = [
        f"`{column}` may be our `{ours}`"
        for ours, column in guess_schema(columns).items()
        if ours in {"event_time", "user_id"} and ours != column
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


def guess_schema(columns: list[str]) -> dict[str, str]:
    """Return a guess of which column is which of ours; for a person to check.

    >>> guess_schema(["When", "Customer_ID", "SKU"])
    {'product_id': 'SKU', 'user_id': 'Customer_ID'}
    """
    present = {_plain(column.rpartition(".")[2]): column for column in reversed(columns)}
    present |= {_plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for ours in COLUMNS:
        for name in (ours, *_GUESSES.get(ours, ())):
            if _plain(name) in present and present[_plain(name)] not in found.values():
                found[ours] = present[_plain(name)]
                break
    return found


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


_APART = ("date", "time")
"""Where both are there, a row's time is in two columns."""

UNMAPPED = "CHANGE-ME"
"""What a drafted schema says where a required column was not recognised."""


def draft_schema(columns: list[str]) -> EventSchema:
    """Return the preset that fits, or else a guess for a person to edit.

    A required column that is not recognised is `CHANGE-ME`.

    >>> draft_schema(["When", "Customer"]).columns
    {'event_time': 'CHANGE-ME', 'user_id': 'Customer'}
    >>> draft_schema(["Customer", "Date", "Time"]).columns["event_time"]
    ('Date', 'Time')
    """
    try:
        return detect_schema(columns)
    except InputError:
        found: dict[str, Paths] = {"event_time": UNMAPPED, "user_id": UNMAPPED}
        found |= guess_schema(columns)
        apart = [column for name in _APART for column in columns if _plain(column) == name]
        if len(apart) == len(_APART):
            found["event_time"] = tuple(apart)
        return EventSchema.model_validate(
            {
                "name": "guessed",
                "columns": {ours: found[ours] for ours in COLUMNS if ours in found},
                "event_types": _GUESSED_TYPES if "event_type" in found else {},
                "event_type": None if "event_type" in found else without_type(found),
                "currency": currency_column(columns) if "price" in found else None,
            }
        )


def fit_schema(schema: EventSchema, source: Source) -> EventSchema:
    """Return a given schema as it is used for a source.

    Presets may lack what they can do without, and know other names for their columns.

    Raises
    ------
    InputError
        If the source does not have a column that the schema names.
    """
    narrowed = fit(schema, source.columns) if schema in PRESETS else None
    used = narrowed or schema
    paths = [(f"`{ours}`", path) for ours, theirs in used.paths.items() for path in theirs]
    settings = (
        (setting, getattr(used, setting)) for setting in ("unnest", "return_time", "currency")
    )
    paths += [(f"`{setting}`", path) for setting, path in settings if path is not None]
    missing = missing_paths(source, [path for _, path in paths], used.unnest)
    for what, path in paths:
        if path in missing:
            raise InputError(
                f"The schema `{schema.name}` says that {what} is the column `{path}`, which "
                f"{source.label} does not have. {did_you_mean(path, source.names)}"
            )
    if "event_type" not in used.columns and used.event_type is None:
        used = used.model_copy(update={"event_type": without_type(used.columns)})
    return with_header(used, source)


def require_distinct_names(source: Source, schema: EventSchema | None = None) -> None:
    """Raise InputError where a name that is needed is the name of several columns."""
    for name, columns in source.repeated.items():
        if schema is None:
            needed = bool(guess_schema([name]))
        else:
            mapped = [path for paths in schema.paths.values() for path in paths]
            paths = (*mapped, schema.return_time or "", schema.unnest or "")
            needed = name in {path.lower() for path in paths}
        if needed:
            numbers = [str(list(source.columns).index(column) + 1) for column in columns]
            raise InputError(
                f"{source.label} has {len(columns)} columns called `{name}`: columns "
                f"{' and '.join(numbers)}. Rename one of them in the file, or say in a schema file "
                f"which is meant: they are read as {' and '.join(f'`{c}`' for c in columns)}."
            )


def with_header(schema: EventSchema, source: Source) -> EventSchema:
    """Return a schema that says whether the source has a header line."""
    names = () if source.header else tuple(source.columns)
    return schema.model_copy(update={"header": source.header, "names": names})
