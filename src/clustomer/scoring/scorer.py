"""A loaded definition, which gives customers their segment as often as it is asked."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.customers import create_customers, known_within
from clustomer.errors import InputError
from clustomer.events import CleanEvents
from clustomer.scoring.definition import Definition, read_definition
from clustomer.scoring.query import COLUMNS, scored_query
from clustomer.scoring.rare import ONE_PRODUCT_TABLE, RARE_COLUMNS, of_one_product_query
from clustomer.scoring.single import SingleCustomer, one_customers_events, window_to
from clustomer.segments.exclusions import BOTS
from clustomer.versions import StoredRun

_MUST_BE_KNOWN = {
    "product_id": "products",
    "category": "categories",
    "brand": "brands",
    "price": "prices",
    "time of day": "times of day",
    "view": "views",
    "cart": "additions to the cart",
    "purchase": "purchases",
}
"""What features need of a log, in words; returns and removals may be missing from a small one."""


class Scorer:
    """The definition of a version of the results, ready to score.

    Parameters
    ----------
    definition : Definition

    Attributes
    ----------
    definition : Definition
    length : timedelta
        The length of the window that a customer is judged by.

    >>> Scorer.open("no-such-folder")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.length: timedelta = definition.window.cutoff - definition.window.start
        self._single: SingleCustomer | None = None

    @classmethod
    def open(cls, results: str | os.PathLike[str]) -> Self:
        """Load the definition of a results folder, of a version, or of a `segmentation.json`.

        Raises
        ------
        InputError
            If there is none, it is damaged, or it cannot be scored with.
        """
        path = Path(results)
        try:
            if path.is_file():
                return cls(read_definition(path.read_bytes()))
            return cls(read_definition(StoredRun.open(path).file("segmentation.json").read_bytes()))
        except OSError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{path} cannot be read: {error.strerror or error}. Give a results folder that can "
                "be read."
            ) from error

    def score(self, events: CleanEvents) -> pa.Table:
        """Return the segment of each customer with an event in the window of some clean events.

        Parameters
        ----------
        events : CleanEvents
            As `read_events` returns them, with a window of the same length.

        Returns
        -------
        pyarrow.Table
            `user_id`, `segment_id`, `segment`, `cluster`, `distance`, `border_distance`, `unlike`,
            and `<facet>_segment_id` and `<facet>_segment` of each facet that holds and that the
            log has what it takes for, the last of them `rare` where there are rare kinds; sorted
            by `user_id`.

        Raises
        ------
        InputError
            If the window has another length, or the events lack what features are made of.
        """
        self._check_window(events)
        engine, definition = events.engine, self.definition
        present = known_within(engine, events.window)
        self._check_known(present)
        rare = definition.rare
        if rare is not None and not rare.needs <= present:
            rare = None
        create_customers(
            engine,
            definition.features_with(rare),
            events.window,
            shop=definition.shop(events.window),
            category_prices=definition.scoring.category_prices,
        )
        if rare is not None and rare.takes_products:
            engine.create_table(ONE_PRODUCT_TABLE, of_one_product_query(events.window))
        query = scored_query(definition, rare)
        table = engine.query(query.order_by(exp.column("user_id", table="labels")))
        engine.drop("customers")
        if rare is not None and rare.takes_products:
            engine.drop(ONE_PRODUCT_TABLE)
        ids = table["user_id"]
        if not pc.all(pc.less_equal(ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1))).as_py():
            table = table.sort_by("user_id")
        scored = self._with_facets(table.select(COLUMNS), events, present)
        for name in RARE_COLUMNS if rare is not None else ():
            scored = scored.append_column(name, table[name].cast(pa.string()))
        return scored

    def _with_facets(self, table: pa.Table, events: CleanEvents, present: set[str]) -> pa.Table:
        is_bot = pc.equal(table["cluster"], BOTS)
        for part in self.definition.facets:
            if not set(part.view.needs) <= present:
                continue
            columns = part.columns(events.engine, events.window, table["user_id"])
            for name, column in columns.items():
                table = table.append_column(name, pc.if_else(is_bot, None, column))
        return table

    def customer(self, events: Any, *, cutoff: datetime) -> dict[str, Any]:
        """Return the segment of one customer, from their clean events alone.

        The statement is planned at the first call; each further one takes milliseconds. The plan is
        kept for one thread: each needs a `Scorer` of its own.

        Parameters
        ----------
        events : Arrow, pandas or Polars table, or a list of mappings
            `event_time` (UTC) and `event_type`, and what else is known under the names of clean
            events: `product_id`, `category_id`, `category_code`, `brand`, `price`, `quantity`,
            `order_id`, `user_session` (else taken from pauses of 30 minutes), `is_product`.
        cutoff : datetime
            Only events before it count, of as long a window as that of the run.

        Returns
        -------
        dict
            `segment_id`, `segment`, `cluster`, and `features`, of those that decide.

        Raises
        ------
        InputError
            If the events are not such, or none lies in the window.
        """
        if self._single is None:
            self._single = SingleCustomer(self.definition)
        window = window_to(cutoff, self.definition)
        cluster, features = self._single.segment(one_customers_events(events), window)
        segment_id, name = self.definition.segments[cluster]
        return {"segment_id": segment_id, "segment": name, "cluster": cluster, "features": features}

    def close(self) -> None:
        """Free what `customer` keeps ready."""
        if self._single is not None:
            self._single.close()
            self._single = None

    def _check_window(self, events: CleanEvents) -> None:
        length = events.window.cutoff - events.window.start
        if length != self.length:
            raise InputError(
                f"The window of the events is {days_in_words(length)} long, and the segmentation "
                f"was made over {days_in_words(self.length)}: counts over another length of time "
                f"are other features. Read the events with window={self.length!r}."
            )
        [first] = events.engine.query(
            exp.select(exp.alias_(exp.Min(this=exp.column("event_time")), "first")).from_("events")
        )["first"].to_pylist()
        seen = events.window.cutoff - first
        if self.length - seen > _MISSING_SHARE * self.length:
            raise InputError(
                f"The events begin {days_in_words(seen)} before the cutoff, "
                f"and the segmentation was made over {days_in_words(self.length)}: customers would "
                "seem to do less than they did. Give a log that goes back as far."
            )

    def _check_known(self, present: set[str]) -> None:
        for declared in self.definition.features:
            for need in declared.needs:
                if need in _MUST_BE_KNOWN and need not in present:
                    raise InputError(
                        f"The segmentation looks at `{declared.name}`, and this log has no "
                        f"{_MUST_BE_KNOWN[need]}. Expected a log with what the run's had."
                    )


_MISSING_SHARE = 0.05
"""Of the window, at most this part may lie before the first event: a shop has quiet days."""


def days_in_words(length: timedelta) -> str:
    """Return a length of time in days, or in hours where it is short.

    >>> days_in_words(timedelta(days=90)), days_in_words(timedelta(hours=36))
    ('90 days', '36 hours')
    """
    unit, name = (1, "day") if length >= timedelta(days=2) else (24, "hour")
    number = round(length / timedelta(days=1) * unit, 2)
    return f"{number:,g} {name}{'' if number == 1 else 's'}"
