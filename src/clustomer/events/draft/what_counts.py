"""What does not count: orders that further columns say were cancelled, tried out or given back."""

from collections.abc import Mapping, Sequence

from clustomer.events.draft.contents import Content
from clustomer.events.draft.event_types import UNDONE, propose, tells_what_was_undone
from clustomer.events.draft.words import speaks_of_refunds, words_in, words_of
from clustomer.events.schema import EventSchema

_TURNED = (
    ("true", "false"), ("1", "0"), ("yes", "no"), ("y", "n"), ("t", "f"), ("1.0", "0.0"),
    ("ja", "nein"), ("oui", "non"), ("si", "no"), ("sí", "no"), ("tak", "nie"), ("ja", "nee"),
    ("wahr", "falsch"), ("vrai", "faux"), ("x", ""), ("да", "нет"), ("sim", "não"),
)  # fmt: skip
"""Ways to write yes and no."""

_NOT_DONE = UNDONE | {"deleted", "test", "testing", "fraud", "invalid", "chargeback", "is", "was"}
_DONE = words_of("paid valid success successful succeeded livemode captured completed is")
_OF_FLAGS = {"is", "was"}
_NO_SALES = {"ignored", "return"}
_OF_ORDERS = words_of("order orders item line payment transaction sale purchase")
MAX_SHARE = 0.5
"""Where more of the rows have a date or an amount of what was undone, it is something else."""

_DATES = UNDONE | {"deleted", "refund", "return", "cancellation"}


def with_what_counts(drafted: EventSchema, contents: Mapping[str, Content]) -> EventSchema:
    """Return a draft that leaves out what a further column says was undone.

    A column with words or with yes and no is the `status`; one with dates is the `return_time`,
    and one with amounts the `return_amount`.
    """
    taken = {path for paths in drafted.paths.values() for path in paths}
    free = {column: content for column, content in contents.items() if column not in taken}
    if "price" not in drafted.columns and drafted.event_type != "purchase":
        return drafted
    settings = _status(drafted, free) | _given_back(drafted, free, contents)
    return EventSchema.model_validate({**drafted.model_dump(), **settings}) if settings else drafted


def _status(drafted: EventSchema, free: Mapping[str, Content]) -> dict[str, object]:
    for column, content in free.items():
        undone = _undone(column, content)
        if not undone:
            continue
        done = tuple(value for value in content.values if value not in undone)
        mapped = {theirs.lower() for theirs in drafted.event_types}
        ignored = [word for word in undone if word.lower() not in mapped]
        return {
            "status": column,
            "done": done or (_opposite(undone[0]),),
            "ignored_event_types": tuple(dict.fromkeys((*drafted.ignored_event_types, *ignored))),
        }
    return {}


def _undone(column: str, content: Content) -> list[str]:
    """Return the values of a column that say that a row does not count."""
    words = set(words_in(column))
    sides = {value.lower(): i for pair in _TURNED for i, value in enumerate(pair) if value}
    values = content.values
    if values and len(values) <= 2 and all(value.lower() in sides for value in values):
        subject = words - _OF_ORDERS
        for names, side in ((_NOT_DONE, 0), (_DONE, 1)):
            if subject and subject <= names and subject - _OF_FLAGS:
                both = len(values) > 1 or content.filled < content.rows
                return [value for value in values if sides[value.lower()] == side] * both
        return []
    proposals = [propose(value) for value in values]
    sure = "purchase" in proposals and {"ignored"} < {*proposals} <= {"purchase", *_NO_SALES}
    named = bool(words & _STATES) and tells_what_was_undone(values)
    if content.numbers >= 0.9 or not (sure or named):
        return []
    return [value for value, ours in zip(values, proposals, strict=True) if ours in _NO_SALES]


def _opposite(word: str) -> str:
    return next((no or "no" for yes, no in _TURNED if yes == word.lower()), "no")


def _given_back(
    drafted: EventSchema, free: Mapping[str, Content], contents: Mapping[str, Content]
) -> dict[str, object]:
    """Return the settings for columns with when or how much of a row was given back."""
    time = next((c for c, content in free.items() if _is_date_of_undoing(c, content)), None)
    amount = next((c for c, content in free.items() if _is_given_back(c, content)), None)
    order = drafted.columns.get("order_id")
    numbers = contents.get(order) if isinstance(order, str) else None
    # of nested values nothing is known
    once = order is None or (numbers is not None and numbers.different == numbers.filled)
    if amount is not None and once and isinstance(drafted.columns["event_time"], str):
        # without a date of its own it counts at the time of the purchase
        return {"return_time": time or drafted.columns["event_time"], "return_amount": amount}
    return {"return_time": time} if time is not None and amount is None else {}


