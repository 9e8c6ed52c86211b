"""Roles: which column of a source is which of ours, as far as names and contents tell."""

import re
from collections.abc import Mapping, Sequence

from clustomer.events.draft.contents import Content
from clustomer.events.draft.words import (
    names,
    numbers,
    score_of_script,
    speaks_against,
    speaks_of_a_discount,
    words_in,
    words_of,
)
from clustomer.events.schema import COLUMNS

_KNOWN: Mapping[str, tuple[str, ...]] = {
    "event_time": ("time", "timestamp", "datetime", "date", "createdat", "eventtimestamp", "ts",
                   "orderdate", "invoicedate", "purchasedate"),
    "event_type": ("event", "action", "type", "eventname", "behavior", "behaviour"),
    "product_id": ("itemid", "sku", "stockcode", "articleid", "product", "item"),
    "category_id": ("category", "categoryid", "catid"),
    "category_code": ("categoryname",),
    "brand": ("brandname", "manufacturer", "vendor"),
    "price": ("unitprice", "price", "amount", "value", "total", "revenue", "sales", "ordervalue"),
    # names of people are not as distinct as ids
    "user_id": ("userid", "customerid", "clientid", "visitorid", "user", "customer", "email",
                "memberid", "distinctid", "profileid", "userpseudoid", "soldto", "soldtoparty",
                "householdkey", "householdid"),
    "user_session": ("session", "sessionid", "visitid"),
    "quantity": ("qty", "units", "count"),
    "order_id": ("order", "ordernumber", "invoice", "invoiceno", "transactionid", "receiptid",
                 "incrementid"),
}  # fmt: skip
"""Names that say it by themselves, the best first."""

_ORDER = ("event_time", "user_id", "order_id", "price", "quantity", "product_id", "event_type",
          "user_session", "category_id", "category_code", "brand")  # fmt: skip
_NUMBERED = {"user_id", "order_id", "product_id", "category_id"}
_MAX_TYPES = 60
MANY_ROWS = 20
SURE_NAME = 9
"""A name with this score says clearly enough what a column is, whatever it holds."""


def roles_of(
    columns: Sequence[str], contents: Mapping[str, Content] | None = None
) -> dict[str, str]:
    """Return a guess of which column is which of ours; for a person to check.

    Parameters
    ----------
    columns : sequence of str
    contents : mapping, optional
        What they hold: a name alone makes no time of what holds none.

    >>> roles_of(["When", "Customer_ID", "SKU"])
    {'event_time': 'When', 'product_id': 'SKU', 'user_id': 'Customer_ID'}
    >>> roles_of(["Kundennummer", "Bestelldatum", "Betrag"])
    {'event_time': 'Bestelldatum', 'price': 'Betrag', 'user_id': 'Kundennummer'}
    """
    contents = contents or {}
    taken: dict[str, str] = {}
    for ours in _ORDER:
        scores = {
            column: score
            for column in columns
            if column not in taken.values()
            and (score := _score(ours, column, contents.get(column))) > 0
        }
        if scores:
            taken[ours] = max(scores, key=lambda column: scores[column])
    for ours in ("price", "quantity"):
        # a name that says it, and values that nobody can read: the reading says so, with samples
        named = {
            column: _score(ours, column, None)
            for column in columns
            if column not in taken.values() and column in contents and contents[column].some_digits
        }
        if ours not in taken and max(named.values(), default=0) >= SURE_NAME:
            unread = max(named, key=lambda column: named[column])
            content = contents[unread]
            if not content.is_time and not content.is_clock and not content.addresses:
                taken[ours] = unread
    if {"price", "quantity"} <= {*taken} and _is_of_orders(taken["price"]):
        of_lines = {
            column: _score("price", column, contents.get(column))
            for column in columns
            if column not in taken.values() and column in contents and _is_of_lines(column)
        }
        if max(of_lines.values(), default=0) > MIN_OF_LINES:
            # a total of the order has shipping in it
            taken["price"] = max(of_lines, key=lambda column: of_lines[column])
    rest = [column for column in columns if column not in taken.values() and column in contents]
    for ours, alone in (
        ("event_time", [column for column in rest if contents[column].times >= 0.9]),
        ("user_id", [column for column in rest if contents[column].addresses >= 0.9]),
        ("price", [column for column in rest if contents[column].is_money]),
    ):
        if ours not in taken and len(alone) == 1:
            taken[ours] = alone[0]
    return {ours: taken[ours] for ours in COLUMNS if ours in taken}


