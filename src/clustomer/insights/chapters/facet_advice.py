"""What to do about a segment by the facets of its own members."""

from collections.abc import Iterator, Mapping, Sequence

from clustomer.facets import Facet
from clustomer.insights.blocks import Bullets, OfSegment
from clustomer.insights.chapters.crossing import Crossing
from clustomer.insights.chapters.facet_names import facet_names
from clustomer.insights.chapters.facet_words import PRACTICE
from clustomer.insights.facts import escape
from clustomer.thresholds import FEWEST_KNOWN, MOST


def members_advice(facets: Sequence[Facet], met: Sequence[Crossing]) -> Iterator[OfSegment]:
    """Return for each segment what its members' tastes, times and paths say to do.

    Where most members have one facet in common (`MOST`), the advice is for all; else the one or
    two most frequent are told, and who has them: a facet is each customer's own, whatever their
    segment. Segments of a facet that nothing marks give no
    advice, nor do fewer than `FEWEST_KNOWN` members.
    """
    for segment_id in dict.fromkeys(crossing.segment_id for crossing in met):
        lines: list[str] = []
        for facet in facets:
            if facet.view not in PRACTICE:
                continue
            cells = [c for c in met if (c.segment_id, c.facet) == (segment_id, facet.name)]
            lines += _of_facet(facet, cells)
        if lines:
            yield OfSegment(segment_id, "actions", Bullets(tuple(lines), "By taste, time and path"))


def _of_facet(facet: Facet, cells: Sequence[Crossing]) -> Iterator[str]:
    marked = {segment.segment_id for segment in facet.segments if segment.marks}
    names = facet_names(facet)
    cells = sorted(cells, key=lambda one: (-one.customers, one.facet_segment_id))
    if cells[0].placed < FEWEST_KNOWN:
        return
    telling = [
        cell for cell in cells if cell.facet_segment_id in marked and cell.customers >= FEWEST_KNOWN
    ]
    if telling[:1] != cells[:1]:
        return  # what most of them have in common has no mark to go by
    if telling and telling[0].customers >= MOST * telling[0].placed:
        yield _sentence(facet, names, telling[:1], to="")
    elif telling:
        to = ", to each their own" if len(telling) > 1 else ", to a part of them"
        yield _sentence(facet, names, telling[:2], to=to)


def _sentence(facet: Facet, names: Mapping[str, str], cells: Sequence[Crossing], *, to: str) -> str:
    """Return what to do, with the share of the members for whom it is right.

    >>> cell = Crossing("taste", "S1", "taste:1", 60, 50.0, False, None, None, False, placed=80)
    >>> _sentence(Facet("taste", "category"), {"taste:1": "Kitchen"}, [cell], to="")
    'Show first what they look for: {crossing.S1.taste.1.share} are “Kitchen”, of the \
{crossing.S1.taste.1.placed:customer/customers} among them whose visits tell.'
    """
    parts = [
        f"{{crossing.{cell.key}.share}} are “{escape(names[cell.facet_segment_id])}”"
        for cell in cells
    ]
    placed = f"{{crossing.{cells[0].key}.placed:customer/customers}}"
    who = f" Who is which: the column {facet.name}_segment of segments.csv." if to else ""
    return (
        f"{PRACTICE[facet.view]}{to}: {' and '.join(parts)}, of the {placed} among them whose "
        f"visits tell.{who}"
    )
