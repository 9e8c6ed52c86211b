"""What a facet looks at, as data: units of a visit, each in one of some bins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from clustomer.customers.definition import events_within
from clustomer.engines import Engine
from clustomer.errors import UsageError, did_you_mean
from clustomer.events import Window

MAIN = "value"
"""The facet that is the segmentation itself."""

RARE = "rare"
"""The facet of those few who are far from all others."""

FACETS: Mapping[str, str] = {
    MAIN: "how much and how recently",
    "taste": "what they look at and buy",
    "time": "when they come",
    "path": "how they come to a purchase",
    RARE: "a few who are far from all others",
}
"""Every facet, and what it sees of a customer."""


OTHER = ""
"""The bin of what is too rare for one of its own."""

_COLUMNS = (
    *("user_id", "user_session AS visit", "event_type", "product_id", "category_id"),
    *("category_code", "brand", "price", "is_product"),
)


@dataclass(frozen=True, eq=False)
class Binned:
    """A view of a log: its bins, and the query of its units.

    Attributes
    ----------
    bins : tuple of str
        The name of each bin, as the data have it; `OTHER` is the rest.
    units : sqlglot expression
        `user_id`, `visit`, `event_s`, `bin` (integer, from 0) and `units` (how many) over the
        table `scoped`, which `scoped_events` gives.
    steps : mapping of name to sqlglot expression
        Tables that the units are made from, in their order; they read `scoped` and each other.
    of_the_shop : str
        The step, if any, whose rows are of all customers: stored, so that scoring takes them.
    """

    bins: tuple[str, ...]
    units: exp.Expr
    steps: Mapping[str, exp.Expr] = field(default_factory=dict)
    of_the_shop: str = ""


@dataclass(frozen=True)
class Unitary:
    """One way to see a facet: what customers do, counted in bins, visit by visit.

    Parameters
    ----------
    facet : str
        One of `FACETS`.
    name : str
        Of this way: "department".
    needs : tuple of str
        What the log must have, as features say it.
    bin : function of engine and window to `Binned`
        None where the log has fewer than two bins.
    bin_again : function of engine, window and stored bins to `Binned`, optional
        By the bins of another log; needed where they are taken from the log.
    takes_prices : bool, default False
        Whether another log is seen by this one's prices, under `STORED_PRICES`.
    """

    facet: str
    name: str
    needs: tuple[str, ...]
    bin: Callable[[Engine, Window], Binned | None]
    bin_again: Callable[[Engine, Window, tuple[str, ...]], Binned] | None = None
    takes_prices: bool = False


def scoped_events(window: Window, events: str = "events") -> exp.Select:
    """Return the query of the events of a window, with the columns that units are made of.

    `events` is the name of their table.

    >>> from datetime import datetime
    >>> window = Window(datetime(2024, 1, 1), datetime(2024, 2, 1), "UTC")
    >>> scoped_events(window).named_selects[:3]
    ['user_id', 'visit', 'event_type']
    """
    return events_within(window, _COLUMNS, exp.to_table(events))


def check_facet(name: str) -> None:
    """Raise UsageError where there is no facet of that name.

    >>> check_facet("tatse")
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: There is no facet `tatse`. Did you mean `taste`?
    """
    if name not in FACETS:
        raise UsageError(f"There is no facet `{name}`. {did_you_mean(name, FACETS)}")
