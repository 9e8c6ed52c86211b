"""How a report speaks of a feature: the words, of which the insights make their sentences.

Rates that were shrunk to the shop's own (a customer with one view has no rate of 100 %) are
compared in words only, by a `Leaning`: their means are estimates, and nobody should read them
as counts.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Words:
    """What every way to speak of a feature has.

    Parameters
    ----------
    topic : str
        Features of one topic tell the same story; of each topic a segment is told one.
    visits : bool
        Whether it makes sense only where the log shows visits without orders.
    """

    topic: str
    visits: bool = False


@dataclass(frozen=True, kw_only=True)
class Amount(Words):
    """Compared as a ratio of means: "They `place` 2.1 times as many `orders`".

    `none` is what zero means, as a sentence and in short. Of a `mass` there is much, not many.
    """

    verb: str
    noun: str
    mass: bool = False
    none: tuple[str, str] = ("", "")


@dataclass(frozen=True, kw_only=True)
class Often(Words):
    """Compared as a ratio of means, too: "They `look at products` 2.1 times as often"."""

    verb: str
    noun: str
    none: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Level(Words):
    """Compared by the two means: "`The value of an order`: 40 on average, against 20"."""

    statement: str
    higher: str
    lower: str


@dataclass(frozen=True, kw_only=True)
class Leaning(Words):
    """Compared without a number: "They `buy more of what they look at`".

    `short` are the forms for a table, where they are not the same words.
    """

    more: str
    fewer: str
    short: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Bound:
    """How a bound on it reads in a rule: "`last seen` at most 30 days `ago`".

    `never` is added where the bound is a lower one, which those without a value keep, too.
    """

    before: str
    after: str
    never: str = ""
