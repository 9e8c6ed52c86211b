"""Why revenue changed between two periods: parts that add up, each held against chance.

Revenue of a group is customers × orders of a customer × value of an order × what is kept after
returns. Customers of a group are all customers × the group's share of them. What each of these
factors contributes is its Shapley value (Shapley 1953): the mean, over all orders in which the
factors can be changed one after the other, of what revenue changes by at its turn.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clustomer.errors import InputError
from clustomer.thresholds import CHANCE

ARRIVED = "arrived"
"""The group of those who were first seen in the period itself."""

FACTORS = ("customers", "movement", "orders", "value", "returns")
"""What can change: how many customers there are in all, how they are spread over the groups, how
often those of a group order, what an order is worth, and what part of it is not sent back."""

_COLUMNS = ("orders", "sold", "returned")
_CENT = Decimal("0.01")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """What one factor of one group contributed.

    Attributes
    ----------
    group : str
        A segment id or `ARRIVED`; "" for the number of customers in all.
    factor : str
        One of `FACTORS`.
    amount : Decimal
        To the cent.
    error : float
        The standard error: how much it varies by chance among such customers.
    surely : bool
        Whether it is more than chance makes of any of so many parts.
    """

    group: str
    factor: str
    amount: Decimal
    error: float
    surely: bool

    @property
    def key(self) -> str:
        """What it is called in tables and facts: "S1.orders"."""
        return f"{self.group}.{self.factor}" if self.group else self.factor


@dataclass(frozen=True)
class Change:
    """Why revenue changed.

    Attributes
    ----------
    before, after : Decimal
        Revenue of the two periods.
    error : float
        The standard error of the change.
    surely : bool
        Whether the change is more than chance makes of such customers.
    parts : tuple of Part
        The largest first; their amounts add up to the change to the cent.
    """

    before: Decimal
    after: Decimal
    error: float
    surely: bool
    parts: tuple[Part, ...]

    @property
    def amount(self) -> Decimal:
        """The change."""
        return self.after - self.before

    @property
    def named(self) -> tuple[Part, ...]:
        """The parts that are more than chance."""
        return tuple(part for part in self.parts if part.surely)


def change_of(before: pa.Table, after: pa.Table) -> Change:
    """Return why revenue changed from one period to another.

    The errors are those of the linearised parts, where customers are drawn anew (a Poisson
    bootstrap in closed form), each with what they did in both periods. A part is told where it is
    so large that by chance not even one of all parts would be (5 % for all together, Bonferroni).

    Parameters
    ----------
    before, after : pyarrow.Table
        A row for each customer who was there: `user_id`, `group` (the segment at the beginning of
        the period, or "arrived"), `orders`, `sold` and `returned` in it.

    Raises
    ------
    InputError
        Where a period has no customers.

    Examples
    --------
    >>> def period(orders, sold):
    ...     ids = [f"u{n}" for n in range(len(orders))]
    ...     return pa.table({"user_id": ids, "group": ["S1"] * len(ids), "orders": orders,
    ...         "sold": sold, "returned": [0.0] * len(ids)})
    >>> change = change_of(period([1, 1], [10.0, 10.0]), period([2, 1], [20.0, 10.0]))
    >>> change.amount, [(part.factor, part.amount) for part in change.parts if part.amount]
    (Decimal('10.00'), [('orders', Decimal('10.00'))])
    """
    for table in (before, after):
        if not table.num_rows:
            raise InputError(
                "A period has no customers; one was expected in each. Choose periods in which "
                "somebody was there."
            )
    groups = _values("group", before, after)
    rows, columns, values = _stacked(before, after, groups)
    size = 2 * len(groups) * (1 + len(_COLUMNS))
    totals: Floats = np.bincount(columns, weights=values, minlength=size).astype(np.float64)
    parts = _parts(totals, len(groups))
    gradients = _gradients(totals, len(groups))
    spread = _spread(rows, columns, values, size)
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", gradients, spread, gradients), 0.0))
    names = [
        ("", "customers"),
        *((group, factor) for group in groups.to_pylist() for factor in FACTORS[1:]),
    ]
    revenues = [_cents(_revenue(totals, len(groups))[period].sum()) for period in (0, 1)]
    amounts = _to_the_cent(parts, revenues[1] - revenues[0])
    sure = NormalDist().inv_cdf(1 - CHANCE / (2 * len(names)))
    made = [
        Part(group, factor, amount, float(error), bool(abs(float(amount)) > sure * error > 0))
        for (group, factor), amount, error in zip(names, amounts, errors, strict=True)
    ]
    together = gradients.sum(axis=0)
    error = math.sqrt(max(float(together @ spread @ together), 0.0))
    moved = abs(float(revenues[1] - revenues[0])) > NormalDist().inv_cdf(1 - CHANCE / 2) * error
    ordered = sorted(made, key=lambda part: (-abs(part.amount), part.group, part.factor))
    return Change(revenues[0], revenues[1], error, moved and error > 0, tuple(ordered))


def _stacked(
    before: pa.Table, after: pa.Table, groups: pa.Array
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return customer, place of a total, and value, for all that is not 0."""
    ids = _values("user_id", before, after)
    rows, columns, values = [], [], []
    for period, table in enumerate((before, after)):
        people, place = (
            pc.index_in(table[name].cast(pa.string()), value_set=order).to_numpy().astype(np.intp)
            for name, order in (("user_id", ids), ("group", groups))
        )
        ones = np.ones(len(people))
        for offset, column in enumerate([ones, *(_numbers(table, name) for name in _COLUMNS)]):
            rows.append(people)
            columns.append((period * len(groups) + place) * (1 + len(_COLUMNS)) + offset)
            values.append(column)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)


