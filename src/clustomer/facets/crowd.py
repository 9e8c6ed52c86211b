"""The null of a facet: customers who differ as much, but by degree."""

from dataclasses import dataclass

import numpy as np

from clustomer.facets.visits import Spread, Visits, halves, roots, spread_of
from clustomer.segments.arrays import Floats, Integers

_HALF_STRENGTH = 1.0
_CALIBRATIONS = 6
_LEAST = 1e-3


@dataclass(frozen=True, eq=False)
class Crowd:
    """One crowd of customers without groups, who differ as far as the real ones do.

    What belongs to a customer is drawn from one normal distribution of the roots of shares, with
    the covariance that two halves of the same customers' visits have in common (so that chance in
    the visits is not taken for differences between customers). Each has as many visits as a real
    customer, and each visit is a real one of that main bin, whosesoever it was.
    """

    visits: Visits
    middle: Floats
    ways: Floats
    main: tuple[Integers, ...]

    def draw(self, rng: np.random.Generator) -> Floats:
        """Return visits of one such crowd, in the places of the real ones."""
        customers, owner = len(self.visits.user_ids), self.visits.owner
        drawn = self.middle + rng.normal(size=(customers, self.ways.shape[1])) @ self.ways.T
        leaning = np.maximum(drawn, 0.0) ** 2
        leaning[:, [not len(places) for places in self.main]] = 0.0
        leaning += 1e-12
        upto = np.cumsum(leaning, axis=1)
        upto /= upto[:, -1:]
        chosen = (upto[owner] < rng.random(len(owner))[:, None]).sum(axis=1)
        content = np.zeros(len(owner), dtype=np.int64)
        for number, places in enumerate(self.main):
            wanted = np.flatnonzero(chosen == number)
            if len(wanted):
                pool = places if len(places) else np.arange(len(owner))
                content[wanted] = pool[rng.integers(len(pool), size=len(wanted))]
        return self.visits.shares[content]


def crowd_of(visits: Visits, spread: Spread, rng: np.random.Generator) -> Crowd:
    """Return the crowd that differs as far as these customers.

    Its scale is set so that what belongs to customers (`Spread.between`) is the same.
    """
    shop = np.asarray(spread.shop)
    (one, n_one), (other, n_other) = halves(visits)
    left = roots(one, n_one, shop, _HALF_STRENGTH)
    right = roots(other, n_other, shop, _HALF_STRENGTH)
    n_bins = len(shop)
    common = np.cov(left.T, right.T)[:n_bins, n_bins:]
    values, vectors = np.linalg.eigh((common + common.T) / 2)
    ways = vectors * np.sqrt(np.maximum(values, 0.0))
    mains = visits.shares.argmax(axis=1)
    main = tuple(np.flatnonzero(mains == number) for number in range(n_bins))
    crowd = Crowd(visits, np.sqrt(shop), ways, main)
    for _ in range(_CALIBRATIONS):
        reached = spread_of(visits, crowd.draw(rng))
        scale = np.sqrt(spread.between / max(reached.between, spread.between / 16))
        towards = np.sqrt((shop + _LEAST) / (np.asarray(reached.shop) + _LEAST))
        crowd = Crowd(visits, crowd.middle * towards, crowd.ways * scale, main)
    return crowd
