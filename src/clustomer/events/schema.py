"""How a source's columns and event names map to ours."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clustomer.errors import InputError, UsageError, did_you_mean

EVENT_TYPES = ("view", "cart", "remove_from_cart", "purchase", "return")
"""What a customer can do, in our words."""

COLUMNS = (
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
    "quantity",
    "order_id",
)
"""The columns of the canonical event table; `event_time` and `user_id` are required."""


class EventSchema(BaseModel):
    """How to read one kind of source.

    Parameters
    ----------
    name : str
    columns : dict
        Ours to theirs: `{"user_id": "CustomerID", ...}`. `event_time` and
        `user_id` are required; the rest is optional.
    event_types : dict
        Theirs to ours: `{"buy": "purchase", ...}`; compared without case. A
        value that is not listed is rejected and counted.
    event_type : str, optional
        What every row is, where the source has no column for it.
    time_format : str, default "auto"
        "auto" (text in the usual forms, dates, unix seconds and milliseconds),
        "unix_s", "unix_ms", or a strptime format such as "%Y%m%d".
    time_zone : str, default "UTC"
        The zone of times that do not name one.
    separator : str, optional
        Of a text file: a character, or "spaces" for runs of spaces. By default
        it is found in the header line.
    return_prefix : str, optional
        Orders whose number starts so are cancellations: their rows are returns.
    returns_are_negative : bool, default False
        Rows with a quantity below 0 are returns of that many.
    row_is_order : bool, default False
        Each purchase row without an order number is an order of its own.
    not_products : str, optional
        A regular expression; product ids that match it whole (postage, fees)
        stay in revenue and out of diversity.

    >>> EventSchema(name="mine", columns={"event_time": "at", "user_id": "who"}).time_zone
    'UTC'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    columns: dict[str, str]
    event_types: dict[str, Literal["view", "cart", "remove_from_cart", "purchase", "return"]] = (
        Field(default_factory=dict)
    )
    event_type: Literal["view", "cart", "remove_from_cart", "purchase", "return"] | None = None
    time_format: str = "auto"
    time_zone: str = "UTC"
    separator: str | None = None
    return_prefix: str | None = None
    returns_are_negative: bool = False
    row_is_order: bool = False
    not_products: str | None = None

    def model_post_init(self, context: object) -> None:
        """Check what types alone do not say."""
        for column in self.columns:
            if column not in COLUMNS:
                raise UsageError(
                    f"The schema `{self.name}` maps a column `{column}`, which we do not have. "
                    + did_you_mean(column, COLUMNS)
                )
        for column in ("event_time", "user_id"):
            if column not in self.columns:
                raise UsageError(
                    f"The schema `{self.name}` does not say which column is `{column}`. "
                    f'Add it under [columns]: {column} = "..."'
                )

    def to_toml(self) -> str:
        """Return the schema as a TOML file to edit; `read_schema` reads it."""
        lines = [
            "# How clustomer reads this source. Ours on the left, theirs on the right.",
            "# Use it with: clustomer run SOURCE --schema THIS_FILE",
            f"name = {_toml(self.name)}",
            "",
            '# "auto", "unix_s", "unix_ms", or a format such as "%Y%m%d" or "%d/%m/%Y %H:%M"',
            f"time_format = {_toml(self.time_format)}",
            "# the zone of times that do not name one",
            f"time_zone = {_toml(self.time_zone)}",
        ]
        for field in (
            "event_type",
            "separator",
            "return_prefix",
            "returns_are_negative",
            "row_is_order",
            "not_products",
        ):
            value = getattr(self, field)
            if value is not None and value is not False:
                lines.append(f"{field} = {_toml(value)}")
        lines += ["", "[columns]"]
        lines += [f"{ours} = {_toml(theirs)}" for ours, theirs in self.columns.items()]
        lines += [f'# {ours} = "..."' for ours in COLUMNS if ours not in self.columns]
        if self.event_types:
            lines += ["", "[event_types]", "# theirs on the left, ours on the right"]
            lines += [f"{_toml(t)} = {_toml(o)}" for t, o in self.event_types.items()]
        return "\n".join(lines) + "\n"


