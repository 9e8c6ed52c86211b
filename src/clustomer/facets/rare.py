"""Rare kinds: a few customers who are far from all others in one thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from sqlglot import exp

from clustomer.certificates.certificate import Mark
from clustomer.customers import Customers, Holdout
from clustomer.customers.reason import Reason
from clustomer.engines import Engine, literal, parse, translate
from clustomer.events import CleanEvents
from clustomer.facets.declaration import RARE, scoped_events
from clustomer.facets.tail import find_bump
from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.exclusions import bot_exclusions, included_rows
from clustomer.segments.selection.holdout_split import selection_rows
from clustomer.segments.selection.rare_members import RareMembers
from clustomer.thresholds import FACET_CROWDS, RARE_EXCESS

MOST_KINDS = 3
SEARCHED_CUSTOMERS = 20_000
ONE_PRODUCT = "most_of_one_product"
AMOUNTS = (ONE_PRODUCT, "orders", "revenue", "sessions", "carts", "views")
"""The amounts in which a few may be far from all others; of equal bumps the first is taken."""

PRODUCT_ROWS = """
    SELECT user_id, product_id, COUNT(*) AS purchases FROM scoped
    WHERE event_type = 'purchase' AND is_product AND product_id IS NOT NULL
    GROUP BY user_id, product_id
"""
OF_ONE_PRODUCT = """
    SELECT user_id, MAX(purchases) AS most_of_one_product FROM product_rows GROUP BY user_id
