"""What can be done about a segment, each with a figure of its own; `kinds` puts them together.

A step whose figures are not known of a segment is not advised to it.
"""

from clustomer.insights.advice.declaration import Choice, Text


def _chosen(kind: str) -> str:
    return (
        f"{{own.{kind}_share}} of what one of them chooses, on average, against "
        f"{{own.{kind}_others}} among the others."
    )


TASTE: Text = (
    Choice(
        ("own.category",),
        f"Show {{own.category}} first: it is {_chosen('category')}",
        Choice(
            ("own.product",),
            f"Show what goes with {{own.product}}: it is {_chosen('product')}",
        ),
    ),
    Choice(("own.brand",), f"Show the brand {{own.brand}}: it is {_chosen('brand')}"),
)
"""What to show."""


def _moment(verb: str, noun: str) -> Choice:
    """Return when they come, where it is known: the day, the hours, or both."""
    share = f"of a customer's {noun}, on average"
    day = f"on {{own.weekday}} ({{own.weekday_share}} {share})"
    hours = "from {own.hours} o'clock ({own.hours_share}"
    before = ": let messages arrive before that."
    return Choice(
        ("own.weekday", "own.hours"),
        f"They {verb} most {day} and {hours}){before}",
        Choice(
            ("own.weekday",),
            f"They {verb} most {day}{before}",
            Choice(("own.hours",), f"They {verb} most {hours} {share}){before}"),
        ),
    )


MOMENT: Text = Choice(
    ("orders",),
    Choice(("own.mostly_ordered",), _moment("order", "orders")),
    _moment("come", "visits"),
)
"""On which day and at what time; of orders only where most have placed one."""
REMIND: Text = Choice(
    ("own.gap", "own.current"),
    (
        "Remind each of them by the date at which half of such pauses are over (expected_on in "
        "segments.csv): in the middle of them that is {own.gap} after the last order.",
        Choice(
            ("own.due_soon",),
            "For {own.due_soon} of them that is within {threshold.due_days} after the data.",
        ),
        Choice(
            ("own.past_due",),
            "{own.past_due} {own.past_due?is/are} past that date and not yet late: write to them "
            "now.",
        ),
    ),
)
"""When to remind those who order again; for most of those who are late that day has passed."""
_LATE = (
    "{own.late:customer/customers} who {own.late?is/are} late but {own.late?has/have} not lapsed "
    "(stage “slowing” or “at risk” in segments.csv)"
)
RESCUE: Text = Choice(
    ("own.few_late",),
    f"Write first to the {_LATE}.",
    Choice(("own.late",), f"Write to the {_LATE}, beginning with those who ordered most recently."),
)
"""Whom to write to because they are late."""
CARTS: Text = Choice(
    ("own.carts",),
    "Remind them of the cart within a day, at first without a discount: on average they put "
    "{own.carts:product/products} in it in this period.",
)
"""What those get who leave carts."""
BEFORE_RETURNS = Choice(("own.order", "returns"), "Amounts of orders are before returns.")
FREE_DELIVERY: Text = (
    Choice(
        ("own.order_upper",),
        "Offer free delivery from {own.order_upper}: half of them spend {own.order} or more on an "
        "average order of theirs, and a quarter more than {own.order_upper}.",
        Choice(
            ("own.order",),
            "Suggest one more item at the checkout: half of them spend {own.order} or more on an "
            "average order of theirs.",
        ),
    ),
    BEFORE_RETURNS,
)
"""How to raise what they order; free delivery only from an amount within their reach."""
NO_DISCOUNT: Text = Choice(
    ("own.response", "orders"),
    "Whatever the next order is rewarded with, the {own.response} of them who order within "
    "{own.horizon} anyway get it, too: thank them with what costs little.",
)
"""What rewards cost where most order anyway."""
KEEP_BELOW_MARGIN: Text = Choice(
    ("own.order_margin", "orders"),
    (
        "Keep an offer below the margin on one order of theirs: {own.order_margin}, which is "
        "{run.margin} of {own.order}, the median of what they spend on an average order.",
        BEFORE_RETURNS,
    ),
)
"""What winning back may cost."""
FOLLOW_UP: Text = Choice(
    ("own.in_time",),
    "Ask for the next order within {own.horizon} of the last one; for half of them that was "
    "{own.away} ago or earlier.",
    Choice(
        ("own.away",),
        "Ask for the next order now: for half of them the last one was {own.away} ago or earlier.",
    ),
)
"""After a first order."""
SHOW_AGAIN: Text = Choice(
    ("own.views",),
    "Show again what they looked at, and stop after a few times: half of them looked at products "
    "{own.views:time/times} or more often.",
)
LEAVE_ADDRESS: Text = Choice(
    ("own.visits",),
    "Offer a wish list or a price alert, so that they leave an address: half of them came "
    "{own.visits:time/times} or more often.",
)
FIRST_ORDER: Text = (
    "Answer what holds up a first order (delivery cost, returns, payment):",
    Choice(
        ("own.never",),
        "{own.never} of these {its.customers:customer/customers} {own.never?has/have} been here "
        "and not ordered yet.",
        "{its.customers:customer/customers} of this segment {its.customers?has/have} been here "
        "already.",
    ),
)
EACH_BRINGS: Text = Choice(
    ("revenue",),
    "One of them brings {its.revenue.mean} on average, against {everyone.revenue.mean} over all "
    "customers.",
)

