"""The facts of thresholds: those that the report names, which texts write through facts only.

The values are those of `clustomer.thresholds`. A run writes them into `run.json`, so that the
facts of a version can be read from its files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clustomer.insights.facts import Fact, Facts
from clustomer.thresholds import THRESHOLDS


@dataclass(frozen=True)
class Written:
    """A threshold by its name, and how texts write it."""

    threshold: str
    unit: str
    decimals: int = 0

    @property
    def value(self) -> float:
        """The number that decides."""
        return THRESHOLDS[self.threshold].value


WRITTEN: Mapping[str, Written] = {
    "jaccard_valid": Written("VALID", "similarity", 2),
    "jaccard_dissolved": Written("DISSOLVED", "similarity", 1),
    "jaccard_matched": Written("MATCHED", "similarity", 1),
    "resamples": Written("N_RESAMPLES", "resamples"),
    "resample_customers": Written("RESAMPLE_CUSTOMERS", "customers"),
    "segment_depth": Written("SEGMENT_EFFECT_NEEDED", "score", 2),
    "depth": Written("EFFECT_NEEDED", "score", 2),
    "apart_share": Written("APART_SHARE", "share"),
    "auc": Written("AUC_NEEDED", "score", 2),
    "r2": Written("R2_NEEDED", "share"),
    "border_errors": Written("BORDER_ERRORS", "score"),
    "null_worlds": Written("N_WORLDS", "worlds"),
    "null_percentile": Written("NULL_PERCENTILE", "percentile"),
    "confidence": Written("CONFIDENCE", "share"),
    "level": Written("LEVEL", "score", 2),
    "smallest_share": Written("USABLE", "share"),
    "smallest_revenue_share": Written("MIN_REVENUE_SHARE", "share"),
    "precision": Written("PRECISION", "score", 1),
    "recall": Written("RECALL", "score", 1),
    "slightly": Written("SLIGHTLY", "sd", 1),
    "clearly": Written("CLEARLY", "sd", 1),
    "strongly": Written("STRONGLY", "sd", 1),
    "skewness": Written("SKEWNESS_LIMIT", "score"),
    "correlation": Written("CORRELATION_LIMIT", "score", 2),
    "highest_weight": Written("HIGHEST_WEIGHT", "score", 0),
    "stands_out": Written("STANDS_OUT", "share"),
    "half_again": Written("HALF_AGAIN", "ratio", 1),
    "bot_hour": Written("BUSIEST_HOUR", "events"),
    "bot_day": Written("BUSIEST_DAY", "events"),
    "fewest_known": Written("FEWEST_KNOWN", "customers"),
    "one_more_share": Written("ONE_MORE_SHARE", "share"),
    "one_more_points": Written("ONE_MORE_SHARE", "points"),
    "test_level": Written("TEST_LEVEL", "share"),
    "test_power": Written("TEST_POWER", "share"),
    "facet_customers": Written("FACET_CUSTOMERS", "customers"),
    "effect": Written("EFFECT", "share"),
    "forecast_errors": Written("FORECAST_ERRORS", "errors"),
    "forecast_interval": Written("FORECAST_INTERVAL", "share"),
    "facet_gain": Written("FACET_GAIN", "ratio", 1),
    "long_window_days": Written("LONG_WINDOW_DAYS", "days"),
    "slowing_part": Written("SLOWING_PART", "share"),
    "at_risk_part": Written("AT_RISK_PART", "share"),
    "lapsed_part": Written("LAPSED_PART", "share"),
    "fewest_pauses": Written("FEWEST_PAUSES", "customers"),
    "observed_part": Written("OBSERVED_PART", "share"),
    "due_days": Written("DUE_DAYS", "days"),
    "attribute_values": Written("MAX_VALUES", "values"),
    "attribute_known": Written("FEWEST_KNOWN", "customers"),
    "attribute_expected": Written("FEWEST_EXPECTED", "customers"),
    "attribute_chance": Written("CHANCE", "share"),
    "gone_days": Written("GONE_DAYS", "days"),
    "wanted_support": Written("WANTED_SUPPORT", "customers"),
}
"""By the last part of the fact's id: `{threshold.jaccard_valid}`."""


def threshold_values() -> dict[str, float]:
    """Return every threshold by its name, as `run.json` holds them."""
    return {name: threshold.value for name, threshold in WRITTEN.items()}


def threshold_facts() -> Iterator[Fact]:
    """Make `threshold.jaccard_valid` and the like."""
    for name, threshold in WRITTEN.items():
        source = {"table": "run", "key": "thresholds", "column": name, "aggregate": "value"}
        value, unit, decimals = threshold.value, threshold.unit, threshold.decimals
        yield Fact(f"threshold.{name}", value, unit, decimals, None, source)


def stated(text: str) -> str:
    """Return a text that names nothing but thresholds, for the pages of the documentation.

    >>> stated("at least {threshold.half_again} times as many")
    'at least 1.5 times as many'
    """
    return Facts(threshold_facts()).render(text)