"""


@dataclass(frozen=True)
class RareKind:
    """Customers with more than `above` of one amount, and whom no kind before it holds.

    `mean` is their mean amount, `everyone` that of all customers but suspected bots. `excess` is
    the part of them that no falling tail has, `excess_crowd` the highest in `crowds` simulated
    ones.
    """

    segment_id: str
    amount: str
    above: float
    customers: int
    mean: float
    everyone: float
    excess: float
    excess_crowd: float
    crowds: int

    @property
    def unit(self) -> str:
        """What the amount is counted in."""
        return "purchases" if self.amount == ONE_PRODUCT else self.amount

    @property
    def apart(self) -> Mark:
        """Whether a gap sets them apart, by `RARE_EXCESS`."""
        return "pass" if self.excess - self.excess_crowd >= RARE_EXCESS else "fail"


@dataclass(frozen=True)
class Rare:
    """What was looked for, and the kinds that are there.

    `customers` are all but suspected bots. `sql` has `customers`, from events to the amounts,
    and `assignment`, from them to the cluster (NULL for the crowd).
    """

    customers: int
    kinds: tuple[RareKind, ...] = ()
    sql: Mapping[str, str] = field(default_factory=dict)


def find_rare(engine: Engine, customers: Customers, *, random_state: int) -> tuple[Rare, pa.Array]:
    """Look for a few who are far from all others, one kind after the other.

    In every round the amount whose bump is furthest beyond simulated tails gives a kind; its
    members are left out of the next round. Bumps are looked for among at most 20,000 customers.

    Returns
    -------
    Rare
    segment_ids : pyarrow.Array
        In the order of the customers, NULL for the crowd and for suspected bots.
    """
    exclusions = bot_exclusions(customers.table)
    columns = _amounts(engine, customers)
    inside = included_rows(customers.table, exclusions)
    sampled = included_rows(customers.table, exclusions, SEARCHED_CUSTOMERS)
    bare, labels = _searched(columns, sampled, inside, random_state)
    kinds = [
        replace(
            kind,
            customers=int((labels == number).sum()),
            mean=_mean(columns[kind.amount][labels == number]),
            everyone=_mean(columns[kind.amount][inside]),
        )
        for number, kind in enumerate(bare)
    ]
    ids = pa.array([None if label < 0 else kinds[label].segment_id for label in labels.tolist()])
    if not kinds:
        return Rare(len(inside)), ids.cast(pa.string())
    sql = {
        "customers": translate(amounts_query(customers), pretty=True),
        "assignment": translate(assignment_query(kinds), pretty=True),
    }
    return Rare(len(inside), tuple(kinds), sql=sql), ids


def rare_members(
    events: CleanEvents,
    customers: Customers,
    holdout: Holdout | Reason | None = None,
    *,
    random_state: int = 0,
) -> RareMembers | None:
    """Return who belongs to a rare kind that those show who may choose the number of segments.

    Those are all but the validation half of a holdout, so that nothing of that half decides. The
    kinds are looked for as `find_facets` looks for them among all customers, whose borders can
    lie elsewhere in the same gap. By them all customers belong to a kind, or to the crowd.

    Parameters
    ----------
    events : Events, or other clean events
    customers : Customers
        Made from those events.
    holdout : Holdout, or the reason why there is none, optional
    random_state : int, default 0

    Returns
    -------
    RareMembers, or None where there is no rare kind.
    """
    table = customers.table
    exclusions = bot_exclusions(table)
    rows = inside = included_rows(table, exclusions)
    if isinstance(holdout, Holdout):
        rows = rows[selection_rows(holdout, table["user_id"].take(pa.array(rows)))]
    if len(rows) > SEARCHED_CUSTOMERS:
        rows = rows[included_rows(table.take(pa.array(rows)), (), SEARCHED_CUSTOMERS)]
    kinds, labels = _searched(_amounts(events.engine, customers), rows, inside, random_state)
    if not kinds:
        return None
    members = np.flatnonzero(labels >= 0)
    ids = table["user_id"].take(pa.array(members)).combine_chunks()
    return RareMembers(ids, labels[members])


def _searched(
    columns: Mapping[str, Floats], searched: Integers, inside: Integers, random_state: int
) -> tuple[list[RareKind], Integers]:
    """Return the kinds among the customers searched, and the kind of each one inside; else -1."""
    labels = np.full(len(columns[ONE_PRODUCT]), -1, dtype=np.int64)
    kinds: list[RareKind] = []
    while len(kinds) < MOST_KINDS:
        kind = _next(columns, searched[labels[searched] < 0], len(kinds), random_state)
        if kind is None:
            break
        members = inside[(labels[inside] < 0) & (columns[kind.amount][inside] > kind.above)]
        labels[members] = len(kinds)
        kinds.append(kind)
    return kinds, labels


def _mean(column: Floats) -> float:
    return round(float(np.nan_to_num(column).mean()), 9)


def _next(
    columns: Mapping[str, Floats], rows: Integers, number: int, random_state: int
) -> RareKind | None:
    """Return the kind that is furthest beyond what falling tails have, or None."""
    best: RareKind | None = None
    for place, (amount, column) in enumerate(columns.items()):
        values = column[rows]
        bump = find_bump(
            values[values > 0],
            len(rows),
            crowds=FACET_CROWDS,
            rng=np.random.default_rng([random_state, number, place]),
        )
        if bump is None:
            continue
        kind = RareKind(
            f"{RARE}:{number + 1}", amount, bump.cut, bump.customers, 0.0, 0.0,
            bump.excess, bump.excess_crowd, FACET_CROWDS,
        )  # fmt: skip
        beyond = kind.excess - kind.excess_crowd
        if kind.apart == "pass" and (best is None or beyond > best.excess - best.excess_crowd):
            best = kind
    return best


def _amounts(engine: Engine, customers: Customers) -> dict[str, Floats]:
    """Return the amounts that the log has, in the order of the customers; NaN where undefined."""
    table = customers.table
    query = parse(OF_ONE_PRODUCT)
    assert isinstance(query, exp.Select)
    query = query.with_("scoped", as_=scoped_events(customers.window))
    rows = engine.query(query.with_("product_rows", as_=parse(PRODUCT_ROWS)))
    columns = {}
    for name in AMOUNTS:
        if name == ONE_PRODUCT:
            at = pa.compute.index_in(table["user_id"], rows["user_id"].combine_chunks())
            column = pa.compute.take(rows[name], at)
        elif name in table.column_names:
            column = table[name]
        else:
            continue
        columns[name] = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return columns


def amounts_query(customers: Customers) -> exp.Select:
    """Return the query from `events` to the amounts of each customer."""
    names = [name for name in AMOUNTS if name in customers.table.column_names]
    return (
        exp.select("feature_rows.user_id", *(f"feature_rows.{name}" for name in names))
        .select(f"of_one_product.{ONE_PRODUCT}")
        .from_("feature_rows")
        .join(
            "of_one_product", on="feature_rows.user_id = of_one_product.user_id", join_type="left"
        )
        .with_("feature_rows", as_=customers.query)
        .with_("scoped", as_=scoped_events(customers.window))
        .with_("product_rows", as_=parse(PRODUCT_ROWS))
        .with_("of_one_product", as_=parse(OF_ONE_PRODUCT))
    )


def assignment_query(kinds: list[RareKind]) -> exp.Select:
    """Return the query that gives each row of the amounts its cluster; NULL for the crowd.

    >>> kind = RareKind("rare:1", "orders", 9.5, 30, 20.0, 2.0, 0.8, 0.3, 30)
    >>> print(assignment_query([kind]).sql("duckdb"))
    SELECT user_id, CASE WHEN orders > CAST(9.5 AS DOUBLE) THEN 0 END AS cluster FROM customers
    """
    case = exp.Case()
    for number, kind in enumerate(kinds):
        beyond = exp.GT(this=exp.column(kind.amount), expression=literal(kind.above))
        case = case.when(beyond, literal(number))
    return exp.select("user_id", exp.alias_(case, "cluster")).from_("customers")
