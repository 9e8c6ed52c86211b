"""How often the number of segments returned, and how surely each of them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Repetition:
    """What came of doing everything again on draws of the customers.

    Attributes
    ----------
    taken : tuple of int
        The number of segments that each draw took.
    customers : int
        The customers of each draw.
    returned : int
        The draws that took the number that is delivered.
    jaccard : mapping of cluster to float
        The mean Jaccard similarity of the delivered segment with the most similar one of each
        draw, at the number of segments that the draw took.
    lowest_jaccard : float
        The lowest of these.
    """

    taken: tuple[int, ...]
    customers: int
    returned: int
    jaccard: Mapping[int, float]
    lowest_jaccard: float
