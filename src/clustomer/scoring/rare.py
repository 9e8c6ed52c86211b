"""Rare kinds that a version holds, carried out again: who belongs to one in new data."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sqlglot import exp

from clustomer.customers import FEATURES, Feature
from clustomer.engines import literal, parse
from clustomer.errors import InputError
from clustomer.events import Window
from clustomer.facets import RARE, RareKind
from clustomer.facets.declaration import scoped_events
from clustomer.facets.facet import stored_facets
from clustomer.facets.rare import AMOUNTS, OF_ONE_PRODUCT, ONE_PRODUCT, PRODUCT_ROWS
from clustomer.segments.exclusions import BOTS
from clustomer.versions.given_names import keeps_its_line

ONE_PRODUCT_TABLE = "of_one_product"
PURCHASES_TABLE = "product_purchases"
RARE_COLUMNS = ("rare_segment_id", "rare_segment")
_ONE_PRODUCT_NEEDS = ("purchase", "product_id")


@dataclass(frozen=True)
class ScoredRare:
    """Rare kinds, as they are scored.

    Attributes
    ----------
    kinds : tuple of RareKind
        The first that a customer is beyond holds the customer.
    names : mapping of segment id to name
    """

    kinds: tuple[RareKind, ...]
    names: Mapping[str, str]

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features that decide."""
        amounts = {kind.amount for kind in self.kinds}
        return tuple(declared for declared in FEATURES if declared.name in amounts)

    @property
    def takes_products(self) -> bool:
        """Whether purchases of one product decide."""
        return any(kind.amount == ONE_PRODUCT for kind in self.kinds)

    @property
    def needs(self) -> frozenset[str]:
        """What a log must tell."""
        parts = {need for declared in self.features for need in declared.needs}
        return frozenset({*parts, *(_ONE_PRODUCT_NEEDS if self.takes_products else ())})

    def beside(self, query: exp.Select) -> exp.Select:
        """Return the query of labels with the columns `RARE_COLUMNS`.

        It reads `labels`, `customers` with the features that decide, and `of_one_product` where
        purchases of one product do. Suspected bots are in no kind.
        """
        tables = {"customers"} | ({ONE_PRODUCT_TABLE} if self.takes_products else set())
        joined = {join.this.alias_or_name for join in query.args.get("joins") or ()}
        for table in sorted(tables - joined):
            query = query.join(table, on=f"labels.user_id = {table}.user_id", join_type="left")
        ids = {kind.segment_id: kind.segment_id for kind in self.kinds}
        for column, texts in zip(RARE_COLUMNS, (ids, self.names), strict=True):
            query = query.select(exp.alias_(self._case(texts), column))
        return query

    def _case(self, texts: Mapping[str, str]) -> exp.Case:
        is_bot = exp.EQ(this=exp.column("cluster", table="labels"), expression=literal(BOTS))
        case = exp.Case().when(is_bot, exp.cast(exp.Null(), "VARCHAR"))
        for kind in self.kinds:
            table = ONE_PRODUCT_TABLE if kind.amount == ONE_PRODUCT else "customers"
            amount = exp.column(kind.amount, table=table)
            beyond = exp.GT(this=amount, expression=literal(kind.above))
            case = case.when(beyond, literal(texts[kind.segment_id]))
        return case


def of_one_product_query(window: Window) -> exp.Select:
    """Return the query from `events` to the purchases of the product that each bought most often.

    >>> from datetime import datetime
    >>> window = Window(datetime(2024, 1, 1), datetime(2024, 2, 1), "UTC")
    >>> of_one_product_query(window).named_selects
    ['user_id', 'most_of_one_product']
    """
    parts = one_product_parts()
    query = parts.pop(ONE_PRODUCT_TABLE).with_("scoped", as_=scoped_events(window))
    for name, part in parts.items():
        query = query.with_(name, as_=part)
    return query


def one_product_parts() -> dict[str, exp.Select]:
    """Return the same by steps, from a table `scoped` of the events of the window."""
    rows, most = parse(PRODUCT_ROWS), parse(OF_ONE_PRODUCT)
    assert isinstance(rows, exp.Select)
    assert isinstance(most, exp.Select)
    return {PURCHASES_TABLE: rows, ONE_PRODUCT_TABLE: most.from_(PURCHASES_TABLE)}


def scored_rare(stored: Mapping[str, Any]) -> ScoredRare | None:
    """Return the rare kinds, from what `segmentation.json` says of facets; None without any.

    Raises
    ------
    InputError
        If they are something else, or cannot be carried out.

    >>> kind = {"segment_id": "rare:1", "amount": "luck", "above": 9.5, "customers": 30}
    >>> figures = dict.fromkeys(("mean", "everyone", "excess", "excess_crowd"), 1.0)
    >>> scored_rare({"rare": {"customers": 900, "kinds": [{**kind, **figures, "crowds": 30}]}})
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: The rare kinds cannot be scored: rare:1 is of 'luck', which ...
    """
    rare = stored_facets(stored)[1]
    if rare is None or not rare.kinds:
        return None
    parts = stored[RARE]["kinds"]
    names = {
        kind.segment_id: str(part.get("name") or kind.segment_id)
        for kind, part in zip(rare.kinds, parts, strict=True)
    }
    declared = {feature.name for feature in FEATURES} | {ONE_PRODUCT}
    for kind in rare.kinds:
        if kind.amount not in AMOUNTS or kind.amount not in declared:
            raise _damaged(f"{kind.segment_id} is of {kind.amount!r}, which this clustomer has not")
        if not isfinite(kind.above):
            raise _damaged(f"{kind.segment_id} has no border")
    for text in (*names, *names.values()):
        if not keeps_its_line(text):
            raise _damaged(f"the kind {text!a} has control characters")
    return ScoredRare(rare.kinds, names)


def _damaged(why: str) -> InputError:
    return InputError(
        f"The rare kinds cannot be scored: {why}. Expected them as this clustomer writes them. Run "
        "`clustomer run` again."
    )
