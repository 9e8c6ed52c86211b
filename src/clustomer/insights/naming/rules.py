"""The names of segments, and what each says of a customer, in the terms of this shop.

A name is true of a customer for whom one of its conditions holds, and is given to a segment of
whose members it is true for at least four in five.
"""

from dataclasses import dataclass

from clustomer.insights.naming.terms import (
    Bound,
    PartOfWindow,
    Stage,
    Term,
    TimesMean,
    Upper,
)
from clustomer.lifecycle import IN_TIME, LONG_AWAY
from clustomer.thresholds import (
    ABANDONED,
    CHEAPER,
    HALF_AGAIN,
    NEW_DAYS,
    NEW_PART,
    REGULAR_ORDERS,
    written,
)


@dataclass(frozen=True)
class Rule:
    """A name, and what it says of a customer.

    `claim` follows "92 % of them" and says what `conditions`, of which one must hold, ask for.
    In it, `{everyone.…}` are facts. `long_window` marks names that speak of coming back and
    staying away, for which a short log is too short.
    """

    key: str
    name: str
    claim: str
    conditions: tuple[tuple[Term, ...], ...]
    long_window: bool = False

    @property
    def says(self) -> int:
        """How much more than one thing it says; that somebody ordered is said by most names."""
        return min(sum(term != BUYER for term in terms) for terms in self.conditions) - 1

    @property
    def of_newcomers(self) -> bool:
        """Whether its customers must have arrived recently."""
        return any(NEWCOMER in terms for terms in self.conditions)

    @property
    def requirement(self) -> str:
        """What the segment must be like, as a sentence."""
        enough = written("NEARLY_ALL")
        weeks = f" Only in logs of {written('LONG_WINDOW_DAYS')} or more." * self.long_window
        return f"At least {enough} of them {self.claim}.{weeks}"


BUYER, NO_ORDER = Bound("orders", above=0), Bound("orders", to=0)
ONCE = Bound("orders", above=0, to=1)
TWICE = Bound("orders", above=1)
REGULAR = Bound("orders", above=REGULAR_ORDERS - 1)
CURRENT = Stage(IN_TIME)
QUIET = Stage(LONG_AWAY)
LAPSED = Stage(("lapsed",))
NEWCOMER = Bound("tenure_days", to=PartOfWindow(NEW_PART, NEW_DAYS))
TOP_TENTH = Bound("revenue", above=Upper(0.1))
MANY_VIEWS, MANY_VISITS = Bound("views", above=Upper(0.25)), Bound("sessions", above=Upper(0.25))
MANY_CARTS = Bound("carts", above=Upper(0.5))

_REGULARLY = f"ordered {written('REGULAR_ORDERS')} times or more"
_CURRENT = "are not late by their own rhythm"
_QUIET = "have been away for long by their own rhythm"
_LAPSED = "have been away so long by their own rhythm that they have lapsed"
_TOP = "spent more than {everyone.revenue.top_tenth_from}, as a tenth of all buyers did"
_VIEWS = "looked at products more than {everyone.views.top_quarter_from:time/times}"
_NEW = f"were first seen in the last {written('NEW_PART').removeprefix('a ')} of the period, and "
_NEW += f"no more than {written('NEW_DAYS')} ago"