def _toml(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    escaped = escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return f'"{escaped}"'


_OURS: dict[str, Literal["view", "cart", "remove_from_cart", "purchase", "return"]] = {
    "view": "view",
    "cart": "cart",
    "remove_from_cart": "remove_from_cart",
    "purchase": "purchase",
    "return": "return",
}

PRESETS: tuple[EventSchema, ...] = (
    EventSchema(
        name="rees46",
        columns={column: column for column in COLUMNS},
        event_types=_OURS,
    ),
    EventSchema(
        name="order-lines",
        columns={
            "event_time": "InvoiceDate",
            "user_id": "CustomerID",
            "product_id": "StockCode",
            "price": "UnitPrice",
            "quantity": "Quantity",
            "order_id": "InvoiceNo",
        },
        event_type="purchase",
        return_prefix="C",
        returns_are_negative=True,
        not_products="POST|DOT|M|C2|D|S|B|BANK CHARGES|AMAZONFEE|CRUK|ADJUST2?|TEST00[0-9]|gift_.*",
    ),
    EventSchema(
        name="transactions",
        columns={"event_time": "date", "user_id": "customer_id", "price": "dollar_value"},
        event_type="purchase",
        time_format="%Y%m%d",
        row_is_order=True,
    ),
)
"""The kinds of source that are known by their columns."""

_ALIASES = {
    "InvoiceNo": ("Invoice", "invoice_no", "invoice"),
    "CustomerID": ("Customer ID", "customer_id", "Customer_ID"),
    "UnitPrice": ("Price", "unit_price"),
    "StockCode": ("stock_code",),
    "InvoiceDate": ("invoice_date",),
    "Quantity": ("quantity",),
}

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
    **_OURS,
    "pv": "view",
    "addtocart": "cart",
    "add_to_cart": "cart",
    "buy": "purchase",
    "transaction": "purchase",
    "refund": "return",
}


def preset(name: str) -> EventSchema:
    """Return a preset by its name.

    >>> preset("transactions").time_format
    '%Y%m%d'
    """
    for schema in PRESETS:
        if schema.name == name:
            return schema
    raise UsageError(
        f"There is no schema `{name}`, and no file of that name. "
        + did_you_mean(name, [schema.name for schema in PRESETS])
        + " Or name a TOML file; `clustomer schema SOURCE` writes one to edit."
    )


def read_schema(name_or_path: str) -> EventSchema:
    """Return a preset by name, or the schema in a TOML file.

    Raises
    ------
    UsageError
        If there is neither, or the file says something that is not understood.
    """
    path = Path(name_or_path)
    if path.suffix.lower() != ".toml":
        return preset(name_or_path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"The schema file {path} cannot be read: {error.strerror}. "
            "`clustomer schema SOURCE` writes one."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The schema file {path} is not TOML: {error}.") from error
    try:
        return EventSchema.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        problems = []
        for problem in error.errors():
            where = ".".join(str(part) for part in problem["loc"])
            hint = ""
            if problem["type"] == "extra_forbidden":
                hint = " " + did_you_mean(where, EventSchema.model_fields)
            problems.append(f"`{where}`: {problem['msg']}.{hint}")
        raise UsageError(
            f"The schema file {path} says something that is not understood: " + " ".join(problems)
        ) from error


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
        fitted = _fit(schema, columns)
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


def _fit(schema: EventSchema, columns: list[str]) -> EventSchema | None:
    present = {column.lower(): column for column in columns}
    found = {}
    for ours, theirs in schema.columns.items():
        for name in (theirs, *_ALIASES.get(theirs, ())):
            if name.lower() in present:
                found[ours] = present[name.lower()]
                break
    required = {"event_time", "user_id"}
    if schema.name != "rees46":
        required = set(schema.columns)
    if not required <= set(found):
        return None
    update: dict[str, object] = {"columns": found}
    if "event_type" not in found and schema.event_type is None:
        update["event_type"] = _without_type(found)
    return schema.model_copy(update=update)


def _without_type(columns: dict[str, str]) -> str:
    return "purchase" if {"order_id", "price"} & set(columns) else "view"


def guess_schema(columns: list[str]) -> dict[str, str]:
    """Return a guess of which column is which of ours; for a person to check.

    >>> guess_schema(["When", "Customer_ID", "SKU"])
    {'product_id': 'SKU', 'user_id': 'Customer_ID'}
    """
    present = {_plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for ours in COLUMNS:
        for name in (ours, *_GUESSES.get(ours, ())):
            if _plain(name) in present and present[_plain(name)] not in found.values():
                found[ours] = present[_plain(name)]
                break
    return found


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


UNMAPPED = "CHANGE-ME"
"""What a drafted schema says where a required column was not recognised."""


def draft_schema(columns: list[str]) -> EventSchema:
    """Return the preset that fits, or else a guess for a person to edit.

    A required column that is not recognised is `CHANGE-ME`.

    >>> draft_schema(["When", "Customer"]).columns
    {'event_time': 'CHANGE-ME', 'user_id': 'Customer'}
    """
    try:
        return detect_schema(columns)
    except InputError:
        found = {"event_time": UNMAPPED, "user_id": UNMAPPED} | guess_schema(columns)
        return EventSchema.model_validate(
            {
                "name": "guessed",
                "columns": {ours: found[ours] for ours in COLUMNS if ours in found},
                "event_types": _GUESSED_TYPES if "event_type" in found else {},
                "event_type": None if "event_type" in found else _without_type(found),
            }
        )
