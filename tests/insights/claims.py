"""What each name says of a customer, checked on the rows alone.

Written apart from the rules, from what a reader takes a name to say, with plain loops: it shares
no code, no profile and no threshold with them.
"""

import math
import re
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Rows = list[Row]

WORDS = "no one two three four five six seven eight nine ten"
_NUMBERS = {
    **{word: i for i, word in enumerate(WORDS.split())},
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
    "a hundred": 100,
    "two hundred": 200,
    "five hundred": 500,
}
_DAYS = {
    "day": 1,
    "three days": 3,
    "week": 7,
    "two weeks": 14,
    "month": 30,
    "two months": 60,
    "three months": 91,
    "four months": 122,
    "half a year": 182,
    "half year": 182,
    "nine months": 273,
    "year": 365,
    "year and a half": 548,
    "two years": 730,
}


class Shop:
    """The shop's own measures of much and little."""

    def __init__(self, rows: Rows, days: float) -> None:
        self.rows, self.days = rows, days
        self._limits: dict[tuple[str, float], float | None] = {}

    def beyond(self, row: Row, column: str, part: float) -> bool:
        """Whether a value is above what `part` of those have who have any."""
        if (column, part) not in self._limits:
            values = sorted(r[column] for r in self.rows if (r[column] or 0) > 0)
            place = max(math.ceil(round(part * len(values), 9)), 1) - 1
            self._limits[column, part] = values[place] if values else None
        limit = self._limits[column, part]
        return limit is not None and row[column] is not None and row[column] > limit

    def mean(self, column: str) -> float:
        values = [row[column] for row in self.rows if row[column] is not None]
        return sum(values) / len(values)

    def new(self, row: Row) -> bool:
        return bool(row["tenure_days"] <= min(self.days / 3, 91))


def true_of(name: str, row: Row, shop: Shop) -> bool:
    """Tell whether a name is true of one customer."""
    base, *further = re.sub(r" \(\d+\)$", "", name).split(", ")
    first = _CLAIMS[base](row, shop) if base in _CLAIMS else _plain(base, row, shop)
    return bool(first and all(_plain(words, row, shop) for words in further))


def share_true(name: str, members: Rows, shop: Shop) -> float:
    """Return the share of members of whom a name is true."""
    return sum(true_of(name, row, shop) for row in members) / len(members)


def _plain(words: str, row: Row, shop: Shop) -> bool:
    text = words[0].lower() + words[1:]
    if counted := re.fullmatch(r"(.+?)(?: (?:to|or) (.+?))? (order|visit)s?( or more)?", text):
        low, high, noun, more = counted.groups()
        value = row["orders" if noun == "order" else "sessions"]
        least = _NUMBERS[low]
        most = math.inf if more else _NUMBERS[high] if high else least
        return bool(least <= value <= most)
    if spent := re.fullmatch(r"top (?:(\d+) to )?(\d+) % by spend", text):
        high, low = spent.groups()
        beyond = high is not None and shop.beyond(row, "revenue", 1 - int(high) / 100)
        return shop.beyond(row, "revenue", 1 - int(low) / 100) and not beyond
    for pattern, column, late in (
        (r"last order in the last (.+)", "purchase_recency_days", False),
        (r"last seen in the last (.+)", "recency_days", False),
        (r"none for (?:a )?(.+)", "purchase_recency_days", True),
        (r"not seen for (?:a )?(.+)", "recency_days", True),
    ):
        if spanned := re.fullmatch(pattern, text):
            days = _DAYS[spanned[1]]
            value = row[column]
            return value is not None and (value > days if late else value <= days)
    return _AMOUNTS[text](row, shop)


_AMOUNTS: dict[str, Callable[[Row, Shop], bool]] = {
    "big spenders": lambda r, s: s.beyond(r, "revenue", 0.75),
    "small spenders": lambda r, s: r["revenue"] > 0 and not s.beyond(r, "revenue", 0.5),
    "many looks": lambda r, s: s.beyond(r, "views", 0.75),
    "few looks": lambda r, s: not s.beyond(r, "views", 0.5),
}


