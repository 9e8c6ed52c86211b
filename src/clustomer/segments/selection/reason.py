"""Why a number of segments was selected, as data: texts are made of it elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Number = bool | int | float | str | list[int] | None


@dataclass(frozen=True)
class Reason:
    """What decided, and the numbers that a sentence about it needs.

    Attributes
    ----------
    kind : str
        "alike" (all rows are the same), "too few" (not two customers), "no density", "density",
        "definition", "no structure" (nothing held what was claimed), "fixed", "elbow",
        "silhouette", "agreement", "first that holds" (of those that were tested),
        "only one qualifies", "qualifying", "least unstable", or "stated" (the sentence of a file
        of release 0.1).
    numbers : mapping of name to number, ready for JSON.
    """

    kind: str
    numbers: Mapping[str, Number] = field(default_factory=dict)

    def also(self, **numbers: Number) -> "Reason":
        """Return the reason with more numbers.

        >>> Reason("fixed", {"k": 4}).also(distinct=3).numbers
        {'k': 4, 'distinct': 3}
        """
        return Reason(self.kind, {**self.numbers, **numbers})
