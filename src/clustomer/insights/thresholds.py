"""What decides, and is said in texts: every threshold once more as a fact, none as a number.

The values are those that the program decides by. A run writes them into `run.json`, so that the
facts of a version can be read from its files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clustomer.customers.features.time import BUSIEST_DAY, BUSIEST_HOUR
from clustomer.insights.facts import Fact, Facts
from clustomer.thresholds import (
    CHANCE,
    CLEARLY,
    CONFIDENCE,
    CORRELATION_LIMIT,
    DISSOLVED,
    EFFECT_NEEDED,
    FEWEST_EXPECTED,
    FEWEST_KNOWN,
    HALF_AGAIN,
    LEVEL,
    MATCHED,
    MAX_VALUES,
    MIN_REVENUE_SHARE,
    N_RESAMPLES,
    N_WORLDS,
    NEXT_ORDER_DAYS,
    NEXT_VISIT_DAYS,
    NULL_PERCENTILE,
    PRECISION,
    RECALL,
    RESAMPLE_CUSTOMERS,
    SEGMENT_EFFECT_NEEDED,
    SKEWNESS_LIMIT,
    SLIGHTLY,
    STRONGLY,
    USABLE,
    VALID,
)


@dataclass(frozen=True)
class Threshold:
    """A value that decides, and how it is written."""

    value: float
    unit: str
    decimals: int = 0


THRESHOLDS: Mapping[str, Threshold] = {
    "jaccard_valid": Threshold(VALID, "similarity", 2),
    "jaccard_dissolved": Threshold(DISSOLVED, "similarity", 1),
    "jaccard_matched": Threshold(MATCHED, "similarity", 1),
    "resamples": Threshold(N_RESAMPLES, "resamples"),
    "resample_customers": Threshold(RESAMPLE_CUSTOMERS, "customers"),
    "segment_depth": Threshold(SEGMENT_EFFECT_NEEDED, "score", 2),
    "depth": Threshold(EFFECT_NEEDED, "score", 2),
    "null_worlds": Threshold(N_WORLDS, "worlds"),
    "null_percentile": Threshold(NULL_PERCENTILE, "percentile"),
    "confidence": Threshold(CONFIDENCE, "share"),
    "level": Threshold(LEVEL, "score", 2),
    "smallest_share": Threshold(USABLE, "share"),
    "smallest_revenue_share": Threshold(MIN_REVENUE_SHARE, "share"),
    "precision": Threshold(PRECISION, "score", 1),
    "recall": Threshold(RECALL, "score", 1),
    "slightly": Threshold(SLIGHTLY, "sd", 1),
    "clearly": Threshold(CLEARLY, "sd", 1),
    "strongly": Threshold(STRONGLY, "sd", 1),
    "skewness": Threshold(SKEWNESS_LIMIT, "score"),
    "correlation": Threshold(CORRELATION_LIMIT, "score", 2),
    "half_again": Threshold(HALF_AGAIN, "ratio", 1),
    "bot_hour": Threshold(BUSIEST_HOUR, "events"),
    "bot_day": Threshold(BUSIEST_DAY, "events"),
    "next_order_days": Threshold(NEXT_ORDER_DAYS, "days"),
    "next_visit_days": Threshold(NEXT_VISIT_DAYS, "days"),
    "attribute_values": Threshold(MAX_VALUES, "values"),
    "attribute_known": Threshold(FEWEST_KNOWN, "customers"),
    "attribute_expected": Threshold(FEWEST_EXPECTED, "customers"),
    "attribute_chance": Threshold(CHANCE, "share"),
}
"""By the last part of the fact's id: `{threshold.jaccard_valid}`."""


def threshold_values() -> dict[str, float]:
    """Return every threshold by its name, as `run.json` holds them."""
    return {name: threshold.value for name, threshold in THRESHOLDS.items()}


def threshold_facts() -> Iterator[Fact]:
    """Make `threshold.jaccard_valid` and the like."""
    for name, threshold in THRESHOLDS.items():
        source = {"table": "run", "key": "thresholds", "column": name, "aggregate": "value"}
        value, unit, decimals = threshold.value, threshold.unit, threshold.decimals
        yield Fact(f"threshold.{name}", value, unit, decimals, None, source)


def stated(text: str) -> str:
    """Return a text that names nothing but thresholds, for the pages of the documentation.

    >>> stated("at least {threshold.half_again} times as many")
    'at least 1.5 times as many'
    """
    return Facts(threshold_facts()).render(text)