_UNSEEN = "a gain as small as the one under “What is at stake” would not be seen."
_TEST = "two-sided test at {threshold.test_level}, power {threshold.test_power}"
_LATE_ALONE: Text = Choice(
    ("own.late_contacted",),
    "Where you write to the late alone, that is {own.late_contacted:customer/customers}: compare "
    "with the late who are held back, though so few show a larger rise only.",
)
HELD_BACK: Text = Choice(
    ("own.testable", "own.contacted"),
    (
        "To tell {threshold.one_more_points} more from chance takes {own.control} customers who "
        f"get nothing ({_TEST}): so many, drawn at random, are marked “hold back” in segments.csv "
        "(test_group). Contact the other {own.contacted}.",
        Choice(("own.small_gain",), f"{_UNSEEN[0].upper()}{_UNSEEN[1:]}"),
        _LATE_ALONE,
    ),
    Choice(
        ("own.rise", "own.contacted"),
        (
            "Half of them, drawn at random, are marked “hold back” in segments.csv (test_group) "
            "and get nothing. Contact the other {own.contacted}: a rise of {own.rise} or more can "
            f"then be told from chance ({_TEST}).",
            Choice(
                ("own.untestable",),
                "To tell {threshold.one_more_points} would take {own.control} in each of the two "
                f"groups, so that {_UNSEEN}",
            ),
            _LATE_ALONE,
        ),
        Choice(
            ("own.untestable",),
            "They are too few to test: to tell {threshold.one_more_points} more from chance takes "
            "{own.control} in each of two groups, and there are {its.customers} of them. So "
            "contact all of them: test_group in segments.csv is empty for them.",
            "So many of them do that no test of them can tell a rise. So contact all of them: "
            "test_group in segments.csv is empty for them.",
        ),
    ),
)
"""How many get nothing, so that a rise is told from chance, and how many are contacted."""
ORDERS_AGAIN: Text = Choice(
    ("own.response",),
    (
        Choice(
            ("orders",),
            "The share of them who order within {own.horizon}.",
            "The share of them who come within {own.horizon}.",
        ),
        "Of the {own.watched:customer/customers} who were in this segment {own.horizon} before the "
        "end of the data, {own.response} did.",
        HELD_BACK,
    ),
    Choice(
        ("own.contacted",),
        "How many of them would order anyway cannot be told from this log: contact the "
        "{own.contacted} of them, a random half, who are marked “contact” in segments.csv "
        "(test_group), and compare them with the others.",
        Choice(
            ("own.few",),
            "How many of them would order anyway cannot be told from this log, and {its.customers} "
            "are too few to test.",
            "How many of them would order anyway cannot be told from this log: act on a random "
            "half of the {its.customers}, and compare.",
        ),
    ),
)
"""What shows that an action worked, with what happens without it, and the size of a test."""
