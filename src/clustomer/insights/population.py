"""The customers with their segments, as columns in the order of `user_id`, and sums over them.

Every statistic of this room is one of the aggregates here, named as a fact's source names it:

| aggregate | value over the rows of a key |
|---|---|
| `count` | number of customers |
| `share` | customers over those of `everyone` (for `bots` and `all`: over `all`) |
| `sum`, `mean`, `median`, `min`, `max` | of the column where defined |
| `share_of_sum` | `sum` over that of the same whole; undefined unless that is above 0 |
| `share_defined` | customers for whom the column is defined, over customers |
| `share_at_least(x)`, `share_at_most(x)` | customers with a value ≥ x (≤ x), over customers |
| `count_at_most(x)` | customers with a value ≤ x |
| `share_between(conditions)` | customers for whom the condition, or one of several, holds, over \
those for whom the column is defined; a condition has for each column the value to exceed and the \
one not to, and for `stage` the stages |
| `quantile_of_positive(q)` | the value that a share q of those above 0 do not exceed |
| `count_defined` | customers for whom the column is defined |
| `holders(p)` | how few customers, the highest first, hold the share p of the sum |
| `top_share(p)` | share of the sum held by the highest p of the customers (number rounded up) |
| `standardised_difference(scale)` | mean over the key less that over `everyone`, over the \
standard deviation of `everyone`, where defined; `scale` is `linear` or `log` (signed) |

A key is a segment id, `bots`, `everyone` (all but suspected bots) or `all`.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clustomer.errors import InputError, did_you_mean
from clustomer.segments.arrays import texts_of
from clustomer.segments.matrix.customer_matrix import customer_table, feature_column, is_number
from clustomer.segments.segmentation import BOTS_ID, NOISE_ID

Column = NDArray[np.float64]
Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]
STAGE = "stage"


@dataclass(frozen=True)
class Condition:
    """What may be true of a customer: bounds on columns, and stages of the lifecycle that count.

    `bounds` has for each column the value that must be exceeded and the one up to which it may
    go; None where there is no such bound. No `stages` are any stage.
    """

    bounds: Mapping[str, tuple[float | None, float | None]]
    stages: tuple[str, ...] = ()

    def to_json(self) -> dict[str, list[Any]]:
        """Return it as the aggregate `share_between` has it.

        >>> Condition({"orders": (1.0, None)}, ("new",)).to_json()
        {'orders': [1.0, None], 'stage': ['new']}
        """
        bounds: dict[str, list[Any]] = {
            name: list(self.bounds[name]) for name in sorted(self.bounds)
        }
        return bounds | ({STAGE: list(self.stages)} if self.stages else {})

    @classmethod
    def from_json(cls, stored: Mapping[str, Sequence[Any]]) -> Self:
        """Read what `to_json` returned."""
        bounds = {name: (ends[0], ends[1]) for name, ends in stored.items() if name != STAGE}
        return cls(bounds, tuple(stored.get(STAGE, ())))


EVERYONE = "everyone"
ALL = "all"
OTHERS = "not "
"""Before the id of a segment: all customers who are in another, or in none; no suspected bots."""
BOTS, NOISE = BOTS_ID, NOISE_ID
UNGROUPED = frozenset({BOTS, NOISE})
"""Those who are in no segment: suspected bots, and customers whom the algorithm left over. The
latter are customers like others, and count in every figure of everyone."""

_CALL = re.compile(r"([a-z_]+)(?:\(([^()]*)\))?")


class Population:
    """Customers and their segments, held as NumPy columns sorted by `user_id`.

    Parameters
    ----------
    customers : object with `__arrow_c_stream__`
        One row per customer: `user_id` and numeric columns.
    segments : object with `__arrow_c_stream__`
        One row per customer: `user_id` and `segment_id`.
    stages : pyarrow.ChunkedArray of string, optional
        The stage of the lifecycle of each customer, in the order of `user_id`.

    Raises InputError where the two do not hold the same customers, once each.

    >>> import pyarrow as pa
    >>> people = Population(
    ...     pa.table({"user_id": ["b", "a", "c"], "orders": [2.0, None, 0.0]}),
    ...     pa.table({"user_id": ["a", "b", "c"], "segment_id": ["S1", "S2", "S2"]}),
    ... )
    >>> people.segments
    ('S1', 'S2')
    >>> people.aggregate("S2", "orders", "mean"), people.aggregate("S1", "orders", "mean")
    (1.0, None)
    >>> people.aggregate("S2", "orders", "share_at_least(1)")
    0.5
    """

    def __init__(self, customers: Any, segments: Any, stages: Any = None) -> None:
        customers_table = customer_table(customers)
        segments_table = customer_table(segments)
        if "segment_id" not in segments_table.column_names:
            raise InputError(
                "The table of segments has no column `segment_id`. "
                + did_you_mean("segment_id", segments_table.column_names)
            )
        if not customers_table["user_id"].equals(segments_table["user_id"]):
            raise InputError(
                f"The customer table has {customers_table.num_rows:,} customers and the table of "
                f"segments {segments_table.num_rows:,}, and they are not the same ones; each "
                "customer needs one segment. Segment this customer table again."
            )
        self.size = customers_table.num_rows
        self._user_ids = customers_table["user_id"]
        self._segment = texts_of(segments_table["segment_id"])
        self.stages = None if stages is None else texts_of(stages)
        self.columns: dict[str, Column] = {}
        for field in customers_table.schema:
            if field.name == "user_id" or not is_number(field.type):
                continue
            self.columns[field.name] = feature_column(customers_table, field.name)
        self._latest: tuple[tuple[str, str], Column] | None = None
        self._rows: dict[str, Rows] = {}
        self._spreads: dict[tuple[str, str], tuple[float, float]] = {}
        self._masks: dict[str, Mask] = {}

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The ids of the segments, in their own order, suspected bots left out."""
        ids = set(self._segment.tolist()) - {BOTS}
        return tuple(sorted(ids, key=lambda name: (len(name), name)))

    def rows(self, key: str) -> Rows:
        """Return the positions of a key's customers."""
        if key not in self._rows:
            self._rows[key] = self._find_rows(key)
        return self._rows[key]

    def mask(self, key: str) -> Mask:
        """Return for each customer whether it belongs to a key."""
        if key not in self._masks:
            inside = np.zeros(self.size, dtype=bool)
            inside[self.rows(key)] = True
            self._masks[key] = inside
        return self._masks[key]

    def holds(self, conditions: Sequence[Condition]) -> Mask:
        """Return for each customer whether one of the conditions holds.

        What is undefined for a customer is within no bounds.
        """
        held = np.zeros(self.size, dtype=bool)
        for condition in conditions:
            part = np.ones(self.size, dtype=bool)
            if condition.stages:
                assert self.stages is not None
                part &= np.isin(self.stages, condition.stages)
            for column, (low, high) in condition.bounds.items():
                values = self.columns[column]
                part &= ~np.isnan(values)
                if low is not None:
                    part &= values > low
                if high is not None:
                    part &= values <= high
            held |= part
        return held

    def first_user(self, key: str) -> str:
        """Return the smallest `user_id` of a key: what tells apart two groups equal in all else."""
        return str(self._user_ids[int(self.rows(key)[0])].as_py())

    def values(self, key: str, column: str) -> Column:
        """Return a column over a key's customers, NaN where undefined."""
        if column not in self.columns:
            raise InputError(
                f"The customer table has no column `{column}`. "
                + did_you_mean(column, self.columns)
            )
        return self.columns[column][self.rows(key)]

    def aggregate(self, key: str, column: str, aggregate: str) -> float | int | None:
        """Return one aggregate, as the table above defines it; None where undefined."""
        match = _CALL.fullmatch(aggregate)
        name, given = (match[1], match[2]) if match else (aggregate, None)
        if name in ("share_between", "count_between"):
            stored = json.loads(given or "")
            parts = [stored] if isinstance(stored, dict) else stored
            held = self.holds([Condition.from_json(part) for part in parts])[self.rows(key)]
            if name == "count_between":
                return int(np.sum(held))
            defined = len(self._defined(key, column)) if column in self.columns else len(held)
            return _ratio(int(np.sum(held)), defined)
        arguments = [part.strip() for part in given.split(",")] if given else []
        if name == "count":
            return len(self.rows(key))
        if name == "share":
            return _ratio(len(self.rows(key)), len(self.rows(_whole(key))))
        if name == "share_of_sum":
            total = _SIMPLE["sum"](self._defined(_whole(key), column))
            part = _SIMPLE["sum"](self._defined(key, column))
            return part / total if total is not None and part is not None and total > 0 else None
        if name == "standardised_difference":
            return self._difference(key, column, arguments[0])
        values = self._defined(key, column)
        size = len(self.rows(key))
        if name in _SIMPLE:
            return _SIMPLE[name](values)
        if name == "share_defined":
            return _ratio(len(values), size)
        if name == "share_at_least":
            return _ratio(int(np.sum(values >= float(arguments[0]))), size)
        if name == "share_at_most":
            return _ratio(int(np.sum(values <= float(arguments[0]))), size)
        if name == "count_at_most":
            return int(np.sum(values <= float(arguments[0])))
        if name == "quantile_of_positive":
            return _quantile(values[values > 0], float(arguments[0]))
        if name == "count_defined":
            return len(values)
        if name == "holders":
            return _holders(values, float(arguments[0]))
        if name == "top_share":
            return _top_share(values, float(arguments[0]))
        raise InputError(f"There is no aggregate `{aggregate}`. {did_you_mean(name, AGGREGATES)}")

    def _defined(self, key: str, column: str) -> Column:
        # several aggregates of one column are asked for in a row
        if self._latest is None or self._latest[0] != (key, column):
            values = self.values(key, column)
            self._latest = ((key, column), values[~np.isnan(values)])
        return self._latest[1]

    def _difference(self, key: str, column: str, scale: str) -> float | None:
        if (column, scale) not in self._spreads:
            self._spreads[column, scale] = _spread(_scaled(self._defined(EVERYONE, column), scale))
        mean, deviation = self._spreads[column, scale]
        part = _scaled(self._defined(key, column), scale)
        if not len(part) or not deviation > 0:
            return None
        return (float(np.mean(part)) - mean) / deviation

    def _find_rows(self, key: str) -> Rows:
        if key == ALL:
            return np.arange(self.size)
        if key == EVERYONE:
            return np.flatnonzero(self._segment != BOTS)
        if key.startswith(OTHERS):
            return np.flatnonzero(~np.isin(self._segment, [BOTS, key.removeprefix(OTHERS)]))
        return np.flatnonzero(self._segment == key)


