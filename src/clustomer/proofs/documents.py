"""Stored documents and tables beside those that were made again, value by value."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.insights.facts.verification import RELATIVE_TOLERANCE
from clustomer.versions import Difference

Leaf = tuple[str, Any, Any]
"""The place of a value in a document, what is stored there, and what was made again."""


def leaves(stored: Any, remade: Any, place: str = "") -> Iterator[Leaf]:
    """Give every value of two JSON documents by its place; what only one of them has is None.

    >>> list(leaves({"a": [1, 2], "b": {}}, {"a": [1], "c": "x"}))
    [('a/0', 1, 1), ('a/1', 2, None), ('b', {}, None), ('c', None, 'x')]
    """
    if isinstance(stored, Mapping) and isinstance(remade, Mapping) and (stored or remade):
        keys = dict.fromkeys([*stored, *remade])
        parts = [(key, stored.get(key), remade.get(key)) for key in keys]
    elif isinstance(stored, list) and isinstance(remade, list) and (stored or remade):
        length = max(len(stored), len(remade))
        first, second = ([*values, *[None] * (length - len(values))] for values in (stored, remade))
        parts = list(zip(map(str, range(length)), first, second, strict=True))
    else:
        yield place, stored, remade
        return
    for key, one, other in parts:
        yield from leaves(one, other, f"{place}/{key}" if place else key)


def same(stored: Any, remade: Any) -> bool:
    """Tell whether two values are equal, numbers to 1e-9 of their size (or of 1, below it).

    >>> same(0.3, 0.1 + 0.2), same(3, 3.1), same(True, 1), same(None, 0.0)
    (True, False, False, False)
    """
    numbers = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in (stored, remade)
    )
    if not numbers:
        return type(stored) is type(remade) and bool(stored == remade)
    return bool(abs(stored - remade) <= RELATIVE_TOLERANCE * max(1.0, abs(stored), abs(remade)))


def compare_documents(file: str, stored: Any, remade: Any) -> tuple[int, list[Difference]]:
    """Return how many values were compared, and where they differ.

    `remade` may hold tuples and other JSON-ready values.
    """
    pairs = list(leaves(stored, json.loads(json.dumps(remade))))
    differing = [
        Difference("rerun", f"{file}: {place}", one, other)
        for place, one, other in pairs
        if not same(one, other)
    ]
    return len(pairs), differing


def compare_tables(
    file: str, stored: pa.Table, remade: pa.Table, key: str
) -> tuple[int, list[Difference]]:
    """Do the same with the columns of two tables that are sorted by `key`.

    Of each column the first row that differs is given, and how many others there are.
    """
    if not stored[key].combine_chunks().equals(remade[key].combine_chunks()):
        lengths = (stored.num_rows, remade.num_rows)
        if lengths[0] != lengths[1]:
            return 1, [Difference("rerun", f"{file}: rows", *lengths)]
        return lengths[0], [_first(file, key, stored, remade, key)]
    names = dict.fromkeys([*stored.column_names, *remade.column_names])
    differing = []
    for name in names:
        if name not in stored.column_names or name not in remade.column_names:
            types = [
                str(table.schema.field(name).type) if name in table.column_names else None
                for table in (stored, remade)
            ]
            differing.append(Difference("rerun", f"{file}: {name}", *types))
        elif _unlike(stored[name], remade[name]).any():
            differing.append(_first(file, name, stored, remade, key))
    return stored.num_rows * len(names), differing


def _first(file: str, name: str, stored: pa.Table, remade: pa.Table, key: str) -> Difference:
    rows = np.flatnonzero(_unlike(stored[name], remade[name])).tolist()
    others = f" (+{len(rows) - 1:,})" if len(rows) > 1 else ""
    place = f"{file}: {name}/{stored[key][rows[0]].as_py()}{others}"
    return Difference("rerun", place, stored[name][rows[0]].as_py(), remade[name][rows[0]].as_py())


def _unlike(stored: pa.ChunkedArray, remade: pa.ChunkedArray) -> Any:
    """Return which values of two columns differ, a row each; empty equals empty."""
    if pa.types.is_floating(stored.type) and pa.types.is_floating(remade.type):
        one, other = (column.fill_null(np.nan).to_numpy() for column in (stored, remade))
        size = np.maximum(1.0, np.maximum(np.abs(one), np.abs(other)))
        alike = (np.abs(one - other) <= RELATIVE_TOLERANCE * size) | (
            np.isnan(one) & np.isnan(other)
        )
        return ~alike
    if stored.type != remade.type:
        return np.ones(len(stored), dtype=bool)
    alike = pc.or_(
        pc.equal(stored, remade).fill_null(False), pc.and_(stored.is_null(), remade.is_null())
    )
    return ~alike.to_numpy()
