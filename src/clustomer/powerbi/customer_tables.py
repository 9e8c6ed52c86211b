"""The tables with a row for each customer, or for what belongs to one."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from clustomer.customers import FEATURES
from clustomer.insights.population import BOTS
from clustomer.lifecycle import Lifecycle
from clustomer.powerbi.columns import (
    COUNT,
    DATE,
    NUMBER,
    SHARE,
    Column,
    Kind,
    StarTable,
    star_table,
)
from clustomer.powerbi.measures import MONEY
from clustomer.powerbi.relationships import CUSTOMER, SEGMENT
from clustomer.versions import StoredRun

_FEATURES = {feature.name: feature for feature in FEATURES}
_UNITS = {"currency": MONEY, "share": SHARE}
_NOT_TAKEN = frozenset({"user_id", "segment_id", "segment", "cluster", "revenue", "orders"}) | {
    "expected_on",
    "due",
    "past_due",
}
"""What other tables say, or comes from the lifecycle."""
_TITLES = {
    "late": ("Late", "Slowing or at risk, by their own rhythm; not lapsed."),
    "test_group": (
        "Test group",
        "Whom to contact, and whom to hold back in a test; empty where too few.",
    ),
    "distance": ("Distance", "From the centre of the segment, in standard deviations."),
    "border_distance": ("From the border", "0 on the border to another segment, to 1."),
    "defined_group": ("Plain group", "A definition, which holds where no segments do."),
    "last_order_on": ("Last order", "On the shop's clock."),
    "stage": ("Stage", "Where the customer stands: new, active, ..., lapsed."),
}
_LIFECYCLE = {
    "due": ("Due to order", "A buyer who is not late, and whose next order is expected soon."),
    "past_due": ("Past due", "Due, and expected before the end of the data: not only soon."),
    "expected_on": ("Next order expected", "By when half of such pauses are over."),
}
_LIFETIME = {
    "p_alive": ("Still a customer", SHARE, "The probability of not having left for good."),
    "expected_orders": ("Expected orders", "", "Orders in the horizon of the forecast."),
    "expected_orders_low": ("Expected orders, low", "", "The lower end of the interval."),
    "expected_orders_high": ("Expected orders, high", "", "The upper end of the interval."),
    "expected_revenue": ("Expected revenue", MONEY, "What they bring, less what is sent back."),
    "expected_revenue_low": ("Expected revenue, low", MONEY, "The lower end of the interval."),
    "expected_revenue_high": ("Expected revenue, high", MONEY, "The upper end of the interval."),
    "lifetime_value": ("Lifetime value", MONEY, "The margin on the expected revenue."),
}

Cells = tuple[Column, pa.ChunkedArray]


def kind_of(kind: pa.DataType) -> Kind:
    """Return the kind of column that values of a type are.

    >>> kind_of(pa.float32()), kind_of(pa.timestamp("us")), kind_of(pa.list_(pa.string()))
    ('number', 'date', 'text')
    """
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "whole"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date"
    return "text"


class CustomerKeys:
    """A number for each customer that is no suspected bot, from 1, in the order of `user_id`.

    Numbers, since Power BI takes two ids for one where only their case or a blank at their end
    differs.
    """

    def __init__(self, stored: StoredRun) -> None:
        segments = stored.segments
        self.segments = segments.filter(pc.not_equal(segments["segment_id"], BOTS))
        self.ids = self.segments["user_id"].combine_chunks()

    @property
    def numbers(self) -> pa.ChunkedArray:
        """The keys of all customers, in their order."""
        return pa.chunked_array([pa.array(range(1, len(self.ids) + 1), pa.int64())])

    def rows_of(self, table: pa.Table) -> pa.Table:
        """Return a table with a row for each customer, in the order of the keys."""
        return table.take(pc.index_in(self.ids, value_set=table["user_id"].combine_chunks()))

    def keyed(self, table: pa.Table) -> tuple[pa.Table, pa.ChunkedArray]:
        """Return the rows of a table that are of these customers, and the key of each."""
        places = pc.index_in(table["user_id"], value_set=self.ids)
        present = pc.is_valid(places)
        keys = pc.add(pc.cast(places.filter(present), pa.int64()), 1)
        return table.filter(present), keys


def customers_table(
    stored: StoredRun, keys: CustomerKeys, segment_keys: dict[str, int]
) -> StarTable:
    """Return `Customers`: each customer with its segment, its features and what else is known."""
    segment_ids = keys.segments["segment_id"]
    of_segments = pa.array([segment_keys[s] for s in segment_ids.to_pylist()], pa.int64())
    columns: list[Cells] = [
        (Column(CUSTOMER, "customer_key", "whole", hidden=True), keys.numbers),
        (Column(SEGMENT, "segment_key", "whole", hidden=True), pa.chunked_array([of_segments])),
        (Column("Customer", "user_id", "text", "The id in the log."), keys.segments["user_id"]),
    ]
    columns += _known_of(keys.segments, titled=True)
    if isinstance(stored.lifecycle, Lifecycle):
        lifecycle = keys.rows_of(stored.lifecycle.table)
        for name, (title, text) in _LIFECYCLE.items():
            column = Column(title, name, kind_of(lifecycle[name].type), text)
            columns.append((column, lifecycle[name]))
    columns += _features(keys.rows_of(stored.customers))
    # what a user's file brings comes last: its names are changed where they are taken
    columns += _known_of(keys.segments, titled=False)
    return star_table("Customers", "One row per customer, without suspected bots.", columns)


def lifetime_table(stored: StoredRun, keys: CustomerKeys) -> StarTable:
    """Return `Lifetime`: what each customer who has ordered is expected to order and to bring."""
    forecast = stored.forecast
    assert forecast is not None
    ordered = forecast.table.filter(pc.is_valid(forecast.table["expected_orders"]))
    rows, numbers = keys.keyed(ordered)
    columns: list[Cells] = [(Column(CUSTOMER, "customer_key", "whole", hidden=True), numbers)]
    for name, (title, form, text) in _LIFETIME.items():
        if name in rows.column_names and rows[name].null_count < rows.num_rows:
            columns.append((Column(title, name, "number", text, form), rows[name]))
    text = f"The forecast of the {forecast.horizon_days} days after the period, of who has ordered."
    return star_table("Lifetime", text, columns)


def recommendations_table(stored: StoredRun, keys: CustomerKeys) -> StarTable:
    """Return `Recommendations`: the list of each customer."""
    made = stored.recommendations
    assert made is not None
    rows, numbers = keys.keyed(made.table)
    titles = {
        "rank": ("Rank", "The place on the list, from 1."),
        "product_id": ("Product", "The id in the log."),
        "score": ("Score", "How often such a place was taken before, of 1."),
        "reason": ("Reason", "Why it stands on the list."),
        "reason_product": ("Because of", "The customer's product that is meant."),
        "product_name": ("Product name", "What the product is called."),
        "reason_product_name": ("Because of name", "What the customer's product is called."),
    }
    columns: list[Cells] = [(Column(CUSTOMER, "customer_key", "whole", hidden=True), numbers)]
    for name, (title, text) in titles.items():
        if name not in rows.column_names:
            continue
        column = Column(title, name, kind_of(rows[name].type), text)
        columns.append((column, rows[name]))
    return star_table("Recommendations", "Products for each customer, best first.", columns)


def _known_of(segments: pa.Table, *, titled: bool) -> Iterator[Cells]:
    """Return what segments.parquet says of customers beside their segment; or the rest of it."""
    for name in segments.column_names:
        if name in _NOT_TAKEN or name.endswith("_segment_id") or (name in _TITLES) != titled:
            continue
        plain = name.removesuffix("_segment").removeprefix("attribute_").replace("_", " ")
        title, text = _TITLES.get(name, (plain[:1].upper() + plain[1:], ""))
        kind = kind_of(segments[name].type)
        yield Column(title, name, kind, text, DATE if kind == "date" else ""), segments[name]


def _features(customers: pa.Table) -> Iterator[Cells]:
    for name in customers.column_names[1:]:
        feature = _FEATURES.get(name)
        label = feature.label if feature else name.replace("_", " ")
        yield (
            Column(
                label[:1].upper() + label[1:],
                name,
                "number",
                feature.definition if feature else "",
                _format(customers[name], feature.unit if feature else ""),
            ),
            customers[name],
        )


def _format(values: pa.ChunkedArray, unit: str) -> str:
    """Return how a feature is written: money, shares, and counts without decimals."""
    if unit in _UNITS:
        return _UNITS[unit]
    counts = pc.all(pc.equal(values, pc.floor(values))).as_py()
    return COUNT if counts else NUMBER
