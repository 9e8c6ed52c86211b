"""Columns and tables of the star, as Power BI Desktop takes them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["text", "whole", "number", "date", "boolean"]

COUNT = "#,##0"
SHARE = "0.0%"
NUMBER = "#,##0.00"
DATE = "yyyy-mm-dd"

LONGEST_NAME = 100
"""Characters that a name of the model may have."""

LONGEST_TEXT = 32_000
"""Characters of a text: Power BI cuts what has more than 32,766, and a query cut short is wrong."""

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}
_FORMATS: dict[Kind, str] = {
    "text": "",
    "whole": COUNT,
    "number": NUMBER,
    "date": DATE,
    "boolean": "",
}


@dataclass(frozen=True)
class Column:
    """One column: what it is called in the model, and how it is read from the file.

    Attributes
    ----------
    name : str
        In the model; no other column of the table has it, upper and lower case alike.
    source : str
        In the Parquet file.
    kind : "text", "whole", "number", "date" or "boolean"
    description : str
    format : str
        As Power BI writes formats; that of the kind without one.
    hidden : bool
        Keys, and what only sorts another column.
    sort_by : str
        The name of the column that gives this one its order.
    key : bool
        Whether it names the rows of its table, as the model is to know.
    """

    name: str
    source: str
    kind: Kind
    description: str = ""
    format: str = ""
    hidden: bool = False
    sort_by: str = ""
    key: bool = False

    @property
    def format_string(self) -> str:
        """The format that the model states."""
        return self.format or _FORMATS[self.kind]


@dataclass(frozen=True, eq=False)
class StarTable:
    """A table of the star: its name in the model, its columns, and its rows as they are stored."""

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: pa.Table

    @property
    def file(self) -> str:
        """The name of its Parquet file."""
        return f"{self.name.lower().replace(' ', '_')}.parquet"

    def has(self, name: str) -> bool:
        """Return whether it has a column of this name in the model."""
        return any(column.name == name for column in self.columns)


def star_table(
    name: str, description: str, columns: Iterable[tuple[Column, pa.ChunkedArray]]
) -> StarTable:
    """Make a table of columns and their values, each in the type that its kind is stored as.

    Names are shortened, and told apart where only their case differs, since Power BI reads
    `Orders` and `orders` as one name.

    >>> values = pa.chunked_array([[1, 2]])
    >>> table = star_table(
    ...     "Shops", "", [(Column("Id", "a", "whole"), values), (Column("ID", "b", "text"), values)]
    ... )
    >>> [column.name for column in table.columns], table.rows.schema.types
    (['Id', 'ID (2)'], [DataType(int64), DataType(string)])
    """
    columns = list(columns)
    names = distinct([column.name for column, _ in columns])
    sources = distinct([re.sub(r"\W", "_", c.source, flags=re.ASCII) for c, _ in columns])
    named = tuple(
        replace(column, name=name, source=re.sub(r"\W+", "_", source, flags=re.ASCII))
        for (column, _), name, source in zip(columns, names, sources, strict=True)
    )
    arrays = [_stored(values, column.kind) for column, values in columns]
    rows = pa.table(arrays, names=[column.source for column in named])
    return StarTable(name, description, named, rows)


def distinct(names: Sequence[str]) -> list[str]:
    """Return names that a model can bear: of one line, not too long, and no two alike.

    >>> distinct(["Orders", "ORDERS", " a\\nb "])
    ['Orders', 'ORDERS (2)', 'a b']
    """
    taken: set[str] = set()
    result = []
    for name in names:
        plain = _one_line(name)[:LONGEST_NAME].strip() or "Unnamed"
        free, number = plain, 1
        while _folded(free) in taken:
            number += 1
            mark = f" ({number})"
            free = plain[: LONGEST_NAME - len(mark)].rstrip() + mark
        taken.add(_folded(free))
        result.append(free)
    return result


def _one_line(text: str) -> str:
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return re.sub(r"\s+", " ", visible).strip()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _stored(values: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    """Return values in the type that is stored; what a model cannot hold is empty."""
    if kind == "text":
        if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
            values = pc.binary_join(pc.cast(values, pa.list_(pa.string())), ", ")
        texts = pc.cast(values, pa.string())
        return pc.if_else(pc.less_equal(pc.utf8_length(texts), LONGEST_TEXT), texts, None)
    cast = pc.cast(values, _TYPES[kind])
    if kind == "number":
        return pc.if_else(pc.is_finite(cast), cast, None)
    return cast