RULES: tuple[Rule, ...] = (
    Rule(
        "high_value_loyal",
        "High-value loyal customers",
        f"{_TOP}, {_REGULARLY}, and {_CURRENT}",
        ((TOP_TENTH, REGULAR, CURRENT),),
        long_window=True,
    ),
    Rule(
        "loyal",
        "Loyal regulars",
        f"{_REGULARLY} and {_CURRENT}",
        ((REGULAR, CURRENT),),
        long_window=True,
    ),
    Rule(
        "high_value_quiet",
        "High-value customers gone quiet",
        f"{_TOP}, and {_QUIET}",
        ((TOP_TENTH, QUIET),),
        long_window=True,
    ),
    Rule(
        "regulars_quiet",
        "Regulars gone quiet",
        f"{_REGULARLY}, and {_QUIET}",
        ((REGULAR, QUIET),),
        long_window=True,
    ),
    Rule(
        "new_repeat",
        "New repeat customers",
        f"{_NEW}, and ordered twice or more",
        ((TWICE, NEWCOMER),),
        long_window=True,
    ),
    Rule(
        "new_buyers",
        "New customers",
        f"{_NEW}, and ordered",
        ((BUYER, NEWCOMER),),
        long_window=True,
    ),
    Rule(
        "lapsed_repeat",
        "Lapsed repeat buyers",
        f"ordered twice or more, and {_LAPSED}",
        ((TWICE, LAPSED),),
        long_window=True,
    ),
    Rule(
        "repeat_quiet",
        "Repeat buyers gone quiet",
        f"ordered twice or more, and {_QUIET}",
        ((TWICE, QUIET),),
        long_window=True,
    ),
    Rule(
        "repeat_current",
        "Active repeat buyers",
        f"ordered twice or more, and {_CURRENT}",
        ((TWICE, CURRENT),),
        long_window=True,
    ),
    Rule(
        "lapsed_once",
        "Lapsed one-time buyers",
        "ordered exactly once, so long ago that hardly anyone came back after it",
        ((ONCE, LAPSED),),
        long_window=True,
    ),
    Rule(
        "once_quiet",
        "One-time buyers gone quiet",
        "ordered exactly once, longer ago than those who came back usually took",
        ((ONCE, QUIET),),
        long_window=True,
    ),
    Rule(
        "once_current",
        "Recent one-time buyers",
        "ordered exactly once, not longer ago than those who came back usually took",
        ((ONCE, CURRENT),),
        long_window=True,
    ),
    Rule(
        "lapsed",
        "Lapsed customers",
        f"have ordered, and {_LAPSED}",
        ((BUYER, LAPSED),),
        long_window=True,
    ),
    Rule(
        "quiet",
        "Buyers gone quiet",
        f"have ordered, and {_QUIET}",
        ((BUYER, QUIET),),
        long_window=True,
    ),
    Rule("top_spenders", "Top spenders", _TOP, ((BUYER, TOP_TENTH),)),
    Rule("one_time_buyers", "One-time buyers", "ordered exactly once", ((ONCE,),)),
    Rule("repeat", "Repeat buyers", "ordered twice or more", ((TWICE,),)),
    Rule("buyers", "Buyers", "ordered", ((BUYER,),)),
    Rule(
        "net_returners",
        "Customers who sent back more than they kept",
        "got more money back for returns than they paid in this period",
        ((Bound("revenue", to=-0.005), Bound("returns", above=0)),),
    ),
    Rule(
        "returners",
        "Frequent returners",
        "sent something back, and return clearly more of what they order than the average customer",
        ((Bound("returns", above=0), Bound("return_rate", above=TimesMean(HALF_AGAIN))),),
    ),
    Rule(
        "bargain",
        "Bargain hunters",
        f"ordered, at prices at least {written('CHEAPER')} below the mean of the category",
        ((BUYER, Bound("price_level", to=1 - CHEAPER)),),
    ),
    Rule(
        "big_ticket",
        "Big-ticket buyers",
        "ordered once, for more than {everyone.average_order_value.top_quarter_from}, as a quarter "
        "of all buyers do on average",
        ((ONCE, Bound("average_order_value", above=Upper(0.25))),),
    ),
    Rule(
        "abandoners",
        "Cart abandoners",
        "put something in the cart and ordered nothing, or filled more than "
        "{everyone.carts.upper_half_from:cart/carts} and left "
        f"{written('ABANDONED')} of them",
        (
            (Bound("carts", above=0), NO_ORDER),
            (MANY_CARTS, Bound("cart_abandonment_rate", above=ABANDONED)),
        ),
    ),
    Rule(
        "engaged",
        "Engaged shoppers",
        f"{_VIEWS}, as a quarter of all visitors did, and ordered",
        ((MANY_VIEWS, BUYER),),
    ),
    Rule(
        "frequent_browsers",
        "Frequent browsers",
        f"{_VIEWS} over more than {{everyone.sessions.top_quarter_from:visit/visits}}, as a "
        "quarter of all visitors did, and ordered nothing",
        ((MANY_VIEWS, MANY_VISITS, NO_ORDER),),
    ),
    Rule(
        "heavy_browsers",
        "Heavy browsers",
        f"{_VIEWS}, as a quarter of all visitors did, and ordered nothing",
        ((MANY_VIEWS, NO_ORDER),),
    ),
    Rule(
        "inactive",
        "Inactive visitors",
        f"ordered nothing, and {_LAPSED}",
        ((NO_ORDER, LAPSED),),
        long_window=True,
    ),
    Rule(
        "new_visitors",
        "New visitors",
        f"{_NEW}, and ordered nothing",
        ((NO_ORDER, NEWCOMER),),
        long_window=True,
    ),
    Rule(
        "one_time_visitors",
        "One-time visitors",
        "came once, and ordered nothing",
        ((Bound("sessions", to=1), NO_ORDER),),
    ),
    Rule(
        "casual",
        "Casual visitors",
        "looked at products no more than {everyone.views.upper_half_from:time/times}, as at least "
        "half of all visitors did, and ordered nothing",
        ((Bound("views", above=0, to=Upper(0.5)), NO_ORDER),),
    ),
    Rule(
        "window_shoppers",
        "Window shoppers",
        "looked at products, and ordered nothing",
        ((Bound("views", above=0), NO_ORDER),),
    ),
    Rule("non_buyers", "Non-buyers", "ordered nothing", ((NO_ORDER,),)),
)
"""The names. Which of those that are true marks a segment most is decided by the shares."""

PLAIN = "plain"
"""The key of names that are made of plain facts, where no rule's is true of enough."""
