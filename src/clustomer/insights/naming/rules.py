"""The rules that give a segment its name, in their order, each with what proves it."""

from dataclasses import dataclass

from clustomer.insights.naming.conditions import (
    BUYERS,
    ONCE,
    ONE_VISIT,
    REPEATERS,
    AnyOf,
    AtLeast,
    AtMost,
    Below,
    Condition,
    Figure,
    Higher,
    Is,
    IsNot,
    LargerShare,
    Lower,
    Score,
    mean,
    median,
    ratio,
    share,
)
from clustomer.thresholds import (
    ABANDONED,
    CHEAPER,
    CLEARLY,
    HALF_AGAIN,
    LITTLE,
    MOST,
    NEARLY_ALL,
    SLIGHTLY,
    written,
)


@dataclass(frozen=True)
class Rule:
    """A name, what it requires in plain words, and the sentences that prove it.

    `when` are the conditions, all of which must hold; `score` tells which of several segments
    fits best. In `evidence`, `{segment.…}` are facts of
    the segment. A segment that fits one of the rules in `weaker_than` is never given this one:
    the other says more, and if it is taken, a qualified form of it is better than a lesser name.
    """

    key: str
    name: str
    requirement: str
    when: tuple[Condition, ...]
    score: Score
    evidence: tuple[str, ...]
    weaker_than: tuple[str, ...] = ()

    @property
    def of_newcomers(self) -> bool:
        """Whether its customers must have arrived recently."""
        return Is("recently_arrived") in self.when


_MOST, _NEARLY_ALL, _HARDLY_ANY = written("MOST"), written("NEARLY_ALL"), written("HARDLY_ANY")
# written in digits, and so as the fact that reports show
_HALF_AGAIN = "{threshold.half_again}"
_LITTLE, _ABANDONED = written("LITTLE"), written("ABANDONED")
_CHEAPER, _WEEKS = written("CHEAPER"), written("LONG_WINDOW_DAYS")
_LONG, _VERY_LONG = written("LONG_SINCE"), written("VERY_LONG_SINCE")
_LATE = written("NEW_PART").removeprefix("a ")

_ORDERED = (
    "{segment.orders.at_least_1} of them ordered, against {everyone.orders.at_least_1} of everyone."
)
_ORDERED_TWICE = (
    "{segment.orders.at_least_2} of them ordered at least twice, against "
    "{everyone.orders.at_least_2} of everyone."
)
_HARDLY = "{segment.orders.at_least_1} of them ordered anything."
_LAST_ORDER = (
    "Their last order lies {segment.purchase_recency_days.mean} before the end of the data on "
    "average, against {everyone.purchase_recency_days.mean} among all who ordered."
)
_VIEWS = (
    "They look at products {segment.views.mean} times on average, {segment.views.ratio} times as "
    "often as the average customer."
)

