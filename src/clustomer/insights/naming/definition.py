"""Names that are definitions: the segments of a grid, and what their cut points say.

Such a name was not earned: it says which cell of the grid a customer is in, and no more. Its
evidence gives the definition in the data's own figures.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.naming.names import UNGROUPED_NAMES, Name
from clustomer.insights.population import BOTS
from clustomer.insights.profiles import Profile
from clustomer.segments import RFM_SEGMENTS, RfmSegment
from clustomer.segments.rules.rfm_grid import NO_PURCHASE_ID, NO_PURCHASE_NAME

_SEGMENTS = {segment.segment_id: segment for segment in RFM_SEGMENTS}
_CUTS = (("recency", "recency_cuts", "days"), ("orders", "frequency_cuts", "orders"))


def grid_settings(rule: Any) -> dict[str, list[float]]:
    """Return the cut points of a grid as `segmentation.json` has them; nothing of another rule."""
    if not rule.is_defined:
        return {}
    return {entry: list(getattr(rule, entry)) for _, entry, _ in _CUTS}


def grid_facts(assignment: Mapping[str, Any]) -> Iterator[Fact]:
    """Make `grid.recency.1` to `.4` and `grid.orders.1` to `.4`, where there is a grid."""
    for name, entry, unit in _CUTS:
        for place, cut in enumerate(assignment.get(entry, ())):
            source = {
                "table": "segmentation",
                "key": f"assignment/{entry}",
                "column": str(place),
                "aggregate": "value",
            }
            fact_id = f"grid.{name}.{place + 1}"
            yield Fact(fact_id, cut, unit, decimals_for(cut, unit), None, source)


def define_segments(profiles: Iterable[Profile]) -> dict[str, Name]:
    """Return the name of every segment of a grid, by segment id."""
    return {profile.segment_id: _name(profile.segment_id) for profile in profiles}


def scores_in_words(segment: RfmSegment) -> str:
    """Return the cells of a segment.

    >>> scores_in_words(RFM_SEGMENTS[0])
    'recency score 5, frequency score 4 or 5'
    """
    return f"recency score {_either(segment.recency)}, frequency score {_either(segment.frequency)}"


def _name(segment_id: str) -> Name:
    if segment_id == BOTS:
        return UNGROUPED_NAMES[BOTS]
    if segment_id == NO_PURCHASE_ID:
        evidence: tuple[str, ...] = ("By definition: no order in the period.",)
        return Name(segment_id, NO_PURCHASE_NAME, segment_id, evidence, "definition")
    segment = _SEGMENTS[segment_id]
    evidence = (
        f"By definition: {scores_in_words(segment)}. The last order lies "
        f"{_recency(segment.recency)} before the end of the data, and they placed "
        f"{_orders(segment.frequency)}.",
        f"On average their last order lies {{{segment_id}.purchase_recency_days.mean}} before the "
        f"end of the data, and they placed {{{segment_id}.orders.mean:order/orders}}.",
    )
    return Name(segment_id, segment.name, segment_id, evidence, "definition")


def _either(scores: tuple[int, int]) -> str:
    low, high = scores
    return str(low) if low == high else f"{low} or {high}"


def _recency(scores: tuple[int, int]) -> str:
    low, high = scores
    # The first cut point is that of the highest score: recent means few days.
    most, more = f"at most {{grid.recency.{6 - low}}}", f"more than {{grid.recency.{5 - high}}}"
    if high == 5:
        return most
    return more if low == 1 else f"{more} and {most}"


def _orders(scores: tuple[int, int]) -> str:
    low, high = scores
    most = f"at most {{grid.orders.{high}:order/orders}}"
    more = f"more than {{grid.orders.{low - 1}:order/orders}}"
    if low == 1:
        return most
    return more if high == 5 else f"{more} and {most}"
