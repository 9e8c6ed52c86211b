"""What a facet looks at, as data: units of a visit, each in one of some bins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.events import Window

MAIN = "value"
"""The facet that is the segmentation itself."""

FACETS: Mapping[str, str] = {
    MAIN: "how much and how recently",
    "taste": "what they look at and buy",
    "time": "when they come",
    "path": "how they come to a purchase",
}
"""Every facet, and what it sees of a customer."""

OTHER = ""
"""The bin of what is too rare for one of its own."""

_SCOPED = """
    SELECT user_id, user_session AS visit, event_type, product_id, category_id, category_code,
        brand, price, is_product, event_s, local_s,
        (local_s // 3600) % 24 AS hour, (local_s // 86400 + 3) % 7 AS weekday
    FROM (
        SELECT user_id, user_session, event_type, product_id, category_id, category_code, brand,
            price, is_product,
            DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) AS event_s,
            DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) + utc_offset_s
                AS local_s
        FROM events
        WHERE event_time >= window_start AND event_time < window_cutoff
    ) AS windowed
"""


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
    """

    bins: tuple[str, ...]
    units: exp.Expr
    steps: Mapping[str, exp.Expr] = field(default_factory=dict)


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
    """

    facet: str
    name: str
    needs: tuple[str, ...]
    bin: Callable[[Engine, Window], Binned | None]


def scoped_events(window: Window, events: str = "events") -> exp.Expr:
    """Return the query of the events of a window, with the columns that units are made of.

    `events` is the name of their table.

    >>> from datetime import datetime
    >>> window = Window(datetime(2024, 1, 1), datetime(2024, 2, 1), "UTC")
    >>> [column.name for column in scoped_events(window).find_all(exp.Column)][:3]
    ['user_id', 'event_type', 'product_id']
    """
    bounds = {"window_start": literal(window.start), "window_cutoff": literal(window.cutoff)}

    def bound(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in bounds:
            return bounds[node.name].copy()
        if isinstance(node, exp.Table) and node.name == "events":
            return exp.to_table(events)
        return node

    return parse(_SCOPED).transform(bound, copy=False)
