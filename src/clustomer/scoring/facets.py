"""Facets that a version holds, carried out again: everyone's segment in new data, by each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlglot import exp

from clustomer.engines import Engine
from clustomer.errors import InputError
from clustomer.events import Window
from clustomer.facets import Facet, Unitary
from clustomer.facets.customers import FEATURES, customers_seen, facet_scaling, segment_column
from clustomer.facets.facet import stored_facets
from clustomer.facets.paths import PATHS
from clustomer.facets.taste import STORED_PRICES, TASTES
from clustomer.facets.times import TIMES
from clustomer.segments.rules.rule import Rule
from clustomer.segments.rules.stored_rule import from_stored
from clustomer.versions.given_names import keeps_its_line

_VIEWS = {(view.facet, view.name): view for view in (*TASTES, *TIMES, *PATHS)}


@dataclass(frozen=True)
class ScoredFacet:
    """A facet that holds, as it is scored.

    Attributes
    ----------
    facet : Facet
    view : Unitary
        How it is seen; one of this program, looked up by its name.
    rule : Rule
    names : mapping of segment id to name
    """

    facet: Facet
    view: Unitary
    rule: Rule
    names: Mapping[str, str]

    def place(self, engine: Engine, window: Window) -> pa.Table:
        """Return `user_id` and `cluster` of the customers with enough visits in a window.

        Bins, the shop's own shares and prices are the stored ones.
        """
        facet = self.facet
        assert facet.strength is not None
        if facet.prices:
            engine.register(STORED_PRICES, _prices(facet))
        try:
            binned = (
                self.view.bin(engine, window)
                if self.view.bin_again is None
                else self.view.bin_again(engine, window, facet.bins)
            )
            if binned is None or binned.bins != facet.bins:
                raise _damaged(f"the bins of {facet.name} are not those of {facet.view}")
            with customers_seen(
                engine, binned, window, facet.least_visits, facet.everyone, facet.strength
            ):
                return engine.query(self.rule.query(exp.to_table(FEATURES)).order_by("user_id"))
        finally:
            if facet.prices:
                engine.unregister(STORED_PRICES)

    def columns(
        self, engine: Engine, window: Window, user_ids: pa.ChunkedArray
    ) -> dict[str, pa.ChunkedArray]:
        """Return `<facet>_segment_id` and `<facet>_segment` of some customers."""
        name = self.facet.name
        ids = segment_column(self.place(engine, window), user_ids, name)
        names = pa.chunked_array([[self.names.get(part) for part in ids.to_pylist()]], pa.string())
        return {f"{name}_segment_id": ids, f"{name}_segment": names}


def scored_facets(stored: Mapping[str, Any]) -> tuple[ScoredFacet, ...]:
    """Return the facets that hold, from what `segmentation.json` says of facets.

    Raises
    ------
    InputError
        If it is something else, or cannot be carried out.

    >>> scored_facets({"taste": {"name": "taste", "view": "smell", "holds": True}})
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: The facets cannot be scored: taste is seen by 'smell', which ...
    """
    return tuple(
        _scored(facet, stored[facet.name]) for facet in stored_facets(stored)[0] if facet.holds
    )


def _scored(facet: Facet, stored: Mapping[str, Any]) -> ScoredFacet:
    view = _VIEWS.get((facet.name, facet.view))
    if view is None:
        raise _damaged(f"{facet.name} is seen by {facet.view!r}, which this clustomer has not")
    n_bins = len(facet.bins)
    if not n_bins or len(facet.everyone) != n_bins or facet.strength is None:
        raise _damaged(f"the shop's shares of {facet.name} are not those of its bins")
    if view.takes_prices != bool(facet.prices):
        raise _damaged(f"the mean prices beside which {facet.name} is seen are missing")
    try:
        rule = from_stored(facet.assignment, facet_scaling(facet.everyone))
    except ValueError as error:
        raise _damaged(f"{facet.name}: {error}") from error
    names = {
        part["segment_id"]: part.get("name") or part["segment_id"] for part in stored["segments"]
    }
    for text in (*names, *names.values()):
        if not keeps_its_line(text):
            raise _damaged(f"the segment {text!a} has control characters")
    return ScoredFacet(facet, view, rule, names)


def _prices(facet: Facet) -> pa.Table:
    return pa.table(
        {
            "category": pa.array([category for category, _ in facet.prices], pa.string()),
            "mean_price": pa.array([price for _, price in facet.prices], pa.float64()),
        }
    )


def _damaged(why: str) -> InputError:
    return InputError(
        f"The facets cannot be scored: {why}. Expected them as this clustomer writes them. Run "
        "`clustomer run` again."
    )
