"""Plain groups: everyone by how often they ordered and what they spent, defined and not found.

They hold whatever the data are like, since they claim nothing but their definition.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clustomer.insights.naming.rules import BUYER, NO_ORDER, ONCE, TOP_TENTH, TWICE
from clustomer.insights.naming.terms import Bound, Term, resolve
from clustomer.insights.population import EVERYONE, Population

DEFINED_GROUP = "defined_group"


@dataclass(frozen=True)
class PlainGroup:
    """A group by definition: its name, what it says in words, what it asks of a customer.

    `kind` is what its customers are advised as.
    """

    key: str
    name: str
    claim: str
    terms: tuple[Term, ...]
    kind: str


GROUPS = (
    PlainGroup(
        "top",
        "Top tenth of buyers",
        "spent more than {everyone.revenue.top_tenth_from}, as a tenth of all buyers did",
        (BUYER, TOP_TENTH),
        "top_spenders",
    ),
    PlainGroup(
        "repeat", "Repeat orders", "ordered twice or more, and spent no more than that", (TWICE,),
        "repeat",
    ),
    PlainGroup(
        "once", "One order", "ordered exactly once, and spent no more than that", (ONCE,),
        "one_time_buyers",
    ),
    PlainGroup("none", "No order", "ordered nothing", (NO_ORDER,), "non_buyers"),
    PlainGroup(
        "visits", "Several visits", "came twice or more", (Bound("sessions", above=1),),
        "window_shoppers",
    ),
    PlainGroup(
        "visit", "One visit", "came exactly once", (Bound("sessions", to=1),), "one_time_visitors"
    ),
)  # fmt: skip
"""In this order: a customer is in the first that applies. Those by visits are for logs without
orders."""


def plain_groups(people: Population) -> pa.Array | None:
    """Return the plain group of each customer; NULL for suspected bots.

    None where the data have neither orders nor visits.

    >>> customers = pa.table({"user_id": ["a", "b", "c"], "orders": [0.0, 1.0, 7.0]})
    >>> labels = pa.table({"user_id": ["a", "b", "c"], "segment_id": ["S1", "S1", "S1"]})
    >>> plain_groups(Population(customers, labels)).to_pylist()
    ['No order', 'One order', 'Repeat orders']
    """
    names = np.full(people.size, None, dtype=object)
    left = people.mask(EVERYONE).copy()
    by_orders = "orders" in people.columns
    for group in GROUPS:
        of_visits = any(
            isinstance(term, Bound) and term.column == "sessions" for term in group.terms
        )
        condition = resolve(group.terms, people, None)
        if condition is None or (of_visits and by_orders):
            continue
        inside = people.holds([condition]) & left
        names[inside] = group.name
        left &= ~inside
    return pa.array(names, pa.string()) if left.sum() < people.mask(EVERYONE).sum() else None