AGGREGATES = (
    "count",
    "share",
    "sum",
    "mean",
    "median",
    "min",
    "max",
    "share_of_sum",
    "share_defined",
    "share_at_least",
    "share_at_most",
    "count_at_most",
    "share_between",
    "count_between",
    "quantile_of_positive",
    "count_defined",
    "holders",
    "top_share",
    "standardised_difference",
)
"""The names of the aggregates over customers."""


def _whole(key: str) -> str:
    return ALL if key in (BOTS, ALL) else EVERYONE


def _ratio(part: int, total: int) -> float | None:
    return part / total if total else None


def _quantile(values: Column, part: float) -> float | None:
    if not len(values):
        return None
    place = max(math.ceil(round(part * len(values), 9)), 1) - 1
    return float(np.partition(values, place)[place])


_AT_ONCE = 65_536


def _sum(values: Column) -> float:
    """Return the sum, rounded once whatever the order: money is exact to the last digit.

    A few values at a time become numbers of Python, which take three times the memory.
    """
    parts = (values[place : place + _AT_ONCE] for place in range(0, len(values), _AT_ONCE))
    return math.fsum(chain.from_iterable(part.tolist() for part in parts))


def _top_share(values: Column, top: float) -> float | None:
    total = _sum(values)
    if not total > 0:
        return None
    highest = np.sort(values)[::-1][: math.ceil(round(top * len(values), 9))]
    return _sum(highest) / total


