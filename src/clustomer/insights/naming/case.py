"""One segment beside everyone and the others: the questions that a rule for a name may ask."""

import math
from dataclasses import dataclass

from clustomer.insights.profiles import Profile
from clustomer.thresholds import (
    CLEARLY,
    HALF_AGAIN,
    HARDLY_ANY,
    LONG_SINCE,
    LONG_WINDOW_DAYS,
    MOST,
    NEARLY_ALL,
    SLIGHTLY,
    STANDARD_ERRORS,
    VERY_LONG_SINCE,
)


@dataclass(frozen=True)
class Case:
    """One segment beside everyone and the other segments: what a rule looks at.

    A figure that the data do not have is NaN, so that no comparison with it holds.
    """

    profile: Profile
    everyone: Profile
    others: tuple[Profile, ...]
    window_days: float | None

    def has(self, *names: str) -> bool:
        """Whether the data have all of these features."""
        return all(name in self.everyone.features for name in names)

    @property
    def long_window(self) -> bool:
        """Whether the log is long enough to speak of coming back and staying away."""
        return self.window_days is not None and self.window_days >= LONG_WINDOW_DAYS

    @property
    def visits_known(self) -> bool:
        """Whether the log shows visits without an order."""
        return self.has("views") or self.has("carts")

    def mean(self, name: str) -> float:
        """The segment's mean."""
        return statistic_of(self.profile, name, "mean")

    def median(self, name: str) -> float:
        """The segment's median."""
        return statistic_of(self.profile, name, "median")

    def difference(self, name: str) -> float:
        """The standardised difference from everyone."""
        return statistic_of(self.profile, name, "difference")

    def apart(self, name: str) -> float:
        """The size of that difference, whatever its sign."""
        return abs(self.difference(name))

    def ratio(self, name: str) -> float:
        """The segment's mean over everyone's."""
        overall = statistic_of(self.everyone, name, "mean")
        return self.mean(name) / overall if overall > 0 else math.nan

    def share(self, name: str) -> float:
        """The share of customers past a threshold, such as `orders.at_least_1`."""
        return self.profile.shares.get(name, math.nan)

    def higher(self, name: str, least: float = CLEARLY) -> bool:
        """Whether the segment is above everyone on the model's scale and in its mean."""
        overall = statistic_of(self.everyone, name, "mean")
        return self.difference(name) >= self._least(name, least) and self.mean(name) > overall

    def lower(self, name: str, least: float = CLEARLY) -> bool:
        """Whether the segment is below everyone on the model's scale and in its mean."""
        overall = statistic_of(self.everyone, name, "mean")
        return self.difference(name) <= -self._least(name, least) and self.mean(name) < overall

    def larger_share(self, name: str) -> bool:
        """Whether a larger share of the segment than of everyone is past a threshold.

        By the effect size h of Cohen (1988, chapter 6), 2·asin(√p) - 2·asin(√q), at least 0.2
        and at least twice its standard error.
        """
        overall = self.everyone.shares.get(name, math.nan)
        effect = 2 * math.asin(math.sqrt(self.share(name))) - 2 * math.asin(math.sqrt(overall))
        return effect >= max(SLIGHTLY, STANDARD_ERRORS / math.sqrt(self.profile.customers))

    @property
    def size(self) -> float:
        """The share of everyone's customers."""
        return self.profile.share

    @property
    def others_buy(self) -> bool:
        """Whether anyone in the shop ordered at all."""
        return self.everyone.shares.get("orders.at_least_1", 0.0) > 0

    @property
    def buyers(self) -> float:
        """The share that ordered at all."""
        return self.share("orders.at_least_1")

    @property
    def repeaters(self) -> float:
        """The share that ordered at least twice."""
        return self.share("orders.at_least_2")

    @property
    def once(self) -> float:
        """The share that ordered exactly once."""
        return self.buyers - self.repeaters

    @property
    def one_visit(self) -> float:
        """The share with a single visit."""
        return self.share("sessions.at_most_1")

    @property
    def hardly_buys(self) -> bool:
        """Whether hardly any of them ordered."""
        return self.buyers <= HARDLY_ANY

    @property
    def recently_arrived(self) -> bool:
        """Whether nearly all were first seen late in a window that is long enough to tell."""
        return (
            self.long_window
            and self.share("tenure_days.recent") >= NEARLY_ALL
            and self.lower("tenure_days")
        )

    @property
    def long_since_bought(self) -> bool:
        """Whether their last orders lie far back, and further than everyone's."""
        return self._long_since("purchase_recency_days")

    @property
    def long_since_seen(self) -> bool:
        """Whether they were last seen far back, and further than everyone."""
        return self._long_since("recency_days")

    @property
    def bought_lately(self) -> bool:
        """Whether their last orders are recent, in days and beside those of all buyers."""
        recent = self.median("purchase_recency_days") < (self.window_days or 0.0) * LONG_SINCE
        return recent and not self.higher("purchase_recency_days", SLIGHTLY)

    @property
    def spends_most(self) -> bool:
        """Whether they bring the most revenue per customer, and clearly more than everyone."""
        mean = self.mean("revenue")
        return (
            mean > 0
            and all(mean > statistic_of(other, "revenue", "mean") for other in self.others)
            and self.higher("revenue")
            and self.ratio("revenue") >= HALF_AGAIN
        )

    @property
    def other_buyers(self) -> bool:
        """Whether at least half of some other segment ordered too."""
        return any(other.shares.get("orders.at_least_1", 0.0) >= MOST for other in self.others)

    @property
    def looks_a_lot(self) -> bool:
        """Whether they view clearly more products than everyone."""
        return self.higher("views") and self.ratio("views") >= HALF_AGAIN

    @property
    def largest_difference(self) -> float:
        """The largest standardised difference of any feature, whatever its sign."""
        sizes = (abs(feature.difference or 0.0) for feature in self.profile.features.values())
        return max(sizes, default=0.0)

    @property
    def not_lapsed(self) -> bool:
        """Whether nothing speaks for their having lapsed, or the log is too short to tell."""
        if not self.long_window or self.window_days is None:
            return True
        recent = self.median("purchase_recency_days") < self.window_days * VERY_LONG_SINCE
        return recent and not self.long_since_bought

    def _long_since(self, name: str) -> bool:
        if not self.long_window or self.window_days is None:
            return False
        away = self.median(name) / self.window_days
        # Where most customers have lapsed, everyone's own mean is late already: a slight
        # difference is enough once the time itself is very long.
        return (away >= LONG_SINCE and self.higher(name)) or (
            away >= VERY_LONG_SINCE and self.higher(name, SLIGHTLY)
        )

    def _least(self, name: str, least: float) -> float:
        feature = self.profile.features.get(name)
        customers = self.profile.customers * feature.defined if feature is not None else 0.0
        return max(least, STANDARD_ERRORS / math.sqrt(max(customers, 1.0)))


def statistic_of(profile: Profile, name: str, statistic: str) -> float:
    """Return a statistic of a feature, NaN where the data do not define it."""
    feature = profile.features.get(name)
    value = getattr(feature, statistic) if feature is not None else None
    return math.nan if value is None else float(value)
