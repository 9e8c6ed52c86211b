"""Are the segments groups, or a division of one population that shades from kind into kind?"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from clustomer.certificates.certificate import Mark, Null, NullBar, Real, Reality
from clustomer.certificates.depths import (
    N_SAMPLES,
    Measure,
    Measured,
    depth_of_search,
    samples_of,
)
from clustomer.certificates.nulls import (
    NullShop,
    draw_copulas,
    draw_pool,
    sample_customers,
)
from clustomer.customers import Customers
from clustomer.customers.reason import Reason
from clustomer.events import CleanEvents
from clustomer.segments import Rule, Segmentation
from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.matrix.scaling import scale
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.segments.validity.stability import workers
from clustomer.thresholds import (
    BORDER_ERRORS,
    EFFECT_NEEDED,
    EXCESS_NEEDED,
    N_WORLDS,
    NULL_PERCENTILE,
    SEGMENT_EFFECT_NEEDED,
)

CUSTOMERS_PER_WORLD = 2_000
MIN_CUSTOMERS = 100

MAX_POOL_CUSTOMERS = 20_000
MAX_POOL_EVENTS = 400_000
FURTHER_SEEDS = 3
"""How often shops of one null are drawn again near the border, each time as many."""
_BOOTSTRAPS = 200
_DIGITS = 6


def test_reality(
    events: CleanEvents,
    customers: Customers,
    segmentation: Segmentation,
    *,
    n_worlds: int = N_WORLDS,  # noqa: PT028
    customers_per_world: int = CUSTOMERS_PER_WORLD,  # noqa: PT028
    random_state: int = 0,  # noqa: PT028
) -> tuple[Reality, dict[str, Real]]:
    """Compare segments with those of simulated shops whose customers are all of one kind.

    The null shops are drawn as events, in up to three ways (`nulls.NullShop`), and become
    customers by the same SQL and the same scaling. The statistic is the depth of a segment's
    shallowest dip (`density_dips`): by how much customers are rarer between it and its nearest
    neighbour than on either side. Of all segments together it is the mean over customers. Of the
    nulls the one with the highest 99th percentile counts. The second and third are drawn where
    the first leaves an effect above 0: they can only lower it.

    - A segment's depth is compared with the dips that the same rule has in the null shops.
      It passes where it exceeds their 99th percentile by `SEGMENT_EFFECT_NEEDED`, and all
      together pass (several segments are several chances to be lucky). It is weak where it
      exceeds it by less, or where it holds `EXCESS_NEEDED` times the share of customers, and more
      than in 99 of 100 null shops: more of such customers than one population would have,
      though no gap sets them apart.
    - All together they pass where their depth exceeds by `EFFECT_NEEDED` the 99th percentile in
      the null shops, to which belongs what looking for segments adds: each null shop is
      divided by KMeans at the same K, and the depth among its own customers compared with that
      among those of others under the same division. They are weak where it exceeds it by less, or
      where a segment would pass.
    - The effect has an error, which another seed would show: that of the percentile (over null
      shops), and that of the depth where it is a mean over samples. They pass where the effect
      beside each null clears `EFFECT_NEEDED` by `BORDER_ERRORS` errors. Where the first null leaves
      an effect, and `EFFECT_NEEDED` is less than that away, the highest null that is not cleared is
      drawn from three further seeds, or from fewer where that decides against the segments. Is it
      cleared then, the next one is; if not, it is `undecided`.
    - It is `explained` where it would pass beside the first null, and does not beside a stricter
      one: the gaps are none of chance, but customers of one kind can leave such gaps.

    Parameters
    ----------
    events : Events, or other clean events
    customers : Customers
        Made from those events.
    segmentation : Segmentation
        Of those customers.
    n_worlds : int, default 100
        Null shops of each null and seed.
    customers_per_world : int, default 2000
        At most as many as there are. The observed depths are means over 20 samples of that
        many, assigned by the published rule.
    random_state : int, default 0

    Returns
    -------
    reality : Reality
        `copula` is the 99th percentile of the mean depth in Gaussian copulas with the margins and
        the rank correlations of the customers: for comparison, it decides nothing.
    segments : segment id to Real
        Without bots and noise.
    """
    why = _untestable(customers, segmentation)
    named = {c: s for c, s in segmentation.segment_ids.items() if c >= 0}
    if why is not None:
        untested = {segment_id: Real("not tested", why=why) for segment_id in named.values()}
        return Reality("not tested", why=why), untested
    rule = segmentation.rule
    inside = np.flatnonzero(segmentation.table["cluster"].to_numpy() != BOTS)
    matrix = feature_matrix(customers.table, list(rule.features))
    observed = scale(matrix, rule.scaling)[inside]
    per_world = min(customers_per_world, len(inside))
    shop = _null_shop(events, customers, rule, inside)
    own_seed, null_seed, copula_seed = np.random.SeedSequence(random_state).spawn(3)
    with threadpool_limits(1), quiet_fits(), workers(per_world) as pool:
        measure = Measure.of(observed, rule)
        draws = _Draws(shop, measure, pool, observed.std(axis=0), n_worlds, per_world, null_seed)
        depths = _observed(measure, pool, observed, per_world, own_seed)
        nulls, border = _held_against(depths, draws)
        copulas = measure.all(pool, draw_copulas(observed, per_world, copula_seed)).together
    segments = {
        segment_id: _real(depths.measured, nulls, c)
        for c, segment_id in named.items()
        if c < len(measure.centres)
    }
    apart = any(part.mark == "pass" for part in segments.values())
    reality = _reality(depths, nulls, border, apart, per_world, _percentile(copulas))
    if reality.mark != "pass":
        segments = {
            segment_id: replace(part, mark="weak") if part.mark == "pass" else part
            for segment_id, part in segments.items()
        }
    return reality, segments


def _untestable(customers: Customers, segmentation: Segmentation) -> Reason | None:
    rule = segmentation.rule
    if rule.is_defined:
        return Reason("defined in advance")
    if len(rule.centres) < 2:
        return Reason("one segment")
    made = {feature.name for feature in customers.features}
    foreign = [name for name in rule.features if name not in made]
    if foreign:
        return Reason("no feature of events", {"feature": foreign[0]})
    count = int(np.count_nonzero(segmentation.table["cluster"].to_numpy() != BOTS))
    if count < MIN_CUSTOMERS:
        return Reason("few customers", {"customers": count, "least": MIN_CUSTOMERS})
    return None


def _null_shop(events: CleanEvents, customers: Customers, rule: Rule, inside: Integers) -> NullShop:
    by_name = {feature.name: feature for feature in customers.features}
    features = tuple(by_name[name] for name in rule.features)
    sampled = sample_customers(
        customers.table.select(["user_id", "events"]).take(pa.array(inside)),
        MAX_POOL_CUSTOMERS,
        MAX_POOL_EVENTS,
    )
    pool = draw_pool(events.engine, customers.window, features, sampled)
    return NullShop(pool, features, customers.window, customers.shop, rule)


@dataclass(frozen=True, eq=False)
class _Observed:
    """The depths of a shop's own segments, and the standard error that samples leave."""

    measured: Measured
    error: float

    @property
    def together(self) -> float:
        return _rounded(self.measured.together.mean())


