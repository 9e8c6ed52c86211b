"""How the tables of the star belong together."""

from collections.abc import Mapping
from dataclasses import dataclass

from clustomer.powerbi.columns import StarTable


@dataclass(frozen=True)
class Relationship:
    """Many rows of one table to one of another, by the columns that are equal.

    An inactive one is used by a measure that names it.
    """

    many: tuple[str, str]
    one: tuple[str, str]
    active: bool = True

    @property
    def name(self) -> str:
        """A name that no other relationship has."""
        return f"{self.many[0]} {self.many[1]} to {self.one[0]}"


SEGMENT = "Segment key"
CUSTOMER = "Customer key"

RELATIONSHIPS = (
    Relationship(("Customers", SEGMENT), ("Segments", SEGMENT)),
    # a choice of dates is not to choose customers by when they ordered last
    Relationship(("Customers", "Last order"), ("Dates", "Date"), active=False),
    Relationship(("Profiles", SEGMENT), ("Segments", SEGMENT)),
    Relationship(("Advice", SEGMENT), ("Segments", SEGMENT)),
    Relationship(("Cohorts", SEGMENT), ("Segments", SEGMENT)),
    Relationship(("Cohorts", "Cohort"), ("Dates", "Date")),
    Relationship(("Cohorts", "Period"), ("Dates", "Date"), active=False),
    Relationship(("Over time", SEGMENT), ("Segments", SEGMENT)),
    Relationship(("Over time", "Period"), ("Dates", "Date")),
    Relationship(("Lifetime", CUSTOMER), ("Customers", CUSTOMER)),
    Relationship(("Recommendations", CUSTOMER), ("Customers", CUSTOMER)),
    Relationship(("Wanted products", SEGMENT), ("Segments", SEGMENT)),
)
"""Every relationship of the star; a version has those whose tables and columns it has."""


def relationships_for(tables: Mapping[str, StarTable]) -> tuple[Relationship, ...]:
    """Return the relationships of which both columns are there."""
    return tuple(
        relationship
        for relationship in RELATIONSHIPS
        if all(
            table in tables and tables[table].has(column)
            for table, column in (relationship.many, relationship.one)
        )
    )
