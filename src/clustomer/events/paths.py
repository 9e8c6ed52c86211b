"""Nested values: dotted paths into objects and into lists of keys and values."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import pyarrow as pa

from clustomer.engines import literal

Structure: TypeAlias = str | list["Structure"] | dict[str, "Structure"]
"""What is inside of a value: a type's name, a list of one structure, or named members."""

_VALUES = ("string_value", "int_value", "float_value", "double_value")


def split(columns: Iterable[str], path: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the column that a path begins with, and the steps from there on.

    Names are compared without case; a column whose own name has dots comes first.

    >>> split(["Item", "at"], "item.price")
    ('Item', ('price',))
    >>> split(["item.price", "item"], "item.price")
    ('item.price', ())
    >>> split(["at"], "item.price") is None
    True
    """
    present = {column.lower(): column for column in columns}
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        column = present.get(".".join(parts[:count]).lower())
        if column is not None:
            return column, tuple(parts[count:])
    return None


def names_of(columns: Iterable[str], structure: Mapping[str, Structure]) -> list[str]:
    """Return the columns, with dotted paths for the members of objects.

    >>> names_of(["at", "item"], {"item": {"id": "VARCHAR", "tags": ["VARCHAR"]}})
    ['at', 'item.id', 'item.tags']
    """
    names: list[str] = []

    def walk(name: str, inside: Structure) -> None:
        if isinstance(inside, dict) and inside:
            for key, value in inside.items():
                walk(f"{name}.{key}", value)
        else:
            names.append(name)

    for column in columns:
        walk(column, structure.get(column, ""))
    return names


def knows(inside: Structure | None, steps: tuple[str, ...]) -> bool:
    """Tell whether steps lead to something; what is not known counts as there.

    >>> knows({"id": "VARCHAR"}, ("id",)), knows({"id": "VARCHAR"}, ("price",))
    (True, False)
    >>> knows([{"key": "VARCHAR", "value": "JSON"}], ("any key",))
    True
    """
    if inside is None or inside == "JSON" or not steps:
        return True
    if isinstance(inside, list):
        return bool(inside) and isinstance(inside[0], dict) and {"key", "value"} <= set(inside[0])
    return isinstance(inside, dict) and steps[0] in inside and knows(inside[steps[0]], steps[1:])


def structure_of(kind: Any) -> Structure:
    """Return what is inside of values of an Arrow type.

    >>> structure_of(pa.struct({"id": pa.string(), "tags": pa.list_(pa.int64())}))
    {'id': 'string', 'tags': ['int64']}
    """
    if pa.types.is_struct(kind):
        return {part.name: structure_of(part.type) for part in kind}
    if pa.types.is_map(kind):
        return [{"key": str(kind.key_type), "value": structure_of(kind.item_type)}]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [structure_of(kind.value_type)]
    return str(kind)


def json_at(column: str, kind: str, steps: tuple[str, ...]) -> str:
    """Return DuckDB SQL for the JSON at the end of steps inside of a column."""
    # JSON of a source may come as text, and not be JSON in every row
    document = f"TRY_CAST({column} AS JSON)" if kind == "JSON" else f"TO_JSON({column})"
    return f"JSON_EXTRACT({document}, {_pointer(steps)})" if steps else document


def text_at(column: str, kind: str, steps: tuple[str, ...]) -> str:
    """Return DuckDB SQL for the text of a value inside of a column.

    A list of objects with `key` and `value` is looked up by its keys, as GA4
    writes the parameters of an event; where such a value is an object, its
    first `string_value`, `int_value`, `float_value` or `double_value` counts.
    """
    document = json_at(column, kind, ())
    plain = f"JSON_EXTRACT_STRING({document}, {_pointer(steps)})"
    if kind.startswith("STRUCT") and not kind.endswith("]"):
        return plain
    members = ", ".join(f"JSON_EXTRACT_STRING(pair, '/value/{name}')" for name in _VALUES)
    value = (
        f"COALESCE({members}, CASE WHEN JSON_TYPE(pair, '/value') <> 'OBJECT' "
        "THEN JSON_EXTRACT_STRING(pair, '/value') END)"
    )
    key = literal(".".join(steps)).sql("duckdb")
    by_key = (
        f"[{value} FOR pair IN JSON_EXTRACT({document}, '$[*]') "
        f"IF JSON_EXTRACT_STRING(pair, '/key') = {key}][1]"
    )
    if kind.endswith("]"):
        return by_key
    return f"CASE WHEN JSON_TYPE({document}) = 'ARRAY' THEN {by_key} ELSE {plain} END"


def pointer(*steps: str) -> str:
    """Return the JSON pointer (RFC 6901) of some steps.

    >>> pointer("item", "a/b")
    '/item/a~1b'
    """
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _pointer(steps: tuple[str, ...]) -> str:
    return literal(pointer(*steps)).sql("duckdb")