RULES: tuple[Rule, ...] = (
    Rule(
        key="high_value_loyal",
        name="High-value loyal customers",
        requirement="The highest revenue per customer of all segments and at least "
        f"{_HALF_AGAIN} times everyone's; at least {_MOST} ordered twice or "
        f"more; their last orders are typically less than {_LONG} of the "
        "period old, and no older than everyone's; they are not newcomers; "
        f"the log spans {_WEEKS} or more.",
        when=(
            Is("long_window"),
            Is("spends_most"),
            AtLeast(REPEATERS, MOST),
            Is("bought_lately"),
            Is("not_lapsed"),
            IsNot("recently_arrived"),
        ),
        score=Score(mean("revenue")),
        evidence=(
            "They bring {segment.revenue.mean} each, the most of all segments and "
            "{segment.revenue.ratio} times the average.",
            _ORDERED_TWICE,
        ),
    ),
    Rule(
        key="new_buyers",
        name="New customers",
        requirement=f"At least {_NEARLY_ALL} were first seen in the last {_LATE} of a log "
        f"of {_WEEKS} or more, clearly later than everyone, and at least "
        f"{_MOST} ordered.",
        when=(
            Is("recently_arrived"),
            AtLeast(BUYERS, MOST),
        ),
        score=Score(mean("tenure_days"), falling=True),
        evidence=(
            "{segment.tenure_days.recent} of them were first seen in the last " + _LATE + " of "
            "the period, against {everyone.tenure_days.recent} of everyone.",
            _ORDERED,
        ),
    ),
    Rule(
        key="loyal",
        name="Loyal regulars",
        requirement=f"At least {_MOST} ordered twice or more, with clearly more orders "
        f"than everyone; their last orders are typically less than {_LONG} of "
        "the period old, and no older than everyone's; they are not "
        f"newcomers; the log spans {_WEEKS} or more.",
        when=(
            Is("long_window"),
            AtLeast(REPEATERS, MOST),
            Higher("orders"),
            Is("bought_lately"),
            Is("not_lapsed"),
            IsNot("recently_arrived"),
        ),
        score=Score(mean("orders")),
        evidence=(_ORDERED_TWICE, _LAST_ORDER),
    ),
    Rule(
        key="lapsed_repeat",
        name="Lapsed repeat buyers",
        requirement=f"At least {_MOST} ordered twice or more, but their last orders are "
        f"typically at least {_LONG} of the period old and clearly older than "
        f"everyone's, or at least {_VERY_LONG} of it and older than "
        f"everyone's; the log spans {_WEEKS} or more.",
        when=(
            AtLeast(REPEATERS, MOST),
            Is("long_since_bought"),
        ),
        score=Score(median("purchase_recency_days")),
        evidence=(_LAST_ORDER, _ORDERED_TWICE),
    ),
    Rule(
        key="returners",
        name="Frequent returners",
        requirement=f"At least {_MOST} sent something back, and their return rate is "
        f"clearly above everyone's and at least {_HALF_AGAIN} times as high.",
        when=(
            AtLeast(share("returns.at_least_1"), MOST),
            Higher("return_rate"),
            AtLeast(ratio("return_rate"), HALF_AGAIN),
        ),
        score=Score(mean("return_rate")),
        evidence=(
            "{segment.returns.at_least_1} of them sent something back, against "
            "{everyone.returns.at_least_1} of everyone.",
            "They send back {segment.returns.mean:order line/order lines} on average, against "
            "{everyone.returns.mean} for everyone.",
        ),
    ),
    Rule(
        key="top_spenders",
        name="Top spenders",
        requirement="The highest revenue per customer of all segments and at least "
        f"{_HALF_AGAIN} times everyone's; at least {_MOST} ordered, and so did"
        f" at least {_MOST} of some other segment.",
        when=(
            Is("spends_most"),
            AtLeast(BUYERS, MOST),
            Is("other_buyers"),
        ),
        score=Score(mean("revenue")),
        evidence=(
            "They bring {segment.revenue.mean} each, the most of all segments and "
            "{segment.revenue.ratio} times the average.",
            _ORDERED,
        ),
    ),
    Rule(
        key="bargain",
        name="Bargain hunters",
        requirement=f"At least {_MOST} ordered, and so did at least {_MOST} of some other "
        "segment; the prices that they look at and pay are clearly below "
        f"everyone's and at least {_CHEAPER} below the mean of their category.",
        when=(
            AtLeast(BUYERS, MOST),
            Is("other_buyers"),
            Lower("price_level"),
            AtMost(mean("price_level"), 1 - CHEAPER),
        ),
        score=Score(mean("price_level"), falling=True),
        evidence=(
            "The prices they look at and pay are {segment.price_level.mean} times the mean of the "
            "category, against {everyone.price_level.mean} for everyone.",
            _ORDERED,
        ),
    ),
    Rule(
        key="big_ticket",
        name="Big-ticket buyers",
        requirement=f"At least {_MOST} ordered but fewer than {_MOST} ordered twice, and "
        "their orders are clearly larger than everyone's, at least "
        f"{_HALF_AGAIN} times as large.",
        when=(
            AtLeast(BUYERS, MOST),
            Below(REPEATERS, MOST),
            Higher("average_order_value"),
            AtLeast(ratio("average_order_value"), HALF_AGAIN),
        ),
        score=Score(mean("average_order_value")),
        evidence=(
            "Their orders are worth {segment.average_order_value.mean} on average, against "
            "{everyone.average_order_value.mean} for all who ordered.",
            _ORDERED_TWICE,
        ),
    ),
    Rule(
        key="repeat",
        name="Repeat buyers",
        requirement=f"At least {_MOST} ordered twice or more, a larger share than of "
        "everyone, and they have not lapsed.",
        when=(
            AtLeast(REPEATERS, MOST),
            LargerShare("orders.at_least_2"),
            Is("not_lapsed"),
        ),
        score=Score(REPEATERS),
        evidence=(_ORDERED_TWICE,),
        weaker_than=("high_value_loyal", "loyal", "new_buyers"),
    ),
    Rule(
        key="lapsed_once",
        name="Lapsed one-time buyers",
        requirement=f"At least {_NEARLY_ALL} ordered exactly once, and their last orders "
        f"are typically at least {_LONG} of the period old and clearly older "
        f"than everyone's, or at least {_VERY_LONG} of it and older than "
        f"everyone's; the log spans {_WEEKS} or more.",
        when=(
            AtLeast(ONCE, NEARLY_ALL),
            Is("long_since_bought"),
        ),
        score=Score(median("purchase_recency_days")),
        evidence=(_LAST_ORDER, "Only {segment.orders.at_least_2} of them ordered more than once."),
    ),
    Rule(
        key="lapsed",
        name="Lapsed customers",
        requirement=f"At least {_MOST} ordered, and their last orders are typically at "
        f"least {_LONG} of the period old and clearly older than everyone's, "
        f"or at least {_VERY_LONG} of it and older than everyone's; the log "
        f"spans {_WEEKS} or more.",
        when=(
            AtLeast(BUYERS, MOST),
            Is("long_since_bought"),
        ),
        score=Score(median("purchase_recency_days")),
        evidence=(_LAST_ORDER, _ORDERED),
        weaker_than=("lapsed_repeat", "lapsed_once"),
    ),
    Rule(
        key="one_time_buyers",
        name="One-time buyers",
        requirement=f"At least {_NEARLY_ALL} ordered exactly once, they have not lapsed, "
        f"and the log spans {_WEEKS} or more.",
        when=(
            Is("long_window"),
            AtLeast(ONCE, NEARLY_ALL),
            Is("not_lapsed"),
        ),
        score=Score(ONCE),
        evidence=(
            _ORDERED,
            "Only {segment.orders.at_least_2} of them ordered more than once.",
        ),
        weaker_than=("new_buyers",),
    ),
    Rule(
        key="occasional",
        name="Occasional buyers",
        requirement=f"At least {_MOST} ordered but fewer than {_MOST} ordered twice, they "
        f"have not lapsed, and the log spans {_WEEKS} or more.",
        when=(
            Is("long_window"),
            AtLeast(BUYERS, MOST),
            Below(REPEATERS, MOST),
            Is("not_lapsed"),
        ),
        score=Score(BUYERS),
        evidence=(_ORDERED, "{segment.orders.at_least_2} of them ordered more than once."),
        weaker_than=("new_buyers", "one_time_buyers"),
    ),
    Rule(
        key="buyers",
        name="Buyers",
        requirement=f"At least {_MOST} ordered, a larger share than of everyone, and they "
        "have not lapsed.",
        when=(
            AtLeast(BUYERS, MOST),
            LargerShare("orders.at_least_1"),
            Is("not_lapsed"),
        ),
        score=Score(BUYERS),
        evidence=(_ORDERED,),
        weaker_than=(
            "high_value_loyal",
            "new_buyers",
            "loyal",
            "repeat",
            "one_time_buyers",
            "occasional",
        ),
    ),
    Rule(
        key="abandoners",
        name="Cart abandoners",
        requirement=f"At least {_MOST} put something in the cart, more than of everyone; "
        f"and either at most {_HARDLY_ANY} ordered, or fewer than {_MOST} "
        f"ordered and at least {_ABANDONED} of their visits with a cart ended "
        "without a purchase, clearly more than everyone's.",
        when=(
            AtLeast(share("carts.at_least_1"), MOST),
            LargerShare("carts.at_least_1"),
            AnyOf(
                (Is("hardly_buys"),),
                (
                    Below(BUYERS, MOST),
                    Higher("cart_abandonment_rate"),
                    AtLeast(mean("cart_abandonment_rate"), ABANDONED),
                ),
            ),
        ),
        score=Score(share("carts.at_least_1"), less=BUYERS),
        evidence=(
            "{segment.carts.at_least_1} of them put something in the cart, against "
            "{everyone.carts.at_least_1} of everyone.",
            "{segment.orders.at_least_1} of them ordered.",
        ),
    ),
    Rule(
        key="inactive",
        name="Inactive visitors",
        requirement="Hardly any ordered, and they were last seen typically at least "
        f"{_LONG} of the period ago and clearly longer ago than everyone, or "
        f"at least {_VERY_LONG} of it and longer ago than everyone; the log "
        f"spans {_WEEKS} or more.",
        when=(
            Is("visits_known"),
            Is("hardly_buys"),
            Is("long_since_seen"),
        ),
        score=Score(median("recency_days")),
        evidence=(
            "They were last seen {segment.recency_days.mean} before the end of the data on "
            "average, against {everyone.recency_days.mean} for everyone.",
            _HARDLY,
        ),
    ),
    Rule(
        key="new_visitors",
        name="New visitors",
        requirement=f"At least {_NEARLY_ALL} were first seen in the last {_LATE} of a log "
        f"of {_WEEKS} or more, clearly later than everyone, and at most "
        f"{_HARDLY_ANY} ordered.",
        when=(
            Is("visits_known"),
            Is("recently_arrived"),
            Is("hardly_buys"),
        ),
        score=Score(mean("tenure_days"), falling=True),
        evidence=(
            "{segment.tenure_days.recent} of them were first seen in the last " + _LATE + " of "
            "the period, against {everyone.tenure_days.recent} of everyone.",
            _HARDLY,
        ),
    ),
    Rule(
        key="frequent_browsers",
        name="Frequent browsers",
        requirement=f"Clearly more product views than everyone, at least {_HALF_AGAIN} "
        f"times as many, over more visits; at most {_LITTLE} ordered.",
        when=(
            Is("looks_a_lot"),
            AtMost(BUYERS, LITTLE),
            Higher("sessions", SLIGHTLY),
        ),
        score=Score(mean("views")),
        evidence=(
            _VIEWS,
            "They visit {segment.sessions.mean:time/times} on average, against "
            "{everyone.sessions.mean} for everyone.",
            _HARDLY,
        ),
    ),
    Rule(
        key="heavy_browsers",
        name="Heavy browsers",
        requirement=f"Clearly more product views than everyone, at least {_HALF_AGAIN} "
        f"times as many; at most {_LITTLE} ordered.",
        when=(
            Is("looks_a_lot"),
            AtMost(BUYERS, LITTLE),
        ),
        score=Score(mean("views")),
        evidence=(_VIEWS, _HARDLY),
        weaker_than=("frequent_browsers",),
    ),
    Rule(
        key="engaged",
        name="Engaged shoppers",
        requirement=f"Clearly more product views than everyone, at least {_HALF_AGAIN} "
        f"times as many, and more than {_HARDLY_ANY} ordered, a larger share "
        "than of everyone.",
        when=(
            Is("looks_a_lot"),
            IsNot("hardly_buys"),
            LargerShare("orders.at_least_1"),
        ),
        score=Score(mean("views")),
        evidence=(_VIEWS, _ORDERED),
    ),
    Rule(
        key="one_time_visitors",
        name="One-time visitors",
        requirement=f"At least {_NEARLY_ALL} made a single visit, a larger share than of "
        f"everyone, and at most {_HARDLY_ANY} ordered.",
        when=(
            Is("visits_known"),
            Is("hardly_buys"),
            AtLeast(ONE_VISIT, NEARLY_ALL),
            LargerShare("sessions.at_most_1"),
        ),
        score=Score(ONE_VISIT),
        evidence=(
            "{segment.sessions.at_most_1} of them made a single visit, against "
            "{everyone.sessions.at_most_1} of everyone.",
            _HARDLY,
        ),
        weaker_than=("inactive", "new_visitors"),
    ),
    Rule(
        key="casual",
        name="Casual visitors",
        requirement=f"Fewer product views than everyone, at most {_HARDLY_ANY} ordered, "
        "and they are not inactive.",
        when=(
            Is("hardly_buys"),
            Lower("views", SLIGHTLY),
            IsNot("long_since_seen"),
        ),
        score=Score(mean("views"), falling=True),
        evidence=(
            "They look at products {segment.views.mean:time/times} on average, against "
            "{everyone.views.mean} for everyone.",
            _HARDLY,
        ),
        weaker_than=("inactive", "new_visitors"),
    ),
    Rule(
        key="window_shoppers",
        name="Window shoppers",
        requirement=f"At least {_MOST} viewed a product, at most {_HARDLY_ANY} ordered, "
        "and they are not inactive.",
        when=(
            Is("hardly_buys"),
            AtLeast(median("views"), 1),
            IsNot("long_since_seen"),
        ),
        score=Score(mean("views")),
        evidence=("They look at products {segment.views.mean:time/times} on average.", _HARDLY),
        weaker_than=(
            "abandoners",
            "inactive",
            "new_visitors",
            "frequent_browsers",
            "heavy_browsers",
            "one_time_visitors",
            "casual",
        ),
    ),
    Rule(
        key="non_buyers",
        name="Non-buyers",
        requirement="None of them ordered, while others did.",
        when=(
            AtMost(BUYERS, 0),
            Is("others_buy"),
        ),
        score=Score(Figure("size")),
        evidence=("None of them ordered, against {everyone.orders.at_least_1} of everyone.",),
        weaker_than=(
            "abandoners",
            "inactive",
            "new_visitors",
            "frequent_browsers",
            "heavy_browsers",
            "one_time_visitors",
            "casual",
            "window_shoppers",
        ),
    ),
)
"""The rules for what a segment is, the most telling first."""

AVERAGE = Rule(
    key="average",
    name="Average customers",
    requirement="No rule holds, and no feature differs clearly from everyone.",
    when=(Below(Figure("largest_difference"), CLEARLY),),
    score=Score(Figure("largest_difference"), falling=True),
    evidence=("In none of the features do they differ clearly from everyone.",),
)
BY_DIFFERENCE = "with_"
"""What the keys begin with of rules that are made of a clear difference, where no other holds."""

MIXED = Rule(
    key="mixed",
    name="Mixed customers",
    requirement="No rule holds, and nothing plain can be said of what sets them apart.",
    when=(),
    score=Score(Figure("largest_difference"), falling=True),
    evidence=("None of the rules for names holds for them.",),
)
