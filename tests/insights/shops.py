"""Customer tables with known groups, drawn at random or set by hand."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from clustomer.insights.population import EVERYONE, Population
from clustomer.insights.profiles import Described, Profile, describe, profile

FAMILIES = {
    "views": ("views", "sessions", "view_to_cart_rate", "session_minutes", "repeat_views"),
    "carts": ("carts", "cart_abandonment_rate"),
    "orders": ("orders", "purchase_recency_days", "days_between_orders"),
    "money": ("revenue", "average_order_value"),
    "returns": ("returns", "return_rate"),
    "prices": ("price_level",),
    "time": ("recency_days", "tenure_days"),
}


LONG = 28.0
"""A log of so many days has stages of the lifecycle."""


@dataclass(frozen=True)
class Group:
    """How the customers of one segment behave, on average; `buys` is the share who order."""

    size: int = 30
    buys: float = 0.0
    orders: float = 1.0
    value: float = 40.0
    views: float = 5.0
    sessions: float = 2.0
    carts: float = 0.0
    returns: float = 0.0
    price: float = 1.0
    recency: float = 0.3
    tenure: float = 0.8
    stage: str = ""
    abandons: float | None = None


def customer_table(groups: list[Group], *, days: float, families: set[str], seed: int) -> pa.Table:
    """Return a customer table with a column `group`; times are parts of the window."""
    rng = np.random.default_rng(seed)
    rows = [
        {"user_id": f"{position:03d}-{index}", "group": index, **_one(group, days, rng)}
        for index, group in enumerate(groups)
        for position in range(group.size)
    ]
    columns = ["user_id", "group", "stage"]
    for family in FAMILIES:
        if family in families and not (family == "money" and "orders" not in families):
            columns += FAMILIES[family]
    fields = [
        pa.field(name, pa.string() if name in ("user_id", "stage") else pa.float64())
        for name in columns
    ]
    return pa.table(
        {name: [row[name] for row in rows] for name in columns}, schema=pa.schema(fields)
    )


def _one(group: Group, days: float, rng: np.random.Generator) -> dict[str, float | None]:
    buys = rng.random() < group.buys
    orders = 1.0 + rng.poisson(max(group.orders - 1, 0)) if buys else 0.0
    tenure = days * float(np.clip(rng.normal(group.tenure, 0.05), 0.01, 1))
    recency = min(tenure, days * float(np.clip(rng.normal(group.recency, 0.05), 0, 1)))
    value = group.value * rng.uniform(0.8, 1.2) if buys else None
    returns = float(rng.poisson(group.returns)) if buys else 0.0
    carts = float(rng.poisson(group.carts)) if group.carts < 1 else 1.0 + rng.poisson(group.carts)
    views = float(rng.poisson(group.views))
    return {
        "views": views,
        "sessions": 1.0 + rng.poisson(group.sessions - 1),
        "view_to_cart_rate": (carts + 1) / (views + carts + 10),
        "session_minutes": float(rng.uniform(0, 10)),
        "repeat_views": float(rng.uniform(1, 2)) if views else None,
        "carts": carts,
        "cart_abandonment_rate": group.abandons or (0.3 if buys else 0.5 + 0.45 * min(carts, 1)),
        "orders": orders,
        "purchase_recency_days": recency if buys else None,
        "days_between_orders": tenure / orders if orders > 1 else None,
        "revenue": orders * (value or 0.0) - returns * 10,
        "average_order_value": value,
        "returns": returns,
        "return_rate": (returns + 1) / (orders + returns + 20),
        "price_level": group.price * rng.uniform(0.9, 1.1),
        "recency_days": recency,
        "tenure_days": tenure,
        "stage": group.stage or _stage(orders, tenure, recency),
    }


def _stage(orders: float, tenure: float, recency: float) -> str:
    """Return a stage by how many usual gaps the customer has been away."""
    gaps = recency / max(tenure / max(orders, 1.0), 0.01)
    if gaps <= 0.5:
        return "new" if orders == 1 else "active"
    return "slowing" if gaps <= 0.65 else "at risk" if gaps <= 0.8 else "lapsed"


def split(table: pa.Table, ids: list[str]) -> tuple[pa.Table, pa.Table]:
    """Return the customers and their segments; group i gets the id `ids[i]`."""
    groups = table["group"].to_pylist()
    segments = pa.table(
        {"user_id": table["user_id"], "segment_id": [ids[int(group)] for group in groups]}
    )
    return table.drop_columns(["group", "stage"]), segments


@dataclass(frozen=True)
class Shop:
    """Profiles of a generated shop, beside its rows."""

    table: pa.Table
    ids: list[str]
    days: float
    people: Population
    described: dict[str, Described]
    everyone: Profile
    profiles: list[Profile]


def shop(table: pa.Table, ids: list[str], days: float) -> Shop:
    customers, segments = split(table, ids)
    stages = table.sort_by("user_id")["stage"] if days >= LONG else None
    people = Population(customers, segments, stages)
    described = describe(people, customers.schema)
    profiles = [profile(people, key, described, window_days=days) for key in people.segments]
    everyone = profile(people, EVERYONE, described, window_days=days)
    return Shop(table, ids, days, people, described, everyone, profiles)


_groups = st.builds(
    Group,
    size=st.integers(1, 40),
    buys=st.sampled_from([0.0, 0.03, 0.2, 0.5, 0.9, 1.0]),
    orders=st.sampled_from([1.0, 1.2, 2.0, 5.0]),
    value=st.sampled_from([5.0, 40.0, 400.0]),
    views=st.sampled_from([0.0, 1.0, 5.0, 40.0]),
    sessions=st.sampled_from([1.0, 1.5, 6.0]),
    carts=st.sampled_from([0.0, 0.3, 2.0]),
    returns=st.sampled_from([0.0, 0.2, 2.0]),
    price=st.sampled_from([0.5, 0.9, 1.0, 1.6]),
    recency=st.sampled_from([0.0, 0.2, 0.4, 0.8]),
    tenure=st.sampled_from([0.1, 0.3, 0.9]),
)


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    """Draw a shop with one to six groups, whatever features it has, some groups alike."""
    groups = draw(st.lists(_groups, min_size=1, max_size=5))
    if draw(st.booleans()):
        groups.append(replace(groups[0], size=draw(st.integers(1, 40))))
    families = draw(st.sets(st.sampled_from(sorted(FAMILIES)), min_size=1))
    days = draw(st.sampled_from([0.1, 20.0, 28.0, 365.0]))
    table = customer_table(groups, days=days, families=families, seed=draw(st.integers(0, 99)))
    return shop(table, [f"S{index + 1}" for index in range(len(groups))], days)