def _holders(values: Column, share: float) -> int | None:
    total = _sum(values)
    if not total > 0:
        return None
    highest = np.sort(values)[::-1]
    before = np.cumsum(highest) - highest
    return int(np.sum(before < share * total))


def _scaled(values: Column, scale: str) -> Column:
    return signed_log(values) if scale == "log" else values


def signed_log(values: Column) -> Column:
    """Return `sign(x) * ln(1 + |x|)`: `log1p` for what is not negative, odd around 0.

    >>> signed_log(np.array([-1.0, 0.0, 1.0])).round(6).tolist()
    [-0.693147, 0.0, 0.693147]
    """
    return np.sign(values) * np.log(np.abs(values) + 1.0)


def _spread(values: Column) -> tuple[float, float]:
    # Equal values can leave a spread of rounding noise behind.
    if not len(values) or values.min() == values.max():
        return 0.0, 0.0
    return float(np.mean(values)), float(np.std(values))


def _unless_empty(function: Callable[[Column], float]) -> Callable[[Column], float | None]:
    return lambda values: function(values) if len(values) else None


_SIMPLE: Mapping[str, Callable[[Column], float | None]] = {
    "sum": _unless_empty(_sum),
    "mean": _unless_empty(lambda values: float(np.mean(values))),
    "median": _unless_empty(lambda values: float(np.median(values))),
    "min": _unless_empty(lambda values: float(values.min())),
    "max": _unless_empty(lambda values: float(values.max())),
}