def _top(row: Row, shop: Shop) -> bool:
    return shop.beyond(row, "revenue", 0.9)


def _looks(row: Row, shop: Shop) -> bool:
    return shop.beyond(row, "views", 0.75)


def _here(row: Row) -> bool:
    return row["stage"] in ("new", "active", "returned")


def _away(row: Row) -> bool:
    return row["stage"] in ("at risk", "lapsed")


def _gone(row: Row) -> bool:
    return bool(row["stage"] == "lapsed")


_CLAIMS: dict[str, Callable[[Row, Shop], bool]] = {
    "All customers": lambda r, s: True,
    "Mixed customers": lambda r, s: True,
    "High-value loyal customers": lambda r, s: _top(r, s) and r["orders"] >= 5 and _here(r),
    "Loyal regulars": lambda r, s: r["orders"] >= 5 and _here(r),
    "High-value customers gone quiet": lambda r, s: _top(r, s) and _away(r),
    "Regulars gone quiet": lambda r, s: r["orders"] >= 5 and _away(r),
    "New repeat customers": lambda r, s: s.new(r) and r["orders"] >= 2,
    "New customers": lambda r, s: s.new(r) and r["orders"] >= 1,
    "Lapsed repeat buyers": lambda r, s: r["orders"] >= 2 and _gone(r),
    "Repeat buyers gone quiet": lambda r, s: r["orders"] >= 2 and _away(r),
    "Active repeat buyers": lambda r, s: r["orders"] >= 2 and _here(r),
    "Lapsed one-time buyers": lambda r, s: r["orders"] == 1 and _gone(r),
    "One-time buyers gone quiet": lambda r, s: r["orders"] == 1 and _away(r),
    "Recent one-time buyers": lambda r, s: r["orders"] == 1 and _here(r),
    "Lapsed customers": lambda r, s: r["orders"] >= 1 and _gone(r),
    "Buyers gone quiet": lambda r, s: r["orders"] >= 1 and _away(r),
    "Top spenders": _top,
    "One-time buyers": lambda r, s: r["orders"] == 1,
    "Repeat buyers": lambda r, s: r["orders"] >= 2,
    "Buyers": lambda r, s: r["orders"] >= 1,
    "Customers who sent back more than they kept": lambda r, s: (
        r["revenue"] < 0 and r["returns"] >= 1
    ),
    "Frequent returners": lambda r, s: (
        r["returns"] >= 1 and r["return_rate"] > 1.5 * s.mean("return_rate")
    ),
    "Bargain hunters": lambda r, s: r["orders"] >= 1 and r["price_level"] <= 0.9,
    "Big-ticket buyers": lambda r, s: r["orders"] == 1 and s.beyond(r, "average_order_value", 0.75),
    "Cart abandoners": lambda r, s: (
        (r["carts"] >= 1 and r.get("orders") == 0)
        or (s.beyond(r, "carts", 0.5) and r["cart_abandonment_rate"] > 2 / 3)
    ),
    "Engaged shoppers": lambda r, s: _looks(r, s) and r["orders"] >= 1,
    "Frequent browsers": lambda r, s: (
        _looks(r, s) and s.beyond(r, "sessions", 0.75) and r["orders"] == 0
    ),
    "Heavy browsers": lambda r, s: _looks(r, s) and r["orders"] == 0,
    "Inactive visitors": lambda r, s: r["orders"] == 0 and _gone(r),
    "New visitors": lambda r, s: s.new(r) and r["orders"] == 0,
    "One-time visitors": lambda r, s: r["sessions"] == 1 and r["orders"] == 0,
    "Casual visitors": lambda r, s: (
        r["views"] > 0 and not s.beyond(r, "views", 0.5) and r["orders"] == 0
    ),
    "Window shoppers": lambda r, s: r["views"] > 0 and r["orders"] == 0,
    "Non-buyers": lambda r, s: r["orders"] == 0,
}
