"""Are the segments groups, or a division of one population that shades from kind into kind?"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from scipy.special import ndtr, ndtri
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from clustomer.certificates.certificate import Mark, Real, Reality
from clustomer.certificates.simulated_null import (
    draw_pool,
    sample_customers,
    simulate_visits,
    simulated_features,
)
from clustomer.customers import Customers
from clustomer.customers.reason import Reason
from clustomer.events import CleanEvents
from clustomer.segments import Rule, Segmentation
from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaling import round_significant, scale
from clustomer.segments.validity.density_dip import density_dips
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.segments.validity.stability import workers
from clustomer.thresholds import EFFECT_NEEDED, EXCESS_NEEDED, N_WORLDS, SEGMENT_EFFECT_NEEDED

CUSTOMERS_PER_WORLD = 2_000
MIN_CUSTOMERS = 100

MAX_POOL_CUSTOMERS = 20_000
MAX_POOL_EVENTS = 400_000
MAX_SIMULATED_EVENTS = 800_000
_RESAMPLES = 20
_STARTS = 2
_OTHERS = 4
_COPULAS = 30
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

    The simulated shops are drawn as events (`simulated_null`) and become customers by the same
    SQL and the same scaling. The statistic is the depth of a segment's shallowest valley
    (`density_dips`): by how much customers are rarer between it and its nearest neighbour than
    on either side. Of all segments together it is the mean over customers.

    - A segment's depth is compared with the valleys that the same rule has in the simulated shops.
      It passes where it exceeds their 99th percentile by `SEGMENT_EFFECT_NEEDED`, and all
      together pass (several segments are several chances to be lucky). It is weak where it
      exceeds it by less, or where it holds `EXCESS_NEEDED` times the share of customers, and more
      than in 99 of 100 simulated shops: more of such customers than one population would have,
      though no gap sets them apart.
    - All together they pass where their depth exceeds by `EFFECT_NEEDED` the 99th percentile in
      the simulated shops, to which belongs what looking for segments adds: each simulated shop is
      divided by KMeans at the same K, and the depth among its own customers compared with that
      among those of others under the same division. They are weak where it exceeds it by less, or
      where a segment would pass.

    Parameters
    ----------
    events : Events, or other clean events
    customers : Customers
        Made from those events.
    segmentation : Segmentation
        Of those customers.
    n_worlds : int, default 100
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
    table = customers.table
    inside = np.flatnonzero(segmentation.table["cluster"].to_numpy() != BOTS)
    observed = scale(feature_matrix(table, list(rule.features)), rule.scaling)[inside]
    own_seed, visit_seed, copula_seed = np.random.SeedSequence(random_state).spawn(3)
    per_world = min(customers_per_world, len(inside))

    simulated = _simulate(
        events,
        customers,
        rule,
        inside,
        n_worlds,
        per_world,
        np.random.default_rng(visit_seed),
    )
    with threadpool_limits(1), quiet_fits(), workers(per_world) as pool:
        centres = _centres(observed, rule)
        measure = _Measure(rule, centres)
        real = measure.all(pool, _samples(observed, per_world, _RESAMPLES, own_seed))
        worlds = _worlds(simulated, per_world, n_worlds, visit_seed)
        null = measure.all(pool, worlds)
        spread = observed.std(axis=0)
        selected = list(
            pool.map(
                lambda number: _selected(worlds, number, spread, len(centres)),
                range(n_worlds),
            )
        )
        copulas = measure.all(pool, _copulas(observed, per_world, copula_seed))
    segments = {
        segment_id: _real(
            real.depths[:, c], real.shares[:, c], null.depths[:, c], null.shares[:, c]
        )
        for c, segment_id in named.items()
        if c < len(centres)
    }
    apart = any(part.mark == "pass" for part in segments.values())
    reality = _reality(
        real.together, null.together, np.array(selected), copulas.together, apart, per_world
    )
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


def _simulate(
    events: CleanEvents,
    customers: Customers,
    rule: Rule,
    inside: Integers,
    n_worlds: int,
    per_world: int,
    rng: np.random.Generator,
) -> Floats:
    """Return the scaled features of simulated customers, a row each."""
    by_name = {feature.name: feature for feature in customers.features}
    features = tuple(by_name[name] for name in rule.features)
    sampled = sample_customers(
        customers.table.select(["user_id", "events"]).take(pa.array(inside)),
        MAX_POOL_CUSTOMERS,
        MAX_POOL_EVENTS,
    )
    pool = draw_pool(events.engine, customers.window, features, sampled)
    events_each = pool.events.num_rows / len(pool.visits)
    # where there are fewer, simulated shops share customers
    affordable = max(int(MAX_SIMULATED_EVENTS / events_each), 2 * per_world)
    simulated = simulate_visits(pool, min(n_worlds * per_world, affordable), rng)
    table = simulated_features(pool, simulated, features, customers.window, customers.shop)
    return scale(feature_matrix(table, list(rule.features)), rule.scaling)


def _worlds(
    simulated: Floats, per_world: int, n_worlds: int, seed: np.random.SeedSequence
) -> list[Floats]:
    """Return the customers of each simulated shop: none shared where there are enough."""
    if len(simulated) >= n_worlds * per_world:
        return [simulated[i * per_world : (i + 1) * per_world] for i in range(n_worlds)]
    return _samples(simulated, per_world, n_worlds, seed)


def _samples(
    matrix: Floats, rows: int, n_samples: int, seed: np.random.SeedSequence
) -> list[Floats]:
    if len(matrix) <= rows:
        return [matrix]
    rng = np.random.default_rng(seed)
    return [matrix[np.sort(rng.choice(len(matrix), rows, replace=False))] for _ in range(n_samples)]


def _copulas(matrix: Floats, rows: int, seed: np.random.SeedSequence) -> list[Floats]:
    """Draw samples with the margins of a matrix, and the correlations of its normal scores."""
    rng = np.random.default_rng(seed)
    if len(matrix) > MAX_POOL_CUSTOMERS:
        matrix = matrix[np.sort(rng.choice(len(matrix), MAX_POOL_CUSTOMERS, replace=False))]
    margins = np.sort(matrix, axis=0)
    ranks = np.argsort(np.argsort(matrix, axis=0, kind="stable"), axis=0)
    scores = ndtri((ranks + 0.5) / len(matrix))
    roots, ways = np.linalg.eigh(np.atleast_2d(np.corrcoef(scores.T)))
    mixing = ways * np.sqrt(np.maximum(roots, 0.0))
    drawn = []
    for _ in range(_COPULAS):
        uniform = ndtr(rng.normal(size=(rows, matrix.shape[1])) @ mixing.T)
        place = np.minimum((uniform * len(margins)).astype(np.int64), len(margins) - 1)
        drawn.append(np.take_along_axis(margins, place, axis=0))
    return drawn


def _centres(matrix: Floats, rule: Rule) -> Floats:
    """Return the mean of each segment, or the rule's centre where it has nobody."""
    labels = _assigned(matrix, rule, rule.centres)
    sizes = np.bincount(labels, minlength=len(rule.centres))
    centres = np.array(rule.centres, dtype=np.float64)
    for cluster in np.flatnonzero(sizes):
        centres[cluster] = matrix[labels == cluster].mean(axis=0)
    return centres