def _observed(
    measure: Measure,
    pool: ThreadPoolExecutor,
    matrix: Floats,
    per_world: int,
    seed: np.random.SeedSequence,
) -> _Observed:
    """Measure a shop by samples of its customers, or all at once where one sample holds them."""
    if len(matrix) <= per_world:
        return _Observed(measure.all(pool, [matrix]), 0.0)
    sampled = measure.all(pool, samples_of(matrix, per_world, seed))
    return _Observed(sampled, float(sampled.together.std(ddof=1) / np.sqrt(N_SAMPLES)))


@dataclass(frozen=True, eq=False)
class _NullDepths:
    """What the null shops of one null show."""

    null: Null
    measured: Measured
    searched: Floats

    def joined(self, other: "_NullDepths") -> "_NullDepths":
        """Return these null shops and those of another seed."""
        return _NullDepths(
            self.null,
            Measured(
                np.concatenate([self.measured.depths, other.measured.depths]),
                np.concatenate([self.measured.shares, other.measured.shares]),
            ),
            np.concatenate([self.searched, other.searched]),
        )

    @property
    def n_worlds(self) -> int:
        return len(self.searched)

    @cached_property
    def bar(self) -> float:
        """The 99th percentile, to which belongs what looking for segments adds."""
        return _rounded(_bars(self.measured.together, self.searched))

    @cached_property
    def error(self) -> float:
        """The standard error of the bar, over null shops.

        The larger of two: that of a bootstrap of the null shops, which is too small where the
        percentile is the highest of a hundred; and that of a normal distribution's percentile,
        which is too small where the tail is heavy.
        """
        together, n_worlds = self.measured.together, self.n_worlds
        rows = np.random.default_rng(0).integers(n_worlds, size=(_BOOTSTRAPS, n_worlds))
        bootstrapped = float(_bars(together[rows], self.searched[rows]).std(ddof=1))
        counts = together if _percentile(together) >= self.bar else self.searched
        part = NULL_PERCENTILE / 100
        density = float(norm.pdf(norm.ppf(part))) / max(float(counts.std(ddof=1)), 1e-12)
        return max(bootstrapped, float(np.sqrt(part * (1 - part) / n_worlds)) / density)


@dataclass(frozen=True, eq=False)
class _Draws:
    """Draws null shops and measures them."""

    shop: NullShop
    measure: Measure
    pool: ThreadPoolExecutor
    spread: Floats
    n_worlds: int
    per_world: int
    seed: np.random.SeedSequence

    def of(self, null: Null) -> _NullDepths:
        """Draw as many null shops as asked for, from the next seed."""
        [seed] = self.seed.spawn(1)
        worlds = self.shop.worlds(null, self.n_worlds, self.per_world, seed)
        n_clusters = len(self.measure.centres)
        searched = self.pool.map(
            lambda number: depth_of_search(worlds, number, self.spread, n_clusters),
            range(self.n_worlds),
        )
        return _NullDepths(null, self.measure.all(self.pool, worlds), np.array(list(searched)))


