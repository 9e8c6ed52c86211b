"""What a feature is: a column, its definition in SQL, and how a report speaks of it."""

from dataclasses import dataclass
from typing import Literal

from clustomer.customers.features.words import Bound, Words

Family = Literal["engagement", "purchases", "assortment"]
Undefined = float | Literal["window_days", "median"]

DAY_S = "CAST(86400 AS DOUBLE)"
"""The seconds of a day, as SQL."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number per customer that features are made of; not itself a feature.

    `zero_without_rows`: whether it is 0, not undefined, for a customer without a row of its grain.
    """

    name: str
    grain: str
    sql: str
    zero_without_rows: bool = False


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A ratio of two measures that count, shrunk to the shop's own rate.

    The shop's customers are read as draws from a beta-binomial distribution
    with mean `prior` (all numerators over all denominators) and `strength`
    (in observations; method of moments, Kleinman 1973). A customer's rate is
    the posterior mean, `(numerator + strength * prior) / (denominator + strength)`,
    so that it is defined, and equal to the shop's rate, when the denominator is 0.
    """

    numerator: str
    denominator: str

    def sql(self, feature: str) -> str:
        """The posterior mean as SQL; `shop` holds the figures of the feature."""
        strength = f"shop.{feature}_strength"
        return (
            f"(CAST({self.numerator} AS DOUBLE) + {strength} * shop.{feature}_prior)"
            f" / (CAST({self.denominator} AS DOUBLE) + {strength})"
        )


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column per customer.

    Parameters
    ----------
    name : str
        The column's name, with its unit where it has one.
    family : "engagement", "purchases" or "assortment"
    label : str
        Plain words, as a report prints them.
    unit : str
    definition : str
        One sentence.
    grain : str
        The rows that `sql` aggregates, or "customer".
    sql : str
        Portable SQL; that of a rate follows from it.
    rate : Rate, optional
        The two counts, where the feature is a rate that is shrunk to the shop's own.
    needs : tuple of str
        Columns that must be known and event types that must occur; else the
        feature drops out.
    undefined : float, "window_days" or "median"
        What a customer for whom the feature is undefined gets in the fit.
    zero_without_rows : bool
        Whether it is 0, not undefined, for a customer without a row of its grain.
    clustering : bool
        Whether it is in the default clustering set.
    place : int
        Where it stands among the columns, which is its priority between near copies, too. Those
        without one come last, in the order of their declaration.
    power : float, optional
        The power that the fit takes of it: 3/4 for money, 1/2 for counts and lengths of
        time, of which a few customers have far more than the rest. Without one, the fit
        looks at its skewness.
    weight : float
        How much it counts in the fit, against 1.
    replaces : str, optional
        The feature that is clustered where a table lacks this one.
    words : Words, optional
        How a report speaks of a difference in it. Without them it does not: such a feature would
        only say again what others say, or mean nothing to a reader.
    spoken : str
        The label inside a sentence, where `label` would not read well there.
    bound : Bound, optional
        How a bound on it reads in a rule; else "`label` above 3".
    """

    name: str
    family: Family
    label: str
    unit: str
    definition: str
    grain: str
    sql: str = ""
    rate: Rate | None = None
    needs: tuple[str, ...] = ()
    undefined: Undefined = 0.0
    zero_without_rows: bool = False
    clustering: bool = False
    place: int = 100
    power: float | None = None
    weight: float = 1.0
    replaces: str | None = None
    words: Words | None = None
    spoken: str = ""
    bound: Bound | None = None

    def __post_init__(self) -> None:
        if self.rate is not None:
            object.__setattr__(self, "sql", self.rate.sql(self.name))
