"""Attributes: what a shop knows of a customer besides events, such as country or channel.

They describe segments and filter them. They never decide who is in one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clustomer.engines import DuckDB, quoted
from clustomer.errors import InputError, did_you_mean, first_line
from clustomer.events.missing import customer_expression, present_expression
from clustomer.events.sources import Source, open_source
from clustomer.progress import counted

MAX_ATTRIBUTES = 50
_CUSTOMER = "user_id"
_KINDS = ("text", "parquet", "table")


@dataclass(frozen=True)
class Attributes:
    """What is known of the customers of a run.

    Attributes
    ----------
    table : pyarrow.Table
        `user_id`, every customer of the run, sorted, and a column of text per attribute, NULL
        where nothing is known.
    source : str
        What the file is called in texts.
    customers : int
        Customers in the file.
    without_events : int
        Those of them who have no events in the run; they are not in `table`.
    without_attributes : int
        Customers of the run who are not in the file.
    """

    table: pa.Table
    source: str
    customers: int
    without_events: int
    without_attributes: int

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes, in the order of the file."""
        return tuple(name for name in self.table.column_names if name != _CUSTOMER)

    @cached_property
    def parquet(self) -> bytes:
        """The content of `attributes.parquet`: the same table gives the same bytes."""
        sink = pa.BufferOutputStream()
        pq.write_table(self.table, sink, compression="zstd")
        return bytes(sink.getvalue())

    def to_json(self) -> Mapping[str, Any]:
        """Return what the manifest says of them."""
        return {
            "source": self.source,
            "names": list(self.names),
            "customers": self.customers,
            "without_events": self.without_events,
            "without_attributes": self.without_attributes,
            "sha256": hashlib.sha256(self.parquet).hexdigest(),
        }


def read_attributes(source: Any, customers: object, *, engine: DuckDB | None = None) -> Attributes:
    """Read what is known of customers besides their events.

    Parameters
    ----------
    source : path of a CSV, TSV or Parquet file, or any object with `__arrow_c_stream__`
        One row per customer. The column `user_id`, or else the first one, names the customer,
        as the events do; every other column is an attribute. Empty text, "null" and the like
        mean that nothing is known.
    customers : any table with `user_id`
        The customers of the run.
    engine : DuckDB, optional

    Raises
    ------
    InputError
        If it cannot be read whole, has no attribute or more than 50, a row without a customer,
        two rows for one, or no customer who has events.

    Examples
    --------
    >>> known = read_attributes(
    ...     pa.table({"customer": [2.0, 1.0, 9.0], "country": ["DE", " ", "FR"]}),
    ...     pa.table({"user_id": ["1", "2", "3"]}),
    ... )
    >>> known.table.to_pydict()
    {'user_id': ['1', '2', '3'], 'country': [None, 'DE', None]}
    >>> known.customers, known.without_events, known.without_attributes
    (3, 1, 1)
    """
    if engine is None:
        with DuckDB() as embedded:
            return read_attributes(source, customers, engine=embedded)
    opened = open_source(engine, source)
    label = f"The file of attributes {opened.label}"
    if opened.kind not in _KINDS:
        raise InputError(
            f"{label} is of the kind {opened.kind}. Expected CSV, TSV or Parquet with a row for "
            "each customer."
        )
    customer = next((name for name in opened.columns if name.lower() == _CUSTOMER), None)
    customer = customer or next(iter(opened.columns))
    names = [name for name in opened.columns if name != customer]
    if not names:
        raise InputError(
            f"{label} has no column besides `{customer}`. Expected the customer and at least one "
            "attribute, such as a country."
        )
    if len(names) > MAX_ATTRIBUTES:
        raise InputError(
            f"{label} has {len(names):,} attributes; at most {MAX_ATTRIBUTES} were expected. Keep "
            "the columns that you want to see in the report."
        )
    _load(engine, opened, customer, names, label)
    engine.register("attribute_customers", pa.table(customers).select([_CUSTOMER]))
    table = engine.arrow(
        "SELECT c.user_id, a.* EXCLUDE (attribute_customer) FROM attribute_customers AS c "
        "LEFT JOIN attributes AS a ON a.attribute_customer = CAST(c.user_id AS VARCHAR) "
        "ORDER BY c.user_id"
    )
    [(rows, with_events)] = engine.rows(
        "SELECT COUNT(*), COUNT(c.user_id) FROM attributes AS a LEFT JOIN attribute_customers AS c "
        "ON a.attribute_customer = CAST(c.user_id AS VARCHAR)"
    )
    [(theirs, ours)] = engine.rows(
        "SELECT (SELECT MIN(attribute_customer) FROM attributes), "
        "(SELECT MIN(CAST(user_id AS VARCHAR)) FROM attribute_customers)"
    )
    engine.unregister("attribute_customers")
    engine.execute("DROP TABLE attributes")
    if not with_events:
        raise InputError(
            f"None of the {rows:,} customers in the column `{customer}` of {opened.label} has "
            f"events: there it says {theirs!r}, in the events {ours!r}. Name the column of the "
            "customer `user_id`, or put it first."
        )
    # Every customer of the run is in the table once, found in the file or not.
    fields = [(name, pa.string()) for name in table.column_names]
    table = table.cast(pa.schema(fields)).combine_chunks()
    return Attributes(table, opened.label, rows, rows - with_events, table.num_rows - with_events)


def _load(engine: DuckDB, opened: Source, customer: str, names: list[str], label: str) -> None:
    def text(name: str) -> str:
        return f"({present_expression(quoted(name), opened.columns[name])})"

    fields = [f"{customer_expression(text(customer))} AS attribute_customer"]
    fields += [f"{text(name)} AS {quoted(name)}" for name in names]
    try:
        with opened.opened():
            engine.execute(
                f"CREATE OR REPLACE TABLE attributes AS SELECT {', '.join(fields)} "
                f"FROM {opened.reading([customer, *names])}",
                opened.parameters,
            )
    except engine.errors as error:
        raise InputError(f"{label} cannot be read: {first_line(error)}") from error
    broken = engine.rows(opened.rejects) if opened.rejects else []
    if broken:
        raise InputError(
            f"{label} has {counted(len(broken), 'line')} that cannot be read, such as "
            f"{broken[0][1]!r}. Expected {len(names) + 1} values on each line; mend or remove "
            f"{'it' if len(broken) == 1 else 'them'}."
        )
    [(rows, missing)] = engine.rows(
        "SELECT COUNT(*), COUNT(*) - COUNT(attribute_customer) FROM attributes"
    )
    if not rows:
        raise InputError(f"{label} has no rows. Expected one for each customer.")
    if missing:
        raise InputError(
            f"{label} has {counted(missing, 'row')} without a customer in the column "
            f"`{customer}`. Fill or remove {'it' if missing == 1 else 'them'}."
        )
    twice = engine.rows(
        "SELECT attribute_customer FROM attributes GROUP BY attribute_customer "
        "HAVING COUNT(*) > 1 ORDER BY attribute_customer"
    )
    if twice:
        raise InputError(
            f"{label} has more than one row for {counted(len(twice), 'customer')}, such as "
            f"{twice[0][0]!r}, in the column `{customer}`. Keep one row for each. "
            + (did_you_mean(_CUSTOMER, names) if customer.lower() != _CUSTOMER else "")
        )