def _values(name: str, *tables: pa.Table) -> pa.Array:
    """Return the different values of a column of some tables, sorted."""
    chunks = [chunk for table in tables for chunk in table[name].cast(pa.string()).chunks]
    return pa.chunked_array(chunks, pa.string()).unique().sort()


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def _spread(rows: NDArray[np.intp], columns: NDArray[np.intp], values: Floats, size: int) -> Floats:
    """Return the covariance of the totals where each customer counts as often as Poisson says."""
    from scipy.sparse import csr_array

    matrix = csr_array((values, (rows, columns)), shape=(int(rows.max()) + 1, size))
    return np.asarray((matrix.T @ matrix).todense(), dtype=np.float64)


def _factors(totals: Floats, n_groups: int) -> Floats:
    """Return the factors of each group in each period: shape (2, groups, 5).

    What is not defined in one period, such as the value of an order where there are none, is taken
    as in the other: it did not change anything.
    """
    table = totals.reshape(2, n_groups, 1 + len(_COLUMNS))
    people, orders, sold, returned = (table[:, :, place] for place in range(4))
    everyone = people.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.stack(
            [
                np.broadcast_to(everyone, people.shape),
                people / everyone,
                orders / people,
                sold / orders,
                1 - returned / sold,
            ],
            axis=2,
        )
    factors[~np.isfinite(factors)] = np.nan
    other = factors[::-1]
    factors = np.where(np.isnan(factors), other, factors)
    return np.where(np.isnan(factors), 0.0, factors)


def _revenue(totals: Floats, n_groups: int) -> Floats:
    """Return the revenue of each group in each period: shape (2, groups)."""
    table = totals.reshape(2, n_groups, 1 + len(_COLUMNS))
    revenue: Floats = table[:, :, 2] - table[:, :, 3]
    return revenue


def _parts(totals: Floats, n_groups: int) -> Floats:
    """Return what each factor contributes: that of all customers, then four of each group."""
    factors = _factors(totals, n_groups)
    shares = _shapley(factors[0], factors[1])
    rest = _revenue(totals, n_groups)
    # returns without sales in the period are in no product; they count as returns
    left = (rest[1] - rest[0]) - shares.sum(axis=1)
    shares[:, FACTORS.index("returns")] += left
    parts: Floats = np.concatenate([[shares[:, 0].sum()], shares[:, 1:].ravel()])
    return parts


def _shapley(before: Floats, after: Floats) -> Floats:
    """Return the Shapley values of the factors of a product; rows are products.

    >>> _shapley(np.array([[2.0, 3.0]]), np.array([[4.0, 5.0]])).tolist()
    [[8.0, 6.0]]
    """
    n = before.shape[1]
    shares = np.zeros_like(before)
    for factor in range(n):
        others = [place for place in range(n) if place != factor]
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for changed in combinations(others, size):
                mixed = before.copy()
                mixed[:, list(changed)] = after[:, list(changed)]
                mixed[:, factor] = weight * (after[:, factor] - before[:, factor])
                shares[:, factor] += mixed.prod(axis=1)
    return shares


def _gradients(totals: Floats, n_groups: int) -> Floats:
    """Return how each part changes with each total, by central differences."""
    gradients = []
    for place in range(len(totals)):
        step = max(abs(totals[place]), 1.0) * 1e-5
        if totals[place] == 0:
            gradients.append(np.zeros(1 + n_groups * (len(FACTORS) - 1)))
            continue
        high, low = totals.copy(), totals.copy()
        high[place] += step
        low[place] -= step
        gradients.append((_parts(high, n_groups) - _parts(low, n_groups)) / (2 * step))
    return np.stack(gradients, axis=1)


def _cents(amount: float) -> Decimal:
    return Decimal(repr(float(amount))).quantize(_CENT, ROUND_HALF_EVEN)


def _to_the_cent(parts: Floats, change: Decimal) -> list[Decimal]:
    """Round parts to the cent so that they add up: what is left goes to those rounded the most.

    >>> _to_the_cent(np.array([0.004, 0.004, 0.004]), Decimal("0.01"))
    [Decimal('0.01'), Decimal('0.00'), Decimal('0.00')]
    """
    rounded = [_cents(part) for part in parts]
    left = int((change - sum(rounded, Decimal(0))) / _CENT)
    sign = 1 if left > 0 else -1
    apart = [float(part) - float(cents) for part, cents in zip(parts, rounded, strict=True)]
    order = sorted(range(len(parts)), key=lambda place: (-sign * apart[place], place))
    for turn in range(abs(left)):
        rounded[order[turn % len(order)]] += sign * _CENT
    return rounded
