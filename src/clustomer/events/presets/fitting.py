"""Fitting: a preset is narrowed to the columns that a source has."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from clustomer.errors import UsageError, did_you_mean
from clustomer.events.paths import split
from clustomer.events.presets.analytics import ANALYTICS
from clustomer.events.presets.sales import SALES
from clustomer.events.presets.shops import SHOPS
from clustomer.events.schema import COLUMNS, FURTHER, EventSchema, Paths, paths_of

PRESETS: tuple[EventSchema, ...] = (*SALES, *SHOPS, *ANALYTICS)
"""The kinds of source that are known by their columns."""

_ALIASES = {
    "InvoiceNo": ("Invoice", "invoice_no", "invoice"),
    "CustomerID": ("Customer ID", "customer_id", "Customer_ID"),
    "UnitPrice": ("Price", "unit_price"),
    "StockCode": ("stock_code",),
    "InvoiceDate": ("invoice_date",),
    "Quantity": ("quantity", "Quantity (- Refund)", "item_quantity", "Item Quantity"),
    "Description": ("description", "product_name"),
    "Order Date": ("order_date", "date", "Date"),
    "Order Status": ("status", "order_status"),
    "Order Number": ("Order ID", "order_number", "order_id"),
    "Email (Billing)": (
        "Customer Email",
        "Billing Email",
        "billing_email",
        "customer_email",
        "Customer User ID",
        "Customer ID",
        "customer_id",
    ),
    # Squarespace's export of orders has Shopify's columns
    "Name": ("Order ID",),
    "Created (UTC)": ("Created date (UTC)",),
    "derived_tstamp": ("collector_tstamp",),
    "order-id": ("amazon-order-id",),
    "quantity-purchased": ("quantity", "quantity-shipped"),
    # where a list of items was made rows
    "items.item_id": ("item_id",),
    "items.item_name": ("item_name",),
    "items.item_category": ("item_category",),
    "items.item_brand": ("item_brand",),
    "items.price": ("price", "item_price"),
    "items.quantity": ("quantity", "item_quantity"),
    "event_params.ga_session_id": ("ga_session_id",),
    "ecommerce.transaction_id": ("transaction_id",),
    "Item Name": ("item_name", "Product Name", "product_name", "Item SKU", "item_sku", "SKU"),
    "Item Cost": ("Item Price", "item_price", "Product Price", "item_cost"),
}
"""Other names for their columns, tried in this order."""

OPTIONAL: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "rees46": frozenset(COLUMNS) - {"event_time", "user_id"},
        "shopify": frozenset({"brand"}),
        "ga4": frozenset(COLUMNS) - {"event_time", "event_type", "user_id"},
        "olist": frozenset({"category_code"}),
        "amazon": frozenset({"event_type"}),
        "segment": frozenset({"order_id"}),
    }
)
"""What a source of a known kind may lack."""


SIGNS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"stripe-api": frozenset({"object", "amount", "currency", "created"})}
)
"""Columns by which a kind of source is known beside those that are read."""


def preset(name: str) -> EventSchema:
    """Return a preset by its name.

    >>> preset("transactions").event_type
    'purchase'
    """
    for schema in PRESETS:
        if schema.name == name:
            return schema
    raise UsageError(
        f"There is no schema `{name}`, and no file of that name. "
        + did_you_mean(name, [schema.name for schema in PRESETS])
        + " Or name a TOML file; `clustomer schema SOURCE` writes one to edit."
    )


def fit(schema: EventSchema, columns: Collection[str]) -> EventSchema | None:
    """Return a preset narrowed to the columns that a source has, None where it lacks one.

    >>> fit(preset("taobao"), ["user_id", "behavior_type", "timestamp"]) is None
    True
    """
    if SIGNS.get(schema.name, frozenset()) - set(columns):
        return None
    present_columns: dict[str, Paths] = {}
    for ours, theirs in schema.paths.items():
        # a whole column, or one that a path leads into
        present = {
            name: there
            for name in (*theirs, *(other for path in theirs for other in _ALIASES.get(path, ())))
            if (there := split(columns, name)) is not None and (not there[1] or name in theirs)
        }
        filled = [".".join((there[0], *there[1])) for there in present.values()]
        if filled:
            several = len(theirs) > 1 and len(filled) > 1
            present_columns[ours] = tuple(filled) if several else filled[0]
    if set(schema.columns) - OPTIONAL.get(schema.name, frozenset()) - set(present_columns):
        return None
    update: dict[str, object] = {"columns": present_columns}
    if "event_type" not in present_columns and schema.event_type is None:
        update["event_type"] = without_type(present_columns)
    for extra in (*FURTHER, "unnest"):
        value = getattr(schema, extra)
        if value is not None and split(columns, value) is None:
            others = (split(columns, name) for name in _ALIASES.get(value, ()))
            update[extra] = next((there[0] for there in others if there and not there[1]), None)
    if update.get("return_time", schema.return_time) is None:
        update["return_amount"] = None
    if (
        schema.return_time in schema.paths["event_time"]
        and update.get("return_amount", schema.return_amount) is None
    ):
        update["return_time"] = None
    if schema.currency is None and "price" in present_columns:
        update["currency"] = currency_column(columns)
    return schema.model_copy(update=update)


_CURRENCIES = frozenset(
    (
        "currency", "currencycode", "ordercurrency", "ordercurrencycode", "currencyiso", "curr",
        "ccy", "presentmentcurrency", "paymentcurrency", "transactioncurrency", "basecurrency",
        "waehrung", "währung", "wahrung", "devise", "monnaie", "moneda", "divisa", "moeda",
        "valuta", "waluta", "měna", "mena", "valuutta", "pénznem", "penznem", "deviza",
        "parabirimi", "валюта", "νόμισμα", "通貨", "币种", "货币", "통화",
    )
)  # fmt: skip
"""Names of columns with a currency, without signs between their words."""


def currency_column(columns: Iterable[str]) -> str | None:
    """Return the column that says in which currency a row is, by its name.

    >>> currency_column(["Total", "Currency"]), currency_column(["Betrag", "Währung"])
    ('Currency', 'Währung')
    """
    plain = {
        column: "".join(letter for letter in column.lower() if letter.isalnum())
        for column in columns
    }
    return next((column for column in plain if plain[column] in _CURRENCIES), None)


def without_type(columns: Mapping[str, Paths]) -> str:
    """Return what every row is, where a source has no column for it."""
    return "purchase" if {"order_id", "price"} & set(columns) else "view"


def without_header(fields: Sequence[str]) -> EventSchema | None:
    """Return the preset whose data a text file's first line looks like, where it is no header.

    >>> without_header(["1", "2268318", "2520377", "pv", "1511544070"]).name
    'taobao'
    >>> without_header(["user_id", "item_id", "category_id", "behavior_type", "timestamp"])
    """
    for schema in PRESETS:
        if schema.header or len(fields) != len(schema.names):
            continue
        row = dict(zip(schema.names, (field.strip() for field in fields), strict=True))
        kinds = {word.lower() for word in (*schema.event_types, *schema.ignored_event_types)}
        kind, time = (paths_of(schema.columns[name])[0] for name in ("event_type", "event_time"))
        if row[kind].lower() in kinds and row[time].isdecimal():
            return schema
    return None
