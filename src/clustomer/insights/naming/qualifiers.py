"""Words for more and less of a feature, for names and for marks."""

from dataclasses import dataclass

from clustomer.customers.features import FEATURES


@dataclass(frozen=True)
class Qualifier:
    """How a higher and a lower mean of a feature is put in a name.

    `needs_visits` marks those that make sense only where the log shows visits without orders;
    `adjective` those that follow "customers" directly ("seen more lately"), not after "with".
    """

    feature: str
    higher: str
    lower: str
    needs_visits: bool = False
    adjective: bool = False


QUALIFIERS: tuple[Qualifier, ...] = tuple(
    Qualifier(
        declared.name,
        *declared.words.named,
        needs_visits=declared.words.visits,
        adjective=declared.words.adjective,
    )
    for declared in FEATURES
    if declared.words is not None and declared.words.named is not None
)
"""In no order: the largest gap decides."""
