"""The null shops of one shop, three ways: what each keeps of the shop, and what it mixes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clustomer.certificates.certificate import Null
from clustomer.certificates.nulls.pool import Pool, in_bursts
from clustomer.certificates.nulls.simulation import simulate_visits, simulated_features
from clustomer.customers import Feature
from clustomer.events import Window
from clustomer.segments import Rule
from clustomer.segments.arrays import Floats
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.matrix.scaling import scale

MAX_SIMULATED_EVENTS = 800_000


@dataclass(frozen=True)
class NullShop:
    """A shop from whose visits null shops are drawn.

    Each null keeps how often customers come and when, and deals visits anew:

    - "independent visits": each visit is any visit of the shop.
    - "bursts": visits that follow each other within a fiftieth of the window stay together, and
      bursts are dealt. So what belongs to one project is no kind of customer.
    - "customers alike": each visit is one of the two fifths of the customers who come about as
      often. So what goes along with coming often, by degrees, is no kind of customer.

    Attributes
    ----------
    pool : Pool
    features : tuple of Feature
        Those that are clustered, in order.
    window : Window
    shop : the shop's rates, to which customers' are shrunk.
    rule : Rule
        Whose scaling the simulated customers get.
    """

    pool: Pool
    features: tuple[Feature, ...]
    window: Window
    shop: Mapping[str, float]
    rule: Rule

    @cached_property
    def _bursts(self) -> Pool:
        return in_bursts(self.pool, self.window)

    @property
    def nulls(self) -> tuple[Null, ...]:
        """The nulls that differ in this shop.

        Where no two visits are close there are no bursts, and where all customers come equally
        often all are alike.
        """
        nulls: list[Null] = ["independent visits"]
        if len(self._bursts.customer) < len(self.pool.customer):
            nulls.append("bursts")
        if len(np.unique(self.pool.visits)) > 1:
            nulls.append("customers alike")
        return tuple(nulls)

    def worlds(
        self, null: Null, n_worlds: int, per_world: int, seed: np.random.SeedSequence
    ) -> list[Floats]:
        """Draw null shops: the scaled features of `per_world` customers each.

        No two share a customer where that takes at most 800,000 events; else they share some.
        """
        rng = np.random.default_rng(seed)
        pool = self._bursts if null == "bursts" else self.pool
        events_each = pool.events.num_rows / len(pool.visits)
        affordable = max(int(MAX_SIMULATED_EVENTS / events_each), 2 * per_world)
        customers = min(n_worlds * per_world, affordable)
        visits = simulate_visits(pool, customers, rng, of_like=null == "customers alike")
        table = simulated_features(pool, visits, self.features, self.window, self.shop)
        matrix = scale(feature_matrix(table, list(self.rule.features)), self.rule.scaling)
        if customers == n_worlds * per_world:
            return [matrix[i * per_world : (i + 1) * per_world] for i in range(n_worlds)]
        return [
            matrix[np.sort(rng.choice(customers, per_world, replace=False))]
            for _ in range(n_worlds)
        ]