def _is_date_of_undoing(column: str, content: Content) -> bool:
    few = 0 < content.filled <= MAX_SHARE * content.rows
    return few and content.is_time and bool(_DATES & {*words_in(column)})


def _is_given_back(column: str, content: Content) -> bool:
    words = set(words_in(column))
    number = content.is_number and (content.different > 1 or content.filled < content.rows)
    return (
        number
        and speaks_of_refunds(words_in(column))
        and not words & {"qty", "quantity", "count", "id"}
    )


def unknown_states(column: str, values: Sequence[str]) -> bool:
    """Whether a column has the states of orders, of which no word is known.

    >>> unknown_states("Order Status", ["blorb", "gnarf"]), unknown_states("VIP status", ["a", "b"])
    (True, False)
    """
    words = set(words_in(column))
    of_orders = words & _STATES and words <= _STATES | _ABOUT and words != {"state"}
    if not of_orders or any(_OF_CUSTOMERS & {*words_in(value)} for value in values):
        return False
    return len(values) > 1 and not any(map(propose, values))


_OF_CUSTOMERS = words_of(
    "gold silver bronze platinum vip premium basic active inactive member regular new"
)
"""Words for the states of customers, which say nothing of an order."""


def numbers_of_states(free: Mapping[str, Content]) -> str | None:
    """Return a column with numbers for the states of orders, whose meaning stands elsewhere.

    >>> states = Content(99, 99, 3, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, values=("5", "6", "8"))
    >>> numbers_of_states({"current_state": states}), numbers_of_states({"state": states})
    ('current_state', None)
    """
    for column, content in free.items():
        words = set(words_in(column))
        named = bool(words & _STATES) and words <= _STATES | _ABOUT | {"id"}
        several = content.numbers >= 0.9 and len(content.values) > 1
        if several and named and words != {"state"} and all(map(str.isdecimal, content.values)):
            return column
    return None


_STATES = words_of("state status statut statuts statusz stav durum tila stare status статус")
_ABOUT = _OF_ORDERS | words_of(
    "current fulfillment shipping delivery invoice bestell auftrags commande pedido ordine "
    "zamowienia objednavky siparis rendeles tilauksen comenzii заказа financial"
)


_RETURNS = words_of("refund return credit retour gutschrift avoir")


def flag_of_returns(free: Mapping[str, Content]) -> tuple[str, Mapping[str, str]] | None:
    """Return a column with yes for rows that give something back, and what its values mean.

    >>> flag = Content(9, 9, 2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, values=("false", "true"))
    >>> flag_of_returns({"is_refund": flag})
    ('is_refund', {'false': 'purchase', 'true': 'return'})
    """
    sides = {value: side for pair in _TURNED for side, value in enumerate(pair) if value}
    for column, content in free.items():
        words = set(words_in(column)) - _OF_ORDERS
        values = content.values
        flag = len(values) == 2 and all(value.lower() in sides for value in values)
        if flag and words & _RETURNS and words <= _RETURNS | _OF_FLAGS:
            return column, {value: ("return", "purchase")[sides[value.lower()]] for value in values}
    return None


def column_of_sides(free: Mapping[str, Content]) -> str | None:
    """Return a column that says on which side of an account a row is; which one buys, nobody knows.

    >>> sides = Content(9, 9, 2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, values=("H", "S"))
    >>> column_of_sides({"S/H": sides}), column_of_sides({"Size": sides})
    ('S/H', None)
    """
    for column, content in free.items():
        values = {value.lower() for value in content.values}
        named = bool(_SIDES & {*words_in(column)})
        if any(values == {*pair} and (sure or named) for *pair, sure in _ACCOUNTS):
            return column
    return None


_SIDES = words_of("s h soll haben debit credit dc dr cr d c sign indicator shkzg kennzeichen")
_ACCOUNTS = (
    ("s", "h", False), ("d", "c", False), ("dr", "cr", True), ("debit", "credit", True),
    ("soll", "haben", True), ("+", "-", True),
)  # fmt: skip
"""Words for the two sides of an account, and whether they say so whatever the column is called."""
