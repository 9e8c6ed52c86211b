"""From events to facets: look at each, test it, and give every customer a segment by a rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp
from threadpoolctl import threadpool_limits

from clustomer.customers import Customers, Holdout, customer_features
from clustomer.customers.reason import Reason
from clustomer.customers.table import known_within
from clustomer.engines import Engine, translate
from clustomer.events import CleanEvents, Window, read_events
from clustomer.facets.crowd import crowd_of
from clustomer.facets.customers import (
    AMOUNTS,
    EVENTS,
    FEATURES,
    SHARES,
    customers_seen,
    definition_query,
    facet_scaling,
    frequent_events,
    sample_query,
    segment_column,
    shares_query,
    shop_query,
)
from clustomer.facets.declaration import FACETS, MAIN, RARE, Binned, Unitary, check_facet
from clustomer.facets.facet import Facet, Facets, FacetSegment, FacetTest
from clustomer.facets.following import following
from clustomer.facets.marks import inside, marks_of
from clustomer.facets.paths import PATHS
from clustomer.facets.rare import Rare, find_rare
from clustomer.facets.structure import agreement, apart, belongs, choose_k, fit
from clustomer.facets.taste import TASTES
from clustomer.facets.times import TIMES
from clustomer.facets.visits import Spread, Visits, roots, spread_of, visits_of
from clustomer.facets.week import VIEWS as WEEKLY
from clustomer.facets.week import week_of
from clustomer.segments import NearestCentroid
from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.exclusions import bot_exclusions, included_rows
from clustomer.segments.rules.numbering import by_size
from clustomer.segments.rules.stored_rule import to_stored
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.thresholds import (
    FACET_CROWDS,
    FACET_CUSTOMERS,
    FACET_GAIN,
    FACET_VISITS,
)

TESTED_CUSTOMERS = 2_000
FITTED_CUSTOMERS = 20_000
_CLOSE = 0.05
"""A gain that is lower by more is not measured more exactly."""

VIEWS: tuple[Unitary, ...] = (*TASTES, *TIMES, *PATHS)
"""Every way to see a facet; those of one facet in the order of preference."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """What one way to see a facet showed; `structure` is None where nothing held."""

    view: Unitary
    binned: Binned
    facet: Facet
    centres: Floats | None = None
    spread: Spread | None = None


def find_facets(
    events: Any,
    customers: Customers | None = None,
    *,
    facets: Sequence[str] = tuple(FACETS),
    holdout: Holdout | Reason | None = None,
    random_state: int = 0,
    **options: Any,
) -> Facets:
    """Look for the facets of a shop's customers, test each, and give customers its segments.

    A facet counts in which bins a customer's visits fall, such as the departments of the shop. It
    is looked for among customers with at least `FACET_VISITS` such visits, and holds where

    - the differences belong to customers: they are larger than where visits are dealt to anyone;
    - they are groups, and no differences by degree: the segments explain `FACET_GAIN` times the
      variance that they explain in a crowd whose customers differ as far, but by degree, and
      between them are density dips deeper by `FACET_DIP`;
    - two halves of the same customers' visits agree on the segment (`FACET_AGREEMENT`).

    Segments come from the nearest centroid in the square roots of shares, as SQL. Suspected bots
    are in none.

    Parameters
    ----------
    events : Events, or whatever `read_events` takes
        Anything but clean events is read first, with `options` for `read_events`.
    customers : Customers, optional
        Made from those events; by default they are made.
    facets : names, default all
        Of "taste", "time", "path" and "rare"; "value" is the segmentation that `segment` makes.
    holdout : Holdout, optional
        Its date parts the visits that facets are made of again from those that come next; by
        default two thirds of the window do.
    random_state : int, default 0

    Returns
    -------
    Facets
        `facets["taste"]` is what is known of one, `facets.rare` what is of rare kinds;
        `facets.table` has the segments of those that hold.

    Raises
    ------
    UsageError
        If there is no such facet.

    Examples
    --------
    >>> log = pa.table({
    ...     "event_time": ["2024-01-01 10:00:00", "2024-01-02 10:00:00"],
    ...     "user_id": ["ann", "bob"],
    ...     "category_code": ["home.kitchen", "toys"],
    ... })
    >>> taste = find_facets(log, facets=["taste"])["taste"]
    >>> taste.holds, taste.why.kind
    (False, 'facet few customers')
    """
    for name in facets:
        check_facet(name)
    if not isinstance(events, CleanEvents):
        read = read_events(events, **options)
        try:
            return find_facets(read, facets=facets, holdout=holdout, random_state=random_state)
        finally:
            read.close()
    if customers is None:
        customers = customer_features(events)
    date = holdout.date if isinstance(holdout, Holdout) else None
    bots = _bots(customers.table)
    finder = _Finder(events.engine, events.window, bots, date, random_state)
    present = known_within(events.engine, events.window)
    table = customers.table.select(["user_id"])
    looked: list[Facet] = []
    frequent = frequent_events(events.window, FACET_VISITS, FITTED_CUSTOMERS)
    events.engine.create_table(EVENTS, frequent)
    try:
        with threadpool_limits(1), quiet_fits():
            for name in FACETS:
                if name in (MAIN, RARE) or name not in facets:
                    continue
                views = [view for view in VIEWS if view.facet == name]
                facet, placed = finder.look(name, views, present)
                looked.append(facet)
                if placed is not None:
                    column = segment_column(placed, table["user_id"], name)
                    table = table.append_column(f"{name}_segment_id", column)
    finally:
        events.engine.drop(EVENTS)
    rare: Rare | None = None
    if RARE in facets:
        rare, ids = find_rare(events.engine, customers, random_state=random_state)
        if rare.kinds:
            table = table.append_column(f"{RARE}_segment_id", ids)
    return Facets(tuple(looked), table, rare)


def _bots(customers: pa.Table) -> pa.Array:
    """Return the ids of suspected bots."""
    inside = np.zeros(customers.num_rows, dtype=bool)
    inside[included_rows(customers, bot_exclusions(customers))] = True
    return customers["user_id"].filter(pa.array(~inside)).combine_chunks()


@dataclass(frozen=True, eq=False)
class _Finder:
    engine: Engine
    window: Window
    bots: pa.Array
    date: datetime | None
    random_state: int

    def look(
        self, name: str, views: Sequence[Unitary], present: set[str]
    ) -> tuple[Facet, pa.Table | None]:
        """Return what is known of a facet, and the clusters of its customers if it holds."""
        able = [view for view in views if set(view.needs) <= present]
        if not able:
            lacking = next(need for need in views[0].needs if need not in present)
            return Facet(name, why=Reason("facet needs", {"need": lacking})), None
        seen: list[_Seen] = []
        for view in able:
            binned = view.bin(self.engine, self.window)
            if binned is not None:
                seen.append(self._see(view, binned))
        holding = [one for one in seen if one.facet.holds]
        if not holding:
            facets = [one.facet for one in seen] or [Facet(name, why=Reason("facet alike"))]
            return max(facets, key=_how_far), None
        best = max(holding, key=_how_sure)
        others = tuple(one.view.name for one in holding if one is not best)
        facet, placed = self._deliver(best)
        return replace(facet, also=others), placed

    def _see(self, view: Unitary, binned: Binned) -> _Seen:
        """Look at a facet in one way, and test what shows."""
        engine = self.engine
        engine.create_table(SHARES, shares_query(binned, self.window, FACET_VISITS, EVENTS))
        try:
            rows = engine.query(sample_query(TESTED_CUSTOMERS + len(self.bots)))
            counted = engine.query(exp.select("COUNT(DISTINCT user_id) AS n").from_(SHARES))
        finally:
            engine.drop(SHARES)
        rows = rows.filter(pc.invert(pc.is_in(rows["user_id"], self.bots)))
        facet = Facet(
            view.facet,
            view.name,
            bins=binned.bins,
            least_visits=FACET_VISITS,
            customers=counted["n"][0].as_py(),
        )
        visits = visits_of(rows, len(binned.bins))
        n = len(visits.user_ids)
        if n < FACET_CUSTOMERS:
            few = Reason("facet few customers", {"customers": n, "least": FACET_CUSTOMERS})
            return _Seen(view, binned, replace(facet, why=few))
        return self._tested(view, binned, facet, visits)

    def _tested(self, view: Unitary, binned: Binned, facet: Facet, visits: Visits) -> _Seen:
        seed, spread = self.random_state, spread_of(visits)
        facet = replace(facet, everyone=spread.shop, strength=spread.strength)
        dealt = belongs(visits, spread, random_state=seed)
        test = FacetTest(len(visits.user_ids), spread.between, dealt)
        mean_visits = float(visits.counts.mean())
        reliability = mean_visits / (mean_visits + spread.strength)
        test = replace(test, reliability=round(reliability, 6))
        if test.belongs != "pass":
            facet = replace(facet, why=Reason("facet chance"), test=test)
            return _Seen(view, binned, facet)
        crowd = crowd_of(visits, spread, np.random.default_rng([seed, 0]))
        choice = choose_k(visits, spread, crowd, random_state=seed)
        test = replace(test, gain=max(choice.gains), gains=choice.gains)
        if max(choice.gains) < FACET_GAIN - _CLOSE:
            facet = replace(facet, why=Reason("facet by degree"), test=test)
            return _Seen(view, binned, facet)
        centres, separation = apart(
            visits, spread, crowd, choice.k, crowds=FACET_CROWDS, random_state=seed
        )
        agreed = agreement(visits, spread, centres)
        test = replace(
            test,
            gain=separation.gain,
            dip=separation.dip,
            dip_crowd=separation.null_dip,
            crowds=separation.crowds,
            agreement=agreed,
        )
        why: Reason | None = None
        if test.apart != "pass":
            why = Reason("facet by degree")
        elif test.agrees != "pass":
            why = Reason("facet unstable")
        facet = replace(facet, test=test, why=why, holds=why is None)
        if not facet.holds:
            return _Seen(view, binned, facet)
        date_s = self._date_s(visits)
        next_period = following(
            visits, choice.k, binned.bins, date_s, FACET_VISITS, random_state=seed
        )
        return _Seen(view, binned, replace(facet, following=next_period), centres, spread)

    def _date_s(self, visits: Visits) -> int:
        """Return the date of the holdout, or two thirds into the window."""
        if self.date is not None:
            return int((self.date - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001
        start, cutoff = self.window.start_s, self.window.cutoff_s
        return start + (cutoff - start) * 2 // 3

    def _deliver(self, seen: _Seen) -> tuple[Facet, pa.Table]:
        """Fit the rule to more customers, and give everyone a segment by it."""
        assert seen.spread is not None
        assert seen.centres is not None
        engine, n_bins = self.engine, len(seen.binned.bins)
        k = len(seen.centres)
        shop, strength = seen.spread.shop, seen.spread.strength
        with customers_seen(engine, seen.binned, self.window, FACET_VISITS, shop, strength):
            fitted = self._without_bots(engine.query(_by_chance(AMOUNTS, FITTED_CUSTOMERS)))
            amounts, counts = _arrays(fitted, n_bins)
            matrix = roots(amounts, counts, shop, strength)
            centres, _ = fit(matrix, k, self.random_state)
            rule = _rule(shop, centres)
            placed = self._placed(rule)
            sizes = np.bincount(placed["cluster"].to_numpy(), minlength=k)
            rule = rule.renumbered(by_size(sizes, rule.centres))
            placed = self._placed(rule)
        labels = rule.predict(matrix)
        sizes = np.bincount(placed["cluster"].to_numpy(), minlength=k)
        segments = _segments(seen.facet, amounts, counts, labels, sizes)
        definition = definition_query(seen.binned, self.window, FACET_VISITS, shop, strength)
        sql = {
            "customers": translate(definition, pretty=True),
            "assignment": translate(rule.query(exp.to_table("customers")), pretty=True),
        }
        facet = replace(
            seen.facet,
            segments=segments,
            customers=placed.num_rows,
            assignment=to_stored(rule),
            sql=sql,
            week=(week_of(engine, self.window, placed, k) if seen.view.name in WEEKLY else ()),
            prices=self._prices(seen.binned),
        )
        return facet, placed

    def _prices(self, binned: Binned) -> tuple[tuple[str, float], ...]:
        if not binned.of_the_shop:
            return ()
        rows = self.engine.query(shop_query(binned, self.window)).to_pylist()
        return tuple((row["category"], row["mean_price"]) for row in rows)

    def _placed(self, rule: NearestCentroid) -> pa.Table:
        query = rule.query(exp.to_table(FEATURES)).order_by("user_id")
        return self._without_bots(self.engine.query(query))

    def _without_bots(self, rows: pa.Table) -> pa.Table:
        return rows.filter(pc.invert(pc.is_in(rows["user_id"], self.bots)))


def _how_sure(seen: _Seen) -> float:
    """Return how well two halves of the visits agree on what a view shows."""
    test = seen.facet.test
    return test.agreement if test is not None and test.agreement is not None else 0.0


def _how_far(facet: Facet) -> tuple[int, float]:
    """Return how far a facet that does not hold came: the furthest tells why."""
    order = ("facet few customers", "facet chance", "facet by degree", "facet unstable")
    kind = facet.why.kind if facet.why is not None else ""
    gain = facet.test.gain if facet.test is not None else None
    return (order.index(kind) if kind in order else -1, gain or 0.0)


def _by_chance(table: str, most: int) -> exp.Select:
    """Return the rows of the customers with the lowest MD5, in the order of the customers."""
    ranked = exp.select("*").select("ROW_NUMBER() OVER (ORDER BY MD5(user_id), user_id) AS place")
    return (
        exp.select("*")
        .from_(ranked.from_(table).subquery("ranked"))
        .where(exp.column("place") <= most)
        .order_by("user_id")
    )


def _arrays(rows: pa.Table, n_bins: int) -> tuple[Floats, Floats]:
    amounts = np.column_stack([rows[f"amount_{i}"].to_numpy() for i in range(n_bins)])
    return amounts.astype(np.float64), rows["n_visits"].to_numpy().astype(np.float64)


def _rule(shop: Sequence[float], centres: Floats) -> NearestCentroid:
    return NearestCentroid(facet_scaling(shop), centres)


def _segments(
    facet: Facet, amounts: Floats, counts: Floats, labels: Integers, sizes: Integers
) -> tuple[FacetSegment, ...]:
    everyone = np.asarray(facet.everyone)
    plain = amounts / counts[:, None]
    parts = []
    for cluster, size in enumerate(sizes.tolist()):
        members = labels == cluster
        shares = plain[members].mean(axis=0) if members.any() else everyone
        marks = marks_of(shares, everyone, facet.bins)
        in_marks = inside(amounts[members], counts[members], marks)
        usual = float(everyone[list(marks)].sum())
        parts.append(
            FacetSegment(
                f"{facet.name}:{cluster + 1}",
                int(size),
                tuple(shares.round(12).tolist()),
                marks,
                round(float(shares[list(marks)].sum()), 12),
                round(float((in_marks > usual).mean()), 12) if len(in_marks) and marks else 0.0,
            )
        )
    return tuple(parts)
