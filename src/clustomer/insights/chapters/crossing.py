"""One combination: the customers of a segment in one segment of a facet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Crossing:
    """The customers of a segment who are in one segment of a facet, too.

    `expected` is how many there would be if the two had nothing to do with each other, `surely`
    whether there are more than chance would make of so many cells. `revenue` is their mean,
    `revenue_expected` what the means of both let expect, `worth_more` whether it is surely more.
    `placed` are all of the segment who are in some segment of the facet.
    """

    facet: str
    segment_id: str
    facet_segment_id: str
    customers: int
    expected: float
    surely: bool
    revenue: float | None
    revenue_expected: float | None
    worth_more: bool
    placed: int

    @property
    def share(self) -> float | None:
        """The part of the segment's members in the facet who are in it."""
        return round(self.customers / self.placed, 9) if self.placed else None

    @property
    def key(self) -> str:
        """What it is called in facts: "S1.taste.2"."""
        return f"{self.segment_id}.{self.facet_segment_id.replace(':', '.')}"
