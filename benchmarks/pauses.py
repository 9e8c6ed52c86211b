"""Of pauses that nobody had seen when the date was given, how many were over by `expected_on`?

What is usual is learned from the log up to a date. Then each pause that went on at that date, or
began after it, gets the dates that its customer would have been given at its beginning, and is
followed to the end of the log. Shares are product-limit estimates: a pause that still goes on
counts until then, one that had begun before the date from then on.

    CLUSTOMER_DATA=folder python benchmarks/pauses.py > pauses.md

The folder holds `cdnow.txt` and `online_retail.parquet`; see docs/how-to/public-data.md.
"""

import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clustomer.engines import parse
from clustomer.events import Window, read_events
from clustomer.lifecycle import Lifecycle, Rhythm, lifecycle_stages
from clustomer.lifecycle.definition import OCCASIONS, occasions_query
from clustomer.simulate import simulate

DATES = {
    "online_retail.parquet": (date(2011, 6, 5), date(2011, 8, 6)),
    "cdnow.txt": (date(1997, 10, 1), date(1997, 12, 31)),
    "a shop of two years": (date(2020, 10, 1), date(2021, 1, 1)),
}
FEWEST = 30
DATES_OF = {"earliest": "earliest_on", "middle": "expected_on", "latest": "latest_on"}
KINDS = (
    "One order",
    "2 orders",
    "3 or 4",
    "5 or more",
    "Expected soon",
    "Later",
    "Latest",
)
"""Kinds of pauses: after so many orders; thirds of those after two or more, by expected length."""
Numbers = NDArray[np.float64]

_PAUSES = """
    SELECT p.number AS occasions, p.day - p.first_day AS age, p.day AS day, n.day AS next_day
    FROM lifecycle_occasions AS p LEFT JOIN lifecycle_occasions AS n
        ON p.user_id = n.user_id AND n.number = p.number + 1
    WHERE p.by_orders = 1
"""


def share_over(
    lengths: Numbers, ended: NDArray[np.bool_], entries: Numbers, *, fewest: int = 1
) -> float:
    """Return the product-limit share of pauses that are over by length 1; NaN where few wait.

    Parameters
    ----------
    lengths : array
        How long each lasted, or has lasted so far.
    ended : array
    entries : array
        How long each had lasted when it was first watched; below 0 where it was from its beginning.

    >>> share_over(np.array([0.5, 1.0, 2.0]), np.array([True, True, False]), np.full(3, -1.0))
    0.667
    """
    if not np.any(entries < 1):
        return math.nan
    remaining = 1.0
    for length in np.unique(lengths[ended & (lengths <= 1)]):
        waiting = np.sum((lengths >= length) & (entries < length))
        if waiting < fewest:
            return math.nan
        remaining *= 1 - np.sum(ended & (lengths == length)) / waiting
    return round(1 - remaining, 3)


def expected(rhythm: Rhythm, occasions: Numbers, age: Numbers) -> dict[str, Numbers]:
    """Return the days to each expected date, NaN where there is none; in plain arithmetic."""
    usual = (age + rhythm.strength * rhythm.usual_gap / 100) / (occasions - 1 + rhythm.strength)
    kind = 3 * np.digitize(occasions, [3, 5])
    kind += np.digitize(usual * 100 / rhythm.usual_gap, [0.7, 1])
    gaps = np.array([_number(gap) for gap in rhythm.group_gaps]) / 100
    other = kind + np.where(usual < gaps[kind], -1, 1)
    there = np.clip(other, 0, 8)
    middles = np.array([_number(limits.middle) for limits in rhythm.groups])
    alone = (other // 3 != kind // 3) | np.isnan(gaps[there] + middles[there])
    weight = np.where(alone, 0, (usual - gaps[kind]) / (gaps[there] - gaps[kind]))
    days = {}
    for name in ("earliest", "middle", "latest"):
        first = getattr(rhythm.first, name)
        ratios = np.array([_number(getattr(limits, name)) for limits in rhythm.groups]) / 100
        by_kind = ratios[kind] * usual
        between = ratios[kind] * gaps[kind] * (1 - weight) + ratios[there] * gaps[there] * weight
        later = np.where(alone | np.isnan(between), by_kind, between)
        days[name] = np.floor(np.where(occasions == 1, _number(first), later))
    days["latest"] = np.where(days["latest"] < days["middle"], np.nan, days["latest"])
    return days


def shares_over(path: Path, moment: date) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each kind of pause, and the share of those with a date that are over by each date."""
    events = read_events(str(path))
    try:
        last_day = (events.window.last_day - date(1970, 1, 1)).days
        events.engine.create_table(OCCASIONS, occasions_query(events.window))
        seen = _arrays(events.engine.query(parse(_PAUSES)))
        midnight = datetime.combine(moment, time())
        window = Window(events.window.start, midnight, events.window.time_zone)
        lifecycle = lifecycle_stages(events, window=window)
    finally:
        events.close()
    assert isinstance(lifecycle, Lifecycle)
    days = expected(lifecycle.rhythms["orders"], seen["occasions"], seen["age"])
    ended = ~np.isnan(seen["next_day"])
    lengths = np.where(ended, seen["next_day"], last_day) - seen["day"]
    entries = (moment - date(1970, 1, 1)).days - 1 - seen["day"]
    watched = lengths > entries
    cuts = np.nanquantile(days["middle"][watched & (seen["occasions"] > 1)], [1 / 3, 2 / 3])
    for label, inside in _groups(seen["occasions"], days["middle"], cuts):
        shares = {}
        for which, length in days.items():
            dated = watched & inside & (length > 0)
            unit = length[dated]
            shares[which] = share_over(
                lengths[dated] / unit, ended[dated], entries[dated] / unit, fewest=FEWEST
            )
        yield label, shares


def _groups(
    occasions: Numbers, middle: Numbers, cuts: Numbers
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    often = np.digitize(occasions, [2, 3, 5])
    soon = np.digitize(middle, cuts)
    for number, label in enumerate(KINDS[:4]):
        yield label, often == number
    for number, label in enumerate(KINDS[4:]):
        yield label, (soon == number) & (often > 0) & ~np.isnan(middle)


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.0f} %"


def _number(value: int | None) -> float:
    return np.nan if value is None else float(value)


def _arrays(table: pa.Table) -> Mapping[str, Numbers]:
    return {
        name: table[name].to_numpy(zero_copy_only=False).astype(float)
        for name in table.column_names
    }


def main() -> None:
    """Print the table in Markdown."""
    print("| Log, date | Over by | " + " | ".join(KINDS) + " |")
    print("|---|---|" + "---:|" * len(KINDS))
    with tempfile.TemporaryDirectory() as folder:
        for name, moments in DATES.items():
            path = Path(os.environ.get("CLUSTOMER_DATA", ".")) / name
            if not path.suffix:
                path = Path(folder) / "shop.parquet"
                simulate(path, events=200_000, days=730, random_state=1)
            for moment in moments:
                shares = dict(shares_over(path, moment))
                for which, date_of in DATES_OF.items():
                    cells = [_percent(shares[kind][which]) for kind in KINDS]
                    print(f"| {name}, {moment} | `{date_of}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
