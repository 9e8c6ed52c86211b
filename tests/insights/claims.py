"""What each name claims, checked on the rows alone.

Written apart from the rules, from what a reader takes a name to say, with plain loops: it
shares no code, no profile and no threshold with them. A claim is never stricter than the rule,
and never so loose that the name could be false.
"""

from statistics import mean, median
from typing import Any

from clustomer.insights.naming.qualifiers import QUALIFIERS

Rows = list[dict[str, Any]]


def true_of(
    name: str, expected: Rows, rows: Rows, others: list[tuple[str, Rows]], days: float
) -> bool:
    """Tell whether a name is true of the customers `own` among all `rows`.

    `others` are the other segments with their names.
    """
    base, _, words = name.partition(", ")
    if words and not _qualified(base, words, expected, others):
        return False
    if base.startswith("Customers ") and base not in _CLAIMS:
        return _more_or_less(base.removeprefix("Customers ").removeprefix("with "), expected, rows)
    return bool(_CLAIMS[base](_Facts(expected, rows, [item for _, item in others], days)))


class _Facts:
    def __init__(self, expected: Rows, rows: Rows, others: list[Rows], days: float) -> None:
        self.own, self.rows, self.others, self.days = expected, rows, others, days

    def part(self, column: str, test: Any, rows: Rows | None = None) -> float:
        rows = self.own if rows is None else rows
        return sum(row[column] is not None and test(row[column]) for row in rows) / len(rows)

    def bought(self) -> float:
        return self.part("orders", lambda orders: orders > 0)

    def bought_twice(self) -> float:
        return self.part("orders", lambda orders: orders > 1)

    def long(self) -> bool:
        return self.days >= 28

    def above(self, column: str, factor: float = 1.0) -> bool:
        return average(self.own, column) > factor * average(self.rows, column)

    def below(self, column: str) -> bool:
        return average(self.own, column) < average(self.rows, column)

    def late(self, column: str) -> bool:
        given = [row[column] for row in self.own if row[column] is not None]
        return self.long() and median(given) >= 0.3 * self.days and self.above(column)

    def fresh(self) -> bool:
        given = [row["purchase_recency_days"] for row in self.own if row["orders"]]
        return not self.long() or median(given) < 0.4 * self.days

    def not_lapsed(self) -> bool:
        given = [row["purchase_recency_days"] for row in self.own if row["orders"]]
        return not self.long() or median(given) < 0.6 * self.days

    def new(self) -> bool:
        late = self.part("tenure_days", lambda days: days <= 0.4 * self.days)
        return self.long() and late >= 0.75 and self.below("tenure_days")

    def spends_most(self) -> bool:
        expected = average(self.own, "revenue")
        return expected > 0 and all(expected > average(other, "revenue") for other in self.others)


def average(rows: Rows, column: str) -> float:
    given = [row[column] for row in rows if row[column] is not None]
    return mean(given) if given else float("nan")


def _more_or_less(words: str, expected: Rows, rows: Rows) -> bool:
    for qualifier in QUALIFIERS:
        if words == qualifier.higher:
            return average(expected, qualifier.feature) > average(rows, qualifier.feature)
        if words == qualifier.lower:
            return average(expected, qualifier.feature) < average(rows, qualifier.feature)
    return False


def _qualified(base: str, words: str, expected: Rows, others: list[tuple[str, Rows]]) -> bool:
    like = [rows for name, rows in others if name.partition(", ")[0] == base]
    if not like:
        return False
    if words == "larger group":
        return all(len(expected) > len(rows) for rows in like)
    if words == "smaller group":
        return all(len(expected) < len(rows) for rows in like)
    if words == "middle group":
        return any(
            min(others := [average(rows, qualifier.feature) for rows in like])
            < average(expected, qualifier.feature)
            < max(others)
            for qualifier in QUALIFIERS
            if qualifier.feature in expected[0]
        )
    if words.startswith("group "):
        return True
    return all(_more_or_less(words, expected, rows) for rows in like)


_CLAIMS = {
    "All customers": lambda f: not f.others,
    "High-value loyal customers": lambda f: (
        f.long() and f.spends_most() and f.bought_twice() >= 0.5 and f.fresh()
    ),
    "New customers": lambda f: f.new() and f.bought() >= 0.5,
    "Loyal regulars": lambda f: (
        f.long() and f.bought_twice() >= 0.5 and f.above("orders") and f.fresh()
    ),
    "Lapsed repeat buyers": lambda f: f.bought_twice() >= 0.5 and f.late("purchase_recency_days"),
    "Frequent returners": lambda f: (
        f.part("returns", lambda returns: returns > 0) >= 0.5 and f.above("return_rate", 1.2)
    ),
    "Top spenders": lambda f: f.spends_most() and f.bought() >= 0.5,
    "Bargain hunters": lambda f: (
        f.bought() >= 0.5 and f.below("price_level") and average(f.own, "price_level") < 0.95
    ),
    "Big-ticket buyers": lambda f: (
        f.bought() >= 0.5 and f.bought_twice() < 0.5 and f.above("average_order_value", 1.2)
    ),
    "Repeat buyers": lambda f: f.bought_twice() >= 0.5 and f.not_lapsed(),
    "Lapsed one-time buyers": lambda f: (
        f.part("orders", lambda orders: orders == 1) >= 0.75 and f.late("purchase_recency_days")
    ),
    "Lapsed customers": lambda f: f.bought() >= 0.5 and f.late("purchase_recency_days"),
    "One-time buyers": lambda f: (
        f.long() and f.part("orders", lambda orders: orders == 1) >= 0.75 and f.not_lapsed()
    ),
    "Occasional buyers": lambda f: (
        f.long() and f.bought() >= 0.5 and f.bought_twice() < 0.5 and f.not_lapsed()
    ),
    "Buyers": lambda f: f.bought() >= 0.5 and f.above("orders", 0.0) and f.not_lapsed(),
    "Cart abandoners": lambda f: (
        f.part("carts", lambda carts: carts > 0) >= 0.5 and f.bought() < 0.5 and f.above("carts", 0)
    ),
    "Inactive visitors": lambda f: f.bought() <= 0.15 and f.late("recency_days"),
    "New visitors": lambda f: f.new() and f.bought() <= 0.15,
    "Frequent browsers": lambda f: (
        f.above("views", 1.2) and f.above("sessions") and f.bought() <= 0.3
    ),
    "Heavy browsers": lambda f: f.above("views", 1.2) and f.bought() <= 0.3,
    "Engaged shoppers": lambda f: f.above("views", 1.2) and f.bought() > 0,
    "One-time visitors": lambda f: (
        f.part("sessions", lambda sessions: sessions == 1) >= 0.75 and f.bought() <= 0.15
    ),
    "Casual visitors": lambda f: f.below("views") and f.bought() <= 0.15,
    "Window shoppers": lambda f: average(f.own, "views") > 0 and f.bought() <= 0.15,
    "Non-buyers": lambda f: f.bought() == 0,
    "Average customers": lambda f: (
        "orders" not in f.own[0]
        or abs(f.bought() - f.part("orders", lambda orders: orders > 0, f.rows)) < 0.5
    ),
    "Mixed customers": lambda f: True,
}
