"""Why something is as it is, as data: texts are made of it in `insights`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Number = bool | int | float | str | list[int] | None


@dataclass(frozen=True)
class Reason:
    """What decided, and the numbers that a sentence about it needs.

    Attributes
    ----------
    kind : str
        Of the number of segments: "alike" (all rows are the same), "nothing differs", "too few"
        (not two customers), "no density", "density", "definition", "no structure" (nothing held
        what was claimed), "fixed", "elbow", "silhouette", "agreement", "first that holds" (of
        those that were tested), "only one qualifies", "qualifying" or "least unstable".
        Of a holdout that there is not: "one moment", "few eligible" or "few returned".
        Of a test that was not made: "left out", "one segment", "defined in advance", "no feature
        of events", "few customers", "no orders before", "one segment before", "nobody alike
        before", "no match before" or "few to validate". Of one that was not passed: "too small",
        "no short rule", "imprecise rule" or "incomplete rule".
        Of a feature that does not decide: "undefined", "constant" or "near copy" (of another).
        Of features that all count alike: "equal as asked", "given", "no holdout", "short horizon",
        "nothing followed", "one feature" or "no difference".
        Of a facet that does not hold: "facet needs", "facet alike", "facet few customers",
        "facet chance", "facet by degree" or "facet unstable".
        Of a forecast that there is not: "forecast short log", "forecast long horizon",
        "forecast no orders" or "forecast few customers".
        Of stages that there are not: "short log" or "few pauses".
        "stated" is the sentence of a file of release 0.1.
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

    @staticmethod
    def stated(sentence: str) -> "Reason":
        """Return the reason that is known by its sentence alone.

        >>> Reason.stated("3 segments, as asked.").kind
        'stated'
        """
        return Reason("stated", {"sentence": sentence})
