"""The flaws that the simulated log has on purpose, each at a stated rate and counted exactly."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

CLEAN: Final = 0
BROKEN_TIME: Final = 1
DISTANT_YEAR: Final = 2
NEGATIVE_PRICE: Final = 3
TEXT_PRICE: Final = 4
MISSING_USER: Final = 5
UNKNOWN_EVENT_TYPE: Final = 6
MISSING_SESSION: Final = 7
DUPLICATE: Final = 8

CODES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "broken_time": BROKEN_TIME,
        "distant_year": DISTANT_YEAR,
        "negative_price": NEGATIVE_PRICE,
        "text_price": TEXT_PRICE,
        "missing_user": MISSING_USER,
        "unknown_event_type": UNKNOWN_EVENT_TYPE,
        "missing_session": MISSING_SESSION,
        "duplicate": DUPLICATE,
    }
)

DIRT_RATES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "broken_time": 0.0005,
        "negative_price": 0.0003,
        "text_price": 0.001,
        "missing_user": 0.0005,
        "unknown_event_type": 0.0002,
        "missing_session": 0.01,
        "duplicate": 0.002,
    }
)
"""Share of all rows with each flaw; besides, one single row is dated in the year 2099."""

# The values that stand in the flawed rows.
BROKEN_TIMES: Final = ("0000-00-00 00:00:00 UTC", "2019-13-32 25:61:61 UTC", "not recorded")
DISTANT_TIME: Final = "2099-01-01 00:00:00 UTC"
TEXT_PRICES: Final = ("n/a", "free", "19.90 USD")
UNKNOWN_TYPE: Final = "wishlist"


def plan_dirt(events: int, scale: float) -> dict[str, int]:
    """Return how many rows get each flaw: the stated rates times `scale`, rounded.

    >>> plan_dirt(1_000_000, 1.0)["text_price"], plan_dirt(1_000_000, 1.0)["distant_year"]
    (1000, 1)
    >>> sum(plan_dirt(1_000_000, 0.0).values())
    0
    """
    planned = {name: round(rate * scale * events) for name, rate in DIRT_RATES.items()}
    planned["distant_year"] = int(scale > 0)
    return {name: planned[name] for name in CODES}


def soil(
    spoilable: NDArray[np.int64], counts: Mapping[str, int], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose which of the `spoilable` rows get which flaw; no row gets two.

    Returns:
        The chosen rows and their flaw's code. Fewer than `counts` where there are too few rows.
    """
    codes = np.repeat([CODES[name] for name in counts], list(counts.values())).astype(np.int64)
    chosen = rng.permutation(spoilable)[: codes.size]
    return chosen, rng.permutation(codes)[: chosen.size]
