"""The rules that give a segment its name, in their order, each with what proves it."""

from dataclasses import dataclass

from clustomer.insights.naming.case import ABANDONED, LITTLE, LOWER_PRICES
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
from clustomer.thresholds import CLEARLY, HALF_AGAIN, MOST, NEARLY_ALL, SLIGHTLY


@dataclass(frozen=True)
class Rule:
    """A name, what it requires in plain words, and the sentences that prove it.

    `when` are the conditions, all of which must hold; `score` tells which of several segments
    fits best. In `evidence`, `@` stands for the
    segment's id. A segment that fits one of the rules in `weaker_than` is never given this one:
    the other says more, and if it is taken, a qualified form of it is better than a lesser name.
    """

    key: str
    name: str
    requirement: str
    when: tuple[Condition, ...]
    score: Score
    evidence: tuple[str, ...]
    weaker_than: tuple[str, ...] = ()


_ORDERED = (
    "{@.orders.at_least_1} of them ordered, against {everyone.orders.at_least_1} of everyone."
)
_ORDERED_TWICE = (
    "{@.orders.at_least_2} of them ordered at least twice, against "
    "{everyone.orders.at_least_2} of everyone."
)
_HARDLY = "{@.orders.at_least_1} of them ordered anything."
_LAST_ORDER = (
    "Their last order lies {@.purchase_recency_days.mean} before the end of the data on average, "
    "against {everyone.purchase_recency_days.mean} among all who ordered."
)
_VIEWS = (
    "They look at products {@.views.mean} times on average, {@.views.ratio} times as often as the "
    "average customer."
)