_OF_ORDERS = words_of("total totals grand paid order invoice gesamt gesamtbetrag totale totaal")
_OF_LINES = words_of("item line lineitem position row ext extended zeile ligne riga linea")
MIN_OF_LINES = 1.0


def _is_of_orders(column: str) -> bool:
    words = {*words_in(column)}
    return bool(words & _OF_ORDERS) and not words & _OF_LINES


def _is_of_lines(column: str) -> bool:
    return bool({*words_in(column)} & _OF_LINES)


def named_as_time(columns: Sequence[str], contents: Mapping[str, Content]) -> str | None:
    """Return the column whose name alone says that it is the time, in a notation unknown."""
    scores = {
        column: _score("event_time", column, None)
        for column in columns
        if column in contents and contents[column].has_digits and not contents[column].cents
    }
    best = max(scores, key=lambda column: scores[column], default=None)
    return best if best is not None and scores[best] >= SURE_NAME else None


def _score(ours: str, column: str, content: Content | None) -> float:
    """Return how well a column fits one of ours; 0 where it does not."""
    # types that a database writes into its export: total.$numberDecimal
    column = re.sub(r"[.][$](oid|date|number[A-Z][a-z]+)$", "", column)
    plain = "".join(letter for letter in column.lower() if letter.isalnum())
    last = "".join(letter for letter in column.rpartition(".")[2].lower() if letter.isalnum())
    ours_plain = ours.replace("_", "")
    exact = (ours_plain, *_KNOWN[ours])
    words = words_in(column)
    if not plain.isascii() and (script := score_of_script(ours, plain)):
        return script if content is None or _holds(ours, content) else 0
    if plain in exact or last in exact:
        best = plain if plain in exact else last
        score = 100.0 - exact.index(best) - (0.5 if plain != best else 0)
    elif speaks_against(ours, words):
        return 0
    else:
        score = 10.0 * names(ours, words)
        if score and numbers(words) and ours in _NUMBERED:
            score += 15
        if ours == "order_id" and not numbers(words):
            score -= 8
        if ours == "price" and "subtotal" in words:
            # without what the customer paid besides
            score -= 2
        # fewer other words say it more clearly
        score -= len(words) * 0.5 if score > 0 else 0
    if score <= 0 or content is None:
        return max(score, 0.0)
    if not _holds(ours, content):
        return 0
    if ours == "price" and not content.is_money:
        # numbers of something, as long as another column looks like money
        if content.is_counted:
            return 0.1
        return max(score - 40, 0.1 + score / 1000)
    if ours == "product_id" and content.different == content.filled > MANY_ROWS:
        # a number of the row, as long as another column repeats
        score -= 30
    return max(score, 0.1)


def _holds(ours: str, content: Content) -> bool:
    if content.filled == 0:
        return False
    if ours == "event_time":
        # words for nothing, and a notation that is not known, may be among them
        return content.is_time or max(content.times, content.unix) > 0.3
    if ours in {"price", "quantity"}:
        return content.is_number
    if ours == "event_type":
        return content.different <= _MAX_TYPES and content.numbers < 0.9
    if ours == "order_id" and content.different == 1 and content.filled > 1:
        return False
    if ours in {"user_id", "order_id", "user_session"}:
        return content.times < 0.9 and not (content.cents >= 0.9 and content.addresses == 0)
    return content.times < 0.9


def why_unused(
    column: str, roles: Mapping[str, str], content: Content | None, event_types: bool
) -> str:
    """Return in a few words why a column is not used."""
    words = words_in(column)
    if content is not None and content.filled == 0:
        return "empty"
    if content is not None and content.different == 1:
        return "the same in every row"
    if speaks_of_a_discount(words):
        return "a discount: no amount is changed by it"
    if content is not None and content.is_money and names("price", words) and "price" in roles:
        return f"another amount: `price` is `{roles['price']}`"
    for ours, what in (
        ("event_time", "another time"),
        ("price", "another amount"),
        ("user_id", "more about the customer"),
        ("product_id", "more about the product"),
        ("order_id", "more about the order"),
        ("quantity", "another number of pieces"),
    ):
        if names(ours, words) and ours in roles:
            return f"{what}: `{ours}` is `{roles[ours]}`"
    if event_types and names("event_type", words):
        return "no event types that are known"
    if content is not None and content.times >= 0.9 and "event_time" in roles:
        return f"another time: `event_time` is `{roles['event_time']}`"
    if content is not None and content.length > 40:
        return "a longer text"
    return "nothing of ours by its name"
