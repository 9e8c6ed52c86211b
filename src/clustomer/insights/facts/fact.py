"""A fact: one number that a text shows, with the way to recompute it."""

from collections.abc import Mapping
from dataclasses import dataclass

Value = float | int | str | None


@dataclass(frozen=True)
class Fact:
    """One computed number (or word), its unit, and where it comes from.

    `source` has the keys table, key, column and aggregate, as `sources` documents them.
    `value` is None where the data do not define it.
    """

    id: str
    value: Value
    unit: str
    decimals: int
    segment_id: str | None
    source: Mapping[str, str]


@dataclass(frozen=True)
class Mismatch:
    """A fact that its source does not confirm.

    `stated` and `recomputed` are values, or, where the query that is stored with the fact is
    not that of its source, the two queries.
    """

    id: str
    stated: Value
    recomputed: Value