@dataclass(frozen=True)
class _Border:
    """Where a shop stands beside the null that decides: the effect, and its standard error.

    `beyond_chance` is the effect beside the null of independent visits alone.
    """

    null: _NullDepths
    effect: float
    error: float
    beyond_chance: float

    @property
    def passes(self) -> bool:
        return self.effect - BORDER_ERRORS * self.error >= EFFECT_NEEDED

    @property
    def fails(self) -> bool:
        return self.effect + BORDER_ERRORS * self.error < EFFECT_NEEDED

    @property
    def undecided(self) -> bool:
        return self.beyond_chance > 0 and not self.passes and not self.fails


def _border(observed: _Observed, nulls: Sequence[_NullDepths]) -> _Border:
    """Return where a shop stands beside the null that decides.

    That is the highest of those that decide against the segments; or else of those that leave it
    in doubt; or else of all.
    """
    beyond_chance = _rounded(observed.together - nulls[0].bar)
    borders = [
        _Border(
            null,
            _rounded(observed.together - null.bar),
            _rounded(np.hypot(observed.error, null.error)),
            beyond_chance,
        )
        for null in nulls
    ]
    return min(borders, key=lambda border: (not border.fails, border.passes, border.effect))


def _held_against(observed: _Observed, draws: _Draws) -> tuple[tuple[_NullDepths, ...], _Border]:
    """Return the null shops that it takes to decide, and how far the shop is from them."""
    first, *further = draws.shop.nulls
    nulls = {first: draws.of(first)}
    border = _border(observed, [*nulls.values()])
    if border.beyond_chance > 0:
        nulls |= {null: draws.of(null) for null in further}
        border = _border(observed, [*nulls.values()])
    cleared = True
    while border.undecided and cleared:
        doubtful = border.null
        for _ in range(FURTHER_SEEDS):
            # to pass early, at one of several looks, would be to pass by chance more often
            doubtful = doubtful.joined(draws.of(doubtful.null))
            if _border(observed, [doubtful]).fails:
                break
        nulls[doubtful.null] = doubtful
        border = _border(observed, [*nulls.values()])
        # one that stays in doubt leaves the whole in doubt
        cleared = _border(observed, [doubtful]).passes
    return tuple(nulls.values()), border


def _real(observed: Measured, nulls: Sequence[_NullDepths], cluster: int) -> Real:
    """Return what is found of one segment; of the nulls the highest counts."""
    bars = [_percentile(null.measured.depths[:, cluster]) for null in nulls]
    highest = int(np.argmax(bars))
    statistic, null_99 = _rounded(observed.depths[:, cluster].mean()), bars[highest]
    effect = _rounded(statistic - null_99)
    share = _rounded(observed.shares[:, cluster].mean())
    share_99 = max(_percentile(null.measured.shares[:, cluster]) for null in nulls)
    simulated = max(_rounded(null.measured.shares[:, cluster].mean()) for null in nulls)
    excess = _rounded(share / simulated) if simulated > 0 else None
    mark: Mark = "fail"
    if effect >= SEGMENT_EFFECT_NEEDED:
        mark = "pass"
    elif effect > 0 or (share > share_99 and (excess is None or excess >= EXCESS_NEEDED)):
        mark = "weak"
    null_mean = _rounded(nulls[highest].measured.depths[:, cluster].mean())
    return Real(
        mark, statistic, null_mean, null_99, effect, excess=excess, null=nulls[highest].null
    )


def _reality(
    observed: _Observed,
    nulls: Sequence[_NullDepths],
    border: _Border,
    some_pass: bool,
    per_world: int,
    copula: float,
) -> Reality:
    """Return what is found of all segments together, beside the null that decides."""
    null = border.null
    mark: Mark = "fail"
    if border.passes:
        mark = "pass"
    elif border.effect > 0 or some_pass:
        mark = "weak"
    return Reality(
        mark,
        observed.together,
        _rounded(null.measured.together.mean()),
        null.bar,
        border.effect,
        EFFECT_NEEDED,
        worlds=null.n_worlds,
        customers=per_world,
        copula=copula,
        error=border.error,
        undecided=border.undecided,
        explained=not border.passes and border.beyond_chance >= EFFECT_NEEDED,
        null=null.null,
        nulls=tuple(NullBar(held.null, held.bar) for held in nulls),
    )


def _bars(together: Floats, searched: Floats) -> Floats:
    """Return what the depth of all segments must exceed, over null shops on the last axis."""
    added = together.mean(axis=-1) + _percentiles(searched)
    return np.asarray(np.maximum(_percentiles(together), added))


def _percentiles(values: Floats) -> Floats:
    """Return the 99th percentile over the last axis, the higher where it lies between two."""
    return np.asarray(np.quantile(values, NULL_PERCENTILE / 100, axis=-1, method="higher"))


def _percentile(values: Floats) -> float:
    return _rounded(_percentiles(values))


def _rounded(value: float | np.floating | Floats) -> float:
    return round(float(value), _DIGITS)
