"""Every threshold that texts publish, once: its value, what it decides, and where it is from.

Code imports the value, texts take `written("VALID")`, and pages of the documentation mark the
number with the name, so that `make docs` writes it anew: `<!-- =VALID -->0.75<!-- = -->`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

CONVENTION = "a convention of this program"


@dataclass(frozen=True)
class Threshold:
    """A number that decides something, and that texts name."""

    value: float
    sentence: str
    source: str
    write: Callable[[float], str]

    @property
    def written(self) -> str:
        """The value as texts have it."""
        return self.write(self.value)


THRESHOLDS: dict[str, Threshold] = {}


def written(name: str) -> str:
    """Return a threshold as texts write it.

    >>> written("VALID"), written("USABLE"), written("RESAMPLE_CUSTOMERS")
    ('0.75', '1 %', '2,000')
    """
    return THRESHOLDS[name].written


def plain(value: float) -> str:
    """Return a number as texts write it.

    >>> plain(0.5), plain(2000)
    ('0.5', '2,000')
    """
    return f"{value:,.10g}"


def percent(value: float) -> str:
    """Return a share in per cent.

    >>> percent(0.005)
    '0.5 %'
    """
    return f"{100 * value:.10g} %"


def so_many(value: float) -> str:
    """Return a share of people in words, where there are few words for it.

    >>> so_many(0.5), so_many(0.8), so_many(0.85)
    ('half', 'four in five', '85 %')
    """
    share = Fraction(value).limit_denominator(10)
    if abs(share - value) > 1e-9:
        return percent(value)
    return (
        "half"
        if share == Fraction(1, 2)
        else f"{_NUMBERS[share.numerator]} in " + (_NUMBERS[share.denominator])
    )


def part(value: float) -> str:
    """Return a part of an amount in words, where there is a word for it.

    >>> part(0.2), part(0.15)
    ('a fifth', '15 %')
    """
    words = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 10: "a tenth"}
    share = 1 / value if value else 0.0
    return words[round(share)] if round(share) in words and share % 1 == 0 else percent(value)


def weeks(days: float) -> str:
    """Return a number of days in weeks, where they are whole.

    >>> weeks(28), weeks(30)
    ('four weeks', '30 days')
    """
    number, rest = divmod(days, 7)
    return f"{plain(days)} days" if rest else f"{_NUMBERS[int(number)]} weeks"


def months(days: float) -> str:
    """Return a number of days in months, where they are about whole.

    >>> months(91), months(40)
    ('three months', '40 days')
    """
    number = round(days / 30.4)
    is_whole = abs(days - 30.4 * number) < 1
    return f"{in_words(number)} months" if is_whole else f"{plain(days)} days"


def in_words(value: float) -> str:
    """Return a small number in words.

    >>> in_words(5), in_words(90)
    ('five', '90')
    """
    return _NUMBERS[int(value)] if value < len(_NUMBERS) else plain(value)


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _threshold(
    name: str,
    value: float,
    sentence: str,
    *,
    source: str = CONVENTION,
    write: Callable[[float], str] = plain,
) -> float:
    THRESHOLDS[name] = Threshold(value, sentence, source, write)
    return value


def _count(
    name: str,
    value: int,
    sentence: str,
    *,
    source: str = CONVENTION,
    write: Callable[[float], str] = plain,
) -> int:
    THRESHOLDS[name] = Threshold(value, sentence, source, write)
    return value


_HENNIG = "Hennig 2007, doi:10.1016/j.csda.2006.11.025"
_COHEN = "Cohen 1988, Statistical Power Analysis, 2nd ed."

# features

CORRELATION_LIMIT = _threshold(
    "CORRELATION_LIMIT",
    0.95,
    "The correlation from which on two features say the same, so that the later one is left out.",
)
TAIL = _threshold(
    "TAIL",
    0.005,
    "The share of the customers at each end of a feature who count as equals: half of the "
    "smallest share that a usable segment may have, so that no few of them draw a centre to "
    "themselves.",
    write=percent,
)

SKEWNESS_LIMIT = _threshold(
    "SKEWNESS_LIMIT",
    1.0,
    "The skewness above which a feature is taken as a root, where none is declared.",
)

HIGHEST_WEIGHT = _threshold(
    "HIGHEST_WEIGHT",
    2.0,
    "What a feature counts at most by what it told of what came next, against 1.",
)

# the choice of K

VALID = _threshold(
    "VALID",
    0.75,
    "The mean Jaccard similarity over resamples from which on a segment is stable.",
    source=_HENNIG,
)
DISSOLVED = _threshold(
    "DISSOLVED",
    0.5,
    "The mean Jaccard similarity over resamples at or below which a segment dissolves.",
    source=_HENNIG,
)
USABLE = _threshold(
    "USABLE",
    0.01,
    "The smallest share of the customers that makes a segment.",
    write=percent,
)
N_RESAMPLES = _count("N_RESAMPLES", 50, "The resamples by which stability is judged.")
RESAMPLE_CUSTOMERS = _count("RESAMPLE_CUSTOMERS", 2_000, "The customers of a resample, at most.")
N_DRAWS = _count(
    "N_DRAWS", 6, "How often the number of segments is chosen anew, with all that leads to it."
)
DRAWN_SHARE = _threshold(
    "DRAWN_SHARE", 0.6, "The share of the customers in each of these draws.", write=percent
)
DRAWN_CUSTOMERS = _count("DRAWN_CUSTOMERS", 5_000, "The customers of such a draw, at most.")
AS_CLEAR = _threshold(
    "AS_CLEAR",
    0.95,
    "What a silhouette, or silhouette times stability, must keep of the best, to count as clear "
    "as any.",
    write=percent,
)
APART = _threshold(
    "APART",
    0.2,
    "The density dip that sets segments apart: so many fewer customers between than beside them.",
    write=part,
)
TELLING = _threshold(
    "TELLING",
    0.05,
    "The holdout R² from which on it says something to choose K by.",
)

# certificates

APART_SHARE = _threshold(
    "APART_SHARE",
    0.5,
    "The share of customers whose segments must be set apart for the verdict of real groups.",
    write=percent,
)
AUC_NEEDED = _threshold(
    "AUC_NEEDED",
    0.6,
    "The AUC from which on all segments together tell who buys or comes back.",
)
R2_NEEDED = _threshold(
    "R2_NEEDED",
    0.05,
    "The share of the variance of capped revenue from which on all segments together tell what "
    "customers spend.",
    write=percent,
)
HELD_SHARE = _threshold(
    "HELD_SHARE",
    0.5,
    'The share of customers whose segments must be stable for any verdict but "none".',
    write=percent,
)
N_WORLDS = _count("N_WORLDS", 100, "The simulated null shops beside which segments are held.")
NULL_PERCENTILE = _count("NULL_PERCENTILE", 99, "The percentile of the null that counts.")
SEGMENT_EFFECT_NEEDED = _threshold(
    "SEGMENT_EFFECT_NEEDED",
    0.15,
    "By how much the density dip around a segment must exceed the null's 99th percentile.",
)
EFFECT_NEEDED = _threshold(
    "EFFECT_NEEDED",
    0.08,
    "By how much the mean density dip of all segments must exceed the null's 99th percentile.",
)
ALIKE = _threshold(
    "ALIKE",
    0.4,
    "The share of the customers, those who come about as often, whose visits are dealt in the "
    "null of customers alike.",
    write=percent,
)
BURST = _count(
    "BURST",
    50,
    "Visits of a customer that are less than this part of the window apart are a burst, which the "
    "null of bursts keeps together.",
)
BORDER_ERRORS = _threshold(
    "BORDER_ERRORS",
    2.0,
    "How many standard errors the effect must be from what is needed; nearer, it is undecided.",
)
EXCESS_NEEDED = _threshold(
    "EXCESS_NEEDED",
    1.5,
    "How many times as many customers as in the null make a segment weakly real by its size.",
)
MIN_CUSTOMERS = _count(
    "MIN_CUSTOMERS", 200, "The eligible customers that each half of the holdout needs."
)
MIN_RETURNED = _count(
    "MIN_RETURNED", 20, "The customers of each half of the holdout who must have come back."
)
MIN_SEGMENT = _count(
    "MIN_SEGMENT", 30, "The customers of the validation half that a segment needs to be judged."
)
MATCHED = _threshold(
    "MATCHED",
    0.6,
    "The Jaccard similarity from which on a segment and one at the holdout date are the same.",
)
LEVEL = _threshold(
    "LEVEL",
    0.05,
    "The level of significance, after Holm's correction over segments and outcomes.",
    source="Holm 1979, Scandinavian Journal of Statistics 6, 65-70",
)
CONFIDENCE = _threshold(
    "CONFIDENCE",
    0.95,
    "The share of resamples that an interval holds.",
    write=percent,
)
EFFECT = _threshold(
    "EFFECT",
    0.2,
    "How far above or below everyone's a segment's outcome must be to be worth stating.",
    write=part,
)
MIN_REVENUE_SHARE = _threshold(
    "MIN_REVENUE_SHARE",
    0.05,
    "The share of the revenue with which a smaller segment is large enough, too.",
    write=percent,
)
PRECISION = _threshold(
    "PRECISION",
    0.8,
    "The precision of a segment's short rule, on customers that it has not seen.",
)
RECALL = _threshold(
    "RECALL",
    0.6,
    "The recall of a segment's short rule, on customers that it has not seen.",
)

# facets

FACET_VISITS = _count(
    "FACET_VISITS", 4, "The visits that a customer must have to be in a segment of a facet."
)
FACET_BINS = _count(
    "FACET_BINS",
    30,
    "The most frequent categories that a facet tells apart; the others are one bin together.",
)
FACET_CUSTOMERS = _count(
    "FACET_CUSTOMERS", 200, "The customers with enough visits that it takes to look for a facet."
)
FACET_RELIABILITY = _threshold(
    "FACET_RELIABILITY",
    0.1,
    "The part of how far customers' shares are apart that must belong to customers: below it they "
    "hardly differ.",
    write=percent,
)
FACET_CROWDS = _count(
    "FACET_CROWDS", 30, "The crowds that differ by degree, beside which a facet is held."
)
FACET_GAIN = _threshold(
    "FACET_GAIN",
    1.1,
    "How many times as much variance the segments of a facet must explain as in a crowd.",
)
FACET_DIP = _threshold(
    "FACET_DIP",
    0.16,
    "By how much the mean density dip of a facet's segments must exceed the deepest in a crowd.",
)
FACET_AGREEMENT = _threshold(
    "FACET_AGREEMENT",
    0.2,
    "How well two halves of the visits must agree on the segment of a facet: Cohen's kappa.",
    source="fair, by Landis and Koch 1977, doi:10.2307/2529310",
)
RARE_LEAST = _threshold(
    "RARE_LEAST", 0.01, "The share of the customers that a rare kind holds at least.", write=percent
)
RARE_MOST = _threshold(
    "RARE_MOST", 0.05, "The share of the customers that a rare kind holds at most.", write=percent
)
RARE_EXCESS = _threshold(
    "RARE_EXCESS",
    0.12,
    "By how much the part of a rare kind that no falling tail has must exceed the highest in "
    "simulated tails.",
)
MARK_RATIO = _threshold(
    "MARK_RATIO",
    1.5,
    "How many times everyone's share marks a segment of a facet.",
)
MARK_EXCESS = _threshold(
    "MARK_EXCESS",
    0.05,
    "How much more than everyone's share marks a segment of a facet.",
    write=percent,
)

# what customers are expected to bring

FORECAST_ERRORS = _threshold(
    "FORECAST_ERRORS",
    1.0,
    "How many standard errors a forecast's squared errors must be larger to be surely larger; of "
    "forecasts whose errors are alike the one that ranks customers best is used.",
)
FORECAST_INTERVAL = _threshold(
    "FORECAST_INTERVAL",
    0.8,
    "The share of customers with alike forecasts whose orders, or revenue, an interval held.",
    write=percent,
)

LEAVING_SHOWN = _threshold(
    "LEAVING_SHOWN",
    0.01,
    "The share of customers who must have left for good by the model, for it to be told who has: "
    "with fewer, every silence is explained by slow rhythms.",
    write=percent,
)

# lifecycle

SLOWING_PART = _threshold(
    "SLOWING_PART",
    0.75,
    "The share of the pauses of customers alike that were shorter, from which on a customer is "
    "slowing.",
    write=so_many,
)
AT_RISK_PART = _threshold(
    "AT_RISK_PART",
    0.9,
    "The same from which on a customer is at risk.",
    write=so_many,
)
LAPSED_PART = _threshold(
    "LAPSED_PART",
    0.95,
    "The same from which on a customer has lapsed.",
    write=percent,
)
EARLY_PART = _threshold(
    "EARLY_PART",
    0.25,
    "The share of all pauses that are over by the earliest date at which the next order is "
    "expected.",
    write=part,
)
LATE_PART = _threshold(
    "LATE_PART", 0.75, "The share of them that are over by the latest such date.", write=so_many
)
SOME_DAYS = _count(
    "SOME_DAYS",
    3,
    "The days with an order from which on the pauses of customers are compared with those of "
    "customers who ordered as often.",
)
MANY_DAYS = _count(
    "MANY_DAYS", 5, "The same of those who ordered still more often, all taken together."
)
SHORT_GAP = _threshold(
    "SHORT_GAP",
    0.7,
    "The part of everyone's usual gap below which the usual gap of a customer counts as short.",
    write=percent,
)
FEWEST_PAUSES = _count(
    "FEWEST_PAUSES", 30, "The ended pauses that it takes to know how long pauses are."
)
OBSERVED_PART = _threshold(
    "OBSERVED_PART",
    0.8,
    "The part of the period up to which its first pauses tell how long pauses are: longer ones it "
    "can hardly have seen.",
    write=so_many,
)
DUE_DAYS = _count(
    "DUE_DAYS", 7, "The days after the data within which a customer's next order is expected soon."
)

# attributes

MAX_VALUES = _count(
    "MAX_VALUES", 50, "The different values above which an attribute is listed, and not shown."
)
FEWEST_KNOWN = _count("FEWEST_KNOWN", 30, "Of fewer customers no share is compared.")
FEWEST_EXPECTED = _count(
    "FEWEST_EXPECTED",
    5,
    "Nor one of a value that fewer customers have, or would have as everyone.",
)
CHANCE = _threshold(
    "CHANCE",
    0.05,
    "How likely it may be that any of all differences told is chance alone (Bonferroni).",
    write=percent,
)

# advice

NEXT_ORDER_DAYS = _count(
    "NEXT_ORDER_DAYS",
    60,
    "The days in which customers are seen to order again, where their usual gap is not known.",
)
NEXT_VISIT_DAYS = _count("NEXT_VISIT_DAYS", 30, "The same for visits and first orders.")

TEST_LEVEL = _threshold(
    "TEST_LEVEL",
    0.05,
    "The level of the two-sided test for which control groups are sized.",
    write=percent,
)
TEST_POWER = _threshold(
    "TEST_POWER",
    0.8,
    "The power that such a test has to tell the rise of ONE_MORE_SHARE.",
    write=percent,
)
TELLABLE_RISE = _threshold(
    "TELLABLE_RISE",
    0.2,
    "The highest rise of the share who order that a segment too small to tell ONE_MORE_SHARE is "
    "tested for: a message hardly ever does more, so that a smaller segment is not tested.",
    write=percent,
)
RESPONSE_PART = _threshold(
    "RESPONSE_PART",
    0.25,
    "The part of the period in which, at most, customers are watched for what they do unasked.",
    write=part,
)
HABIT_RATIO = _threshold(
    "HABIT_RATIO",
    1.25,
    "How many times the share of others makes a choice one of a segment's habits.",
)
HABIT_LEAST = _threshold(
    "HABIT_LEAST",
    0.005,
    "The share of a customer's choices that a habit has at least.",
    write=percent,
)
DELIVERY_REACH = _threshold(
    "DELIVERY_REACH",
    1.5,
    "Up to how many times a segment's usual order free delivery is offered: what is further off "
    "makes nobody add to an order.",
)
ONE_MORE_SHARE = _threshold(
    "ONE_MORE_SHARE",
    0.05,
    "The share of a segment from whom one more order is counted as what is at stake.",
    write=percent,
)

# words

SLIGHTLY = _threshold(
    "SLIGHTLY",
    0.2,
    'The standardised difference (or effect size h of shares) from which on it is "slightly".',
    source=_COHEN,
)
CLEARLY = _threshold(
    "CLEARLY",
    0.5,
    'The standardised difference from which on it is "clearly".',
    source=_COHEN,
)
STRONGLY = _threshold(
    "STRONGLY",
    0.8,
    'The standardised difference from which on it is "strongly".',
    source=_COHEN,
)
STANDARD_ERRORS = _threshold(
    "STANDARD_ERRORS",
    2.0,
    "How many standard errors of a mean of so many customers a difference must be to count: in a "
    "segment of a few, chance alone makes sizeable differences.",
)
MOST = _threshold(
    "MOST",
    0.5,
    'The share of a segment from which on something is said of "most" of it.',
    write=so_many,
)
NEARLY_ALL = _threshold(
    "NEARLY_ALL",
    0.8,
    'The share of a segment from which on something is said of all of it ("one-time").',
    write=so_many,
)
HARDLY_ANY = _threshold(
    "HARDLY_ANY",
    0.1,
    'The share of a segment that is "hardly any"; below it a segment is not one of buyers.',
    write=so_many,
)
HALF_AGAIN = _threshold(
    "HALF_AGAIN",
    1.5,
    "How many times everyone's mean a segment's must be to stand out in amount.",
)
CHEAPER = _threshold(
    "CHEAPER",
    0.1,
    "How far below the category's mean prices must lie to be low: less would hardly be noticed on "
    "a shelf.",
    write=part,
)
ABANDONED = _threshold(
    "ABANDONED",
    2 / 3,
    "The share of visits with a cart that end without a purchase, from which on they are "
    "abandoners; the rate is drawn towards the shop's, so that it understates.",
    write=so_many,
)
NEW_PART = _threshold(
    "NEW_PART",
    1 / 3,
    "The last part of the period; who was first seen in it counts as recently arrived.",
    write=part,
)
NEW_DAYS = _count(
    "NEW_DAYS",
    91,
    "The days since a customer was first seen up to which they are new.",
    write=months,
)
REGULAR_ORDERS = _count(
    "REGULAR_ORDERS", 5, "The orders in the period that make a regular.", write=in_words
)
HARDLY_TELLING = _threshold(
    "HARDLY_TELLING",
    0.25,
    "By how much the share of a segment's members of whom its name is true must exceed that of "
    "the other customers, for a customary name to be given rather than plain facts.",
)
PLAINLY_BETTER = _threshold(
    "PLAINLY_BETTER",
    0.4,
    "By how much plain facts must mark a segment better than a customary name, to be its name.",
)
LEAST_LIFT = _threshold(
    "LEAST_LIFT",
    2,
    "How many times as often a name must be true of a segment's members as of the other customers; "
    "for one that is not, or that is true of more others than members, a sharper one is looked "
    "for.",
)
SHARPER = _threshold(
    "SHARPER",
    0.05,
    "By how much the F1 score of a sharper name (the harmonic mean of the share of members of whom "
    "it is true, and of the share of members among those of whom it is) must be higher, for it to "
    "be given.",
)
BUSIEST_HOUR = _count(
    "BUSIEST_HOUR", 720, "The views and carts in one hour above which a customer may be a bot."
)
BUSIEST_DAY = _count(
    "BUSIEST_DAY", 2_880, "The views and carts in one day above which a customer may be a bot."
)
CLEARLY_PAYS = _threshold(
    "CLEARLY_PAYS",
    1.5,
    "How many times its cost an action must earn, by the reckoning of what is at stake, to be "
    "among what to do first: the share that is assumed to order is a guess.",
)
PERSONAL_CONTACTS = _count(
    "PERSONAL_CONTACTS",
    1_000,
    "The margin on what a member of a segment brings, in costs of one contact, from which serving "
    "them in person is advised.",
)
CLOSED_INTAKE = _threshold(
    "CLOSED_INTAKE",
    0.25,
    "The share of the period at its end in which nobody is first seen, above which the report says "
    "that the log follows one intake of customers.",
    write=percent,
)
PERSONAL_ORDER = _count(
    "PERSONAL_ORDER",
    100,
    "The margin on one usual order of a segment, in costs of one contact, from which serving its "
    "members in person is advised.",
)
LONG_WINDOW_DAYS = _threshold(
    "LONG_WINDOW_DAYS",
    28.0,
    "The length of a log below which nobody is called loyal, lapsed, inactive, occasional or new: "
    "nobody has had the time.",
    write=weeks,
)

# history

STANDS_OUT = _threshold(
    "STANDS_OUT",
    0.2,
    "By how much of an average month (or day) a month of the year (or a weekday) must lie above "
    "or below it, to be told.",
    write=part,
)
SEASON_WEEKS = _count(
    "SEASON_WEEKS",
    4,
    "The whole weeks that a log must hold for weekdays to be told.",
    write=in_words,
)

# products

STRETCH_PART = _threshold(
    "STRETCH_PART",
    0.15,
    "The part of the log that recommendations are chosen by, and the part that judges them.",
    write=percent,
)
STRETCH_DAYS = _count("STRETCH_DAYS", 91, "The days of such a stretch, at most.", write=months)
JUDGED_CUSTOMERS = _count(
    "JUDGED_CUSTOMERS",
    100,
    "The customers of each stretch who must have bought (or looked) before and in it, to judge "
    "recommendations by.",
)
MOST_JUDGED = _count("MOST_JUDGED", 5_000, "The customers of a stretch who judge, at most.")
REPEAT_SHOP = _threshold(
    "REPEAT_SHOP",
    0.5,
    "The share of the buyers of a stretch with two orders or more before it, from which on the "
    "next basket is recommended.",
    write=percent,
)
GONE_DAYS = _count(
    "GONE_DAYS",
    91,
    "The days without a sale or a look after which a product counts as gone.",
    write=months,
)
HISTORY_PRODUCTS = _count(
    "HISTORY_PRODUCTS",
    100,
    "The last products of a customer by which others are recommended.",
)
REPURCHASE_PRIOR = _count(
    "REPURCHASE_PRIOR",
    10,
    "The expected repurchases that a category needs to be believed half as much as all others.",
)
WANTED_SUPPORT = _count(
    "WANTED_SUPPORT",
    10,
    "The customers of a segment who must want a product, for it to be what the segment wants more.",
)
TOGETHER_SUPPORT = _count(
    "TOGETHER_SUPPORT", 10, "The orders that two products must share, to be bought together."
)