def _assigned(matrix: Floats, rule: Rule, centres: Floats) -> Integers:
    """Return the segments by the rule; noise counts with the nearest.

    Left out, noise would make the very gaps that are looked for.
    """
    labels = np.asarray(rule.predict(matrix), dtype=np.int64)
    noise = labels < 0
    if noise.any():
        labels = labels.copy()
        labels[noise] = nearest_point(matrix[noise], centres)[0]
    return labels


@dataclass(frozen=True, eq=False)
class _Measured:
    """What some samples show: shapes (n_samples, n_clusters), and (n_samples,)."""

    depths: Floats
    shares: Floats

    @property
    def together(self) -> Floats:
        return np.asarray((self.depths * self.shares).sum(axis=1))


@dataclass(frozen=True, eq=False)
class _Measure:
    rule: Rule
    centres: Floats

    def one(self, matrix: Floats) -> tuple[Floats, Floats]:
        labels = _assigned(matrix, self.rule, self.centres)
        shares = np.bincount(labels, minlength=len(self.centres)) / len(matrix)
        return density_dips(matrix, labels, self.centres), shares

    def all(self, pool: ThreadPoolExecutor, samples: Sequence[Floats]) -> _Measured:
        depths, shares = zip(*pool.map(self.one, samples), strict=True)
        return _Measured(np.array(depths), np.array(shares))


def _selected(worlds: Sequence[Floats], number: int, spread: Floats, n_clusters: int) -> float:
    """Return by how much the mean depth of a simulated shop's own segments was found by looking.

    Its customers are divided by KMeans at the same K; the mean depth among them, less that among
    the customers of other simulated shops under the same division.
    """
    matrix = worlds[number]
    mean, width = matrix.mean(axis=0), matrix.std(axis=0)
    factor = spread / np.where(width > 0, width, 1.0)
    model = KMeans(n_clusters, n_init=_STARTS, random_state=number)
    centres = round_significant(model.fit((matrix - mean) * factor).cluster_centers_)

    def depth(world: Floats) -> float:
        rows = (world - mean) * factor
        labels = nearest_point(rows, centres)[0].astype(np.int64)
        shares = np.bincount(labels, minlength=n_clusters) / len(rows)
        return float(density_dips(rows, labels, centres) @ shares)

    others = [worlds[(number + step) % len(worlds)] for step in range(1, _OTHERS + 1)]
    return depth(matrix) - float(np.mean([depth(other) for other in others]))


def _real(depths: Floats, shares: Floats, null: Floats, null_shares: Floats) -> Real:
    statistic, null_99 = _rounded(depths.mean()), _percentile(null)
    effect = _rounded(statistic - null_99)
    share, share_99 = _rounded(shares.mean()), _percentile(null_shares)
    simulated = _rounded(null_shares.mean())
    excess = _rounded(share / simulated) if simulated > 0 else None
    mark: Mark = "fail"
    if effect >= SEGMENT_EFFECT_NEEDED:
        mark = "pass"
    elif effect > 0 or (share > share_99 and (excess is None or excess >= EXCESS_NEEDED)):
        mark = "weak"
    return Real(mark, statistic, _rounded(null.mean()), null_99, effect, excess=excess)


def _reality(
    depths: Floats,
    null: Floats,
    selected: Floats,
    copulas: Floats,
    some_pass: bool,
    per_world: int,
) -> Reality:
    statistic, null_mean = _rounded(depths.mean()), _rounded(null.mean())
    null_99 = max(_percentile(null), _rounded(null_mean + _percentile(selected)))
    effect = _rounded(statistic - null_99)
    mark: Mark = "fail"
    if effect >= EFFECT_NEEDED:
        mark = "pass"
    elif effect > 0 or some_pass:
        mark = "weak"
    return Reality(
        mark,
        statistic,
        null_mean,
        null_99,
        effect,
        EFFECT_NEEDED,
        worlds=len(null),
        customers=per_world,
        copula=_percentile(copulas),
    )


def _percentile(values: Floats) -> float:
    """Return the 99th percentile, the higher value where it lies between two."""
    return _rounded(np.quantile(values, 0.99, method="higher"))


def _rounded(value: float | np.floating) -> float:
    return round(float(value), _DIGITS)