RULES: tuple[Rule, ...] = (
    Rule(
        key="high_value_loyal",
        name="High-value loyal customers",
        requirement="The highest revenue per customer of all segments and at least "
        "{threshold.half_again} times everyone's; at least half ordered twice or more; their "
        "last orders are typically less than a third of the period old, and no older than "
        "everyone's; they are not newcomers; the log spans four weeks or more.",
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
            "They bring {@.revenue.mean} each, the most of all segments and {@.revenue.ratio} "
            "times the average.",
            _ORDERED_TWICE,
        ),
    ),
    Rule(
        key="new_buyers",
        name="New customers",
        requirement="At least four in five were first seen in the last third of a log of four weeks"
        " or more, clearly later than everyone, and at least half ordered.",
        when=(
            Is("recently_arrived"),
            AtLeast(BUYERS, MOST),
        ),
        score=Score(mean("tenure_days"), falling=True),
        evidence=(
            "{@.tenure_days.recent} of them were first seen in the last third of the period, "
            "against {everyone.tenure_days.recent} of everyone.",
            _ORDERED,
        ),
    ),
    Rule(
        key="loyal",
        name="Loyal regulars",
        requirement="At least half ordered twice or more, with clearly more orders than everyone; "
        "their last orders are typically less than a third of the period old, and no "
        "older than everyone's; they are not newcomers; the log spans four weeks or "
        "more.",
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
        requirement="At least half ordered twice or more, but their last orders are typically at "
        "least a third of the period old and clearly older than everyone's, or at least"
        " half of it and older than everyone's; the log spans four weeks or more.",
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
        requirement="At least half sent something back, and their return rate is clearly above "
        "everyone's and at least {threshold.half_again} times as high.",
        when=(
            AtLeast(share("returns.at_least_1"), MOST),
            Higher("return_rate"),
            AtLeast(ratio("return_rate"), HALF_AGAIN),
        ),
        score=Score(mean("return_rate")),
        evidence=(
            "{@.returns.at_least_1} of them sent something back, against "
            "{everyone.returns.at_least_1} of everyone.",
            "They send back {@.returns.mean:order line/order lines} on average, against "
            "{everyone.returns.mean} for everyone.",
        ),
    ),
    Rule(
        key="top_spenders",
        name="Top spenders",
        requirement="The highest revenue per customer of all segments and at least "
        "{threshold.half_again} times everyone's; at least half ordered, and so did at least "
        "half of some other segment.",
        when=(
            Is("spends_most"),
            AtLeast(BUYERS, MOST),
            Is("other_buyers"),
        ),
        score=Score(mean("revenue")),
        evidence=(
            "They bring {@.revenue.mean} each, the most of all segments and {@.revenue.ratio} "
            "times the average.",
            _ORDERED,
        ),
    ),
    Rule(
        key="bargain",
        name="Bargain hunters",
        requirement="At least half ordered, and so did at least half of some other segment; the "
        "prices that they look at and pay are clearly below everyone's and at least a tenth below "
        "the mean of their category.",
        when=(
            AtLeast(BUYERS, MOST),
            Is("other_buyers"),
            Lower("price_level"),
            AtMost(mean("price_level"), LOWER_PRICES),
        ),
        score=Score(mean("price_level"), falling=True),
        evidence=(
            "The prices they look at and pay are {@.price_level.mean} times the mean of the "
            "category, against {everyone.price_level.mean} for everyone.",
            _ORDERED,
        ),
    ),
    Rule(
        key="big_ticket",
        name="Big-ticket buyers",
        requirement="At least half ordered but fewer than half ordered twice, and their orders "
        "are clearly larger than everyone's, at least {threshold.half_again} times as large.",
        when=(
            AtLeast(BUYERS, MOST),
            Below(REPEATERS, MOST),
            Higher("average_order_value"),
            AtLeast(ratio("average_order_value"), HALF_AGAIN),
        ),
        score=Score(mean("average_order_value")),
        evidence=(
            "Their orders are worth {@.average_order_value.mean} on average, against "
            "{everyone.average_order_value.mean} for all who ordered.",
            _ORDERED_TWICE,
        ),
    ),
    Rule(
        key="repeat",
        name="Repeat buyers",
        requirement="At least half ordered twice or more, a larger share than of everyone, and they"
        " have not lapsed.",
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
        requirement="At least four in five ordered exactly once, and their last orders are "
        "typically at least a third of the period old and clearly older than "
        "everyone's, or at least half of it and older than everyone's; the log spans "
        "four weeks or more.",
        when=(
            AtLeast(ONCE, NEARLY_ALL),
            Is("long_since_bought"),
        ),
        score=Score(median("purchase_recency_days")),
        evidence=(_LAST_ORDER, "Only {@.orders.at_least_2} of them ordered more than once."),
    ),
    Rule(
        key="lapsed",
        name="Lapsed customers",
        requirement="At least half ordered, and their last orders are typically at least a third of"
        " the period old and clearly older than everyone's, or at least half of it and "
        "older than everyone's; the log spans four weeks or more.",
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
        requirement="At least four in five ordered exactly once, they have not lapsed, and the log "
        "spans four weeks or more.",
        when=(
            Is("long_window"),
            AtLeast(ONCE, NEARLY_ALL),
            Is("not_lapsed"),
        ),
        score=Score(ONCE),
        evidence=(
            _ORDERED,
            "Only {@.orders.at_least_2} of them ordered more than once.",
        ),
        weaker_than=("new_buyers",),
    ),
    Rule(
        key="occasional",
        name="Occasional buyers",
        requirement="At least half ordered but fewer than half ordered twice, they have not lapsed,"
        " and the log spans four weeks or more.",
        when=(
            Is("long_window"),
            AtLeast(BUYERS, MOST),
            Below(REPEATERS, MOST),
            Is("not_lapsed"),
        ),
        score=Score(BUYERS),
        evidence=(_ORDERED, "{@.orders.at_least_2} of them ordered more than once."),
        weaker_than=("new_buyers", "one_time_buyers"),
    ),
    Rule(
        key="buyers",
        name="Buyers",
        requirement="At least half ordered, a larger share than of everyone, and they have not "
        "lapsed.",
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
        requirement="At least half put something in the cart, more than of everyone; and either at "
        "most one in ten ordered, or fewer than half ordered and at least two in three "
        "of their visits with a cart ended without a purchase, clearly more than "
        "everyone's.",
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
            "{@.carts.at_least_1} of them put something in the cart, against "
            "{everyone.carts.at_least_1} of everyone.",
            "{@.orders.at_least_1} of them ordered.",
        ),
    ),
    Rule(
        key="inactive",
        name="Inactive visitors",
        requirement="Hardly any ordered, and they were last seen typically at least a third of the "
        "period ago and clearly longer ago than everyone, or at least half of it and "
        "longer ago than everyone; the log spans four weeks or more.",
        when=(
            Is("visits_known"),
            Is("hardly_buys"),
            Is("long_since_seen"),
        ),
        score=Score(median("recency_days")),
        evidence=(
            "They were last seen {@.recency_days.mean} before the end of the data on average, "
            "against {everyone.recency_days.mean} for everyone.",
            _HARDLY,
        ),
    ),
    Rule(
        key="new_visitors",
        name="New visitors",
        requirement="At least four in five were first seen in the last third of a log of four weeks"
        " or more, clearly later than everyone, and at most one in ten ordered.",
        when=(
            Is("visits_known"),
            Is("recently_arrived"),
            Is("hardly_buys"),
        ),
        score=Score(mean("tenure_days"), falling=True),
        evidence=(
            "{@.tenure_days.recent} of them were first seen in the last third of the period, "
            "against {everyone.tenure_days.recent} of everyone.",
            _HARDLY,
        ),
    ),
    Rule(
        key="frequent_browsers",
        name="Frequent browsers",
        requirement="Clearly more product views than everyone, at least {threshold.half_again} "
        "times as many, over more visits; at most one in four ordered.",
        when=(
            Is("looks_a_lot"),
            AtMost(BUYERS, LITTLE),
            Higher("sessions", SLIGHTLY),
        ),
        score=Score(mean("views")),
        evidence=(
            _VIEWS,
            "They visit {@.sessions.mean:time/times} on average, against {everyone.sessions.mean} "
            "for everyone.",
            _HARDLY,
        ),
    ),
    Rule(
        key="heavy_browsers",
        name="Heavy browsers",
        requirement="Clearly more product views than everyone, at least {threshold.half_again} "
        "times as many; at most one in four ordered.",
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
        requirement="Clearly more product views than everyone, at least {threshold.half_again} "
        "times as many, and more than one in ten ordered, a larger share than of everyone.",
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
        requirement="At least four in five made a single visit, a larger share than of everyone, "
        "and at most one in ten ordered.",
        when=(
            Is("visits_known"),
            Is("hardly_buys"),
            AtLeast(ONE_VISIT, NEARLY_ALL),
            LargerShare("sessions.at_most_1"),
        ),
        score=Score(ONE_VISIT),
        evidence=(
            "{@.sessions.at_most_1} of them made a single visit, against "
            "{everyone.sessions.at_most_1} of everyone.",
            _HARDLY,
        ),
        weaker_than=("inactive", "new_visitors"),
    ),
    Rule(
        key="casual",
        name="Casual visitors",
        requirement="Fewer product views than everyone, at most one in ten ordered, and they are "
        "not inactive.",
        when=(
            Is("hardly_buys"),
            Lower("views", SLIGHTLY),
            IsNot("long_since_seen"),
        ),
        score=Score(mean("views"), falling=True),
        evidence=(
            "They look at products {@.views.mean:time/times} on average, against "
            "{everyone.views.mean} for everyone.",
            _HARDLY,
        ),
        weaker_than=("inactive", "new_visitors"),
    ),
    Rule(
        key="window_shoppers",
        name="Window shoppers",
        requirement="At least half viewed a product, at most one in ten ordered, and they are not "
        "inactive.",
        when=(
            Is("hardly_buys"),
            AtLeast(median("views"), 1),
            IsNot("long_since_seen"),
        ),
        score=Score(mean("views")),
        evidence=("They look at products {@.views.mean:time/times} on average.", _HARDLY),
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
MIXED = Rule(
    key="mixed",
    name="Mixed customers",
    requirement="No rule holds, and nothing plain can be said of what sets them apart.",
    when=(),
    score=Score(Figure("largest_difference"), falling=True),
    evidence=("None of the rules for names holds for them.",),
)
